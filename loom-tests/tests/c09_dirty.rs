//! C9: no write is lost to a dirty log. What the owner of a snapshot does not see in the data when it copies is in the next snapshot.

mod common;

use std::sync::Arc;

use common::models;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::ram::{DirtyLogs, PAGE_SIZE};
use manyhart_runtime::{DirtyClient, DirtyLog, DropCached, Invalidate, RamBlock};

const CLIENT: DirtyClient = DirtyClient::MIGRATION;
const STORES: u64 = 2;

/// One page of memory, its logs, and what a client has copied of it.
struct Memory {
    data: AtomicU64,
    logs: DirtyLogs,
}

impl Memory {
    /// Under log, and marked, as after the first round of a copy that saw a write of 1.
    fn new() -> Arc<Memory> {
        let memory = Memory { data: AtomicU64::new(0), logs: DirtyLogs::new(1) };
        memory.logs.show(CLIENT.mask(), 1);
        Arc::new(memory)
    }

    fn store(&self, value: u64) {
        self.data.store(value, Ordering::Relaxed);
    }

    /// What a copier has after a snapshot: the data as it is now, if the page is dirty, or what it had.
    fn copy(&self, dirty: bool, had: u64) -> u64 {
        if dirty { self.data.load(Ordering::Relaxed) } else { had }
    }

    fn collect(&self) -> bool {
        !self.logs.collect(CLIENT, 0..u64::MAX).is_empty()
    }
}

/// A writer that no grace period waits for stores twice; a collector copies beside it, and once more after it.
fn store_and_collect() {
    let memory = Memory::new();
    let writer = {
        let memory = Arc::clone(&memory);
        thread::spawn(move || {
            for value in 1..=2 {
                memory.logs.logged_by_anyone(0, 8, || memory.store(value));
            }
        })
    };
    let dirty = memory.collect();
    let copy = memory.copy(dirty, 0);
    writer.join().expect("it ends");
    let dirty = memory.collect();
    assert_eq!(memory.copy(dirty, copy), 2, "lost");
}

/// The same, of one store to a page that is marked already.
///
/// Marked before the threads part: loom looks for races with the last access to a word alone, so that a test by the very thread that then marks
/// hides the collector's look from it, and the model above has one execution with that defect.
fn store_beside_a_mark() {
    let memory = Memory::new();
    memory.logs.logged_by_anyone(0, 8, || memory.store(1));
    let writer = {
        let memory = Arc::clone(&memory);
        thread::spawn(move || memory.logs.logged_by_anyone(0, 8, || memory.store(2)))
    };
    let dirty = memory.collect();
    let copy = memory.copy(dirty, 0);
    writer.join().expect("it ends");
    let dirty = memory.collect();
    assert_eq!(memory.copy(dirty, copy), 2, "lost");
}

/// A log begins beside a store by somebody whom no grace period waits for: the copy has it, or the log has.
fn log_begins() {
    let memory = Memory::new();
    // Its map stays, as after an earlier log.
    memory.logs.hide(CLIENT.mask(), 1);
    let writer = {
        let memory = Arc::clone(&memory);
        thread::spawn(move || memory.logs.logged_by_anyone(0, 8, || memory.store(2)))
    };
    memory.logs.show(CLIENT.mask(), 1);
    let copy = memory.copy(true, 0);
    writer.join().expect("it ends");
    let dirty = memory.collect();
    assert_eq!(memory.copy(dirty, copy), 2, "lost");
}

/// A page whose mark is two words deep, with a neighbour that is marked already.
fn two_levels() {
    const PAGES: u64 = 128;
    let memory = Arc::new(Memory { data: AtomicU64::new(0), logs: DirtyLogs::new(PAGES) });
    memory.logs.show(CLIENT.mask(), 1);
    let page = (PAGES - 1) * PAGE_SIZE;
    memory.logs.logged_by_anyone(page - PAGE_SIZE, 8, || ());
    let writer = {
        let memory = Arc::clone(&memory);
        thread::spawn(move || memory.logs.logged_by_anyone(page, 8, || memory.store(2)))
    };
    let collect = || {
        let runs = memory.logs.collect(CLIENT, 64 * PAGE_SIZE..PAGES * PAGE_SIZE);
        runs.iter().any(|run| run.contains(&page))
    };
    let copy = memory.copy(collect(), 0);
    writer.join().expect("it ends");
    assert_eq!(memory.copy(collect(), copy), 2, "lost");
}

/// A virtual CPU: once the page is marked it stores without a mark, until it must forget that.
#[derive(Default)]
struct Marked(bool);

impl DropCached for Marked {
    fn drop_cached(&mut self, what: Invalidate<'_>) {
        if matches!(what, Invalidate::Marks | Invalidate::Space(_)) {
            self.0 = false;
        }
    }
}

/// A reader that caches its mark stores, with a poll after each store; a client takes a snapshot beside it, and one after it.
fn cached_marks() {
    let rig = Rig::new(64);
    let block = Arc::new(RamBlock::anonymous("ram", PAGE_SIZE).expect("memory"));
    let mut t = rig.topology().transaction();
    let root = t.container("root", 1 << 64);
    t.address_space("space", root);
    let region = t.ram("ram", Arc::clone(&block));
    t.add_subregion(root, 0, region);
    t.commit().expect("lawful");
    let log = rig.topology().start_log(region, CLIENT).expect("RAM");
    rig.help_all();
    // In place of the block's bytes, which are no loom's.
    let data = Arc::new(AtomicU64::new(0));
    let copy = |dirty: bool, had| if dirty { data.load(Ordering::Relaxed) } else { had };

    let mut reader = rig.reader("reader");
    let writer = {
        let data = Arc::clone(&data);
        thread::spawn(move || {
            let mut marked = Marked::default();
            for value in 1..=STORES {
                if !reader.is_online() || reader.must_check() {
                    reader.checkpoint(&mut marked);
                }
                let store = || data.store(value, Ordering::Relaxed);
                match marked.0 {
                    true => store(),
                    false => block.dirty().logged(0, 8, store),
                }
                marked.0 = true;
            }
            reader.go_offline();
        })
    };
    let first = copy(snapshot(&rig, &log), 0);
    writer.join().expect("it ends");
    assert_eq!(copy(snapshot(&rig, &log), first), STORES, "lost");
}

/// Whether the page is dirty, with the helper's work done by hand.
fn snapshot(rig: &Rig, log: &DirtyLog) -> bool {
    let collected = log.begin_snapshot(0..PAGE_SIZE).expect("open");
    while !collected.is_ready() {
        rig.help();
        thread::yield_now();
    }
    !collected.wait().is_empty()
}

models! {
    /// A store beside a collector is not lost.
    store_beside_collector {
        rows: C9;
        run: store_and_collect;
        bounds: 4, 8;
        twin: MarkBeforeStore, "lost", 20;
    }

    /// Nor one to a page that is marked already.
    store_to_marked_page {
        rows: C9;
        run: store_beside_a_mark;
        bounds: 4, 8;
        twin: TestBeforeMark, "lost", 20;
        twin: MarkBeforeStore, "lost", 20;
    }

    /// Nor one beside the beginning of a log.
    store_beside_start {
        rows: C9;
        run: log_begins;
        bounds: 4, 8;
        twin: StoreWithoutFence, "lost", 20;
    }

    /// Nor one to a page whose mark is two words deep.
    store_below_two_levels {
        rows: C9;
        run: two_levels;
        bounds: 4, 8;
        twin: TakeUpperLast, "lost", 20;
        twin: MarkBeforeStore, "lost", 20;
    }

    /// A reader that caches "marked already" forgets it by the collection's generation.
    cached_mark {
        rows: C9;
        run: cached_marks;
        bounds: 3, 5;
        twin: CopyBeforeAcknowledge, "lost", 400;
        twin: KeepMarks, "lost", 600;
    }
}
