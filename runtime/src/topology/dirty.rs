//! Which parts of which views may look different: a change inside a region is carried upwards, through its parents and its aliases, to
//! every root that shows it.

use super::RegionId;
use super::state::Views;
use super::tree::{Region, RegionMap, Tree};
use crate::{AddrRange, Gpa};

/// More windows than this and they are rendered as one: each has a price of its own. (Small in tests, which are to reach it.)
const MOST_WINDOWS: usize = if cfg!(test) { 3 } else { 16 };

/// A non-empty run of addresses in some region's coordinates, both ends included. May lie outside of the region, and of `[0, 2^64)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) lo: i128,
    pub(crate) hi: i128,
}

impl Span {
    /// From 0 on; `size` is at least 1 and at most 2^64.
    pub(crate) fn of_size(size: u128) -> Span {
        Span { lo: 0, hi: size as i128 - 1 }
    }

    pub(crate) fn shifted(self, by: i128) -> Span {
        Span { lo: self.lo + by, hi: self.hi + by }
    }

    pub(crate) fn clipped(self, other: Span) -> Option<Span> {
        let both = Span { lo: self.lo.max(other.lo), hi: self.hi.min(other.hi) };
        (both.lo <= both.hi).then_some(both)
    }

    pub(crate) fn overlaps(self, other: Span) -> bool {
        self.clipped(other).is_some()
    }

    /// The addresses of it that exist.
    pub(crate) fn addresses(self) -> Option<AddrRange> {
        let real = self.clipped(Span { lo: 0, hi: i128::from(u64::MAX) })?;
        AddrRange::new(Gpa(real.lo as u64), Gpa(real.hi as u64))
    }
}

impl From<AddrRange> for Span {
    fn from(range: AddrRange) -> Span {
        Span { lo: i128::from(range.start().0), hi: i128::from(range.last().0) }
    }
}

/// For each root that has a view, what may look different.
pub(crate) struct Dirty<'a> {
    views: &'a Views,
    roots: RegionMap<Vec<AddrRange>>,
}

impl<'a> Dirty<'a> {
    /// Nothing yet; only the roots of `views` are of interest.
    pub(crate) fn new(views: &'a Views) -> Dirty<'a> {
        Dirty { views, roots: RegionMap::default() }
    }

    /// What `child` takes of its parent, if it has one, may look different.
    pub(crate) fn touch_placed(&mut self, tree: &Tree, child: RegionId) {
        if let Some(region) = tree.get(child)
            && let Some(placement) = region.placement
        {
            let span = Span::of_size(region.size).shifted(i128::from(placement.offset));
            self.touch(tree, placement.parent, span);
        }
    }

    /// `span` of `start` may look different, wherever that is shown. `start` may be disabled and `span` may pass its end: both may
    /// just have changed.
    pub(crate) fn touch(&mut self, tree: &Tree, start: RegionId, span: Span) {
        let mut todo = vec![(start, span)];
        while let Some((id, span)) = todo.pop() {
            let Some(region) = tree.get(id) else { continue };
            if self.views.contains_key(&id) {
                self.roots.entry(id).or_default().extend(span.addresses());
            }
            let parent = region.placement.and_then(|placement| {
                let parent = tree.get(placement.parent)?;
                visible_part(parent, span.shifted(i128::from(placement.offset))).map(|part| (placement.parent, part))
            });
            let views = self.views;
            let aliases = region.aliases.iter().filter_map(|&alias| {
                let above = tree.get(alias)?;
                // Most are roots of devices' spaces that share their target's view: nothing is above them, and nothing is theirs.
                if above.placement.is_none() && above.aliases.is_empty() && !views.contains_key(&alias) {
                    return None;
                }
                let (_, offset) = above.window()?;
                visible_part(above, span.shifted(-i128::from(offset))).map(|part| (alias, part))
            });
            todo.extend(parent.into_iter().chain(aliases));
        }
    }

    /// Each root with its windows: sorted, disjoint, and few.
    pub(crate) fn into_windows(self) -> Vec<(RegionId, Vec<AddrRange>)> {
        self.roots.into_iter().map(|(root, windows)| (root, few(merged(windows), MOST_WINDOWS))).collect()
    }
}

fn visible_part(region: &Region, span: Span) -> Option<Span> {
    if region.flags.enabled { span.clipped(Span::of_size(region.size)) } else { None }
}

/// Sorted, with what overlaps or touches joined.
pub(crate) fn merged(mut ranges: Vec<AddrRange>) -> Vec<AddrRange> {
    ranges.sort_unstable();
    let mut out: Vec<AddrRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start().0 <= last.last().0.saturating_add(1) => *last = hull(*last, range),
            _ => out.push(range),
        }
    }
    out
}

/// Sorted and disjoint ranges as they are, or one that covers them all when they are more than `most`.
pub(crate) fn few(ranges: Vec<AddrRange>, most: usize) -> Vec<AddrRange> {
    match ranges.as_slice() {
        [first, .., last] if ranges.len() > most => vec![hull(*first, *last)],
        _ => ranges,
    }
}

/// The smallest range that covers both.
pub(crate) fn hull(a: AddrRange, b: AddrRange) -> AddrRange {
    let (start, last) = (a.start().min(b.start()), a.last().max(b.last()));
    AddrRange::new(start, last).unwrap_or(AddrRange::ALL)
}
