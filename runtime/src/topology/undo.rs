//! The way back: for each step of a change the step that undoes it. What was refused goes back by it, and so does the history.

use super::apply::{Space, Spaces};
use super::op::Kind;
use super::tree::{CoalescedParts, Flags, Placement, Region, Tree};
use super::{AddressSpaceId, Doorbells, RegionId, RegionKind, RomDeviceMode};
use crate::iommu::IommuTarget;

/// How to take one step back.
#[derive(Clone)]
pub(crate) enum Undo {
    Create(RegionId),
    CreateSpace(AddressSpaceId),
    CloseSpace(AddressSpaceId, Space),
    Place(RegionId, Option<Placement>),
    Flags(RegionId, Flags),
    Coalesced(RegionId, CoalescedParts),
    Size(RegionId, u128),
    AliasOffset(RegionId, u64),
    Translations(RegionId, IommuTarget),
    RomDeviceMode(RegionId, RomDeviceMode),
    Doorbells(RegionId, Doorbells),
    /// The last of those destroyed.
    Destroy,
}

/// Takes one step back; what was destroyed comes back from the end of `destroyed`.
pub(super) fn step_back(tree: &mut Tree, spaces: &mut Spaces, destroyed: &mut Vec<(RegionId, Region)>, step: Undo) {
    match step {
        Undo::Create(id) => drop(tree.remove(id)),
        Undo::CreateSpace(id) => {
            if let Some(space) = spaces.remove(&id)
                && let Some(root) = tree.get_mut(space.root)
            {
                root.roots -= 1;
            }
        }
        Undo::CloseSpace(id, space) => {
            if let Some(root) = tree.get_mut(space.root) {
                root.roots += 1;
            }
            spaces.insert(id, space);
        }
        Undo::Place(id, placement) => drop(tree.place(id, placement)),
        Undo::Size(id, size) => tree.resize(id, size),
        Undo::Flags(id, flags) => {
            if let Some(region) = tree.get_mut(id) {
                region.flags = flags;
            }
        }
        Undo::Coalesced(id, old) => {
            if let Some(region) = tree.get_mut(id) {
                region.coalesced = old;
            }
        }
        Undo::AliasOffset(id, old) => {
            if let Some(Region { kind: Kind::Alias { offset, .. }, .. }) = tree.get_mut(id) {
                *offset = old;
            }
        }
        Undo::Translations(id, old) => {
            if let Some(Region { kind: Kind::Iommu { target, .. }, .. }) = tree.get_mut(id) {
                *target = old;
            }
        }
        Undo::RomDeviceMode(id, old) => {
            let kind = tree.get_mut(id).map(|region| &mut region.kind);
            if let Some(Kind::RomDevice(_, mode) | Kind::Shape { kind: RegionKind::RomDevice(mode), .. }) = kind {
                *mode = old;
            }
        }
        Undo::Doorbells(id, old) => {
            if let Some(region) = tree.get_mut(id) {
                region.doorbells = old;
            }
        }
        Undo::Destroy => {
            if let Some((id, region)) = destroyed.pop() {
                tree.insert(id, region);
            }
        }
    }
}

impl Undo {
    /// Whether it is a step between what can be seen of the tree. Others hold on to more than plain data, and are no part of the history.
    pub(super) fn is_history(&self) -> bool {
        match self {
            Undo::Create(_) | Undo::CreateSpace(_) | Undo::CloseSpace(..) | Undo::Place(..) | Undo::Flags(..) => true,
            Undo::Size(..) | Undo::AliasOffset(..) | Undo::RomDeviceMode(..) | Undo::Destroy | Undo::Coalesced(..) => {
                true
            }
            Undo::Translations(..) | Undo::Doorbells(..) => false,
        }
    }
}
