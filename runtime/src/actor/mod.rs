//! Actors: one handler at a time, messages in one order, no thread of their own.
//!
//! A sender that finds an actor idle runs its handler itself; otherwise the message queues and whoever runs the actor drains it. A
//! handler never waits: what needs another actor is posted, or answered later through a deferred [`Reply`].

use std::sync::Arc;

use crate::{BusError, Clock, DeviceError, Requester, Topology};

/// One MMIO access as a device sees it, already shaped to what its [`MmioSpec`] says it implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Which of the device's regions: the number it was mapped with.
    pub region: u32,
    /// Bytes from the start of that region.
    pub offset: u64,
    /// 1, 2, 4 or 8 bytes.
    pub size: u8,
    /// Who asks.
    pub requester: Requester,
}

/// What a handler returns: a value, or why there is none (yet).
pub type Answer<T> = Result<T, NoAnswer>;

/// Why a handler returns no value.
#[derive(Debug)]
pub enum NoAnswer {
    /// The device refuses.
    Refused(DeviceError),
    /// The answer comes later, through the [`Reply`] that [`Context::defer`] gave.
    Deferred(Deferred),
}

impl From<DeviceError> for NoAnswer {
    fn from(error: DeviceError) -> NoAnswer {
        NoAnswer::Refused(error)
    }
}

/// Proof that [`Context::defer`] was called; only it makes one.
#[derive(Debug)]
pub struct Deferred(());

/// Answers one deferred access, from any thread. Dropping it unanswered answers [`BusError::Gone`]: no caller hangs.
#[derive(Debug)]
pub struct Reply(());

impl Reply {
    /// Answers a read with its value, a write with any value.
    pub fn answer(self, value: Result<u64, DeviceError>) {
        let _ = value;
        unimplemented!()
    }
}

/// A device: registers plus injected outputs. It knows no bus, no address and no thread.
pub trait Device: Send + 'static {
    /// What its own workers, timers and lines post to it; `()` where there is none.
    type Message: Send + 'static;

    /// A read. Handlers never wait.
    fn read(&mut self, cx: &mut Context<'_, Self::Message>, access: Access) -> Answer<u64>;

    /// A write of the low `access.size` bytes of `value`.
    fn write(&mut self, cx: &mut Context<'_, Self::Message>, access: Access, value: u64) -> Answer<()>;

    /// A message that was posted.
    fn message(&mut self, cx: &mut Context<'_, Self::Message>, message: Self::Message) {
        let _ = (cx, message);
    }

    /// Back to the state of power-on. The machine is paused.
    fn reset(&mut self, cx: &mut Context<'_, Self::Message>);

    /// The machine stops: push out what is buffered. Called once, last.
    fn flush(&mut self, cx: &mut Context<'_, Self::Message>) {
        let _ = cx;
    }
}

/// What a handler may use of the runtime.
pub struct Context<'a, M> {
    _todo: std::marker::PhantomData<&'a M>,
}

impl<M: Send + 'static> Context<'_, M> {
    /// The machine's clock.
    pub fn clock(&self) -> &Clock {
        unimplemented!()
    }

    /// The topology, for transactions that are posted (see `Topology::post`); a handler must not wait for one.
    pub fn topology(&self) -> &Topology {
        unimplemented!()
    }

    /// Answers this access later.
    pub fn defer(&mut self) -> (Reply, Deferred) {
        unimplemented!()
    }

    /// A handle to post to this device, for workers, timers and completions.
    pub fn me(&self) -> Poster<M> {
        unimplemented!()
    }

    /// Posts `message` to this device once the clock has passed `ticks`.
    pub fn post_at(&mut self, ticks: u64, message: M) {
        let _ = (ticks, message);
        unimplemented!()
    }
}

/// Posts to one device; does not keep it alive.
pub struct Poster<M> {
    _todo: std::marker::PhantomData<fn(M)>,
}

impl<M> Clone for Poster<M> {
    fn clone(&self) -> Poster<M> {
        unimplemented!()
    }
}

impl<M: Send + 'static> Poster<M> {
    /// Sends `message` without waiting for it to be handled; `false` when the device is gone.
    pub fn post(&self, message: M) -> bool {
        let _ = message;
        unimplemented!()
    }
}

/// A device that runs. Cheap to clone; the device is dropped with its last handle and its last mapping.
pub struct DeviceHandle<D: Device> {
    _todo: Arc<D>,
}

impl<D: Device> Clone for DeviceHandle<D> {
    fn clone(&self) -> DeviceHandle<D> {
        unimplemented!()
    }
}

impl<D: Device> DeviceHandle<D> {
    /// The name it was spawned with.
    pub fn name(&self) -> &str {
        unimplemented!()
    }

    /// Whether a handler of it has panicked.
    pub fn is_failed(&self) -> bool {
        unimplemented!()
    }

    /// A handle that posts and does not keep the device alive.
    pub fn poster(&self) -> Poster<D::Message> {
        unimplemented!()
    }

    /// Posts a message; `false` when the device is gone.
    pub fn post(&self, message: D::Message) -> bool {
        let _ = message;
        unimplemented!()
    }

    /// Resets the device and waits for it (control threads only).
    pub fn reset(&self) -> Result<(), BusError> {
        unimplemented!()
    }

    /// One of its regions, to be mapped: `region` comes back in each [`Access`], `spec` shapes what arrives.
    pub fn mmio(&self, region: u32, spec: MmioSpec) -> MmioTarget {
        let _ = (region, spec);
        unimplemented!()
    }
}

/// A device's region as the topology maps it: a mailbox, a region number and the shape of accesses.
#[derive(Clone)]
pub struct MmioTarget {
    _todo: (),
}

/// Which accesses a region allows, and how it carries them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MmioSpec {
    /// What a guest may do; anything else is a typed error.
    pub valid: AccessShape,
    /// What the device's handlers do; the rest is split, widened or assembled from it.
    pub implemented: AccessShape,
    /// Whether a narrower write may be carried out as read, modify, write. Otherwise it is refused.
    pub narrow_writes_by_rmw: bool,
    /// The device's byte order.
    pub byte_order: ByteOrder,
}

/// Sizes in bytes (1, 2, 4, 8) and whether an access may be unaligned to its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessShape {
    /// The smallest.
    pub min: u8,
    /// The largest.
    pub max: u8,
    /// Whether unaligned ones are in it.
    pub unaligned: bool,
}

/// A device's byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ByteOrder {
    /// Least significant byte first.
    #[default]
    Little,
    /// Most significant byte first.
    Big,
}

impl MmioSpec {
    /// Aligned accesses of `min` to `max` bytes, implemented as they come, little-endian.
    pub const fn aligned(min: u8, max: u8) -> MmioSpec {
        let shape = AccessShape { min, max, unaligned: false };
        MmioSpec { valid: shape, implemented: shape, narrow_writes_by_rmw: false, byte_order: ByteOrder::Little }
    }
}
