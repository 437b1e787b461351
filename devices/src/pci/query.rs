//! The hierarchy as plain data, for monitors.

use super::address::Address;
use super::config::window::Kind;
use super::function::{BarKind, Identity, Pin, PowerState};

/// A bus and who is on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusReport {
    /// Its name.
    pub name: String,
    /// The number that the guest has given it; 0 of one that it has not numbered.
    pub number: u8,
    /// In the order of their addresses.
    pub functions: Vec<FunctionReport>,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionReport {
    /// Its user's name for it.
    pub id: String,
    /// Where it is.
    pub address: Address,
    /// What it is.
    pub identity: Identity,
    /// The pin that it drives.
    pub pin: Option<Pin>,
    /// The interrupt that the guest has noted there.
    pub interrupt_line: u8,
    /// The command register.
    pub command: u16,
    /// How much power it has.
    pub power: PowerState,
    /// Its base address registers.
    pub bars: Vec<BarReport>,
    /// What it has besides, if it is a bridge.
    pub bridge: Option<BridgeReport>,
}

/// A base address register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarReport {
    /// Which: 0 to 5; 6 is the expansion ROM.
    pub index: u8,
    /// What it decodes; `None` of the expansion ROM.
    pub kind: Option<BarKind>,
    /// Bytes.
    pub size: u64,
    /// What the register holds; `None` where that is no address.
    pub address: Option<u64>,
    /// Where the map shows it.
    pub mapped: Option<u64>,
}

/// A bridge's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeReport {
    /// The name of the bus behind it.
    pub bus: String,
    /// The bus that it is on.
    pub primary: u8,
    /// The bus behind it.
    pub secondary: u8,
    /// The last bus behind it.
    pub subordinate: u8,
    /// What its registers say that it forwards: first and last address.
    pub windows: Vec<(Kind, Option<(u64, u64)>)>,
    /// Whether its link is up.
    pub link_up: bool,
}
