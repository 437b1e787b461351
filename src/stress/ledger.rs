//! What the harts are told of each slot, in guest memory: an epoch's entry and *started* before the change is committed, *done* after.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use manyhart_runtime::RamBlock;

use super::field::Contents;
use super::layout::{self, CONTROL, ENDS, RING, RING_LENGTH, Tables};

/// Bytes of one entry. Its words: the first page, the second, both, and what may be done with them; then for each page, where the ends of
/// its function are counted, and how many there were.
const ENTRY: u64 = 64;
const CONTROL_SHIFT: u32 = 6;
const RING_SHIFT: u32 = 13;

/// The books.
pub struct Ledger {
    ram: Arc<RamBlock>,
    tables: Tables,
    epochs: Vec<u64>,
    /// How often each function has failed or gone.
    ends: Vec<u64>,
}

impl Ledger {
    /// With all slots empty, in epoch 0; `ram` is the memory that `tables` lie in.
    pub fn new(ram: Arc<RamBlock>, tables: Tables, functions: u16, slots: u16) -> Ledger {
        let (epochs, ends) = (vec![0; usize::from(slots)], vec![0; usize::from(functions)]);
        let ledger = Ledger { ram, tables, epochs, ends };
        for slot in 0..slots {
            ledger.enter(slot, 0, &Contents::default());
        }
        ledger
    }

    /// Before a change: what it is going to be, and which function fails or goes by it. Answers the epochs that begin.
    pub fn start(&mut self, touched: &[(u16, Contents)], ends: Option<u16>) -> Vec<u64> {
        if let Some(function) = ends {
            self.ends[usize::from(function)] += 1;
            self.store(end_of(function), self.ends[usize::from(function)]);
        }
        let epochs: Vec<u64> = touched.iter().map(|(slot, _)| self.epochs[usize::from(*slot)] + 1).collect();
        for ((slot, contents), epoch) in touched.iter().zip(&epochs) {
            self.enter(*slot, *epoch, contents);
        }
        // Whoever reads a *started* finds the entries up to it.
        fence(Ordering::SeqCst);
        for ((slot, _), epoch) in touched.iter().zip(&epochs) {
            self.epochs[usize::from(*slot)] = *epoch;
            self.store(CONTROL + (u64::from(*slot) << CONTROL_SHIFT) + 8, *epoch);
        }
        // Whoever sees anything of the change finds *started*.
        fence(Ordering::SeqCst);
        epochs
    }

    /// After the change.
    pub fn done(&self, touched: &[(u16, Contents)]) {
        // Whoever reads *done* finds the change.
        fence(Ordering::SeqCst);
        for (slot, _) in touched {
            self.store(CONTROL + (u64::from(*slot) << CONTROL_SHIFT), self.epochs[usize::from(*slot)]);
        }
    }

    /// How often each slot has changed.
    pub fn epochs(&self) -> &[u64] {
        &self.epochs
    }

    fn enter(&self, slot: u16, epoch: u64, contents: &Contents) {
        let at = RING + (u64::from(slot) << RING_SHIFT) + epoch % RING_LENGTH * ENTRY;
        let [low, high] = contents.0;
        let [low_end, high_end] = contents.0.map(|page| match page.registers_of {
            Some(function) => [self.tables.at(end_of(function)).0, self.ends[usize::from(function)]],
            None => [0; 2],
        });
        let pages = [layout::twice(low.word), layout::twice(high.word), contents.both(), contents.flags()];
        let words = pages.into_iter().chain(low_end).chain(high_end);
        for (index, word) in words.enumerate() {
            self.store(at + 8 * index as u64, word);
        }
    }

    /// At a place of the bare guest's.
    fn store(&self, address: u64, word: u64) {
        let fits = self.ram.store(address - Tables::BARE.base(), word);
        debug_assert!(fits, "the tables lie in RAM");
    }
}

/// Where the ends of a function are counted.
fn end_of(function: u16) -> u64 {
    ENDS + 8 * u64::from(function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::field::Page;

    #[test]
    fn entries_stand_before_started_and_started_before_done() {
        let ram = Arc::new(RamBlock::anonymous("ram", 16 << 20).unwrap());
        let mut ledger = Ledger::new(ram.clone(), Tables::BARE, 4, 3);
        let load = |address: u64| ram.load::<u64>(address - Tables::BARE.base()).unwrap();
        assert_eq!(load(RING + (2 << RING_SHIFT)), u64::MAX);
        let page =
            |word, registers_of| Page { word, is_memory: true, is_timed: false, is_writable: true, registers_of };
        let touched = vec![(2, Contents([page(0x100, None), page(0x200, Some(3))]))];
        assert!(ledger.start(&[], Some(3)).is_empty());
        assert_eq!(ledger.start(&touched, None), [1]);
        let control = CONTROL + (2 << CONTROL_SHIFT);
        assert_eq!((load(control), load(control + 8)), (0, 1));
        let entry = RING + (2 << RING_SHIFT) + ENTRY;
        let words: [u64; 8] = std::array::from_fn(|word| load(entry + 8 * word as u64));
        let ends = [0, 0, ENDS + 24, 1];
        assert_eq!(words[..4], [0x100_0000_0100, 0x200_0000_0200, 0x200_0000_0100, 0b1100]);
        assert_eq!((&words[4..], load(ENDS + 24)), (&ends[..], 1));
        ledger.done(&touched);
        assert_eq!(load(control), 1);
    }
}
