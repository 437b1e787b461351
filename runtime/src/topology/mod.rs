//! The memory topology: a tree of regions that one actor owns, rendered into flat views that everybody reads.

mod actor;
mod apply;
mod coalesced;
mod diff;
mod dirty;
mod doorbell;
mod handle;
mod lint;
mod listener;
mod listeners;
mod log;
mod near;
mod op;
mod publication;
mod ranges;
mod render;
mod requesters;
mod retired;
mod rom_device;
mod snapshot;
mod spaces;
mod state;
mod survey;
mod tell;
mod transaction;
mod tree;
mod undo;
mod view;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use crate::AddrRange;
use crate::actor::MmioTarget;
use crate::iommu::IommuTarget;
use crate::ram::RamBlock;

pub(crate) use near::Near;
pub(crate) use publication::Publication;
pub(crate) use requesters::Requesters;
pub(crate) use rom_device::Side;
pub(crate) use spaces::ShownSpaces;
pub(crate) use state::{Destroyed, State};
pub(crate) use transaction::IdSource;
pub(crate) use view::{Changes, SpaceView};

pub use coalesced::Coalesced;
pub use diff::{Update, difference};
pub use doorbell::Doorbell;
pub(crate) use doorbell::{Doorbells, ring};
pub use handle::Topology;
pub use lint::Finding;
pub use listener::{Listener, ListenerGone, ListenerHandle};
pub use log::{Collected, DirtyLog};
pub use retired::{Committed, Retired};
pub use rom_device::{RomDevice, RomDeviceMode};
pub use snapshot::Snapshot;
pub use survey::{
    Candidate, Difference, History, HistoryLimits, Neighbour, Placed, RangeChange, RangeInfo, RegionChange, RegionInfo,
    RegionKind, SpaceInfo, Survey, Verdict, Why, Window,
};
pub use transaction::Transaction;
pub use view::FlatView;

/// Counts published snapshots, from 1; 0 is the empty topology.
pub type Generation = u64;

/// Names a region for ever: ids are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionId(pub(crate) u64);

impl RegionId {
    /// Its number, for those who print it.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// Names an address space for ever: ids are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressSpaceId(pub(crate) u32);

impl AddressSpaceId {
    /// Its number, for those who print it.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// What answers in a flat range.
#[derive(Clone)]
pub enum Target {
    /// Memory (read-only where the range says so).
    Ram(Arc<RamBlock>),
    /// A device.
    Mmio(MmioTarget),
    /// Memory to reads, a device to writes.
    RomDevice(Arc<RomDevice>),
    /// Decodes, never answers.
    Reservation,
    /// Goes on in another address space, access by access.
    Iommu(IommuTarget),
}

impl Target {
    /// The name of what answers.
    pub(crate) fn name(&self) -> &str {
        match self {
            Target::Ram(block) => block.name(),
            Target::Mmio(target) => target.name(),
            Target::RomDevice(both) => both.device.name(),
            Target::Reservation => "a reservation",
            Target::Iommu(target) => target.name(),
        }
    }
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
    /// The region's doorbells: see [`FlatRange::visible_doorbells`].
    pub(crate) doorbells: Doorbells,
    /// Where in it writes are coalesced.
    pub coalesced: Coalesced,
    /// Whether an access to it first has all coalesced writes handled.
    pub flush_coalesced: bool,
    /// Whether a virtual CPU's access that fails in it is answered as on a bus where nobody is.
    pub forgiving: bool,
}

impl fmt::Debug for FlatRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write = if self.read_only { "ro" } else { "rw" };
        write!(f, "{} {:?}+{:#x} {write} log {:#x}", self.range, self.region, self.offset, self.dirty_mask)
    }
}
