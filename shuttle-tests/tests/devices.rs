//! C6, C7, C8 in a crowd: eight readers that call four devices, beside threads that post to them, while the devices are taken away.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Help, Life};
use manyhart_runtime::model::Rig;
use manyhart_runtime::planted::Bug;
use manyhart_runtime::{
    Access, Answer, BusError, Context, Device, DeviceHandle, Gpa, MmioSpec, Reader, RegionId, Requester,
};
use manyhart_runtime::{AddressSpaceId, Topology};
use shuttle::thread;

const READERS: usize = 8;
const DEVICES: usize = 4;
const WORKERS: usize = 2;
const ROUNDS: usize = 3;
const WINDOW: u64 = 0x1000;

/// What outlives a device, to say what became of it.
#[derive(Default)]
struct Record {
    /// Its host resources, which end when its removal has retired.
    life: Life,
    posted: AtomicUsize,
    handled: AtomicUsize,
    drops: AtomicUsize,
}

/// Counts its messages; answers half of the reads itself, half when its own message comes back to it.
struct Counter {
    record: Arc<Record>,
    owed: Vec<manyhart_runtime::actor::Reply>,
    reads: usize,
}

/// Somebody else's, or its own.
enum Message {
    Post,
    Answer,
}

impl Device for Counter {
    type Message = Message;

    fn read(&mut self, cx: &mut Context<'_, Message>, access: Access) -> Answer<u64> {
        self.record.life.using();
        self.reads += 1;
        if self.reads.is_multiple_of(2) {
            return Ok(access.offset);
        }
        let (reply, deferred) = cx.defer();
        self.owed.push(reply);
        cx.me().post(Message::Answer);
        Err(manyhart_runtime::NoAnswer::Deferred(deferred))
    }

    fn write(&mut self, _: &mut Context<'_, Message>, _: Access, _: u64) -> Answer<()> {
        self.record.life.using();
        Ok(())
    }

    fn message(&mut self, _: &mut Context<'_, Message>, message: Message) {
        match message {
            Message::Post => _ = self.record.handled.fetch_add(1, Ordering::SeqCst),
            Message::Answer => self.owed.drain(..).for_each(|reply| reply.answer(Ok(8))),
        }
    }

    fn reset(&mut self, _: &mut Context<'_, Message>) {}
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.record.drops.fetch_add(1, Ordering::SeqCst);
    }
}

struct World {
    rig: Rig,
    space: AddressSpaceId,
    root: RegionId,
    regions: Vec<RegionId>,
    devices: Vec<DeviceHandle<Counter>>,
    records: Vec<Arc<Record>>,
}

fn world(drain_bound: usize) -> World {
    let rig = Rig::new(drain_bound);
    let records: Vec<Arc<Record>> = (0..DEVICES).map(|_| Arc::default()).collect();
    let device = |record: &Arc<Record>| Counter { record: Arc::clone(record), owed: Vec::new(), reads: 0 };
    let devices: Vec<_> = records.iter().map(|record| rig.spawn("counter", device(record))).collect();
    let mut t = rig.topology().transaction();
    let root = t.container("root", 1 << 64);
    let space = t.address_space("space", root);
    let mut regions = Vec::new();
    for (n, device) in devices.iter().enumerate() {
        let region = t.mmio("window", u128::from(WINDOW), device.mmio(0, MmioSpec::aligned(1, 8)));
        t.add_subregion(root, n as u64 * WINDOW, region);
        regions.push(region);
    }
    t.commit().expect("lawful");
    World { rig, space, root, regions, devices, records }
}

/// A virtual CPU that reads one device after the other, as long as they are there.
fn call(mut reader: Reader, space: AddressSpaceId, first: usize) {
    for n in first..first + ROUNDS {
        reader.checkpoint(&mut ());
        let at = Gpa((n % DEVICES) as u64 * WINDOW + 8);
        match reader.read(space, at, 4, Requester::Cpu(first as u32), &mut ()) {
            Ok(value) => assert_eq!(value, 8, "somebody else's answer"),
            Err(BusError::Decode(gone)) => assert_eq!(gone, at),
            Err(BusError::Gone { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    reader.go_offline();
}

/// A worker of the devices'.
fn post(posters: &[(manyhart_runtime::actor::Poster<Message>, Arc<Record>)]) {
    for (poster, record) in posters.iter().cycle().take(ROUNDS * DEVICES) {
        record.posted.fetch_add(usize::from(poster.post(Message::Post)), Ordering::SeqCst);
    }
}

/// Takes the devices' windows out, one by one, and ends what they use once that has retired.
fn remove(topology: &Topology, root: RegionId, regions: &[RegionId], records: &[Arc<Record>]) {
    for (&region, record) in regions.iter().zip(records) {
        let mut t = topology.transaction();
        t.del_subregion(root, region);
        t.destroy(region);
        t.commit().expect("lawful").retired.wait();
        record.life.end();
    }
}

/// All of it at once. Devices are kept by their handles until everybody is done, so that every message must be handled.
fn crowd(drain_bound: usize) {
    let World { rig, space, root, regions, devices, records } = world(drain_bound);
    let help = Help::start(&rig);
    let mut threads = Vec::new();
    for n in 0..READERS {
        let reader = rig.reader(&n.to_string());
        threads.push(thread::spawn(move || call(reader, space, n)));
    }
    for _ in 0..WORKERS {
        let posters: Vec<_> = devices.iter().map(DeviceHandle::poster).zip(records.clone()).collect();
        threads.push(thread::spawn(move || post(&posters)));
    }
    let (topology, of_remover) = (rig.topology().clone(), records.clone());
    threads.push(thread::spawn(move || remove(&topology, root, &regions, &of_remover)));
    for thread in threads {
        thread.join().expect("it ends");
    }
    help.end();
    for record in &records {
        assert_eq!(record.handled.load(Ordering::SeqCst), record.posted.load(Ordering::SeqCst), "lost mail");
    }
    drop(devices);
    rig.help_all();
    for record in &records {
        assert_eq!(record.drops.load(Ordering::SeqCst), 1, "dropped once");
    }
}

/// The handles go first: what is under way is answered all the same, and nobody hangs.
fn deleted() {
    let World { rig, space, root, regions, devices, records } = world(64);
    let help = Help::start(&rig);
    let mut threads = Vec::new();
    for n in 0..READERS {
        let reader = rig.reader(&n.to_string());
        threads.push(thread::spawn(move || call(reader, space, n)));
    }
    threads.push(thread::spawn(move || devices.iter().for_each(DeviceHandle::close)));
    let (topology, of_remover) = (rig.topology().clone(), records.clone());
    threads.push(thread::spawn(move || remove(&topology, root, &regions, &of_remover)));
    for thread in threads {
        thread.join().expect("it ends");
    }
    help.end();
    for record in &records {
        assert_eq!(record.drops.load(Ordering::SeqCst), 1, "dropped once");
    }
}

#[test]
fn a_crowd_is_answered_while_devices_go() {
    common::holds(1500, || crowd(64));
}

#[test]
fn bounded_drains_lose_nothing_in_a_crowd() {
    common::holds(1500, || crowd(1));
}

#[test]
fn deleted_devices_owe_nobody_an_answer() {
    common::holds(1500, deleted);
}

#[test]
fn forgotten_mail_is_found() {
    common::fails_with(Bug::ForgetMail, "lost mail|used after its end|exceeded max_steps", 200, || crowd(64));
}

#[test]
fn a_leftover_for_nobody_is_found() {
    common::fails_with(Bug::ForgetLeftover, common::HANG, 200, || crowd(1));
}

#[test]
fn a_wake_up_before_the_reply_is_found() {
    common::fails_with(Bug::WakeBeforeReply, common::HANG, 200, || crowd(64));
}

#[test]
fn a_message_dropped_after_the_close_is_found() {
    common::fails_with(Bug::DropAfterClose, common::HANG, 500, deleted);
}

#[test]
fn a_missing_grace_period_is_found() {
    common::fails_with(Bug::NoGrace, "used after its end", 500, || crowd(64));
}
