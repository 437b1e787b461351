//! A split queue of rust-vmm, unmodified, on an address space whose map changes all the while.

mod common;

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use common::{CPU, Ends, Machine, PATIENCE};
use manyhart_runtime::guest_memory::{GuestSpace, GuestView};
use manyhart_runtime::{AddressSpace, Gpa, RamBlock, RegionId, Requester};
use virtio_queue::{Queue, QueueOwnedT, QueueT};
use vm_memory::GuestAddressSpace;

const SIZE: u16 = 8;
const DESCRIPTORS: u64 = 0x1000;
const AVAILABLE: u64 = 0x2000;
const USED: u64 = 0x3000;
const REQUEST: u64 = 0x4000;
const RESPONSE: u64 = 0x5000;
/// Where the two blocks lie that trade places.
const SHELVES: [u64; 2] = [0x10_0000, 0x20_0000];
const TAGS: [u64; 2] = [0xaaaa_aaaa_aaaa_aaaa, 0xbbbb_bbbb_bbbb_bbbb];

const NEXT: u16 = 1;
const WRITE: u16 = 2;

/// The guest's side, one request at a time: the chain's readable part is a number and a word from each shelf, its writable part takes them.
struct Driver {
    memory: AddressSpace,
    sent: u16,
}

impl Driver {
    fn new(memory: AddressSpace) -> Driver {
        let chain = [(REQUEST, 8, NEXT), (SHELVES[0], 8, NEXT), (SHELVES[1], 8, NEXT), (RESPONSE, 24, WRITE)];
        for (index, (addr, len, flags)) in (0u16..).zip(chain) {
            let at = Gpa(DESCRIPTORS + 16 * u64::from(index));
            let word = u64::from(len as u32) | u64::from(flags) << 32 | u64::from(index + 1) << 48;
            memory.store(at, addr, CPU).unwrap();
            memory.store(Gpa(at.0 + 8), word, CPU).unwrap();
        }
        Driver { memory, sent: 0 }
    }

    fn send(&mut self, number: u64) {
        self.memory.store(Gpa(REQUEST), number, CPU).unwrap();
        self.memory.store(Gpa(AVAILABLE + 4 + 2 * u64::from(self.sent % SIZE)), 0u16, CPU).unwrap();
        self.sent = self.sent.wrapping_add(1);
        std::sync::atomic::fence(Ordering::SeqCst);
        self.memory.store(Gpa(AVAILABLE + 2), self.sent, CPU).unwrap();
    }

    /// Waits for the answer: the number, and the two words.
    fn receive(&self) -> [u64; 3] {
        let end = Instant::now() + PATIENCE;
        while self.memory.load::<u16>(Gpa(USED + 2), CPU).unwrap() != self.sent {
            assert!(Instant::now() < end, "no answer");
            thread::yield_now();
        }
        std::sync::atomic::fence(Ordering::SeqCst);
        [0, 8, 16].map(|at| self.memory.load(Gpa(RESPONSE + at), CPU).unwrap())
    }
}

fn queue() -> Queue {
    let mut queue = Queue::new(SIZE).unwrap();
    queue.set_desc_table_address(Some(DESCRIPTORS as u32), None);
    queue.set_avail_ring_address(Some(AVAILABLE as u32), None);
    queue.set_used_ring_address(Some(USED as u32), None);
    queue.set_ready(true);
    queue
}

/// The device's side: answers whatever is available, all under one guard.
fn serve(queue: &mut Queue, memory: &Arc<GuestView>) {
    while let Some(chain) = queue.pop_descriptor_chain(Arc::clone(memory)) {
        let head = chain.head_index();
        let mut words = [0; 24];
        chain.clone().reader(memory).unwrap().read_exact(&mut words).unwrap();
        chain.writer(memory).unwrap().write_all(&words).unwrap();
        queue.add_used(&**memory, head, 24).unwrap();
    }
}

/// A machine with memory for the queue, and a block on each shelf.
fn machine() -> (Machine, [RegionId; 2]) {
    let machine = Machine::new();
    let mut t = machine.transaction();
    let ram = t.ram("queue", Arc::new(RamBlock::anonymous("queue", 0x1_0000).unwrap()));
    t.add_subregion(machine.root, 0, ram);
    let blocks = [0, 1].map(|i| {
        let block = Arc::new(RamBlock::anonymous("block", 0x1000).unwrap());
        assert!(block.store(0, TAGS[i]));
        let region = t.ram("block", block);
        t.add_subregion(machine.root, SHELVES[i], region);
        region
    });
    t.commit().unwrap();
    (machine, blocks)
}

/// One publication after the other, until `done`: the blocks trade places, and each `Retired` waits for the guards of before.
fn keep_swapping(
    machine: &Machine,
    blocks: [RegionId; 2],
    live: &Mutex<Option<u64>>,
    swaps: &AtomicU64,
    done: &AtomicBool,
) {
    let _ends = Ends(done);
    while !done.load(Ordering::Relaxed) {
        let swap = swaps.fetch_add(1, Ordering::Relaxed) + 1;
        let mut t = machine.transaction();
        let turn = (swap % 2) as usize;
        t.set_address(blocks[0], SHELVES[turn]).set_address(blocks[1], SHELVES[1 - turn]);
        let committed = t.commit().unwrap();
        assert!(committed.retired.wait_for(PATIENCE), "swap {swap} does not retire");
        let oldest = *live.lock().unwrap();
        assert!(oldest.is_none_or(|held| held >= committed.generation), "a guard of {oldest:?} outlived `Retired`");
    }
}

#[test]
fn a_queue_sees_one_map_at_a_time_while_it_changes() {
    let (machine, blocks) = machine();
    let space = machine.executive.topology().address_space(machine.space);
    let memory = GuestSpace::new(space.clone(), Requester::Device(1));
    // The generation of the guard that the device has now: noted after it is taken, forgotten before it is dropped.
    let (live, done) = (Mutex::new(None), AtomicBool::new(false));
    let (swaps, guards) = (AtomicU64::new(0), AtomicU64::new(0));
    let (mut orders, mut requests) = ([0u32; 2], 0u64);
    thread::scope(|scope| {
        // Whichever fails has the others end.
        let _ends = Ends(&done);
        scope.spawn(|| {
            let _ends = Ends(&done);
            let mut queue = queue();
            assert!(queue.is_valid(&*memory.memory()));
            while !done.load(Ordering::Relaxed) {
                let guard = memory.memory();
                *live.lock().unwrap() = Some(guard.generation());
                serve(&mut queue, &guard);
                guards.fetch_add(1, Ordering::Relaxed);
                *live.lock().unwrap() = None;
                drop(guard);
                thread::yield_now();
            }
        });
        let swapping = scope.spawn(|| keep_swapping(&machine, blocks, &live, &swaps, &done));
        let mut driver = Driver::new(space);
        let end = Instant::now() + PATIENCE;
        // On a busy machine the requests alone may be over before the map has changed often.
        let often = |count: &AtomicU64| count.load(Ordering::Relaxed) > 10;
        while requests < 300 || orders.contains(&0) || !often(&swaps) || !often(&guards) {
            let more = Instant::now() < end && !done.load(Ordering::Relaxed);
            assert!(more, "{requests} requests, {orders:?}, {swaps:?} swaps, {guards:?} guards");
            requests += 1;
            driver.send(requests);
            let [number, first, second] = driver.receive();
            assert_eq!(number, requests);
            let order = TAGS.iter().position(|&tag| tag == first).expect("a block's word");
            assert_eq!(second, TAGS[1 - order], "request {number} saw half of a swap");
            orders[order] += 1;
        }
        done.store(true, Ordering::Relaxed);
        swapping.join().expect("every `Retired` came in time");
    });
}

#[test]
fn retired_waits_for_the_guard_of_a_chain() {
    let (machine, blocks) = machine();
    let space = machine.executive.topology().address_space(machine.space);
    let memory = GuestSpace::new(space.clone(), Requester::Device(1));
    let (mut driver, mut queue) = (Driver::new(space), queue());
    driver.send(5);
    // The chain keeps the guard, and no reader is anywhere.
    let chain = queue.pop_descriptor_chain(memory.memory()).expect("one is there");
    let mut t = machine.transaction();
    t.del_subregion(machine.root, blocks[0]);
    let retired = t.commit().unwrap().retired;
    common::a_while();
    assert!(!retired.is_complete());
    let mut words = [0; 24];
    chain.clone().reader(chain.memory()).unwrap().read_exact(&mut words).unwrap();
    assert_eq!(words[8..16], TAGS[0].to_le_bytes(), "the chain's map is the one it began with");
    drop(chain);
    assert!(retired.wait_for(PATIENCE));
    queue.go_to_previous_position();
    let now = memory.memory();
    let chain = queue.pop_descriptor_chain(now.clone()).expect("the same again");
    assert!(chain.reader(&now).is_err(), "and now a part of it is gone");
}
