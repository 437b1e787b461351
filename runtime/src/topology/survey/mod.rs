//! Surveys: the topology at one generation as plain data, to be looked at, printed, drawn and compared.
//!
//! The topology actor only copies its tree; whatever is worked out of the copy is worked out by whoever asked, on the asker's own thread. A
//! survey holds on to no memory and no device, however long it is kept.

mod changes;
mod chronicle;
mod picture;
mod text;
mod why;

#[cfg(test)]
mod tests;

use std::fmt;

use super::apply::{Space, Spaces};
use super::op::Stacking;
use super::render::render;
use super::state::{State, rendered_root};
use super::tree::Tree;
use super::{AddressSpaceId, FlatRange, Generation, RegionId, RomDeviceMode};
use crate::AddrRange;

pub(crate) use chronicle::Chronicle;

pub use changes::{Difference, RangeChange, RegionChange};
pub use chronicle::{History, HistoryLimits};
pub use why::{Candidate, Neighbour, Verdict, Why};

/// What a region is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionKind {
    /// Holds others, answers nothing itself.
    Container,
    /// Memory.
    Ram,
    /// Memory that refuses writes.
    Rom,
    /// A device's registers.
    Mmio,
    /// Memory to reads and a device to writes, or a device to both.
    RomDevice(RomDeviceMode),
    /// A window of another region.
    Alias,
    /// Decodes, never answers.
    Reservation,
    /// Translates into another address space.
    Iommu,
}

impl RegionKind {
    /// Its name in dumps.
    pub fn name(self) -> &'static str {
        match self {
            RegionKind::Container => "container",
            RegionKind::Ram => "ram",
            RegionKind::Rom => "rom",
            RegionKind::Mmio => "mmio",
            RegionKind::RomDevice(_) => "rom-dev",
            RegionKind::Alias => "alias",
            RegionKind::Reservation => "reserved",
            RegionKind::Iommu => "iommu",
        }
    }
}

impl fmt::Display for RegionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionInfo {
    /// Its id.
    pub id: RegionId,
    /// Its name.
    pub name: String,
    /// Its length in bytes, 1 to 2^64.
    pub size: u128,
    /// What it is.
    pub kind: RegionKind,
    /// Whether it shows at all.
    pub enabled: bool,
    /// Whether it was made read-only (a ROM is, all the same).
    pub read_only: bool,
    /// Which dirty-log clients log it, one bit for each.
    pub log: u8,
    /// Where it says that writes are coalesced, as offset and size: see [`Transaction::add_coalescing`](super::Transaction::add_coalescing).
    pub coalesced: Vec<(u64, u128)>,
    /// Whether an access to it first has all coalesced writes handled.
    pub flush_coalesced: bool,
    /// Whether what fails in it is answered as on a bus where nobody is: see [`Transaction::set_forgiving`](super::Transaction::set_forgiving).
    pub forgiving: bool,
    /// Its place in its parent, where it has one.
    pub placed: Option<Placed>,
    /// What an alias shows.
    pub window: Option<Window>,
    /// The root of the address space that an IOMMU translates into.
    pub translates_into: Option<RegionId>,
    /// Its children, the one on top first.
    pub children: Vec<RegionId>,
}

/// Where a region stands in its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The parent.
    pub parent: RegionId,
    /// The parent's name.
    pub parent_name: String,
    /// The offset in the parent.
    pub offset: u64,
    /// Its priority among its siblings.
    pub priority: i32,
    /// Whether it forbids siblings that forbid it too.
    pub exclusive: bool,
}

/// What an alias shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The region.
    pub target: RegionId,
    /// The region's name.
    pub target_name: String,
    /// The offset in it that the alias's start shows.
    pub offset: u64,
}

/// One address space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceInfo {
    /// Its id.
    pub id: AddressSpaceId,
    /// Its name.
    pub name: String,
    /// Its root.
    pub root: RegionId,
}

/// One range of a flat view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeInfo {
    /// Which addresses.
    pub range: AddrRange,
    /// The region that decodes them.
    pub region: RegionId,
    /// The region's name.
    pub name: String,
    /// What the region is.
    pub kind: RegionKind,
    /// The offset in the region of the range's first byte.
    pub offset: u64,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Which dirty-log clients log it, one bit for each.
    pub dirty_mask: u8,
    /// The addresses in it to which writes are coalesced.
    pub coalesced: Vec<AddrRange>,
    /// Whether an access to it first has all coalesced writes handled.
    pub flush_coalesced: bool,
    /// Whether what fails in it is answered as on a bus where nobody is: see [`Transaction::set_forgiving`](super::Transaction::set_forgiving).
    pub forgiving: bool,
}

/// The topology at one generation.
#[derive(Clone)]
pub struct Survey {
    generation: Generation,
    /// Of shapes only.
    tree: Tree,
    spaces: Spaces,
}

impl State {
    /// A copy of everything there is to see, which is of this generation.
    pub(crate) fn survey(&self, generation: Generation) -> Survey {
        Survey { generation, tree: self.tree().shapes(), spaces: self.spaces_by_id().clone() }
    }
}

impl Survey {
    /// Which generation this is.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Every address space.
    pub fn spaces(&self) -> Vec<SpaceInfo> {
        let info = |(&id, space): (&_, &Space)| SpaceInfo { id, name: space.name.to_string(), root: space.root };
        self.spaces.iter().map(info).collect()
    }

    /// The space of this name; the first, where several have it.
    pub fn space(&self, name: &str) -> Option<AddressSpaceId> {
        self.spaces().into_iter().find(|space| space.name == name).map(|space| space.id)
    }

    /// Every region, in the order in which they were made.
    pub fn regions(&self) -> Vec<RegionInfo> {
        self.tree.ids().into_iter().filter_map(|id| self.region(id)).collect()
    }

    /// One region; `None` where it does not exist in this generation.
    pub fn region(&self, id: RegionId) -> Option<RegionInfo> {
        let region = self.tree.get(id)?;
        let flags = region.flags;
        let placed = region.placement.map(|placement| Placed {
            parent: placement.parent,
            parent_name: self.name(placement.parent),
            offset: placement.offset,
            priority: placement.stacking.priority(),
            exclusive: placement.stacking == Stacking::Exclusive,
        });
        let window = region.window().map(|(target, offset)| Window { target, target_name: self.name(target), offset });
        Some(RegionInfo {
            id,
            name: region.name.to_string(),
            size: region.size,
            kind: region.kind.name(),
            enabled: flags.enabled,
            read_only: flags.read_only,
            log: flags.log,
            coalesced: region.coalesced.as_deref().cloned().unwrap_or_default(),
            flush_coalesced: flags.flush_coalesced,
            forgiving: flags.forgiving,
            placed,
            window,
            translates_into: region.leads_to().filter(|_| region.window().is_none()),
            children: region.children.ascending().rev().collect(),
        })
    }

    /// The flat view of a space; `None` where the space does not exist in this generation.
    pub fn flat(&self, space: AddressSpaceId) -> Option<Vec<RangeInfo>> {
        Some(self.ranges(space)?.iter().map(|range| self.range_info(range)).collect())
    }

    fn ranges(&self, space: AddressSpaceId) -> Option<Vec<FlatRange>> {
        let space = self.spaces.get(&space)?;
        let root = rendered_root(&self.tree, space.root);
        Some(root.map_or_else(Vec::new, |root| render(&self.tree, root, AddrRange::ALL)))
    }

    pub(super) fn range_info(&self, range: &FlatRange) -> RangeInfo {
        RangeInfo {
            range: range.range,
            region: range.region,
            name: self.name(range.region),
            kind: self.tree.get(range.region).map_or(RegionKind::Reservation, |region| region.kind.name()),
            offset: range.offset,
            read_only: range.read_only,
            dirty_mask: range.dirty_mask,
            coalesced: range.coalesced_ranges().collect(),
            flush_coalesced: range.flush_coalesced,
            forgiving: range.forgiving,
        }
    }

    fn name(&self, id: RegionId) -> String {
        self.tree.get(id).map_or_else(|| "?".to_owned(), |region| region.name.to_string())
    }
}

impl fmt::Display for RangeInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            RegionKind::Ram if self.read_only => RegionKind::Rom,
            RegionKind::RomDevice(RomDeviceMode::Mmio) => RegionKind::Mmio,
            kind => kind,
        };
        write!(f, "{} {kind:<8} {}", self.range, self.name)?;
        if self.offset != 0 {
            write!(f, " from {:#x}", self.offset)?;
        }
        f.write_str(&self.attributes())
    }
}

impl RangeInfo {
    /// Who logs it and how writes to it arrive, each in brackets; nothing where that is as usual.
    pub(super) fn attributes(&self) -> String {
        let log = (self.dirty_mask != 0).then(|| format!(" [log {:#x}]", self.dirty_mask));
        let coalesced = self.coalesced.iter().map(|part| format!(" [coalesced {part}]"));
        let flush = self.flush_coalesced.then(|| " [flush]".to_owned());
        log.into_iter().chain(coalesced).chain(flush).collect()
    }
}
