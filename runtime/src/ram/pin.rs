//! Pins: what keeps a block's `Retired` back while something that no reader's poll shows still uses the block.

use std::sync::Arc;

use super::RamBlock;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::atomic::{AtomicU64, Ordering};

/// Holds a block in memory (and its `Retired` back) while something outlives a poll.
#[derive(Debug)]
pub struct Pin {
    block: Arc<RamBlock>,
}

impl Pin {
    pub(super) fn new(block: Arc<RamBlock>) -> Pin {
        block.pins.add();
        Pin { block }
    }

    /// What it holds.
    pub fn block(&self) -> &Arc<RamBlock> {
        &self.block
    }
}

impl Clone for Pin {
    fn clone(&self) -> Pin {
        Pin::new(Arc::clone(&self.block))
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.block.pins.remove();
    }
}

/// How many pins a block, or a device's region, has.
///
/// Pinner: takes the pin while online, and goes offline (an AcqRel change of its reader's word) after. Grace period: reads that word,
/// and the pins after. If the pinner is seen offline, or past the generation, its pin is seen too, because it came before. If the
/// pinner comes later than the grace period's look, it resynced first and has no way to reach the block. A pin that is
/// seen gone was let go with Release, so everything that was done under it is seen as well.
pub(crate) struct PinCount(AtomicU64);

impl PinCount {
    pub(crate) fn new() -> PinCount {
        PinCount(AtomicU64::new(0))
    }

    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn remove(&self) {
        self.0.fetch_sub(1, Ordering::Release);
    }

    pub(crate) fn get(&self) -> u64 {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::IgnorePins) {
            return 0;
        }
        self.0.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_count_and_keep_the_block() {
        let block = Arc::new(RamBlock::anonymous("ram", 4096).expect("memfd"));
        let one = block.pin();
        let two = one.clone();
        assert_eq!(block.pins(), 2);
        drop(one);
        assert_eq!(block.pins(), 1);
        let seen = Arc::downgrade(&block);
        drop(block);
        assert_eq!(two.block().pins(), 1);
        drop(two);
        assert!(seen.upgrade().is_none());
    }
}
