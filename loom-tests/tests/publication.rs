//! C1, C3: a reader sees all of a transaction or nothing of it, in one address space and across two.

mod common;

use common::models;
use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::{AddressSpaceId, Gpa, Reader, RegionId};

const PLACES: [u64; 2] = [0x1000, 0x8000];

/// Which of two generations of regions stands at a place.
fn stands(reader: &Reader, space: AddressSpaceId, place: u64, old: &[RegionId]) -> bool {
    let found = reader.view(space).find(Gpa(place)).expect("something always stands there");
    old.contains(&found.region)
}

/// One transaction replaces two regions; a reader looks at both while it does.
fn replaces_two(spaces: usize) {
    let rig = Rig::new(64);
    let mut t = rig.topology().transaction();
    let roots: Vec<RegionId> = (0..spaces).map(|_| t.container("root", 1 << 64)).collect();
    let spaces: Vec<AddressSpaceId> = roots.iter().map(|&root| t.address_space("space", root)).collect();
    let where_to = |i: usize| (roots[i % roots.len()], PLACES[i]);
    let old: Vec<RegionId> = (0..2).map(|_| t.reservation("old", 0x1000)).collect();
    for (i, &region) in old.iter().enumerate() {
        t.add_subregion(where_to(i).0, where_to(i).1, region);
    }
    t.commit().expect("lawful");

    let mut t = rig.topology().transaction();
    for (i, &region) in old.iter().enumerate() {
        let new = t.reservation("new", 0x1000);
        t.del_subregion(where_to(i).0, region);
        t.add_subregion(where_to(i).0, where_to(i).1, new);
    }
    let mut reader = rig.reader("reader");
    let reads = thread::spawn(move || {
        reader.checkpoint(&mut ());
        for _ in 0..2 {
            let first = stands(&reader, spaces[0], PLACES[0], &old);
            let second = stands(&reader, spaces[1 % spaces.len()], PLACES[1], &old);
            assert_eq!(first, second, "torn");
            if reader.must_check() {
                reader.checkpoint(&mut ());
            }
        }
        reader.go_offline();
    });
    t.commit().expect("lawful");
    reads.join().expect("it ends");
}

/// A reader that walks: from what it found first to what that leads to, and the other way round at its next step, with what it found last at
/// hand. One transaction replaces both.
fn walks() {
    let rig = Rig::new(64);
    let mut t = rig.topology().transaction();
    let root = t.container("root", 1 << 64);
    let space = t.address_space("space", root);
    let old = PLACES.map(|_| t.reservation("old", 0x1000));
    for (place, region) in PLACES.into_iter().zip(old) {
        t.add_subregion(root, place, region);
    }
    t.commit().expect("lawful");

    let mut reader = rig.reader("reader");
    let reads = thread::spawn(move || {
        reader.checkpoint(&mut ());
        for steps in [[0, 1], [1, 0]] {
            let stands = |reader: &mut Reader, place| {
                let found = reader.find(space, Gpa(place)).expect("something always stands there");
                old.contains(&found.region)
            };
            let [first, second] = steps.map(|step: usize| stands(&mut reader, PLACES[step]));
            assert_eq!(first, second, "torn");
            if reader.must_check() {
                reader.resync(&mut ());
            }
        }
        reader.go_offline();
    });
    let mut t = rig.topology().transaction();
    for (place, region) in PLACES.into_iter().zip(old) {
        let new = t.reservation("new", 0x1000);
        t.del_subregion(root, region).add_subregion(root, place, new);
    }
    t.commit().expect("lawful");
    reads.join().expect("it ends");
}

models! {
    /// One space is never torn.
    one_space {
        rows: C1 C3;
        run: || replaces_two(1);
        bounds: 6, 9;
        twin: Tear, "torn", 40;
    }

    /// Nor is a walk of several steps, with the range found last at hand.
    walk {
        rows: C1;
        run: walks;
        bounds: 6, 9;
        twin: KeepNear, "torn", 20;
        twin: Tear, "torn", 40;
    }

    /// Nor are two.
    two_spaces {
        rows: C3;
        run: || replaces_two(2);
        bounds: 6, 9;
        twin: Tear, "torn", 40;
    }
}
