//! Flat views: what readers look addresses up in. Immutable once made; nothing here knows of threads.
//!
//! The ranges are one sorted array, cut into chunks that a view shares with its predecessors: a change costs the chunks that it falls
//! into and a list of pointers, whatever the size of the map. A small map is one chunk.

use std::sync::Arc;

use super::diff::changed_intervals;
use super::dirty::{few, merged};
use super::render::push_joined;
use super::{FlatRange, Generation};
use crate::{AddrRange, Gpa};

/// A chunk holds at most this many ranges. (These limits are small in tests, which are to reach them.)
const CHUNK: usize = if cfg!(test) { 4 } else { 256 };
/// So many of its latest changes a view remembers.
const HISTORY: usize = if cfg!(test) { 4 } else { 32 };
/// A change of more intervals than this is remembered as one that covers them all.
pub(super) const MOST_INTERVALS: usize = if cfg!(test) { 3 } else { 64 };

/// One address space, flat: sorted, disjoint ranges of one generation.
pub struct FlatView {
    generation: Generation,
    chunks: Vec<Chunk>,
    history: History,
}

/// Where a range was found.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Near {
    chunk: usize,
    range: usize,
}

/// A run of ranges; never empty.
#[derive(Clone)]
struct Chunk {
    /// Where its first range starts.
    first: Gpa,
    ranges: Arc<[FlatRange]>,
}

/// The latest changes, oldest first.
#[derive(Clone)]
struct History {
    /// Of what changed in this generation or before nothing is known.
    complete_after: Generation,
    changes: Vec<(Generation, Arc<[AddrRange]>)>,
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
        let mut chunks = Vec::new();
        push_chunks(&mut chunks, ranges);
        FlatView { generation, chunks, history }
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
        let chunk = &self.chunks[..self.chunks.partition_point(|c| c.first <= addr)].last()?.ranges;
        let range = chunk[..chunk.partition_point(|r| r.range.start() <= addr)].last()?;
        range.range.contains(addr).then_some(range)
    }

    /// As [`FlatView::find`], for one who asks for the same range again and again. `near` is where the last one was: a guess that is checked,
    /// so it may be of any view.
    #[inline]
    pub(crate) fn find_near(&self, addr: Gpa, near: &mut Near) -> Option<&FlatRange> {
        let guess = self.chunks.get(near.chunk).and_then(|chunk| chunk.ranges.get(near.range));
        if let Some(range) = guess.filter(|range| range.range.contains(addr)) {
            return Some(range);
        }
        near.chunk = self.chunks.partition_point(|c| c.first <= addr).checked_sub(1)?;
        let chunk = &self.chunks[near.chunk].ranges;
        near.range = chunk.partition_point(|r| r.range.start() <= addr).checked_sub(1)?;
        Some(&chunk[near.range]).filter(|range| range.range.contains(addr))
    }

    /// Every range, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = &FlatRange> {
        self.chunks.iter().flat_map(|chunk| chunk.ranges.iter())
    }

    /// How many ranges there are.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.ranges.len()).sum()
    }

    /// Whether nothing decodes.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Every range that has an address in `range`, in ascending order.
    pub fn overlapping(&self, range: AddrRange) -> impl Iterator<Item = &FlatRange> {
        let chunks = &self.chunks[self.chunks_around(range)];
        let (first, rest) = chunks.split_first().map_or((&[][..], &[][..]), |(first, rest)| (&first.ranges[..], rest));
        let first = &first[first.partition_point(|r| r.range.last() < range.start())..];
        let ranges = first.iter().chain(rest.iter().flat_map(|chunk| chunk.ranges.iter()));
        ranges.take_while(move |r| r.range.start() <= range.last())
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
        Changes::Ranges(later.flat_map(|(_, ranges)| ranges.iter().copied()).collect())
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
        let chunks = self.spliced(windows, shown);
        let history = self.history.with(generation, &differences);
        Some((FlatView { generation, chunks, history }, differences))
    }

    /// The chunks that hold every range which has an address in `range`, or touches it.
    fn chunks_around(&self, range: AddrRange) -> std::ops::Range<usize> {
        let after = Gpa(range.last().0.saturating_add(1));
        let first = self.chunks.partition_point(|c| c.first < range.start()).saturating_sub(1);
        let end = self.chunks.partition_point(|c| c.first <= after);
        first..end.max(first)
    }

    fn spliced(&self, windows: &[AddrRange], shown: Vec<Vec<FlatRange>>) -> Vec<Chunk> {
        let mut chunks = Vec::with_capacity(self.chunks.len() + 1);
        let mut copied = 0;
        let mut edits = windows.iter().copied().zip(shown).peekable();
        while let Some(edit) = edits.next() {
            let mut around = self.chunks_around(edit.0);
            let mut together = vec![edit];
            while let Some(next) = edits.next_if(|(window, _)| self.chunks_around(*window).start < around.end) {
                around.end = around.end.max(self.chunks_around(next.0).end);
                together.push(next);
            }
            chunks.extend_from_slice(&self.chunks[copied..around.start]);
            copied = around.end;
            let old = self.chunks[around].iter().flat_map(|chunk| chunk.ranges.iter());
            push_chunks(&mut chunks, replaced(old, together));
        }
        chunks.extend_from_slice(&self.chunks[copied..]);
        chunks
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

/// The old ranges with each window's part of them replaced; joined.
fn replaced<'a>(old: impl Iterator<Item = &'a FlatRange>, edits: Vec<(AddrRange, Vec<FlatRange>)>) -> Vec<FlatRange> {
    let mut out = Vec::with_capacity(CHUNK + CHUNK / 2);
    let mut old = old.cloned().peekable();
    for (window, shown) in edits {
        while let Some(range) = old.next_if(|r| r.range.last() < window.start()) {
            push_joined(&mut out, range);
        }
        while let Some(range) = old.peek_mut().filter(|r| r.range.start() <= window.last()) {
            let (before, after) = around(range, window);
            before.into_iter().for_each(|before| push_joined(&mut out, before));
            match after {
                Some(after) => {
                    *range = after;
                    break;
                }
                None => drop(old.next()),
            }
        }
        shown.into_iter().for_each(|range| push_joined(&mut out, range));
    }
    old.for_each(|range| push_joined(&mut out, range));
    out
}

/// The parts of a range before and behind a window.
fn around(range: &FlatRange, window: AddrRange) -> (Option<FlatRange>, Option<FlatRange>) {
    let before = window.start().0.checked_sub(1).and_then(|last| AddrRange::new(Gpa(0), Gpa(last)));
    let after = window.last().checked_add(1).and_then(|start| AddrRange::new(start, Gpa(u64::MAX)));
    (before.and_then(|before| range.clipped(before)), after.and_then(|after| range.clipped(after)))
}

/// Appends ranges, in chunks of like size; a small rest goes into the chunk before it.
fn push_chunks(chunks: &mut Vec<Chunk>, mut ranges: Vec<FlatRange>) {
    if let Some(previous) = chunks.pop_if(|previous| previous.ranges.len() + ranges.len() <= CHUNK / 2) {
        ranges.splice(0..0, previous.ranges.iter().cloned());
    }
    if ranges.is_empty() {
        return;
    }
    #[cfg(test)]
    super::tests::work::add(ranges.len());
    let pieces = ranges.len().div_ceil(CHUNK);
    let size = ranges.len().div_ceil(pieces);
    let mut ranges = ranges.into_iter().peekable();
    while let Some(first) = ranges.peek().map(|r| r.range.start()) {
        chunks.push(Chunk { first, ranges: ranges.by_ref().take(size).collect() });
    }
}
