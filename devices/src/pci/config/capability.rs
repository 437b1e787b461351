//! The two chains of capabilities: PCI Local Bus 3.0, 6.7; PCI Express Base 5.0, 7.6.3.

use super::header::{CAPABILITIES, STATUS, STATUS_CAPABILITIES};
use super::{ConfigSpace, SIZE};
use crate::pci::Image;

/// Identifiers of capabilities.
pub mod id {
    /// Power management.
    pub const POWER: u8 = 0x01;
    /// Message-signalled interrupts.
    pub const MSI: u8 = 0x05;
    /// The function's own.
    pub const VENDOR: u8 = 0x09;
    /// Subsystem identification of a bridge.
    pub const BRIDGE_SUBSYSTEM: u8 = 0x0d;
    /// PCI Express.
    pub const EXPRESS: u8 = 0x10;
    /// Message-signalled interrupts with a table.
    pub const MSIX: u8 = 0x11;
    /// Extended: advanced error reporting.
    pub const AER: u16 = 0x0001;
}

/// Where the first capability goes, and where the space for them ends.
const FIRST: u16 = 0x40;
const END: u16 = 0x100;

/// There is no room for another capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no room for a capability of {0} bytes")]
pub struct Full(pub usize);

/// Adds capabilities behind one another.
pub struct Chain {
    last: u16,
    free: u16,
    last_extended: Option<u16>,
    free_extended: u16,
}

impl Default for Chain {
    fn default() -> Chain {
        Chain { last: CAPABILITIES, free: FIRST, last_extended: None, free_extended: END }
    }
}

impl Chain {
    /// Adds a capability of `len` bytes, which include its identifier and next pointer, and returns where it is.
    pub fn add(&mut self, config: &mut ConfigSpace, id: u8, len: usize) -> Result<u16, Full> {
        let at = self.free;
        let end = usize::from(at) + len;
        if end > usize::from(END) {
            return Err(Full(len));
        }
        // The header's pointer is a byte by itself; a capability's is behind its identifier.
        let pointer = if self.last == CAPABILITIES { CAPABILITIES } else { self.last + 1 };
        config.set_u8(pointer, at as u8);
        config.set(at, &[id, 0]);
        config.update_u16(STATUS, STATUS_CAPABILITIES, STATUS_CAPABILITIES);
        self.last = at;
        self.free = end.next_multiple_of(4) as u16;
        Ok(at)
    }

    /// Adds a capability with its registers, identifier first.
    pub fn install(&mut self, config: &mut ConfigSpace, image: &Image) -> Result<u16, Full> {
        let id = image.bytes.first().copied().unwrap_or_default();
        let at = self.add(config, id, image.bytes.len())?;
        config.install(at, 2, image);
        Ok(at)
    }

    /// Adds an extended capability of `len` bytes, which include its header, and returns where it is.
    pub fn add_extended(&mut self, config: &mut ConfigSpace, id: u16, version: u8, len: usize) -> Result<u16, Full> {
        let at = self.free_extended;
        let end = usize::from(at) + len;
        if end > SIZE || !config.is_extended() {
            return Err(Full(len));
        }
        if let Some(last) = self.last_extended {
            config.update_u32(last, 0xfff0_0000, u32::from(at) << 20);
        }
        config.set_u32(at, u32::from(version) << 16 | u32::from(id));
        self.last_extended = Some(at);
        self.free_extended = end.next_multiple_of(8) as u16;
        Ok(at)
    }
}
