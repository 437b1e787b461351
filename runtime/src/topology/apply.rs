//! Carries out a list of operations on the tree: each is checked and undone again when a later one is refused, overlaps are judged at
//! the end. Says which parts of which views may look different; renders nothing.

use std::collections::BTreeMap;

use super::dirty::{Dirty, Span};
use super::doorbell;
use super::op::{Kind, Op, Stacking};
use super::tree::{CoalescedParts, Flags, Placement, Region, SPACE_SIZE, Tree};
use super::undo::{Undo, step_back};
use super::{AddressSpaceId, Doorbells, RegionId, Requesters, RomDeviceMode};
use crate::TopologyError;
use crate::iommu::IommuTarget;
use crate::ram::DirtyClient;

/// An address space: a name and a root.
#[derive(Clone)]
pub(crate) struct Space {
    pub(crate) name: Box<str>,
    pub(crate) root: RegionId,
}

/// Every address space that there is.
pub(crate) type Spaces = BTreeMap<AddressSpaceId, Space>;

/// A transaction under way.
struct Change<'a, 'v> {
    tree: &'a mut Tree,
    spaces: &'a mut Spaces,
    requesters: &'a mut Requesters,
    dirty: &'a mut Dirty<'v>,
    undo: Vec<Undo>,
    /// Children that forbid overlap and came, moved or grew.
    to_judge: Vec<RegionId>,
    destroyed: Vec<(RegionId, Region)>,
    roots_may_differ: bool,
    drop_marks: bool,
}

/// What the tree has been through, once all is well.
pub(crate) struct Outcome {
    pub(crate) destroyed: Vec<(RegionId, Region)>,
    /// Whether a space came or went, or a root that is an alias may show another whole region than before.
    pub(crate) roots_may_differ: bool,
    /// The way back, the last step last.
    pub(crate) undo: Vec<Undo>,
    /// Whether readers are to forget which pages they have marked.
    pub(crate) drop_marks: bool,
}

/// Applies all of `ops`, or none. What may look different is added to `dirty` in either case.
pub(crate) fn apply(
    tree: &mut Tree,
    spaces: &mut Spaces,
    requesters: &mut Requesters,
    dirty: &mut Dirty<'_>,
    ops: Vec<Op>,
) -> Result<Outcome, TopologyError> {
    let (undo, to_judge, destroyed) = (Vec::new(), Vec::new(), Vec::new());
    let assigned = requesters.clone();
    let (roots_may_differ, drop_marks) = (false, false);
    let mut change =
        Change { tree, spaces, requesters, dirty, undo, to_judge, destroyed, roots_may_differ, drop_marks };
    let result = ops.into_iter().try_for_each(|op| change.run(op)).and_then(|()| change.judge_overlaps());
    match result {
        Ok(()) => {
            let Change { destroyed, roots_may_differ, drop_marks, undo, .. } = change;
            Ok(Outcome { destroyed, roots_may_differ, drop_marks, undo })
        }
        Err(error) => {
            *change.requesters = assigned;
            change.roll_back();
            Err(error)
        }
    }
}

impl Change<'_, '_> {
    fn run(&mut self, op: Op) -> Result<(), TopologyError> {
        match op {
            Op::Create { id, name, size, kind } => self.create(id, name, size, kind),
            Op::CreateIommu { id, size, target } => self.create_iommu(id, size, target),
            Op::InvalidateTranslations { region } => self.invalidate_translations(region),
            Op::CreateSpace { id, name, root } => self.create_space(id, name, root),
            Op::CloseSpace { id } => self.close_space(id),
            Op::AssignDevice { device, space } => self.assign_device(device, space),
            Op::Add { parent, child, offset, stacking } => self.add(parent, child, offset, stacking),
            Op::Del { parent, child } => self.del(parent, child),
            Op::SetEnabled { region, enabled } => self.set_flags(region, |flags| flags.enabled = enabled),
            Op::SetReadOnly { region, read_only } => self.set_flags(region, |flags| flags.read_only = read_only),
            Op::SetLog { region, mask } => self.set_flags(region, |flags| flags.log = mask),
            Op::LogFor { region, client, on } => self.log_for(region, client, on),
            Op::AddCoalescing { region, size: 0, .. } => Err(TopologyError::ZeroSize(region)),
            Op::AddCoalescing { region, offset, size } => {
                self.set_coalesced(region, |ranges| ranges.get_or_insert_default().push((offset, size)))
            }
            Op::ClearCoalescing { region } => self.set_coalesced(region, |ranges| *ranges = None),
            Op::SetFlushCoalesced { region, flush } => self.set_flags(region, |flags| flags.flush_coalesced = flush),
            Op::SetForgiving { region, forgiving } => self.set_flags(region, |flags| flags.forgiving = forgiving),
            Op::DropMarks => {
                self.drop_marks = true;
                Ok(())
            }
            Op::SetAddress { region, offset } => self.set_address(region, offset),
            Op::SetSize { region, size } => self.set_size(region, size),
            Op::SetAliasOffset { region, alias_offset } => self.set_alias_offset(region, alias_offset),
            Op::AddEventfd { region, doorbell } => self.set_doorbells(region, |r| doorbell::with(region, r, doorbell)),
            Op::DelEventfd { region, offset, size, value } => {
                self.set_doorbells(region, |r| doorbell::without(region, r, offset, size, value))
            }
            Op::SetRomDeviceMode { region, mode } => self.set_rom_device_mode(region, mode),
            Op::Destroy { region } => self.destroy(region),
        }
    }

    fn region(&self, id: RegionId) -> Result<&Region, TopologyError> {
        self.tree.get(id).ok_or(TopologyError::UnknownRegion(id))
    }

    fn create(&mut self, id: RegionId, name: Box<str>, size: u128, kind: Kind) -> Result<(), TopologyError> {
        check_size(id, size)?;
        if let Kind::Alias { target, .. } = kind {
            self.region(target)?;
        }
        self.tree.insert(id, Region::new(name, size, kind));
        self.undo.push(Undo::Create(id));
        Ok(())
    }

    /// The space is there, so nothing can lead to the new region yet: a cycle is closed where the region, or what holds it, is placed.
    fn create_iommu(&mut self, id: RegionId, size: u128, target: IommuTarget) -> Result<(), TopologyError> {
        let root = self.space(target.space())?.root;
        self.create(id, target.name().into(), size, Kind::Iommu { target, root })
    }

    fn invalidate_translations(&mut self, id: RegionId) -> Result<(), TopologyError> {
        let region = self.tree.get_mut(id).ok_or(TopologyError::UnknownRegion(id))?;
        let Kind::Iommu { target, .. } = &mut region.kind else { return Err(TopologyError::WrongKind(id)) };
        let renewed = target.renewed();
        self.undo.push(Undo::Translations(id, std::mem::replace(target, renewed)));
        self.dirty.touch(self.tree, id, Span::of_size(region_size(self.tree, id)));
        Ok(())
    }

    fn create_space(&mut self, id: AddressSpaceId, name: Box<str>, root: RegionId) -> Result<(), TopologyError> {
        self.tree.get_mut(root).ok_or(TopologyError::UnknownRegion(root))?.roots += 1;
        self.spaces.insert(id, Space { name, root });
        self.undo.push(Undo::CreateSpace(id));
        self.roots_may_differ = true;
        Ok(())
    }

    /// Whoever would go on into the space must have been led elsewhere before: devices and regions that translate.
    fn close_space(&mut self, id: AddressSpaceId) -> Result<(), TopologyError> {
        let root = self.space(id)?.root;
        let leads_here = |region: &RegionId| match self.tree.get(*region).map(|region| &region.kind) {
            Some(Kind::Iommu { target, .. }) => target.space() == id,
            _ => false,
        };
        let translated_into = self.region(root)?.aliases.iter().any(leads_here);
        if translated_into || self.requesters.is_seen(id) {
            return Err(TopologyError::SpaceInUse(id.0));
        }
        if let Some(space) = self.spaces.remove(&id) {
            if let Some(root) = self.tree.get_mut(root) {
                root.roots -= 1;
            }
            self.undo.push(Undo::CloseSpace(id, space));
            self.roots_may_differ = true;
        }
        Ok(())
    }

    fn space(&self, id: AddressSpaceId) -> Result<&Space, TopologyError> {
        self.spaces.get(&id).ok_or(TopologyError::UnknownSpace(id.0))
    }

    fn assign_device(&mut self, device: u32, space: Option<AddressSpaceId>) -> Result<(), TopologyError> {
        if let Some(id) = space {
            self.space(id)?;
        }
        self.requesters.set(device, space);
        Ok(())
    }

    fn add(&mut self, parent: RegionId, child: RegionId, offset: u64, stacking: Stacking) -> Result<(), TopologyError> {
        if self.region(parent)?.window().is_some() {
            return Err(TopologyError::ChildOfAlias(parent));
        }
        if self.region(child)?.placement.is_some() {
            return Err(TopologyError::HasParent(child));
        }
        if self.tree.reaches(child, parent) {
            return Err(TopologyError::Cycle(child));
        }
        let added = self.tree.next_addition();
        self.place(child, Some(Placement { parent, offset, stacking, added }));
        Ok(())
    }

    fn del(&mut self, parent: RegionId, child: RegionId) -> Result<(), TopologyError> {
        self.region(parent)?;
        match self.region(child)?.placement {
            Some(placement) if placement.parent == parent => {
                self.place(child, None);
                Ok(())
            }
            _ => Err(TopologyError::NotAChild { parent, child }),
        }
    }

    fn set_address(&mut self, region: RegionId, offset: u64) -> Result<(), TopologyError> {
        let placement = self.region(region)?.placement.ok_or(TopologyError::NotPlaced(region))?;
        if placement.offset != offset {
            self.place(region, Some(Placement { offset, ..placement }));
        }
        Ok(())
    }

    /// Moves a child, and touches what it leaves and what it takes.
    fn place(&mut self, child: RegionId, placement: Option<Placement>) {
        self.dirty.touch_placed(self.tree, child);
        let old = self.tree.place(child, placement);
        self.undo.push(Undo::Place(child, old));
        self.dirty.touch_placed(self.tree, child);
        self.judge_later(child);
    }

    fn set_flags(&mut self, id: RegionId, set: impl FnOnce(&mut Flags)) -> Result<(), TopologyError> {
        let region = self.tree.get_mut(id).ok_or(TopologyError::UnknownRegion(id))?;
        let old = region.flags;
        set(&mut region.flags);
        if region.flags != old {
            self.roots_may_differ |= region.window().is_some();
            self.undo.push(Undo::Flags(id, old));
            self.dirty.touch(self.tree, id, Span::of_size(region_size(self.tree, id)));
        }
        Ok(())
    }

    fn set_coalesced(&mut self, id: RegionId, set: impl FnOnce(&mut CoalescedParts)) -> Result<(), TopologyError> {
        let region = self.tree.get_mut(id).ok_or(TopologyError::UnknownRegion(id))?;
        let old = region.coalesced.clone();
        set(&mut region.coalesced);
        self.roots_may_differ |= region.window().is_some();
        self.undo.push(Undo::Coalesced(id, old));
        self.dirty.touch(self.tree, id, Span::of_size(region_size(self.tree, id)));
        Ok(())
    }

    fn log_for(&mut self, region: RegionId, client: DirtyClient, on: bool) -> Result<(), TopologyError> {
        if on && self.region(region)?.flags.log & client.mask() != 0 {
            return Err(TopologyError::AlreadyLogged { region, client });
        }
        self.set_flags(region, |flags| match on {
            true => flags.log |= client.mask(),
            false => flags.log &= !client.mask(),
        })
    }

    fn set_size(&mut self, id: RegionId, size: u128) -> Result<(), TopologyError> {
        check_size(id, size)?;
        let region = self.region(id)?;
        if let Some(block) = region.kind.block()
            && u128::from(block.size()) != size
        {
            return Err(TopologyError::SizeMismatch { region: id, size, block: block.size() });
        }
        let old = region.size;
        if old == size {
            return Ok(());
        }
        self.roots_may_differ |= region.window().is_some() || !region.aliases.is_empty();
        self.tree.resize(id, size);
        self.undo.push(Undo::Size(id, old));
        self.dirty.touch(self.tree, id, Span { lo: old.min(size) as i128, hi: old.max(size) as i128 - 1 });
        self.judge_later(id);
        Ok(())
    }

    fn set_alias_offset(&mut self, id: RegionId, alias_offset: u64) -> Result<(), TopologyError> {
        let region = self.tree.get_mut(id).ok_or(TopologyError::UnknownRegion(id))?;
        let Kind::Alias { offset, .. } = &mut region.kind else { return Err(TopologyError::WrongKind(id)) };
        let old = std::mem::replace(offset, alias_offset);
        if old != alias_offset {
            self.roots_may_differ = true;
            self.undo.push(Undo::AliasOffset(id, old));
            self.dirty.touch(self.tree, id, Span::of_size(region_size(self.tree, id)));
        }
        Ok(())
    }

    fn set_doorbells(
        &mut self,
        id: RegionId,
        change: impl FnOnce(&Region) -> Result<Doorbells, TopologyError>,
    ) -> Result<(), TopologyError> {
        let region = self.tree.get_mut(id).ok_or(TopologyError::UnknownRegion(id))?;
        let new = change(region)?;
        self.undo.push(Undo::Doorbells(id, std::mem::replace(&mut region.doorbells, new)));
        self.dirty.touch(self.tree, id, Span::of_size(region_size(self.tree, id)));
        Ok(())
    }

    fn set_rom_device_mode(&mut self, id: RegionId, mode: RomDeviceMode) -> Result<(), TopologyError> {
        let region = self.tree.get_mut(id).ok_or(TopologyError::UnknownRegion(id))?;
        let Kind::RomDevice(_, current) = &mut region.kind else { return Err(TopologyError::WrongKind(id)) };
        let old = std::mem::replace(current, mode);
        if old != mode {
            self.undo.push(Undo::RomDeviceMode(id, old));
            self.dirty.touch(self.tree, id, Span::of_size(region_size(self.tree, id)));
        }
        Ok(())
    }

    fn destroy(&mut self, id: RegionId) -> Result<(), TopologyError> {
        let region = self.region(id)?;
        let idle = region.placement.is_none() && region.children.is_empty();
        if !idle || !region.aliases.is_empty() || region.roots > 0 {
            return Err(TopologyError::InUse(id));
        }
        let region = self.tree.remove(id).ok_or(TopologyError::UnknownRegion(id))?;
        self.destroyed.push((id, region));
        self.undo.push(Undo::Destroy);
        Ok(())
    }

    fn judge_later(&mut self, id: RegionId) {
        let placement = self.tree.get(id).and_then(|region| region.placement);
        if placement.is_some_and(|p| p.stacking == Stacking::Exclusive) {
            self.to_judge.push(id);
        }
    }

    /// Whether a child that forbids overlap and was touched shares an address with another such sibling. Those that were not touched
    /// were disjoint before and still are.
    fn judge_overlaps(&self) -> Result<(), TopologyError> {
        self.to_judge.iter().try_for_each(|&child| match self.exclusive_sibling_in_the_way(child) {
            Some(existing) => Err(TopologyError::Overlap { added: child, existing }),
            None => Ok(()),
        })
    }

    fn exclusive_sibling_in_the_way(&self, child: RegionId) -> Option<RegionId> {
        let (parent, span) = exclusive_place(self.tree, child)?;
        let last = u64::try_from(span.hi).unwrap_or(u64::MAX);
        let near = self.tree.get(parent)?.children.near(u64::try_from(span.lo).ok()?, last);
        near.into_iter().find(|&sibling| {
            sibling != child && exclusive_place(self.tree, sibling).is_some_and(|(_, other)| other.overlaps(span))
        })
    }

    fn roll_back(mut self) {
        while let Some(step) = self.undo.pop() {
            step_back(self.tree, self.spaces, &mut self.destroyed, step);
        }
    }
}

fn check_size(id: RegionId, size: u128) -> Result<(), TopologyError> {
    match size {
        0 => Err(TopologyError::ZeroSize(id)),
        1..=SPACE_SIZE => Ok(()),
        _ => Err(TopologyError::OutOfSpace(id)),
    }
}

fn region_size(tree: &Tree, id: RegionId) -> u128 {
    tree.get(id).map_or(0, |region| region.size)
}

/// The parent of a child that forbids overlap, and the part of it that the child takes.
fn exclusive_place(tree: &Tree, child: RegionId) -> Option<(RegionId, Span)> {
    let region = tree.get(child)?;
    let placement = region.placement.filter(|p| p.stacking == Stacking::Exclusive)?;
    Some((placement.parent, Span::of_size(region.size).shifted(i128::from(placement.offset))))
}
