//! The difference between two views: interval by interval for readers that cache pointers, range by range for listeners.

use std::mem::discriminant;

use super::dirty::{hull, merged};
use super::view::FlatView;
use super::{FlatRange, Target, doorbell};
use crate::{AddrRange, Gpa};

impl FlatRange {
    /// The part of it that lies in `window`.
    pub(crate) fn clipped(&self, window: AddrRange) -> Option<FlatRange> {
        let range = self.range.intersection(window)?;
        let offset = self.offset + (range.start().0 - self.range.start().0);
        Some(FlatRange { range, offset, ..self.clone() })
    }

    /// Whether both give an address that both have the same meaning, the dirty mask, doorbells and how writes arrive included. Adjacent ranges
    /// that agree are one.
    pub(crate) fn agrees_with(&self, other: &FlatRange) -> bool {
        let alike = self.dirty_mask == other.dirty_mask && doorbell::same(&self.doorbells, &other.doorbells);
        let arrives_alike = self.coalesced == other.coalesced
            && self.flush_coalesced == other.flush_coalesced
            && self.forgiving == other.forgiving;
        alike && arrives_alike && self.shows_like(other)
    }

    /// As [`FlatRange::agrees_with`], these two apart.
    fn shows_like(&self, other: &FlatRange) -> bool {
        let same_place = self.region == other.region && self.origin() == other.origin();
        same_place && self.read_only == other.read_only && self.answers_like(other)
    }

    /// Whether what answers is the same, for two ranges of one region: other translations are not, nor a ROM device's other mode.
    fn answers_like(&self, other: &FlatRange) -> bool {
        match (&self.target, &other.target) {
            (Target::Iommu(mine), Target::Iommu(theirs)) => mine.is_same(theirs),
            (mine, theirs) => discriminant(mine) == discriminant(theirs),
        }
    }

    /// Where the region's offset 0 would lie.
    fn origin(&self) -> i128 {
        i128::from(self.range.start().0) - i128::from(self.offset)
    }

    /// Equality of ranges, which leaves the dirty mask (and doorbells) out: a range that is merely logged otherwise is kept.
    pub fn is_same_range(&self, other: &FlatRange) -> bool {
        self.range == other.range && self.shows_like(other)
    }
}

/// What a listener is told of one range. A listener that carries out the list, in its order, on the old view has the new one.
#[derive(Debug, Clone)]
pub enum Update {
    /// This range of the old view is gone. All of these come before the rest.
    Delete(FlatRange),
    /// This range of the new view is new.
    Add(FlatRange),
    /// This range stays, although who logs it, its doorbells or how writes to it arrive may differ.
    Keep {
        /// As in the new view.
        range: FlatRange,
        /// As in the old one.
        old: FlatRange,
    },
}

impl Update {
    /// The dirty-log clients that start to log this range, which is kept.
    pub fn log_start(&self) -> u8 {
        match self {
            Update::Keep { range, old } => range.dirty_mask & !old.dirty_mask,
            _ => 0,
        }
    }

    /// The dirty-log clients that stop logging this range, which is kept.
    pub fn log_stop(&self) -> u8 {
        match self {
            Update::Keep { range, old } => old.dirty_mask & !range.dirty_mask,
            _ => 0,
        }
    }
}

/// What a listener of `old` must be told so that it has `new`: deletions in descending order, then additions and what stays in
/// ascending order.
pub fn difference(old: &FlatView, new: &FlatView) -> Vec<Update> {
    difference_within(&[AddrRange::ALL], old, new)
}

/// As [`difference`], where all that differs lies in `intervals` (of any order): what stays is told of only in their neighbourhood.
pub(super) fn difference_within(intervals: &[AddrRange], old: &FlatView, new: &FlatView) -> Vec<Update> {
    // Whole ranges of either view. Outside of the intervals the views' ranges begin and end alike, so none is cut by the edge of a window.
    let whole = |interval: &AddrRange| {
        let near = old.overlapping(*interval).chain(new.overlapping(*interval)).map(|near| near.range);
        near.fold(*interval, hull)
    };
    let (mut deletions, mut rest) = (Vec::new(), Vec::new());
    for window in merged(intervals.iter().map(whole).collect()) {
        compare(old.overlapping(window), new.overlapping(window), &mut deletions, &mut rest);
    }
    deletions.reverse();
    deletions.extend(rest);
    deletions
}

/// Two lists of sorted ranges, compared; both results ascend.
fn compare<'a>(
    old: impl Iterator<Item = &'a FlatRange>,
    new: impl Iterator<Item = &'a FlatRange>,
    deletions: &mut Vec<Update>,
    rest: &mut Vec<Update>,
) {
    let mut olds = old.peekable();
    for range in new {
        while let Some(gone) = olds.next_if(|o| o.range.start() < range.range.start()) {
            deletions.push(Update::Delete(gone.clone()));
        }
        match olds.next_if(|o| o.is_same_range(range)) {
            Some(kept) => rest.push(Update::Keep { range: range.clone(), old: kept.clone() }),
            None => rest.push(Update::Add(range.clone())),
        }
    }
    deletions.extend(olds.map(|gone| Update::Delete(gone.clone())));
}

/// Appends the intervals of `window` in which two lists of sorted ranges differ for a reader that caches pointers, the dirty mask
/// included.
pub(crate) fn changed_intervals<'a>(
    window: AddrRange,
    old: impl Iterator<Item = &'a FlatRange>,
    new: impl Iterator<Item = &'a FlatRange>,
    out: &mut Vec<AddrRange>,
) {
    let (mut old, mut new) = (Cursor { ranges: old.peekable() }, Cursor { ranges: new.peekable() });
    let mut next = Some(window.start());
    while let Some(from) = next.filter(|&from| from <= window.last()) {
        let (a, b) = (old.at(from), new.at(from));
        let last = a.last.min(b.last).min(window.last());
        let same = match (a.range, b.range) {
            (Some(a), Some(b)) => a.agrees_with(b),
            (None, None) => true,
            _ => false,
        };
        if !same && let Some(interval) = AddrRange::new(from, last) {
            push_interval(out, interval);
        }
        next = last.checked_add(1);
    }
}

fn push_interval(out: &mut Vec<AddrRange>, next: AddrRange) {
    if let Some(last) = out.last_mut()
        && last.last().checked_add(1) == Some(next.start())
        && let Some(both) = AddrRange::new(last.start(), next.last())
    {
        *last = both;
    } else {
        out.push(next);
    }
}

/// Walks a list of sorted ranges, holes included.
struct Cursor<'a, I: Iterator<Item = &'a FlatRange>> {
    ranges: std::iter::Peekable<I>,
}

/// What a list has from some address on: a range or a hole, and the last address of it.
struct Stretch<'a> {
    range: Option<&'a FlatRange>,
    last: Gpa,
}

impl<'a, I: Iterator<Item = &'a FlatRange>> Cursor<'a, I> {
    /// `from` never goes back.
    fn at(&mut self, from: Gpa) -> Stretch<'a> {
        while self.ranges.next_if(|r| r.range.last() < from).is_some() {}
        match self.ranges.peek() {
            Some(r) if r.range.start() <= from => Stretch { range: Some(r), last: r.range.last() },
            Some(r) => Stretch { range: None, last: Gpa(r.range.start().0 - 1) },
            None => Stretch { range: None, last: Gpa(u64::MAX) },
        }
    }
}
