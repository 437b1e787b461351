//! Prints what a dirty log costs for each page: `cargo run --release -p manyhart-runtime --example dirty_cost`.

use std::hint::black_box;
use std::time::Instant;

use manyhart_runtime::DirtyClient;
use manyhart_runtime::ram::{DirtyLogs, PAGE_SIZE};

/// 64 GiB of pages, of which few are dirty.
const PAGES: u64 = 16 << 20;

fn main() {
    let logs = DirtyLogs::new(PAGES);
    logs.show(DirtyClient::MIGRATION.mask(), 1);
    for dirty in [1, 100, 10_000, 1_000_000] {
        let step = PAGES / dirty;
        let began = Instant::now();
        for page in 0..dirty {
            logs.logged(page * step * PAGE_SIZE, 8, || black_box(()));
        }
        let marked = began.elapsed().as_nanos() as f64 / dirty as f64;
        let began = Instant::now();
        let runs = black_box(logs.collect(DirtyClient::MIGRATION, 0..u64::MAX));
        let collected = began.elapsed().as_nanos() as f64 / dirty as f64;
        println!(
            "{dirty:>9} of {PAGES} pages dirty: mark {marked:.1} ns, collect {collected:.1} ns a page ({} runs)",
            runs.len()
        );
    }
}
