//! Loom's primitives, in the shapes of the real ones: see the module above for what each stands for.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use loom::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use crate::mutation::atomic;
pub(crate) use loom::cell::UnsafeCell;
pub(crate) use loom::thread_local;

pub(crate) use super::shape::{Condvar, Mutex};

/// A spin before a sleep only multiplies the executions.
pub(crate) const SPINS: u32 = 0;

/// See the module's text.
pub(crate) struct Published<T> {
    newest: AtomicUsize,
    // Never contended, and not modelled: the executions differ by `newest` alone.
    all: std::sync::Mutex<All<T>>,
}

/// Only the newest value is kept. That a load may still be about to get an older one is what the grace protocol must know: here it
/// finds that gone.
struct All<T> {
    newest: Arc<T>,
    ever: Vec<Weak<T>>,
}

impl<T> Published<T> {
    pub(crate) fn new(value: Arc<T>) -> Published<T> {
        let ever = vec![Arc::downgrade(&value)];
        Published { newest: AtomicUsize::new(0), all: std::sync::Mutex::new(All { newest: value, ever }) }
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        let (index, _superseded) = {
            let mut all = self.all.lock().expect("never poisoned");
            all.ever.push(Arc::downgrade(&value));
            (all.ever.len() - 1, std::mem::replace(&mut all.newest, value))
        };
        self.newest.store(index, Ordering::Release);
    }

    pub(crate) fn load(&self) -> Arc<T> {
        let index = self.newest.load(Ordering::Acquire);
        self.all.lock().expect("never poisoned").ever[index].upgrade().expect("loaded what was freed")
    }
}

/// See the module's text.
pub(crate) struct Queue<T>(loom::sync::Mutex<VecDeque<T>>);

impl<T> Queue<T> {
    pub(crate) fn new() -> Queue<T> {
        Queue(loom::sync::Mutex::new(VecDeque::new()))
    }

    pub(crate) fn push(&self, value: T) {
        self.0.lock().expect("never poisoned").push_back(value);
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.0.lock().expect("never poisoned").pop_front()
    }
}

/// See the module's text.
pub(crate) struct SwapCell<T>(loom::sync::Mutex<Option<Box<T>>>);

impl<T> SwapCell<T> {
    pub(crate) fn new() -> SwapCell<T> {
        SwapCell(loom::sync::Mutex::new(None))
    }

    pub(crate) fn swap(&self, value: Option<Box<T>>) -> Option<Box<T>> {
        std::mem::replace(&mut *self.0.lock().expect("never poisoned"), value)
    }
}

/// As many as a model has threads.
pub(crate) const POOL_PLACES: usize = 2;

/// Everybody begins at the same place.
pub(crate) fn first_place() -> usize {
    0
}

/// The other threads go on before this one looks again.
pub(crate) fn back_off(_: u32) {
    loom::thread::yield_now();
}

/// While a failed model unwinds, drops must leave loom's objects alone.
pub(crate) fn model_has_failed() -> bool {
    std::thread::panicking()
}

/// A panic in a model is the model's verdict, and nothing may swallow it.
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    Ok(f())
}
