//! Physical memory protection (RISC-V Privileged 20240213, 3.7): sixteen entries of four-byte granularity.
//!
//! The registers are decoded into ranges when they are written, so that a check is a handful of compares. Callers that cache
//! translations ask [`Pmp::uniform_over_page`] once per page and check nothing more; pages that an entry cuts are
//! checked at each access.

#[cfg(test)]
mod tests;

use manyhart_runtime::Gpa;

use crate::mmu::AccessKind;
#[cfg(feature = "planted-bugs")]
use crate::planted::{self, Bug};
use crate::trap::Privilege;

/// How many entries there are.
pub const ENTRIES: usize = 16;

/// What may be done at a physical address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Loads.
    pub read: bool,
    /// Stores and atomics.
    pub write: bool,
    /// Instruction fetches.
    pub execute: bool,
}

impl Permissions {
    /// Everything.
    pub const ALL: Permissions = Permissions { read: true, write: true, execute: true };
    /// Nothing.
    pub const NONE: Permissions = Permissions { read: false, write: false, execute: false };

    /// Whether an access of this kind is among them.
    #[inline]
    pub fn allow(self, kind: AccessKind) -> bool {
        match kind {
            AccessKind::Execute => self.execute,
            AccessKind::Read => self.read,
            AccessKind::Write => self.write,
        }
    }
}

/// Bits of an entry's configuration byte (3.7.1).
mod cfg {
    pub const R: u8 = 1 << 0;
    pub const W: u8 = 1 << 1;
    pub const X: u8 = 1 << 2;
    pub const A: u8 = 3 << 3;
    pub const A_TOR: u8 = 1 << 3;
    pub const A_NA4: u8 = 2 << 3;
    pub const A_NAPOT: u8 = 3 << 3;
    pub const L: u8 = 1 << 7;
}

/// `pmpaddr` holds bits 55–2 of an address.
const ADDR: u64 = (1 << 54) - 1;

/// An entry that matches something.
#[derive(Clone, Copy, Debug)]
struct Range {
    first: u64,
    last: u64,
    permissions: Permissions,
    locked: bool,
}

impl Range {
    fn permissions(&self, privilege: Privilege) -> Permissions {
        if privilege == Privilege::Machine && !self.locked { Permissions::ALL } else { self.permissions }
    }
}

/// The PMP registers of one hart, and what they mean.
#[derive(Clone, Debug)]
pub struct Pmp {
    cfg: [u8; ENTRIES],
    addr: [u64; ENTRIES],
    /// The entries that match anything, in their order of priority: the first `active`.
    ranges: [Range; ENTRIES],
    active: usize,
}

impl Default for Pmp {
    fn default() -> Pmp {
        Pmp::new()
    }
}

impl Pmp {
    /// All entries off: machine mode may do everything, the others nothing.
    pub fn new() -> Pmp {
        let nothing = Range { first: 0, last: 0, permissions: Permissions::NONE, locked: false };
        Pmp { cfg: [0; ENTRIES], addr: [0; ENTRIES], ranges: [nothing; ENTRIES], active: 0 }
    }

    /// Whether an access of `len` bytes (1 or more) at `addr` is allowed: by the first entry that matches any of its bytes,
    /// which must match all of them; where none matches, to machine mode alone (3.7.1.3). The end of an access saturates
    /// at the top of the address space.
    #[inline]
    pub fn check(&self, addr: Gpa, len: u64, kind: AccessKind, privilege: Privilege) -> bool {
        let first = addr.0;
        let last = first.saturating_add(len - 1);
        #[cfg(feature = "planted-bugs")]
        let last = if planted::is(Bug::ProtectionOfFirstByte) { first } else { last };
        self.over(first, last, privilege).is_some_and(|permissions| permissions.allow(kind))
    }

    /// What a mode may do anywhere in the 4 KiB page that holds `addr`, for accesses of any size inside it; `None` where an
    /// entry cuts the page, so that it depends on the access.
    #[inline]
    pub fn uniform_over_page(&self, addr: Gpa, privilege: Privilege) -> Option<Permissions> {
        self.over(addr.0 & !0xfff, addr.0 | 0xfff, privilege)
    }

    /// What the first matching entry gives; `None` where it matches only a part.
    #[inline]
    fn over(&self, first: u64, last: u64, privilege: Privilege) -> Option<Permissions> {
        for range in &self.ranges[..self.active] {
            if range.first <= last && first <= range.last {
                let whole = range.first <= first && last <= range.last;
                return whole.then(|| range.permissions(privilege));
            }
        }
        let unmatched = if privilege == Privilege::Machine { Permissions::ALL } else { Permissions::NONE };
        Some(unmatched)
    }

    /// `pmpcfg`*register*, an even number: eight entries' bytes.
    pub fn cfg(&self, register: usize) -> u64 {
        let bytes = self.cfg.iter().skip(register * 4).take(8);
        bytes.rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
    }

    /// Writes `pmpcfg`*register*: locked entries keep their bytes, the reserved W without R drops W, and the reserved bits
    /// stay zero. Returns whether anything changed.
    pub fn set_cfg(&mut self, register: usize, value: u64) -> bool {
        let old = self.cfg;
        for (entry, byte) in self.cfg.iter_mut().skip(register * 4).zip(value.to_le_bytes()) {
            if *entry & cfg::L == 0 {
                *entry = legal(byte);
            }
        }
        self.changed(old != self.cfg)
    }

    /// `pmpaddr`*index*; zero where there is none.
    pub fn addr(&self, index: usize) -> u64 {
        self.addr.get(index).copied().unwrap_or(0)
    }

    /// Writes `pmpaddr`*index*, unless its entry is locked, or the next one is and starts from it. Returns whether
    /// anything changed.
    pub fn set_addr(&mut self, index: usize, value: u64) -> bool {
        let locked = |index: usize| self.cfg.get(index).is_some_and(|byte| byte & cfg::L != 0);
        let tor = |index: usize| self.cfg.get(index).is_some_and(|byte| byte & cfg::A == cfg::A_TOR);
        if index >= ENTRIES || locked(index) || (locked(index + 1) && tor(index + 1)) {
            return false;
        }
        let old = std::mem::replace(&mut self.addr[index], value & ADDR);
        self.changed(old != self.addr[index])
    }

    fn changed(&mut self, changed: bool) -> bool {
        if changed {
            self.decode();
        }
        changed
    }

    fn decode(&mut self) {
        self.active = 0;
        for index in 0..ENTRIES {
            if let Some((first, last)) = self.bounds(index) {
                let byte = self.cfg[index];
                let permissions =
                    Permissions { read: byte & cfg::R != 0, write: byte & cfg::W != 0, execute: byte & cfg::X != 0 };
                self.ranges[self.active] = Range { first, last, permissions, locked: byte & cfg::L != 0 };
                self.active += 1;
            }
        }
    }

    /// The bytes an entry matches, both ends included (3.7.1.1).
    fn bounds(&self, index: usize) -> Option<(u64, u64)> {
        let addr = self.addr[index];
        match self.cfg[index] & cfg::A {
            cfg::A_TOR => {
                let bottom = if index == 0 { 0 } else { self.addr[index - 1] };
                #[cfg(feature = "planted-bugs")]
                let addr = addr + u64::from(planted::is(Bug::TorInclusive));
                (bottom < addr).then(|| (bottom << 2, (addr << 2) - 1))
            }
            cfg::A_NA4 => Some((addr << 2, addr << 2 | 3)),
            cfg::A_NAPOT => {
                // n trailing ones stand for 2^(n+3) bytes: these ones, the zero above them, and bits 1–0.
                let offset = ((addr ^ (addr + 1)) << 2) | 3;
                Some(((addr << 2) & !offset, (addr << 2) | offset))
            }
            _ => None,
        }
    }
}

fn legal(byte: u8) -> u8 {
    let byte = byte & (cfg::R | cfg::W | cfg::X | cfg::A | cfg::L);
    if byte & cfg::R == 0 { byte & !cfg::W } else { byte }
}
