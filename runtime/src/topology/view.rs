//! Flat views: what readers look addresses up in. Immutable once made; nothing here knows of threads.

use std::sync::Arc;

use super::{FlatRange, Generation};
use crate::{AddrRange, Gpa};

/// One address space, flat: sorted, disjoint ranges of one generation.
pub struct FlatView {
    generation: Generation,
    ranges: Vec<FlatRange>,
}

/// What a reader that held an older view must forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Changes {
    /// The history does not reach back, or the space was given another view altogether.
    Everything,
    /// These intervals, in no particular order; none when nothing changed.
    Ranges(Vec<AddrRange>),
}

/// One address space's place in a snapshot. Spaces whose roots render alike share one view.
#[derive(Clone)]
pub(crate) struct SpaceView {
    /// The view.
    pub(crate) view: Arc<FlatView>,
    /// The generation since which the space has shown this view and its successors; before, it showed an unrelated one.
    pub(crate) since: Generation,
}

impl SpaceView {
    /// What changed in this space between the snapshot `generation` and the one this is part of.
    pub(crate) fn changes_since(&self, generation: Generation) -> Changes {
        if generation < self.since { Changes::Everything } else { self.view.changes_since(generation) }
    }
}

impl FlatView {
    /// A view in which nothing decodes.
    pub(crate) fn empty(generation: Generation) -> FlatView {
        FlatView { generation, ranges: Vec::new() }
    }

    /// The generation in which this view last changed.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The range that decodes `addr`.
    pub fn find(&self, addr: Gpa) -> Option<&FlatRange> {
        let after = self.ranges.partition_point(|r| r.range.start() <= addr);
        self.ranges[..after].last().filter(|r| r.range.contains(addr))
    }

    /// Every range, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = &FlatRange> {
        self.ranges.iter()
    }

    /// What changed between the snapshot `generation` and this view.
    fn changes_since(&self, generation: Generation) -> Changes {
        if self.generation <= generation { Changes::Ranges(Vec::new()) } else { Changes::Everything }
    }
}
