//! The report as one page: no script, nothing fetched, light and dark as the reader's system is.

mod plots;

use super::latency::in_words;
use super::report::{HartRow, Report, latency_line};
use crate::text::grouped;

const STYLE: &str = include_str!("page.css");

/// The page.
pub fn page(report: &Report) -> String {
    let verdict = if report.passed { ("pass", "PASS") } else { ("fail", "FAIL") };
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n<meta name='viewport' content='width=device-width, initial-scale=1'>\n\
         <title>manyhart stress: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<header><h1>manyhart stress</h1>\
         <span class='verdict {}'>{}</span></header>\n<p class='sub'>{}</p>\n",
        verdict.1,
        verdict.0,
        verdict.1,
        subtitle(report),
    );
    html.push_str(&objections(report));
    html.push_str(&tiles(report));
    html.push_str("<div class='grid'>\n");
    for card in cards(report) {
        html.push_str(&card.html());
    }
    html.push_str("</div>\n</main>\n</body>\n</html>\n");
    html
}

fn subtitle(report: &Report) -> String {
    let options = &report.options;
    let early = if report.interrupted { ", interrupted" } else { "" };
    let faults = options.inject.as_ref().map_or_else(String::new, |faults| format!(" · faults {}", escaped(faults)));
    format!(
        "{} harts · {} functions · {:.1} s{early} · seed {}{faults}",
        options.harts, options.functions, report.seconds, options.seed
    )
}

fn objections(report: &Report) -> String {
    if report.passed {
        return String::new();
    }
    let lines = report.objections.iter().chain(&report.history);
    let items = lines.map(|line| format!("<li>{}</li>\n", escaped(line))).collect::<String>();
    format!("<div class='card objections'><h2>What speaks against it</h2>\n<ul>\n{items}</ul></div>\n")
}

fn tiles(report: &Report) -> String {
    let per_second = (report.commits as f64 / report.seconds.max(1e-3)) as u64;
    let least = report.harts.iter().map(|hart| hart.generations).min().unwrap_or_default();
    let memory = report.memory.map(|memory| (format!("{} MiB", memory.last >> 20), "memory at the end, flat"));
    let mut tiles = vec![
        (grouped(report.commits), "commits".to_owned()),
        (grouped(per_second), "commits a second".to_owned()),
        (grouped(report.total(|row| row.changed)), "accesses judged where something had changed".to_owned()),
        (grouped(report.total(|row| row.errors)), "wrong values".to_owned()),
        (grouped(least), "generations that each hart acknowledged, at least".to_owned()),
    ];
    if let Some((size, flat)) = memory {
        let grown = report.memory.is_some_and(|memory| !memory.is_flat());
        tiles.push((size, if grown { "memory at the end, and it grew".to_owned() } else { flat.to_owned() }));
    }
    let tiles =
        tiles.iter().map(|(value, name)| format!("<div class='tile'><b>{value}</b><span>{name}</span></div>\n"));
    format!("<div class='tiles'>\n{}</div>\n", tiles.collect::<String>())
}

/// A part of the page.
struct Card {
    title: &'static str,
    note: String,
    body: String,
    wide: bool,
}

impl Card {
    fn html(&self) -> String {
        let class = if self.wide { "card wide" } else { "card" };
        let Card { title, note, body, .. } = self;
        format!("<section class='{class}'>\n<h2>{title}</h2>\n<p>{note}</p>\n{body}</section>\n")
    }
}

fn cards(report: &Report) -> Vec<Card> {
    let half = |title, note, body| Card { title, note, body, wide: false };
    let wide = |title, note, body| Card { title, note, body, wide: true };
    let mut cards = vec![
        half(
            "How long a commit takes",
            format!("from the storm's call to its return, {} transactions", grouped(report.commit_latency.count)),
            plots::histogram(&report.commit_latency) + &percentiles(&latency_line(&report.commit_latency)),
        ),
        half(
            "How long a read of registers takes",
            format!(
                "by the guest's clock, the mean of each visit's reads, {} visits",
                grouped(report.mmio_latency.count)
            ),
            plots::histogram(&report.mmio_latency) + &percentiles(&latency_line(&report.mmio_latency)),
        ),
        half(
            "Generations over time",
            format!(
                "each is one commit, {} at the end",
                grouped(report.samples.last().map_or(0, |last| last.generation))
            ),
            plots::over_time(
                report.samples.iter().map(|sample| (sample.seconds, sample.generation as f64)),
                1.0,
                plots::short,
            ),
        ),
        half(
            "Memory over time",
            "what the process holds".to_owned(),
            plots::over_time(
                report.samples.iter().map(|sample| (sample.seconds, sample.resident as f64)),
                plots::MIB,
                plots::bytes,
            ),
        ),
        wide(
            "Throughput of each hart",
            "accesses judged a second, over the run; at the right their number".to_owned(),
            plots::harts(&report.samples),
        ),
        wide("What the storm did", operations_note(report), plots::bars(&operations(report))),
        wide(
            "The slots",
            format!(
                "{} slots of two pages: how often each changed, and what it shows at the end",
                grouped(report.slots.len() as u64)
            ),
            plots::slots(&report.slots) + SLOTS_LEGEND,
        ),
        wide("Each hart", "what it checked, and found right".to_owned(), table(&report.harts)),
    ];
    if !report.picture.is_empty() {
        let picture = format!(
            "<div class='picture'><img alt='The regions of the address space, nested, and what is seen of them' src='data:image/svg+xml,{}'></div>\n",
            encoded(&report.picture)
        );
        cards.push(wide("The address space at the end", "addresses run downwards; to scroll".to_owned(), picture));
    }
    let command = format!("<pre><code>{}</code></pre>\n", escaped(&report.command));
    cards.push(wide("The same operations again", "equal seeds and options make equal operations".to_owned(), command));
    cards
}

const SLOTS_LEGEND: &str = "<div class='legend'><span><i style='background:var(--memory)'></i>memory</span>\
    <span><i style='background:var(--registers)'></i>registers</span><span><i style='background:var(--empty)'></i>nothing</span>\
    <span><i style='background:var(--mark-soft)'></i>changes, by height</span></div>\n";

fn percentiles(line: &str) -> String {
    format!("<div class='legend'><span>{line}</span></div>\n")
}

fn operations(report: &Report) -> Vec<(String, u64)> {
    let mut operations: Vec<_> = report.operations.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect();
    operations.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    operations
}

fn operations_note(report: &Report) -> String {
    let faults = &report.faults;
    let all: u64 = report.operations.values().sum();
    let injected = if report.options.inject.is_some() {
        format!(
            "; {} devices panicked and {} were reported failed, {} transactions with a fault in them were refused",
            grouped(faults.panics),
            grouped(faults.failures),
            grouped(faults.refused)
        )
    } else {
        String::new()
    };
    format!("{} operations{injected}", grouped(all))
}

fn table(harts: &[HartRow]) -> String {
    type Figure = fn(&HartRow) -> u64;
    let columns: [(&str, Figure); 11] = [
        ("judged, changed", |row| row.figures.changed),
        ("judged, not changed", |row| row.figures.still),
        ("over two pages", |row| row.figures.straddles),
        ("where nothing was", |row| row.figures.absent),
        ("writes read back", |row| row.figures.writes),
        ("own moves", |row| row.figures.own),
        ("own bank switches", |row| row.figures.bank),
        ("heard by flag", |row| row.figures.flag),
        ("heard by interrupt", |row| row.figures.interrupt),
        ("generations", |row| row.generations),
        ("wrong values", |row| row.figures.errors),
    ];
    let head = columns.iter().map(|(name, _)| format!("<th>{name}</th>")).collect::<String>();
    let mut rows = String::new();
    for (hart, row) in harts.iter().enumerate() {
        let cells = columns.iter().map(|(_, figure)| format!("<td>{}</td>", grouped(figure(row)))).collect::<String>();
        rows.push_str(&format!("<tr><td>hart {hart}</td>{cells}</tr>\n"));
    }
    format!("<div class='scroll'><table>\n<tr><th></th>{head}</tr>\n{rows}</table></div>\n")
}

/// Text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;")
}

/// A document as part of an address.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 5 / 4);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b' '
            | b'-'
            | b'.'
            | b'/'
            | b':'
            | b'='
            | b'('
            | b')'
            | b','
            | b';' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A latency for an axis.
fn axis_latency(nanoseconds: u64) -> String {
    in_words(nanoseconds).replace(".0 ", " ")
}

#[cfg(test)]
mod tests;
