//! How strongly guest memory is accessed: what the orderings that a guest asks for become on the host. Whoever runs guest code goes by this one
//! table, and the models of guests' shapes go by it too (`loom-tests/tests/guest_order.rs`).
//!
//! A guest's memory model may be stronger than what an ordering of Rust's promises for one atomic alone: an acquire orders *all* that follows after
//! the whole read-modify-write, its store included, and a release all that went before. So an ordered atomic has full fences around it, where the host's
//! read-modify-write is none by itself.
//!
//! Dependencies (address, data, control) are kept by the host's hardware, which sees the same dependencies: no table can say so.

#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::atomic::{self, Ordering};

/// A guest's load, without an ordering of its own.
pub const LOAD: Ordering = Ordering::Relaxed;
/// A guest's store, without an ordering of its own.
pub const STORE: Ordering = Ordering::Relaxed;

/// A locked instruction of x86 is a full fence; the models take no host for granted.
const ATOMICS_ARE_FENCES: bool = cfg!(all(target_arch = "x86_64", not(manyhart_loom)));

/// The order of a fence: only one that keeps a store before a later load has to be the strongest.
pub const fn of_fence(stores_before_loads: bool) -> Ordering {
    if stores_before_loads { Ordering::SeqCst } else { Ordering::AcqRel }
}

/// A guest's fence. (Who runs guests takes [`Reader::fence`](crate::Reader::fence), which polls after it.)
#[inline]
pub fn fence(order: Ordering) {
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    let order = match order {
        _ if planted::is(Bug::GuestFenceDropped) => return,
        Ordering::SeqCst if planted::is(Bug::StorePassesGuestFence) => Ordering::AcqRel,
        order => order,
    };
    atomic::fence(order);
}

/// A guest's read-modify-write, which `operation` carries out with the order that it is given; `is_ordered` when it acquires, releases, or both.
#[inline(always)]
pub fn modify<R>(is_ordered: bool, operation: impl FnOnce(Ordering) -> R) -> R {
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    let is_ordered = is_ordered && !planted::is(Bug::AtomicUnordered);
    if ATOMICS_ARE_FENCES {
        // All are that strong here, and nobody need ask.
        return operation(Ordering::SeqCst);
    }
    if !is_ordered {
        return operation(Ordering::Relaxed);
    }
    around(|| operation(Ordering::SeqCst))
}

/// Keeps what comes before before it, and what comes after after it.
fn around<R>(operation: impl FnOnce() -> R) -> R {
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    if planted::is(Bug::AtomicWithoutFences) {
        return operation();
    }
    atomic::fence(Ordering::SeqCst);
    let result = operation();
    atomic::fence(Ordering::SeqCst);
    result
}

/// What an ordered load-reserved has before it: what it releases is before the load, and before its place is watched.
#[inline(always)]
pub fn before_reserved() {
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    if planted::is(Bug::ReservedTooEarly) {
        return;
    }
    atomic::fence(Ordering::SeqCst);
}

/// What a load-reserved has after its load: for those that are ordered, and it costs the others nothing on x86-64.
#[inline(always)]
pub fn after_reserved() {
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    if planted::is(Bug::ReservedTooLate) {
        return;
    }
    atomic::fence(Ordering::Acquire);
}
