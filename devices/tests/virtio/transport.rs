//! What transports do for every device: negotiation, queues that lie, resets while a worker is at it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, unbounded};
use manyhart_devices::virtio::mmio::{self, empty_slot};
use manyhart_devices::virtio::{
    ActivateError, Activation, Guard, Memory, VirtioDevice, Virtqueue, Waker, config_bytes,
};
use manyhart_runtime::{Clock, Gpa};

use crate::machine::*;
use crate::on_pci::{By, OnPci};

/// What a test sees of a [`Probe`], and has it do.
#[derive(Default)]
struct Seen {
    features: Mutex<Option<u64>>,
    active: Mutex<Option<(Memory, Vec<Virtqueue>)>>,
    notified: Mutex<Vec<u16>>,
    waker: Mutex<Option<Waker>>,
    value: AtomicU32,
    generation: AtomicU32,
    resets: AtomicU32,
}

/// A device that leaves all it is given to the test.
#[derive(Clone, Default)]
struct Probe(Arc<Seen>);

impl VirtioDevice for Probe {
    fn device_type(&self) -> u32 {
        42
    }

    fn features(&self) -> u64 {
        1 << 3 | 1 << 50
    }

    fn queue_sizes(&self) -> &[u16] {
        &[16, 32]
    }

    fn read_config(&self, offset: u64, data: &mut [u8]) {
        config_bytes(&self.0.value.load(Ordering::SeqCst).to_le_bytes(), offset, data);
    }

    fn write_config(&mut self, offset: u64, data: &[u8]) {
        let mut bytes = self.0.value.load(Ordering::SeqCst).to_le_bytes();
        if let Some(target) = bytes.get_mut(offset as usize..offset as usize + data.len()) {
            target.copy_from_slice(data);
        }
        self.0.value.store(u32::from_le_bytes(bytes), Ordering::SeqCst);
    }

    fn config_generation(&self) -> u32 {
        self.0.generation.load(Ordering::SeqCst)
    }

    fn attach(&mut self, waker: Waker) {
        *self.0.waker.lock().unwrap() = Some(waker);
    }

    fn activate(&mut self, activation: Activation) -> Result<(), ActivateError> {
        *self.0.features.lock().unwrap() = Some(activation.features);
        *self.0.active.lock().unwrap() = Some((activation.memory, activation.queues));
        Ok(())
    }

    fn notify(&mut self, queue: u16) {
        self.0.notified.lock().unwrap().push(queue);
    }

    fn wake(&mut self) {
        self.0.generation.fetch_add(1, Ordering::SeqCst);
        self.0.value.fetch_add(1, Ordering::SeqCst);
        if let Some((_, queues)) = &*self.0.active.lock().unwrap() {
            queues[0].interrupts().config_changed();
        }
    }

    fn reset(&mut self) {
        self.0.resets.fetch_add(1, Ordering::SeqCst);
        *self.0.active.lock().unwrap() = None;
    }
}

const OWN: u64 = 1 << 3 | 1 << 50;

fn negotiation(machine: &impl Transport, probe: &Probe) {
    assert_eq!(machine.device_type(), 42);
    assert_eq!(machine.offered(), OWN | VERSION_1 | EVENT_IDX | INDIRECT);
    let cases = [
        (OWN | VERSION_1 | EVENT_IDX | INDIRECT, true),
        (VERSION_1, true),
        (OWN, false),
        (VERSION_1 | 1 << 4, false),
        (VERSION_1 | 1 << 51, false),
    ];
    for (features, accepted) in cases {
        let status = machine.negotiate(features);
        assert_eq!(status & FEATURES_OK != 0, accepted, "{features:#x}");
        machine.set_status(status | DRIVER_OK);
        assert_eq!(machine.status() & DRIVER_OK != 0, accepted, "{features:#x}");
        assert_eq!(probe.0.features.lock().unwrap().take(), accepted.then_some(features));
    }
    assert_eq!([0, 1, 2, 0xffff].map(|queue| machine.queue_max(queue)), [16, 32, 0, 0]);
}

fn queues_arrive_as_they_were_described(machine: &impl Transport, probe: &Probe) {
    // Queue 1 alone.
    machine.negotiate(VERSION_1);
    machine.set_queue(1, 4, RAM + 0x1000, RAM + 0x2000, RAM + 0x3000);
    machine.notify(1);
    machine.set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    machine.notify(1);
    machine.notify(0);
    machine.notify(2);
    machine.notify(0xffff);
    assert_eq!(*probe.0.notified.lock().unwrap(), [1, 0], "only while active, only queues that exist");
    let active = probe.0.active.lock().unwrap();
    let (_, queues) = active.as_ref().expect("active");
    let shape: Vec<_> = queues.iter().map(|queue| (queue.index(), queue.ready(), queue.size())).collect();
    assert_eq!(shape, [(0, false, 16), (1, true, 4)]);
}

fn configuration(machine: &impl Transport, probe: &Probe) {
    machine.start(VERSION_1, 8);
    machine.set_config(1, &[7, 8]);
    let mut bytes = [0xff; 6];
    machine.config(0, &mut bytes);
    assert_eq!(bytes, [0, 7, 8, 0, 0, 0]);
    let before = machine.generation();
    probe.0.waker.lock().unwrap().as_ref().expect("attached").wake();
    assert_ne!(machine.generation(), before);
    assert_eq!(machine.take_interrupts(), (false, true));
    machine.config(0, &mut bytes[..1]);
    assert_eq!(bytes[0], 1);
}

/// Queues that cannot be, each of which leaves the device waiting for a reset, after which it works.
fn impossible_queues(machine: &impl Transport, probe: &Probe) {
    let (d, a, u) = (RAM + 0x1000, RAM + 0x2000, RAM + 0x3000);
    let cases = [
        ("size 0", 0, d, a, u),
        ("not a power of two", 12, d, a, u),
        ("larger than it can be", 64, d, a, u),
        ("descriptors are not aligned", 8, d + 8, a, u),
        ("available ring is not aligned", 8, d, a + 1, u),
        ("used ring is not aligned", 8, d, a, u + 2),
        ("descriptors in no memory", 8, 0x1000, a, u),
        ("available ring in no memory", 8, d, 0xffff_ffff_ffff_f000, u),
        ("used ring in no memory", 8, d, a, RAM + RAM_SIZE - 4),
        ("descriptors wrap around", 16, 0xffff_ffff_ffff_fff0, a, u),
        ("used ring over registers", 8, d, a, 0x1000_1000),
    ];
    for (what, size, descriptors, available, used) in cases {
        machine.negotiate(VERSION_1);
        machine.set_queue(0, size, descriptors, available, used);
        machine.set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
        assert_ne!(machine.status() & NEEDS_RESET, 0, "{what}");
        assert_eq!(machine.take_interrupts(), (false, true), "{what}");
        assert!(probe.0.active.lock().unwrap().is_none(), "{what}");
    }
    machine.start(VERSION_1, 8);
    assert_eq!(machine.status(), ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

/// Chains that cannot be.
fn broken_chains(machine: &impl Transport, probe: &Probe) {
    type Case = (&'static str, fn(&mut Ring));
    let cases: [Case; 13] = [
        ("a loop of one", |ring| ring.describe(ring.descriptors(), 0, BUFFERS, 4, NEXT, 0)),
        ("a loop of two", |ring| {
            ring.describe(ring.descriptors(), 0, BUFFERS, 4, NEXT, 1);
            ring.describe(ring.descriptors(), 1, BUFFERS, 4, NEXT, 0);
        }),
        ("a next beyond the table", |ring| ring.describe(ring.descriptors(), 0, BUFFERS, 4, NEXT, 8)),
        ("a buffer in no memory", |ring| ring.chain(0, &[(0x1000, 4, true)])),
        ("a buffer that ends in no memory", |ring| ring.chain(0, &[(RAM + RAM_SIZE - 4, 8, false)])),
        ("a buffer that wraps around", |ring| ring.chain(0, &[(0xffff_ffff_ffff_fffc, 8, true)])),
        ("a buffer of registers", |ring| ring.chain(0, &[(0x1000_1000, 4, true)])),
        ("readable behind writable", |ring| ring.chain(0, &[(BUFFERS, 4, true), (BUFFERS, 4, false)])),
        ("more than 4 GiB", |ring| {
            let most = (RAM_SIZE - 1) as u32;
            assert!(u64::from(most) * 8 < 1 << 32);
            ring.chain(0, &[(RAM, u32::MAX, false), (RAM, 2, false)]);
        }),
        ("a table of no whole entries", |ring| ring.describe(ring.descriptors(), 0, BUFFERS, 17, INDIRECT_TABLE, 0)),
        ("an empty table", |ring| ring.describe(ring.descriptors(), 0, BUFFERS, 0, INDIRECT_TABLE, 0)),
        ("a table in no memory", |ring| ring.describe(ring.descriptors(), 0, 0x1000, 16, INDIRECT_TABLE, 0)),
        ("a table in a table", |ring| {
            ring.describe(BUFFERS, 0, BUFFERS, 16, INDIRECT_TABLE, 0);
            ring.describe(ring.descriptors(), 0, BUFFERS, 16, INDIRECT_TABLE, 0);
        }),
    ];
    for (what, describe) in cases {
        let mut ring = machine.start(VERSION_1 | INDIRECT, 8).remove(0);
        describe(&mut ring);
        ring.add(0);
        fails(machine, probe, what);
    }
    let mut ring = machine.start(VERSION_1, 8).remove(0);
    ring.chain(0, &[(BUFFERS, 4, true)]);
    ring.add(8);
    fails(machine, probe, "a head beyond the table");
    let ring = machine.start(VERSION_1, 8).remove(0);
    machine.memory().store(Gpa(ring.available() + 2), 9u16, CPU).unwrap();
    fails(machine, probe, "an index that runs away");
}

/// Popping asks for a reset, once, and nothing comes any more until then.
fn fails(machine: &impl Transport, probe: &Probe, what: &str) {
    {
        let mut active = probe.0.active.lock().unwrap();
        let (memory, queues) = active.as_mut().expect("active");
        let guard = memory.enter().expect("not over");
        assert!(queues[0].pop(&guard).is_none() && queues[0].pop(&guard).is_none(), "{what}");
        assert!(queues[0].interrupts().has_failed(), "{what}");
        assert!(!queues[0].enable_notifications(&guard), "{what}");
    }
    assert_ne!(machine.status() & NEEDS_RESET, 0, "{what}");
    assert_eq!(machine.take_interrupts(), (false, true), "{what}");
    machine.reset();
    assert_eq!(machine.take_interrupts(), (false, false), "{what}");
}

fn indirect_chains(machine: &impl Transport, probe: &Probe) {
    let ring = &mut machine.start(VERSION_1 | INDIRECT, 8)[0];
    // More entries than the queue has.
    for index in 0..20 {
        let flags = if index < 19 { NEXT } else { 0 } | if index < 10 { 0 } else { WRITE };
        ring.describe(BUFFERS, index, BUFFERS + 0x1000, 2, flags, index + 1);
    }
    ring.describe(ring.descriptors(), 3, BUFFERS, 16 * 20, INDIRECT_TABLE, 0);
    ring.add(3);
    let mut active = probe.0.active.lock().unwrap();
    let (memory, queues) = active.as_mut().expect("active");
    let guard = memory.enter().expect("not over");
    let chain = queues[0].pop(&guard).expect("a chain");
    assert_eq!((chain.head(), chain.readable(), chain.writable()), (3, 20, 20));
    queues[0].undo_pop();
    assert_eq!(queues[0].pop(&guard).expect("the same").head(), 3);
    queues[0].add_used(&guard, 3, 5);
    queues[0].signal(&guard);
    drop((chain, guard, active));
    assert_eq!(ring.wait(), (3, 5));
    assert_eq!(machine.take_interrupts(), (true, false));
}

/// A worker that is inside of guest memory holds the reset up, and once it is over, nobody gets in and nobody is heard.
fn a_reset_waits_for_who_is_inside(machine: &(impl Transport + Sync), probe: &Probe) {
    machine.start(VERSION_1, 8);
    let (memory, queues) = probe.0.active.lock().unwrap().take().expect("active");
    let (entered, inside): (Sender<()>, Receiver<()>) = unbounded();
    let (leave, left): (Sender<()>, Receiver<()>) = unbounded();
    let held = AtomicU32::new(1);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let guard: Guard = memory.enter().expect("not over");
            let second = guard.clone();
            drop(guard);
            entered.send(()).unwrap();
            left.recv_timeout(PATIENCE).unwrap();
            held.store(0, Ordering::SeqCst);
            drop(second);
        });
        inside.recv_timeout(PATIENCE).unwrap();
        let before = probe.0.resets.load(Ordering::SeqCst);
        scope.spawn(|| {
            machine.reset();
            assert_eq!(held.load(Ordering::SeqCst), 0, "the reset came while a worker was inside");
        });
        eventually("the device is told", || probe.0.resets.load(Ordering::SeqCst) > before);
        std::thread::sleep(Duration::from_millis(20));
        assert!(memory.enter().is_none(), "nobody gets in any more");
        queues[0].interrupts().used(0);
        assert_ne!(machine.status(), 0, "not done");
        leave.send(()).unwrap();
    });
    assert_eq!(machine.status(), 0);
    assert_eq!(machine.take_interrupts(), (false, false));
    machine.start(VERSION_1, 8);
    queues[0].interrupts().used(0);
    assert_eq!(machine.take_interrupts(), (false, false), "a session of before is mute");
}

/// Every test of a transport.
fn all(machine: &(impl Transport + Sync), probe: &Probe) {
    negotiation(machine, probe);
    queues_arrive_as_they_were_described(machine, probe);
    configuration(machine, probe);
    impossible_queues(machine, probe);
    broken_chains(machine, probe);
    indirect_chains(machine, probe);
    a_reset_waits_for_who_is_inside(machine, probe);
}

#[test]
fn mmio() {
    let probe = Probe::default();
    all(&OnMmio::new(probe.clone()), &probe);
}

#[test]
fn pci_by_intx() {
    let probe = Probe::default();
    all(&OnPci::new(probe.clone(), By::Intx), &probe);
}

#[test]
fn pci_by_msix() {
    let probe = Probe::default();
    all(&OnPci::new(probe.clone(), By::Msix), &probe);
}

#[test]
fn a_machine_that_is_reset_finds_out_who_is_inside() {
    let probe = Probe::default();
    let machine = OnMmio::new(probe.clone());
    machine.start(VERSION_1, 8);
    let guard = probe.0.active.lock().unwrap().as_ref().expect("active").0.enter().expect("not over");
    machine.slot.handle.reset().unwrap();
    assert_ne!(machine.status(), 0, "not done");
    assert!(!machine.slot.inside.wait(Duration::from_millis(5)));
    drop(guard);
    assert!(machine.slot.inside.wait(PATIENCE));
    assert_eq!(machine.status(), 0);
    machine.start(VERSION_1, 8);
}

#[test]
fn an_empty_slot_says_so() {
    let machine = OnMmio::new(Probe::default());
    let empty = empty_slot(&machine.executive, "empty");
    let mut map = machine.executive.topology().transaction();
    let root = map.container("alone", 1 << 64);
    let region = map.mmio("empty", mmio::SIZE.into(), empty.mmio(0, mmio::SPEC));
    map.add_subregion(root, 0, region);
    let space = map.address_space("alone", root);
    map.commit().unwrap();
    let space = machine.executive.topology().address_space(space);
    let read = |offset| space.load::<u32>(Gpa(offset), CPU).unwrap();
    assert_eq!([0, 4, 8].map(read), [0x7472_6976, 2, 0]);
    for offset in (0..0x200).step_by(4) {
        space.store(Gpa(offset), !0u32, CPU).unwrap();
    }
    assert_eq!([8, 0x70, 0x100].map(read), [0, 0, 0]);
}

/// A worker that never comes out keeps no driver for ever, and gets no device under another driver.
#[test]
fn a_reset_that_takes_too_long_is_answered() {
    let probe = Probe::default();
    let machine = OnMmio::with_clock(Clock::manual(1000), probe.clone());
    machine.start(VERSION_1, 8);
    let guard = probe.0.active.lock().unwrap().as_ref().expect("active").0.enter().expect("not over");
    std::thread::scope(|scope| {
        let driver = scope.spawn(|| machine.set_status(0));
        eventually("the device is told", || probe.0.active.lock().unwrap().is_none());
        machine.executive.clock().advance(4_999);
        std::thread::sleep(Duration::from_millis(10));
        assert!(!driver.is_finished());
        // By one, or by some more, where the limit was reckoned after the advance above.
        eventually("an answer", || {
            machine.executive.clock().advance(1);
            driver.is_finished()
        });
    });
    machine.set_status(ACKNOWLEDGE);
    assert_eq!(machine.status(), ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK, "as it was");
    drop(guard);
    assert_eq!(machine.status(), 0);
    machine.start(VERSION_1, 8);
}
