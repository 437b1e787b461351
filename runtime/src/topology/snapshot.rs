//! Snapshots: what one publication shows, all address spaces at once, never changed after.

use std::sync::Arc;

use super::{AddressSpaceId, Changes, FlatView, Generation, Requesters, ShownSpaces};

/// All address spaces of one generation.
pub struct Snapshot {
    generation: Generation,
    /// What did not change is shared with the snapshot before.
    spaces: ShownSpaces,
    requesters: Requesters,
    /// What readers marked in dirty logs in a generation before this one has been collected.
    marks: Generation,
}

impl Snapshot {
    pub(crate) fn new(
        generation: Generation,
        spaces: ShownSpaces,
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

    /// The view of a space; `None` when the space did not exist yet, or was closed.
    #[inline]
    pub fn view(&self, space: AddressSpaceId) -> Option<&Arc<FlatView>> {
        self.spaces.get(space).map(|space| &space.view)
    }

    /// The same; a view in which nothing decodes for a space that is not there.
    #[inline]
    pub(crate) fn shown(&self, space: AddressSpaceId) -> &FlatView {
        self.view(space).unwrap_or(self.spaces.nothing())
    }

    /// The view without ranges: always the same.
    pub(super) fn nothing(&self) -> &Arc<FlatView> {
        self.spaces.nothing()
    }

    /// The space that a device sees, by the number of [`crate::Requester::Device`]; `None` when it is assigned none.
    #[inline]
    pub fn space_of(&self, device: u32) -> Option<AddressSpaceId> {
        self.requesters.space_of(device)
    }

    /// What changed in one space between the older snapshot `generation` and this one.
    pub(super) fn changes_in(&self, space: AddressSpaceId, generation: Generation) -> Changes {
        self.spaces.get(space).map_or(Changes::Everything, |space| space.changes_since(generation))
    }

    /// Whether a reader that comes from the older snapshot `generation` must forget which pages it has marked.
    pub(crate) fn drops_marks_of(&self, generation: Generation) -> bool {
        generation < self.marks
    }

    /// Every space of this generation, in the order in which they were made.
    pub fn spaces(&self) -> impl DoubleEndedIterator<Item = AddressSpaceId> {
        self.spaces.iter().map(|(id, _)| id)
    }

    /// What changed between the older snapshot `generation` and this one, space by space; of spaces that were closed meanwhile
    /// [`Snapshot::closes_since`] says that there are some.
    pub(crate) fn changes_since(&self, generation: Generation) -> impl Iterator<Item = (AddressSpaceId, Changes)> {
        self.spaces.iter().map(move |(id, space)| (id, space.changes_since(generation)))
    }

    /// Whether a reader that comes from the older snapshot `generation` must forget spaces that are not in this one.
    pub(crate) fn closes_since(&self, generation: Generation) -> bool {
        self.spaces.closes_since(generation)
    }
}

#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
impl Snapshot {
    /// What a publication in two halves shows in between: half of the spaces, and of the first of them half of its changes.
    pub(super) fn torn(old: &Snapshot, new: &Snapshot) -> Snapshot {
        let mut spaces = new.spaces.clone();
        let half = new.spaces.iter().len().div_ceil(2);
        for (index, (id, mine)) in spaces.iter_mut().enumerate() {
            let Some(old) = old.spaces.get(id) else { continue };
            match index {
                0 => mine.view = Arc::new(FlatView::torn(&old.view, &mine.view)),
                _ if index >= half => mine.view = Arc::clone(&old.view),
                _ => {}
            }
        }
        Snapshot { generation: new.generation, spaces, requesters: new.requesters.clone(), marks: new.marks }
    }
}
