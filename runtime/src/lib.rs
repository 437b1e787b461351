//! A concurrent memory topology for emulators and VMMs.
//!
//! One writer, the [`topology`] actor, serialises every change of the region tree and publishes each result as one whole
//! immutable [`Snapshot`]; any number of [`Reader`]s (virtual CPUs, DMA engines, debuggers) look addresses up in it without a
//! lock. Devices are [`actor`]s that answer MMIO messages.
//!
//! # Principles, in order of priority
//! 1. No reader ever sees a torn view: an access uses exactly one published generation.
//! 2. Memory in use is never freed: a reader owns the snapshot that its cached pointers lead into. An error in the grace
//!    protocol may mistime a [`Retired`], it cannot free what somebody still reads.
//! 3. Nothing waits while it is online; a device's handler never waits at all.
//! 4. A mutation is refused whole, with a typed error, or published whole.
//! 5. This crate names no instruction set and no bus.
//!
//! # Known holes
//! * Guests race accesses of mixed sizes on the same bytes. The host's hardware defines that; Rust's memory model does not.
//!   All such accesses stand in [`ram`].
//! * `arc-swap` and `crossbeam` are not verified by the models in `loom-tests`, which put cells no stronger than their written
//!   contracts in their place (see `sync`).

pub mod access;
pub mod actor;
pub mod addr;
pub mod attention;
pub mod clock;
pub mod error;
#[cfg(feature = "vm-memory")]
pub mod guest_memory;
pub mod iommu;
pub mod line;
pub mod ram;
pub mod topology;
pub mod tunables;

#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
pub mod planted;

mod executive;
mod gate;
mod grace;
mod helper;
mod mailbox;
#[cfg(manyhart_loom)]
pub mod model;
mod reader;
mod reply;
mod slots;
mod sync;
mod trampoline;

pub use access::{AddressSpace, Hold, Requester};
pub use actor::{Access, Answer, Context, Device, DeviceHandle, MmioSpec, NoAnswer};
pub use addr::{AddrRange, Gpa};
pub use attention::Attention;
pub use clock::Clock;
pub use error::{BusError, DeviceError, TopologyError};
pub use executive::{Config, Executive, Statistics};
pub use gate::Paused;
pub use grace::Stall;
pub use line::{Line, LineSink};
pub use ram::RamBlock;
pub use reader::{DropCached, Flow, Invalidate, Reader};
pub use topology::{
    AddressSpaceId, Committed, FlatRange, FlatView, Generation, RegionId, Retired, RomDevice, RomDeviceMode, Snapshot,
    Target, Topology, Transaction,
};
