//! Deliberate defects, to show that the checks can fail. Each is one cfg'd line in the production code that asks `planted::is(Bug::X)`;
//! without the feature none of it is compiled at all.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A defect that can be armed, named after what the code then does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A disk's flush completes and the host was not asked.
    FlushWithoutSync,
}

/// The armed defect's index, plus one.
static ARMED: AtomicUsize = AtomicUsize::new(0);

/// Makes this defect happen from now on, in the whole process, and no other.
pub fn arm(bug: Bug) {
    ARMED.store(bug as usize + 1, Ordering::SeqCst);
}

/// Disarms it.
pub fn disarm() {
    ARMED.store(0, Ordering::SeqCst);
}

/// Whether this defect is armed.
#[inline]
pub(crate) fn is(bug: Bug) -> bool {
    ARMED.load(Ordering::Relaxed) == bug as usize + 1
}
