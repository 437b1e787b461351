//! How many bytes a topology takes, counted by the allocator: boards, ranges, generations, and what is left when all went again.
//!
//! `MANYHART_CYCLES=1000000` lengthens the run that must leave nothing behind.

// A global allocator is unsafe by its trait: this one hands every call on to the system's.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use manyhart_runtime::{
    AddressSpaceId, Clock, Config, Executive, Flow, Gpa, Reader, RegionId, Retired, Snapshot, Topology, Transaction,
};
use parking_lot::Mutex;

/// Counts the bytes that are allocated, and the most there were.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came, whose promises are those of the trait; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller's promises, handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises, handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The counters are the process's: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

const STRIDE: u64 = 0x2000;
const MIB: usize = 1 << 20;

fn now() -> usize {
    NOW.load(Ordering::Relaxed)
}

/// A machine with so many ranges in one space.
struct Machine {
    executive: Executive,
    root: RegionId,
    space: AddressSpaceId,
}

impl Machine {
    fn new(ranges: u64) -> Machine {
        let clock = Clock::manual(10_000_000);
        let executive = Executive::new(Config { clock, on_device_failure: None }).expect("a helper thread");
        let mut tx = executive.topology().transaction();
        let root = tx.container("root", 1 << 64);
        let space = tx.address_space("memory", root);
        for number in 0..ranges {
            let region = tx.reservation("range", 0x1000);
            tx.add_subregion(root, number * STRIDE, region);
        }
        tx.commit().expect("lawful").retired.wait();
        Machine { executive, root, space }
    }

    fn topology(&self) -> &Topology {
        self.executive.topology()
    }

    fn transaction(&self) -> Transaction {
        self.topology().transaction()
    }

    /// One range comes, and goes.
    fn cycle(&self, at: u64) -> Retired {
        let mut tx = self.transaction();
        let region = tx.reservation("extra", 0x1000);
        tx.add_subregion(self.root, at, region);
        tx.commit().expect("lawful");
        let mut tx = self.transaction();
        tx.del_subregion(self.root, region).destroy(region);
        tx.commit().expect("lawful").retired
    }

    fn cycles(&self, count: u64) {
        for round in 0..count {
            let retired = self.cycle(scattered(round, 1_000) * STRIDE + 0x1000);
            if round % 64 == 63 || round + 1 == count {
                retired.wait();
            }
        }
    }

    /// Four BARs in a container of their own, and the space that the function's own accesses go through.
    fn plug(&self, number: u64) {
        let mut tx = self.transaction();
        let function = tx.container("function", 0x10_0000);
        for bar in 0..4 {
            let region = tx.reservation("bar", 0x1000);
            tx.add_subregion_overlap(function, bar * STRIDE, region, 1);
        }
        tx.add_subregion_overlap(self.root, (1 << 40) + number * 0x10_0000, function, 1);
        let all = tx.alias("bus master", self.root, 0, 1 << 64);
        tx.address_space("function's memory", all);
        tx.commit().expect("lawful");
    }
}

fn scattered(index: u64, below: u64) -> u64 {
    index.wrapping_mul(0x9e37_79b9_7f4a_7c15) % below
}

fn catch_up(reader: &mut Reader) {
    if reader.must_check() || !reader.is_online() {
        assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
    }
}

#[test]
fn a_board_of_256_readers_and_256_plugged_functions_stays_small() {
    let _alone = ALONE.lock();
    let before = now();
    MOST.store(before, Ordering::Relaxed);
    let machine = Machine::new(64);
    let reader = |index| machine.executive.reader(format!("reader {index}"), None);
    let mut readers: Vec<Reader> = (0..256).map(reader).collect();
    readers.iter_mut().for_each(catch_up);
    for number in 0..256 {
        machine.plug(number);
        // Not all at once: some hold a snapshot of 16 functions ago.
        readers.iter_mut().skip(number as usize % 16).step_by(16).for_each(catch_up);
    }
    readers.iter_mut().for_each(catch_up);
    let view = readers[0].view(machine.space);
    assert_eq!(view.len(), 64 + 256 * 4);
    assert!(view.find(Gpa((1 << 40) + 255 * 0x10_0000 + 3 * STRIDE)).is_some());
    let most = MOST.load(Ordering::Relaxed) - before;
    println!(
        "board: {:.1} MiB at most, {:.1} MiB at the end",
        most as f64 / MIB as f64,
        (now() - before) as f64 / MIB as f64
    );
    assert!(most <= 100_000_000, "{most} bytes");
}

#[test]
fn what_comes_and_goes_leaves_nothing_behind() {
    let _alone = ALONE.lock();
    let cycles = std::env::var("MANYHART_CYCLES").map_or(100_000, |cycles| cycles.parse().expect("a number"));
    let machine = Machine::new(1_000);
    let mut reader = machine.executive.reader("reader", None);
    catch_up(&mut reader);
    reader.go_offline();
    // Queues and tables reach the size that they keep.
    machine.cycles(1_000);
    let before = now();
    machine.cycles(cycles);
    let growth = now().saturating_sub(before);
    println!("{cycles} cycles: {growth} bytes more than before");
    assert!(growth <= 64 << 10, "{growth} bytes more after {cycles} cycles");
}

/// As a function with a space of its own comes and goes.
#[test]
fn spaces_that_come_and_go_leave_nothing_behind() {
    let _alone = ALONE.lock();
    let machine = Machine::new(100);
    let cycles = |count: u32| {
        for round in 0..count {
            let mut tx = machine.transaction();
            let all = tx.alias("bus master", machine.root, 0, 1 << 64);
            let space = tx.address_space("function's memory", all);
            tx.assign_device(7, space);
            tx.commit().expect("lawful");
            let mut tx = machine.transaction();
            tx.unassign_device(7).close_address_space(space).destroy(all);
            let retired = tx.commit().expect("lawful").retired;
            if round % 64 == 63 || round + 1 == count {
                retired.wait();
            }
        }
    };
    cycles(1_000);
    let before = now();
    cycles(10_000);
    let growth = now().saturating_sub(before);
    assert!(growth <= 64 << 10, "{growth} bytes more after 10,000 spaces");
    assert_eq!(machine.topology().snapshot().spaces().count(), 1);
}

#[test]
fn a_range_and_a_retained_generation_cost_what_is_documented() {
    const RANGES: u64 = 20_000;
    const GENERATIONS: u64 = 200;
    let _alone = ALONE.lock();
    let empty = Machine::new(1);
    let start = now();
    let machine = Machine::new(RANGES);
    let per_range = (now() - start) as u64 / RANGES;

    let before = now();
    let mut retained: Vec<Arc<Snapshot>> = Vec::new();
    let mut last = None;
    for round in 0..GENERATIONS {
        last = Some(machine.cycle(scattered(round, RANGES) * STRIDE + 0x1000));
        retained.push(machine.topology().snapshot());
    }
    last.expect("at least one").wait();
    let per_generation = (now() - before) as u64 / GENERATIONS;
    println!("{per_range} bytes per range, {per_generation} bytes per retained generation of {RANGES} ranges");
    assert!(per_range <= 1_000, "{per_range} bytes per range");
    assert!(per_generation <= 16_000, "{per_generation} bytes per retained generation");

    drop((retained, machine));
    let left = now().saturating_sub(start);
    assert!(left <= 64 << 10, "{left} bytes are left of it all");
    drop(empty);
}
