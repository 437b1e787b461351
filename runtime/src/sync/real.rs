//! The real primitives: `std`, `parking_lot`, `arc-swap`, `crossbeam`.
#![allow(unsafe_code)] // For `SwapCell`, which owns what its pointer leads to.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

pub(crate) use crossbeam::queue::SegQueue as Queue;
pub(crate) use parking_lot::{Condvar, Mutex};
pub(crate) use std::sync::atomic;
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

/// One owned value or none, which anybody swaps, without a lock.
///
/// Not `crossbeam`'s `AtomicCell`: that swaps a pointer as an integer, which loses what the pointer may be used for (Miri found it).
pub(crate) struct SwapCell<T> {
    at: AtomicPtr<T>,
    /// Whoever swaps gets the value itself, and shares nothing.
    owns: PhantomData<std::sync::Mutex<T>>,
}

impl<T> SwapCell<T> {
    pub(crate) fn new() -> SwapCell<T> {
        SwapCell { at: AtomicPtr::new(std::ptr::null_mut()), owns: PhantomData }
    }

    pub(crate) fn swap(&self, value: Option<Box<T>>) -> Option<Box<T>> {
        let new = value.map_or(std::ptr::null_mut(), Box::into_raw);
        // AcqRel: what was done to a value before it was put in happens before whoever takes it out.
        let old = self.at.swap(new, Ordering::AcqRel);
        // SAFETY: only `Box::into_raw` above puts pointers in, and the swap that takes one out is the only one that gets it.
        (!old.is_null()).then(|| unsafe { Box::from_raw(old) })
    }
}

impl<T> Drop for SwapCell<T> {
    fn drop(&mut self) {
        drop(self.swap(None));
    }
}

/// How many readers that nobody uses are kept.
pub(crate) const POOL_PLACES: usize = 32;

/// Where this thread looks first, so that threads seldom meet.
pub(crate) fn first_place() -> usize {
    use std::sync::atomic::AtomicUsize;
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

#[cfg(all(test, not(any(manyhart_loom, manyhart_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_taken_out_once_and_none_is_lost() {
        let (cell, value) = (SwapCell::new(), Arc::new(()));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        drop(cell.swap(Some(Box::new(Arc::clone(&value)))));
                        drop(cell.swap(None));
                    }
                });
            }
        });
        assert!(cell.swap(Some(Box::new(Arc::clone(&value)))).is_none());
        assert_eq!(Arc::strong_count(&value), 2, "one is inside");
        drop(cell);
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
