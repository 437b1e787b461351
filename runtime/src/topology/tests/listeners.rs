//! R10 as listeners meet it: replay equals the view, the order of a round, and a round's place among commits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::model::Model;
use super::properties::{Recorded, record, transactions};
use super::{Map, whole_space};
use crate::topology::listener::Progress;
use crate::topology::tell::{Told, tell};
use crate::topology::{AddressSpaceId, FlatRange, FlatView, Generation, Listener, Snapshot};
use crate::{Clock, Executive, Gpa, Topology};

/// What a listener that carries out what it is told has.
#[derive(Default)]
struct Copy {
    ranges: Vec<FlatRange>,
    generation: Generation,
    /// In a round, and whether something else than a deletion was told in it.
    round: Option<bool>,
    rounds: u32,
}

struct Replayer(Arc<Mutex<Copy>>);

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
        copy.ranges.remove(at);
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
    fn check(&mut self, view: &FlatView) {
        assert!(self.round.is_none());
        self.ranges.sort_by_key(|r| r.range.start());
        let same = |(mine, new): (&FlatRange, &FlatRange)| mine.is_same_range(new) && mine.dirty_mask == new.dirty_mask;
        let equal = self.ranges.len() == view.len() && self.ranges.iter().zip(view.iter()).all(same);
        assert!(equal, "{:?} instead of {:?}", self.ranges, view.iter().collect::<Vec<_>>());
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
        failed: None,
    }
}

pub(super) fn snapshot(map: &Map) -> Snapshot {
    Snapshot::new(map.generation, map.state.spaces().to_vec(), Default::default(), 0)
}

/// A topology under random changes, and listeners that join at different times; the second is slow, and hears of every third commit.
fn replay(changes: &[Vec<Recorded>]) {
    let (mut map, mut model) = (Map::new(), Model::default());
    let mut audience: Vec<(Told, Arc<Mutex<Copy>>)> = Vec::new();
    for (round, steps) in (0u32..).zip(changes) {
        change(&mut map, &mut model, steps, round == 0);
        for space in 0..map.state.spaces().len().min(3) as u32 {
            let copy = Arc::new(Mutex::new(Copy::default()));
            if round == 0 || round == 3 {
                audience.push((told(AddressSpaceId(space), 0, round.into(), Replayer(copy.clone())), copy));
            }
        }
        let news = snapshot(&map);
        let last = round as usize + 1 == changes.len();
        for (index, (told, copy)) in audience.iter_mut().enumerate() {
            if index != 1 || round % 3 == 2 || last {
                tell(std::slice::from_mut(told), &news);
                assert_eq!(told.failed, None);
                copy.lock().check(map.view(told.space));
            }
        }
    }
}

fn change(map: &mut Map, model: &mut Model, steps: &[Recorded], first: bool) {
    let mut tx = map.transaction();
    let mut scratch = model.clone();
    if first {
        let root = tx.container("root", 1 << 64);
        let (window, a) = (tx.container("window", 24), tx.reservation("a", 6));
        tx.add_subregion_overlap(root, 4, window, 1).add_subregion_overlap(window, 2, a, 0);
        let whole = tx.alias("whole", root, 0, 1 << 64);
        tx.address_space("memory", root);
        tx.address_space("dma", whole);
        let ops = tx.into_ops();
        ops.iter().for_each(|op| scratch.step(op).expect("lawful"));
        tx = map.transaction();
        ops.into_iter().for_each(|op| _ = tx.push(op));
    }
    for (step, _) in steps {
        let mut attempt = map.transaction();
        record(&mut attempt, &scratch, step);
        let op = attempt.into_ops().remove(0);
        if scratch.step(&op).is_ok() {
            tx.push(op);
        }
    }
    if map.apply(tx).is_ok() {
        *model = scratch;
    } else {
        assert!(!first, "the first board is lawful by itself, and steps of the first change may not spoil it");
    }
}

#[test]
fn r10_listener_replay_equals_the_view_after_random_mutations() {
    let config = Config { cases: 7_600, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(config, rng).run(&transactions(), |mut changes| {
        changes.insert(0, Vec::new());
        replay(&changes);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

/// Writes down what it is told, with its name, into a diary that several share.
struct Scribe(&'static str, Arc<Mutex<Vec<String>>>);

impl Scribe {
    fn note(&self, what: std::fmt::Arguments<'_>) {
        self.1.lock().push(format!("{} {what}", self.0));
    }
}

impl Listener for Scribe {
    fn begin(&mut self, _: Generation) {
        self.note(format_args!("begin"));
    }

    fn region_del(&mut self, range: &FlatRange) {
        self.note(format_args!("-{:x}", range.range.start().0));
    }

    fn region_add(&mut self, range: &FlatRange) {
        self.note(format_args!("+{:x}", range.range.start().0));
    }

    fn region_nop(&mut self, range: &FlatRange) {
        self.note(format_args!("={:x}", range.range.start().0));
    }

    fn log_start(&mut self, range: &FlatRange, old: u8) {
        self.note(format_args!("log {:x} from {old} to {}", range.range.start().0, range.dirty_mask));
    }

    fn log_stop(&mut self, range: &FlatRange, old: u8) {
        self.note(format_args!("unlog {:x} from {old} to {}", range.range.start().0, range.dirty_mask));
    }

    fn commit(&mut self, _: Generation) {
        self.note(format_args!("commit"));
    }
}

#[test]
fn r10_listeners_hear_deletions_first_and_in_reverse_order_of_priority() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let region = map.commit(|tx| {
        let (region, far) = (tx.reservation("region", 8), tx.reservation("far", 8));
        tx.add_subregion(root, 0x10, region).add_subregion(root, 0x1000, far);
        region
    });
    let diary = Arc::new(Mutex::new(Vec::new()));
    let mut listeners =
        [told(space, -1, 1, Scribe("low", diary.clone())), told(space, 7, 2, Scribe("high", diary.clone()))];
    let mut hears = |map: &Map| {
        tell(&mut listeners, &snapshot(map));
        diary.lock().drain(..).collect::<Vec<_>>().join(", ")
    };
    let replay = "low begin, high begin, low +10, low +1000, high +10, high +1000, low commit, high commit";
    assert_eq!(hears(&map), replay, "a listener that comes late is told all there is");
    assert_eq!(hears(&map), "", "no news, no round");
    map.commit(|tx| _ = tx.set_address(region, 0x20));
    let moved = "low begin, high begin, high -10, low -10, low +20, high +20, low commit, high commit";
    assert_eq!(hears(&map), moved);
    map.commit(|tx| _ = tx.set_log(region, 3));
    assert!(hears(&map).contains("low =20, low log 20 from 0 to 3, high =20"), "kept, although it is logged");
    map.commit(|tx| _ = tx.set_log(region, 4));
    assert!(hears(&map).contains("low log 20 from 3 to 4, low unlog 20 from 3 to 4"));
    map.commit(|tx| _ = tx.set_size(region, 4));
    assert!(hears(&map).contains("high -20, low -20, low +20"), "another size is another range");
    for told in &mut listeners {
        told.leaving = true;
    }
    tell(&mut listeners, &snapshot(&map));
    let gone = "low begin, high begin, high -1000, high -20, low -1000, low -20, low commit, high commit";
    assert_eq!(diary.lock().join(", "), gone, "who leaves lets go of everything, from the top");
}

fn executive() -> Executive {
    Executive::new(crate::Config { clock: Clock::manual(1), on_device_failure: None })
        .expect("the helper thread starts")
}

fn space_with_region(topology: &Topology) -> (AddressSpaceId, crate::RegionId, crate::RegionId) {
    let mut tx = topology.transaction();
    let (root, region) = (tx.container("root", 1 << 64), tx.reservation("region", 8));
    tx.add_subregion(root, 0, region);
    let space = tx.address_space("space", root);
    tx.commit().expect("lawful");
    (space, root, region)
}

/// Blocks in a round until it is let go, and tells on which thread it runs.
struct Slow {
    copy: Replayer,
    gate: Arc<Mutex<()>>,
    threads: Arc<Mutex<Vec<Option<String>>>>,
}

impl Listener for Slow {
    fn begin(&mut self, generation: Generation) {
        self.threads.lock().push(std::thread::current().name().map(str::to_owned));
        drop(self.gate.lock());
        self.copy.begin(generation);
    }

    fn region_del(&mut self, range: &FlatRange) {
        self.copy.region_del(range);
    }

    fn region_add(&mut self, range: &FlatRange) {
        self.copy.region_add(range);
    }

    fn commit(&mut self, generation: Generation) {
        self.copy.commit(generation);
    }
}

#[test]
fn r10_listener_that_is_slow_delays_no_commit_but_what_it_has_is_not_retired() {
    let executive = executive();
    let topology = executive.topology();
    let (space, _, region) = space_with_region(topology);
    let (gate, copy, threads) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(Copy::default())), Arc::default());
    let slow = Slow { copy: Replayer(copy.clone()), gate: gate.clone(), threads: Arc::clone(&threads) };
    let handle = topology.add_listener("slow", space, 0, slow);
    handle.wait_for(1).expect("it lives");
    let closed = gate.lock();
    let mut last = None;
    for at in 1..=100u64 {
        let mut tx = topology.transaction();
        tx.set_address(region, at * 0x10);
        last = Some(tx.commit().expect("a commit waits for no listener"));
    }
    let last = last.expect("a hundred");
    assert_eq!(handle.generation(), Some(1));
    assert!(!last.retired.is_complete(), "somebody still shows what it had before");
    drop(closed);
    handle.wait_for(last.generation).expect("it lives");
    last.retired.wait();
    copy.lock().check(topology.snapshot().view(space).expect("a space"));
    assert!(copy.lock().rounds < 10, "generations are skipped, not queued");
    assert!(threads.lock().iter().all(|name| name.as_deref() == Some("helper")), "and never on the committing thread");
    handle.remove();
    handle.wait_gone();
    assert!(copy.lock().ranges.is_empty(), "told that all is gone");
    assert!(!handle.is_failed() && handle.wait_for(0).is_err());
    executive.shutdown();
}

struct Panics;

impl Listener for Panics {
    fn region_del(&mut self, _: &FlatRange) {
        panic!("as the test asked");
    }
}

#[test]
fn r10_listener_that_panics_is_reported_and_harms_nobody() {
    let failures: Arc<Mutex<Vec<String>>> = Arc::default();
    let reported = Arc::clone(&failures);
    let on_device_failure: Option<crate::helper::OnFailure> =
        Some(Box::new(move |name| reported.lock().push(name.to_owned())));
    let executive = Executive::new(crate::Config { clock: Clock::manual(1), on_device_failure }).expect("a helper");
    let topology = executive.topology();
    let (space, _, region) = space_with_region(topology);
    let copy = Arc::new(Mutex::new(Copy::default()));
    let panics = topology.add_listener("panics", space, 5, Panics);
    let other = topology.add_listener("other", space, 1, Replayer(copy.clone()));
    assert_eq!((panics.wait_for(1), other.wait_for(1)), (Ok(()), Ok(())));
    let mut tx = topology.transaction();
    tx.set_address(region, 0x100);
    let committed = tx.commit().expect("lawful");
    other.wait_for(committed.generation).expect("it lives");
    panics.wait_gone();
    assert!(panics.is_failed() && panics.wait_for(0).is_err());
    committed.retired.wait();
    copy.lock().check(topology.snapshot().view(space).expect("a space"));
    assert!(topology.snapshot().view(space).is_some_and(|view| view.find(Gpa(0x100)).is_some()));
    let began = Instant::now();
    while failures.lock().is_empty() && began.elapsed() < Duration::from_secs(10) {
        std::thread::yield_now();
    }
    assert_eq!(*failures.lock(), ["panics"]);
    executive.shutdown();
    assert!(copy.lock().ranges.is_empty(), "at the end everybody is told that all is gone");
}

#[test]
fn r10_listener_may_commit_and_come_and_go_inside_a_round() {
    struct Mover(Topology, crate::RegionId, Arc<Mutex<Vec<Generation>>>);
    impl Listener for Mover {
        fn commit(&mut self, generation: Generation) {
            self.2.lock().push(generation);
            if generation < 4 {
                let mut tx = self.0.transaction();
                tx.set_address(self.1, 0x10 * generation);
                tx.commit().expect("the helper may commit");
            }
        }
    }
    let executive = executive();
    let topology = executive.topology();
    let (space, _, region) = space_with_region(topology);
    let rounds = Arc::default();
    let handle = topology.add_listener("mover", space, 0, Mover(topology.clone(), region, Arc::clone(&rounds)));
    handle.wait_for(4).expect("it lives");
    assert_eq!(*rounds.lock(), [1, 2, 3, 4]);
    drop(handle);
    executive.shutdown();
}
