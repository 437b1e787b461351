//! Prints what a dirty log costs for each page, and a live copy by one: `cargo run --release -p manyhart-runtime --example dirty_cost`.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use manyhart_runtime::live_copy::Limits;
use manyhart_runtime::ram::{DirtyLogs, PAGE_SIZE};
use manyhart_runtime::{Clock, Config, DirtyClient, Executive, Gpa, RamBlock, Requester, live_copy};

/// 64 GiB of pages, of which few are dirty.
const PAGES: u64 = 16 << 20;
/// What is copied: 16 MiB.
const MEMORY: u64 = 16 << 20;

/// What it costs to mark so many pages, each once, and to collect them.
fn log(logs: &DirtyLogs, dirty: u64) {
    let step = PAGES / dirty;
    let began = Instant::now();
    for page in 0..dirty {
        logs.logged(page * step * PAGE_SIZE, 8, || black_box(()));
    }
    let marked = began.elapsed().as_nanos() as f64 / dirty as f64;
    let began = Instant::now();
    let runs = black_box(logs.collect(DirtyClient::MIGRATION, 0..u64::MAX));
    let collected = began.elapsed().as_nanos() as f64 / dirty as f64;
    let runs = runs.len();
    println!("{dirty:>9} of {PAGES} pages dirty: mark {marked:.1} ns, collect {collected:.1} ns a page ({runs} runs)");
}

/// Copies memory beside somebody who writes to it, and says what that cost.
fn copy() -> Result<(), Box<dyn Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let mut tx = executive.topology().transaction();
    let system = tx.container("system", 1 << 64);
    let ram = tx.ram("ram", Arc::new(RamBlock::anonymous("ram", MEMORY)?));
    tx.add_subregion(system, 0, ram);
    let space = tx.address_space("memory", system);
    tx.commit()?;
    let memory = executive.topology().address_space(space);
    let over = AtomicBool::new(false);
    let copied = std::thread::scope(|scope| {
        scope.spawn(|| {
            for at in (0..MEMORY).step_by(3 * PAGE_SIZE as usize).cycle() {
                if over.load(Ordering::Relaxed) || memory.store(Gpa(at), at, Requester::Device(0)).is_err() {
                    break;
                }
            }
        });
        let copied = live_copy(&executive, &[ram], Limits::default(), &mut |_, _, bytes| {
            black_box(bytes);
            Ok(())
        });
        over.store(true, Ordering::Relaxed);
        copied.map(|copied| {
            let (rounds, pages, bytes) = (copied.rounds.len(), copied.pages(), copied.bytes());
            let (took, stood_still) = (copied.took(), copied.stood_still);
            println!("live copy of {MEMORY} bytes: {rounds} rounds, {pages} pages, {bytes} bytes, {took:.1?}");
            println!(
                "it stood still for {stood_still:.1?}, and the last round copied {}",
                copied.rounds[rounds - 1].pages
            );
        })
    });
    executive.shutdown();
    Ok(copied?)
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let logs = DirtyLogs::new(PAGES);
    logs.show(DirtyClient::MIGRATION.mask(), 1);
    [1, 100, 10_000, 1_000_000].into_iter().for_each(|dirty| log(&logs, dirty));
    copy()
}
