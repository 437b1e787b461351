//! A reservation that is taken after a store was told of is behind that store.

mod common;

use std::sync::Arc;

use common::models;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use manyhart_runtime::ram::monitor;

/// Any address will do: the table goes by its number.
const ADDR: usize = 0x1000;

/// A line that is watched is written, which ends that watch; who then finds nobody's token there, and puts in its own, loads what was written.
fn watched_after_a_store() {
    let data = Arc::new(AtomicU64::new(0));
    let before = monitor::watch(ADDR);
    let writes = {
        let data = Arc::clone(&data);
        thread::spawn(move || {
            data.store(1, Ordering::Relaxed);
            monitor::wrote(ADDR, 8);
        })
    };
    let token = monitor::watch(ADDR);
    let loaded = data.load(Ordering::Relaxed);
    assert!(token == before || loaded == 1, "a new reservation of an old value");
    writes.join().expect("it ends");
    assert!(!monitor::claim(ADDR, before), "a store ends it");
}

/// Of two that watch together one may store.
fn two_claim() {
    let token = monitor::watch(ADDR);
    let other = thread::spawn(move || monitor::claim(ADDR, token));
    let mine = monitor::claim(ADDR, token);
    let theirs = other.join().expect("it ends");
    assert!(mine != theirs, "one of two");
}

models! {
    /// A new reservation is behind the store that ended the old one.
    watched_anew {
        rows: Reservations;
        run: watched_after_a_store;
        bounds: 8, 12;
    }

    /// Of two that watch together one may store.
    claimed_once {
        rows: Reservations;
        run: two_claim;
        bounds: 8, 12;
    }
}
