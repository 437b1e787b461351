//! The memory topology: a tree of regions that one actor owns, rendered into flat views that everybody reads.

use std::sync::Arc;

use crate::actor::MmioTarget;
use crate::ram::RamBlock;
use crate::{AddrRange, AddressSpace, Gpa, TopologyError};

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

/// One address space, flat: sorted, disjoint ranges of one generation.
pub struct FlatView {
    _todo: (),
}

impl FlatView {
    /// The generation in which this view last changed.
    pub fn generation(&self) -> Generation {
        unimplemented!()
    }

    /// The range that decodes `addr`.
    pub fn find(&self, addr: Gpa) -> Option<&FlatRange> {
        let _ = addr;
        unimplemented!()
    }

    /// Every range, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = &FlatRange> {
        std::iter::empty()
    }
}

/// All address spaces of one generation.
pub struct Snapshot {
    _todo: (),
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

/// Changes that are validated whole and published as one generation, or refused whole. The ids it hands out are good at once for later
/// calls on the same transaction, and for everybody once it is committed.
#[must_use = "nothing happens before commit or post"]
pub struct Transaction {
    _todo: (),
}

impl Transaction {
    /// A region that only holds others. Sizes go up to and include 2^64.
    pub fn container(&mut self, name: &str, size: u128) -> RegionId {
        let _ = (name, size);
        unimplemented!()
    }

    /// Memory, all of `block`.
    pub fn ram(&mut self, name: &str, block: Arc<RamBlock>) -> RegionId {
        let _ = (name, block);
        unimplemented!()
    }

    /// Memory that refuses writes.
    pub fn rom(&mut self, name: &str, block: Arc<RamBlock>) -> RegionId {
        let _ = (name, block);
        unimplemented!()
    }

    /// A device's registers.
    pub fn mmio(&mut self, name: &str, size: u128, target: MmioTarget) -> RegionId {
        let _ = (name, size, target);
        unimplemented!()
    }

    /// A window of `target` from `alias_offset` on.
    pub fn alias(&mut self, name: &str, target: RegionId, alias_offset: u64, size: u128) -> RegionId {
        let _ = (name, target, alias_offset, size);
        unimplemented!()
    }

    /// Decodes and never answers.
    pub fn reservation(&mut self, name: &str, size: u128) -> RegionId {
        let _ = (name, size);
        unimplemented!()
    }

    /// An address space with this root.
    pub fn address_space(&mut self, name: &str, root: RegionId) -> AddressSpaceId {
        let _ = (name, root);
        unimplemented!()
    }

    /// Places `child` in `parent`; refused when it overlaps a sibling and neither permits that.
    pub fn add_subregion(&mut self, parent: RegionId, offset: u64, child: RegionId) -> &mut Transaction {
        let _ = (parent, offset, child);
        unimplemented!()
    }

    /// Places `child` where others may be; the higher priority wins, the later at equal priority.
    pub fn add_subregion_overlap(
        &mut self,
        parent: RegionId,
        offset: u64,
        child: RegionId,
        priority: i32,
    ) -> &mut Transaction {
        let _ = (parent, offset, child, priority);
        unimplemented!()
    }

    /// Takes `child` out of `parent`.
    pub fn del_subregion(&mut self, parent: RegionId, child: RegionId) -> &mut Transaction {
        let _ = (parent, child);
        unimplemented!()
    }

    /// Shows or hides a region, its children and every alias of it.
    pub fn set_enabled(&mut self, region: RegionId, enabled: bool) -> &mut Transaction {
        let _ = (region, enabled);
        unimplemented!()
    }

    /// Moves a region inside its parent.
    pub fn set_address(&mut self, region: RegionId, offset: u64) -> &mut Transaction {
        let _ = (region, offset);
        unimplemented!()
    }

    /// Changes a region's size (not of RAM or ROM).
    pub fn set_size(&mut self, region: RegionId, size: u128) -> &mut Transaction {
        let _ = (region, size);
        unimplemented!()
    }

    /// Moves an alias's window over its target.
    pub fn set_alias_offset(&mut self, region: RegionId, alias_offset: u64) -> &mut Transaction {
        let _ = (region, alias_offset);
        unimplemented!()
    }

    /// Refuses or admits writes to a region and what is below it.
    pub fn set_read_only(&mut self, region: RegionId, read_only: bool) -> &mut Transaction {
        let _ = (region, read_only);
        unimplemented!()
    }

    /// Ends a region's life: refused while it is mapped, aliased, a root, or has children.
    pub fn destroy(&mut self, region: RegionId) -> &mut Transaction {
        let _ = region;
        unimplemented!()
    }

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
