//! What a host is made of, what it is asked, and what it tells.

use manyhart_runtime::{Line, RegionId};

/// The name of the root bus.
pub const ROOT_BUS: &str = "pcie.0";

/// One window of the system map: where it is, its bytes, and the bus address at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostWindow {
    /// The name of its region.
    pub name: &'static str,
    /// Where the system map has it.
    pub base: u64,
    /// Bytes.
    pub size: u64,
    /// What its first byte is on the bus.
    pub bus_address: u64,
}

/// What a host is made of.
pub struct HostConfig {
    /// The root of the system map.
    pub system: RegionId,
    /// Configuration space: where it is in the system map.
    pub ecam: u64,
    /// Windows of memory.
    pub memory: Vec<HostWindow>,
    /// The window of I/O.
    pub io: HostWindow,
    /// INTA to INTD of device 0; of the others in turn.
    pub intx: [Line; 4],
    /// Told what happens. Called from inside handlers: it leaves a note and never waits.
    pub on_event: Box<dyn Fn(PciEvent) + Send + Sync>,
}

/// Bytes of the window of configuration space: 256 buses.
pub const ECAM_SIZE: u64 = 256 << 20;

/// What happens that nobody has asked for just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PciEvent {
    /// A function is out of the hierarchy, and nothing reaches it any more.
    Deleted {
        /// Its name.
        id: String,
    },
    /// The guest did not let a function go.
    UnplugRefused {
        /// Its name.
        id: String,
        /// Why.
        reason: String,
    },
}

/// A bridge to be plugged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BridgeKind {
    /// A port of the root complex, with a slot.
    RootPort(SlotSpec),
    /// A conventional bridge.
    Conventional,
}

/// The slot of a root port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotSpec {
    /// The number that is written on it; each port has another.
    pub number: u16,
    /// Whether functions come and go while the machine runs.
    pub hotplug: bool,
}

/// A change that the host makes to what a function decodes, as if the guest had written its registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarChange {
    /// Whose.
    pub id: String,
    /// What.
    pub what: Change,
}

/// What the host changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The address that a BAR holds; all ones, and so nothing mapped, where there is none.
    Address {
        /// Which BAR.
        index: u8,
        /// Where to.
        address: Option<u64>,
    },
    /// How much a BAR decodes: a power of two.
    Size {
        /// Which BAR.
        index: u8,
        /// Bytes.
        size: u64,
    },
    /// Command: memory space.
    Memory(bool),
    /// Command: I/O space.
    Io(bool),
    /// Command: bus master.
    Master(bool),
}
