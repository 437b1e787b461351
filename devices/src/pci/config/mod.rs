//! Configuration space as pure state: bytes, which of them a guest may write and how, and what they mean for the map. Nothing here knows an
//! actor, a region or a bus; what a write sets in motion is read off the state before and after it.
//!
//! * `space`: the bytes with their masks.
//! * [`header`]: the standard registers of both header types.
//! * [`bars`]: base address registers and the expansion ROM's.
//! * [`window`]: what a bridge forwards.
//! * [`capability`]: the chains of capabilities.
//! * [`express`]: the PCI Express and power management capabilities.

pub mod bars;
pub mod capability;
pub mod express;
pub mod header;
mod space;
#[cfg(test)]
mod tests;
pub mod window;

pub use space::{ConfigSpace, ResetKind, SIZE, Written};
