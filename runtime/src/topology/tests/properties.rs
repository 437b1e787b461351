//! Random trees and random mutations: every boundary address against the naive resolver, every history against a full comparison,
//! every replayed difference against the view it leads to.
//!
//! `MANYHART_CASES=1000000` tries more.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::sync::Arc;

use parking_lot::Mutex;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::model::{Hit, Inherited, Model};
use super::replay::{Copy, Replayer, told};
use super::steps::{Recorded, Through, record, transactions};
use super::{Map, device};
use crate::access::resolve::{Intent, walk};
use crate::access::shape::Direction;
use crate::iommu::IommuTarget;
use crate::topology::diff::{Update, changed_intervals, difference};
use crate::topology::state::Applied;
use crate::topology::tell::{Told, tell};
use crate::topology::view::{Changes, FlatView, MOST_INTERVALS, SpaceView};
use crate::topology::{
    AddressSpaceId, FlatRange, Generation, RegionId, Requesters, ShownSpaces, Snapshot, Target, Transaction,
};
use crate::{AddrRange, Gpa, Requester};

/// A topology, the model of it, every snapshot that was published, and who listens.
struct Pair {
    map: Map,
    model: Model,
    past: Vec<(Generation, ShownSpaces)>,
    requesters: Requesters,
    /// Each IOMMU that was met, by its region and the age of its translations.
    iommus: BTreeMap<(RegionId, u32), IommuTarget>,
    audience: Vec<(Told, Arc<Mutex<Copy>>)>,
    commits: u64,
}

impl Pair {
    /// A board of some size to begin with, so that short sequences mean something.
    fn new() -> Pair {
        let mut pair = Pair {
            map: Map::new(),
            model: Model::default(),
            past: vec![(0, ShownSpaces::default())],
            requesters: Requesters::default(),
            iommus: BTreeMap::new(),
            audience: Vec::new(),
            commits: 0,
        };
        let mut tx = pair.map.transaction();
        let root = tx.container("root", 1 << 64);
        let window = tx.container("window", 24);
        let (a, b) = (tx.reservation("a", 6), tx.reservation("b", 9));
        tx.add_subregion_overlap(root, 4, window, 1).add_subregion_overlap(window, 2, a, 0);
        tx.add_subregion_overlap(root, 0, b, 0);
        let whole = tx.alias("whole", root, 0, 1 << 64);
        let memory = tx.address_space("memory", root);
        tx.address_space("dma", whole);
        let (io, behind) = (tx.mmio("io", 7, device()), tx.container("behind", 64));
        tx.add_subregion_overlap(window, 9, io, 0).add_coalescing(io, 1, 3);
        let iommu = tx.iommu("iommu", 40, Arc::new(Through), memory);
        tx.add_subregion_overlap(behind, 3, iommu, 0);
        let device = tx.address_space("device", behind);
        tx.assign_device(0, device);
        pair.commit(tx);
        pair
    }

    fn run(&mut self, steps: &[Recorded]) {
        let mut tx = self.map.transaction();
        let mut scratch = self.model.clone();
        for (step, only_if_lawful) in steps {
            let mut attempt = self.map.transaction();
            record(&mut attempt, &scratch, step);
            let op = attempt.into_ops().remove(0);
            if scratch.step(&op).is_ok() || !only_if_lawful {
                tx.push(op);
            }
        }
        self.commit(tx);
    }

    fn commit(&mut self, tx: Transaction) {
        let old = self.map.state.spaces().clone();
        let ops = tx.into_ops();
        let expected = self.model.apply(&ops);
        let before = expected.as_ref().err().map(|_| self.map.fingerprint());
        match (self.map.state.apply(ops, self.map.generation + 1), expected) {
            (Ok(applied), Ok(())) => self.accepted(&old, applied),
            (Err(error), Err(expected)) => {
                assert_eq!(discriminant(&error), discriminant(&expected), "{error} instead of {expected}");
                assert_eq!(Some(self.map.fingerprint()), before, "after {error}");
            }
            (real, expected) => panic!("{:?} instead of {expected:?}", real.map(|a| a.changed)),
        }
        self.check_addresses();
        self.tell(self.commits);
        self.commits += 1;
    }

    fn accepted(&mut self, old: &ShownSpaces, applied: Applied) {
        self.map.generation += u64::from(applied.changed);
        let nothing = SpaceView { view: Arc::new(FlatView::empty(0)), since: 0 };
        let closed = old.iter().map(|(id, _)| id).filter(|id| applied.spaces.get(*id).is_none());
        let closed: Vec<AddressSpaceId> = closed.collect();
        assert!(closed.is_empty() || applied.changed && applied.spaces.closes_since(self.map.generation - 1));
        for id in applied.spaces.iter().map(|(id, _)| id).chain(closed) {
            let (old, new) = (old.get(id).unwrap_or(&nothing), applied.spaces.get(id).unwrap_or(&nothing));
            check_sharing(old, new, applied.changed);
            check_replay(&old.view, &new.view);
            for lost in old.view.iter().filter(|r| !new.view.iter().any(|n| n.is_same_range(r) || covers(n, r))) {
                assert!(applied.withdrawn.iter().any(|(id, _)| *id == lost.region), "{lost:?} was not withdrawn");
            }
        }
        self.requesters = applied.requesters;
        if applied.changed {
            self.past.push((self.map.generation, applied.spaces));
        }
        self.check_histories();
    }

    /// What a reader of any older snapshot is told to forget is all that differs, and no more where nothing is rounded.
    fn check_histories(&self) {
        let newest = self.past.last().unwrap();
        for (generation, spaces) in &self.past {
            let both = spaces.iter().filter_map(|(id, old)| Some((old, newest.1.get(id)?)));
            for (old, new) in both {
                let mut real = Vec::new();
                changed_intervals(AddrRange::ALL, old.view.iter(), new.view.iter(), &mut real);
                match new.changes_since(*generation) {
                    Changes::Everything => {
                        assert!(new.since > *generation || newest.0 - generation > 3, "the history is too short")
                    }
                    Changes::Ranges(told) => {
                        for interval in &real {
                            let covered = told.iter().any(|t| t.intersection(*interval) == Some(*interval));
                            assert!(covered || pieced_together(&told, *interval), "{interval:?} not in {told:?}");
                        }
                        let one_step = newest.0 - generation == 1 && real.len() <= MOST_INTERVALS;
                        assert!(!one_step || told == real, "{told:?} told, {real:?} differ");
                    }
                }
            }
        }
    }

    fn check_addresses(&mut self) {
        let snapshot = self.snapshot();
        assert!(snapshot.spaces().map(|space| space.0).eq(self.model.spaces.keys().copied()));
        let assigned = |device| snapshot.space_of(device).map(|space| space.0);
        assert!((0..3).all(|device| assigned(device) == self.model.assigned.get(&device).copied()));
        for (&space, &root) in &self.model.spaces {
            let view = &self.map.state.spaces().get(AddressSpaceId(space)).expect("an open space").view;
            check_form(view);
            let mut edges = Vec::new();
            self.model.edges(root, 0, &mut edges);
            edges.extend(view.iter().flat_map(|r| [i128::from(r.range.start().0), i128::from(r.range.last().0)]));
            edges = edges.into_iter().flat_map(|e| [e - 1, e, e + 1]).collect();
            edges.sort_unstable();
            edges.dedup();
            for addr in edges.into_iter().filter_map(|e| u64::try_from(e).ok()) {
                let want = self.model.resolve(root, i128::from(addr), Inherited::default());
                let range = view.find(Gpa(addr));
                assert_eq!(range.map(|range| hit(range, addr, want)), want, "at {addr:#x} of space {space}");
                if let (Some(want), Some(Target::Iommu(target))) = (want, range.map(|range| &range.target)) {
                    let age = want.iommu.map_or(0, |(_, age)| age);
                    let met = self.iommus.entry((want.region, age)).or_insert_with(|| target.clone());
                    assert!(met.is_same(target), "other translations, of which nobody was told");
                }
                for write in [false, true] {
                    let end = access(&snapshot, space, addr, write);
                    let want = self.model.access(space, addr, write);
                    let end = end.map(|(range, addr)| hit(&range, addr, want));
                    assert_eq!(end, want, "by a write: {write}, at {addr:#x} of space {space}");
                }
            }
        }
        let renewed = |(a, b): (&IommuTarget, &IommuTarget)| !a.is_same(b);
        assert!(self.iommus.values().zip(self.iommus.values().skip(1)).all(renewed));
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.map.generation, self.map.state.spaces().clone(), self.requesters.clone(), 0)
    }

    /// Listeners join at different times; the second is slow, and hears of every third commit. Replay equals the view.
    fn tell(&mut self, round: u64) {
        for space in (0..3).map(AddressSpaceId) {
            if round == 0 || round == 3 {
                let copy = Arc::new(Mutex::new(Copy::default()));
                self.audience.push((told(space, 0, round, Replayer(copy.clone())), copy));
            }
        }
        let news = self.snapshot();
        for (index, (told, copy)) in self.audience.iter_mut().enumerate() {
            if index != 1 || round % 3 == 2 {
                tell(std::slice::from_mut(told), &news);
                assert_eq!(told.failed, None);
                copy.lock().check(news.shown(told.space));
            }
        }
    }
}

/// What a range says of an address; how old its translations are, which it does not say, as wanted.
fn hit(r: &FlatRange, addr: u64, want: Option<Hit>) -> Hit {
    Hit {
        region: r.region,
        offset: r.offset + (addr - r.range.start().0),
        read_only: r.read_only,
        log: r.dirty_mask,
        rom_device: matches!(r.target, Target::RomDevice(_)),
        coalesced: r.coalesced_ranges().any(|part| part.contains(Gpa(addr))),
        flush: r.flush_coalesced,
        forgiving: r.forgiving,
        iommu: match &r.target {
            Target::Iommu(target) => {
                Some((target.space().0, want.and_then(|want| want.iommu).map_or(0, |iommu| iommu.1)))
            }
            _ => None,
        },
    }
}

/// Where the access of a byte ends, and at which address of the space that it ends in.
fn access(snapshot: &Snapshot, space: u32, addr: u64, write: bool) -> Option<(FlatRange, u64)> {
    let direction = if write { Direction::Write } else { Direction::Read };
    let intent = Intent { direction, requester: Requester::Device(0) };
    let mut end = None;
    let walked = walk(snapshot, AddressSpaceId(space), Gpa(addr), 1, intent, |range, run| {
        end = Some((range.clone(), run.addr.0));
        Ok(())
    });
    walked.ok().and(end)
}

fn covers(new: &FlatRange, old: &FlatRange) -> bool {
    new.clipped(old.range).is_some_and(|part| part.range == old.range && part.agrees_with(old))
}

/// Whether several of the ranges cover the interval between them.
fn pieced_together(told: &[AddrRange], interval: AddrRange) -> bool {
    let merged = crate::topology::dirty::merged(told.to_vec());
    merged.iter().any(|t| t.intersection(interval) == Some(interval))
}

/// R9: sorted, disjoint, nothing left to join, and the same whichever way it is asked.
fn check_form(view: &FlatView) {
    let ranges: Vec<&FlatRange> = view.iter().collect();
    assert_eq!(ranges.len(), view.len());
    for pair in ranges.windows(2) {
        assert!(pair[0].range.last() < pair[1].range.start(), "{:?} and {:?}", pair[0], pair[1]);
        let adjacent = pair[0].range.last().checked_add(1) == Some(pair[1].range.start());
        assert!(!(adjacent && pair[0].agrees_with(pair[1])), "{:?} and {:?} are one", pair[0], pair[1]);
    }
    for range in ranges {
        let around: Vec<_> = view.overlapping(range.range).map(|r| r.range).collect();
        assert_eq!(around, [range.range]);
    }
}

/// A space that did not change keeps its view by identity.
fn check_sharing(old: &SpaceView, new: &SpaceView, changed: bool) {
    let mut real = Vec::new();
    changed_intervals(AddrRange::ALL, old.view.iter(), new.view.iter(), &mut real);
    assert!(changed || real.is_empty(), "a change that nobody is told of: {real:?}");
    if changed && !real.is_empty() {
        assert!(!Arc::ptr_eq(&old.view, &new.view));
    } else if old.since == new.since && old.view.generation() != 0 {
        assert!(Arc::ptr_eq(&old.view, &new.view), "an unchanged view was made anew");
    }
}

/// A listener that carries out the difference has the new view.
fn check_replay(old: &FlatView, new: &FlatView) {
    let mut has: Vec<FlatRange> = old.iter().cloned().collect();
    let mut deleting = true;
    for update in difference(old, new) {
        match &update {
            Update::Delete(gone) => {
                assert!(deleting, "a deletion after an addition");
                let at = has.iter().position(|r| r.is_same_range(gone)).unwrap();
                has.remove(at);
            }
            Update::Add(range) => {
                deleting = false;
                assert!(has.iter().all(|r| !r.range.overlaps(range.range)), "{range:?} was not free");
                has.push(range.clone());
            }
            Update::Keep { range, old } => {
                deleting = false;
                let kept = has.iter_mut().find(|r| r.is_same_range(range)).unwrap();
                assert_eq!(kept.dirty_mask, old.dirty_mask);
                kept.dirty_mask = (old.dirty_mask | update.log_start()) & !update.log_stop();
            }
        }
    }
    has.sort_by_key(|r| r.range.start());
    let same = |(has, new): (&FlatRange, &FlatRange)| has.is_same_range(new) && has.dirty_mask == new.dirty_mask;
    assert!(has.len() == new.len() && has.iter().zip(new.iter()).all(same), "{has:?}");
}

#[test]
fn r01_to_r12_random_mutations_agree_with_the_naive_resolver() {
    let cases = std::env::var("MANYHART_CASES")
        .map_or(if cfg!(miri) { 4 } else { 10_000 }, |cases| cases.parse().expect("a number"));
    std::thread::scope(|scope| {
        for shard in 0..SHARDS {
            scope.spawn(move || run_cases(cases / SHARDS, shard as u8));
        }
    });
}

/// Threads that share the cases, each with a sequence of its own: the same ones in every run.
const SHARDS: u32 = 2;

fn run_cases(cases: u32, shard: u8) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[shard; 32]);
    let result = TestRunner::new_with_rng(config, rng).run(&transactions(), |transactions| {
        let mut pair = Pair::new();
        for steps in &transactions {
            pair.run(steps);
        }
        // So that the slow listener has all of it.
        pair.tell(2);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
