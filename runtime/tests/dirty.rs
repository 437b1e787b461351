//! Dirty logs: every way to write marks, clients are apart, and a copy that goes by them is what memory is.

mod common;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{CPU, Machine};
use manyhart_runtime::live_copy::Limits;
use manyhart_runtime::ram::{PAGE_SIZE, atomics};
use manyhart_runtime::{
    DirtyClient, DropCached, Flow, Gpa, Invalidate, RamBlock, Reader, RegionId, Requester, TopologyError, live_copy,
};

const AT: u64 = 0x10_0000;
const PAGES: u64 = 64;

struct Memory {
    machine: Machine,
    block: Arc<RamBlock>,
    region: RegionId,
}

fn memory() -> Memory {
    let machine = Machine::new();
    let block = Arc::new(RamBlock::anonymous("ram", PAGES * PAGE_SIZE).expect("memory"));
    let mut t = machine.transaction();
    let region = t.ram("ram", Arc::clone(&block));
    t.add_subregion(machine.root, AT, region);
    t.commit().expect("lawful");
    Memory { machine, block, region }
}

fn pages(pages: Range<u64>) -> Range<u64> {
    pages.start * PAGE_SIZE..pages.end * PAGE_SIZE
}

fn page(number: u64) -> Range<u64> {
    pages(number..number + 1)
}

#[test]
fn dirty_marks_come_from_every_kind_of_write() {
    let at = memory();
    let mut reader = at.machine.executive.reader("reader", None);
    let space = at.machine.executive.topology().address_space(at.machine.space);
    let log = at.machine.executive.topology().start_log(at.region, DirtyClient::DISPLAY).expect("RAM");
    assert_eq!(log.snapshot_and_clear(0..u64::MAX).expect("open"), [], "nothing yet");
    let host = |page| Gpa(AT + page * PAGE_SIZE);
    assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
    reader.write(at.machine.space, host(1), 8, 1, CPU, &mut ()).expect("RAM");
    // Over the edge of two pages.
    reader.write(at.machine.space, Gpa(host(4).0 - 2), 4, 1, CPU, &mut ()).expect("RAM");
    reader.read(at.machine.space, host(9), 8, CPU, &mut ()).expect("RAM");
    reader.go_offline();
    space.write(host(11), &[1; 3 * 4096], Requester::Device(1)).expect("RAM");
    space.store(host(20), 1u32, Requester::Debugger).expect("RAM");
    space.fill(host(30), PAGE_SIZE, 1, Requester::Device(1)).expect("RAM");
    assert!(at.block.write(40 * PAGE_SIZE, &[1]) && at.block.store(42 * PAGE_SIZE, 1u8));
    assert!(at.block.fill(44 * PAGE_SIZE, 1, 1));
    assert!(!at.block.write(PAGES * PAGE_SIZE - 1, &[1; 2]), "past the end: nothing written, nothing marked");
    let want: Vec<Range<u64>> = [(1, 1), (3, 2), (11, 3), (20, 1), (30, 1), (40, 1), (42, 1), (44, 1)]
        .map(|(first, count)| pages(first..first + count))
        .into();
    assert_eq!(log.snapshot_and_clear(0..u64::MAX).expect("open"), want);
    assert_eq!(log.snapshot_and_clear(0..u64::MAX).expect("open"), [], "and clean again");
}

#[test]
fn dirty_snapshots_of_a_range_leave_the_rest() {
    let at = memory();
    let log = at.machine.executive.topology().start_log(at.region, DirtyClient::CODE).expect("RAM");
    assert!(at.block.fill(0, at.block.size(), 7));
    let middle = log.snapshot_and_clear(5 * PAGE_SIZE + 1..6 * PAGE_SIZE + 1).expect("open");
    assert_eq!(middle, [pages(5..7)], "whole pages");
    let rest = log.snapshot_and_clear(0..u64::MAX).expect("open");
    assert_eq!(rest, [pages(0..5), pages(7..PAGES)]);
}

#[test]
fn dirty_logs_follow_their_clients_and_their_regions() {
    let at = memory();
    let topology = at.machine.executive.topology();
    let space = topology.address_space(at.machine.space);
    let display = topology.start_log(at.region, DirtyClient::DISPLAY).expect("RAM");
    let again = topology.start_log(at.region, DirtyClient::DISPLAY).map(drop);
    let (region, client) = (at.region, DirtyClient::DISPLAY);
    assert_eq!(again, Err(TopologyError::AlreadyLogged { region, client }));
    assert_eq!(topology.start_log(at.machine.root, client).map(drop), Err(TopologyError::WrongKind(at.machine.root)));
    space.store(Gpa(AT), 1u8, CPU).expect("RAM");
    let migration = topology.start_log(at.region, DirtyClient::MIGRATION).expect("RAM");

    // Another way to the same memory, and the region elsewhere.
    let mut t = topology.transaction();
    let alias = t.alias("alias", at.region, 2 * PAGE_SIZE, 0x1000);
    t.add_subregion(at.machine.root, 0x8000_0000, alias).set_address(at.region, 2 * AT);
    t.commit().expect("lawful");
    space.store(Gpa(0x8000_0008), 1u8, CPU).expect("RAM");
    space.store(Gpa(2 * AT + 5 * PAGE_SIZE), 1u8, CPU).expect("RAM");
    assert_eq!(migration.snapshot_and_clear(0..u64::MAX).expect("open"), [page(2), page(5)]);
    assert_eq!(display.snapshot_and_clear(0..u64::MAX).expect("open"), [page(0), page(2), page(5)]);

    migration.stop().expect("open");
    assert_eq!(at.block.dirty().active(), client.mask());
    drop(display);
    assert_eq!(at.block.dirty().active(), 0, "nobody logs, and a store costs nothing more");
}

#[test]
fn dirty_masks_of_containers_and_aliases_log_what_is_below() {
    let at = memory();
    let topology = at.machine.executive.topology();
    let client = DirtyClient::by_bit(7).expect("the last");
    let collect = || at.block.dirty().collect(client, 0..u64::MAX);
    let space = topology.address_space(at.machine.space);
    let set = |mask| {
        let mut t = topology.transaction();
        t.set_log(at.machine.root, mask);
        t.commit().expect("lawful").retired.wait();
    };
    set(client.mask());
    space.store(Gpa(AT), 1u8, CPU).expect("RAM");
    assert_eq!(collect(), [page(0)]);
    // Hidden and shown again: it goes on.
    for shown in [false, true] {
        let mut t = topology.transaction();
        t.set_enabled(at.region, shown);
        t.commit().expect("lawful");
        assert_eq!(at.block.dirty().active() != 0, shown);
    }
    space.store(Gpa(AT + PAGE_SIZE), 1u8, CPU).expect("RAM");
    assert_eq!(collect(), [page(1)]);
    set(0);
    space.store(Gpa(AT), 2u8, CPU).expect("RAM");
    assert_eq!(collect(), []);
    assert_eq!(at.block.dirty().active(), 0);
}

#[test]
fn dirty_log_of_a_region_that_is_destroyed_ends_quietly() {
    let at = memory();
    let topology = at.machine.executive.topology();
    let log = topology.start_log(at.region, DirtyClient::MIGRATION).expect("RAM");
    let mut t = topology.transaction();
    t.del_subregion(at.machine.root, at.region).destroy(at.region);
    t.commit().expect("lawful");
    assert!(at.block.store(0, 1u8), "a device may still have it");
    assert_eq!(log.snapshot_and_clear(0..u64::MAX).expect("open"), [page(0)]);
    log.stop().expect("there is no region to stop it on");
    assert_eq!(at.block.dirty().active(), 0);
}

/// A virtual CPU's view of one address space: it caches which pages it has marked, and stores to them without a word to anybody.
struct Cpu {
    reader: Reader,
    marked: Marked,
    at: Arc<RamBlock>,
}

#[derive(Default)]
struct Marked {
    /// By page: whether the log is off (`Some(false)`), or the page is marked (`Some(true)`).
    pages: Vec<Option<bool>>,
}

impl DropCached for Marked {
    fn drop_cached(&mut self, what: Invalidate<'_>) {
        match what {
            Invalidate::Marks => {
                self.pages.iter_mut().filter(|page| **page == Some(true)).for_each(|page| *page = None)
            }
            _ => self.pages.fill(None),
        }
    }
}

impl Cpu {
    fn store(&mut self, space: manyhart_runtime::AddressSpaceId, offset: u64, value: u64) {
        let page = (offset / PAGE_SIZE) as usize;
        let block = Arc::clone(&self.at);
        let store = || assert!(store_unmarked(&block, offset, value));
        if self.marked.pages[page].is_some() {
            return store();
        }
        let logged = self.reader.view(space).find(Gpa(AT + offset)).expect("RAM").dirty_mask != 0;
        match logged {
            true => block.dirty().logged(offset, 8, store),
            false => store(),
        }
        self.marked.pages[page] = Some(logged);
    }
}

/// As a store by host address: no log hears of it.
#[allow(unsafe_code)] // A virtual CPU stores by host address.
fn store_unmarked(block: &RamBlock, offset: u64, value: u64) -> bool {
    let Some(host) = block.host_address(offset, 8) else { return false };
    // SAFETY: eight bytes of a block that lives.
    unsafe { atomics::store(host, value) };
    true
}

#[test]
fn dirty_live_copies_beside_writers_that_cache_their_marks_are_what_memory_is() {
    let at = memory();
    let stop = Arc::new(AtomicBool::new(false));
    let space = at.machine.space;
    let writers: Vec<_> = (0..2u64)
        .map(|number| {
            let reader = at.machine.executive.reader(format!("cpu {number}"), None);
            let (block, stop) = (Arc::clone(&at.block), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut cpu = Cpu { reader, marked: Marked { pages: vec![None; PAGES as usize] }, at: block };
                let mut random = number + 1;
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(cpu.reader.checkpoint(&mut cpu.marked), Flow::Run);
                    for _ in 0..64 {
                        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                        cpu.store(space, (random >> 33) % (PAGES * PAGE_SIZE / 8) * 8, random);
                    }
                }
            })
        })
        .collect();
    for round in 0..20 {
        let mut copy = vec![0; (PAGES * PAGE_SIZE) as usize];
        let limits = Limits { small: round % 3, rounds: 3 };
        let copied = live_copy(&at.machine.executive, &[at.region], limits, &mut |_, offset, bytes| {
            copy[offset as usize..][..bytes.len()].copy_from_slice(bytes);
            Ok(())
        })
        .expect("a log");
        let mut now = vec![1; copy.len()];
        assert!(at.block.read(0, &mut now));
        assert!(now == copy, "round {round}: the copy is not what memory is");
        assert_eq!(copied.rounds[0].pages, PAGES);
        assert!(copied.pages() >= PAGES && copied.bytes() == copied.pages() * PAGE_SIZE);
        assert!(
            copied.took() >= copied.rounds[0].took && copied.stood_still <= copied.rounds[copied.rounds.len() - 1].took
        );
        drop(copied.paused);
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.join().expect("it ends");
    }
    assert_eq!(at.block.dirty().active(), 0);
}

#[test]
fn dirty_live_copy_that_cannot_be_written_leaves_the_machine_running() {
    let at = memory();
    let full = |_: usize, _: u64, _: &[u8]| Err(std::io::Error::other("full"));
    let error = live_copy(&at.machine.executive, &[at.region], Limits::default(), &mut { full }).map(drop);
    assert!(error.is_err_and(|error| error.to_string().contains("full")));
    assert_eq!(at.block.dirty().active(), 0);
}
