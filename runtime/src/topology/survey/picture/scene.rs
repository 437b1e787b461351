//! What is to be drawn: a box for each way on which a region is reached, and, row by row, whose box is seen.

use std::collections::BTreeSet;

use super::MOST_BOXES;
use crate::topology::dirty::Span;
use crate::topology::survey::{RegionKind, Survey};
use crate::topology::tree::Region;
use crate::topology::{RegionId, op::Stacking};
use crate::{AddrRange, Gpa};

/// A region, reached on one way.
pub(super) struct Tile {
    pub(super) name: String,
    /// What an alias shows: name and offset.
    pub(super) shows: Option<(String, u64)>,
    pub(super) kind: RegionKind,
    pub(super) read_only: bool,
    /// The addresses that its ancestors leave of it.
    pub(super) range: AddrRange,
    /// The offset in the region of the first of them.
    pub(super) offset: u64,
    pub(super) depth: usize,
    /// Its priority, where it may lie over siblings.
    pub(super) priority: Option<i32>,
    /// It, or what it is in, is disabled.
    pub(super) disabled: bool,
    /// Whether a region that it is placed in cuts some of it off. (That an alias shows a part is not worth a word.)
    pub(super) clipped: bool,
}

/// A run of addresses in which no box begins or ends.
pub(super) struct Row {
    pub(super) range: AddrRange,
    /// The box that decodes it.
    pub(super) seen: Option<usize>,
    /// Whether there is anything but containers and aliases, seen or not.
    pub(super) occupied: bool,
}

/// All that is drawn. The boxes stand in the order in which they are asked: what lies above comes first.
pub(super) struct Scene {
    pub(super) boxes: Vec<Tile>,
    pub(super) rows: Vec<Row>,
    /// Whether there were more boxes than are drawn.
    pub(super) cut_short: bool,
}

/// How a region is reached.
#[derive(Clone, Copy)]
struct Way {
    base: i128,
    clip: Span,
    depth: usize,
    disabled: bool,
    read_only: bool,
    /// An alias leads here directly.
    through_alias: bool,
}

enum Work {
    Enter(RegionId, Way),
    /// The box of a region that answers, after its children.
    Claim(usize),
}

impl Scene {
    pub(super) fn new(survey: &Survey, root: RegionId) -> Scene {
        let mut walk = Walk { survey, todo: Vec::new(), boxes: Vec::new(), claims: Vec::new(), cut_short: false };
        let clip = AddrRange::ALL.into();
        let way = Way { base: 0, clip, depth: 0, disabled: false, read_only: false, through_alias: false };
        walk.todo.push(Work::Enter(root, way));
        walk.run();
        let rows = rows(&walk.boxes, &walk.claims);
        Scene { boxes: walk.boxes, rows, cut_short: walk.cut_short }
    }
}

struct Walk<'a> {
    survey: &'a Survey,
    todo: Vec<Work>,
    boxes: Vec<Tile>,
    /// Those that answer, the first to be asked first.
    claims: Vec<usize>,
    cut_short: bool,
}

impl Walk<'_> {
    fn run(&mut self) {
        while let Some(work) = self.todo.pop() {
            match work {
                Work::Enter(id, way) => self.enter(id, way),
                Work::Claim(index) => self.claims.push(index),
            }
        }
    }

    fn enter(&mut self, id: RegionId, way: Way) {
        let Some(region) = self.survey.tree.get(id) else { return };
        let whole = Span::of_size(region.size).shifted(way.base);
        let Some(clip) = way.clip.clipped(whole) else { return };
        let Some(range) = clip.addresses() else { return };
        if self.boxes.len() == MOST_BOXES {
            self.cut_short = true;
            return;
        }
        let disabled = way.disabled || !region.flags.enabled;
        let read_only = way.read_only || region.refuses_writes();
        let inner = Way { clip, depth: way.depth + 1, disabled, read_only, through_alias: false, ..way };
        let index = self.boxes.len();
        self.boxes.push(Tile {
            name: region.name.to_string(),
            shows: region.window().map(|(target, offset)| (self.survey.name(target), offset)),
            kind: region.kind.name(),
            read_only,
            range,
            offset: (clip.lo - way.base) as u64,
            depth: way.depth,
            priority: region.placement.and_then(|p| match p.stacking {
                Stacking::Exclusive => None,
                Stacking::Overlap(priority) => Some(priority),
            }),
            disabled,
            clipped: clip != whole && !way.through_alias,
        });
        match region.window() {
            Some((target, offset)) => {
                let base = way.base - i128::from(offset);
                self.todo.push(Work::Enter(target, Way { base, through_alias: true, ..inner }));
            }
            None => self.push_contents(index, region, inner),
        }
    }

    fn push_contents(&mut self, index: usize, region: &Region, inner: Way) {
        if region.target().is_some() && !inner.disabled {
            self.todo.push(Work::Claim(index));
        }
        for child in region.children.ascending() {
            if let Some(placement) = self.survey.tree.get(child).and_then(|region| region.placement) {
                self.todo.push(Work::Enter(child, Way { base: inner.base + i128::from(placement.offset), ..inner }));
            }
        }
    }
}

/// Cut wherever a box begins or ends; each row goes to the first who claims it.
fn rows(boxes: &[Tile], claims: &[usize]) -> Vec<Row> {
    let starts = boxes.iter().map(|b| b.range.start().0);
    let ends = boxes.iter().filter_map(|b| b.range.last().0.checked_add(1));
    let cuts: BTreeSet<u64> = starts.chain(ends).chain([0]).collect();
    let mut lasts = cuts.iter().skip(1).map(|next| next - 1).chain([u64::MAX]);
    let ranges = cuts.iter().filter_map(|&first| AddrRange::new(Gpa(first), Gpa(lasts.next()?)));
    let mut rows: Vec<Row> = ranges.map(|range| Row { range, seen: None, occupied: false }).collect();
    for &index in claims {
        for row in rows_of(&mut rows, boxes[index].range) {
            row.seen.get_or_insert(index);
        }
    }
    let solid = |b: &&Tile| !matches!(b.kind, RegionKind::Container | RegionKind::Alias);
    for solid in boxes.iter().filter(solid) {
        rows_of(&mut rows, solid.range).iter_mut().for_each(|row| row.occupied = true);
    }
    rows
}

/// The rows of a box.
fn rows_of(rows: &mut [Row], range: AddrRange) -> &mut [Row] {
    let first = rows.partition_point(|row| row.range.start() < range.start());
    let end = rows.partition_point(|row| row.range.start() <= range.last());
    &mut rows[first..end]
}
