//! What ends or changes a run. Whoever finds out says so on one channel, and the thread that runs the machine decides.

use manyhart_devices::finisher::Outcome;
use manyhart_devices::pci::PciEvent;

use crate::control::{DebugRequest, HartStop, Request};

/// Something that the machine's owner must know.
#[derive(Debug)]
pub enum Event {
    /// The guest wrote to the test finisher.
    Outcome(Outcome),
    /// The guest's program ended through HTIF, with this code.
    Exit(u8),
    /// A person asked to leave, by a key or by a signal.
    Quit,
    /// A client, or a person at the monitor, asked to end the machine.
    QuitByCommand,
    /// A client, or a person at the monitor, asks for this and waits for the answer.
    Command(Request),
    /// The console's output cannot be written any more.
    ConsoleFailed(std::io::Error),
    /// A handler of this device has panicked.
    DeviceFailed(String),
    /// Something happened to a function of PCI.
    Pci(PciEvent),
    /// This hart's thread has panicked.
    HartPanicked(u32),
    /// A debugger asks for this and waits for the answer.
    Debug(DebugRequest),
    /// A hart stands where a debugger wants it to.
    HartStop(HartStop),
    /// This hart has reached the instruction limit.
    Limit(u32),
}
