//! Sorted ranges that successors share: a tree of three levels, or of four where there are very many, immutable once made. A change copies the
//! leaves that it falls into, the branches (and limbs) above them, and the list on top; all else is shared with the ranges of before. A small
//! map is one leaf.
//!
//! To copy a list is to count each of its nodes once more, by a locked instruction that waits for the node's line: so no list is long, each
//! node of it is counted once, and their lines are asked for all together before the first is.

use std::borrow::Borrow;
use std::hint::black_box;
use std::sync::Arc;

use super::FlatRange;
use super::render::push_joined;
use crate::{AddrRange, Gpa};

/// A leaf holds at most this many ranges. (These limits are small in tests, which are to reach them.)
const LEAF: usize = if cfg!(test) { 4 } else { 16 };
/// A branch holds at most this many leaves.
const BRANCH: usize = if cfg!(test) { 4 } else { 24 };
/// A limb holds at most this many branches.
const LIMB: usize = if cfg!(test) { 4 } else { 24 };
/// So many branches are in one list: more are in limbs.
const MOST_BRANCHES: usize = if cfg!(test) { 3 } else { 48 };

/// Sorted, disjoint, joined ranges.
pub(super) struct Ranges(Top);

/// The list on top. Few branches stand in it themselves, so that a lookup among them is a step shorter.
enum Top {
    Branches(Vec<Branch>),
    Limbs(Vec<Limb>),
}

type Leaf = Run<FlatRange, LEAF>;
type Branch = Run<Leaf, BRANCH>;
type Limb = Run<Branch, LIMB>;

/// What a window is to show from now on.
pub(super) type Edit = (AddrRange, Vec<FlatRange>);

/// Some neighbours, at most `N`; never empty.
struct Run<T, const N: usize> {
    /// Where its first range starts.
    start: Gpa,
    node: Arc<Node<T, N>>,
}

/// What is searched lies close together, apart from what is found.
struct Node<T, const N: usize> {
    /// Where each item starts; behind the last, the end of all addresses.
    starts: [Gpa; N],
    items: Box<[T]>,
}

impl<T, const N: usize> Clone for Run<T, N> {
    fn clone(&self) -> Self {
        Run { start: self.start, node: Arc::clone(&self.node) }
    }
}

impl<T: Starts, const N: usize> Run<T, N> {
    fn new(items: Box<[T]>) -> Self {
        let mut starts = [Gpa(u64::MAX); N];
        starts.iter_mut().zip(&items).for_each(|(start, item)| *start = item.start());
        Run { start: starts[0], node: Arc::new(Node { starts, items }) }
    }
}

impl<T, const N: usize> Node<T, N> {
    /// The place of the last item that starts at `addr` or below. The search has a fixed length, so that it needs no branch.
    #[inline]
    fn at_or_below(&self, addr: Gpa) -> Option<usize> {
        self.starts.partition_point(|&start| start <= addr).min(self.items.len()).checked_sub(1)
    }
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

impl<T, const N: usize> Starts for Run<T, N> {
    fn start(&self) -> Gpa {
        self.start
    }
}

/// A range that was found, kept together with its neighbours.
#[derive(Clone)]
pub(crate) struct Found {
    /// The addresses of it: beside the pointer, so that who asks again follows none before it is known to be of use.
    range: AddrRange,
    leaf: Arc<Node<FlatRange, LEAF>>,
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
        &self.leaf.items[self.index]
    }
}

impl Ranges {
    /// Of sorted, disjoint, joined ranges.
    pub(super) fn new(ranges: Vec<FlatRange>) -> Ranges {
        let (mut leaves, mut branches) = (Vec::new(), Vec::new());
        push_runs(&mut leaves, ranges);
        push_runs(&mut branches, leaves);
        Ranges(Top::of(branches))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.leaves().map(|leaf| leaf.node.items.len()).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &FlatRange> {
        self.leaves().flat_map(|leaf| leaf.node.items.iter())
    }

    fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        let (branches, limbs) = self.0.lists();
        let branches = branches.iter().chain(limbs.iter().flat_map(|limb| limb.node.items.iter()));
        branches.flat_map(|branch| branch.node.items.iter())
    }

    /// The leaf and the place in it of the last range that starts at `addr` or below.
    #[inline]
    fn at_or_below(&self, addr: Gpa) -> Option<(&Arc<Node<FlatRange, LEAF>>, usize)> {
        let branch = match &self.0 {
            Top::Branches(branches) => at_or_below(branches, addr)?,
            Top::Limbs(limbs) => {
                let limb = at_or_below(limbs, addr)?;
                &limb.items[limb.at_or_below(addr)?].node
            }
        };
        let leaf = &branch.items[branch.at_or_below(addr)?].node;
        Some((leaf, leaf.at_or_below(addr)?))
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
        let found = Found { range: leaf.items[index].range, leaf: Arc::clone(leaf), index };
        Some(found).filter(|found| found.contains(addr))
    }

    /// Every range that has an address in `range`, in ascending order.
    pub(super) fn overlapping(&self, range: AddrRange) -> impl Iterator<Item = &FlatRange> {
        let (branches, limbs) = self.0.lists();
        let branches = branches[around(branches, range)].iter().chain(
            limbs[around(limbs, range)].iter().flat_map(move |l| l.node.items[around(&l.node.items, range)].iter()),
        );
        let leaves = branches.flat_map(move |branch| branch.node.items[around(&branch.node.items, range)].iter());
        let ranges = leaves.flat_map(move |leaf| {
            let first = leaf.node.at_or_below(range.start()).unwrap_or(0);
            leaf.node.items[first..].iter().skip_while(move |r| r.range.last() < range.start())
        });
        ranges.take_while(move |r| r.range.start() <= range.last())
    }

    /// The successor in which each window shows what its edit says. The windows are sorted and disjoint.
    pub(super) fn spliced(&self, edits: Vec<Edit>) -> Ranges {
        Ranges(match &self.0 {
            Top::Branches(branches) => Top::of(splice(branches, edits, in_branches)),
            Top::Limbs(limbs) => match splice(limbs, edits, in_limbs) {
                limbs if limbs.len() > 1 => Top::Limbs(limbs),
                limbs => Top::of(items(&limbs).cloned().collect()),
            },
        })
    }
}

impl Default for Ranges {
    fn default() -> Ranges {
        Ranges(Top::Branches(Vec::new()))
    }
}

impl Top {
    fn of(branches: Vec<Branch>) -> Top {
        if branches.len() <= MOST_BRANCHES {
            return Top::Branches(branches);
        }
        let mut limbs = Vec::new();
        push_runs(&mut limbs, branches);
        Top::Limbs(limbs)
    }

    /// The branches and the limbs in the list, one of which there are.
    fn lists(&self) -> (&[Branch], &[Limb]) {
        match self {
            Top::Branches(branches) => (branches, &[]),
            Top::Limbs(limbs) => (&[], limbs),
        }
    }
}

/// The last of some nodes that starts at `addr` or below.
#[inline]
fn at_or_below<T, const N: usize>(runs: &[Run<T, N>], addr: Gpa) -> Option<&Arc<Node<T, N>>> {
    Some(&runs[runs.partition_point(|run| run.start <= addr).checked_sub(1)?].node)
}

/// All that hold a range which has an address in `range`, or touches it.
fn around<R: Borrow<Run<T, N>>, T, const N: usize>(runs: &[R], range: AddrRange) -> std::ops::Range<usize> {
    let after = Gpa(range.last().0.saturating_add(1));
    let first = runs.partition_point(|run| run.borrow().start < range.start()).saturating_sub(1);
    let end = runs.partition_point(|run| run.borrow().start <= after);
    first..end.max(first)
}

/// What `limbs` hold, with the edits made.
fn in_limbs(limbs: &[Limb], edits: Vec<Edit>) -> Vec<Branch> {
    let branches: Vec<&Branch> = items(limbs).collect();
    splice(&branches, edits, in_branches)
}

/// What `branches` hold, with the edits made.
fn in_branches<R: Borrow<Branch>>(branches: &[R], edits: Vec<Edit>) -> Vec<Leaf> {
    let leaves: Vec<&Leaf> = items(branches).collect();
    splice(&leaves, edits, replaced)
}

/// The successors of `runs`: where edits fall into some of them, made of the items that `replace` has for those.
fn splice<R: Borrow<Run<T, N>>, T: Starts + Clone, const N: usize>(
    runs: &[R],
    edits: Vec<Edit>,
    replace: impl Fn(&[R], Vec<Edit>) -> Vec<T>,
) -> Vec<Run<T, N>> {
    warm(runs);
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
        out.extend(runs[copied..near.start].iter().map(|run| run.borrow().clone()));
        copied = near.end;
        push_runs(&mut out, replace(&runs[near], together));
    }
    out.extend(runs[copied..].iter().map(|run| run.borrow().clone()));
    out
}

/// Has the lines come that the counts of these nodes are in: plain loads wait side by side, where each locked instruction would wait alone.
fn warm<R: Borrow<Run<T, N>>, T, const N: usize>(runs: &[R]) {
    black_box(runs.iter().fold(0, |sum: usize, run| sum.wrapping_add(Arc::strong_count(&run.borrow().node))));
}

/// The ranges of some leaves with each window's part of them replaced; joined.
fn replaced<R: Borrow<Leaf>>(leaves: &[R], edits: Vec<Edit>) -> Vec<FlatRange> {
    let shown: usize = edits.iter().map(|(_, shown)| shown.len() + 1).sum();
    let mut out = Vec::with_capacity(items(leaves).count() + shown);
    let mut old = items(leaves).peekable();
    // What a window has left of a range, behind it.
    let mut rest = None;
    for (window, shown) in edits {
        let up_to_it = |r: &&FlatRange| r.range.start() <= window.last();
        while let Some(range) = rest.take().or_else(|| old.next_if(up_to_it).cloned()) {
            if range.range.last() < window.start() {
                push_joined(&mut out, range);
                continue;
            }
            let (before, after) = outside(&range, window);
            before.into_iter().for_each(|before| push_joined(&mut out, before));
            if after.is_some() {
                rest = after;
                break;
            }
        }
        shown.into_iter().for_each(|range| push_joined(&mut out, range));
    }
    rest.into_iter().chain(old.cloned()).for_each(|range| push_joined(&mut out, range));
    out
}

/// What some neighbours hold.
fn items<'a, R: Borrow<Run<T, N>>, T: 'a, const N: usize>(runs: &'a [R]) -> impl Iterator<Item = &'a T> {
    runs.iter().flat_map(|run| run.borrow().node.items.iter())
}

/// The parts of a range before and behind a window.
fn outside(range: &FlatRange, window: AddrRange) -> (Option<FlatRange>, Option<FlatRange>) {
    let before = window.start().0.checked_sub(1).and_then(|last| AddrRange::new(Gpa(0), Gpa(last)));
    let after = window.last().checked_add(1).and_then(|start| AddrRange::new(start, Gpa(u64::MAX)));
    (before.and_then(|before| range.clipped(before)), after.and_then(|after| range.clipped(after)))
}

/// Appends items in runs of like length; few go into the run before them.
fn push_runs<T: Starts + Clone, const N: usize>(runs: &mut Vec<Run<T, N>>, mut items: Vec<T>) {
    if let Some(previous) = runs.pop_if(|previous| previous.node.items.len() + items.len() <= N / 2) {
        items.splice(0..0, previous.node.items.iter().cloned());
    }
    if items.is_empty() {
        return;
    }
    #[cfg(test)]
    super::tests::work::add(items.len());
    let pieces = items.len().div_ceil(N);
    let size = items.len().div_ceil(pieces);
    let mut items = items.into_iter();
    while items.len() > 0 {
        runs.push(Run::new(items.by_ref().take(size).collect()));
    }
}
