//! C9 and C10 in a crowd. Eight readers store to pages under a dirty log, most of them by marks that they have cached, beside a writer that no
//! grace period waits for and a client that takes one snapshot after the other. And eight readers coalesce writes to four devices.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::Help;
use manyhart_runtime::model::{Actor, Mailbox, Replier, Rig};
use manyhart_runtime::planted::Bug;
use manyhart_runtime::ram::PAGE_SIZE;
use manyhart_runtime::{DirtyClient, DirtyLog, DropCached, Invalidate, RamBlock, Reader};
use shuttle::sync::atomic::AtomicU64 as Word;
use shuttle::thread;

const READERS: usize = 8;
const DEVICES: usize = 4;
/// Writes of each reader to its device.
const WRITES: u64 = 6;
const SNAPSHOTS: usize = 8;

/// A word in each page, in place of the block's bytes, whose accesses are no steps of a schedule.
type Data = Arc<[Word; READERS]>;

/// A virtual CPU's store TLB: once the page is marked it stores without a mark, until it must forget that.
#[derive(Default)]
struct Marked(bool);

impl DropCached for Marked {
    fn drop_cached(&mut self, what: Invalidate<'_>) {
        if matches!(what, Invalidate::Marks | Invalidate::Space(_)) {
            self.0 = false;
        }
    }
}

/// Stores 1, 2, ... to its own page.
fn store(mut reader: Reader, block: &RamBlock, data: &Data, page: usize, stores: u64) {
    let mut marked = Marked::default();
    for value in 1..=stores {
        if !reader.is_online() || reader.must_check() {
            reader.checkpoint(&mut marked);
        }
        let store = || data[page].store(value, Ordering::SeqCst);
        match marked.0 {
            true => store(),
            false => block.dirty().logged(page as u64 * PAGE_SIZE, 8, store),
        }
        marked.0 = true;
    }
    reader.go_offline();
}

/// A client's copy, brought up to date by what a snapshot says is dirty.
fn update(copy: &mut [u64; READERS], log: &DirtyLog, data: &Data) {
    for run in log.snapshot_and_clear(0..u64::MAX).expect("open") {
        for page in run.start / PAGE_SIZE..run.end / PAGE_SIZE {
            copy[page as usize] = data[page as usize].load(Ordering::SeqCst);
        }
    }
}

/// Few stores meet the first collections, many outlast them.
fn logged(stores: u64) {
    let rig = Rig::new(64);
    let help = Help::start(&rig);
    let block = Arc::new(RamBlock::anonymous("ram", READERS as u64 * PAGE_SIZE).expect("memory"));
    let mut t = rig.topology().transaction();
    let root = t.container("root", 1 << 64);
    t.address_space("space", root);
    let region = t.ram("ram", Arc::clone(&block));
    t.add_subregion(root, 0, region);
    t.commit().expect("lawful");
    let log = rig.topology().start_log(region, DirtyClient::MIGRATION).expect("RAM");
    let data: Data = Arc::new(std::array::from_fn(|_| Word::new(0)));
    let mut threads = Vec::new();
    // The last page is a device's, which writes at any time.
    for page in 0..READERS - 1 {
        let (reader, block, data) = (rig.reader(&page.to_string()), Arc::clone(&block), Arc::clone(&data));
        threads.push(thread::spawn(move || store(reader, &block, &data, page, stores)));
    }
    let (of_device, its_data) = (Arc::clone(&block), Arc::clone(&data));
    threads.push(thread::spawn(move || {
        let page = READERS - 1;
        for value in 1..=stores {
            let store = || its_data[page].store(value, Ordering::SeqCst);
            of_device.dirty().logged_by_anyone(page as u64 * PAGE_SIZE, 8, store);
        }
    }));
    let mut copy = [0; READERS];
    for _ in 0..SNAPSHOTS {
        thread::yield_now(); // the writers go on
        update(&mut copy, &log, &data);
    }
    for thread in threads {
        thread.join().expect("it ends");
    }
    update(&mut copy, &log, &data);
    assert_eq!(copy, [stores; READERS], "lost");
    drop(log);
    help.end();
}

/// A device that must be told of each reader's writes in their order.
struct Ordered {
    /// What it has seen of each reader.
    seen: [u64; READERS],
    total: Arc<AtomicU64>,
}

enum Message {
    Write(usize, u64),
    Access(usize, u64, Replier<()>),
}

impl Ordered {
    fn see(&mut self, reader: usize, n: u64) {
        assert_eq!(self.seen[reader] + 1, n, "overtaken or lost");
        self.seen[reader] = n;
        self.total.fetch_add(1, Ordering::SeqCst);
    }
}

impl Actor for Ordered {
    type Message = Message;

    fn handle(&mut self, message: Message) {
        match message {
            Message::Write(reader, n) => self.see(reader, n),
            Message::Access(reader, n, reply) => {
                self.see(reader, n);
                reply.answer(());
            }
        }
    }
}

/// Two coalesced writes, then an access that must come after them; and again.
fn coalesce(device: &Arc<Mailbox<Ordered>>, reader: usize) {
    for n in (1..=WRITES).step_by(3) {
        assert!(device.coalesce(Message::Write(reader, n)));
        assert!(device.coalesce(Message::Write(reader, n + 1)));
        let inline = |device: &mut Ordered| {
            device.see(reader, n + 2);
            None
        };
        let message = |reply| Message::Access(reader, n + 2, reply);
        if let Some(waiter) = device.call(inline, message, Some).expect("alive") {
            waiter.wait().expect("alive");
        }
    }
}

fn coalesced() {
    let rig = Rig::new(2);
    let help = Help::start(&rig);
    let total = Arc::<AtomicU64>::default();
    let device = || rig.mailbox("ordered", Ordered { seen: [0; READERS], total: Arc::clone(&total) });
    let devices: Vec<_> = (0..DEVICES).map(|_| device()).collect();
    let threads: Vec<_> = (0..READERS)
        .map(|reader| {
            let device = Arc::clone(&devices[reader % DEVICES]);
            thread::spawn(move || coalesce(&device, reader))
        })
        .collect();
    for thread in threads {
        thread.join().expect("it ends");
    }
    help.end();
    assert_eq!(total.load(Ordering::SeqCst), READERS as u64 * WRITES, "overtaken or lost");
}

#[test]
fn c09_no_store_of_a_crowd_is_lost() {
    common::holds(1500, || logged(6));
    common::holds(1500, || logged(30));
}

#[test]
fn c09_a_copy_before_the_acknowledgement_is_found() {
    common::fails_with(Bug::CopyBeforeAcknowledge, "lost", 3000, || logged(6));
}

#[test]
fn c09_a_mark_kept_over_a_collection_is_found() {
    common::fails_with(Bug::KeepMarks, "lost", 300, || logged(30));
}

#[test]
fn c09_a_mark_before_the_store_is_found() {
    common::fails_with(Bug::MarkBeforeStore, "lost", 5000, || logged(6));
}

#[test]
fn c10_coalesced_writes_of_a_crowd_keep_their_order() {
    common::holds(1500, coalesced);
}

#[test]
fn c10_a_write_that_is_not_announced_is_found() {
    common::fails_with(Bug::CoalesceUnannounced, "overtaken or lost", 300, coalesced);
}
