//! Walks over small page tables: the rules one by one, and random tables against an oracle.

mod oracle;
mod rules;

use std::collections::BTreeMap;

use super::*;

const V: u64 = 1;
const R: u64 = 2;
const W: u64 = 4;
const X: u64 = 8;
const U: u64 = 16;
const G: u64 = 32;
const A: u64 = 64;
const D: u64 = 128;
const RWX: u64 = V | R | W | X | A | D;

/// Page-table memory: sparse doublewords, zero elsewhere, with a window that faults.
#[derive(Clone, Debug, Default)]
struct Tables {
    words: BTreeMap<u64, u64>,
    /// No access from this address on.
    end: Option<u64>,
    /// Reads succeed, exchanges fault.
    read_only: bool,
    /// What other writers store, each just before one exchange.
    interference: Vec<(u64, u64)>,
    exchanges: u32,
}

impl Tables {
    fn get(&self, pa: u64) -> u64 {
        self.words.get(&pa).copied().unwrap_or(0)
    }

    /// Writes the entry `index` of the table at `table`: a page-table entry pointing to `to`.
    fn point(&mut self, table: u64, index: u64, to: u64, flags: u64) {
        self.words.insert(table + index * 8, to >> 2 | flags);
    }

    fn reachable(&self, pa: Gpa) -> Result<(), AccessFault> {
        assert_eq!(pa.0 % 8, 0, "entries are aligned");
        if self.end.is_some_and(|end| pa.0 >= end) { Err(AccessFault) } else { Ok(()) }
    }
}

impl PteMemory for Tables {
    fn load_pte(&mut self, pa: Gpa) -> Result<u64, AccessFault> {
        self.reachable(pa)?;
        Ok(self.get(pa.0))
    }

    fn compare_exchange_pte(&mut self, pa: Gpa, old: u64, new: u64) -> Result<Result<(), u64>, AccessFault> {
        self.reachable(pa)?;
        if self.read_only {
            return Err(AccessFault);
        }
        self.exchanges += 1;
        if let Some((at, value)) = self.interference.pop() {
            self.words.insert(at, value);
        }
        let current = self.get(pa.0);
        if current != old {
            return Ok(Err(current));
        }
        self.words.insert(pa.0, new);
        Ok(Ok(()))
    }
}

fn context(mode: SatpMode) -> Context {
    Context {
        mode,
        root: Gpa(0x1000),
        privilege: Privilege::Supervisor,
        sum: false,
        mxr: false,
        update_accessed_dirty: true,
        memory_types: true,
        napot: true,
    }
}
