use std::os::unix::net::{UnixDatagram, UnixStream};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::net::{Datagrams, Stream};
use crate::virtio::driver::{BASE, Buffer, Driver, SIZE};

/// An interface with buffers of `len` bytes.
fn interface(netdev: Netdev, features: u64, buffers: usize, len: u32) -> Guest {
    let mut driver = Driver::new(Net::new(netdev, [2, 0, 0, 0, 0, 1]));
    driver.activate(features);
    let mut guest = Guest { driver, buffers: Vec::new() };
    for _ in 0..buffers {
        guest.add_buffer(len);
    }
    guest
}

struct Guest {
    driver: Driver<Net>,
    /// By head: where it lies.
    buffers: Vec<(u16, u64)>,
}

impl Guest {
    fn add_buffer(&mut self, len: u32) {
        let at = self.driver.room(len.into());
        let head = self.driver.offer(RECEIVE, &[(at, len, true)]);
        self.buffers.push((head, at));
        self.driver.notify(RECEIVE);
    }

    fn send(&mut self, frame: &[u8]) -> u16 {
        let at = self.driver.put(&[&[0; HEADER][..], frame].concat());
        let head = self.driver.offer(TRANSMIT, &[(at, (HEADER + frame.len()) as u32, false)]);
        self.driver.notify(TRANSMIT);
        head
    }

    /// The next frame, over as many buffers as its header says.
    fn receive(&mut self) -> Vec<u8> {
        let mut bytes = self.next_buffer();
        let parts = u16::from_le_bytes([bytes[10], bytes[11]]);
        assert_eq!(bytes[..10], [0; 10]);
        for _ in 1..parts {
            bytes.extend(self.next_buffer());
        }
        bytes.split_off(HEADER)
    }

    fn next_buffer(&mut self) -> Vec<u8> {
        let (head, len) = self.driver.wait(RECEIVE);
        let at = self.buffers.iter().rev().find(|(buffer, _)| *buffer == head).expect("a buffer of ours").1;
        self.driver.read(at, len as usize)
    }
}

fn frame(tag: u8, len: usize) -> Vec<u8> {
    (0..len).map(|index| tag.wrapping_add(index as u8)).collect()
}

fn pair() -> [Netdev; 2] {
    let (left, right) = UnixStream::pair().expect("a pair");
    [left, right].map(|end| Netdev::new(Stream::over(end).expect("an end")))
}

/// The thread of an interface that is gone gives the wire back in its own time.
fn is_given_back(netdev: &Netdev) {
    let end = Instant::now() + Duration::from_secs(120);
    while !netdev.is_free() {
        assert!(Instant::now() < end, "somebody keeps the wire");
        std::thread::yield_now();
    }
}

fn status(driver: &Driver<Net>) -> Vec<u8> {
    let mut bytes = vec![0; 8];
    driver.device.read_config(0, &mut bytes);
    bytes
}

#[test]
fn two_guests_talk() {
    let (left, right) = UnixDatagram::pair().expect("a pair");
    let datagrams = [left, right].map(|end| Netdev::new(Datagrams::over(end).expect("an end")));
    for [left, right] in [pair(), datagrams] {
        for features in [0, MERGE] {
            [&left, &right].into_iter().for_each(is_given_back);
            let mut left = interface(left.clone(), features, 32, 2048);
            let mut right = interface(right.clone(), features, 32, 2048);
            for round in 0..30u8 {
                let len = 14 + usize::from(round) * 50;
                let head = left.send(&frame(round, len));
                assert_eq!(right.receive(), frame(round, len));
                right.send(&frame(!round, len));
                assert_eq!(left.receive(), frame(!round, len));
                assert_eq!(left.driver.wait(TRANSMIT), (head, 0));
            }
            let told = |guest: &Driver<Net>| guest.told[RECEIVE] > 0 && guest.told[TRANSMIT] > 0;
            left.driver.until(told);
        }
    }
}

#[test]
fn a_long_frame_goes_over_several_buffers() {
    let [left, right] = pair();
    let mut left = interface(left, MERGE, 0, 0);
    let mut right = interface(right, MERGE, 100, 700);
    for len in [14, 687, 688, 689, 1514, 9000, 60_000] {
        left.send(&frame(1, len));
        assert_eq!(right.receive(), frame(1, len), "{len}");
        while right.buffers.len() < 200 {
            right.add_buffer(700);
        }
    }
}

#[test]
fn a_frame_too_long_for_the_guests_buffers_is_lost_alone() {
    let [left, right] = pair();
    let mut left = interface(left, 0, 0, 0);
    let mut right = interface(right, 0, 8, 1526);
    left.send(&frame(1, 1514));
    left.send(&frame(2, 1515));
    left.send(&frame(3, 60));
    assert_eq!(right.receive(), frame(1, 1514));
    assert_eq!(right.receive(), frame(3, 60));
}

#[test]
fn frames_wait_for_buffers_and_then_arrive_in_order() {
    let [left, right] = pair();
    let mut left = interface(left, 0, 0, 0);
    let mut right = interface(right, 0, 0, 0);
    for tag in 0..100 {
        left.send(&frame(tag, 100));
    }
    for _ in 0..20 {
        right.driver.handle(Duration::from_millis(5));
    }
    assert_eq!(right.driver.used(RECEIVE), None);
    for tag in 0..100 {
        right.add_buffer(2048);
        assert_eq!(right.receive(), frame(tag, 100));
    }
}

#[test]
fn a_frame_that_waits_for_more_buffers_keeps_nobody_busy() {
    let [left, right] = pair();
    let mut left = interface(left, 0, 0, 0);
    let mut right = interface(right, MERGE, 2, 50);
    left.send(&frame(1, 100));
    right.driver.until(|driver| driver.device.held.is_some());
    let busy = (0..10).any(|_| right.driver.handle(Duration::from_millis(2)));
    assert!(!busy, "until the guest tells of another buffer there is nothing to do");
    right.add_buffer(50);
    assert_eq!(right.receive(), frame(1, 100));
}

#[test]
fn a_peer_that_reads_nothing_holds_the_sender_up() {
    let (end, mut peer) = UnixStream::pair().expect("a pair");
    let mut guest = interface(Netdev::new(Stream::over(end).expect("an end")), 0, 0, 0);
    let at = guest.driver.put(&[&[0; HEADER][..], &frame(1, 9000)].concat());
    let (mut sent, mut used) = (0u32, 0u32);
    // Fewer than what was offered come back, in the end.
    while sent - used < 200 {
        guest.driver.offer(TRANSMIT, &[(at, 9012, false)]);
        guest.driver.notify(TRANSMIT);
        sent += 1;
        guest.driver.handle(Duration::ZERO);
        while guest.driver.used(TRANSMIT).is_some() {
            used += 1;
        }
        assert!(sent < 10_000, "nothing holds it up");
    }
    // The peer reads: all of it comes.
    let reader = std::thread::spawn(move || {
        let mut bytes = vec![0; 9004];
        for _ in 0..sent {
            std::io::Read::read_exact(&mut peer, &mut bytes).expect("a frame");
            assert_eq!(bytes[..4], 9000u32.to_be_bytes());
        }
    });
    while used < sent {
        guest.driver.wait(TRANSMIT);
        used += 1;
    }
    reader.join().expect("all frames");
}

#[test]
fn the_carrier_comes_and_goes() {
    let (end, peer) = UnixStream::pair().expect("a pair");
    let mut guest = interface(Netdev::new(Stream::over(end).expect("an end")), MAC | STATUS, 4, 2048);
    assert_eq!(status(&guest.driver), [2, 0, 0, 0, 0, 1, 1, 0]);
    let before = guest.driver.device.config_generation();
    drop(peer);
    guest.driver.until(|driver| driver.config_changes == 1);
    assert_eq!(status(&guest.driver), [2, 0, 0, 0, 0, 1, 0, 0]);
    assert_ne!(guest.driver.device.config_generation(), before);
    // What is sent meanwhile is lost, and its buffers come back.
    for _ in 0..1000 {
        let head = guest.send(&frame(1, 60));
        assert_eq!(guest.driver.wait(TRANSMIT).0, head);
        guest.driver.forget_buffers();
    }
}

#[test]
fn nothing_old_is_there_after_a_reset() {
    let [left, right] = pair();
    let mut left = interface(left, 0, 0, 0);
    let mut right = interface(right, 0, 0, 0);
    left.send(&frame(1, 100));
    right.driver.until(|driver| driver.device.held.is_some());
    right.driver.reset();
    let wakes = right.driver.wakes;
    left.send(&frame(2, 100));
    right.driver.until(|driver| driver.wakes > wakes);
    right.driver.activate(0);
    right.add_buffer(2048);
    left.send(&frame(3, 100));
    assert_eq!(right.receive(), frame(3, 100));
}

#[test]
fn an_interface_whose_wire_is_taken_has_no_carrier() {
    let [left, _right] = pair();
    let first = interface(left.clone(), 0, 0, 0);
    let second = interface(left.clone(), 0, 0, 0);
    assert_eq!((status(&first.driver)[6], status(&second.driver)[6]), (1, 0));
    drop((first, second));
    is_given_back(&left);
}

#[test]
fn what_is_no_frame_goes_nowhere_and_its_buffer_comes_back() {
    let [left, right] = pair();
    let mut left = interface(left, 0, 0, 0);
    let mut right = interface(right, 0, 4, 2048);
    let at = left.driver.room(70_000);
    let bad: [&[Buffer]; 6] = [
        &[(at, 0, false)],
        &[(at, 11, false)],
        &[(at, 12, false)],
        &[(at, 25, false)],
        &[(at, 100, true)],
        &[(at, 12, false), (at, 65_558, false)],
    ];
    for chain in bad {
        let head = left.driver.offer(TRANSMIT, chain);
        left.driver.notify(TRANSMIT);
        assert_eq!(left.driver.wait(TRANSMIT).0, head, "{chain:?}");
    }
    // In pieces, it is one.
    left.driver.write(at, &[&[0xff; HEADER][..], &frame(5, 20)].concat());
    left.driver.offer(TRANSMIT, &[(at, 5, false), (at + 5, 8, false), (at + 13, 19, false)]);
    left.driver.notify(TRANSMIT);
    assert_eq!(right.receive(), frame(5, 20));
}

#[test]
fn buffers_that_hold_no_header_fail_the_device() {
    for (features, chains) in [(0, vec![11]), (MERGE, vec![11]), (MERGE, vec![0])] {
        let [left, right] = pair();
        let mut left = interface(left, 0, 0, 0);
        let mut right = interface(right, features, 0, 0);
        chains.into_iter().for_each(|len| right.add_buffer(len));
        left.send(&frame(1, 60));
        right.driver.until(|driver| driver.needs_reset);
        right.driver.reset();
        right.driver.activate(0);
        right.add_buffer(2048);
        left.send(&frame(2, 60));
        assert_eq!(right.receive(), frame(2, 60));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Any descriptors at all in both queues, with frames coming in; after a reset all is well.
    #[test]
    fn no_queue_is_too_odd(
        descriptors in proptest::collection::vec((0..6u8, 0..3000u32, any::<u8>(), 0..12u16), 12),
        heads in proptest::collection::vec((0..2usize, 0..14u16), 1..12),
        merges in any::<bool>(),
    ) {
        let [left, right] = pair();
        let mut left = interface(left, 0, 0, 0);
        let mut guest = interface(right, if merges { MERGE } else { 0 }, 0, 0);
        for (index, (place, len, flags, next)) in descriptors.iter().enumerate() {
            let addr = match place {
                0..3 => BASE + (2 << 20) + u64::from(*len),
                3 => BASE + u64::from(*len),
                4 => BASE + SIZE - 100,
                _ => u64::MAX - u64::from(*len),
            };
            for queue in [RECEIVE, TRANSMIT] {
                let next = (flags & 1 != 0).then_some(*next);
                guest.driver.describe(queue, index as u16, (addr, *len, flags & 2 != 0), next);
            }
        }
        for (queue, head) in heads {
            guest.driver.make_available(queue, head);
            guest.driver.notify(queue);
            left.send(&frame(1, 100));
            guest.driver.handle(Duration::from_millis(1));
        }
        guest.driver.reset();
        guest.driver.activate(0);
        (0..40).for_each(|_| guest.add_buffer(2048));
        left.send(&frame(9, 123));
        while guest.receive() != frame(9, 123) {}
    }
}
