//! For one who asks for the same range again and again: the range found last, held.

use super::ranges::Found;
use super::{AddressSpaceId, FlatRange, Snapshot};
use crate::Gpa;

/// Where the last address was found: in the snapshot that its owner holds, and to be forgotten with it.
#[derive(Default)]
pub(crate) struct Near(Option<(AddressSpaceId, Found)>);

impl Near {
    /// The range of `space` that decodes `addr`, in `snapshot`.
    #[inline]
    pub(crate) fn find(&mut self, snapshot: &Snapshot, space: AddressSpaceId, addr: Gpa) -> Option<&FlatRange> {
        if !matches!(&self.0, Some((of, found)) if *of == space && found.contains(addr)) {
            self.seek(snapshot, space, addr);
        }
        self.0.as_ref().map(|(_, found)| found.get())
    }

    /// The same, if it is the range found last.
    #[inline]
    pub(crate) fn known(&self, space: AddressSpaceId, addr: Gpa) -> Option<&FlatRange> {
        match &self.0 {
            Some((of, found)) if *of == space && found.contains(addr) => Some(found.get()),
            _ => None,
        }
    }

    #[cold]
    fn seek(&mut self, snapshot: &Snapshot, space: AddressSpaceId, addr: Gpa) {
        self.0 = snapshot.shown(space).locate(addr).map(|found| (space, found));
    }

    /// The snapshot is let go.
    #[inline]
    pub(crate) fn forget(&mut self) {
        self.0 = None;
    }
}
