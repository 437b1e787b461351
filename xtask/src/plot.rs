//! Plots as SVG with logarithmic axes: lines for figures that span decades, bars for ratios.

use std::fmt::Write;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 420.0;
/// Where the axes are: left, top, right, bottom.
const FRAME: [f64; 4] = [70.0, 46.0, 530.0, 370.0];
/// Told apart also without colour vision (Okabe and Ito), and by their marks.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#555555"];

/// One line of a plot.
#[derive(Debug, Clone)]
pub struct Series {
    /// For the legend.
    pub name: String,
    /// Positive values, by ascending abscissa; ordinates are nanoseconds.
    pub points: Vec<(f64, f64)>,
}

/// A plot of times.
#[derive(Debug, Clone)]
pub struct Plot {
    /// Above it.
    pub title: String,
    /// Below it.
    pub abscissa: String,
    /// The lines.
    pub series: Vec<Series>,
}

/// A logarithmic axis over whole decades.
struct Axis {
    decades: std::ops::RangeInclusive<i32>,
    from: f64,
    to: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Axis {
        let low = values.clone().fold(f64::INFINITY, f64::min).log10().floor() as i32;
        let high = values.fold(0.0, f64::max).log10().ceil() as i32;
        Axis { decades: low..=high.max(low + 1), from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let (low, high) = (f64::from(*self.decades.start()), f64::from(*self.decades.end()));
        self.from + (value.log10() - low) / (high - low) * (self.to - self.from)
    }
}

impl Plot {
    /// The file's text.
    pub fn svg(&self) -> String {
        let [left, top, right, bottom] = FRAME;
        let points = || self.series.iter().flat_map(|series| series.points.iter());
        let x = Axis::over(points().map(|point| point.0), left, right);
        let y = Axis::over(points().map(|point| point.1), bottom, top);
        let mut out = head(HEIGHT);
        text(&mut out, left, 26.0, "start\" font-size=\"16", &self.title);
        text(&mut out, (left + right) / 2.0, HEIGHT - 12.0, "middle", &self.abscissa);
        for decade in y.decades.clone() {
            let (value, at) = (10f64.powi(decade), y.place(10f64.powi(decade)));
            grid(&mut out, [left, at, right, at]);
            text(&mut out, left - 8.0, at + 4.0, "end", &time(value));
        }
        for decade in x.decades.clone() {
            let (value, at) = (10f64.powi(decade), x.place(10f64.powi(decade)));
            grid(&mut out, [at, top, at, bottom]);
            text(&mut out, at, bottom + 20.0, "middle", &count(value));
        }
        for (index, series) in self.series.iter().enumerate() {
            let points: Vec<(f64, f64)> = series.points.iter().map(|&(a, b)| (x.place(a), y.place(b))).collect();
            let legend = top + 14.0 + 24.0 * index as f64;
            line(&mut out, index, &points);
            line(&mut out, index, &[(right + 16.0, legend - 4.0), (right + 40.0, legend - 4.0)]);
            text(&mut out, right + 48.0, legend, "start", &series.name);
        }
        out.push_str("</svg>\n");
        out
    }
}

/// One bar of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// On its left.
    pub name: String,
    /// How long it is.
    pub value: f64,
    /// A mark that it is to reach.
    pub target: Option<f64>,
}

/// A chart of ratios: each bar begins at 1.
#[derive(Debug, Clone)]
pub struct Bars {
    /// Above it.
    pub title: String,
    /// The bars, from the top.
    pub bars: Vec<Bar>,
}

impl Bars {
    /// The file's text.
    pub fn svg(&self) -> String {
        const LEFT: f64 = 190.0;
        const RIGHT: f64 = WIDTH - 80.0;
        const TOP: f64 = FRAME[1];
        const ROW: f64 = 17.0;
        let bottom = TOP + ROW * self.bars.len() as f64 + 6.0;
        let values = self.bars.iter().flat_map(|bar| [Some(bar.value), bar.target]).flatten();
        let axis = Axis::over(values.chain([1.0]), LEFT, RIGHT);
        let mut out = head(bottom + 34.0);
        text(&mut out, 20.0, 26.0, "start\" font-size=\"16", &self.title);
        for decade in axis.decades.clone() {
            let (value, at) = (10f64.powi(decade), axis.place(10f64.powi(decade)));
            grid(&mut out, [at, TOP, at, bottom]);
            text(&mut out, at, bottom + 20.0, "middle", &format!("{value}×"));
        }
        for (row, bar) in self.bars.iter().enumerate() {
            let top = TOP + ROW * row as f64 + 4.0;
            let (one, end) = (axis.place(1.0), axis.place(bar.value));
            let (x, width) = (one.min(end), (one - end).abs());
            let colour = COLOURS[usize::from(bar.target.is_some_and(|target| bar.value < target))];
            let size = format_args!("x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"11\"");
            put(&mut out, format_args!("<rect {size} fill=\"{colour}\"/>"));
            text(&mut out, LEFT - 8.0, top + 10.0, "end", &bar.name);
            text(&mut out, one.max(end) + 6.0, top + 10.0, "start", &format!("{:.2}", bar.value));
            if let Some(at) = bar.target.map(|target| axis.place(target)) {
                let mark = format_args!("M{at:.1} {:.1}v15", top - 2.0);
                put(&mut out, format_args!("<path d=\"{mark}\" stroke=\"black\" stroke-width=\"2\"/>"));
            }
        }
        out.push_str("</svg>\n");
        out
    }
}

/// The file's beginning: a white sheet of this height.
fn head(height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"white\"/>\n"
    )
}

fn line(out: &mut String, index: usize, points: &[(f64, f64)]) {
    let colour = COLOURS[index % COLOURS.len()];
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    put(
        out,
        format_args!("<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>", path.join(" ")),
    );
    for (x, y) in points {
        put(out, format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"));
    }
}

fn grid(out: &mut String, [x1, y1, x2, y2]: [f64; 4]) {
    put(out, format_args!("<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" stroke=\"#dddddd\"/>"));
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    put(out, format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"));
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    writeln!(out, "{what}").expect("a string takes everything");
}

/// A time in the unit that keeps it short.
pub fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        n if n >= 1e9 => (n / 1e9, "s"),
        n if n >= 1e6 => (n / 1e6, "ms"),
        n if n >= 1e3 => (n / 1e3, "µs"),
        n => (n, "ns"),
    };
    let short = if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    let short = if short.contains('.') { short.trim_end_matches('0').trim_end_matches('.') } else { &short };
    format!("{short} {unit}")
}

fn count(value: f64) -> String {
    if value >= 1e6 { format!("{}M", value / 1e6) } else { format!("{value}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let cases =
            [(0.5, "0.5 ns"), (1.0, "1 ns"), (100.0, "100 ns"), (1530.0, "1.53 µs"), (2e7, "20 ms"), (3e9, "3 s")];
        for (nanoseconds, want) in cases {
            assert_eq!(time(nanoseconds), want);
        }
    }

    #[test]
    fn every_point_is_inside_of_the_frame_and_names_are_escaped() {
        let points = vec![(10.0, 0.3), (1e3, 20.0), (1e5, 7e6)];
        let series = vec![Series { name: "RwLock<BTreeMap>".to_owned(), points }];
        let svg = Plot { title: "t".to_owned(), abscissa: "ranges".to_owned(), series }.svg();
        assert!(svg.contains("RwLock&lt;BTreeMap&gt;") && svg.ends_with("</svg>\n"));
        let circles: Vec<(f64, f64)> =
            svg.lines().filter_map(|line| Some((attribute(line, "cx")?, attribute(line, "cy")?))).collect();
        let [left, top, right, bottom] = FRAME;
        let inside = |&&(x, y): &&(f64, f64)| (left..=right).contains(&x) && (top..=bottom).contains(&y);
        assert_eq!(circles.iter().filter(inside).count(), 3, "{svg}");
    }

    #[test]
    fn bars_begin_at_one_and_say_when_they_miss_their_mark() {
        let bar = |value, target| Bar { name: "n".to_owned(), value, target };
        let svg = Bars { title: "t".to_owned(), bars: vec![bar(4.0, Some(2.0)), bar(0.5, Some(0.6)), bar(1.0, None)] };
        let svg = svg.svg();
        let rows: Vec<(f64, f64, bool)> = svg
            .lines()
            .filter_map(|line| {
                Some((
                    attribute(line, " x")?,
                    attribute(line, "width")?,
                    line.starts_with("<rect") && line.contains(COLOURS[1]),
                ))
            })
            .collect();
        let [(one, up, hit), (half, down, missed), (none, flat, _)] = rows[..] else { panic!("three bars: {svg}") };
        assert!(!hit && missed && flat == 0.0 && one == none, "{svg}");
        assert!((half + down - one).abs() < 0.2 && (up - 2.0 * down).abs() < 0.2, "{svg}");
    }

    fn attribute(line: &str, name: &str) -> Option<f64> {
        line.split_once(&format!("{name}=\""))?.1.split('"').next()?.parse().ok()
    }
}
