//! C1, C2, C3, C5 in a crowd: eight readers with cached pointers against two threads that commit as fast as they can.
//!
//! One thread replaces pairs of regions, in two spaces at once: no reader may see half of a pair. The other adds and removes regions, and
//! ends the life of what it removed once that has retired: no reader may use it after.

mod common;

use std::sync::Arc;

use common::{Help, Life};
use manyhart_runtime::model::Rig;
use manyhart_runtime::planted::Bug;
use manyhart_runtime::{AddressSpaceId, DropCached, Gpa, Invalidate, Reader, RegionId, Topology};
use shuttle::sync::Mutex;
use shuttle::thread;

const READERS: usize = 8;
const ROUNDS: usize = 4;
const PAGE: u64 = 0x1000;
const PAIR: u64 = 0x1_0000;

/// What stands at an address for how long, as a host pointer does.
type Pages = Arc<Mutex<Vec<(RegionId, Arc<Life>)>>>;

/// In which round a region took its place in a pair.
type Pairs = Arc<std::sync::Mutex<Vec<(RegionId, usize)>>>;

/// A reader's software TLB: one page.
#[derive(Default)]
struct Cache(Option<Arc<Life>>);

impl DropCached for Cache {
    fn drop_cached(&mut self, what: Invalidate<'_>) {
        if !matches!(what, Invalidate::Marks)
            && let Some(life) = self.0.take()
        {
            for _ in 0..4 {
                life.using(); // for the last time, and for a while: a cache is large
            }
        }
    }
}

struct World {
    rig: Rig,
    spaces: [AddressSpaceId; 2],
    roots: [RegionId; 2],
    pages: Pages,
    pairs: Pairs,
}

fn world() -> World {
    let rig = Rig::new(64);
    let mut t = rig.topology().transaction();
    let roots = [0, 1].map(|_| t.container("root", 1 << 64));
    let spaces = roots.map(|root| t.address_space("space", root));
    let pairs = Pairs::default();
    for root in roots {
        let region = t.reservation("half of a pair", u128::from(PAGE));
        t.add_subregion(root, PAIR, region);
        note(&pairs, region, 0);
    }
    t.commit().expect("lawful");
    World { rig, spaces, roots, pages: Pages::default(), pairs }
}

fn note(pairs: &Pairs, region: RegionId, round: usize) {
    pairs.lock().expect("never poisoned").push((region, round));
}

/// Replaces what stands at `PAIR` in both spaces, `ROUNDS` times.
fn replace_pairs(topology: &Topology, roots: [RegionId; 2], spaces: [AddressSpaceId; 2], pairs: &Pairs) {
    for round in 1..=ROUNDS {
        let now = topology.snapshot();
        let mut t = topology.transaction();
        for (root, space) in roots.into_iter().zip(spaces) {
            let old = now.view(space).and_then(|view| view.find(Gpa(PAIR))).expect("something stands there").region;
            t.del_subregion(root, old);
            let new = t.reservation("half of a pair", u128::from(PAGE));
            note(pairs, new, round);
            t.add_subregion(root, PAIR, new);
        }
        t.commit().expect("lawful");
    }
}

/// Maps a page, takes it out, and ends its life when nobody can use it any more.
fn map_and_unmap(topology: &Topology, root: RegionId, pages: &Pages) {
    for _ in 0..ROUNDS {
        let life = Arc::<Life>::default();
        let mut t = topology.transaction();
        let region = t.reservation("page", u128::from(PAGE));
        t.add_subregion(root, 0, region);
        pages.lock().expect("never poisoned").push((region, Arc::clone(&life)));
        t.commit().expect("lawful");
        for _ in 0..READERS {
            thread::yield_now(); // so that some of them find it
        }
        let mut t = topology.transaction();
        t.del_subregion(root, region);
        let retired = t.commit().expect("lawful").retired;
        retired.wait();
        life.end();
    }
}

/// Of which round the pair is that stands in a space.
fn pair_in(reader: &Reader, space: AddressSpaceId, pairs: &Pairs) -> usize {
    let region = reader.view(space).find(Gpa(PAIR)).expect("something always stands there").region;
    let pairs = pairs.lock().expect("never poisoned");
    pairs.iter().find(|(id, _)| *id == region).expect("noted before it was committed").1
}

/// A virtual CPU: looks at both halves of the pair, and uses the page it has cached.
fn read(mut reader: Reader, spaces: [AddressSpaceId; 2], pages: &Pages, pairs: &Pairs) {
    let (mut cache, mut before) = (Cache::default(), 0);
    for _ in 0..4 * ROUNDS {
        if !reader.is_online() || reader.must_check() {
            reader.checkpoint(&mut cache);
        }
        let pair = pair_in(&reader, spaces[0], pairs);
        assert_eq!(pair, pair_in(&reader, spaces[1], pairs), "torn");
        assert!(before <= pair, "time runs backwards");
        before = pair;
        if cache.0.is_none() {
            let region = reader.find(spaces[0], Gpa(0)).map(|range| range.region);
            let pages = pages.lock().expect("never poisoned");
            cache.0 = pages.iter().find(|(id, _)| Some(*id) == region).map(|(_, life)| Arc::clone(life));
        }
        if let Some(life) = &cache.0 {
            life.using();
        }
    }
    reader.go_offline();
}

fn crowd() {
    let World { rig, spaces, roots, pages, pairs } = world();
    let help = Help::start(&rig);
    let mut threads: Vec<_> = (0..READERS)
        .map(|n| {
            let (reader, pages, pairs) = (rig.reader(&n.to_string()), Arc::clone(&pages), Arc::clone(&pairs));
            thread::spawn(move || read(reader, spaces, &pages, &pairs))
        })
        .collect();
    let topology = rig.topology().clone();
    threads.push(thread::spawn(move || replace_pairs(&topology, roots, spaces, &pairs)));
    let topology = rig.topology().clone();
    threads.push(thread::spawn(move || map_and_unmap(&topology, roots[0], &pages)));
    for thread in threads {
        thread.join().expect("it ends");
    }
    help.end();
}

#[test]
fn a_crowd_sees_whole_views_of_living_memory() {
    common::holds(1000, crowd);
}

#[test]
fn a_torn_publication_is_found() {
    common::fails_with(Bug::Tear, "torn", 100, crowd);
}

#[test]
fn a_missing_grace_period_is_found() {
    common::fails_with(Bug::NoGrace, "used after its end", 200, crowd);
}

#[test]
fn an_early_acknowledgement_is_found() {
    common::fails_with(Bug::AcknowledgeFirst, "used after its end", 1000, crowd);
}

#[test]
fn a_cache_that_is_kept_is_found() {
    common::fails_with(Bug::LostWrite, "used after its end", 200, crowd);
}
