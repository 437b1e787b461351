//! What a PCI function is to the fabric: everything that its configuration space and its place in the map are made of. Plain data; the
//! function's registers are actors of its own, behind [`BarTarget::Registers`].

use std::sync::Arc;

use manyhart_runtime::RamBlock;
use manyhart_runtime::actor::{MmioTarget, Reply};

/// Who made it and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Identity {
    /// The vendor.
    pub vendor: u16,
    /// The vendor's number for it.
    pub device: u16,
    /// Its revision.
    pub revision: u8,
    /// Class, subclass and programming interface: 24 bits.
    pub class: u32,
    /// The vendor of the board it is on.
    pub subsystem_vendor: u16,
    /// That vendor's number for it.
    pub subsystem: u16,
}

/// Which of the four interrupt pins a function drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pin {
    /// INTA#.
    A,
    /// INTB#.
    B,
    /// INTC#.
    C,
    /// INTD#.
    D,
}

impl Pin {
    /// All four, in order.
    pub const ALL: [Pin; 4] = [Pin::A, Pin::B, Pin::C, Pin::D];

    /// 0 to 3.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The pin that this one becomes on the other side of a bridge, where `device` is the number of the device that drives it (PCI-to-PCI
    /// Bridge Architecture 1.2, table 9-1).
    pub fn swizzled(self, device: u8) -> Pin {
        Pin::ALL[(self.index() + usize::from(device)) % 4]
    }
}

/// What a base address register decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarKind {
    /// Port I/O.
    Io,
    /// Memory below 4 GiB.
    Memory32 {
        /// Reads have no side effects.
        prefetchable: bool,
    },
    /// Memory anywhere; takes two registers.
    Memory64 {
        /// Reads have no side effects.
        prefetchable: bool,
    },
}

/// A base address register and what is behind it.
pub struct Bar {
    /// Which register: 0 to 5.
    pub index: u8,
    /// What it decodes.
    pub kind: BarKind,
    /// Bytes: a power of two, at least 16 of memory and 4 of I/O.
    pub size: u64,
    /// What answers in it. Gaps read as zero and swallow writes.
    pub parts: Vec<BarPart>,
}

/// A part of what a BAR decodes; the later one wins where two overlap.
pub struct BarPart {
    /// Where in the BAR.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// Who answers.
    pub target: BarTarget,
}

/// Who answers in a part of a BAR.
#[derive(Clone)]
pub enum BarTarget {
    /// An actor's registers.
    Registers(MmioTarget),
    /// Memory, all of it.
    Memory(Arc<RamBlock>),
}

/// Message-signalled interrupts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MsiSpec {
    /// How many messages it asks for: 1, 2, 4, 8, 16 or 32.
    pub vectors: u8,
    /// Whether each message can be masked.
    pub per_vector_masking: bool,
}

/// Message-signalled interrupts with a table in a BAR, which the fabric maps there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MsixSpec {
    /// 1 to 2048.
    pub vectors: u16,
    /// The BAR that holds the table and the pending bits.
    pub table_bar: u8,
    /// Where the table is in it: a multiple of 8.
    pub table_offset: u32,
    /// Where the pending bits are in it: a multiple of 8.
    pub pba_offset: u32,
}

/// A capability whose meaning is the function's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorCapability {
    /// What follows the identifier and the next pointer.
    pub bytes: Vec<u8>,
    /// Which bits of `bytes` the guest may write; what is missing it may not.
    pub writable: Vec<u8>,
    /// Whether it is a window into the function's BARs, as virtio's (`VIRTIO_PCI_CAP_PCI_CFG`): the BAR's index at byte 4 of the capability, the offset at 8,
    /// the length at 12; a read or write of the four bytes at 16 is an access there.
    pub window: bool,
}

/// Everything the fabric must know of a function.
pub struct Blueprint {
    /// Who made it and what it is.
    pub identity: Identity,
    /// What it decodes.
    pub bars: Vec<Bar>,
    /// The expansion ROM: a power of two of at least 2 KiB.
    pub rom: Option<Arc<RamBlock>>,
    /// The pin it drives, if any.
    pub interrupt_pin: Option<Pin>,
    /// Messages without a table.
    pub msi: Option<MsiSpec>,
    /// Messages with a table.
    pub msix: Option<MsixSpec>,
    /// Its own capabilities, in the order in which the guest finds them.
    pub vendor_capabilities: Vec<VendorCapability>,
    /// Whether it is a PCI Express endpoint, with function-level reset and error reporting.
    pub express: bool,
    /// Told what happens to it. Called from inside the fabric's handlers: it posts to the function's own actor and never waits.
    pub on_event: Box<dyn Fn(FunctionEvent) + Send>,
}

impl Blueprint {
    /// A conventional function without interrupts, ROM or capabilities, that listens to nothing.
    pub fn new(identity: Identity, bars: Vec<Bar>) -> Blueprint {
        Blueprint {
            identity,
            bars,
            rom: None,
            interrupt_pin: None,
            msi: None,
            msix: None,
            vendor_capabilities: Vec::new(),
            express: false,
            on_event: Box::new(|_| ()),
        }
    }
}

/// How much power a function has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerState {
    /// All of it.
    D0,
    /// Configuration space alone answers.
    D3Hot,
}

/// What happens to a function.
#[derive(Debug)]
pub enum FunctionEvent {
    /// Back to power-on: its own reset, its bus's, or the machine's.
    Reset,
    /// Whether its DMA, and its messages, reach anything.
    BusMaster(bool),
    /// How much power it has now.
    Power(PowerState),
    /// Somebody accesses a BAR through the window in its configuration space, and waits.
    WindowAccess(WindowAccess),
    /// It is out of the hierarchy; nothing reaches it any more.
    Removed,
}

/// An access through the window of a [`VendorCapability`].
#[derive(Debug)]
pub struct WindowAccess {
    /// Which BAR.
    pub bar: u8,
    /// Where in it.
    pub offset: u64,
    /// 1, 2 or 4 bytes.
    pub size: u8,
    /// What to write; a read where there is nothing.
    pub write: Option<u64>,
    /// Answers it.
    pub reply: Reply,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_go_round_behind_bridges() {
        for (pin, device, want) in [(Pin::A, 0, Pin::A), (Pin::A, 1, Pin::B), (Pin::D, 1, Pin::A), (Pin::C, 31, Pin::B)]
        {
            assert_eq!(pin.swizzled(device), want, "{pin:?} of device {device}");
        }
    }
}
