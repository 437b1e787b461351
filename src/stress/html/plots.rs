//! Drawings for the page. Colours and fonts are the page's; what a mark says stands in its title.

use std::fmt::Write;

use super::super::latency::{Latency, bucket, bucket_end};
use super::super::layout::ABSENT;
use super::super::report::SlotRow;
use super::super::watch::Sample;
use super::axis_latency;
use crate::text::grouped;

/// A drawing under way.
struct Svg(String);

impl Svg {
    fn new(label: &str, width: f64, height: f64) -> Svg {
        Svg(format!("<svg viewBox='0 0 {width:.0} {height:.0}' role='img' aria-label='{label}'>\n"))
    }

    fn put(&mut self, mark: std::fmt::Arguments<'_>) {
        self.0.write_fmt(mark).expect("a String takes whatever is written");
        self.0.push('\n');
    }

    fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        self.put(format_args!("<text class='{class}' x='{x:.1}' y='{y:.1}'>{text}</text>"));
    }

    fn line(&mut self, class: &str, [x1, y1, x2, y2]: [f64; 4]) {
        self.put(format_args!("<line class='{class}' x1='{x1:.1}' y1='{y1:.1}' x2='{x2:.1}' y2='{y2:.1}'/>"));
    }

    fn rect(&mut self, class: &str, [x, y, width, height]: [f64; 4], title: &str) {
        self.put(format_args!(
            "<rect class='{class}' x='{x:.1}' y='{y:.1}' width='{width:.1}' height='{height:.1}' rx='1.5'><title>{title}</title></rect>"
        ));
    }

    /// A curve through the points, with the area below it down to `floor`.
    fn curve(&mut self, points: &[(f64, f64)], floor: f64) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        let path = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect::<Vec<_>>().join(" L");
        self.put(format_args!(
            "<path class='area' d='M{:.1} {floor:.1} L{path} L{:.1} {floor:.1} Z'/>",
            first.0, last.0
        ));
        self.put(format_args!("<path class='curve' d='M{path}'/>"));
    }

    fn end(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

/// A number for an axis.
pub fn short(value: f64) -> String {
    match value {
        value if value >= 1e9 => format!("{}G", trimmed(value / 1e9)),
        value if value >= 1e6 => format!("{}M", trimmed(value / 1e6)),
        value if value >= 1e3 => format!("{}k", trimmed(value / 1e3)),
        value => trimmed(value),
    }
}

/// Bytes in a MiB.
pub const MIB: f64 = 1_048_576.0;

/// Bytes for an axis.
pub fn bytes(value: f64) -> String {
    format!("{} MiB", trimmed(value / MIB))
}

fn trimmed(value: f64) -> String {
    let text = if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") };
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// A round number that is no less than `top`, in steps of which there are `count`.
fn round_up(top: f64, count: f64) -> f64 {
    let step = (top / count).max(1e-9);
    let power = 10f64.powf(step.log10().floor());
    let nice = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|nice| nice * power >= step - 1e-12).unwrap_or(10.0);
    nice * power * count
}

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 52.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 10.0;
const RIGHT: f64 = 8.0;

/// A distribution over a logarithmic axis, with its median.
pub fn histogram(latency: &Latency) -> String {
    let mut svg = Svg::new("distribution of latencies", WIDTH, HEIGHT);
    let (Some(first), Some(last)) = (latency.buckets.first(), latency.buckets.last()) else {
        svg.text("middle", WIDTH / 2.0, HEIGHT / 2.0, "none measured");
        return svg.end();
    };
    // Buckets are known by their ends; whole powers of ten frame them.
    let number = |end: u64| bucket(end.saturating_sub(end / 20).max(1));
    let (from, to) = (number(first.0) / 10 * 10, number(last.0) / 10 * 10 + 10);
    let floor = HEIGHT - BOTTOM;
    let x = |bucket: f64| LEFT + (bucket - f64::from(from)) / f64::from(to - from) * (WIDTH - LEFT - RIGHT);
    let most = latency.buckets.iter().map(|(_, count)| *count).max().unwrap_or(1) as f64;
    let top = round_up(most, 4.0);
    let y = |count: f64| floor - count / top * (floor - TOP);
    for step in 0..=4 {
        let count = top * f64::from(step) / 4.0;
        svg.line("grid-line", [LEFT, y(count), WIDTH - RIGHT, y(count)]);
        svg.text("end", LEFT - 6.0, y(count) + 4.0, &short(count));
    }
    let width = x(f64::from(from) + 1.0) - x(f64::from(from)) - 1.5;
    for &(end, count) in &latency.buckets {
        // What is rare must be seen too.
        let height = (floor - y(count as f64)).max(1.2);
        let title = format!("{} up to {}", grouped(count), axis_latency(end));
        svg.rect("bar", [x(number(end).into()) + 0.75, floor - height, width.max(0.8), height], &title);
    }
    for power in (from..=to).step_by(10) {
        let at = x(power.into());
        svg.line("axis", [at, floor, at, floor + 4.0]);
        let class = if power == to { "end" } else { "middle" };
        svg.text(class, at, floor + 17.0, &axis_latency(if power == 0 { 1 } else { bucket_end(power - 1) }));
    }
    let median = x((latency.median.max(1) as f64).log10() * 10.0);
    svg.line("guide", [median, TOP, median, floor]);
    let (class, shift) = if median > WIDTH * 0.7 { ("value end", -5.0) } else { ("value", 5.0) };
    svg.text(class, median + shift, TOP + 9.0, &format!("median {}", axis_latency(latency.median)));
    svg.line("axis", [LEFT, floor, WIDTH - RIGHT, floor]);
    svg.end()
}

/// One figure over the seconds of a run, on an axis of round numbers of `unit`.
pub fn over_time(points: impl Iterator<Item = (f64, f64)>, unit: f64, name: fn(f64) -> String) -> String {
    let points: Vec<(f64, f64)> = points.collect();
    let mut svg = Svg::new("a figure over time", WIDTH, HEIGHT);
    let end = points.last().map_or(1.0, |(seconds, _)| seconds.max(1e-3));
    let most = points.iter().map(|(_, value)| *value).fold(1.0, f64::max);
    let top = round_up(most / unit, 4.0) * unit;
    let floor = HEIGHT - BOTTOM;
    let x = |seconds: f64| LEFT + seconds / end * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| floor - value / top * (floor - TOP);
    for step in 0..=4 {
        let value = top * f64::from(step) / 4.0;
        svg.line("grid-line", [LEFT, y(value), WIDTH - RIGHT, y(value)]);
        svg.text("end", LEFT - 6.0, y(value) + 4.0, &name(value));
    }
    svg.curve(&points.iter().map(|(seconds, value)| (x(*seconds), y(*value))).collect::<Vec<_>>(), floor);
    seconds_axis(&mut svg, end, floor, x);
    svg.end()
}

fn seconds_axis(svg: &mut Svg, end: f64, floor: f64, x: impl Fn(f64) -> f64) {
    svg.line("axis", [x(0.0), floor, x(end), floor]);
    let step = round_up(end, 5.0) / 5.0;
    let mut at = 0.0;
    while at <= end + 1e-9 {
        svg.line("axis", [x(at), floor, x(at), floor + 4.0]);
        let class = match at {
            0.0 => "",
            at if at + step > end && x(end) - x(at) < 12.0 => "end",
            _ => "middle",
        };
        svg.text(class, x(at), floor + 17.0, &format!("{} s", trimmed(at)));
        at += step;
    }
}

const WIDE: f64 = 1060.0;
const ROW: f64 = 40.0;
/// A rate is of so many neighbouring samples at most.
const POINTS: usize = 120;

/// A curve for each hart: accesses a second.
pub fn harts(samples: &[Sample]) -> String {
    let count = samples.last().map_or(0, |last| last.judged.len());
    let end = samples.last().map_or(1.0, |last| last.seconds.max(1e-3));
    let stride = samples.len().div_ceil(POINTS).max(1);
    let kept: Vec<&Sample> = samples.iter().step_by(stride).collect();
    let rates: Vec<Vec<(f64, f64)>> = (0..count).map(|hart| rates(&kept, hart)).collect();
    let most = rates.iter().flatten().map(|(_, rate)| *rate).fold(1.0, f64::max);
    let height = count as f64 * ROW + BOTTOM;
    let mut svg = Svg::new("throughput of each hart", WIDE, height);
    let (left, right) = (58.0, 150.0);
    let x = |seconds: f64| left + seconds / end * (WIDE - left - right);
    for (hart, rates) in rates.iter().enumerate() {
        let floor = (hart + 1) as f64 * ROW - 4.0;
        svg.text("value", 0.0, floor - 8.0, &format!("hart {hart}"));
        svg.line("grid-line", [left, floor, WIDE - right, floor]);
        let curve: Vec<_> =
            rates.iter().map(|(seconds, rate)| (x(*seconds), floor - rate / most * (ROW - 10.0))).collect();
        svg.curve(&curve, floor);
        let total = samples.last().map_or(0, |last| last.judged[hart]);
        svg.text("value end", WIDE, floor - 8.0, &grouped(total));
    }
    let floor = count as f64 * ROW;
    seconds_axis(&mut svg, end, floor, x);
    svg.text("end", WIDE, floor + 17.0, &format!("highest {} a second", short(most)));
    svg.end()
}

fn rates(samples: &[&Sample], hart: usize) -> Vec<(f64, f64)> {
    let rate = |pair: &[&Sample]| {
        let judged = |sample: &Sample| sample.judged.get(hart).copied().unwrap_or_default();
        let time = (pair[1].seconds - pair[0].seconds).max(1e-6);
        (pair[1].seconds, judged(pair[1]).saturating_sub(judged(pair[0])) as f64 / time)
    };
    // The last sample may follow at once on the one before: no rate can be told from that.
    samples.windows(2).filter(|pair| pair[1].seconds - pair[0].seconds > 0.05).map(rate).collect()
}

/// A bar for each name.
pub fn bars(rows: &[(String, u64)]) -> String {
    let row = 24.0;
    let mut svg = Svg::new("operations by kind", WIDE, rows.len() as f64 * row + 2.0);
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1) as f64;
    let (left, right) = (70.0, 110.0);
    for (index, (name, count)) in rows.iter().enumerate() {
        let at = index as f64 * row;
        let width = (*count as f64 / most * (WIDE - left - right)).max(1.0);
        svg.text("value", 0.0, at + 15.0, name);
        svg.rect("bar", [left, at + 4.0, width, row - 9.0], &format!("{} {name}", grouped(*count)));
        svg.text("value", left + width + 8.0, at + 15.0, &grouped(*count));
    }
    svg.end()
}

/// Slots in rows: below what the two pages show, above how often they changed.
pub fn slots(slots: &[SlotRow]) -> String {
    const COLUMNS: usize = 32;
    let cell = WIDE / COLUMNS as f64;
    let (bar, pages) = (22.0, 16.0);
    let row = bar + pages + 12.0;
    let mut svg = Svg::new("slots", WIDE, slots.len().div_ceil(COLUMNS) as f64 * row);
    let most = slots.iter().map(|slot| slot.changes).max().unwrap_or(1).max(1) as f64;
    for (index, slot) in slots.iter().enumerate() {
        let (left, top) = ((index % COLUMNS) as f64 * cell, (index / COLUMNS) as f64 * row);
        let height = (slot.changes as f64 / most * bar).max(0.6);
        let title = format!("slot {index}: {} changes", grouped(slot.changes));
        svg.rect("bar-soft", [left + 4.0, top + bar - height, cell - 12.0, height], &title);
        for (page, &word) in slot.words.iter().enumerate() {
            let (class, what) = shown(word);
            let width = (cell - 5.0) / 2.0;
            let title = format!("slot {index}, page {page}: {what}");
            svg.rect(class, [left + page as f64 * (width + 1.0), top + bar + 2.0, width, pages], &title);
        }
    }
    svg.end()
}

/// What a page with this word is: the second field of an identity says which page of its function.
fn shown(word: u32) -> (&'static str, String) {
    if word == ABSENT {
        return ("empty", "nothing".to_owned());
    }
    let function = word >> 8 & 0xff;
    match word >> 16 & 3 {
        2 => ("registers", format!("registers of function {function}")),
        page => ("memory", format!("page {page} of the memory of function {function}")),
    }
}
