//! How every model here is run: to its end within its bound, and once more for each defect that must make it fail.
#![allow(dead_code)] // Each model file uses its part.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use manyhart_runtime::planted::{self, Bug};

/// Explores `model` with at most `bound` preemptions, and shows that there was something to explore.
pub fn holds(bound: usize, model: impl Fn() + Send + Sync + 'static) {
    planted::disarm();
    let count = explore(bound, model);
    println!("{count} executions");
    assert!(count > 1, "nothing runs side by side in this model");
}

/// The same model must fail with this defect armed, and say `expected`.
pub fn fails_with(bug: Bug, expected: &str, bound: usize, model: impl Fn() + Send + Sync + 'static) {
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

fn explore(bound: usize, model: impl Fn() + Send + Sync + 'static) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(bound);
    builder.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        model();
    });
    count.load(Ordering::Relaxed)
}
