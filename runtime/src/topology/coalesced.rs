//! Where in a range writes are coalesced.

use std::sync::Arc;

use super::FlatRange;
use super::dirty::Span;
use crate::AddrRange;

/// The parts of a terminal region in which writes are coalesced, as it is shown in one place: sorted, disjoint, in the region's own
/// offsets, so that they go where the region goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coalesced(Option<Arc<[(u64, u64)]>>);

impl Coalesced {
    /// Of any spans (in the region's offsets), clipped to the region's size.
    pub(crate) fn new(spans: impl Iterator<Item = Span>, size: u128) -> Coalesced {
        let inside = Span::of_size(size);
        let ranges: Vec<AddrRange> = spans.filter_map(|span| span.clipped(inside)?.addresses()).collect();
        let merged = super::dirty::merged(ranges);
        let offsets = merged.iter().map(|range| (range.start().0, range.last().0));
        Coalesced((!merged.is_empty()).then(|| offsets.collect()))
    }
}

/// The parts of `range` to which writes are coalesced that `before` (the same range at another time) does not have.
pub(super) fn beyond(range: &FlatRange, before: &FlatRange) -> impl Iterator<Item = AddrRange> {
    let had: Vec<AddrRange> = match range.coalesced == before.coalesced {
        true => range.coalesced_ranges().collect(),
        false => before.coalesced_ranges().collect(),
    };
    range.coalesced_ranges().filter(move |part| had.binary_search(part).is_err())
}

impl FlatRange {
    /// The addresses of this range to which writes are coalesced: ascending and disjoint.
    pub fn coalesced_ranges(&self) -> impl Iterator<Item = AddrRange> {
        let origin = i128::from(self.range.start().0) - i128::from(self.offset);
        let parts = self.coalesced.0.iter().flat_map(|parts| parts.iter());
        parts.filter_map(move |&(first, last)| {
            let (lo, hi) = (i128::from(first) + origin, i128::from(last) + origin);
            Span { lo, hi }.addresses()?.intersection(self.range)
        })
    }

    /// Whether a write of `size` bytes at `offset` of the region is coalesced.
    #[inline]
    pub(crate) fn coalesces(&self, offset: u64, size: u8) -> bool {
        let Some(parts) = &self.coalesced.0 else { return false };
        let last = offset + (u64::from(size) - 1);
        let before = parts.partition_point(|part| part.0 <= offset);
        before.checked_sub(1).is_some_and(|index| last <= parts[index].1)
    }
}
