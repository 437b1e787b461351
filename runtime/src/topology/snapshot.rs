//! Snapshots: what one publication shows, all address spaces at once, never changed after.

use std::sync::Arc;

use super::{AddressSpaceId, Changes, FlatView, Generation, Requesters, SpaceView};

/// All address spaces of one generation.
pub struct Snapshot {
    generation: Generation,
    /// Indexed by [`AddressSpaceId`]. What did not change is shared with the snapshot before.
    spaces: Vec<SpaceView>,
    requesters: Requesters,
    /// What readers marked in dirty logs in a generation before this one has been collected.
    marks: Generation,
}

impl Snapshot {
    pub(crate) fn new(
        generation: Generation,
        spaces: Vec<SpaceView>,
        requesters: Requesters,
        marks: Generation,
    ) -> Snapshot {
        Snapshot { generation, spaces, requesters, marks }
    }

    /// Which publication this is.
    #[inline]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The view of a space; `None` when the space did not exist yet.
    #[inline]
    pub fn view(&self, space: AddressSpaceId) -> Option<&Arc<FlatView>> {
        self.spaces.get(space.0 as usize).map(|space| &space.view)
    }

    /// The space that a device sees, by the number of [`crate::Requester::Device`]; `None` when it is assigned none.
    #[inline]
    pub fn space_of(&self, device: u32) -> Option<AddressSpaceId> {
        self.requesters.space_of(device)
    }

    /// What changed in one space between the older snapshot `generation` and this one.
    pub(super) fn changes_in(&self, space: AddressSpaceId, generation: Generation) -> Changes {
        self.spaces.get(space.0 as usize).map_or(Changes::Everything, |space| space.changes_since(generation))
    }

    /// Whether a reader that comes from the older snapshot `generation` must forget which pages it has marked.
    pub(crate) fn drops_marks_of(&self, generation: Generation) -> bool {
        generation < self.marks
    }

    /// Every space of this generation.
    pub fn spaces(&self) -> impl Iterator<Item = AddressSpaceId> + use<> {
        (0..self.spaces.len() as u32).map(AddressSpaceId)
    }

    /// What changed between the older snapshot `generation` and this one, space by space.
    pub(crate) fn changes_since(&self, generation: Generation) -> impl Iterator<Item = (AddressSpaceId, Changes)> {
        self.spaces().zip(self.spaces.iter().map(move |space| space.changes_since(generation)))
    }
}

#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
impl Snapshot {
    /// What a publication in two halves shows in between: half of the spaces, and of the first of them half of its changes.
    pub(super) fn torn(old: &Snapshot, new: &Snapshot) -> Snapshot {
        let mut spaces = new.spaces.clone();
        let half = spaces.len().div_ceil(2);
        let (first, rest) = spaces.split_at_mut(half);
        for (mine, old) in rest.iter_mut().zip(old.spaces.iter().skip(half)) {
            mine.view = Arc::clone(&old.view);
        }
        if let ([mine, ..], Some(old)) = (first, old.spaces.first()) {
            mine.view = Arc::new(FlatView::torn(&old.view, &mine.view));
        }
        Snapshot { generation: new.generation, spaces, requesters: new.requesters.clone(), marks: new.marks }
    }
}
