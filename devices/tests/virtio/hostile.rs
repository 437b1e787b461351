//! Guests that do anything: registers written at random, rings and descriptor tables full of whatever, for every device that works
//! in handlers. Nothing panics, nothing hangs, and a device that was abused works after a reset.

use manyhart_devices::uart::{Put, Sink};
use manyhart_devices::virtio::VirtioDevice;
use manyhart_devices::virtio::console::Console;
use manyhart_devices::virtio::rng::Rng;
use manyhart_runtime::{BusError, Gpa};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::machine::*;
use crate::on_pci::{BAR, By, OnPci};

/// Takes most bytes.
struct Moody(u32);

impl Sink for Moody {
    fn put(&mut self, _: u8) -> Put {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if self.0 >> 24 == 0 { Put::Full } else { Put::Taken }
    }
}

fn rng() -> Rng {
    Rng::new()
}

/// A console with input that waits.
fn console() -> Console {
    let (console, handle) = Console::new(Box::new(Moody(1)));
    for _ in 0..100 {
        drop(handle.input(vec![b'x'; 100]));
    }
    console
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() })
}

/// Accesses at random to the registers at `base`, then the device is made to work.
fn registers(machine: &impl Transport, base: u64, size: u64, cases: u32) {
    let offset = prop_oneof![4 => 0..0x100u64, 1 => 0..size];
    let value = prop_oneof![0..16u64, any::<u64>(), Just(RAM), Just(BUFFERS), Just(0x8f)];
    let step = (offset, 0..4u32, value, any::<bool>());
    let steps = proptest::collection::vec(step, 1..60);
    let run = |steps: Vec<(u64, u32, u64, bool)>| {
        for (offset, log_size, value, write) in steps {
            let size = 1usize << log_size;
            let mut bytes = value.to_le_bytes();
            let done = match write {
                true => machine.memory().write(Gpa(base + offset), &bytes[..size], CPU),
                false => machine.memory().read(Gpa(base + offset), &mut bytes[..size], CPU),
            };
            let typed = matches!(done, Ok(()) | Err(BusError::Access { .. } | BusError::Decode(_)));
            prop_assert!(typed, "{done:?}");
        }
        prop_assert!(works(machine));
        Ok(())
    };
    runner(cases).run(&steps, run).unwrap();
}

/// Whether a driver that does as it should gets a buffer back.
fn works(machine: &impl Transport) -> bool {
    let mut rings = machine.start(VERSION_1, 4);
    let last = rings.len() - 1;
    let ring = &mut rings[last];
    ring.chain(0, &[(BUFFERS, 8, machine.device_type() == 4)]);
    ring.add(0);
    machine.notify(ring.queue);
    // A sink without room takes the rest when it is asked again.
    eventually("a device that works", || {
        machine.notify(ring.queue);
        ring.poll().is_some()
    });
    machine.status() & NEEDS_RESET == 0
}

/// One descriptor: where, how long, flags and the next.
type Descriptor = (u64, u32, u16, u16);

fn descriptor() -> impl Strategy<Value = Descriptor> {
    let addr = prop_oneof![
        4 => (0..RAM_SIZE).prop_map(|offset| RAM + offset),
        2 => (0..0x100u64).prop_map(|index| RAM + 16 * index),
        1 => any::<u64>(),
        1 => Just(RAM + RAM_SIZE - 8),
    ];
    let len = prop_oneof![4 => 0..64u32, 2 => (0..8u32).prop_map(|n| 16 * n), 1 => any::<u32>()];
    // Mostly chains, some of them indirect; now and then bits that mean nothing.
    let flags = prop_oneof![8 => 0..4u16, 2 => 4..8u16, 1 => any::<u16>()];
    let next = prop_oneof![8 => 0..8u16, 1 => any::<u16>()];
    (addr, len, flags, next)
}

/// Descriptor tables, available entries and indices at random, notified of in between.
fn rings(machine: &impl Transport, cases: u32) {
    let queues = (0..).take_while(|&queue| machine.queue_max(queue) > 0).count() as u16;
    let table = proptest::collection::vec(descriptor(), 8);
    let heads = proptest::collection::vec(prop_oneof![8 => 0..8u16, 1 => any::<u16>()], 0..8);
    let round = (table, heads, 0..queues, prop_oneof![20 => Just(0u16), 1 => any::<u16>()]);
    let rounds = proptest::collection::vec(round, 1..8);
    let features = prop_oneof![Just(VERSION_1), Just(VERSION_1 | INDIRECT | EVENT_IDX)];
    let run = |(features, rounds)| {
        let mut rings = machine.start(features, 8);
        let rounds: Vec<(Vec<Descriptor>, Vec<u16>, u16, u16)> = rounds;
        for (table, heads, queue, skip) in rounds {
            let ring = &mut rings[usize::from(queue)];
            for (index, (addr, len, flags, next)) in (0..).zip(table) {
                ring.describe(ring.descriptors(), index, addr, len, flags, next);
            }
            ring.added = ring.added.wrapping_add(skip);
            heads.into_iter().for_each(|head| ring.add(head));
            machine.notify(queue);
        }
        // Whatever became of it, the device answers, and begins anew.
        let status = machine.status();
        prop_assert!(status & !NEEDS_RESET == ACKNOWLEDGE | DRIVER | FEATURES_OK | 4, "{status:#x}");
        prop_assert!(works(machine));
        Ok(())
    };
    runner(cases).run(&(features, rounds), run).unwrap();
}

fn on_mmio(device: impl VirtioDevice) {
    let machine = OnMmio::new(device);
    registers(&machine, SLOT, 0x1000, 60);
    rings(&machine, 120);
    assert!(!machine.slot.handle.is_failed());
}

fn on_pci(device: impl VirtioDevice, by: By) {
    let machine = OnPci::new(device, by);
    registers(&machine, BAR, 0x4000, 60);
    rings(&machine, 60);
}

#[test]
fn rng_on_mmio() {
    on_mmio(rng());
}

#[test]
fn rng_on_pci() {
    on_pci(rng(), By::Msix);
}

#[test]
fn console_on_mmio() {
    on_mmio(console());
}

#[test]
fn console_on_pci() {
    on_pci(console(), By::Intx);
}
