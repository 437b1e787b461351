//! The one place where a new snapshot becomes visible: the snapshot first, then the word that says that there is one.

use std::sync::Arc;

use crossbeam::utils::CachePadded;

use super::{Generation, Requesters, ShownSpaces, Snapshot};
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::Published;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The newest snapshot. Written by the topology actor alone, read by anybody.
pub struct Publication {
    snapshot: Published<Snapshot>,
    /// The generation of a snapshot that is in `snapshot` already. Polled by every reader, so it has a line to itself.
    generation: CachePadded<AtomicU64>,
    /// Transactions that were carried out: a statistic.
    commits: std::sync::atomic::AtomicU64,
}

impl Publication {
    /// Generation 0: no address space.
    pub(crate) fn new() -> Publication {
        Publication {
            snapshot: Published::new(Arc::new(Snapshot::new(0, ShownSpaces::default(), Requesters::default(), 0))),
            generation: CachePadded::new(AtomicU64::new(0)),
            commits: std::sync::atomic::AtomicU64::new(0),
        }
    }

    /// Makes `new` what every reader that looks from now on gets: one store for all address spaces, so none of them is seen without the
    /// others.
    pub(crate) fn publish(&self, new: Arc<Snapshot>) {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::WordBeforeView) {
            self.generation.store(new.generation(), Ordering::Release);
            return self.snapshot.store(new);
        }
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::Tear) {
            let torn = Arc::new(Snapshot::torn(&self.snapshot.load(), &new));
            std::mem::forget(Arc::clone(&torn)); // no grace period knows of it
            self.snapshot.store(torn);
            self.generation.store(new.generation(), Ordering::Release);
            #[cfg(not(manyhart_loom))] // so that somebody meets it
            std::thread::yield_now();
        }
        let generation = new.generation();
        self.snapshot.store(new);
        // Release, after the store above: a reader that Acquires this word, or that learned of it by any chain of happens-before, loads
        // this snapshot or a later one. A reader that loads the new snapshot before it sees the word is early, which harms nobody: it
        // goes by the snapshot's own generation.
        self.generation.store(generation, Ordering::Release);
    }

    pub(crate) fn count_commit(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// The generation word. Acquire, for the load of the snapshot that may follow.
    #[inline]
    pub(crate) fn generation(&self) -> Generation {
        self.generation.load(Ordering::Acquire)
    }

    /// The newest snapshot.
    pub(crate) fn load(&self) -> Arc<Snapshot> {
        self.snapshot.load()
    }
}
