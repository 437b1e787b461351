//! R10 as listeners meet it: replay equals the view, the order of a round, and a round's place among commits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::replay::{Copy, Replayer, snapshot, told};
use super::{Map, whole_space};
use crate::topology::tell::tell;
use crate::topology::{AddressSpaceId, FlatRange, Generation, Listener};
use crate::{Clock, Executive, Gpa, Topology};

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
    while failures.lock().is_empty() && began.elapsed() < Duration::from_secs(120) {
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
