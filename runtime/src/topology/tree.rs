//! The region tree: an arena of regions by id, each with its place in at most one parent. Kept consistent by a handful of primitive
//! moves; what is lawful is decided in `apply`, what is visible in `render`.

use std::collections::hash_map::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::op::{Kind, Stacking};
use super::{Doorbells, RegionId, RegionKind, Target};

/// The largest size there is: all of `[0, 2^64)`.
pub(crate) const SPACE_SIZE: u128 = 1 << 64;

/// Offsets and sizes.
#[allow(clippy::box_collection, reason = "hardly any region has some, and a region is to be small")]
pub(crate) type CoalescedParts = Option<Box<Vec<(u64, u128)>>>;

/// A region: its attributes, apart from where it is placed.
#[derive(Clone)]
pub(crate) struct Region {
    pub(crate) name: Box<str>,
    pub(crate) size: u128,
    pub(crate) kind: Kind,
    pub(crate) flags: Flags,
    pub(crate) doorbells: Doorbells,
    /// Where writes are coalesced, as offset and size; `None` for nowhere.
    pub(crate) coalesced: CoalescedParts,
    pub(crate) placement: Option<Placement>,
    pub(crate) children: Children,
    /// Which aliases show it, and which IOMMUs translate into a space with it as the root.
    pub(crate) aliases: BTreeSet<RegionId>,
    /// How many address spaces have it as their root.
    pub(crate) roots: u32,
}

/// What can be switched on and off, and is inherited downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flags {
    pub(crate) enabled: bool,
    pub(crate) read_only: bool,
    pub(crate) log: u8,
    pub(crate) flush_coalesced: bool,
    pub(crate) forgiving: bool,
}

/// Where a region stands in its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) parent: RegionId,
    pub(crate) offset: u64,
    pub(crate) stacking: Stacking,
    /// When it was added: at equal priority the later wins.
    pub(crate) added: u64,
}

impl Placement {
    /// Ascending: the sibling with the greatest rank is on top.
    fn rank(&self) -> (i32, u64) {
        (self.stacking.priority(), self.added)
    }
}

impl Region {
    pub(crate) fn new(name: Box<str>, size: u128, kind: Kind) -> Region {
        Region {
            name,
            size,
            kind,
            flags: Flags { enabled: true, read_only: false, log: 0, flush_coalesced: false, forgiving: false },
            doorbells: None,
            coalesced: None,
            placement: None,
            children: Children::default(),
            aliases: BTreeSet::new(),
            roots: 0,
        }
    }

    /// What answers in it; `None` for a container or an alias.
    pub(crate) fn target(&self) -> Option<Target> {
        match &self.kind {
            Kind::Ram(block) | Kind::Rom(block) => Some(Target::Ram(block.clone())),
            Kind::Mmio(target) => Some(Target::Mmio(target.clone())),
            Kind::RomDevice(both, mode) => Some(both.target(*mode)),
            Kind::Reservation | Kind::Shape { .. } => Some(Target::Reservation),
            Kind::Iommu { target, .. } => Some(Target::Iommu(target.clone())),
            Kind::Container | Kind::Alias { .. } => None,
        }
    }

    /// Whether writes to it reach a device.
    pub(crate) fn has_device(&self) -> bool {
        matches!(self.kind.name(), RegionKind::Mmio | RegionKind::RomDevice(_))
    }

    /// All that ever answered in it, whatever answers now.
    pub(crate) fn whole_target(&self) -> Option<Target> {
        match &self.kind {
            Kind::RomDevice(both, _) => Some(Target::RomDevice(both.clone())),
            _ => self.target(),
        }
    }

    /// The same without what answers, so that whoever keeps it holds on to no memory and no device.
    pub(crate) fn shape(&self) -> Region {
        let kind = match self.kind {
            Kind::Container | Kind::Alias { .. } => self.kind.clone(),
            _ => Kind::Shape { kind: self.kind.name(), root: self.leads_to() },
        };
        Region {
            kind,
            name: self.name.clone(),
            coalesced: self.coalesced.clone(),
            children: self.children.clone(),
            aliases: self.aliases.clone(),
            // No part of a survey, which holds on to nothing of the host's.
            doorbells: None,
            ..*self
        }
    }

    /// Its rank among its siblings.
    pub(crate) fn rank(&self) -> Option<(i32, u64)> {
        self.placement.map(|placement| placement.rank())
    }

    /// Whether writes to it and to what is below it are refused.
    pub(crate) fn refuses_writes(&self) -> bool {
        self.flags.read_only || matches!(self.kind, Kind::Rom(_) | Kind::Shape { kind: RegionKind::Rom, .. })
    }

    /// Where accesses go on that it does not end: what an alias shows, or the root of the space that an IOMMU translates into.
    pub(crate) fn leads_to(&self) -> Option<RegionId> {
        match self.kind {
            Kind::Alias { target, .. } => Some(target),
            Kind::Iommu { root, .. } => Some(root),
            Kind::Shape { root, .. } => root,
            _ => None,
        }
    }

    /// The region that an alias shows, and from which offset on.
    pub(crate) fn window(&self) -> Option<(RegionId, u64)> {
        match self.kind {
            Kind::Alias { target, offset } => Some((target, offset)),
            _ => None,
        }
    }
}

/// A region's children, in two orders: by rank, and by place.
#[derive(Debug, Default, Clone)]
pub(crate) struct Children {
    by_rank: BTreeMap<(i32, u64), RegionId>,
    /// Size class (the logarithm of the size) first: all that reach into an interval are found class by class, since in a class
    /// none starts further before the interval than the class's largest size.
    by_place: BTreeSet<(u32, u64, RegionId)>,
}

impl Children {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_rank.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_rank.len()
    }

    /// All of them, the one on top last.
    pub(crate) fn ascending(&self) -> impl DoubleEndedIterator<Item = RegionId> {
        self.by_rank.values().copied()
    }

    /// At least all that have an address in `first..=last` (offsets in the parent), in no useful order.
    pub(crate) fn near(&self, first: u64, last: u64) -> Vec<RegionId> {
        let mut found = Vec::new();
        let mut next_class = 0;
        while let Some(&(class, ..)) = self.by_place.range((next_class, 0, RegionId(0))..).next() {
            let reach = (2u128 << class) - 1;
            let from = u64::try_from(u128::from(first).saturating_sub(reach)).unwrap_or(0);
            let candidates = self.by_place.range((class, from, RegionId(0))..=(class, last, RegionId(u64::MAX)));
            found.extend(candidates.map(|&(_, _, id)| id));
            next_class = class + 1;
        }
        found
    }

    fn insert(&mut self, id: RegionId, size: u128, placement: &Placement) {
        self.by_rank.insert(placement.rank(), id);
        self.by_place.insert((size.ilog2(), placement.offset, id));
    }

    /// One that keeps its rank is elsewhere.
    fn shift(&mut self, id: RegionId, size: u128, from: u64, to: u64) {
        self.by_place.remove(&(size.ilog2(), from, id));
        self.by_place.insert((size.ilog2(), to, id));
    }

    fn remove(&mut self, id: RegionId, size: u128, placement: &Placement) {
        self.by_rank.remove(&placement.rank());
        self.by_place.remove(&(size.ilog2(), placement.offset, id));
    }
}

/// Ids are handed out in sequence: one multiplication spreads them, and nobody outside chooses them.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = (self.0 ^ id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A map by region.
pub(crate) type RegionMap<T> = HashMap<RegionId, T, BuildHasherDefault<IdHasher>>;

/// Every region there is.
#[derive(Default, Clone)]
pub(crate) struct Tree {
    regions: RegionMap<Region>,
    additions: u64,
}

impl Tree {
    pub(crate) fn get(&self, id: RegionId) -> Option<&Region> {
        self.regions.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RegionId) -> Option<&mut Region> {
        self.regions.get_mut(&id)
    }

    /// The same tree of shapes: see [`Region::shape`].
    pub(crate) fn shapes(&self) -> Tree {
        let regions = self.regions.iter().map(|(&id, region)| (id, region.shape())).collect();
        Tree { regions, additions: self.additions }
    }

    /// The ids of every region, ascending.
    pub(crate) fn ids(&self) -> Vec<RegionId> {
        let mut ids: Vec<RegionId> = self.regions.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// The number of the next addition of a child to a parent.
    pub(crate) fn next_addition(&mut self) -> u64 {
        self.additions += 1;
        self.additions
    }

    /// Puts a region without a parent or children into the arena, and says so to the target of an alias or an IOMMU.
    pub(crate) fn insert(&mut self, id: RegionId, region: Region) {
        if let Some(target) = region.leads_to()
            && let Some(target) = self.regions.get_mut(&target)
        {
            target.aliases.insert(id);
        }
        self.regions.insert(id, region);
    }

    /// Takes a region without a parent or children out again.
    pub(crate) fn remove(&mut self, id: RegionId) -> Option<Region> {
        let region = self.regions.remove(&id)?;
        if let Some(target) = region.leads_to()
            && let Some(target) = self.regions.get_mut(&target)
        {
            target.aliases.remove(&id);
        }
        Some(region)
    }

    /// Gives a region another place, or none; returns the one it had.
    pub(crate) fn place(&mut self, id: RegionId, placement: Option<Placement>) -> Option<Placement> {
        let region = self.regions.get_mut(&id)?;
        let size = region.size;
        let old = std::mem::replace(&mut region.placement, placement);
        if let (Some(old), Some(new)) = (old, placement)
            && (old.parent, old.rank()) == (new.parent, new.rank())
        {
            if let Some(parent) = self.regions.get_mut(&new.parent) {
                parent.children.shift(id, size, old.offset, new.offset);
            }
            return Some(old);
        }
        if let Some(old) = old
            && let Some(parent) = self.regions.get_mut(&old.parent)
        {
            parent.children.remove(id, size, &old);
        }
        if let Some(new) = placement
            && let Some(parent) = self.regions.get_mut(&new.parent)
        {
            parent.children.insert(id, size, &new);
        }
        old
    }

    /// Gives a region another size.
    pub(crate) fn resize(&mut self, id: RegionId, size: u128) {
        let placement = self.place(id, None);
        if let Some(region) = self.regions.get_mut(&id) {
            region.size = size;
        }
        self.place(id, placement);
    }

    /// Whether `from` reaches `to` downwards, through children, aliases and IOMMUs.
    ///
    /// Searched from both ends in step, so that it costs the smaller side: a leaf goes below a huge tree, and a huge tree goes
    /// below a fresh root, at once.
    pub(crate) fn reaches(&self, from: RegionId, to: RegionId) -> bool {
        if self.get(from).is_none_or(|region| region.children.is_empty() && region.leads_to().is_none()) {
            return from == to;
        }
        let mut down = Search::new(from);
        let mut up = Search::new(to);
        loop {
            match down.step(to, |id| self.below(id)) {
                Step::Found => return true,
                Step::Exhausted => return false,
                Step::More => {}
            }
            match up.step(from, |id| self.above(id)) {
                Step::Found => return true,
                Step::Exhausted => return false,
                Step::More => {}
            }
        }
    }

    fn below(&self, id: RegionId) -> Vec<RegionId> {
        let Some(region) = self.get(id) else { return Vec::new() };
        region.children.ascending().chain(region.leads_to()).collect()
    }

    fn above(&self, id: RegionId) -> Vec<RegionId> {
        let Some(region) = self.get(id) else { return Vec::new() };
        region.aliases.iter().copied().chain(region.placement.map(|p| p.parent)).collect()
    }
}

/// One end of a search through the tree.
struct Search {
    seen: BTreeSet<RegionId>,
    todo: Vec<RegionId>,
}

enum Step {
    Found,
    More,
    Exhausted,
}

impl Search {
    fn new(start: RegionId) -> Search {
        Search { seen: BTreeSet::from([start]), todo: vec![start] }
    }

    fn step(&mut self, goal: RegionId, neighbours: impl Fn(RegionId) -> Vec<RegionId>) -> Step {
        let Some(id) = self.todo.pop() else { return Step::Exhausted };
        if id == goal {
            return Step::Found;
        }
        for next in neighbours(id) {
            if self.seen.insert(next) {
                self.todo.push(next);
            }
        }
        if self.todo.is_empty() { Step::Exhausted } else { Step::More }
    }
}
