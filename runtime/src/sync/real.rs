//! The real primitives: `std`, `parking_lot`, `arc-swap`, `crossbeam`.

use std::sync::Arc;

pub(crate) use crossbeam::queue::SegQueue as Queue;
pub(crate) use parking_lot::{Condvar, Mutex};
pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::{Once, OnceLock, atomic};
pub(crate) use std::thread_local;

/// How often a waiter looks before it sleeps.
pub(crate) const SPINS: u32 = 64;

/// An `UnsafeCell` whose accesses loom can see.
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    #[inline]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

/// How long ago that was.
#[inline]
pub(crate) fn elapsed(since: std::time::Instant) -> std::time::Duration {
    since.elapsed()
}

/// A whole value that one writer replaces and anybody loads.
pub(crate) struct Published<T>(arc_swap::ArcSwap<T>);

impl<T> Published<T> {
    pub(crate) fn new(value: Arc<T>) -> Published<T> {
        Published(arc_swap::ArcSwap::new(value))
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        self.0.store(value);
    }

    pub(crate) fn load(&self) -> Arc<T> {
        self.0.load_full()
    }
}

/// How many readers that nobody uses are kept.
pub(crate) const POOL_PLACES: usize = 32;

/// Where this thread looks first, so that threads seldom meet.
pub(crate) fn first_place() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    std::thread_local! {
        static MINE: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    MINE.with(|mine| *mine)
}

/// Lets others run: first the host's scheduler decides how long, then longer and longer, up to a millisecond or so.
pub(crate) fn back_off(round: u32) {
    match round {
        0..32 => std::thread::yield_now(),
        _ => std::thread::sleep(crate::gate::rest((round - 32) / 8)),
    }
}

/// Whether nothing may be touched any more because a model has failed: never, here.
#[inline]
pub(crate) fn model_has_failed() -> bool {
    false
}

/// Runs a handler; `Err` with its message when it panics.
#[inline]
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
        text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".to_owned())
    })
}
