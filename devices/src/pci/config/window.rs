//! What a bridge forwards: PCI-to-PCI Bridge 1.2, 3.2.5.6 to 3.2.5.10.

use super::ConfigSpace;
use super::header::{self, COMMAND_IO, COMMAND_MEMORY};

const IO_BASE: u16 = 0x1c;
const IO_LIMIT: u16 = 0x1d;
const MEMORY_BASE: u16 = 0x20;
const MEMORY_LIMIT: u16 = 0x22;
const PREFETCH_BASE: u16 = 0x24;
const PREFETCH_LIMIT: u16 = 0x26;
const PREFETCH_BASE_UPPER: u16 = 0x28;
const PREFETCH_LIMIT_UPPER: u16 = 0x2c;
/// The prefetchable window has 64 bits.
const PREFETCH_64: u16 = 1;

/// The three windows of a bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Port I/O, by 4 KiB.
    Io,
    /// Memory, by 1 MiB.
    Memory,
    /// Prefetchable memory, by 1 MiB, anywhere.
    Prefetchable,
}

impl Kind {
    /// All three.
    pub const ALL: [Kind; 3] = [Kind::Io, Kind::Memory, Kind::Prefetchable];

    /// As a word.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Io => "io",
            Kind::Memory => "memory",
            Kind::Prefetchable => "prefetchable",
        }
    }
}

/// First and last address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// Puts the window registers into a type 1 header.
pub fn add(config: &mut ConfigSpace) {
    config.allow(IO_BASE, &[0xf0, 0xf0]);
    config.allow_u16(MEMORY_BASE, 0xfff0);
    config.allow_u16(MEMORY_LIMIT, 0xfff0);
    for (low, high) in [(PREFETCH_BASE, PREFETCH_BASE_UPPER), (PREFETCH_LIMIT, PREFETCH_LIMIT_UPPER)] {
        config.set_u16(low, PREFETCH_64);
        config.allow_u16(low, 0xfff0);
        config.allow_u32(high, u32::MAX);
    }
}

/// What the registers hold, whether or not the bridge forwards; `None` where the window is closed, its base above its limit.
pub fn raw(config: &ConfigSpace, kind: Kind) -> Option<Window> {
    let megabytes = |offset| u64::from(config.u16(offset) & 0xfff0) << 16;
    let upper = |offset| u64::from(config.u32(offset)) << 32;
    let (first, last) = match kind {
        Kind::Io => {
            let page = |offset| u64::from(config.u8(offset) & 0xf0) << 8;
            (page(IO_BASE), page(IO_LIMIT) | 0xfff)
        }
        Kind::Memory => (megabytes(MEMORY_BASE), megabytes(MEMORY_LIMIT) | 0xf_ffff),
        Kind::Prefetchable => (
            upper(PREFETCH_BASE_UPPER) | megabytes(PREFETCH_BASE),
            upper(PREFETCH_LIMIT_UPPER) | megabytes(PREFETCH_LIMIT) | 0xf_ffff,
        ),
    };
    (first <= last).then_some(Window { first, last })
}

/// What the bridge forwards now.
pub fn forwarded(config: &ConfigSpace, kind: Kind) -> Option<Window> {
    let command = if kind == Kind::Io { COMMAND_IO } else { COMMAND_MEMORY };
    raw(config, kind).filter(|_| header::commands(config, command))
}
