//! A listener that carries out what it is told, and what it has then.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Map;
use crate::AddrRange;
use crate::topology::listener::Progress;
use crate::topology::tell::{Life, Told};
use crate::topology::{AddressSpaceId, FlatRange, FlatView, Generation, Listener, Snapshot};

/// What a listener that carries out what it is told has.
#[derive(Default)]
pub(super) struct Copy {
    pub(super) ranges: Vec<FlatRange>,
    /// Where writes are coalesced.
    coalesced: BTreeSet<AddrRange>,
    generation: Generation,
    /// In a round, and whether something else than a deletion was told in it.
    round: Option<bool>,
    pub(super) rounds: u32,
}

pub(super) struct Replayer(pub(super) Arc<Mutex<Copy>>);

impl Listener for Replayer {
    fn begin(&mut self, generation: Generation) {
        let mut copy = self.0.lock();
        assert!(copy.round.replace(false).is_none() && generation >= copy.generation);
        copy.generation = generation;
        copy.rounds += 1;
    }

    fn region_del(&mut self, range: &FlatRange) {
        let mut copy = self.0.lock();
        assert_eq!(copy.round, Some(false), "deletions come first, between begin and commit");
        let at = copy.ranges.iter().position(|r| r.is_same_range(range)).expect("only what it has is deleted");
        let gone = copy.ranges.remove(at);
        let left = copy.coalesced.iter().find(|part| part.overlaps(gone.range));
        assert_eq!(left, None, "what is in a range goes before it");
    }

    fn region_add(&mut self, range: &FlatRange) {
        let mut copy = self.0.lock();
        assert!(copy.round.replace(true).is_some(), "outside of a round");
        assert!(copy.ranges.iter().all(|r| !r.range.overlaps(range.range)), "{range:?} is not free");
        copy.ranges.push(range.clone());
    }

    fn region_nop(&mut self, range: &FlatRange) {
        let mut copy = self.0.lock();
        assert!(copy.round.replace(true).is_some(), "outside of a round");
        assert!(copy.ranges.iter().any(|r| r.is_same_range(range)), "{range:?} is no news that it has");
    }

    fn log_start(&mut self, range: &FlatRange, old_mask: u8) {
        self.log(range, old_mask, |old, new| old | new);
    }

    fn log_stop(&mut self, range: &FlatRange, old_mask: u8) {
        self.log(range, old_mask, |old, new| old & new);
    }

    fn coalesced_io_add(&mut self, range: &FlatRange, part: AddrRange) {
        let mut copy = self.0.lock();
        assert!(copy.ranges.iter().any(|r| r.is_same_range(range) && r.range.intersection(part) == Some(part)));
        assert!(copy.coalesced.iter().all(|has| !has.overlaps(part)) && copy.coalesced.insert(part), "{part:?} twice");
    }

    fn coalesced_io_del(&mut self, range: &FlatRange, part: AddrRange) {
        let mut copy = self.0.lock();
        assert_eq!(copy.round, Some(false), "deletions come first");
        assert!(copy.ranges.iter().any(|r| r.is_same_range(range)));
        assert!(copy.coalesced.remove(&part), "{part:?} is not there");
    }

    fn commit(&mut self, generation: Generation) {
        let mut copy = self.0.lock();
        assert!(copy.round.take().is_some() && copy.generation == generation);
    }
}

impl Replayer {
    fn log(&self, range: &FlatRange, old_mask: u8, join: fn(u8, u8) -> u8) {
        let mut copy = self.0.lock();
        let kept = copy.ranges.iter_mut().find(|r| r.is_same_range(range)).expect("told of before");
        let next = join(kept.dirty_mask, range.dirty_mask);
        assert!(
            next != kept.dirty_mask && (old_mask == kept.dirty_mask || join(old_mask, range.dirty_mask) != old_mask)
        );
        kept.dirty_mask = next;
    }
}

impl Copy {
    pub(super) fn check(&mut self, view: &FlatView) {
        assert!(self.round.is_none());
        self.ranges.sort_by_key(|r| r.range.start());
        let same = |(mine, new): (&FlatRange, &FlatRange)| mine.is_same_range(new) && mine.dirty_mask == new.dirty_mask;
        let equal = self.ranges.len() == view.len() && self.ranges.iter().zip(view.iter()).all(same);
        assert!(equal, "{:?} instead of {:?}", self.ranges, view.iter().collect::<Vec<_>>());
        let coalesced = view.iter().flat_map(FlatRange::coalesced_ranges);
        assert!(self.coalesced.iter().copied().eq(coalesced), "{:?} are coalesced", self.coalesced);
    }
}

pub(super) fn told(space: AddressSpaceId, priority: i32, number: u64, listener: impl Listener) -> Told {
    let (name, progress) = (format!("{number}").into(), Arc::new(Progress::default()));
    Told {
        name,
        space,
        priority,
        number,
        listener: Box::new(listener),
        progress,
        has: None,
        logged: Default::default(),
        leaving: false,
        life: Life::Awaited,
        failed: None,
    }
}

pub(super) fn snapshot(map: &Map) -> Snapshot {
    Snapshot::new(map.generation, map.state.spaces().clone(), Default::default(), 0)
}
