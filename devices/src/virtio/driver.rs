//! For tests: a driver and a transport in one. It lays queues out in guest memory, hands them to a device, and sees what is used. It plays by the
//! rules unless it is told what to write where.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, unbounded};
use manyhart_runtime::guest_memory::GuestSpace;
use manyhart_runtime::{AddressSpace, Clock, Config, Executive, Gpa, RamBlock, Requester};
use virtio_queue::{Queue, QueueT};

use super::session::{Inside, Posted, Session, Signal};
use super::{Activation, Interrupts, Memory, VirtioDevice, Virtqueue, Waker};

/// Where memory begins, and how much there is.
pub(super) const BASE: u64 = 0x8000_0000;
pub(super) const SIZE: u64 = 8 << 20;
/// What one queue takes, and where buffers begin.
const QUEUE: u64 = 0x1_0000;
const BUFFERS: u64 = BASE + (1 << 20);

/// What a test waits for at most.
const PATIENCE: Duration = Duration::from_secs(120);

/// A buffer: guest address, length, whether the device writes it.
pub(super) type Buffer = (u64, u32, bool);

/// A driver of one device.
pub(super) struct Driver<D: VirtioDevice> {
    pub(super) device: D,
    pub(super) memory: AddressSpace,
    waker: Waker,
    posted: Receiver<Posted>,
    post: Arc<dyn Fn(Posted) -> bool + Send + Sync>,
    session: Option<Arc<Session>>,
    sessions: u64,
    inside: Inside,
    rings: Vec<Ring>,
    next_buffer: u64,
    /// Interrupts, by queue; what the device said besides.
    pub(super) told: Vec<u64>,
    pub(super) config_changes: u64,
    pub(super) needs_reset: bool,
    /// How often the device was woken.
    pub(super) wakes: u64,
    _executive: Executive,
}

#[derive(Debug, Clone, Copy, Default)]
struct Ring {
    next_descriptor: u16,
    available: u16,
    used: u16,
}

impl<D: VirtioDevice> Driver<D> {
    pub(super) fn new(mut device: D) -> Driver<D> {
        let executive =
            Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None }).expect("an executive");
        let mut t = executive.topology().transaction();
        let system = t.container("system", 1 << 64);
        let ram = t.ram("ram", Arc::new(RamBlock::anonymous("ram", SIZE).expect("memory")));
        t.add_subregion(system, BASE, ram);
        let space = t.address_space("memory", system);
        t.commit().expect("a map");
        let (sender, posted) = unbounded();
        let post: Arc<dyn Fn(Posted) -> bool + Send + Sync> = Arc::new(move |what| sender.send(what).is_ok());
        let waker = Waker::new(Arc::clone(&post));
        device.attach(waker.clone());
        Driver {
            memory: executive.topology().address_space(space),
            told: vec![0; device.queue_sizes().len()],
            device,
            waker,
            posted,
            post,
            session: None,
            sessions: 0,
            inside: Inside::default(),
            rings: Vec::new(),
            next_buffer: BUFFERS,
            config_changes: 0,
            needs_reset: false,
            wakes: 0,
            _executive: executive,
        }
    }

    /// Agrees on these of the device's bits, and drives it.
    pub(super) fn activate(&mut self, features: u64) {
        assert_eq!(features & !self.device.features(), 0, "only what is offered");
        self.sessions += 1;
        let session = Session::new(self.sessions, self.inside.clone(), Arc::clone(&self.post));
        let space = GuestSpace::new(self.memory.clone(), Requester::Device(1));
        let (memory, interrupts) = (Memory::new(space, Arc::clone(&session)), Interrupts::new(Arc::clone(&session)));
        let sizes = self.device.queue_sizes().to_vec();
        self.rings = vec![Ring::default(); sizes.len()];
        self.told.fill(0);
        self.needs_reset = false;
        let mut queues = Vec::new();
        for (index, size) in sizes.into_iter().enumerate() {
            let base = BASE + index as u64 * QUEUE;
            self.memory.fill(Gpa(base), QUEUE, 0, Requester::Debugger).expect("memory");
            let mut queue = Queue::new(size).expect("a size");
            queue.set_size(size);
            queue.set_desc_table_address(Some(base as u32), Some(0));
            queue.set_avail_ring_address(Some((base + 0x8000) as u32), Some(0));
            queue.set_used_ring_address(Some((base + 0xc000) as u32), Some(0));
            queue.set_ready(true);
            queues.push(Virtqueue::new(index as u16, queue, memory.clone(), interrupts.clone()));
        }
        self.session = Some(session);
        let activation = Activation { features, memory, queues, interrupts };
        self.device.activate(activation).expect("it starts");
    }

    /// As the transports reset.
    pub(super) fn reset(&mut self) {
        if let Some(session) = self.session.take() {
            session.close();
            self.device.reset();
            assert!(self.inside.wait(PATIENCE), "nobody stays inside");
        }
        self.forget_buffers();
    }

    /// Room for a buffer.
    pub(super) fn room(&mut self, len: u64) -> u64 {
        let at = self.next_buffer;
        self.next_buffer += len.next_multiple_of(16);
        assert!(self.next_buffer <= BASE + SIZE, "too many buffers");
        at
    }

    /// Whether most of the room is taken.
    pub(super) fn is_nearly_full(&self) -> bool {
        self.next_buffer > BASE + SIZE / 2
    }

    /// All buffers may be used again.
    pub(super) fn forget_buffers(&mut self) {
        self.next_buffer = BUFFERS;
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> u64 {
        let at = self.room(bytes.len() as u64);
        self.write(at, bytes);
        at
    }

    pub(super) fn write(&self, at: u64, bytes: &[u8]) {
        self.memory.write(Gpa(at), bytes, Requester::Debugger).expect("memory");
    }

    pub(super) fn read(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.memory.read(Gpa(at), &mut bytes, Requester::Debugger).expect("memory");
        bytes
    }

    fn half(&self, at: u64) -> u16 {
        self.memory.load(Gpa(at), Requester::Debugger).expect("memory")
    }

    fn size(&self, queue: usize) -> u16 {
        self.device.queue_sizes()[queue]
    }

    /// Writes a descriptor.
    pub(super) fn describe(&self, queue: usize, index: u16, (addr, len, device_writes): Buffer, next: Option<u16>) {
        let flags = u16::from(next.is_some()) | u16::from(device_writes) << 1;
        let mut bytes = addr.to_le_bytes().to_vec();
        bytes.extend(len.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        bytes.extend(next.unwrap_or_default().to_le_bytes());
        self.write(BASE + queue as u64 * QUEUE + u64::from(index) * 16, &bytes);
    }

    /// Makes a chain available; its head.
    pub(super) fn offer(&mut self, queue: usize, buffers: &[Buffer]) -> u16 {
        let size = self.size(queue);
        let head = self.rings[queue].next_descriptor;
        for (step, buffer) in buffers.iter().enumerate() {
            let index = (head + step as u16) % size;
            let next = (step + 1 < buffers.len()).then_some((index + 1) % size);
            self.describe(queue, index, *buffer, next);
        }
        self.rings[queue].next_descriptor = (head + buffers.len() as u16) % size;
        self.make_available(queue, head);
        head
    }

    pub(super) fn make_available(&mut self, queue: usize, head: u16) {
        let ring = BASE + queue as u64 * QUEUE + 0x8000;
        let at = self.rings[queue].available % self.size(queue);
        self.write(ring + 4 + u64::from(at) * 2, &head.to_le_bytes());
        self.rings[queue].available = self.rings[queue].available.wrapping_add(1);
        self.write(ring + 2, &self.rings[queue].available.to_le_bytes());
    }

    pub(super) fn notify(&mut self, queue: usize) {
        self.device.notify(queue as u16);
    }

    /// Handles what was posted, waiting at most so long for the first of it. Whether there was anything.
    pub(super) fn handle(&mut self, patience: Duration) -> bool {
        let Ok(first) = self.posted.recv_timeout(patience) else { return false };
        // What these lead to is for the next time: a device that is never done is to be seen by whoever waits for it.
        let more: Vec<Posted> = self.posted.try_iter().take(self.posted.len()).collect();
        for posted in std::iter::once(first).chain(more) {
            match posted {
                Posted::Wake => {
                    self.waker.taken();
                    self.device.wake();
                    self.wakes += 1;
                }
                Posted::Of(session, signal) if session == self.sessions => match signal {
                    Signal::Used(queue) => self.told[usize::from(queue)] += 1,
                    Signal::ConfigChanged => self.config_changes += 1,
                    Signal::NeedsReset => self.needs_reset = true,
                },
                Posted::Of(..) | Posted::Attach | Posted::Quiet => {}
            }
        }
        true
    }

    /// What was used next, if anything is by now: head and length.
    pub(super) fn used(&mut self, queue: usize) -> Option<(u16, u32)> {
        let ring = BASE + queue as u64 * QUEUE + 0xc000;
        let seen = self.rings[queue].used;
        if self.half(ring + 2) == seen {
            return None;
        }
        self.rings[queue].used = seen.wrapping_add(1);
        let entry = self.read(ring + 4 + u64::from(seen % self.size(queue)) * 8, 8);
        let word = |at: usize| u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]);
        Some((word(0) as u16, word(4)))
    }

    /// Waits for what is used next.
    pub(super) fn wait(&mut self, queue: usize) -> (u16, u32) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(used) = self.used(queue) {
                return used;
            }
            assert!(!self.needs_reset, "the device has failed");
            assert!(Instant::now() < end, "nothing is used");
            self.handle(Duration::from_millis(20));
        }
    }

    /// Waits until `what` is so.
    pub(super) fn until(&mut self, what: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !what(self) {
            assert!(Instant::now() < end, "it does not come to that");
            self.handle(Duration::from_millis(5));
        }
    }
}
