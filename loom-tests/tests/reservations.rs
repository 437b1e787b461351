//! A reservation that is taken after a store was told of is behind that store.

mod common;

use std::sync::Arc;

use common::models;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use manyhart_runtime::ram::monitor::{self, Tokens};

/// Any address will do: the table goes by its number.
const ADDR: usize = 0x1000;

/// A line that is watched is written, which ends that watch; who then finds nobody's token there, and puts in its own, loads what was written.
fn watched_after_a_store() {
    let data = Arc::new(AtomicU64::new(0));
    let before = monitor::watch(ADDR, &mut Tokens::default());
    let watches = {
        let data = Arc::clone(&data);
        thread::spawn(move || {
            let token = monitor::watch(ADDR, &mut Tokens::default());
            let loaded = data.load(Ordering::Relaxed);
            assert!(token == before || loaded == 1, "a new reservation of an old value");
        })
    };
    data.store(1, Ordering::Relaxed);
    monitor::wrote(ADDR, 8);
    watches.join().expect("it ends");
    assert!(!monitor::claim(ADDR, before), "a store ends it");
}

models! {
    /// A new reservation is behind the store that ended the old one.
    watched_anew {
        rows: Reservations;
        run: watched_after_a_store;
        bounds: 8, 12;
    }
}
