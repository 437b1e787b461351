//! Renders a root into flat ranges. Works from the top down: whoever comes first takes what is still free, so that each address is
//! given away once and a hole shows what lies below it. Coordinates are `i128`: an alias may put its target's start far below zero.

use std::collections::BTreeMap;

use super::dirty::Span;
use super::tree::{Region, SPACE_SIZE, Tree};
use super::{Coalesced, FlatRange, RegionId};
use crate::{AddrRange, Gpa};

/// So few children are looked at one by one, whatever the window. (Fewer in tests, which are to look them up.)
const FEW_CHILDREN: usize = if cfg!(test) { 1 } else { 8 };

/// What `root` shows of `window`: sorted, disjoint, adjacent ranges of one region joined.
pub(crate) fn render(tree: &Tree, root: RegionId, window: AddrRange) -> Vec<FlatRange> {
    let (todo, ranges) = (Vec::new(), Vec::new());
    let mut renderer = Renderer { tree, free: Free::all_of(window), todo, ranges, coalesced: Vec::new() };
    renderer.todo.push(Work::Enter(
        root,
        Place { base: 0, clip: window.into(), read_only: false, log: 0, coalesced: 0, flush: false, forgiving: false },
    ));
    renderer.run();
    let mut ranges = renderer.ranges;
    ranges.sort_unstable_by_key(|r| r.range.start());
    let mut joined = Vec::with_capacity(ranges.len());
    ranges.into_iter().for_each(|range| push_joined(&mut joined, range));
    joined
}

/// Appends `next`, or extends the last range by it where they are one: of one region, adjacent, with contiguous offsets and equal
/// attributes.
pub(crate) fn push_joined(out: &mut Vec<FlatRange>, next: FlatRange) {
    if let Some(last) = out.last_mut()
        && last.range.last().checked_add(1) == Some(next.range.start())
        && last.agrees_with(&next)
        && let Some(both) = AddrRange::new(last.range.start(), next.range.last())
    {
        last.range = both;
    } else {
        out.push(next);
    }
}

/// Where a region is being shown, and what it inherits.
#[derive(Clone, Copy)]
struct Place {
    /// The address of the region's offset 0.
    base: i128,
    /// What its ancestors leave of it.
    clip: Span,
    read_only: bool,
    log: u8,
    /// Which of the renderer's lists has what its ancestors coalesce.
    coalesced: usize,
    flush: bool,
    forgiving: bool,
}

/// What is still to do, the next on top.
enum Work {
    /// A region, with all that is in it.
    Enter(RegionId, Place),
    /// What a region that answers puts behind its children.
    Fill(RegionId, Place),
}

struct Renderer<'a> {
    tree: &'a Tree,
    free: Free,
    todo: Vec<Work>,
    ranges: Vec<FlatRange>,
    /// Lists of what is coalesced, in addresses, whatever the window; the one of number 0, which is empty, is not here.
    coalesced: Vec<Vec<Span>>,
}

impl Renderer<'_> {
    fn run(&mut self) {
        while let Some(work) = self.todo.pop() {
            #[cfg(test)]
            super::tests::work::add(1);
            match work {
                Work::Enter(id, place) => self.enter(id, place),
                Work::Fill(id, place) => self.fill(id, place),
            }
        }
    }

    fn enter(&mut self, id: RegionId, place: Place) {
        let Some(region) = self.tree.get(id).filter(|region| region.flags.enabled) else { return };
        let Some(clip) = place.clip.clipped(Span::of_size(region.size).shifted(place.base)) else { return };
        if !self.free.any_in(clip) {
            return;
        }
        let read_only = place.read_only | region.refuses_writes();
        let flush = place.flush | region.flags.flush_coalesced;
        let forgiving = place.forgiving | region.flags.forgiving;
        let coalesced = self.coalesced_in(region, place);
        let place = Place { clip, read_only, log: place.log | region.flags.log, coalesced, flush, forgiving, ..place };
        match region.window() {
            Some((target, offset)) => {
                self.todo.push(Work::Enter(target, Place { base: place.base - i128::from(offset), ..place }));
            }
            None => {
                self.todo.push(Work::Fill(id, place));
                self.push_children(region, place);
            }
        }
    }

    /// The list of what is coalesced in a region, where it is shown there.
    fn coalesced_in(&mut self, region: &Region, place: Place) -> usize {
        let Some(own) = &region.coalesced else { return place.coalesced };
        let whole = Span::of_size(region.size);
        let own = own.iter().filter_map(|&(offset, size)| {
            Span::of_size(size.min(SPACE_SIZE)).shifted(i128::from(offset)).clipped(whole)
        });
        let inherited = self.coalesced_list(place).iter().copied();
        let list = inherited.chain(own.map(|span| span.shifted(place.base))).collect();
        self.coalesced.push(list);
        self.coalesced.len()
    }

    fn coalesced_list(&self, place: Place) -> &[Span] {
        place.coalesced.checked_sub(1).map_or(&[], |index| &self.coalesced[index])
    }

    /// The lowest first, so that the highest is done first.
    fn push_children(&mut self, region: &Region, place: Place) {
        let whole = place.clip == Span::of_size(region.size).shifted(place.base);
        if whole || region.children.len() <= FEW_CHILDREN {
            for child in region.children.ascending() {
                self.push_child(child, place);
            }
        } else {
            let within = place.clip.shifted(-place.base);
            let mut near = region.children.near(within.lo as u64, within.hi as u64);
            near.sort_unstable_by_key(|&child| self.tree.get(child).and_then(Region::rank));
            for child in near {
                self.push_child(child, place);
            }
        }
    }

    fn push_child(&mut self, child: RegionId, place: Place) {
        if let Some(placement) = self.tree.get(child).and_then(|region| region.placement) {
            self.todo.push(Work::Enter(child, Place { base: place.base + i128::from(placement.offset), ..place }));
        }
    }

    fn fill(&mut self, id: RegionId, place: Place) {
        let Some(region) = self.tree.get(id) else { return };
        let Some(target) = region.target() else { return };
        let coalesced = match region.has_device() {
            true if place.coalesced > 0 => {
                let spans = self.coalesced_list(place).iter().map(|span| span.shifted(-place.base));
                Coalesced::new(spans, region.size)
            }
            _ => Coalesced::default(),
        };
        let ranges = &mut self.ranges;
        self.free.take(place.clip, |range| {
            ranges.push(FlatRange {
                range,
                region: id,
                target: target.clone(),
                offset: (i128::from(range.start().0) - place.base) as u64,
                read_only: place.read_only,
                dirty_mask: place.log,
                doorbells: region.doorbells.clone(),
                coalesced: coalesced.clone(),
                flush_coalesced: place.flush,
                forgiving: place.forgiving,
            });
        });
    }
}

/// The addresses that nobody has taken yet, as disjoint gaps. What is taken is never looked at again: all of a rendering costs
/// what its ranges and its regions cost, however they are stacked.
struct Free {
    /// First to last address.
    gaps: BTreeMap<u64, u64>,
}

impl Free {
    fn all_of(window: AddrRange) -> Free {
        Free { gaps: BTreeMap::from([(window.start().0, window.last().0)]) }
    }

    fn first_in(&self, range: AddrRange) -> Option<AddrRange> {
        let around = self.gaps.range(..=range.start().0).next_back();
        let around = around.filter(|&(_, &last)| last >= range.start().0);
        let (&start, &last) = around.or_else(|| self.gaps.range(range.start().0..=range.last().0).next())?;
        AddrRange::new(Gpa(start), Gpa(last))
    }

    fn any_in(&self, span: Span) -> bool {
        span.addresses().is_some_and(|range| self.first_in(range).is_some())
    }

    /// Hands all that is free in `span` to `taker`, in ascending order.
    fn take(&mut self, span: Span, mut taker: impl FnMut(AddrRange)) {
        let Some(wanted) = span.addresses() else { return };
        while let Some(gap) = self.first_in(wanted) {
            self.gaps.remove(&gap.start().0);
            if gap.start() < wanted.start() {
                self.gaps.insert(gap.start().0, wanted.start().0 - 1);
            }
            if gap.last() > wanted.last() {
                self.gaps.insert(wanted.last().0 + 1, gap.last().0);
            }
            if let Some(taken) = gap.intersection(wanted) {
                taker(taken);
            }
        }
    }
}
