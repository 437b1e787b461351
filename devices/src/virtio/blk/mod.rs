//! The block device (virtio 1.2 section 5.2).
//!
//! The transport's handlers pop requests, judge them ([`request`]) and move data between guest memory and buffers of ours; threads ([`worker`]) do
//! the host's part with those buffers and never touch guest memory. So a pause or a reset never waits for a slow disk. What is under way at a reset
//! ends on the host before the next activation starts anything: a write of before never lands on a write of after.
//!
//! # Durability
//! A flush is used only after the host has made durable all that was used before it. With neither FLUSH nor CONFIG_WCE agreed on,
//! or with `writeback` off, each write is made durable before it is used (section 5.2.6.2).

mod config;
mod request;
#[cfg(test)]
mod tests;
mod worker;

use std::collections::HashMap;
use std::sync::Arc;

use virtio_bindings::virtio_blk as id;

use super::{ActivateError, Activation, Chain, Guard, VirtioDevice, Virtqueue, Waker, config_bytes};
use crate::block::BlockBackend;
use config::Config;
use request::{Request, Status, Target, Work};
use worker::{Done, Job, Workers};

/// What a user may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlkOptions {
    /// What GET_ID answers; up to 20 bytes of it.
    pub serial: String,
    /// How many queues.
    pub queues: u16,
    /// Descriptors of each queue, a power of two.
    pub queue_size: u16,
    /// The logical block size: what a guest does not go below.
    pub logical_block: u32,
    /// The physical block size.
    pub physical_block: u32,
    /// Whether the disk has a cache that must be flushed, as the driver finds it.
    pub writeback: bool,
}

impl Default for BlkOptions {
    fn default() -> BlkOptions {
        BlkOptions {
            serial: String::new(),
            queues: 1,
            queue_size: 256,
            logical_block: 512,
            physical_block: 512,
            writeback: true,
        }
    }
}

/// Bytes that may be on their way at once, unless one request alone has more.
const BUDGET: u64 = 64 << 20;

/// A virtio disk.
pub struct Blk {
    disk: Arc<dyn BlockBackend>,
    options: BlkOptions,
    sizes: Vec<u16>,
    config: Config,
    waker: Option<Waker>,
    workers: Workers,
    lanes: Vec<Lane>,
    /// Requests of this activation that a worker has, by number.
    pending: HashMap<u64, Pending>,
    next: u64,
    /// All that workers have, also of activations before.
    in_flight: usize,
    bytes: u64,
}

/// Where an answer goes.
struct Pending {
    lane: usize,
    target: Target,
    bytes: u64,
}

impl Blk {
    /// A disk over `disk`.
    pub fn new(disk: Arc<dyn BlockBackend>, options: BlkOptions) -> Blk {
        let sizes = vec![options.queue_size; usize::from(options.queues)];
        let config = Config::new(&*disk, &options);
        let room = sizes.iter().map(|size| usize::from(*size)).sum();
        let workers = Workers::new(Arc::clone(&disk), room);
        Blk {
            disk,
            options,
            sizes,
            config,
            waker: None,
            workers,
            lanes: Vec::new(),
            pending: HashMap::new(),
            next: 0,
            in_flight: 0,
            bytes: 0,
        }
    }

    /// Whether nothing more may be started now.
    fn is_full(&self) -> bool {
        // More than was popped in this activation: the rest is of one before.
        self.in_flight > self.pending.len() || self.in_flight >= self.workers.room() || self.bytes >= BUDGET
    }

    /// Takes what a queue has, as far as there is room, and tells the driver of what was used.
    fn serve(&mut self, index: usize) {
        let Some(guard) = self.lanes.get(index).and_then(|lane| lane.queue.enter()) else { return };
        // A driver that makes more and more available must not keep this handler: the rest is for a later one.
        let mut left = 2 * u32::from(self.lanes[index].queue.size());
        loop {
            self.lanes[index].queue.disable_notifications(&guard);
            while left > 0 && !self.is_full() {
                let Some(chain) = self.lanes[index].queue.pop(&guard) else { break };
                left -= 1;
                self.start(index, &guard, &chain);
            }
            if self.is_full() {
                // The completion that makes room comes back here.
                break;
            }
            if left == 0 {
                self.wake_later();
                break;
            }
            if !self.lanes[index].queue.enable_notifications(&guard) {
                break;
            }
        }
        self.lanes[index].tell(&guard);
    }

    fn start(&mut self, index: usize, guard: &Guard, chain: &Chain) {
        let lane = &mut self.lanes[index];
        let Some(target) = Target::of(chain) else {
            lane.queue.interrupts().needs_reset("a block request without room for its status");
            return;
        };
        let limits = request::Limits { size: self.disk.size(), read_only: self.disk.read_only() };
        match Request::read(chain, limits) {
            Ok(Request::Id) => {
                let mut serial = [0; id::VIRTIO_BLK_ID_BYTES as usize];
                let known = self.options.serial.len().min(serial.len());
                serial[..known].copy_from_slice(&self.options.serial.as_bytes()[..known]);
                lane.finish(guard, &target, Status::Ok, &serial);
            }
            Ok(Request::Work(work)) => self.send(index, target, work),
            Err(status) => lane.finish(guard, &target, status, &[]),
        }
    }

    fn send(&mut self, index: usize, target: Target, work: Work) {
        let bytes = work.bytes();
        self.next += 1;
        let (number, through) = (self.next, !self.config.writeback());
        self.pending.insert(number, Pending { lane: index, target, bytes });
        self.in_flight += 1;
        self.bytes += bytes;
        self.workers.send(Job { number, work, through });
    }

    fn wake_later(&self) {
        if let Some(waker) = &self.waker {
            waker.wake();
        }
    }

    /// One request is done. Of a reset activation nothing is left to say.
    fn done(&mut self, done: Done) {
        self.in_flight -= 1;
        let Some(Pending { lane, target, bytes }) = self.pending.remove(&done.number) else { return };
        self.bytes -= bytes;
        let lane = &mut self.lanes[lane];
        let Some(guard) = lane.queue.enter() else { return };
        match done.result {
            Ok(data) => lane.finish(&guard, &target, Status::Ok, &data),
            Err(_) => lane.finish(&guard, &target, Status::IoError, &[]),
        }
    }
}

/// A queue, and whether the driver is yet to be told of what was used.
struct Lane {
    queue: Virtqueue,
    untold: bool,
}

impl Lane {
    fn finish(&mut self, guard: &Guard, target: &Target, status: Status, data: &[u8]) {
        match target.answer(guard, status, data) {
            Ok(written) => self.queue.add_used(guard, target.head(), written),
            // Its memory was there when the request came.
            Err(error) => self.queue.interrupts().needs_reset(&format!("a block request's memory is gone: {error}")),
        }
        self.untold = true;
    }

    fn tell(&mut self, guard: &Guard) {
        if std::mem::take(&mut self.untold) {
            self.queue.signal(guard);
        }
    }
}

impl VirtioDevice for Blk {
    fn device_type(&self) -> u32 {
        virtio_bindings::virtio_ids::VIRTIO_ID_BLOCK
    }

    fn features(&self) -> u64 {
        let bit = |bit: u32, offered: bool| u64::from(offered) << bit;
        let writable = !self.disk.read_only();
        bit(id::VIRTIO_BLK_F_SEG_MAX, true)
            | bit(id::VIRTIO_BLK_F_BLK_SIZE, true)
            | bit(id::VIRTIO_BLK_F_TOPOLOGY, true)
            | bit(id::VIRTIO_BLK_F_FLUSH, true)
            | bit(id::VIRTIO_BLK_F_CONFIG_WCE, true)
            | bit(id::VIRTIO_BLK_F_RO, !writable)
            | bit(id::VIRTIO_BLK_F_MQ, self.options.queues > 1)
            | bit(id::VIRTIO_BLK_F_DISCARD, writable)
            | bit(id::VIRTIO_BLK_F_WRITE_ZEROES, writable)
    }

    fn queue_sizes(&self) -> &[u16] {
        &self.sizes
    }

    fn read_config(&self, offset: u64, data: &mut [u8]) {
        config_bytes(&self.config.bytes(), offset, data);
    }

    fn write_config(&mut self, offset: u64, data: &[u8]) {
        self.config.write(offset, data);
    }

    fn attach(&mut self, waker: Waker) {
        self.workers.attach(waker.clone());
        self.waker = Some(waker);
    }

    fn activate(&mut self, activation: Activation) -> Result<(), ActivateError> {
        if !activation.queues.first().is_some_and(Virtqueue::ready) {
            return Err(ActivateError::QueueMissing(0));
        }
        self.workers.start()?;
        self.config.agree(&activation);
        self.lanes = activation.queues.into_iter().map(|queue| Lane { queue, untold: false }).collect();
        Ok(())
    }

    fn notify(&mut self, queue: u16) {
        self.serve(usize::from(queue));
    }

    fn wake(&mut self) {
        while let Some(done) = self.workers.done() {
            self.done(done);
        }
        for index in 0..self.lanes.len() {
            // There is room now: look again, with notifications as they are after that.
            self.serve(index);
        }
    }

    fn reset(&mut self) {
        self.lanes.clear();
        self.pending.clear();
        self.bytes = 0;
        self.config.reset();
    }

    /// Waits for what is under way, then for the host to have it.
    fn stop(&mut self) {
        self.in_flight -= self.workers.drain(self.in_flight);
        if let Err(error) = self.disk.flush() {
            tracing::error!("a disk could not be flushed at the end: {error}");
        }
    }
}
