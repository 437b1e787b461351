//! C8, C4: a virtual CPU that sleeps is woken by whatever is raised, and sees what happened before.

mod common;

use std::sync::Arc;

use common::{map, models};
use loom::thread;
use manyhart_runtime::{Attention, Clock, Gpa};

const SOFTWARE: u32 = 3;

/// A virtual CPU that sleeps until its interrupt comes, and whoever sends it.
fn wait_for_interrupt() {
    let attention = Arc::new(Attention::new());
    let clock = Clock::manual(1);
    let raises = {
        let attention = Arc::clone(&attention);
        thread::spawn(move || attention.set_level(SOFTWARE, true))
    };
    while attention.take() & 1 << SOFTWARE == 0 {
        attention.park(&clock, u64::MAX);
    }
    raises.join().expect("it ends");
}

/// Two that raise; neither may hide the other.
fn two_raise() {
    let attention = Arc::new(Attention::new());
    let clock = Clock::manual(1);
    let raises = {
        let attention = Arc::clone(&attention);
        thread::spawn(move || attention.set_level(SOFTWARE, true))
    };
    let moves = {
        let attention = Arc::clone(&attention);
        thread::spawn(move || attention.set_deadline(0, 5))
    };
    while attention.take() & 1 << SOFTWARE == 0 || attention.next_deadline() != 5 {
        attention.park(&clock, u64::MAX);
    }
    raises.join().expect("it ends");
    moves.join().expect("it ends");
}

/// A commit, then an interrupt: who takes the interrupt sees the commit.
fn commit_then_interrupt() {
    let (rig, root, space, mut reader) = map::empty_with_reader();
    let attention = Arc::new(Attention::new());
    let sends = {
        let (attention, rig) = (Arc::clone(&attention), rig.clone());
        thread::spawn(move || {
            map::add_page(&rig, root, 0);
            attention.set_level(SOFTWARE, true);
        })
    };
    let taken = attention.take();
    if reader.must_check() {
        reader.resync(&mut ());
    }
    let found = reader.view(space).find(Gpa(0)).is_some();
    assert!(found || taken == 0, "interrupted, and not seen");
    reader.go_offline();
    sends.join().expect("it ends");
}

models! {
    /// A sleeper is woken.
    sleeper {
        rows: C8;
        run: wait_for_interrupt;
        bounds: 4, 8;
        twin: WakeBeforeFlag, "deadlock", 20;
        twin: NotifyUnlocked, "deadlock", 20;
    }

    /// Two that raise at once do not hide each other.
    two_raisers {
        rows: C8;
        run: two_raise;
        bounds: 3, 5;
        twin: WakeBeforeFlag, "deadlock", 20;
        twin: RaiseBeforeDeadline, "deadlock", 20;
    }

    /// An interrupt carries the commit that was made before it.
    interrupt_carries_commit {
        rows: C4;
        run: commit_then_interrupt;
        bounds: 8, 12;
        twin: TakeRelaxed, "interrupted, and not seen", 50;
    }
}
