//! R10: a listener that registers while a commit is published ends at the newest view, whoever comes first.

mod common;

use std::sync::Arc;
use std::sync::Mutex;

use common::{map, models};
use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::{FlatRange, Listener};

/// The starts of the ranges that it has.
struct Copy(Arc<Mutex<Vec<u64>>>);

impl Listener for Copy {
    fn region_del(&mut self, range: &FlatRange) {
        self.0.lock().expect("one thread at a time").retain(|&start| start != range.range.start().0);
    }

    fn region_add(&mut self, range: &FlatRange) {
        self.0.lock().expect("one thread at a time").push(range.range.start().0);
    }
}

fn registers_while_a_region_moves() {
    let rig = Rig::new(64);
    let (_, space, region) = map::with_region(&rig, 0x1000, map::page);
    rig.help_all();

    let copy = Arc::new(Mutex::new(Vec::new()));
    let registers = {
        let (rig, copy) = (rig.clone(), Copy(Arc::clone(&copy)));
        thread::spawn(move || {
            let handle = rig.topology().add_listener("copy", space, 0, copy);
            rig.help_all();
            handle
        })
    };
    let mut t = rig.topology().transaction();
    t.set_address(region, 0x8000);
    let retired = t.commit().expect("lawful").retired;
    let handle = registers.join().expect("it ends");
    rig.help_all();
    assert_eq!(*copy.lock().expect("nobody runs"), [0x8000], "the listener missed a commit");
    assert_eq!(handle.generation(), Some(2));
    assert!(retired.is_complete(), "and nothing waits for it any more");
    drop(handle);
    rig.help_all();
    assert!(copy.lock().expect("nobody runs").is_empty(), "removed, it is told that all is gone");
}

models! {
    /// A listener that comes while a region moves misses no commit.
    late_listener {
        rows: C5 C8;
        run: registers_while_a_region_moves;
        bounds: 2, 3;
        twin: CountByLoad, "the listener missed a commit", 30;
    }
}
