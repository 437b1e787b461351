//! The entropy device.

use std::io;

use manyhart_devices::virtio::rng::Rng;
use manyhart_runtime::Gpa;

use crate::machine::*;

/// Counts up, so that what was written can be told.
fn counting() -> Rng {
    let mut next = 0u8;
    Rng::with_source(Box::new(move |bytes| {
        for byte in bytes {
            next = next.wrapping_add(1);
            *byte = next;
        }
        Ok(())
    }))
}

#[test]
fn fills_buffers_in_order() {
    let machine = OnMmio::new(counting());
    assert_eq!(machine.device_type(), 4);
    let mut ring = machine.start(VERSION_1, 8).remove(0);
    ring.chain(0, &[(BUFFERS, 3, true), (BUFFERS + 0x100, 2, true)]);
    ring.chain(2, &[(BUFFERS + 0x200, 1, true)]);
    ring.add(0);
    ring.add(2);
    machine.notify(0);
    assert_eq!([ring.wait(), ring.wait()], [(0, 5), (2, 1)]);
    let bytes = [0, 1, 2, 0x100, 0x101, 0x200].map(|at| machine.memory.load::<u8>(Gpa(BUFFERS + at), CPU).unwrap());
    assert_eq!(bytes, [1, 2, 3, 4, 5, 6]);
    assert_eq!(machine.take_interrupts(), (true, false));
    assert!(!machine.wire.is_high());
}

#[test]
fn serves_as_many_as_ever_come() {
    let machine = OnMmio::new(Rng::new());
    for features in [VERSION_1, VERSION_1 | EVENT_IDX] {
        let mut ring = machine.start(features, 4).remove(0);
        for round in 0..1000u16 {
            ring.set_used_event(round);
            ring.chain(round % 4, &[(BUFFERS, 64, true)]);
            ring.add(round % 4);
            machine.notify(0);
            assert_eq!(ring.wait(), (u32::from(round % 4), 64));
            assert_eq!(machine.take_interrupts(), (true, false), "{round}");
        }
    }
    let bytes: u128 = machine.memory.load::<u64>(Gpa(BUFFERS), CPU).unwrap().into();
    assert_ne!(bytes, 0, "64 bits of entropy are never zero");
}

#[test]
fn a_driver_that_does_not_listen_is_not_told() {
    let machine = OnMmio::new(Rng::new());
    let mut ring = machine.start(VERSION_1, 4).remove(0);
    // VIRTQ_AVAIL_F_NO_INTERRUPT.
    machine.memory.store(Gpa(ring.available()), 1u16, CPU).unwrap();
    ring.chain(0, &[(BUFFERS, 64, true)]);
    ring.add(0);
    machine.notify(0);
    assert_eq!(ring.wait(), (0, 64));
    assert_eq!(machine.take_interrupts(), (false, false));
}

#[test]
fn a_huge_buffer_gets_what_a_device_gives_at_once() {
    let machine = OnMmio::new(Rng::new());
    let mut ring = machine.start(VERSION_1, 8).remove(0);
    ring.chain(0, &[(BUFFERS, 0x8_0000, true)]);
    ring.chain(1, &[(BUFFERS, 0, true)]);
    ring.add(0);
    ring.add(1);
    machine.notify(0);
    assert_eq!([ring.wait(), ring.wait()], [(0, 4096), (1, 0)]);
}

#[test]
fn a_host_without_entropy_asks_for_a_reset() {
    let machine = OnMmio::new(Rng::with_source(Box::new(|_| Err(io::ErrorKind::WouldBlock.into()))));
    let mut ring = machine.start(VERSION_1, 8).remove(0);
    ring.chain(0, &[(BUFFERS, 16, true)]);
    ring.add(0);
    machine.notify(0);
    assert_ne!(machine.status() & NEEDS_RESET, 0);
    assert_eq!(machine.take_interrupts(), (false, true));
    assert_eq!(ring.poll(), None);
    machine.reset();
    assert_eq!(machine.status(), 0);
}
