//! Where everything goes, in pixels.

use super::scene::{Row, Scene, Tile};
use crate::AddrRange;

/// Above the rows: title and legend.
pub(super) const HEADER: f64 = 64.0;
/// Left of the columns: addresses.
pub(super) const AXIS: f64 = 118.0;
/// The last column: what is seen.
pub(super) const SEEN: f64 = 330.0;
pub(super) const MARGIN: f64 = 14.0;
const EMPTY_ROW: f64 = 15.0;
const LEAST_ROW: f64 = 17.0;
/// More for each doubling of a row's size above a page.
const DOUBLING: f64 = 1.6;
const LANE: f64 = 142.0;
const FRAME_LANE: f64 = 118.0;
const GAP: f64 = 6.0;

/// A rectangle.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

pub(super) struct Layout {
    /// Where each row begins, and where the last one ends.
    pub(super) tops: Vec<f64>,
    /// By box.
    pub(super) places: Vec<Place>,
    /// The left edge of what is seen.
    pub(super) seen: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Layout {
    pub(super) fn new(scene: &Scene) -> Layout {
        let mut tops = vec![HEADER];
        for row in &scene.rows {
            tops.push(tops[tops.len() - 1] + height(row));
        }
        let lanes = Lanes::new(&scene.boxes);
        let mut lefts = vec![AXIS];
        for (depth, &count) in lanes.by_depth.iter().enumerate() {
            // The root's column needs no room for a text of its own.
            let lane = if depth == 0 { FRAME_LANE } else { LANE };
            lefts.push(lefts[depth] + count as f64 * lane + GAP);
        }
        let place = |(index, b): (usize, &Tile)| {
            let room = lefts[b.depth + 1] - lefts[b.depth] - GAP;
            let (lane, of) = lanes.by_box[index];
            let width = room / of as f64;
            let (y, height) = vertical(scene, &tops, b.range);
            Place { x: lefts[b.depth] + lane as f64 * width, y, width: width - 2.0, height }
        };
        let places = scene.boxes.iter().enumerate().map(place).collect();
        let seen = lefts[lefts.len() - 1] + 2.0 * GAP;
        let bottom = tops[tops.len() - 1];
        Layout { tops, places, seen, width: seen + SEEN + MARGIN, height: bottom + MARGIN }
    }
}

fn height(row: &Row) -> f64 {
    if !row.occupied {
        return EMPTY_ROW;
    }
    let doublings = row.range.size().ilog2().saturating_sub(12);
    LEAST_ROW + DOUBLING * f64::from(doublings)
}

/// The top and the height of an interval that begins and ends with rows.
pub(super) fn vertical(scene: &Scene, tops: &[f64], range: AddrRange) -> (f64, f64) {
    let first = scene.rows.partition_point(|row| row.range.start() < range.start());
    let end = scene.rows.partition_point(|row| row.range.start() <= range.last());
    (tops[first], tops[end] - tops[first])
}

/// In each column, boxes that share addresses stand beside each other: whatever lies above, further right.
struct Lanes {
    by_depth: Vec<usize>,
    /// The lane, and how many there are where the box is.
    by_box: Vec<(usize, usize)>,
}

impl Lanes {
    fn new(boxes: &[Tile]) -> Lanes {
        let depths = boxes.iter().map(|b| b.depth + 1).max().unwrap_or(0);
        let mut lanes = Lanes { by_depth: vec![1; depths], by_box: vec![(0, 1); boxes.len()] };
        for depth in 0..depths {
            let mut column: Vec<usize> = (0..boxes.len()).filter(|&index| boxes[index].depth == depth).collect();
            column.sort_by_key(|&index| boxes[index].range.start());
            for cluster in clusters(boxes, &column) {
                lanes.assign(boxes, cluster, depth);
            }
        }
        lanes
    }

    /// From the bottom up, so that each box comes to the right of those that it lies over.
    fn assign(&mut self, boxes: &[Tile], mut cluster: Vec<usize>, depth: usize) {
        cluster.sort_unstable_by(|a, b| b.cmp(a));
        for (position, &index) in cluster.iter().enumerate() {
            let below = cluster[..position].iter().filter(|&&other| boxes[other].range.overlaps(boxes[index].range));
            self.by_box[index].0 = below.map(|&other| self.by_box[other].0 + 1).max().unwrap_or(0);
        }
        let count = cluster.iter().map(|&index| self.by_box[index].0 + 1).max().unwrap_or(1);
        cluster.iter().for_each(|&index| self.by_box[index].1 = count);
        self.by_depth[depth] = self.by_depth[depth].max(count);
    }
}

/// Runs of boxes, sorted by their first address, of which each shares addresses with one before.
fn clusters(boxes: &[Tile], column: &[usize]) -> Vec<Vec<usize>> {
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    let mut end = None;
    for &index in column {
        let range = boxes[index].range;
        match clusters.last_mut().filter(|_| end >= Some(range.start())) {
            Some(cluster) => cluster.push(index),
            None => clusters.push(vec![index]),
        }
        end = end.max(Some(range.last()));
    }
    clusters
}
