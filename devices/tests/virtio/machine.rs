//! A machine with memory and one virtio device, and the least of a guest's driver for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::{Duration, Instant};

use manyhart_devices::virtio::VirtioDevice;
use manyhart_devices::virtio::mmio::{self, Slot, virtio_mmio};
use manyhart_runtime::guest_memory::GuestSpace;
use manyhart_runtime::{AddressSpace, Clock, Config, Executive, Gpa, Line, LineSink, RamBlock, Requester};

pub const CPU: Requester = Requester::Cpu(0);
pub const RAM: u64 = 0x8000_0000;
pub const RAM_SIZE: u64 = 0x10_0000;
/// Where buffers may lie: below are the rings.
pub const BUFFERS: u64 = RAM + 0x8_0000;
pub const SLOT: u64 = 0x1000_1000;

pub const VERSION_1: u64 = 1 << 32;
pub const EVENT_IDX: u64 = 1 << 29;
pub const INDIRECT: u64 = 1 << 28;

pub const ACKNOWLEDGE: u8 = 1;
pub const DRIVER: u8 = 2;
pub const DRIVER_OK: u8 = 4;
pub const FEATURES_OK: u8 = 8;
pub const NEEDS_RESET: u8 = 0x40;

pub const NEXT: u16 = 1;
pub const WRITE: u16 = 2;
pub const INDIRECT_TABLE: u16 = 4;

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until `done`.
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_micros(50));
    }
}

/// What a driver does to whatever transport its device has.
pub trait Transport {
    fn memory(&self) -> &AddressSpace;
    fn device_type(&self) -> u32;
    fn offered(&self) -> u64;
    fn accept(&self, features: u64);
    fn status(&self) -> u8;
    fn set_status(&self, value: u8);
    /// The largest size of a queue; 0: there is none.
    fn queue_max(&self, queue: u16) -> u16;
    fn set_queue(&self, queue: u16, size: u16, descriptors: u64, available: u64, used: u64);
    fn notify(&self, queue: u16);
    fn config(&self, offset: u64, data: &mut [u8]);
    fn set_config(&self, offset: u64, data: &[u8]);
    fn generation(&self) -> u32;
    /// Takes what is pending: used buffers, changed configuration.
    fn take_interrupts(&self) -> (bool, bool);

    /// Resets and waits for it.
    fn reset(&self) {
        self.set_status(0);
        eventually("a reset", || self.status() == 0);
    }

    /// Up to the queues; what the status is then.
    fn negotiate(&self, features: u64) -> u8 {
        self.reset();
        self.set_status(ACKNOWLEDGE | DRIVER);
        self.accept(features);
        self.set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        self.status()
    }

    /// Sets up all queues with `size` entries and lets the device work.
    fn start(&self, features: u64, size: u16) -> Vec<Ring> {
        assert_eq!(self.negotiate(features), ACKNOWLEDGE | DRIVER | FEATURES_OK);
        let rings: Vec<_> = (0..)
            .take_while(|&queue| self.queue_max(queue) != 0)
            .map(|queue| Ring::new(self.memory().clone(), queue, size.min(self.queue_max(queue))))
            .collect();
        for ring in &rings {
            self.set_queue(ring.queue, ring.size, ring.descriptors(), ring.available(), ring.used());
        }
        self.set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
        rings
    }
}

/// A line that remembers its level, and how often it rose.
#[derive(Default)]
pub struct Wire {
    level: AtomicU64,
}

impl LineSink for Wire {
    fn set_level(&self, _: u32, level: bool) {
        self.level.store(level.into(), Ordering::SeqCst);
    }
}

impl Wire {
    pub fn is_high(&self) -> bool {
        self.level.load(Ordering::SeqCst) != 0
    }
}

/// A machine with one virtio-mmio slot.
pub struct OnMmio {
    pub executive: Executive,
    pub memory: AddressSpace,
    pub slot: Slot,
    pub wire: Arc<Wire>,
}

impl OnMmio {
    pub fn new(device: impl VirtioDevice) -> OnMmio {
        OnMmio::with_clock(Clock::host(10_000_000), device)
    }

    pub fn with_clock(clock: Clock, device: impl VirtioDevice) -> OnMmio {
        let executive = Executive::new(Config { clock, on_device_failure: None }).unwrap();
        let mut map = executive.topology().transaction();
        let root = map.container("system", 1 << 64);
        let ram = map.ram("ram", Arc::new(RamBlock::anonymous("ram", RAM_SIZE).unwrap()));
        map.add_subregion(root, RAM, ram);
        let space = map.address_space("memory", root);
        map.commit().unwrap();
        let memory = executive.topology().address_space(space);
        let wire = Arc::new(Wire::default());
        let dma = GuestSpace::new(memory.clone(), Requester::Device(1));
        let slot = virtio_mmio(&executive, "slot", dma, Line::new(wire.clone(), 1), Box::new(device));
        let mut map = executive.topology().transaction();
        let region = map.mmio("slot", mmio::SIZE.into(), slot.handle.mmio(0, mmio::SPEC));
        map.add_subregion(root, SLOT, region);
        map.commit().unwrap();
        OnMmio { executive, memory, slot, wire }
    }

    pub fn read(&self, offset: u64) -> u32 {
        self.memory.load(Gpa(SLOT + offset), CPU).unwrap()
    }

    pub fn write(&self, offset: u64, value: u32) {
        self.memory.store(Gpa(SLOT + offset), value, CPU).unwrap();
    }
}

impl Drop for OnMmio {
    fn drop(&mut self) {
        self.executive.shutdown();
    }
}

impl Transport for OnMmio {
    fn memory(&self) -> &AddressSpace {
        &self.memory
    }

    fn device_type(&self) -> u32 {
        assert_eq!((self.read(0), self.read(4)), (0x7472_6976, 2));
        self.read(8)
    }

    fn offered(&self) -> u64 {
        let half = |select| {
            self.write(0x14, select);
            u64::from(self.read(0x10))
        };
        half(0) | half(1) << 32
    }

    fn accept(&self, features: u64) {
        for (select, half) in [(0, features as u32), (1, (features >> 32) as u32)] {
            self.write(0x24, select);
            self.write(0x20, half);
        }
    }

    fn status(&self) -> u8 {
        self.read(0x70) as u8
    }

    fn set_status(&self, value: u8) {
        self.write(0x70, value.into());
    }

    fn queue_max(&self, queue: u16) -> u16 {
        self.write(0x30, queue.into());
        self.read(0x34) as u16
    }

    fn set_queue(&self, queue: u16, size: u16, descriptors: u64, available: u64, used: u64) {
        self.write(0x30, queue.into());
        self.write(0x38, size.into());
        for (at, address) in [(0x80, descriptors), (0x90, available), (0xa0, used)] {
            self.write(at, address as u32);
            self.write(at + 4, (address >> 32) as u32);
        }
        self.write(0x44, 1);
    }

    fn notify(&self, queue: u16) {
        self.write(0x50, queue.into());
    }

    fn config(&self, offset: u64, data: &mut [u8]) {
        for (at, byte) in (offset..).zip(data) {
            *byte = self.memory.load(Gpa(SLOT + 0x100 + at), CPU).unwrap();
        }
    }

    fn set_config(&self, offset: u64, data: &[u8]) {
        for (at, &byte) in (offset..).zip(data) {
            self.memory.store(Gpa(SLOT + 0x100 + at), byte, CPU).unwrap();
        }
    }

    fn generation(&self) -> u32 {
        self.read(0xfc)
    }

    fn take_interrupts(&self) -> (bool, bool) {
        let status = self.read(0x60);
        assert_eq!(self.wire.is_high(), status != 0);
        self.write(0x64, status);
        (status & 1 != 0, status & 2 != 0)
    }
}

/// A queue as its driver has it.
pub struct Ring {
    pub memory: AddressSpace,
    pub queue: u16,
    pub size: u16,
    /// What was made available, and what was seen used.
    pub added: u16,
    pub seen: u16,
}

impl Ring {
    fn new(memory: AddressSpace, queue: u16, size: u16) -> Ring {
        let ring = Ring { memory, queue, size, added: 0, seen: 0 };
        ring.memory.fill(Gpa(ring.descriptors()), 0x4000, 0, CPU).unwrap();
        ring
    }

    pub fn descriptors(&self) -> u64 {
        RAM + 0x4000 * u64::from(self.queue)
    }

    pub fn available(&self) -> u64 {
        self.descriptors() + 0x2000
    }

    pub fn used(&self) -> u64 {
        self.descriptors() + 0x3000
    }

    /// Writes one entry of a descriptor table.
    pub fn describe(&self, table: u64, index: u16, addr: u64, len: u32, flags: u16, next: u16) {
        let at = table + 16 * u64::from(index);
        let word = u64::from(len) | u64::from(flags) << 32 | u64::from(next) << 48;
        self.memory.store(Gpa(at), addr, CPU).unwrap();
        self.memory.store(Gpa(at + 8), word, CPU).unwrap();
    }

    /// A chain from entry `head` on: address, length, whether the device writes.
    pub fn chain(&self, head: u16, buffers: &[(u64, u32, bool)]) {
        for (index, &(addr, len, write)) in (head..).zip(buffers) {
            let last = usize::from(index - head) + 1 == buffers.len();
            let flags = if write { WRITE } else { 0 } | if last { 0 } else { NEXT };
            self.describe(self.descriptors(), index, addr, len, flags, if last { 0 } else { index + 1 });
        }
    }

    /// Makes a chain available.
    pub fn add(&mut self, head: u16) {
        let entry = self.available() + 4 + 2 * u64::from(self.added % self.size);
        self.memory.store(Gpa(entry), head, CPU).unwrap();
        self.added = self.added.wrapping_add(1);
        fence(Ordering::SeqCst);
        self.memory.store(Gpa(self.available() + 2), self.added, CPU).unwrap();
        fence(Ordering::SeqCst);
    }

    /// The next chain that was used, and how much was written to it.
    pub fn poll(&mut self) -> Option<(u32, u32)> {
        if self.memory.load::<u16>(Gpa(self.used() + 2), CPU).unwrap() == self.seen {
            return None;
        }
        fence(Ordering::SeqCst);
        let entry = self.used() + 4 + 8 * u64::from(self.seen % self.size);
        self.seen = self.seen.wrapping_add(1);
        let word: u64 = self.memory.load(Gpa(entry), CPU).unwrap();
        Some((word as u32, (word >> 32) as u32))
    }

    /// Waits for it.
    pub fn wait(&mut self) -> (u32, u32) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(used) = self.poll() {
                return used;
            }
            assert!(Instant::now() < end, "no answer on queue {}", self.queue);
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    /// From where on the driver wants to hear, with EVENT_IDX.
    pub fn set_used_event(&self, index: u16) {
        self.memory.store(Gpa(self.available() + 4 + 2 * u64::from(self.size)), index, CPU).unwrap();
    }
}
