//! A concurrent memory topology for emulators and VMMs.
//!
//! One writer, the [`topology`] actor, serialises every change of the region tree and publishes each result as one whole
//! immutable [`Snapshot`]; any number of [`Reader`]s (virtual CPUs, DMA engines, debuggers) look addresses up in it without a
//! lock. Devices are [`actor`]s that answer MMIO messages.
//!
//! ```
//! use std::sync::Arc;
//! use manyhart_runtime::{Clock, Config, Executive, Gpa, RamBlock, Requester};
//!
//! let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
//! let mut tx = executive.topology().transaction();
//! let system = tx.container("system", 1 << 64);
//! let ram = tx.ram("ram", Arc::new(RamBlock::anonymous("ram", 0x10_0000)?));
//! tx.add_subregion(system, 0x8000_0000, ram);
//! let space = tx.address_space("memory", system);
//! tx.commit()?;
//!
//! let memory = executive.topology().address_space(space);
//! memory.store(Gpa(0x8000_0010), 42u64, Requester::Debugger)?;
//! assert_eq!(memory.load::<u64>(Gpa(0x8000_0010), Requester::Debugger)?, 42);
//! // Nothing decodes there: a typed error, never a magic value.
//! assert!(memory.load::<u64>(Gpa(0), Requester::Debugger).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Principles, in order of priority
//! 1. No reader ever sees a torn view: an access uses exactly one published generation.
//! 2. Memory in use is never freed: a reader owns the snapshot that its cached pointers lead into. An error in the grace
//!    protocol may mistime a [`Retired`], it cannot free what somebody still reads.
//! 3. Nothing waits while it is online; a device's handler never waits at all.
//! 4. A mutation is refused whole, with a typed error, or published whole.
//! 5. This crate names no instruction set and no bus.
//!
//! # What a view is
//! What a region *is* (memory, a device's registers, a container, an alias) stands apart from where it is placed. A [`Transaction`] records
//! changes of the tree: regions made, placed at an offset in a parent, moved, resized, hidden, taken out. Committed, it is judged whole and
//! the tree is rendered: what lies above wins (a higher priority among siblings, the later at equal priority), holes show what lies
//! below, children are clipped to their parents, aliases show a window of another region. The result is a [`FlatView`] for each address
//! space: a sorted list of disjoint ranges, each with what answers in it. The views of all spaces together, with a [`Generation`], are a
//! [`Snapshot`]. A snapshot is never changed; the next commit publishes another, which shares what did not change. So whoever holds one
//! needs no lock, and two addresses that are looked up in it are of one map.
//!
//! A reader does not ask for the newest snapshot at each access. It holds one, caches what it learns from it (host pointers, decoded code), and
//! looks at one word to find out that there is a newer one: [`Reader::must_check`]. Where it looks decides what it may have missed: at
//! every bounded batch of work; after the host fence of every guest fence ([`Reader::fence`] does it in the right order); after every access
//! that went to a device; after it took an interrupt. Then [`Reader::resync`] has its caches drop what changed, in the intervals that
//! changed, takes the new snapshot, and only then says so to others.
//!
//! # When memory may be freed
//! A commit answers in two stages. [`Committed`] says that the new generation is published: a reader that looks from now on finds it.
//! [`Retired`] says that nobody can reach any more what the commit took away: every reader that was online has acknowledged the new generation
//! or gone offline, every [pin](RamBlock::pin) and every [`Hold`] of before is let go, and what had been sent to a device that lost an address is
//! handled. Then, and only then, the runtime lets go of a destroyed region's memory and drops its device. What belongs to you besides
//! (a file behind the memory, a host's slot for it) may go when `Retired` completes, never on `Committed`.
//!
//! * A reader that waits (a sleeping CPU, a full queue, a reply) is offline and holds nothing up: [`Reader::go_offline`], and
//!   [`Reader::checkpoint`] to come back.
//! * Whatever outlives a poll (host I/O straight into guest memory) takes a pin first and lets go of it after.
//! * What holds a grace period up is named: [`Executive::stalled`].
//!
//! # The deadlock rules
//! 1. Whoever is online never waits. A reader goes offline before any wait; the runtime does so for accesses that wait for a device.
//! 2. A handler never waits: not for a lock that is held long, not for a commit ([`Transaction::post`] instead of
//!    [`Transaction::commit`], which is refused there), not for another device. A handler that needs something first answers later:
//!    [`Context::defer`].
//! 3. Only control threads and readers wait; only control threads wait for a grace period ([`Retired::wait`]), for a
//!    [pause](Executive::pause), or look at the tree ([`Topology::survey`]).
//! 4. A device that reaches itself, directly or through others, gets [`BusError::Reentrant`] with the path, never a hang.
//! 5. Whoever has paused the machine resumes it: [`Paused`] does so when it is dropped. Commits go on meanwhile, messages to devices wait, so
//!    do not wait under a pause for a device's `Retired`.
//!
//! # Devices that reach memory
//! A device's DMA goes through [`AddressSpace`], or in its own name through [`Dma`]: which space that is stands in the snapshot
//! ([`Transaction::assign_device`]), so that a device, its gate and the map around it change in one publication. Spaces that show the same share one
//! view. What must arrive from anywhere without waiting, an interrupt message say, goes to [`Registers`] that no actor stands behind, and waits in an
//! [`InterruptFile`] for its CPU. An [`iommu`] region goes on in another space, access by access. With the feature `vm-memory` an address space serves rust-vmm's
//! traits (`guest_memory`), and that project's devices run on it as they are, each piece of their work under one [`Hold`].
//!
//! # Looking at it
//! [`Topology::survey`] is the whole map as plain data: the tree and the flat views as text and as structures, and a
//! [picture](topology::Survey::svg). [`Topology::history`] has the generations before, their differences, and says
//! [why](topology::History::why) an address decoded to what it did or to nothing. [`Topology::lint`] lists what is lawful and probably not meant.
//!
//! # Examples
//! Each shows one concept (`cargo run -p manyhart-runtime --example …`): `map` (regions, priorities, aliases), `transaction` (all or
//! nothing), `device` (an actor with registers), `deferred` (a handler that answers later), `reader` (a CPU's loop and its cache), `retire` (when
//! memory may be freed), `messages` (interrupts that are writes), `listener` (a copy that is kept elsewhere), `logging` (which pages were written), `pause`, `coalescing` (writes
//! that nobody waits for), `why` (history and differences), `picture`, `virtqueue` (a device of rust-vmm, with the feature `vm-memory`), `kvm` (a machine of the
//! host's hypervisor, with the feature `kvm`). `mmio_latency` and `dirty_cost` measure.
//!
//! # Known holes
//! * Guests race accesses of mixed sizes on the same bytes. The host's hardware defines that; Rust's memory model does not.
//!   All such accesses stand in [`ram`].
//! * `arc-swap` and `crossbeam` are not verified by the models in `loom-tests`, which put cells no stronger than their written
//!   contracts in their place (see `sync`).

// The models name what is private otherwise.
#![cfg_attr(not(any(manyhart_loom, manyhart_shuttle)), warn(unnameable_types))]

pub mod access;
pub mod actor;
pub mod addr;
pub mod attention;
pub mod clock;
pub mod error;
pub mod eventfd;
#[cfg(feature = "vm-memory")]
pub mod guest_memory;
pub mod interrupt_file;
pub mod iommu;
#[cfg(feature = "kvm")]
pub mod kvm;
pub mod line;
pub mod live_copy;
pub mod ram;
pub mod topology;
pub mod tunables;

#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
pub mod planted;

mod coalescing;
mod executive;
mod gate;
mod grace;
mod helper;
mod mailbox;
#[cfg(any(manyhart_loom, manyhart_shuttle))]
pub mod model;
#[cfg(manyhart_loom)]
pub mod mutation;
mod reader;
mod reply;
mod slots;
mod sync;
mod trampoline;

pub use access::{AddressSpace, Dma, Hold, Requester};
pub use actor::{Access, Answer, Context, Device, DeviceHandle, MmioSpec, MmioTarget, NoAnswer, Registers, Shadow};
pub use addr::{AddrRange, Gpa};
pub use attention::Attention;
pub use clock::Clock;
pub use error::{BusError, DeviceError, TopologyError};
pub use eventfd::EventFd;
pub use executive::{Config, Executive, Statistics};
pub use gate::Paused;
pub use grace::Stall;
pub use interrupt_file::InterruptFile;
pub use line::{Line, LineSink};
pub use live_copy::live_copy;
pub use ram::{DirtyClient, RamBlock};
pub use reader::{DropCached, Flow, Invalidate, Reader};
pub use topology::{
    AddressSpaceId, Committed, DirtyLog, Doorbell, FlatRange, FlatView, Generation, Listener, ListenerGone,
    ListenerHandle, RegionId, Retired, RomDevice, RomDeviceMode, Snapshot, Target, Topology, Transaction,
};
