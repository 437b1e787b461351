//! The drawing itself.

use std::fmt::Write;

use super::layout::{AXIS, Layout, MARGIN, Place, SEEN};
use super::scene::{Row, Scene, Tile};
use crate::topology::{RegionKind, RomDeviceMode};

/// The width of one character of the labels.
const CHARACTER: f64 = 6.1;

const STYLE: &str = "\
<style>
text { font: 10.5px 'DejaVu Sans Mono', 'Liberation Mono', monospace; fill: #1f2933; }
.title { font: bold 14px 'DejaVu Sans', sans-serif; }
.note, .addr { fill: #6b7785; }
.addr { text-anchor: end; }
.hidden { fill: #8a94a0; }
.rank { text-anchor: end; fill: #7a3b00; font-weight: bold; }
rect { stroke: #52606d; stroke-width: 0.8; }
.frame { fill: #f7f8fa; stroke: #b8c1cc; }
.alias { fill: #eef4fd; stroke: #4a7fc1; stroke-dasharray: 4 2; }
.ram { fill: #bfdbf7; }
.rom { fill: #d9ccf2; }
.mmio { fill: #fbd7a5; }
.romd { fill: #f3c9dd; }
.reserved { fill: #dde1e6; }
.iommu { fill: #cdeccd; }
.off { fill: #ffffff; stroke: #b0564f; stroke-dasharray: 2 2; }
.under { fill: url(#hatch); stroke: #9aa5b1; }
.part { stroke: none; }
.line { fill: none; stroke: #52606d; stroke-width: 0.8; }
.row { stroke: #e3e7ec; stroke-width: 0.6; }
.break { fill: none; stroke: #9aa5b1; stroke-width: 0.9; }
</style>
<defs><pattern id='hatch' width='5' height='5' patternUnits='userSpaceOnUse' patternTransform='rotate(45)'>\
<rect width='5' height='5' style='fill: #ffffff; stroke: none'/><path d='M0 0V5' stroke='#c3cad2' stroke-width='2'/>\
</pattern></defs>
";

/// The whole document.
pub(super) fn draw(title: &str, scene: &Scene, layout: &Layout) -> String {
    let mut svg = Svg(String::new());
    let (width, height) = (layout.width, layout.height);
    svg.put(format_args!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{width:.0}' height='{height:.0}' \
         viewBox='0 0 {width:.0} {height:.0}'>\n{STYLE}<rect width='100%' height='100%' \
         style='fill: #ffffff; stroke: none'/>\n"
    ));
    svg.header(title, scene);
    svg.axis(scene, layout);
    for index in 0..scene.boxes.len() {
        svg.region(scene, layout, index);
    }
    svg.seen(scene, layout);
    svg.put(format_args!("</svg>\n"));
    svg.0
}

struct Svg(String);

impl Svg {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        self.0.write_fmt(text).expect("a String takes whatever is written");
    }

    fn rect(&mut self, class: &str, place: Place) {
        let Place { x, y, width, height } = place;
        self.put(format_args!(
            "<rect class='{class}' x='{x:.1}' y='{y:.1}' width='{width:.1}' height='{height:.1}' rx='2'/>\n"
        ));
    }

    /// Text that is cut where it would leave `room`.
    fn text(&mut self, class: &str, x: f64, y: f64, room: f64, text: &str) {
        let fit = (room / CHARACTER) as usize;
        let mut shown: String = text.chars().take(fit).collect();
        if fit < text.chars().count() {
            shown.pop();
            shown.push('…');
        }
        let shown = escaped(&shown);
        self.put(format_args!("<text class='{class}' x='{x:.1}' y='{y:.1}'>{shown}</text>\n"));
    }

    fn header(&mut self, title: &str, scene: &Scene) {
        let more = if scene.cut_short { ": the map has more regions than are drawn" } else { "" };
        self.text("title", MARGIN, 20.0, f64::INFINITY, &format!("{title}{more}"));
        let legend = [
            ("ram", "ram"),
            ("rom", "read-only"),
            ("mmio", "mmio"),
            ("romd", "rom device"),
            ("reserved", "reserved"),
            ("iommu", "iommu"),
            ("frame", "container"),
            ("alias", "alias"),
            ("under", "obscured"),
            ("off", "disabled"),
        ];
        let mut x = MARGIN;
        for (class, name) in legend {
            self.rect(class, Place { x, y: 30.0, width: 14.0, height: 11.0 });
            self.text("note", x + 18.0, 39.5, f64::INFINITY, name);
            x += 32.0 + CHARACTER * name.len() as f64;
        }
        let how =
            "a column for each level of nesting: the right lies above the left (pN: priority); last: what is seen";
        self.text("note", MARGIN, 54.0, f64::INFINITY, how);
    }

    /// The first address of each row.
    fn axis(&mut self, scene: &Scene, layout: &Layout) {
        for (row, &top) in scene.rows.iter().zip(&layout.tops) {
            let right = layout.width - MARGIN;
            self.put(format_args!("<path class='row' d='M{AXIS:.1} {top:.1}H{right:.1}'/>\n"));
            let address = hex(row.range.start().0);
            self.text("addr", AXIS - 8.0, top + 11.0, f64::INFINITY, &address);
        }
    }

    fn region(&mut self, scene: &Scene, layout: &Layout, index: usize) {
        let (region, place) = (&scene.boxes[index], layout.places[index]);
        let frame = matches!(region.kind, RegionKind::Container | RegionKind::Alias);
        if frame || region.disabled {
            self.rect(if region.disabled { "off" } else { class(region) }, place);
        } else {
            self.rect("under", place);
        }
        let runs = seen_runs(scene, index);
        for &(first, end) in &runs {
            let (y, bottom) = (layout.tops[first], layout.tops[end]);
            self.rect(&format!("{} part", class(region)), Place { y, height: bottom - y, ..place });
        }
        if !frame && !region.disabled {
            self.rect("line", place);
        }
        // The name stands where it can be read.
        let y = runs.first().map_or(place.y, |&(first, _)| layout.tops[first]);
        self.label(region, Place { y, ..place }, !frame && runs.is_empty());
    }

    fn label(&mut self, region: &Tile, place: Place, hidden: bool) {
        let rank = region.priority.map_or(String::new(), |priority| format!("p{priority}"));
        let room = place.width - 8.0 - CHARACTER * rank.len() as f64;
        let shows = region.shows.as_ref().map(|(target, offset)| match offset {
            0 => format!(" → {target}"),
            _ => format!(" → {target}+{}", hex(*offset)),
        });
        let cut = if region.clipped { " (clipped)" } else { "" };
        let off = if region.disabled { " (off)" } else { "" };
        let text = format!("{}{}{off}{cut}", region.name, shows.unwrap_or_default());
        let class = if hidden || region.disabled { "hidden" } else { "name" };
        self.text(class, place.x + 4.0, place.y + 12.0, room, &text);
        self.text("rank", place.x + place.width - 4.0, place.y + 12.0, f64::INFINITY, &rank);
    }

    /// The last column.
    fn seen(&mut self, scene: &Scene, layout: &Layout) {
        let mut first = 0;
        while first < scene.rows.len() {
            let Row { seen, occupied, .. } = scene.rows[first];
            // What is seen is one however its surroundings are cut; a hole is not the same with and without something hidden in it.
            let same = |row: &&Row| row.seen == seen && (seen.is_some() || row.occupied == occupied);
            let run = scene.rows[first..].iter().take_while(same).count();
            let (y, bottom) = (layout.tops[first], layout.tops[first + run]);
            let size = scene.rows[first..first + run].iter().map(|row| row.range.size()).sum();
            let place = Place { x: layout.seen, y, width: SEEN, height: bottom - y };
            match seen {
                Some(index) => self.seen_range(&scene.boxes[index], scene.rows[first].range.start().0, size, place),
                None => self.hole(size, place),
            }
            first += run;
        }
    }

    fn seen_range(&mut self, region: &Tile, start: u64, size: u128, place: Place) {
        self.rect(class(region), place);
        let offset = region.offset + (start - region.range.start().0);
        let from = if offset == 0 { String::new() } else { format!("+{}", hex(offset)) };
        let text = format!("{}{from}", region.name);
        let size = bytes(size);
        let room = place.width - 16.0 - CHARACTER * size.len() as f64;
        self.text("name", place.x + 6.0, place.y + 12.0, room, &text);
        self.text("addr", place.x + place.width - 6.0, place.y + 12.0, f64::INFINITY, &size);
    }

    /// Nothing: a zigzag, and how much of it.
    fn hole(&mut self, size: u128, place: Place) {
        let middle = place.y + place.height / 2.0;
        let zigzag = "l4 -3l4 6l4 -6l4 6l4 -6l4 3";
        self.put(format_args!("<path class='break' d='M{:.1} {middle:.1}{zigzag}'/>\n", place.x + 6.0));
        let text = format!("{} of nothing", bytes(size));
        self.text("note", place.x + 38.0, middle + 3.5, f64::INFINITY, &text);
    }
}

/// Runs of rows in which a box is seen: the first row, and the one after the last.
fn seen_runs(scene: &Scene, index: usize) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for row in (0..scene.rows.len()).filter(|&row| scene.rows[row].seen == Some(index)) {
        match runs.last_mut().filter(|(_, end)| *end == row) {
            Some((_, end)) => *end = row + 1,
            None => runs.push((row, row + 1)),
        }
    }
    runs
}

fn class(region: &Tile) -> &'static str {
    match region.kind {
        RegionKind::Container => "frame",
        RegionKind::Alias => "alias",
        RegionKind::Ram if region.read_only => "rom",
        RegionKind::Ram => "ram",
        RegionKind::Rom => "rom",
        RegionKind::Mmio | RegionKind::RomDevice(RomDeviceMode::Mmio) => "mmio",
        RegionKind::RomDevice(RomDeviceMode::Rom) => "romd",
        RegionKind::Reservation => "reserved",
        RegionKind::Iommu => "iommu",
    }
}

/// In groups of four digits.
fn hex(number: u64) -> String {
    let digits = format!("{number:x}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(4) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// A size in the largest unit that loses little of it.
fn bytes(size: u128) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let unit = (size.max(1).ilog2() / 10).min(6) as usize;
    let scaled = size as f64 / f64::powi(1024.0, unit as i32);
    let rounded = (scaled * 10.0).round() / 10.0;
    format!("{rounded} {}", UNITS[unit])
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{bytes, escaped, hex};

    #[test]
    fn numbers_are_for_people() {
        let cases = [(0, "0"), (0xfff, "fff"), (0x1_0000, "1_0000"), (u64::MAX, "ffff_ffff_ffff_ffff")];
        cases.iter().for_each(|&(number, want)| assert_eq!(hex(number), want));
        let cases = [(1, "1 B"), (0x100, "256 B"), (0x1000, "4 KiB"), (0x180000, "1.5 MiB"), (1 << 64, "16 EiB")];
        cases.iter().for_each(|&(size, want)| assert_eq!(bytes(size), want));
        assert_eq!(escaped("a<b & c>"), "a&lt;b &amp; c&gt;");
    }
}
