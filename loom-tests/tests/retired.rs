//! C5, C6: `Retired` is behind what was sent to the device that lost its address, and the device is dropped once.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Watched, map, models};
use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::{Access, AddressSpaceId, Answer, BusError, Context, Device, Gpa, MmioSpec, Reader, Requester};

/// What its handlers use is gone once its mapping has retired.
struct Uses {
    window: Arc<Watched>,
    drops: Arc<AtomicUsize>,
}

impl Device for Uses {
    type Message = (); // it keeps the device busy

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        self.window.read();
        Ok(access.offset)
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

impl Drop for Uses {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

/// An access to it, before its removal or after.
fn ask(mut reader: Reader, space: AddressSpaceId) {
    reader.checkpoint(&mut ());
    match reader.read(space, Gpa(8), 4, Requester::Cpu(0), &mut ()) {
        Ok(value) => assert_eq!(value, 8),
        Err(error) => assert_eq!(error, BusError::Decode(Gpa(8))),
    }
    reader.go_offline();
}

/// An access to a device against the device's removal.
fn remove() {
    let rig = Rig::new(64);
    let (window, drops): (Arc<Watched>, Arc<AtomicUsize>) = Default::default();
    let device = rig.spawn("device", Uses { window: Arc::clone(&window), drops: Arc::clone(&drops) });
    let target = device.mmio(0, MmioSpec::aligned(1, 8));
    let (root, space, region) = map::with_region(&rig, 0, |t| t.mmio("region", 0x1000, target));
    drop(device);

    let reader = rig.reader("reader");
    let reads = thread::spawn(move || ask(reader, space));

    let retired = map::destroy(&rig, root, region);
    map::help_until(&rig, &retired);
    window.write();
    reads.join().expect("it ends");
    rig.help_all();
    assert_eq!(drops.load(Ordering::Relaxed), 1, "dropped once");
}

/// A question that waits in the queue of a busy device, whose reader is offline, when the device's region is removed.
fn in_flight() {
    let rig = Rig::new(64);
    let (window, drops): (Arc<Watched>, Arc<AtomicUsize>) = Default::default();
    let device = rig.spawn("device", Uses { window: Arc::clone(&window), drops: Arc::clone(&drops) });
    let target = device.mmio(0, MmioSpec::aligned(1, 8));
    let (root, space, region) = map::with_region(&rig, 0, |t| t.mmio("region", 0x1000, target));

    let reader = rig.reader("reader");
    let reads = thread::spawn(move || ask(reader, space));
    let keeps_busy = thread::spawn(move || {
        device.post(());
    });

    let retired = map::remove(&rig, root, region);
    map::help_until(&rig, &retired);
    window.write();
    reads.join().expect("it ends");
    keeps_busy.join().expect("it ends");
}

models! {
    /// A removed device answers, and is dropped once.
    removed_device {
        rows: C5 C6;
        run: remove;
        bounds: 4, 6;
        twin: NoGrace, "Causality violation", 80;
    }

    /// What was sent before the removal is handled before it has retired.
    message_in_flight {
        rows: C5 C6;
        run: in_flight;
        bounds: 2, 3;
        twin: NoFence, "Causality violation", 500;
        twin: NoGrace, "Causality violation", 300;
    }
}
