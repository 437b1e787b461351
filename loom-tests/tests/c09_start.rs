//! C9: a log that starts beside a writer loses nothing of it, and a mark brings the data that it stands for.

mod common;

use std::sync::Arc;

use common::models;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use manyhart_runtime::DirtyClient;
use manyhart_runtime::ram::DirtyLogs;

const CLIENT: DirtyClient = DirtyClient::MIGRATION;

/// A writer that no grace period waits for stores while a client starts to log and copies all: what the copy misses is marked.
fn start_beside_a_writer() {
    let (data, logs) = (Arc::new(AtomicU64::new(0)), Arc::new(DirtyLogs::new(1)));
    let writes = {
        let (data, logs) = (Arc::clone(&data), Arc::clone(&logs));
        thread::spawn(move || logs.logged_by_anyone(0, 8, || data.store(1, Ordering::Relaxed)))
    };
    logs.show(CLIENT.mask(), 1);
    let copy = data.load(Ordering::Relaxed);
    writes.join().expect("it ends");
    let dirty = !logs.collect(CLIENT, 0..u64::MAX).is_empty();
    assert!(copy == 1 || dirty, "lost");
}

/// A reader's logged store, which has no fence, against a collector, over a map of several levels: who takes the mark sees the data.
fn mark_and_take(pages: u64) {
    let (data, logs) = (Arc::new(AtomicU64::new(0)), Arc::new(DirtyLogs::new(pages)));
    logs.show(CLIENT.mask(), 1);
    let writes = {
        let (data, logs) = (Arc::clone(&data), Arc::clone(&logs));
        thread::spawn(move || logs.logged(0, 8, || data.store(1, Ordering::Relaxed)))
    };
    if !logs.collect(CLIENT, 0..u64::MAX).is_empty() {
        assert_eq!(data.load(Ordering::Relaxed), 1, "marked, and not there");
    }
    writes.join().expect("it ends");
    assert!(data.load(Ordering::Relaxed) == 1);
}

models! {
    /// A log that starts beside a writer misses nothing.
    start_of_a_log {
        rows: C9;
        run: start_beside_a_writer;
        bounds: 8, 12;
    }

    /// A mark brings its data.
    mark_brings_data {
        rows: C9;
        run: || mark_and_take(1);
        bounds: 8, 12;
    }

    /// So it does over two levels of the map.
    mark_of_two_levels {
        rows: C9;
        run: || mark_and_take(65);
        bounds: 8, 12;
    }
}
