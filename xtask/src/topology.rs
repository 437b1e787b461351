//! `bench topology`: runs the runtime's benchmark, prints its figures with ratios, and draws them for the documentation.

use std::process::Command;

use crate::plot::{Plot, Series, time};
use crate::{BenchTopologyArgs, Error, figures};

const OURS: &str = "manyhart";
const PEERS: [&str; 2] = ["vm-memory", "RwLock<BTreeMap>"];

/// One measurement.
#[derive(Debug, Clone, PartialEq)]
struct Figure {
    name: String,
    whose: String,
    axis: String,
    at: u64,
    nanoseconds: f64,
}

/// What ours may cost.
struct Target {
    figure: &'static str,
    at: u64,
    most: Most,
}

enum Most {
    Nanoseconds(f64),
    /// So many times what the peer's same figure is.
    OfPeer(f64, &'static str),
    /// So many times what another figure of ours is.
    OfOurs(f64, &'static str, u64),
}

/// Which figures make a plot: the file, its title, and pairs of figure and owner; no owner stands for all.
type Drawing = (&'static str, &'static str, &'static [(&'static str, Option<&'static str>)]);

const DRAWINGS: [Drawing; 4] = [
    ("topology-lookup-hot.svg", "A reader's check and lookup: the range found last", &[("lookup, hot range", None)]),
    (
        "topology-lookup-random.svg",
        "A reader's check and lookup: a random address",
        &[("lookup, random address", None)],
    ),
    (
        "topology-commit.svg",
        "One range added, end to end",
        &[
            ("commit, add", None),
            ("commit, move", Some(OURS)),
            ("commit, remove", Some(OURS)),
            ("full re-render", None),
        ],
    ),
    (
        "topology-readers.svg",
        "An addition and a removal, on 1,000 ranges",
        &[("commit, readers online", None), ("grace period", None), ("map update", None)],
    ),
];

/// `bench topology`.
pub fn bench(args: &BenchTopologyArgs) -> Result<(), Error> {
    let figures = measure(&args.ranges)?;
    for figure in &figures {
        println!("{}", row(figure, &figures));
    }
    for target in targets(&args.ranges) {
        if let Some(line) = verdict(&target, &figures) {
            println!("{line}");
        }
    }
    for drawing in DRAWINGS {
        let (file, ..) = drawing;
        crate::write(&args.docs.join(file), &plot(drawing, &figures).svg())?;
    }
    Ok(())
}

fn measure(ranges: &[u64]) -> Result<Vec<Figure>, Error> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["bench", "--quiet", "--package", "manyhart-runtime", "--bench", "topology", "--"]);
    cargo.args(ranges.iter().map(u64::to_string)).stderr(std::process::Stdio::inherit());
    let output = cargo.output().map_err(|source| Error::Start { program: "cargo".to_owned(), source })?;
    if !output.status.success() {
        return Err(Error::Failed(format!("the benchmark failed: {}", output.status)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let unread = |line: &str| Error::Failed(format!("the benchmark printed {line:?}"));
    text.lines().map(|line| parse(line).ok_or_else(|| unread(line))).collect()
}

fn parse(line: &str) -> Option<Figure> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, whose, axis, at, nanoseconds] = fields.try_into().ok()?;
    let nanoseconds: f64 = nanoseconds.parse().ok()?;
    let (name, whose, axis) = (name.to_owned(), whose.to_owned(), axis.to_owned());
    Some(Figure { name, whose, axis, at: at.parse().ok()?, nanoseconds: nanoseconds.max(0.01) })
}

fn find<'a>(figures: &'a [Figure], name: &str, whose: &str, at: u64) -> Option<&'a Figure> {
    figures.iter().find(|figure| figure.name == name && figure.whose == whose && figure.at == at)
}

/// Name, value, unit, and for ours the ratio to each peer.
fn row(figure: &Figure, all: &[Figure]) -> String {
    let Figure { name, whose, axis, at, nanoseconds } = figure;
    let mut row = format!("{name:<24} {at:>8} {axis:<8} {whose:<18} {nanoseconds:>14.2} ns");
    for peer in PEERS.into_iter().filter(|_| whose == OURS) {
        if let Some(theirs) = find(all, name, peer, *at) {
            row += &format!("  {:>9.4} of {peer}", nanoseconds / theirs.nanoseconds);
        }
    }
    row
}

fn targets(ranges: &[u64]) -> Vec<Target> {
    let hot = |&at| Target { figure: "lookup, hot range", at, most: Most::OfPeer(0.2, PEERS[0]) };
    let mut targets: Vec<Target> = ranges.iter().map(hot).collect();
    for (at, ratio) in [(1_000, 1.0), (100_000, 2.0)] {
        targets.push(Target { figure: "lookup, random address", at, most: Most::OfPeer(ratio, PEERS[0]) });
    }
    for figure in ["commit, add", "commit, move", "commit, remove"] {
        for most in [
            Most::OfOurs(3.0, figure, 1_000),
            Most::Nanoseconds(10_000.0),
            Most::OfOurs(1.0 / 200.0, "full re-render", 100_000),
        ] {
            targets.push(Target { figure, at: 100_000, most });
        }
    }
    targets.push(Target { figure: "board of 256 functions", at: 256, most: Most::Nanoseconds(1e9) });
    targets
}

/// Whether a target is met; `None` where its figures were not measured.
fn verdict(target: &Target, measured: &[Figure]) -> Option<String> {
    let Target { figure, at, most } = target;
    let is = find(measured, figure, OURS, *at)?.nanoseconds;
    let (limit, of) = match most {
        Most::Nanoseconds(limit) => (*limit, String::new()),
        Most::OfPeer(ratio, peer) => {
            (ratio * find(measured, figure, peer, *at)?.nanoseconds, format!(" ({ratio} of {peer})"))
        }
        Most::OfOurs(ratio, other, other_at) => (
            ratio * find(measured, other, OURS, *other_at)?.nanoseconds,
            format!(" ({ratio} of {other} at {other_at})"),
        ),
    };
    Some(figures::verdict(is <= limit, &format!("{figure} at {at}: {}, at most {}{of}", time(is), time(limit))))
}

fn plot((_, title, lines): Drawing, figures: &[Figure]) -> Plot {
    let mut series: Vec<Series> = Vec::new();
    let mut abscissa = String::new();
    for figure in figures {
        let wanted =
            |&&(name, whose): &&(&str, Option<&str>)| name == figure.name && whose.is_none_or(|w| w == figure.whose);
        if !lines.iter().any(|line| wanted(&line)) {
            continue;
        }
        abscissa.clone_from(&figure.axis);
        let alone = lines.len() == 1;
        let name = if alone { figure.whose.clone() } else { format!("{}: {}", figure.whose, figure.name) };
        let point = (figure.at as f64, figure.nanoseconds);
        match series.iter_mut().find(|series| series.name == name) {
            Some(series) => series.points.push(point),
            None => series.push(Series { name, points: vec![point] }),
        }
    }
    Plot { title: title.to_owned(), abscissa, series }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Vec<Figure> {
        let lines = "commit, add\tmanyhart\tranges\t1000\t2000\ncommit, add\tmanyhart\tranges\t100000\t5000\n\
                     commit, add\tvm-memory\tranges\t100000\t1000000\nfull re-render\tmanyhart\tranges\t100000\t100000";
        lines.lines().map(|line| parse(line).expect("five fields")).collect()
    }

    #[test]
    fn ours_are_compared_with_each_peer_that_was_measured() {
        let figures = figures();
        let row = row(&figures[1], &figures);
        assert!(row.contains("0.0050 of vm-memory") && !row.contains("BTreeMap"), "{row}");
    }

    #[test]
    fn targets_are_met_missed_or_not_measured() {
        let figures = figures();
        let verdicts: Vec<String> = targets(&[]).iter().filter_map(|target| verdict(target, &figures)).collect();
        let met: Vec<bool> = verdicts.iter().map(|line| line.starts_with("target met")).collect();
        assert_eq!(met, [true, true, false], "{verdicts:#?}");
    }

    #[test]
    fn lines_that_are_no_figures_are_refused() {
        for line in ["", "a\tb\tc\t1", "a\tb\tc\tx\t1.0", "a\tb\tc\t1\tx", "a\tb\tc\t1\t2\t3"] {
            assert_eq!(parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_plot_has_a_line_for_each_series() {
        let plot = plot(DRAWINGS[2], &figures());
        let names: Vec<(&str, usize)> = plot.series.iter().map(|s| (s.name.as_str(), s.points.len())).collect();
        let want = [("manyhart: commit, add", 2), ("vm-memory: commit, add", 1), ("manyhart: full re-render", 1)];
        assert_eq!(names, want);
    }
}
