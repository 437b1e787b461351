//! Loom's primitives, in the shapes of the real ones: see the module above for what each stands for.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub(crate) use crate::mutation::atomic;
pub(crate) use loom::cell::UnsafeCell;
pub(crate) use loom::hint::spin_loop;
pub(crate) use loom::thread_local;
pub(crate) use std::sync::Once; // one thread of a model coalesces

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
pub(crate) struct Queue<T> {
    /// How many ever came, and how many went. Relaxed: a pop that nothing orders behind a push may miss it.
    pushed: AtomicUsize,
    popped: AtomicUsize,
    /// What a value's taker synchronises with its giver by, in turn: more than a model leaves waiting.
    given: [AtomicBool; QUEUED],
    // Never contended, and not modelled: each end is changed in one go with its count.
    values: std::sync::Mutex<VecDeque<T>>,
}

const QUEUED: usize = 8;

impl<T> Queue<T> {
    pub(crate) fn new() -> Queue<T> {
        let [pushed, popped] = [(); 2].map(|()| AtomicUsize::new(0));
        let given = [(); QUEUED].map(|()| AtomicBool::new(false));
        Queue { pushed, popped, given, values: std::sync::Mutex::default() }
    }

    pub(crate) fn push(&self, value: T) {
        let number = self.pushed.fetch_add(1, Ordering::Relaxed);
        let waiting = {
            let mut values = self.values.lock().expect("never poisoned");
            values.push_back(value);
            values.len()
        };
        assert!(waiting <= QUEUED, "a model of so many messages needs a longer queue");
        // Not a store: loom has no order between one and a change by another thread.
        self.given[number % QUEUED].swap(true, Ordering::Release);
    }

    pub(crate) fn pop(&self) -> Option<T> {
        // A change reads the newest count, a look need not.
        let number = self.popped.fetch_add(0, Ordering::Relaxed);
        if self.pushed.load(Ordering::Relaxed) <= number {
            return None;
        }
        self.popped.fetch_add(1, Ordering::Relaxed);
        let value = self.values.lock().expect("never poisoned").pop_front()?;
        // Its giver may be about to say so: then that is waited for, as the crate's queue does.
        while !self.given[number % QUEUED].swap(false, Ordering::Acquire) {
            loom::thread::yield_now();
        }
        Some(value)
    }
}

/// A cell that is set once; who finds it set sees what was done before.
pub(crate) struct OnceLock<T> {
    is_set: AtomicBool,
    value: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> OnceLock<T> {
        OnceLock { is_set: AtomicBool::new(false), value: std::sync::OnceLock::new() }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.is_set.load(Ordering::Acquire).then(|| self.value.get()).flatten()
    }

    /// By one thread at a time.
    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        let value = self.value.get_or_init(make);
        self.is_set.store(true, Ordering::Release);
        value
    }
}

/// The host's time stands still, so that models are repeatable.
pub(crate) fn elapsed(_: Instant) -> Duration {
    Duration::from_secs(1000)
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
