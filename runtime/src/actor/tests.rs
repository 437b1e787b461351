//! Devices as actors, through a whole runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::{Access, Answer, Context, Device, DeviceHandle, MmioSpec, NoAnswer, Reply};
use crate::{AddressSpaceId, BusError, Clock, Config, DeviceError, Executive, Gpa, Reader, RegionId, Requester};

const BASE: u64 = 0x1000;
const CPU: Requester = Requester::Cpu(0);

/// What the device of these tests does with an access, by offset.
const DEFER: u64 = 0x00;
const PANIC: u64 = 0x40;
const BOTH: u64 = 0x48;
const FORGET: u64 = 0x50;
const PLAIN: u64 = 0x80;

enum Order {
    /// Answers the oldest deferred access.
    Answer(Result<u64, DeviceError>),
    /// Posts `Note` to itself once the clock has passed this.
    NoteAt(u64, u64),
    Note(u64),
}

/// Told what happens to the device, by those who cannot ask it.
#[derive(Default)]
struct Diary {
    drops: AtomicU32,
    flushes: AtomicU32,
    notes: Mutex<Vec<u64>>,
    asked: Mutex<Vec<(u64, u8)>>,
}

struct Subject {
    owed: Vec<Reply>,
    diary: Arc<Diary>,
}

impl Subject {
    fn handle(&mut self, cx: &mut Context<'_, Order>, access: Access) -> Answer<u64> {
        self.diary.asked.lock().push((access.offset, access.size));
        match access.offset {
            DEFER..PANIC => {
                let (reply, deferred) = cx.defer();
                self.owed.push(reply);
                Err(NoAnswer::Deferred(deferred))
            }
            PANIC => panic!("as the test asked"),
            BOTH => {
                let (reply, _) = cx.defer();
                reply.answer(Ok(1));
                Ok(2)
            }
            FORGET => {
                let (reply, deferred) = cx.defer();
                drop(reply);
                Err(NoAnswer::Deferred(deferred))
            }
            _ => Ok(7),
        }
    }
}

impl Device for Subject {
    type Message = Order;

    fn read(&mut self, cx: &mut Context<'_, Order>, access: Access) -> Answer<u64> {
        self.handle(cx, access)
    }

    fn write(&mut self, cx: &mut Context<'_, Order>, access: Access, _: u64) -> Answer<()> {
        self.handle(cx, access).map(drop)
    }

    fn message(&mut self, cx: &mut Context<'_, Order>, order: Order) {
        match order {
            Order::Answer(value) => self.owed.remove(0).answer(value),
            Order::NoteAt(ticks, note) => cx.post_at(ticks, Order::Note(note)),
            Order::Note(note) => self.diary.notes.lock().push(note),
        }
    }

    fn reset(&mut self, _: &mut Context<'_, Order>) {
        self.owed.clear();
    }

    fn flush(&mut self, _: &mut Context<'_, Order>) {
        self.diary.flushes.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.diary.drops.fetch_add(1, Ordering::Relaxed);
    }
}

struct Setup {
    executive: Executive,
    space: AddressSpaceId,
    root: RegionId,
    region: RegionId,
    device: DeviceHandle<Subject>,
    diary: Arc<Diary>,
    failures: Arc<Mutex<Vec<String>>>,
    clock: Clock,
}

impl Setup {
    fn new(spec: MmioSpec) -> Setup {
        let failures = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&failures);
        let clock = Clock::manual(1_000);
        let tell = Box::new(move |name: &str| told.lock().push(name.to_owned()));
        let config = Config { clock: clock.clone(), on_device_failure: Some(tell) };
        let executive = Executive::new(config).expect("the helper thread starts");
        let diary = Arc::new(Diary::default());
        let device = executive.spawn("subject", Subject { owed: Vec::new(), diary: Arc::clone(&diary) });
        let mut transaction = executive.topology().transaction();
        let root = transaction.container("root", 1 << 64);
        let region = transaction.mmio("subject", 0x1000, device.mmio(0, spec));
        transaction.add_subregion(root, BASE, region);
        let space = transaction.address_space("test", root);
        transaction.commit().expect("a lawful map");
        Setup { executive, space, root, region, device, diary, failures, clock }
    }

    fn online(&self) -> Reader {
        let mut reader = self.executive.reader("cpu", None);
        reader.checkpoint(&mut ());
        reader
    }

    /// Reads on a thread of its own, as a virtual CPU does; posts `orders` once `calls` accesses have reached the device.
    fn read_while(&self, offset: u64, size: u8, orders: Vec<Order>) -> Result<u64, BusError> {
        std::thread::scope(|scope| {
            let access = scope.spawn(|| self.online().read(self.space, Gpa(BASE + offset), size, CPU, &mut ()));
            for (order, calls) in orders.into_iter().zip(1..) {
                until(|| self.diary.asked.lock().len() == calls);
                assert!(self.device.post(order));
            }
            access.join().expect("an access does not panic")
        })
    }

    fn read(&self, offset: u64, size: u8) -> Result<u64, BusError> {
        self.online().read(self.space, Gpa(BASE + offset), size, CPU, &mut ())
    }

    fn unmap(&self) {
        let mut transaction = self.executive.topology().transaction();
        transaction.del_subregion(self.root, self.region).destroy(self.region);
        transaction.commit().expect("a lawful change").retired.wait();
    }

    fn end(&self) {
        self.executive.stop();
        self.executive.shutdown();
    }
}

/// Waits for what another thread does, for a minute and more.
fn until(mut done: impl FnMut() -> bool) {
    for _ in 0..200_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    panic!("it never happened");
}

fn gone() -> BusError {
    BusError::Gone { device: "subject".into() }
}

#[test]
fn a_deferred_access_is_answered_later() {
    let setup = Setup::new(MmioSpec::aligned(1, 8));
    assert_eq!(setup.read_while(DEFER, 4, vec![Order::Answer(Ok(0xfeed))]), Ok(0xfeed));
    let error = DeviceError::Other("no medium".into());
    let refused = Err(BusError::Device { device: "subject".into(), error: error.clone() });
    setup.diary.asked.lock().clear();
    assert_eq!(setup.read_while(DEFER, 4, vec![Order::Answer(Err(error))]), refused);
    setup.end();
}

#[test]
fn a_split_access_goes_on_after_a_deferred_part() {
    let implemented = MmioSpec::aligned(2, 2).implemented;
    let setup = Setup::new(MmioSpec { implemented, ..MmioSpec::aligned(1, 8) });
    let orders = [0x1122, 0x3344, 0x5566, 0x7788].map(|value| Order::Answer(Ok(value)));
    assert_eq!(setup.read_while(DEFER, 8, orders.into()), Ok(0x7788_5566_3344_1122));
    assert_eq!(*setup.diary.asked.lock(), [(0, 2), (2, 2), (4, 2), (6, 2)]);
    setup.end();
}

#[test]
fn a_reply_that_is_forgotten_answers_gone() {
    let setup = Setup::new(MmioSpec::aligned(1, 8));
    assert_eq!(setup.read(FORGET, 4), Err(gone()));
    assert_eq!(setup.read(BOTH, 4), Ok(1), "once deferred, the reply alone is heard");
    assert_eq!(setup.read(PLAIN, 4), Ok(7), "and the device works on");
    setup.end();
}

#[test]
fn a_reset_may_forget_what_it_owes() {
    let setup = Setup::new(MmioSpec::aligned(1, 8));
    let answer = std::thread::scope(|scope| {
        let access = scope.spawn(|| setup.read(DEFER, 4));
        until(|| setup.diary.asked.lock().len() == 1);
        setup.device.reset().expect("it runs");
        access.join().expect("an access does not panic")
    });
    assert_eq!(answer, Err(gone()));
    setup.end();
}

#[test]
fn a_panicking_handler_fails_its_device_and_nothing_else() {
    let setup = Setup::new(MmioSpec::aligned(1, 8));
    let failed = BusError::Failed { device: "subject".into() };
    assert!(!setup.device.is_failed());
    assert_eq!(setup.read(PANIC, 4), Err(failed.clone()));
    assert!(setup.device.is_failed());
    assert_eq!(setup.read(PLAIN, 4), Err(failed.clone()), "from now on");
    assert_eq!(setup.device.reset(), Err(failed));
    until(|| *setup.failures.lock() == ["subject"]);
    setup.end();
    assert_eq!(setup.diary.drops.load(Ordering::Relaxed), 1);
}

#[test]
fn a_panic_answers_those_who_wait_already() {
    let setup = Setup::new(MmioSpec::aligned(1, 8));
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| setup.read(DEFER, 4));
        until(|| setup.diary.asked.lock().len() == 1);
        assert!(setup.read(PANIC, 4).is_err());
        assert!(waits.join().expect("an access does not panic").is_err(), "nobody hangs");
    });
    setup.end();
}

#[test]
fn a_device_is_dropped_once_with_its_last_handle_and_mapping() {
    let mut setup = Setup::new(MmioSpec::aligned(1, 8));
    let drops = |setup: &Setup| setup.diary.drops.load(Ordering::Relaxed);
    let poster = setup.device.poster();
    let other = setup.executive.spawn("other", Subject { owed: Vec::new(), diary: Arc::default() });
    // From here on the mapping alone keeps it.
    setup.device = other;
    assert_eq!(setup.read(PLAIN, 1), Ok(7));
    assert_eq!(drops(&setup), 0);
    setup.unmap();
    until(|| drops(&setup) == 1);
    assert!(!poster.post(Order::Note(1)), "a poster does not keep it");
    setup.end();
    assert_eq!(drops(&setup), 1);
}

#[test]
fn a_caller_is_answered_when_the_device_goes() {
    let setup = Setup::new(MmioSpec::aligned(1, 8));
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| setup.read(DEFER, 4));
        until(|| setup.diary.asked.lock().len() == 1);
        setup.device.close();
        assert_eq!(waits.join().expect("an access does not panic"), Err(gone()));
    });
    assert_eq!(setup.read(PLAIN, 1), Err(gone()));
    assert!(!setup.device.post(Order::Note(1)));
    setup.end();
    assert_eq!(setup.diary.drops.load(Ordering::Relaxed), 1);
}

#[test]
fn timers_fire_in_the_order_of_their_ticks() {
    let setup = Setup::new(MmioSpec::aligned(1, 8));
    for (at, note) in [(30, 3), (10, 1), (20, 2), (10, 11)] {
        assert!(setup.device.post(Order::NoteAt(at, note)));
    }
    setup.clock.advance(9);
    std::thread::sleep(Duration::from_millis(5));
    assert!(setup.diary.notes.lock().is_empty(), "not before their time");
    setup.clock.advance(100);
    until(|| setup.diary.notes.lock().len() == 4);
    assert_eq!(*setup.diary.notes.lock(), [1, 11, 2, 3]);
    setup.end();
}

#[test]
fn the_end_flushes_once() {
    let setup = Setup::new(MmioSpec::aligned(1, 8));
    setup.end();
    setup.executive.shutdown();
    let count = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
    assert_eq!((count(&setup.diary.flushes), count(&setup.diary.drops)), (1, 1));
}

#[test]
fn accesses_of_many_threads_are_handled_one_at_a_time() {
    const EACH: usize = 500;
    let setup = Setup::new(MmioSpec::aligned(1, 8));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut reader = setup.online();
                for _ in 0..EACH {
                    assert_eq!(reader.read(setup.space, Gpa(BASE + PLAIN), 4, CPU, &mut ()), Ok(7));
                }
            });
        }
    });
    assert_eq!(setup.diary.asked.lock().len(), 3 * EACH);
    setup.end();
}
