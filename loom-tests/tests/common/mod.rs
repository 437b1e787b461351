//! How every model here is run: to its end within its bound, and once more for each defect that must make it fail.
#![allow(dead_code)] // Each model file uses its part.
#![allow(unsafe_code)] // For `Watched` to be shared: it has no contents.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loom::cell::UnsafeCell;
use manyhart_runtime::mutation;
use manyhart_runtime::planted::{self, Bug};

/// Something that many may read at once and one alone may write, whatever keeps them apart: loom fails the model when that is nothing.
#[derive(Default)]
pub struct Watched(UnsafeCell<()>);

// SAFETY: there is nothing in it; that accesses would race is what loom looks for.
unsafe impl Sync for Watched {}
// SAFETY: as above.
unsafe impl Send for Watched {}

impl Watched {
    /// Uses it.
    pub fn read(&self) {
        self.0.with(|at| assert!(!at.is_null()));
    }

    /// Changes it, or ends its life.
    pub fn write(&self) {
        self.0.with_mut(|at| assert!(!at.is_null()));
    }
}

/// Explores `model` with at most `bound` preemptions, and shows that there was something to explore.
pub fn holds(bound: usize, model: impl Fn() + Send + Sync + 'static) {
    planted::disarm();
    let count = explore(bound, model);
    mutation::print_sites();
    assert!(count > 1, "nothing runs side by side in this model");
}

/// The same model must fail with this defect armed, and say `expected`.
pub fn fails_with(bug: Bug, expected: &str, bound: usize, model: impl Fn() + Send + Sync + 'static) {
    if mutation::is_under_way() {
        return;
    }
    planted::disarm();
    planted::arm(bug);
    let outcome = catch_unwind(AssertUnwindSafe(|| explore(bound, model)));
    planted::disarm();
    match outcome {
        Ok(count) => panic!("{bug:?} was not found in {count} executions"),
        Err(payload) => {
            let said = payload.downcast_ref::<String>().cloned();
            let said = said.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default();
            assert!(said.contains(expected), "{bug:?} was found by another message: {said}");
        }
    }
}

/// How many executions there have been; says so in the end, whatever the end is.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

struct Say(Count);

impl Drop for Say {
    fn drop(&mut self) {
        println!("{} executions", self.0.get());
    }
}

fn explore(bound: usize, model: impl Fn() + Send + Sync + 'static) -> usize {
    let count = Count::default();
    let (counter, _say) = (count.clone(), Say(count.clone()));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(bound);
    builder.check(move || {
        counter.0.fetch_add(1, Ordering::Relaxed);
        model();
    });
    count.get()
}
