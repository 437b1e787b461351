//! The defects that the command's `--plant` arms do what their names say, in a runtime of real threads.
#![cfg(feature = "planted-bugs")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::{Machine, PATIENCE};
use manyhart_runtime::{DropCached, Flow, Gpa, Invalidate, RegionId, planted};

/// For what must not happen.
const A_WHILE: Duration = Duration::from_millis(500);

/// Two regions that always change together, and readers that look at both: whether any saw one without the other, before `patience` ends.
fn somebody_sees_half(patience: Duration) -> bool {
    let machine = Machine::new();
    let mut current: Option<[RegionId; 2]> = None;
    let mut replace = || {
        let mut t = machine.transaction();
        for region in current.take().into_iter().flatten() {
            t.del_subregion(machine.root, region);
        }
        let new = [0x1000, 0x8000].map(|at| {
            let region = t.reservation("r", 0x1000);
            t.add_subregion(machine.root, at, region);
            region
        });
        current = Some(new);
        t.commit().expect("lawful");
    };
    replace();
    let (torn, done) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for n in 0..2 {
            let mut reader = machine.executive.reader(format!("reader {n}"), None);
            let (machine, torn, done) = (&machine, &torn, &done);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) && reader.checkpoint(&mut ()) == Flow::Run {
                    let found = [0x1000, 0x8000].map(|at| reader.view(machine.space).find(Gpa(at)).map(|f| f.region));
                    // Regions of one commit are made one after the other, so no other lies between them.
                    let together = matches!(found, [Some(a), Some(b)] if a < b && !other_between(a, b));
                    torn.fetch_or(!together, Ordering::Relaxed);
                }
                reader.go_offline();
            });
        }
        let end = Instant::now() + patience;
        while Instant::now() < end && !torn.load(Ordering::Relaxed) {
            replace();
        }
        done.store(true, Ordering::Relaxed);
    });
    torn.load(Ordering::Relaxed)
}

fn other_between(a: RegionId, b: RegionId) -> bool {
    let number = |region: RegionId| -> u64 {
        let text = format!("{region:?}");
        text.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number")
    };
    number(b) - number(a) != 1
}

struct Told(bool);

impl DropCached for Told {
    fn drop_cached(&mut self, _: Invalidate<'_>) {
        self.0 = true;
    }
}

/// Whether a reader's caches hear of a region that goes.
fn caches_are_told() -> bool {
    let machine = Machine::new();
    let mut t = machine.transaction();
    let region = t.reservation("r", 0x1000);
    t.add_subregion(machine.root, 0, region);
    t.commit().expect("lawful");
    let mut reader = machine.executive.reader("reader", None);
    reader.checkpoint(&mut ());
    let mut t = machine.transaction();
    t.del_subregion(machine.root, region);
    t.commit().expect("lawful");
    let mut told = Told(false);
    reader.checkpoint(&mut told);
    told.0
}

/// One test, since arming is for the whole process.
#[test]
fn planted_defects_show_and_nothing_shows_without() {
    assert!(!planted::arm_by_name("no such defect"));
    assert!(!somebody_sees_half(A_WHILE) && caches_are_told());
    assert!(planted::arm_by_name("tear"));
    assert!(somebody_sees_half(PATIENCE));
    planted::disarm();
    assert!(planted::arm_by_name("lost-write"));
    assert!(!caches_are_told());
    planted::disarm();
    assert!(!somebody_sees_half(A_WHILE) && caches_are_told());
}
