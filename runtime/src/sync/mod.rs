//! The one place that chooses between the real primitives and those of a model checker; nothing else in the crate knows which it got.
//!
//! Under `cfg(manyhart_loom)`, which only the package `loom-tests` sets, this crate's own source is compiled with the cells
//! of `loomed`. Each is no stronger than the written contract of what it stands for:
//! * [`Published`] stands for `arc_swap::ArcSwap`: a Release store and an Acquire load of an index, which keep no superseded value alive.
//!   The crate is stronger; nothing here may lean on that.
//! * [`Queue`] stands for `crossbeam`'s `SegQueue`: there is an edge from a push to the pop that takes its element, and no other. A pop that
//!   nothing orders behind a push may miss it.
//! * [`OnceLock`] stands for `std`'s: an edge from its setting to whoever finds it set; whom nothing orders behind that may miss it.
//! * [`Mutex`] and [`Condvar`] stand for `parking_lot`'s. Waits that time out do not under loom: no model needs one to.
//! * [`SwapCell`] is itself in every build, over the build's own atomic pointer. Atomics and fences are loom's, behind `mutation`, which can weaken any one ordering.
//!
//! `std::sync::Arc` is used everywhere and is not modelled: its counts only decide when a drop runs, and no drop here synchronises
//! anything else.
//!
//! Under `cfg(manyhart_shuttle)`, which only the package `shuttle-tests` sets, the real cells are used, each operation of theirs one step
//! of a schedule (`shuttled`). Everything is sequentially consistent there: orderings are loom's to check, sizes are shuttle's.

#[cfg(manyhart_loom)]
mod loomed;
#[cfg(not(manyhart_loom))]
#[cfg_attr(manyhart_shuttle, allow(dead_code, unused_imports))]
// the model takes some of them, and puts the rest in its own clothes
mod real;
#[cfg(any(manyhart_loom, manyhart_shuttle))]
mod shape;
#[cfg(manyhart_shuttle)]
mod shuttled;
mod swap;

#[cfg(manyhart_loom)]
pub(crate) use loomed::*;
#[cfg(not(any(manyhart_loom, manyhart_shuttle)))]
pub(crate) use real::*;
#[cfg(manyhart_shuttle)]
pub(crate) use shuttled::*;
pub use swap::SwapCell;
