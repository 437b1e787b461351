//! The console device.

use std::sync::Arc;

use manyhart_devices::uart::{self, Put, Sink};
use manyhart_devices::virtio::console::{Console, ConsoleHandle};
use manyhart_runtime::Gpa;
use parking_lot::Mutex;

use crate::machine::*;

/// Takes as many bytes as it has room for.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<(Vec<u8>, usize)>>);

impl Sink for Paper {
    fn put(&mut self, byte: u8) -> Put {
        let (written, room) = &mut *self.0.lock();
        if *room == 0 {
            return Put::Full;
        }
        *room -= 1;
        written.push(byte);
        Put::Taken
    }

    fn finish(&mut self, rest: &[u8]) -> usize {
        self.0.lock().0.extend(rest);
        0
    }
}

impl Paper {
    fn with_room(room: usize) -> Paper {
        Paper(Arc::new(Mutex::new((Vec::new(), room))))
    }

    fn make_room(&self, room: usize) {
        self.0.lock().1 += room;
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().0)
    }
}

fn machine(paper: &Paper) -> (OnMmio, ConsoleHandle) {
    let (console, handle) = Console::new(Box::new(paper.clone()));
    (OnMmio::new(console), handle)
}

fn put(machine: &OnMmio, at: u64, bytes: &[u8]) {
    machine.memory.write(Gpa(at), bytes, CPU).unwrap();
}

fn get(machine: &OnMmio, at: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    machine.memory.read(Gpa(at), &mut bytes, CPU).unwrap();
    bytes
}

#[test]
fn prints_in_order_and_waits_for_room() {
    let paper = Paper::with_room(4);
    let (machine, handle) = machine(&paper);
    let [_, mut ring] = <[Ring; 2]>::try_from(machine.start(VERSION_1, 8)).ok().expect("two queues");
    put(&machine, BUFFERS, b"hello, world");
    ring.chain(0, &[(BUFFERS, 5, false), (BUFFERS + 5, 4, false)]);
    ring.chain(2, &[(BUFFERS + 9, 3, false)]);
    ring.add(0);
    ring.add(2);
    machine.notify(1);
    assert_eq!((ring.poll(), paper.take()), (None, b"hell".to_vec()), "a full sink leaves the chain unused");
    paper.make_room(3);
    handle.output_room();
    assert_eq!((ring.poll(), paper.take()), (None, b"o, ".to_vec()));
    paper.make_room(100);
    handle.output_room();
    assert_eq!(paper.take(), b"world");
    assert_eq!([ring.wait(), ring.wait()], [(0, 0), (2, 0)]);
    assert_eq!(machine.take_interrupts(), (true, false));
}

#[test]
fn a_guest_that_prints_more_than_a_round_at_a_time() {
    let paper = Paper::with_room(usize::MAX);
    let (machine, _) = machine(&paper);
    let mut ring = machine.start(VERSION_1, 8).remove(1);
    let text: Vec<u8> = (0..0x2_8000u32).map(|at| (at / 7) as u8).collect();
    put(&machine, BUFFERS, &text);
    ring.chain(0, &[(BUFFERS, 0x1_8000, false), (BUFFERS + 0x1_8000, 0x1_0000, false)]);
    ring.chain(3, &[(BUFFERS, 0, false)]);
    ring.add(0);
    ring.add(3);
    machine.notify(1);
    assert_eq!([ring.wait(), ring.wait()], [(0, 0), (3, 0)]);
    assert_eq!(paper.take(), text);
}

#[test]
fn input_waits_for_buffers() {
    let (machine, handle) = machine(&Paper::default());
    let early = handle.input(b"early".to_vec());
    let mut ring = machine.start(VERSION_1, 4).remove(0);
    assert!(!early.wait_timeout(std::time::Duration::ZERO));
    ring.chain(0, &[(BUFFERS, 2, true), (BUFFERS + 0x10, 1, true)]);
    ring.chain(2, &[(BUFFERS + 0x20, 0x10, true)]);
    ring.add(0);
    machine.notify(0);
    assert_eq!(ring.wait(), (0, 3));
    assert_eq!((get(&machine, BUFFERS, 2), get(&machine, BUFFERS + 0x10, 1)), (b"ea".to_vec(), b"r".to_vec()));
    assert!(!early.wait_timeout(std::time::Duration::ZERO));
    ring.add(2);
    machine.notify(0);
    assert_eq!((ring.wait(), get(&machine, BUFFERS + 0x20, 2)), ((2, 2), b"ly".to_vec()));
    early.wait();
    assert_eq!(machine.take_interrupts(), (true, false));

    // A buffer that waits takes what comes.
    ring.add(0);
    machine.notify(0);
    assert_eq!(ring.poll(), None);
    handle.input(b"x".to_vec()).wait();
    assert_eq!((ring.wait(), get(&machine, BUFFERS, 1)), ((0, 1), b"x".to_vec()));

    // And what waits over a reset is still there for the next driver.
    let late = handle.input(b"late".to_vec());
    machine.reset();
    let mut ring = machine.start(VERSION_1 | EVENT_IDX, 4).remove(0);
    ring.chain(0, &[(BUFFERS, 9, true)]);
    ring.add(0);
    machine.notify(0);
    assert_eq!((ring.wait(), get(&machine, BUFFERS, 4)), ((0, 4), b"late".to_vec()));
    late.wait();
}

/// What was printed when the machine ends is on paper, whether or not there was room before.
#[test]
fn the_last_words_are_printed() {
    let paper = Paper::with_room(2);
    let (machine, _) = machine(&paper);
    let mut ring = machine.start(VERSION_1, 4).remove(1);
    put(&machine, BUFFERS, b"last words");
    ring.chain(0, &[(BUFFERS, 10, false)]);
    ring.add(0);
    machine.notify(1);
    assert_eq!(paper.0.lock().0, b"la");
    machine.executive.shutdown();
    assert_eq!(paper.take(), b"last words");
}

#[test]
fn a_host_that_has_left_keeps_no_guest_waiting() {
    let (console, _) = Console::new(Box::new(uart::channel(1).0));
    let machine = OnMmio::new(console);
    let mut ring = machine.start(VERSION_1, 4).remove(1);
    ring.chain(0, &[(BUFFERS, 1000, false)]);
    ring.add(0);
    machine.notify(1);
    assert_eq!(ring.wait(), (0, 0));
}

#[test]
fn the_configuration_says_how_large_the_hosts_side_is() {
    let (machine, handle) = machine(&Paper::default());
    let size = || {
        let mut bytes = [0xff; 12];
        machine.config(0, &mut bytes);
        assert_eq!(bytes[4..], [1, 0, 0, 0, 0, 0, 0, 0], "one port");
        [0, 2].map(|at| u16::from_le_bytes([bytes[at], bytes[at + 1]]))
    };
    handle.resize(80, 24);
    eventually("the size", || size() == [80, 24]);
    let rings = machine.start(VERSION_1 | 1, 4);
    assert_eq!(machine.take_interrupts(), (false, false), "what a driver finds is no change");
    handle.resize(132, 50);
    eventually("the other size", || size() == [132, 50]);
    assert_eq!(machine.take_interrupts(), (false, true));
    handle.resize(132, 50);
    handle.input(b"x".to_vec());
    assert_eq!(machine.take_interrupts(), (false, false), "the same again is no news");
    machine.reset();
    handle.resize(100, 30);
    eventually("a size without a driver", || size() == [100, 30]);
    drop(rings);
}
