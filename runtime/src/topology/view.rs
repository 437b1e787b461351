//! Flat views: what readers look addresses up in. Immutable once made; nothing here knows of threads.
//!
//! What a view has in common with its predecessors it shares with them, see `ranges`: a change costs what it falls into.

use std::sync::Arc;

use super::diff::changed_intervals;
use super::dirty::{few, merged};
use super::ranges::{Found, Ranges};
use super::{FlatRange, Generation};
use crate::{AddrRange, Gpa};

/// So many of its latest changes a view remembers. (These limits are small in tests, which are to reach them.)
const HISTORY: usize = if cfg!(test) { 4 } else { 32 };
/// A change of more intervals than this is remembered as one that covers them all.
pub(super) const MOST_INTERVALS: usize = if cfg!(test) { 3 } else { 64 };

/// One address space, flat: sorted, disjoint ranges of one generation.
pub struct FlatView {
    generation: Generation,
    ranges: Ranges,
    history: History,
}

/// The latest changes, oldest first.
#[derive(Clone)]
struct History {
    /// Of what changed in this generation or before nothing is known.
    complete_after: Generation,
    changes: Vec<(Generation, Intervals)>,
}

/// What one change concerned. Few stand here themselves: each successor copies the history.
#[derive(Clone)]
enum Intervals {
    One(AddrRange),
    Two([AddrRange; 2]),
    Many(Arc<[AddrRange]>),
}

impl From<Vec<AddrRange>> for Intervals {
    fn from(intervals: Vec<AddrRange>) -> Intervals {
        match intervals[..] {
            [one] => Intervals::One(one),
            [one, other] => Intervals::Two([one, other]),
            _ => Intervals::Many(intervals.into()),
        }
    }
}

impl Intervals {
    fn as_slice(&self) -> &[AddrRange] {
        match self {
            Intervals::One(one) => std::slice::from_ref(one),
            Intervals::Two(two) => two,
            Intervals::Many(many) => many,
        }
    }
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
        FlatView::new(generation, Vec::new())
    }

    /// A view of sorted, disjoint, joined ranges that has no past.
    pub(crate) fn new(generation: Generation, ranges: Vec<FlatRange>) -> FlatView {
        let history = History { complete_after: generation, changes: Vec::new() };
        FlatView { generation, ranges: Ranges::new(ranges), history }
    }

    /// What changed first as in the new view, what lies above it as in the old one.
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    pub(super) fn torn(old: &FlatView, new: &FlatView) -> FlatView {
        let first = match new.changes_since(old.generation) {
            Changes::Ranges(changed) => changed.first().copied(),
            Changes::Everything => None,
        };
        let Some(first) = first.or_else(|| new.iter().next().map(|range| range.range)) else {
            return FlatView::empty(new.generation);
        };
        let cut = new.find(first.start()).map_or(first.last(), |range| range.range.last());
        let mut ranges: Vec<FlatRange> = new.iter().filter(|range| range.range.start() <= cut).cloned().collect();
        ranges.extend(old.iter().filter(|range| range.range.start() > cut).cloned());
        FlatView::new(new.generation, ranges)
    }

    /// The generation in which this view last changed.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The range that decodes `addr`.
    #[inline]
    pub fn find(&self, addr: Gpa) -> Option<&FlatRange> {
        self.ranges.find(addr)
    }

    /// As [`FlatView::find`], to be kept: see [`super::Near`].
    pub(crate) fn locate(&self, addr: Gpa) -> Option<Found> {
        self.ranges.locate(addr)
    }

    /// Every range, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = &FlatRange> {
        self.ranges.iter()
    }

    /// How many ranges there are.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether nothing decodes.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Every range that has an address in `range`, in ascending order.
    pub fn overlapping(&self, range: AddrRange) -> impl Iterator<Item = &FlatRange> {
        self.ranges.overlapping(range)
    }

    /// What changed between the snapshot `generation` and this view.
    fn changes_since(&self, generation: Generation) -> Changes {
        if self.generation <= generation {
            return Changes::Ranges(Vec::new());
        }
        if generation < self.history.complete_after {
            return Changes::Everything;
        }
        let later = self.history.changes.iter().filter(|(changed, _)| *changed > generation);
        Changes::Ranges(later.flat_map(|(_, intervals)| intervals.as_slice().iter().copied()).collect())
    }

    /// The successor in which each window shows what `show` says; also what differs, sorted. `None` where nothing does.
    /// The windows are sorted and disjoint.
    pub(crate) fn successor(
        &self,
        generation: Generation,
        windows: &[AddrRange],
        mut show: impl FnMut(AddrRange) -> Vec<FlatRange>,
    ) -> Option<(FlatView, Vec<AddrRange>)> {
        let shown: Vec<Vec<FlatRange>> = windows.iter().map(|&window| show(window)).collect();
        let mut differences = Vec::new();
        for (&window, new) in windows.iter().zip(&shown) {
            changed_intervals(window, self.overlapping(window), new.iter(), &mut differences);
        }
        if differences.is_empty() {
            return None;
        }
        let ranges = self.ranges.spliced(windows.iter().copied().zip(shown).collect());
        let history = self.history.with(generation, &differences);
        Some((FlatView { generation, ranges, history }, differences))
    }
}

impl History {
    fn with(&self, generation: Generation, differences: &[AddrRange]) -> History {
        let mut history = self.clone();
        if history.changes.len() == HISTORY {
            history.complete_after = history.changes.remove(0).0;
        }
        history.changes.push((generation, few(merged(differences.to_vec()), MOST_INTERVALS).into()));
        history
    }
}
