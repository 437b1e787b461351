//! Sorted ranges that successors share: a tree of three levels, immutable once made. A change copies the leaves that it falls into, the
//! branches above them, and the list of branches; all else is shared with the ranges of before. A small map is one leaf.

use std::sync::Arc;

use super::FlatRange;
use super::render::push_joined;
use crate::{AddrRange, Gpa};

/// A leaf holds at most this many ranges. (These limits are small in tests, which are to reach them.)
const LEAF: usize = if cfg!(test) { 4 } else { 32 };
/// A branch holds at most this many leaves.
const BRANCH: usize = if cfg!(test) { 4 } else { 64 };

/// Sorted, disjoint, joined ranges.
#[derive(Default)]
pub(super) struct Ranges {
    branches: Vec<Run<Leaf>>,
}

type Leaf = Run<FlatRange>;

/// What a window is to show from now on.
pub(super) type Edit = (AddrRange, Vec<FlatRange>);

/// Some neighbours; never empty.
#[derive(Clone)]
struct Run<T> {
    /// Where its first range starts.
    start: Gpa,
    items: Arc<[T]>,
}

/// Has a place among its like.
trait Starts {
    fn start(&self) -> Gpa;
}

impl Starts for FlatRange {
    fn start(&self) -> Gpa {
        self.range.start()
    }
}

impl<T> Starts for Run<T> {
    fn start(&self) -> Gpa {
        self.start
    }
}

/// A range that was found, kept together with its neighbours.
#[derive(Clone)]
pub(crate) struct Found {
    /// The addresses of it: beside the pointer, so that who asks again follows none before it is known to be of use.
    range: AddrRange,
    leaf: Arc<[FlatRange]>,
    index: usize,
}

impl Found {
    /// Whether it decodes `addr`.
    #[inline]
    pub(super) fn contains(&self, addr: Gpa) -> bool {
        self.range.contains(addr)
    }

    #[inline]
    pub(super) fn get(&self) -> &FlatRange {
        &self.leaf[self.index]
    }
}

impl Ranges {
    /// Of sorted, disjoint, joined ranges.
    pub(super) fn new(ranges: Vec<FlatRange>) -> Ranges {
        let (mut leaves, mut branches) = (Vec::new(), Vec::new());
        push_runs(&mut leaves, ranges, LEAF);
        push_runs(&mut branches, leaves, BRANCH);
        Ranges { branches }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.branches.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.branches.iter().flat_map(|branch| branch.items.iter()).map(|leaf| leaf.items.len()).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &FlatRange> {
        self.branches.iter().flat_map(|branch| branch.items.iter()).flat_map(|leaf| leaf.items.iter())
    }

    /// The leaf and the place in it of the last range that starts at `addr` or below.
    #[inline]
    fn at_or_below(&self, addr: Gpa) -> Option<(&Leaf, usize)> {
        let branch = &self.branches[last_below(&self.branches, addr)?];
        let leaf = &branch.items[last_below(&branch.items, addr)?];
        Some((leaf, last_below(&leaf.items, addr)?))
    }

    /// The range that has `addr`.
    #[inline]
    pub(super) fn find(&self, addr: Gpa) -> Option<&FlatRange> {
        let (leaf, index) = self.at_or_below(addr)?;
        Some(&leaf.items[index]).filter(|range| range.range.contains(addr))
    }

    /// The same, to be kept.
    pub(super) fn locate(&self, addr: Gpa) -> Option<Found> {
        let (leaf, index) = self.at_or_below(addr)?;
        let found = Found { range: leaf.items[index].range, leaf: Arc::clone(&leaf.items), index };
        Some(found).filter(|found| found.contains(addr))
    }

    /// Every range that has an address in `range`, in ascending order.
    pub(super) fn overlapping(&self, range: AddrRange) -> impl Iterator<Item = &FlatRange> {
        let branches = &self.branches[around(&self.branches, range)];
        let leaves = branches.iter().flat_map(move |branch| branch.items[around(&branch.items, range)].iter());
        let ranges = leaves.flat_map(move |leaf| {
            let first = leaf.items.partition_point(|r| r.range.last() < range.start());
            leaf.items[first..].iter()
        });
        ranges.take_while(move |r| r.range.start() <= range.last())
    }

    /// The successor in which each window shows what its edit says. The windows are sorted and disjoint.
    pub(super) fn spliced(&self, edits: Vec<Edit>) -> Ranges {
        let in_branch = |leaves: Vec<Leaf>, edits| splice(&leaves, edits, LEAF, replaced);
        Ranges { branches: splice(&self.branches, edits, BRANCH, in_branch) }
    }
}

/// The place of the last that starts at `addr` or below.
#[inline]
fn last_below<T: Starts>(items: &[T], addr: Gpa) -> Option<usize> {
    items.partition_point(|item| item.start() <= addr).checked_sub(1)
}

/// All that hold a range which has an address in `range`, or touches it.
fn around<T: Starts>(runs: &[T], range: AddrRange) -> std::ops::Range<usize> {
    let after = Gpa(range.last().0.saturating_add(1));
    let first = runs.partition_point(|run| run.start() < range.start()).saturating_sub(1);
    let end = runs.partition_point(|run| run.start() <= after);
    first..end.max(first)
}

/// The successors of `runs`: where edits fall into them, made of what `replace` makes of their items.
fn splice<T: Starts + Clone>(
    runs: &[Run<T>],
    edits: Vec<Edit>,
    most: usize,
    replace: impl Fn(Vec<T>, Vec<Edit>) -> Vec<T>,
) -> Vec<Run<T>> {
    let mut out = Vec::with_capacity(runs.len() + 1);
    let mut copied = 0;
    let mut edits = edits.into_iter().peekable();
    while let Some(edit) = edits.next() {
        let mut near = around(runs, edit.0);
        let mut together = vec![edit];
        while let Some(next) = edits.next_if(|(window, _)| around(runs, *window).start < near.end) {
            near.end = near.end.max(around(runs, next.0).end);
            together.push(next);
        }
        out.extend_from_slice(&runs[copied..near.start]);
        copied = near.end;
        let old = runs[near].iter().flat_map(|run| run.items.iter().cloned()).collect();
        push_runs(&mut out, replace(old, together), most);
    }
    out.extend_from_slice(&runs[copied..]);
    out
}

/// The old ranges with each window's part of them replaced; joined.
fn replaced(old: Vec<FlatRange>, edits: Vec<Edit>) -> Vec<FlatRange> {
    let mut out = Vec::with_capacity(old.len() + 4);
    let mut old = old.into_iter().peekable();
    for (window, shown) in edits {
        while let Some(range) = old.next_if(|r| r.range.last() < window.start()) {
            push_joined(&mut out, range);
        }
        while let Some(range) = old.peek_mut().filter(|r| r.range.start() <= window.last()) {
            let (before, after) = outside(range, window);
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
fn outside(range: &FlatRange, window: AddrRange) -> (Option<FlatRange>, Option<FlatRange>) {
    let before = window.start().0.checked_sub(1).and_then(|last| AddrRange::new(Gpa(0), Gpa(last)));
    let after = window.last().checked_add(1).and_then(|start| AddrRange::new(start, Gpa(u64::MAX)));
    (before.and_then(|before| range.clipped(before)), after.and_then(|after| range.clipped(after)))
}

/// Appends items in runs of like length, at most `most`; few go into the run before them.
fn push_runs<T: Starts + Clone>(runs: &mut Vec<Run<T>>, mut items: Vec<T>, most: usize) {
    if let Some(previous) = runs.pop_if(|previous| previous.items.len() + items.len() <= most / 2) {
        items.splice(0..0, previous.items.iter().cloned());
    }
    if items.is_empty() {
        return;
    }
    #[cfg(test)]
    super::tests::work::add(items.len());
    let pieces = items.len().div_ceil(most);
    let size = items.len().div_ceil(pieces);
    let mut items = items.into_iter().peekable();
    while let Some(start) = items.peek().map(Starts::start) {
        runs.push(Run { start, items: items.by_ref().take(size).collect() });
    }
}
