//! Base address registers and the expansion ROM's: PCI Local Bus 3.0, 6.2.5.

use super::ConfigSpace;
use super::header::{self, BAR0};
use crate::pci::BarKind;

/// The kind bits of a memory BAR that is 64 bits wide, and of one that is prefetchable.
const MEMORY_64: u32 = 0b100;
const PREFETCHABLE: u32 = 0b1000;
const IO: u32 = 1;
/// The expansion ROM answers.
const ROM_ENABLE: u32 = 1;

/// One register, or pair of registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Register {
    /// Which it is.
    pub slot: Slot,
    /// Bytes that it decodes: a power of two.
    pub size: u64,
}

/// Which register it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// A base address register.
    Bar {
        /// 0 to 5.
        index: u8,
        /// What it decodes.
        kind: BarKind,
    },
    /// The expansion ROM's.
    Rom {
        /// Where it is: the two header types differ.
        offset: u16,
    },
}

/// Why a register cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BarError {
    /// A size that no register can say.
    #[error("{size:#x} bytes is no size for a BAR of this kind")]
    Size {
        /// The size.
        size: u64,
    },
    /// There is no such register in this header, or another one takes it.
    #[error("BAR {0} is not free")]
    Taken(u8),
}

impl Register {
    /// The bits of its address that it keeps.
    fn address_bits(&self) -> u64 {
        let width: u64 = match self.slot {
            Slot::Bar { kind: BarKind::Memory64 { .. }, .. } => u64::MAX,
            _ => u32::MAX.into(),
        };
        width & !(self.size - 1)
    }

    fn offset(&self) -> u16 {
        match self.slot {
            Slot::Bar { index, .. } => BAR0 + 4 * u16::from(index),
            Slot::Rom { offset } => offset,
        }
    }

    /// How many 32-bit registers it takes.
    fn width(&self) -> u8 {
        if matches!(self.slot, Slot::Bar { kind: BarKind::Memory64 { .. }, .. }) { 2 } else { 1 }
    }

    /// Whether it is port I/O.
    pub fn is_io(&self) -> bool {
        matches!(self.slot, Slot::Bar { kind: BarKind::Io, .. })
    }

    fn kind_bits(&self) -> u32 {
        let prefetch = |prefetchable| if prefetchable { PREFETCHABLE } else { 0 };
        match self.slot {
            Slot::Bar { kind: BarKind::Io, .. } => IO,
            Slot::Bar { kind: BarKind::Memory32 { prefetchable }, .. } => prefetch(prefetchable),
            Slot::Bar { kind: BarKind::Memory64 { prefetchable }, .. } => MEMORY_64 | prefetch(prefetchable),
            Slot::Rom { .. } => 0,
        }
    }

    fn is_sound(&self) -> bool {
        let (least, most) = match self.slot {
            Slot::Bar { kind: BarKind::Io, .. } => (4, 1 << 16),
            Slot::Bar { kind: BarKind::Memory32 { .. }, .. } => (16, 1 << 31),
            Slot::Bar { kind: BarKind::Memory64 { .. }, .. } => (16, 1 << 62),
            Slot::Rom { .. } => (2048, 16 << 20),
        };
        self.size.is_power_of_two() && (least..=most).contains(&self.size)
    }
}

/// Puts a register into a header that has `bars` of them; `taken` are the registers that it has already.
pub fn add(config: &mut ConfigSpace, bars: u8, taken: &[Register], register: Register) -> Result<(), BarError> {
    let slots = |register: &Register| match register.slot {
        Slot::Bar { index, .. } => index..index.saturating_add(register.width()),
        Slot::Rom { .. } => 0xff..0xff,
    };
    let mine = slots(&register);
    if let Slot::Bar { index, .. } = register.slot
        && (mine.end > bars || taken.iter().map(slots).any(|other| other.start < mine.end && mine.start < other.end))
    {
        return Err(BarError::Taken(index));
    }
    resize(config, register)
}

/// Says how much a register decodes. Its address keeps those bits that it still has.
pub fn resize(config: &mut ConfigSpace, register: Register) -> Result<(), BarError> {
    if !register.is_sound() {
        return Err(BarError::Size { size: register.size });
    }
    let (offset, bits) = (register.offset(), register.address_bits());
    let enable = if matches!(register.slot, Slot::Rom { .. }) { ROM_ENABLE } else { 0 };
    config.allow_u32(offset, bits as u32 | enable);
    config.set_u32(offset, config.u32(offset) & (bits as u32 | enable) | register.kind_bits());
    if register.width() == 2 {
        config.allow_u32(offset + 4, (bits >> 32) as u32);
        config.set_u32(offset + 4, config.u32(offset + 4) & (bits >> 32) as u32);
    }
    Ok(())
}

/// What the register holds as an address, whether or not it decodes.
pub fn raw_address(config: &ConfigSpace, register: &Register) -> u64 {
    let offset = register.offset();
    let high = if register.width() == 2 { u64::from(config.u32(offset + 4)) << 32 } else { 0 };
    (high | u64::from(config.u32(offset))) & register.address_bits()
}

/// Has the register hold an address, or all ones where there is none, as a guest would write it.
pub fn set_raw_address(config: &mut ConfigSpace, register: &Register, address: Option<u64>) {
    let (offset, bits) = (register.offset(), register.address_bits());
    let address = address.unwrap_or(u64::MAX) & bits;
    config.update_u32(offset, bits as u32, address as u32);
    if register.width() == 2 {
        config.set_u32(offset + 4, (address >> 32) as u32);
    }
}

/// The address that the register holds; `None` where it holds all ones.
pub fn held_address(config: &ConfigSpace, register: &Register) -> Option<u64> {
    Some(raw_address(config, register)).filter(|&address| address != register.address_bits())
}

/// Where the register decodes now: `None` where its space is disabled, and where all bits of its address are ones, which is what a guest
/// writes to learn the size.
pub fn address(config: &ConfigSpace, register: &Register) -> Option<u64> {
    let command = if register.is_io() { header::COMMAND_IO } else { header::COMMAND_MEMORY };
    let rom_off = matches!(register.slot, Slot::Rom { offset } if config.u32(offset) & ROM_ENABLE == 0);
    let decodes = header::commands(config, command) && !rom_off;
    held_address(config, register).filter(|_| decodes)
}
