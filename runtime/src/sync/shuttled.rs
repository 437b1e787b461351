//! Shuttle's primitives. Its schedules are sequentially consistent, so the real cells need nothing but a place where others may come first:
//! each operation begins with one.

use std::sync::Arc;

pub(crate) use shuttle::hint::spin_loop;
pub(crate) use shuttle::sync::Once;
pub(crate) use shuttle::sync::atomic;
pub(crate) use shuttle::thread_local;

pub(crate) use super::real::{OnceLock, elapsed};
pub(crate) use super::shape::{Condvar, Mutex};

use super::real;
use atomic::{AtomicBool, Ordering};

/// A spin before a sleep only makes schedules longer.
pub(crate) const SPINS: u32 = 0;

/// A place where the schedule may go on with another thread.
struct Switch(AtomicBool);

impl Switch {
    fn new() -> Switch {
        Switch(AtomicBool::new(false))
    }

    fn here(&self) {
        self.0.load(Ordering::SeqCst);
    }
}

/// An `UnsafeCell` that notices when two are in it at once.
pub(crate) struct UnsafeCell<T> {
    inside: AtomicBool,
    value: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell { inside: AtomicBool::new(false), value: std::cell::UnsafeCell::new(value) }
    }

    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        assert!(!self.inside.swap(true, Ordering::SeqCst) || model_has_failed(), "two at once in what one owns");
        let result = f(self.value.get());
        self.inside.store(false, Ordering::SeqCst);
        result
    }
}

pub(crate) struct Published<T>(real::Published<T>, Switch);

impl<T> Published<T> {
    pub(crate) fn new(value: Arc<T>) -> Published<T> {
        Published(real::Published::new(value), Switch::new())
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        self.1.here();
        self.0.store(value);
    }

    pub(crate) fn load(&self) -> Arc<T> {
        self.1.here();
        self.0.load()
    }
}

pub(crate) struct Queue<T>(real::Queue<T>, Switch);

impl<T> Queue<T> {
    pub(crate) fn new() -> Queue<T> {
        Queue(real::Queue::new(), Switch::new())
    }

    pub(crate) fn push(&self, value: T) {
        self.1.here();
        self.0.push(value);
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.1.here();
        self.0.pop()
    }
}

/// Fewer than a model has threads, so that they meet.
pub(crate) const POOL_PLACES: usize = 2;

/// Everybody begins at the same place.
pub(crate) fn first_place() -> usize {
    0
}

/// The other threads go on before this one looks again.
pub(crate) fn back_off(_: u32) {
    shuttle::thread::yield_now();
}

/// While a failed model unwinds, drops must leave the model's objects alone.
pub(crate) fn model_has_failed() -> bool {
    std::thread::panicking()
}

/// A panic in a model is the model's verdict, and nothing may swallow it.
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    Ok(f())
}
