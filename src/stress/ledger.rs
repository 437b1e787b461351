//! What the harts are told of each slot, in guest memory: an epoch's entry and *started* before the change is committed, *done* after.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use manyhart_runtime::RamBlock;

use super::field::Contents;
use super::layout::{self, CONTROL, RING, RING_LENGTH};
use crate::board::memmap::RAM_BASE;

/// Bytes of one entry, and words in it: the first page, the second, both, and what may be done with them.
const ENTRY: u64 = 32;
const CONTROL_SHIFT: u32 = 6;
const RING_SHIFT: u32 = 12;

/// The books.
pub struct Ledger {
    ram: Arc<RamBlock>,
    epochs: Vec<u64>,
}

impl Ledger {
    /// With all slots empty, in epoch 0.
    pub fn new(ram: Arc<RamBlock>, slots: u16) -> Ledger {
        let ledger = Ledger { ram, epochs: vec![0; usize::from(slots)] };
        for slot in 0..slots {
            ledger.enter(slot, 0, &Contents::default());
        }
        ledger
    }

    /// Before a change: what it is going to be. Answers the epochs that begin.
    pub fn start(&mut self, touched: &[(u16, Contents)]) -> Vec<u64> {
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
        let words = [layout::twice(low.word), layout::twice(high.word), contents.both(), contents.flags()];
        for (index, word) in words.into_iter().enumerate() {
            self.store(at + 8 * index as u64, word);
        }
    }

    fn store(&self, address: u64, word: u64) {
        let fits = self.ram.store(address - RAM_BASE, word);
        debug_assert!(fits, "the tables lie in RAM");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::field::Page;

    #[test]
    fn entries_stand_before_started_and_started_before_done() {
        let ram = Arc::new(RamBlock::anonymous("ram", 16 << 20).unwrap());
        let mut ledger = Ledger::new(ram.clone(), 3);
        let load = |address: u64| ram.load::<u64>(address - RAM_BASE).unwrap();
        assert_eq!(load(RING + (2 << RING_SHIFT)), u64::MAX);
        let page = |word| Page { word, is_memory: true, is_timed: false, is_writable: true };
        let touched = vec![(2, Contents([page(0x100), page(0x200)]))];
        assert_eq!(ledger.start(&touched), [1]);
        let control = CONTROL + (2 << CONTROL_SHIFT);
        assert_eq!((load(control), load(control + 8)), (0, 1));
        let entry = RING + (2 << RING_SHIFT) + ENTRY;
        let words = [0, 8, 16, 24].map(|offset| load(entry + offset));
        assert_eq!(words, [0x100_0000_0100, 0x200_0000_0200, 0x200_0000_0100, 0b1100]);
        ledger.done(&touched);
        assert_eq!(load(control), 1);
    }
}
