//! One activation of a device, from DRIVER_OK to reset: who may touch guest memory, and how a driver is told.
//!
//! A reset must not be answered while a worker still reads or writes guest memory: the driver gives those pages to somebody else next. So
//! workers touch memory under a [`Guard`], and a session that is over grants none and counts those that are out.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use manyhart_runtime::guest_memory::{GuestSpace, GuestView};
use vm_memory::GuestAddressSpace;

/// What a transport is told by a device, its workers and its guards.
pub(super) enum Posted {
    /// First of all: the device is to be attached.
    Attach,
    /// Of the session with this number.
    Of(u64, Signal),
    /// Somebody has called [`Waker::wake`].
    Wake,
    /// A session is over, and nobody is inside any more.
    Quiet,
}

/// Posts to a transport; `false` when it is gone.
pub(super) type Post = Arc<dyn Fn(Posted) -> bool + Send + Sync>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Used(u16),
    ConfigChanged,
    NeedsReset,
}

/// How many are inside of guest memory in the name of one device, in whatever session. A clone waits for them from a control thread.
#[derive(Clone, Default)]
pub struct Inside(Arc<AtomicU64>);

impl Inside {
    pub(super) fn is_empty(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 0
    }

    /// Waits until nobody is inside, at most for `limit`; whether that came in time. For control threads, after a reset of the device and before memory is
    /// given another meaning.
    pub fn wait(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        while !self.is_empty() {
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        true
    }
}

/// One activation.
pub(super) struct Session {
    number: u64,
    over: AtomicBool,
    inside: Inside,
    /// The device has failed: said once.
    failed: AtomicBool,
    transport: Post,
}

impl Session {
    pub(super) fn new(number: u64, inside: Inside, transport: Post) -> Arc<Session> {
        let (over, failed) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Session { number, over, inside, failed, transport })
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Grants no more guards. When the caller then finds somebody inside, the last who leaves posts [`Posted::Quiet`].
    ///
    /// Here: `over` is set, then `inside` is read. There ([`Memory::enter`]): `inside` is raised, then `over` is read. Both sequentially
    /// consistent, so that either the one who enters sees that it is over and leaves again, or it is counted here. And who leaves lowers
    /// `inside`, then reads `over`: either it sees that it is the last one waited for, or this here finds it gone.
    pub(super) fn close(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn leave(&self) {
        if self.inside.0.fetch_sub(1, Ordering::SeqCst) == 1 && self.is_over() {
            self.post(Posted::Quiet);
        }
    }

    fn tell(&self, signal: Signal) {
        if !self.is_over() {
            self.post(Posted::Of(self.number, signal));
        }
    }

    fn post(&self, message: Posted) {
        if !(self.transport)(message) {
            tracing::trace!("a device that is gone has something to tell");
        }
    }
}

/// Guest memory as a device sees it, until the reset. Cheap to clone.
#[derive(Clone)]
pub struct Memory {
    space: GuestSpace,
    session: Arc<Session>,
}

impl Memory {
    pub(super) fn new(space: GuestSpace, session: Arc<Session>) -> Memory {
        Memory { space, session }
    }

    /// Memory of the newest map, for one piece of work: a few chains, one host request. `None` when the activation is over.
    ///
    /// A worker waits here while the machine is paused. A grace period waits for guards, so keep none for longer than the work takes.
    pub fn enter(&self) -> Option<Guard> {
        // The wait for a pause comes first: who waits here is not inside.
        let view = self.space.memory();
        self.session.inside.0.fetch_add(1, Ordering::SeqCst);
        let counted = Arc::new(Counted(Arc::clone(&self.session)));
        if self.session.is_over() { None } else { Some(Guard { view, _counted: counted }) }
    }
}

/// Guest memory of one generation. Cheap to clone; it counts until the last clone is dropped. Where rust-vmm asks for memory, pass `&*guard`, and
/// where it asks for something that leads to memory, a clone.
#[derive(Clone)]
pub struct Guard {
    view: Arc<GuestView>,
    _counted: Arc<Counted>,
}

impl Deref for Guard {
    type Target = GuestView;

    fn deref(&self) -> &GuestView {
        &self.view
    }
}

struct Counted(Arc<Session>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// How a device tells its driver. Cheap to clone, for any thread, mute after the reset. Each is a message to the transport: write to guest memory
/// first, and the driver will see it.
#[derive(Clone)]
pub struct Interrupts {
    session: Arc<Session>,
}

impl Interrupts {
    pub(super) fn new(session: Arc<Session>) -> Interrupts {
        Interrupts { session }
    }

    /// Buffers of a queue were used. Most devices call [`Virtqueue::signal`](super::Virtqueue::signal), which first looks whether the driver wants to hear.
    pub fn used(&self, queue: u16) {
        self.session.tell(Signal::Used(queue));
    }

    /// The configuration space has changed.
    pub fn config_changed(&self) {
        self.session.tell(Signal::ConfigChanged);
    }

    /// The device cannot go on, because of what the driver did or because the host failed: DEVICE_NEEDS_RESET. Whatever calls it repeatedly is heard once.
    pub fn needs_reset(&self, why: &str) {
        if !self.session.failed.swap(true, Ordering::Relaxed) {
            tracing::warn!("a virtio device needs a reset: {why}");
            self.session.tell(Signal::NeedsReset);
        }
    }

    /// Whether the device has failed since it was activated: it does no more work.
    pub fn has_failed(&self) -> bool {
        self.session.failed.load(Ordering::Relaxed)
    }

    /// Whether the activation is over.
    pub fn is_over(&self) -> bool {
        self.session.is_over()
    }
}

/// Has the transport call [`VirtioDevice::wake`](super::VirtioDevice::wake), from any thread. Cheap to clone. What is to be done goes by a channel of the
/// device's own, first.
#[derive(Clone)]
pub struct Waker {
    transport: Post,
    /// A wake is under way.
    pending: Arc<AtomicBool>,
}

impl Waker {
    pub(super) fn new(transport: Post) -> Waker {
        Waker { transport, pending: Arc::default() }
    }

    /// Asks for a call. Whatever was sent before it is seen by that call.
    ///
    /// Here: send, then set `pending`. There: clear `pending`, then look. Whoever finds it set already leaves it to a wake that has not
    /// looked yet.
    pub fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) && !(self.transport)(Posted::Wake) {
            tracing::trace!("a wake for a device that is gone");
        }
    }

    /// The wake has come; called before the device is.
    pub(super) fn taken(&self) {
        self.pending.swap(false, Ordering::AcqRel);
    }
}
