//! The memory topology: a tree of regions that one actor owns, rendered into flat views that everybody reads.

mod apply;
mod diff;
mod dirty;
mod dump;
mod lint;
mod op;
mod render;
mod state;
mod transaction;
mod tree;
mod view;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use crate::actor::MmioTarget;
use crate::ram::RamBlock;
use crate::{AddrRange, AddressSpace, TopologyError};

pub(crate) use state::{Applied, Destroyed, State};
pub(crate) use transaction::IdSource;
pub(crate) use view::{Changes, SpaceView};

pub use diff::{Update, difference};
pub use lint::Finding;
pub use transaction::Transaction;
pub use view::FlatView;

/// Counts published snapshots, from 1; 0 is the empty topology.
pub type Generation = u64;

/// Names a region for ever: ids are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionId(pub(crate) u64);

/// Names an address space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressSpaceId(pub(crate) u32);

/// What answers in a flat range.
#[derive(Clone)]
pub enum Target {
    /// Memory (read-only where the range says so).
    Ram(Arc<RamBlock>),
    /// A device.
    Mmio(MmioTarget),
    /// Decodes, never answers.
    Reservation,
}

/// One range of a flat view.
#[derive(Clone)]
pub struct FlatRange {
    /// Which addresses.
    pub range: AddrRange,
    /// The terminal region.
    pub region: RegionId,
    /// What answers.
    pub target: Target,
    /// The offset in the region of the range's first byte.
    pub offset: u64,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Which dirty-log clients log it.
    pub dirty_mask: u8,
}

/// All address spaces of one generation.
pub struct Snapshot {
    _todo: (),
}

impl fmt::Debug for FlatRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write = if self.read_only { "ro" } else { "rw" };
        write!(f, "{} {:?}+{:#x} {write} log {:#x}", self.range, self.region, self.offset, self.dirty_mask)
    }
}

/// What a successful commit returns.
pub struct Committed {
    /// The generation that carries it (unchanged, when nothing visible changed).
    pub generation: Generation,
    /// Completes when nobody can reach what the commit removed.
    pub retired: Retired,
}

/// Completes when no reader, pin or queued message can reach what a commit removed.
#[derive(Clone)]
pub struct Retired {
    _todo: (),
}

impl Retired {
    /// Whether it has completed.
    pub fn is_complete(&self) -> bool {
        unimplemented!()
    }

    /// Waits (control threads only).
    pub fn wait(&self) {
        unimplemented!()
    }
}

/// The topology actor's handle.
#[derive(Clone)]
pub struct Topology {
    _todo: (),
}

impl Topology {
    /// Starts a list of changes.
    pub fn transaction(&self) -> Transaction {
        unimplemented!()
    }

    /// One address space, for control threads and DMA.
    pub fn address_space(&self, id: AddressSpaceId) -> AddressSpace {
        let _ = id;
        unimplemented!()
    }

    /// The newest snapshot, for introspection.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        unimplemented!()
    }

    /// The region tree of a space as text, indented, in the form `manyhart mtree` prints.
    pub fn dump_tree(&self) -> String {
        unimplemented!()
    }

    /// The flat view of every space as text.
    pub fn dump_flat(&self) -> String {
        unimplemented!()
    }
}

impl Transaction {
    /// Commits and waits for the result (control threads only; never in a handler).
    pub fn commit(self) -> Result<Committed, TopologyError> {
        unimplemented!()
    }

    /// Commits without waiting; `done` runs on the topology actor and must not wait (a device posts to itself there).
    pub fn post(self, done: impl FnOnce(Result<Committed, TopologyError>) + Send + 'static) {
        let _ = done;
        unimplemented!()
    }
}
