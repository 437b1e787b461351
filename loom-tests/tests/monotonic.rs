//! C2: a reader never goes back; and what it goes by is the view that it loaded, so that it never misses a change either.

mod common;

use common::models;
use loom::thread;
use manyhart_runtime::Reader;
use manyhart_runtime::model::Rig;

fn generation(reader: &Reader) -> u64 {
    reader.snapshot().expect("online").generation()
}

/// Two commits, and a reader that looks again and again, through a rest too.
fn two_commits() {
    let rig = Rig::new(64);
    let mut reader = rig.reader("reader");
    let commits = {
        let rig = rig.clone();
        thread::spawn(move || {
            for _ in 0..2 {
                let mut t = rig.topology().transaction();
                let root = t.container("root", 1 << 64);
                t.address_space("space", root);
                t.commit().expect("lawful");
            }
        })
    };
    reader.checkpoint(&mut ());
    let mut last = generation(&reader);
    for rest in [false, true] {
        if rest {
            reader.go_offline();
            reader.checkpoint(&mut ());
        }
        let published = rig.topology().generation();
        if reader.must_check() {
            reader.resync(&mut ());
        }
        assert!(generation(&reader) >= last, "it went back");
        assert!(generation(&reader) >= published, "it missed a change");
        last = generation(&reader);
    }
    commits.join().expect("it ends");
    if reader.must_check() {
        reader.resync(&mut ());
    }
    assert_eq!(generation(&reader), 2, "it missed a change");
    reader.go_offline();
}

models! {
    /// A reader never goes back, and misses nothing.
    never_back {
        rows: C2;
        run: two_commits;
        bounds: 5, 6;
        twin: IntervalsByWord, "it missed a change", 20;
        twin: WordBeforeView, "it missed a change", 500;
    }
}
