//! The address spaces of one publication: each with its view, found by id.

use std::sync::Arc;

use super::{AddressSpaceId, FlatView, Generation, SpaceView};

/// The address spaces of one generation, with what each shows.
#[derive(Clone)]
pub(crate) struct ShownSpaces {
    /// In ascending order of ids, which are handed out in sequence and never again: none stands behind its number.
    spaces: Vec<(AddressSpaceId, SpaceView)>,
    /// What a space shows in which nothing decodes, and one that is not there.
    nothing: Arc<FlatView>,
    /// The newest generation in which a space was closed.
    closed: Generation,
}

impl Default for ShownSpaces {
    fn default() -> ShownSpaces {
        ShownSpaces { spaces: Vec::new(), nothing: Arc::new(FlatView::empty(0)), closed: 0 }
    }
}

impl ShownSpaces {
    /// None: whichever there were are closed in `generation`.
    pub(super) fn ended(generation: Generation) -> ShownSpaces {
        ShownSpaces { closed: generation, ..ShownSpaces::default() }
    }

    /// One space; `None` where it is not there.
    #[inline]
    pub(crate) fn get(&self, space: AddressSpaceId) -> Option<&SpaceView> {
        // Where none was ever closed each stands at its number.
        match self.spaces.get(space.0 as usize) {
            Some((id, shown)) if *id == space => Some(shown),
            _ => self.search(space),
        }
    }

    #[cold]
    fn search(&self, space: AddressSpaceId) -> Option<&SpaceView> {
        self.place(space).ok().map(|index| &self.spaces[index].1)
    }

    /// Where a space stands, or would.
    fn place(&self, space: AddressSpaceId) -> Result<usize, usize> {
        self.spaces.binary_search_by_key(&space, |(id, _)| *id)
    }

    /// The view without ranges.
    pub(crate) fn nothing(&self) -> &Arc<FlatView> {
        &self.nothing
    }

    /// Every space, in ascending order of ids.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (AddressSpaceId, &SpaceView)> + ExactSizeIterator {
        self.spaces.iter().map(|(id, shown)| (*id, shown))
    }

    /// The same, to be changed.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (AddressSpaceId, &mut SpaceView)> {
        self.spaces.iter_mut().map(|(id, shown)| (*id, shown))
    }

    /// A space is there from now on, and shows nothing yet. Whether it was not there before.
    pub(super) fn open(&mut self, space: AddressSpaceId) -> bool {
        let Err(index) = self.place(space) else { return false };
        self.spaces.insert(index, (space, SpaceView { view: Arc::clone(&self.nothing), since: 0 }));
        true
    }

    /// A space that is there shows `view` from `generation` on; what it showed.
    pub(super) fn show(
        &mut self,
        space: AddressSpaceId,
        view: Arc<FlatView>,
        since: Generation,
    ) -> Option<Arc<FlatView>> {
        let index = self.place(space).ok()?;
        let shown = std::mem::replace(&mut self.spaces[index].1, SpaceView { view, since });
        Some(shown.view)
    }

    /// A space is there no more from `generation` on; what it showed.
    pub(super) fn close(&mut self, space: AddressSpaceId, generation: Generation) -> Option<SpaceView> {
        let index = self.place(space).ok()?;
        self.closed = generation;
        Some(self.spaces.remove(index).1)
    }

    /// Whether a reader that comes from the older snapshot `generation` may have met a space that is there no more.
    pub(crate) fn closes_since(&self, generation: Generation) -> bool {
        generation < self.closed
    }
}
