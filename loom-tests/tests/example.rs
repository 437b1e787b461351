//! The example of docs/loom.md: a deadline that is moved while its owner falls asleep (C8).
//!
//! A virtual CPU sleeps until an interrupt or its earliest deadline. Another thread may move that deadline nearer at any time, and the
//! sleeper must then reckon anew.

mod common;

use std::sync::Arc;

use common::models;
use loom::thread;
use manyhart_runtime::{Attention, Clock};

const TIMER: usize = 0;
const SOON: u64 = 5;

/// The owner sleeps until it knows of the deadline that the other thread sets.
fn deadline_moves() {
    let attention = Arc::new(Attention::new());
    // It stands still, so that nothing but the other thread can end the sleep.
    let clock = Clock::manual(1);
    let moves = {
        let attention = Arc::clone(&attention);
        thread::spawn(move || attention.set_deadline(TIMER, SOON))
    };
    loop {
        attention.take();
        if attention.next_deadline() == SOON {
            break;
        }
        attention.park(&clock, u64::MAX);
    }
    moves.join().expect("it ends");
}

models! {
    /// Who sleeps until a deadline hears that it has moved.
    moved_deadline {
        rows: C8;
        run: deadline_moves;
        bounds: 5, 10;
        twin: RaiseBeforeDeadline, "deadlock", 20;
        twin: NotifyUnlocked, "deadlock", 20;
    }
}
