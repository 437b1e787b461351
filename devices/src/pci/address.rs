//! Where functions are and how they are called, as users and guests say it.

use std::fmt;

/// Where a function is, by the numbers that the guest has given to the buses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The bus; 0 of one that the guest has not numbered yet.
    pub bus: u8,
    /// 0 to 31.
    pub device: u8,
    /// 0 to 7.
    pub function: u8,
}

impl Address {
    /// Its 16-bit requester identifier.
    pub fn requester(self) -> u16 {
        u16::from(self.bus) << 8 | u16::from(self.device) << 3 | u16::from(self.function)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}:{:02x}.{}", self.bus, self.device, self.function)
    }
}

/// Where a function is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the bus: the root bus's, or the identifier of the bridge or port that it is behind.
    pub bus: String,
    /// Device and function number; the first device that is free where there is none.
    pub slot: Option<(u8, u8)>,
}

impl Place {
    /// The first free device of a bus.
    pub fn on(bus: impl Into<String>) -> Place {
        Place { bus: bus.into(), slot: None }
    }

    /// A certain device and function of a bus.
    pub fn at(bus: impl Into<String>, device: u8, function: u8) -> Place {
        Place { bus: bus.into(), slot: Some((device, function)) }
    }
}

/// The device and function number in one byte.
pub(super) fn devfn(device: u8, function: u8) -> u8 {
    device << 3 | function & 7
}
