//! C2: a reader never goes back; and what it goes by is the view that it loaded, so that it never misses a change either.

mod common;

use loom::thread;
use manyhart_runtime::Reader;
use manyhart_runtime::model::Rig;
use manyhart_runtime::planted::Bug;

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

#[test]
fn a_reader_never_goes_back() {
    common::holds(5, two_commits);
}

#[test]
fn intervals_by_the_word_are_found() {
    common::fails_with(Bug::IntervalsByWord, "it missed a change", 5, two_commits);
}

#[test]
fn a_word_before_the_view_is_found() {
    common::fails_with(Bug::WordBeforeView, "it missed a change", 5, two_commits);
}
