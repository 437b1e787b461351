//! A split virtqueue (virtio 1.2 section 2.7) on rust-vmm's, with a guest on the other side that may lie.
//!
//! What cannot be (an available index that runs away, a chain that loops, leaves its table or mixes directions, buffers outside of memory) fails the device:
//! it asks for a reset and takes nothing more from any queue. A well-formed chain whose contents a device does not understand is the device's matter.

use std::sync::atomic::Ordering;

use virtio_queue::{DescriptorChain, Queue, QueueT, Reader, Writer};
use vm_memory::{Address, Bytes, GuestAddress, GuestMemory, Permissions};

use manyhart_runtime::guest_memory::Mark;

use super::session::{Guard, Interrupts, Memory};

/// The driver does not want to hear of used buffers (section 2.7.6), where indices are not negotiated.
const AVAILABLE_NO_INTERRUPT: u16 = 1;

/// A queue of an active device. Owned by whoever works on it.
pub struct Virtqueue {
    index: u16,
    queue: Queue,
    memory: Memory,
    interrupts: Interrupts,
    /// Chains were given back since the driver was last asked whether it wants to hear.
    untold: bool,
}

impl Virtqueue {
    pub(super) fn new(index: u16, queue: Queue, memory: Memory, interrupts: Interrupts) -> Virtqueue {
        Virtqueue { index, queue, memory, interrupts, untold: false }
    }

    /// Its number.
    pub fn index(&self) -> u16 {
        self.index
    }

    /// How many descriptors it has.
    pub fn size(&self) -> u16 {
        self.queue.size()
    }

    /// Whether the driver has enabled it.
    pub fn ready(&self) -> bool {
        self.queue.ready()
    }

    /// Guest memory for a piece of work; `None` when the activation is over.
    pub fn enter(&self) -> Option<Guard> {
        self.memory.enter()
    }

    /// How the driver is told.
    pub fn interrupts(&self) -> &Interrupts {
        &self.interrupts
    }

    /// The next chain that the driver has made available, judged whole; `None` where there is none, or the device has failed.
    pub fn pop(&mut self, guard: &Guard) -> Option<Chain> {
        if !self.queue.ready() || self.interrupts.has_failed() {
            return None;
        }
        match self.try_pop(guard) {
            Ok(chain) => chain,
            Err(broken) => {
                self.fail(broken);
                None
            }
        }
    }

    fn try_pop(&mut self, guard: &Guard) -> Result<Option<Chain>, Broken> {
        let waiting = self.queue.avail_idx(&**guard, Ordering::Acquire).map_err(|_| Broken::Ring)?;
        let waiting = waiting.0.wrapping_sub(self.queue.next_avail());
        if waiting == 0 {
            return Ok(None);
        }
        if waiting > self.queue.size() {
            return Err(Broken::Index);
        }
        let chain = self.queue.pop_descriptor_chain(guard.clone()).ok_or(Broken::Ring)?;
        Chain::judge(chain, guard).map(Some)
    }

    /// Takes back the last [`pop`](Self::pop), whose chain must not have been used: the next one yields it again.
    pub fn undo_pop(&mut self) {
        let previous = self.queue.next_avail().wrapping_sub(1);
        self.queue.set_next_avail(previous);
    }

    /// Gives a chain back, `written` bytes of its writable part filled from the start. The driver is told by [`signal`](Self::signal).
    pub fn add_used(&mut self, guard: &Guard, chain: u16, written: u32) {
        match self.queue.add_used(&**guard, chain, written) {
            Ok(()) => self.untold = true,
            Err(_) => self.fail(Broken::Ring),
        }
    }

    /// Tells the driver of what was given back since the last call, if anything was and the driver wants to hear.
    pub fn signal(&mut self, guard: &Guard) {
        if !std::mem::take(&mut self.untold) {
            return;
        }
        match self.wants_signal(guard) {
            Ok(true) => self.interrupts.used(self.index),
            Ok(false) => {}
            Err(broken) => self.fail(broken),
        }
    }

    fn wants_signal(&mut self, guard: &Guard) -> Result<bool, Broken> {
        // It puts the fence between the used index and what the driver wants, in either case.
        let wanted = self.queue.needs_notification(&**guard).map_err(|_| Broken::Ring)?;
        if self.queue.event_idx_enabled() {
            return Ok(wanted);
        }
        let flags: u16 =
            guard.load(GuestAddress(self.queue.avail_ring()), Ordering::Relaxed).map_err(|_| Broken::Ring)?;
        Ok(u16::from_le(flags) & AVAILABLE_NO_INTERRUPT == 0)
    }

    /// Asks the driver to notify of what it adds from here on. `true` when there is something already: then it may not notify of it.
    pub fn enable_notifications(&mut self, guard: &Guard) -> bool {
        let more = self.queue.ready() && !self.interrupts.has_failed();
        more && self.queue.enable_notification(&**guard).unwrap_or_else(|_| {
            self.fail(Broken::Ring);
            false
        })
    }

    /// Tells the driver that it need not notify.
    pub fn disable_notifications(&mut self, guard: &Guard) {
        if self.queue.ready() && self.queue.disable_notification(&**guard).is_err() {
            self.fail(Broken::Ring);
        }
    }

    fn fail(&self, broken: Broken) {
        self.interrupts.needs_reset(&format!("queue {}: {broken}", self.index));
    }
}

/// What a driver must not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Broken {
    #[error("its rings are not in memory")]
    Ring,
    #[error("more chains are available than it has descriptors")]
    Index,
    #[error("a chain loops, leaves its table or is too long")]
    Chain,
    #[error("a chain has a readable buffer behind a writable one")]
    Order,
    #[error("a buffer is not in memory")]
    Buffer,
}

/// A chain of buffers, all of which were memory when it was popped: first those that the device reads, then those that it writes. Keeps its guard.
///
/// A driver that changes a chain behind the device's back may get another one: readers and writers read the table again and judge
/// again. So ask them for their length, not the chain.
pub struct Chain {
    descriptors: DescriptorChain<Guard>,
    guard: Guard,
    readable: u64,
    writable: u64,
}

impl Chain {
    /// Walks it once. The walk ends by itself: it takes no more steps than a table has entries.
    fn judge(descriptors: DescriptorChain<Guard>, guard: &Guard) -> Result<Chain, Broken> {
        let (mut readable, mut writable) = (0, 0);
        // A walk that ends elsewhere than at a last descriptor was cut off.
        let mut complete = false;
        for descriptor in descriptors.clone() {
            let access = if descriptor.is_write_only() { Permissions::Write } else { Permissions::Read };
            let length = descriptor.len();
            if !descriptor.is_write_only() && writable > 0 {
                return Err(Broken::Order);
            }
            if descriptor.addr().checked_add(u64::from(length)).is_none() {
                return Err(Broken::Buffer);
            }
            if length > 0 && !guard.check_range(descriptor.addr(), length as usize, access) {
                return Err(Broken::Buffer);
            }
            *(if descriptor.is_write_only() { &mut writable } else { &mut readable }) += u64::from(length);
            complete = !descriptor.has_next();
        }
        let guard = guard.clone();
        if complete { Ok(Chain { descriptors, guard, readable, writable }) } else { Err(Broken::Chain) }
    }

    /// Its head: how [`Virtqueue::add_used`] calls it.
    pub fn head(&self) -> u16 {
        self.descriptors.head_index()
    }

    /// Bytes that the driver has written for the device.
    pub fn readable(&self) -> u64 {
        self.readable
    }

    /// Bytes that the device may write.
    pub fn writable(&self) -> u64 {
        self.writable
    }

    /// The memory that it lies in.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The readable buffers, as one stream.
    pub fn reader(&self) -> Result<Reader<'_, Mark<'_>>, virtio_queue::Error> {
        self.descriptors.clone().reader(&self.guard)
    }

    /// The writable buffers, as one stream.
    pub fn writer(&self) -> Result<Writer<'_, Mark<'_>>, virtio_queue::Error> {
        self.descriptors.clone().writer(&self.guard)
    }

    /// The readable buffers: guest-physical address and length of each.
    pub fn readable_buffers(&self) -> impl Iterator<Item = (GuestAddress, u32)> + '_ {
        self.descriptors.clone().readable().map(|descriptor| (descriptor.addr(), descriptor.len()))
    }

    /// The writable buffers: guest-physical address and length of each.
    pub fn writable_buffers(&self) -> impl Iterator<Item = (GuestAddress, u32)> + '_ {
        self.descriptors.clone().writable().map(|descriptor| (descriptor.addr(), descriptor.len()))
    }
}
