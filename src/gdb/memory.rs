//! Where an address leads, for a debugger: by the page tables in RAM, whatever the rights and without a trace in the guest (Privileged, 10.3 to 10.5).

use std::sync::Arc;

use manyhart_runtime::RamBlock;

use crate::board::Board;
use crate::board::memmap::{MROM, RAM_BASE};

const PAGE: u64 = 4096;
/// Of a page table's entry.
const VALID: u64 = 1;
const READ_WRITE_EXECUTE: u64 = 0b1110;
const PPN: u64 = (1 << 44) - 1;
/// Machine mode, which translates nothing.
const MACHINE: u8 = 3;

/// Memory of the board's, and where it lies.
#[derive(Clone)]
pub struct Bank {
    /// Its first byte's address, guest-physical.
    pub base: u64,
    /// What it holds.
    pub block: Arc<RamBlock>,
    /// Whether GDB may write it.
    pub writable: bool,
}

impl Bank {
    fn offset_of(&self, physical: u64) -> Option<u64> {
        physical.checked_sub(self.base).filter(|offset| *offset < self.block.size())
    }
}

/// What a debugger may look at: registers of devices may change by that.
pub fn banks(board: &Board) -> Arc<[Bank]> {
    let bank = |base, block: &Arc<RamBlock>, writable| Bank { base, block: block.clone(), writable };
    [bank(RAM_BASE, &board.ram, true), bank(MROM.base, &board.rom, false)].into()
}

/// How a hart translates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Translation {
    /// `satp`.
    pub satp: u64,
    /// Its mode: 0 U, 1 S, 3 M.
    pub privilege: u8,
}

/// Guest memory as a hart sees it.
pub struct Memory<'a> {
    /// What there is.
    pub banks: &'a [Bank],
    /// How.
    pub translation: Translation,
}

impl Memory<'_> {
    /// Reads as far as there is RAM; answers how far that is.
    pub fn read(&self, addr: u64, bytes: &mut [u8]) -> usize {
        self.parts(addr, bytes.len(), |(bank, offset), from, to| bank.block.read(offset, &mut bytes[from..to]))
    }

    /// Writes all of it, or nothing behind the first byte that is not RAM.
    pub fn write(&self, addr: u64, bytes: &[u8]) -> bool {
        let write =
            |(bank, offset): (&Bank, u64), from, to| bank.writable && bank.block.write(offset, &bytes[from..to]);
        self.parts(addr, bytes.len(), write) == bytes.len()
    }

    /// Visits each part that lies in one page: where it is, and which bytes it is.
    fn parts(&self, addr: u64, length: usize, mut visit: impl FnMut((&Bank, u64), usize, usize) -> bool) -> usize {
        let mut done = 0;
        while done < length {
            let at = addr.wrapping_add(done as u64);
            let end = length.min(done + (PAGE - at % PAGE) as usize);
            match self.find(at) {
                Some(place) if visit(place, done, end) => done = end,
                _ => break,
            }
        }
        done
    }

    /// Where an address is. In machine mode what is no memory is looked for under the translation that supervisor mode has.
    fn find(&self, addr: u64) -> Option<(&Bank, u64)> {
        let bare = self.translation.satp >> 60 == 0;
        let walk = || self.physical(self.walk(addr)?);
        match self.translation.privilege {
            _ if bare => self.physical(addr),
            MACHINE => self.physical(addr).or_else(walk),
            _ => walk(),
        }
    }

    fn physical(&self, physical: u64) -> Option<(&Bank, u64)> {
        self.banks.iter().find_map(|bank| Some((bank, bank.offset_of(physical)?)))
    }

    fn walk(&self, addr: u64) -> Option<u64> {
        let levels = match self.translation.satp >> 60 {
            8 => 3,
            9 => 4,
            10 => 5,
            _ => return None,
        };
        // The bits above those that are translated are copies of the highest of them.
        let unused = 64 - (12 + 9 * levels);
        if ((addr << unused) as i64 >> unused) as u64 != addr {
            return None;
        }
        let mut table = (self.translation.satp & PPN) * PAGE;
        for level in (0..levels).rev() {
            let shift = 12 + 9 * level;
            let entry = self.entry(table + (addr >> shift & 0x1ff) * 8)?;
            if entry & VALID == 0 {
                return None;
            }
            let base = (entry >> 10 & PPN) * PAGE;
            if entry & READ_WRITE_EXECUTE != 0 {
                // A range of pages in one entry (Svnapot) has the low bits of its number say how many: 16.
                let napot = if entry >> 63 == 1 { 4 } else { 0 };
                let inside = (1 << (shift + napot)) - 1;
                return Some((base & !inside) | addr & inside);
            }
            table = base;
        }
        None
    }

    fn entry(&self, physical: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        let (bank, offset) = self.physical(physical)?;
        bank.block.read(offset, &mut bytes).then(|| u64::from_le_bytes(bytes))
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
