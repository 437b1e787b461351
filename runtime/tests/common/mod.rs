//! A small machine, and a device that does what the test's closures say.
#![allow(dead_code)] // Each test file uses its part.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use manyhart_runtime::{
    Access, AddressSpaceId, Answer, Clock, Config, Context, Device, DeviceHandle, Executive, MmioSpec, RegionId,
    Requester, Retired, Transaction,
};

/// Who asks, in these tests.
pub const CPU: Requester = Requester::Cpu(0);

/// A runtime with one address space.
pub struct Machine {
    pub executive: Executive,
    pub root: RegionId,
    pub space: AddressSpaceId,
}

impl Machine {
    pub fn new() -> Machine {
        Machine::with(|_| ())
    }

    pub fn with(on_device_failure: impl Fn(&str) + Send + Sync + 'static) -> Machine {
        let on_device_failure = Some(Box::new(on_device_failure) as _);
        let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure }).expect("a thread");
        let mut t = executive.topology().transaction();
        let root = t.container("root", 1 << 64);
        let space = t.address_space("space", root);
        t.commit().expect("lawful");
        Machine { executive, root, space }
    }

    pub fn transaction(&self) -> Transaction {
        self.executive.topology().transaction()
    }

    /// Changes the map somewhere far away.
    pub fn changed(&self) -> Retired {
        let mut t = self.transaction();
        let region = t.reservation("elsewhere", 0x1000);
        t.add_subregion(self.root, 1 << 48, region);
        t.commit().expect("lawful").retired
    }

    /// Keeps the helper thread from all it has to do, until what this returns is dropped.
    pub fn hold_helper(&self) -> mpsc::Sender<()> {
        let (held, is_held) = mpsc::channel();
        let (release, released) = mpsc::channel();
        self.executive.tune(move |_| {
            held.send(()).expect("the test waits");
            // An error: the other end is dropped.
            while released.recv().is_ok() {}
        });
        is_held.recv_timeout(PATIENCE).expect("the helper comes");
        release
    }

    /// A page of this device at `at`.
    pub fn map<D: Device>(&self, device: &DeviceHandle<D>, at: u64) -> RegionId {
        let mut t = self.transaction();
        let region = t.mmio(device.name(), 0x1000, device.mmio(0, MmioSpec::aligned(1, 8)));
        t.add_subregion(self.root, at, region);
        t.commit().expect("lawful");
        region
    }
}

type ReadFn = Box<dyn FnMut(&mut Context<'_, u64>, Access) -> Answer<u64> + Send>;
type WriteFn = Box<dyn FnMut(&mut Context<'_, u64>, u64) -> Answer<()> + Send>;
type MessageFn = Box<dyn FnMut(&mut Context<'_, u64>, u64) + Send>;

/// A device out of closures. It counts its drops.
pub struct Scripted {
    pub on_read: ReadFn,
    pub on_write: WriteFn,
    pub on_message: MessageFn,
    pub drops: Arc<AtomicUsize>,
}

impl Scripted {
    pub fn new() -> Scripted {
        Scripted {
            on_read: Box::new(|_, access| Ok(access.offset)),
            on_write: Box::new(|_, _| Ok(())),
            on_message: Box::new(|_, _| ()),
            drops: Arc::default(),
        }
    }
}

impl Device for Scripted {
    type Message = u64;

    fn read(&mut self, cx: &mut Context<'_, u64>, access: Access) -> Answer<u64> {
        (self.on_read)(cx, access)
    }

    fn write(&mut self, cx: &mut Context<'_, u64>, _: Access, value: u64) -> Answer<()> {
        (self.on_write)(cx, value)
    }

    fn message(&mut self, cx: &mut Context<'_, u64>, message: u64) {
        (self.on_message)(cx, message);
    }

    fn reset(&mut self, _: &mut Context<'_, u64>) {}
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

/// Waits for something that happens on another thread; `false` when it does not within [`PATIENCE`].
pub fn soon(what: impl Fn() -> bool) -> bool {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if what() {
            return true;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    false
}

/// Tells other threads to end, however the one that has it ends: a test that fails is to fail, not to wait for them.
pub struct Ends<'a>(pub &'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Patience with what should take no time: a guard against hanging, on the busiest of machines.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// For what must *not* happen: gives it time to.
pub fn a_while() {
    std::thread::sleep(Duration::from_millis(20));
}
