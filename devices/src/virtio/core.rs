//! What the transports share: a device, its registers, and the session between DRIVER_OK and reset.

use std::sync::Arc;

use manyhart_runtime::guest_memory::GuestSpace;
use virtio_queue::{Queue, QueueState, QueueT};

use super::device::{Activation, VirtioDevice, features};
use super::queue::Virtqueue;
use super::registers::{Effect, Registers};
use super::session::{Inside, Interrupts, Memory, Post, Posted, Session, Signal, Waker};

/// What a transport is to show its driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    Nothing,
    /// Buffers of this queue were used.
    Used(u16),
    ConfigChanged,
    /// A reset that was under way is done.
    ResetDone,
}

/// What became of a write to the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Done,
    /// A reset is done.
    Reset,
    /// A reset, once workers have left guest memory: [`News::ResetDone`]. The status does not read as zero until then.
    Resetting,
}

/// A device behind its transport.
pub(super) struct Core {
    device: Box<dyn VirtioDevice>,
    registers: Registers,
    space: GuestSpace,
    /// How workers reach the transport; from [`Posted::Attach`] on.
    link: Option<(Post, Waker)>,
    session: Option<Arc<Session>>,
    sessions: u64,
    inside: Inside,
    /// A driver's reset waits for workers.
    resetting: bool,
}

impl Core {
    pub(super) fn new(device: Box<dyn VirtioDevice>, space: GuestSpace) -> Core {
        let registers = Registers::new(device.features(), device.queue_sizes());
        let (link, session, inside) = (None, None, Inside::default());
        Core { device, registers, space, link, session, sessions: 0, inside, resetting: false }
    }

    /// How a control thread waits for workers after a reset.
    pub(super) fn inside(&self) -> Inside {
        self.inside.clone()
    }

    pub(super) fn device(&self) -> &dyn VirtioDevice {
        &*self.device
    }

    pub(super) fn registers(&self) -> &Registers {
        &self.registers
    }

    /// The registers, to be written. While a reset is under way a driver writes to nothing.
    pub(super) fn writable(&mut self) -> Option<&mut Registers> {
        (!self.resetting).then_some(&mut self.registers)
    }

    pub(super) fn write_config(&mut self, offset: u64, data: &[u8]) {
        if !self.resetting {
            self.device.write_config(offset, data);
        }
    }

    /// The driver says that it has put something into a queue.
    pub(super) fn notify(&mut self, queue: u16) {
        let known = usize::from(queue) < self.registers.queues().len();
        if known && self.session.is_some() {
            self.device.notify(queue);
        }
    }

    pub(super) fn write_status(&mut self, value: u8) -> Written {
        if self.resetting && value != 0 {
            return Written::Done;
        }
        match self.registers.write_status(value) {
            Effect::Nothing => Written::Done,
            Effect::Activate => {
                self.activate();
                Written::Done
            }
            Effect::Reset => self.reset(),
        }
    }

    /// Back to power-on, the driver's doing or not. Who owns the machine waits for [`Core::inside`] before it gives memory another meaning.
    pub(super) fn reset(&mut self) -> Written {
        self.close();
        self.resetting = !self.inside.is_empty();
        if self.resetting {
            Written::Resetting
        } else {
            self.registers.reset();
            Written::Reset
        }
    }

    /// Ends the session, if there is one.
    fn close(&mut self) {
        if let Some(session) = self.session.take() {
            session.close();
            self.device.reset();
        }
    }

    pub(super) fn stop(&mut self) {
        self.device.stop();
    }

    fn activate(&mut self) {
        let Some((post, _)) = &self.link else {
            // Nobody is told to send accesses before the transport is attached.
            debug_assert!(false, "not attached");
            return;
        };
        self.sessions += 1;
        let session = Session::new(self.sessions, self.inside.clone(), Arc::clone(post));
        self.session = Some(Arc::clone(&session));
        let memory = Memory::new(self.space.clone(), Arc::clone(&session));
        let interrupts = Interrupts::new(session);
        let queues = match self.queues(&memory, &interrupts) {
            Ok(queues) => queues,
            Err(index) => return interrupts.needs_reset(&format!("queue {index} is impossible")),
        };
        let features = self.registers.features();
        let activation = Activation { features, memory, queues, interrupts: interrupts.clone() };
        if let Err(error) = self.device.activate(activation) {
            interrupts.needs_reset(&error.to_string());
        }
    }

    /// The queues as the driver has described them, or the first that cannot be.
    fn queues(&self, memory: &Memory, interrupts: &Interrupts) -> Result<Vec<Virtqueue>, u16> {
        let event_idx_enabled = self.registers.features() & features::EVENT_IDX != 0;
        let make = |(index, queue): (u16, &super::registers::QueueRegisters)| {
            let state = QueueState {
                max_size: queue.max,
                next_avail: 0,
                next_used: 0,
                event_idx_enabled,
                size: queue.size,
                ready: queue.ready,
                desc_table: queue.descriptors,
                avail_ring: queue.available,
                used_ring: queue.used,
            };
            let made = if queue.ready { Queue::try_from(state) } else { Queue::new(queue.max) };
            let made = made.map_err(|_| index)?;
            let in_memory = !made.ready() || memory.enter().is_some_and(|guard| made.is_valid(&*guard));
            if !in_memory {
                return Err(index);
            }
            Ok(Virtqueue::new(index, made, memory.clone(), interrupts.clone()))
        };
        (0..).zip(self.registers.queues()).map(make).collect()
    }

    /// Hands a message on. `post` is how others reach the transport.
    pub(super) fn posted(&mut self, message: Posted, post: impl FnOnce() -> Post) -> News {
        match message {
            Posted::Attach => {
                let post = post();
                let waker = Waker::new(Arc::clone(&post));
                self.device.attach(waker.clone());
                self.link = Some((post, waker));
                News::Nothing
            }
            Posted::Wake => {
                if let Some((_, waker)) = &self.link {
                    waker.taken();
                }
                self.device.wake();
                News::Nothing
            }
            Posted::Quiet if self.resetting && self.inside.is_empty() => {
                self.resetting = false;
                self.registers.reset();
                News::ResetDone
            }
            Posted::Quiet => News::Nothing,
            Posted::Of(session, signal) => self.signal(session, signal),
        }
    }

    fn signal(&mut self, session: u64, signal: Signal) -> News {
        if self.session.as_ref().is_none_or(|current| current.number() != session) {
            return News::Nothing;
        }
        match signal {
            Signal::Used(queue) => News::Used(queue),
            Signal::ConfigChanged => News::ConfigChanged,
            Signal::NeedsReset if self.registers.needs_reset() => News::ConfigChanged,
            Signal::NeedsReset => News::Nothing,
        }
    }
}

/// The transport is gone, and its device with it: whoever still works for it finds the session over.
impl Drop for Core {
    fn drop(&mut self) {
        self.close();
    }
}
