//! Random trees and random mutations: every boundary address against the naive resolver, every history against a full comparison,
//! every replayed difference against the view it leads to.

use std::mem::discriminant;
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::Map;
use super::model::{Hit, Model};
use crate::topology::diff::{Update, changed_intervals, difference};
use crate::topology::op::Stacking;
use crate::topology::state::Applied;
use crate::topology::view::{Changes, FlatView, MOST_INTERVALS, SpaceView};
use crate::topology::{FlatRange, Generation, RegionId, RomDeviceMode, Target, Transaction};
use crate::{AddrRange, Gpa, RamBlock};

/// One random operation; regions are chosen among those that live when it is recorded.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Container(u128),
    Reservation(u128),
    Memory(bool),
    RomDevice,
    Mode(Index, bool),
    Alias(Index, u64, u128),
    Space(Index),
    Add(Index, Index, u64, Option<i32>),
    Del(Index, Option<Index>),
    Enable(Index, bool),
    Address(Index, u64),
    Size(Index, u128),
    AliasOffset(Index, u64),
    ReadOnly(Index, bool),
    Log(Index, u8),
    Destroy(Index),
}

/// Most steps that the model refuses are left out, so that most transactions are lawful; the others go in as they are.
pub(super) type Recorded = (Step, bool);

fn offset() -> impl Strategy<Value = u64> {
    prop_oneof![
        8 => 0..24u64,
        1 => select(vec![1 << 63, (1 << 63) - 4, u64::MAX - 16, u64::MAX - 3, u64::MAX]),
    ]
}

fn size() -> impl Strategy<Value = u128> {
    prop_oneof![
        10 => 1..24u128,
        2 => select(vec![1u128 << 63, (1 << 64) - 8, (1 << 64) - 1, 1 << 64]),
        1 => select(vec![0u128, (1 << 64) + 1]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let priority = || proptest::option::weighted(0.7, -2..3i32);
    prop_oneof![
        2 => size().prop_map(Step::Container),
        3 => size().prop_map(Step::Reservation),
        1 => any::<bool>().prop_map(Step::Memory),
        1 => Just(Step::RomDevice),
        2 => (index(), any::<bool>()).prop_map(|(r, m)| Step::Mode(r, m)),
        3 => (index(), offset(), size()).prop_map(|(t, o, s)| Step::Alias(t, o, s)),
        1 => index().prop_map(Step::Space),
        9 => (index(), index(), offset(), priority()).prop_map(|(p, c, o, s)| Step::Add(p, c, o, s)),
        2 => (index(), proptest::option::weighted(0.1, index())).prop_map(|(c, p)| Step::Del(c, p)),
        2 => (index(), any::<bool>()).prop_map(|(r, e)| Step::Enable(r, e)),
        2 => (index(), offset()).prop_map(|(r, o)| Step::Address(r, o)),
        2 => (index(), size()).prop_map(|(r, s)| Step::Size(r, s)),
        1 => (index(), offset()).prop_map(|(r, o)| Step::AliasOffset(r, o)),
        1 => (index(), any::<bool>()).prop_map(|(r, o)| Step::ReadOnly(r, o)),
        1 => (index(), 0..4u8).prop_map(|(r, m)| Step::Log(r, m)),
        1 => index().prop_map(Step::Destroy),
    ]
}

pub(super) fn transactions() -> impl Strategy<Value = Vec<Vec<Recorded>>> {
    let recorded = (step(), proptest::bool::weighted(0.97));
    proptest::collection::vec(proptest::collection::vec(recorded, 1..8), 1..9)
}

/// One block for all: what lies in it plays no part.
fn block() -> Arc<RamBlock> {
    static BLOCK: OnceLock<Arc<RamBlock>> = OnceLock::new();
    BLOCK.get_or_init(|| Arc::new(RamBlock::anonymous("topology test", 4096).unwrap())).clone()
}

pub(super) fn record(tx: &mut Transaction, model: &Model, step: &Step) {
    let ids: Vec<RegionId> = model.regions.keys().copied().collect();
    let id = |index: &Index| ids[index.index(ids.len())];
    match *step {
        Step::Container(size) => _ = tx.container("c", size),
        Step::Reservation(size) => _ = tx.reservation("r", size),
        Step::Memory(false) => _ = tx.ram("m", block()),
        Step::Memory(true) => _ = tx.rom("m", block()),
        Step::RomDevice => _ = tx.rom_device("f", block(), super::device()),
        Step::Mode(ref r, rom) => {
            let mode = if rom { RomDeviceMode::Rom } else { RomDeviceMode::Mmio };
            tx.set_rom_device_mode(id(r), mode);
        }
        Step::Alias(ref target, offset, size) => _ = tx.alias("a", id(target), offset, size),
        Step::Space(ref root) => _ = tx.address_space("s", id(root)),
        Step::Add(ref p, ref c, offset, None) => _ = tx.add_subregion(id(p), offset, id(c)),
        Step::Add(ref p, ref c, offset, Some(prio)) => _ = tx.add_subregion_overlap(id(p), offset, id(c), prio),
        Step::Del(ref child, ref parent) => {
            let real = model.regions[&id(child)].parent.map_or(id(child), |p: (RegionId, u64, Stacking)| p.0);
            tx.del_subregion(parent.as_ref().map_or(real, id), id(child));
        }
        Step::Enable(ref r, enabled) => _ = tx.set_enabled(id(r), enabled),
        Step::Address(ref r, offset) => _ = tx.set_address(id(r), offset),
        Step::Size(ref r, size) => _ = tx.set_size(id(r), size),
        Step::AliasOffset(ref r, offset) => _ = tx.set_alias_offset(id(r), offset),
        Step::ReadOnly(ref r, read_only) => _ = tx.set_read_only(id(r), read_only),
        Step::Log(ref r, mask) => _ = tx.set_log(id(r), mask),
        Step::Destroy(ref r) => _ = tx.destroy(id(r)),
    }
}

/// A topology, the model of it, and every snapshot that was published.
struct Pair {
    map: Map,
    model: Model,
    past: Vec<(Generation, Vec<SpaceView>)>,
}

impl Pair {
    /// A board of some size to begin with, so that short sequences mean something.
    fn new() -> Pair {
        let mut pair = Pair { map: Map::new(), model: Model::default(), past: vec![(0, Vec::new())] };
        let mut tx = pair.map.transaction();
        let root = tx.container("root", 1 << 64);
        let window = tx.container("window", 24);
        let (a, b) = (tx.reservation("a", 6), tx.reservation("b", 9));
        tx.add_subregion_overlap(root, 4, window, 1).add_subregion_overlap(window, 2, a, 0);
        tx.add_subregion_overlap(root, 0, b, 0);
        let whole = tx.alias("whole", root, 0, 1 << 64);
        tx.address_space("memory", root);
        tx.address_space("dma", whole);
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
        let before = self.map.fingerprint();
        let old = self.map.state.spaces().to_vec();
        let ops = tx.into_ops();
        let expected = self.model.apply(&ops);
        match (self.map.state.apply(ops, self.map.generation + 1), expected) {
            (Ok(applied), Ok(())) => self.accepted(&old, applied),
            (Err(error), Err(expected)) => {
                assert_eq!(discriminant(&error), discriminant(&expected), "{error} instead of {expected}");
                assert_eq!(self.map.fingerprint(), before, "after {error}");
            }
            (real, expected) => panic!("{:?} instead of {expected:?}", real.map(|a| a.changed)),
        }
        self.check_addresses();
    }

    fn accepted(&mut self, old: &[SpaceView], applied: Applied) {
        self.map.generation += u64::from(applied.changed);
        let nothing = SpaceView { view: Arc::new(FlatView::empty(0)), since: 0 };
        for (index, new) in applied.spaces.iter().enumerate() {
            let old = old.get(index).unwrap_or(&nothing);
            check_sharing(old, new, applied.changed);
            check_replay(&old.view, &new.view);
            for lost in old.view.iter().filter(|r| !new.view.iter().any(|n| n.is_same_range(r) || covers(n, r))) {
                assert!(applied.withdrawn.iter().any(|(id, _)| *id == lost.region), "{lost:?} was not withdrawn");
            }
        }
        if applied.changed {
            self.past.push((self.map.generation, applied.spaces));
        }
        self.check_histories();
    }

    /// What a reader of any older snapshot is told to forget is all that differs, and no more where nothing is rounded.
    fn check_histories(&self) {
        let newest = self.past.last().unwrap();
        for (generation, spaces) in &self.past {
            for (old, new) in spaces.iter().zip(&newest.1) {
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

    fn check_addresses(&self) {
        for (&space, &root) in &self.model.spaces {
            let view = &self.map.state.spaces()[space as usize].view;
            check_form(view);
            let mut edges = Vec::new();
            self.model.edges(root, 0, &mut edges);
            edges.extend(view.iter().flat_map(|r| [i128::from(r.range.start().0), i128::from(r.range.last().0)]));
            edges = edges.into_iter().flat_map(|e| [e - 1, e, e + 1]).collect();
            edges.sort_unstable();
            edges.dedup();
            for addr in edges.into_iter().filter_map(|e| u64::try_from(e).ok()) {
                let want = self.model.resolve(root, i128::from(addr), false, 0);
                assert_eq!(look_up(view, addr), want, "at {addr:#x} of space {space}");
            }
        }
    }
}

fn look_up(view: &FlatView, addr: u64) -> Option<Hit> {
    let r = view.find(Gpa(addr))?;
    let offset = r.offset + (addr - r.range.start().0);
    let rom_device = matches!(r.target, Target::RomDevice(_));
    Some(Hit { region: r.region, offset, read_only: r.read_only, log: r.dirty_mask, rom_device })
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
    assert_eq!(format!("{has:?}"), format!("{:?}", new.iter().collect::<Vec<_>>()));
}

#[test]
fn r01_to_r12_random_mutations_agree_with_the_naive_resolver() {
    let config = Config { cases: 2400, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(&transactions(), |transactions| {
        let mut pair = Pair::new();
        for steps in &transactions {
            pair.run(steps);
        }
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
