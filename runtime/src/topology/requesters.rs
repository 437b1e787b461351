//! Which address space each requesting device sees: part of every snapshot, so that a change of it is one publication with whatever else a
//! transaction changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::AddressSpaceId;

/// Devices, by the number of [`crate::Requester::Device`], with their spaces. A copy costs nothing until one of both is changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Requesters(Arc<BTreeMap<u32, AddressSpaceId>>);

impl Requesters {
    /// What a device sees; `None` when nothing answers it.
    pub(crate) fn space_of(&self, device: u32) -> Option<AddressSpaceId> {
        self.0.get(&device).copied()
    }

    /// Whether any device sees this space.
    pub(crate) fn is_seen(&self, space: AddressSpaceId) -> bool {
        self.0.values().any(|seen| *seen == space)
    }

    pub(crate) fn set(&mut self, device: u32, space: Option<AddressSpaceId>) {
        if self.space_of(device) == space {
            return;
        }
        let table = Arc::make_mut(&mut self.0);
        match space {
            Some(space) => table.insert(device, space),
            None => table.remove(&device),
        };
    }

    /// Whether any device sees another space than in `before`.
    pub(crate) fn differ_from(&self, before: &Requesters) -> bool {
        !Arc::ptr_eq(&self.0, &before.0) && self.0 != before.0
    }

    /// The spaces of `before` that a device does not see any more.
    pub(crate) fn left_since(&self, before: &Requesters) -> Vec<AddressSpaceId> {
        let moved = before.0.iter().filter(|&(&device, &space)| self.space_of(device) != Some(space));
        let mut left: Vec<_> = moved.map(|(_, &space)| space).collect();
        left.sort_unstable();
        left.dedup();
        left
    }
}
