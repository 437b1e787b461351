//! The table of models: on the screen, and in the docs.

use std::fmt::Write;
use std::path::Path;

use super::registry::{self, Model};
use super::{Report, Run};
use crate::Error;

/// Which models and twins have not come to a good end.
pub fn missing(models: &[&Model], report: &Report) -> Vec<String> {
    let mut missing = Vec::new();
    for model in models {
        if !report.models.contains_key(&model.name) {
            missing.push(model.name.clone());
        }
        let bugs = model.twins.iter().map(|twin| &twin.bug);
        missing.extend(
            bugs.filter(|bug| caught(report, model, bug).is_none()).map(|b| format!("{} with {b}", model.name)),
        );
    }
    missing
}

fn caught<'a>(report: &'a Report, model: &Model, bug: &str) -> Option<&'a Run> {
    report.twins.get(&(model.name.clone(), bug.to_owned()))
}

/// For a terminal.
pub fn plain(models: &[&Model], report: &Report) -> String {
    let mut text =
        format!("{:<38}{:<13}{:>5}{:>12}{:>9}  twins caught\n", "model", "rows", "bound", "executions", "seconds");
    for model in models {
        let (bound, executions, seconds) = match report.models.get(&model.name) {
            Some((bound, run)) => (bound.to_string(), run.executions.to_string(), seconds(run)),
            None => ("-".to_owned(), "failed".to_owned(), "-".to_owned()),
        };
        let found: Vec<String> = model
            .twins
            .iter()
            .map(|twin| match caught(report, model, &twin.bug) {
                Some(run) => format!("{} in {}", twin.bug, run.executions),
                None => format!("{} NOT", twin.bug),
            })
            .collect();
        let count = model.twins.iter().filter(|twin| caught(report, model, &twin.bug).is_some()).count();
        let (name, rows, all) = (&model.name, model.rows.join(" "), model.twins.len());
        let found = match all {
            0 => "none: `cargo xtask mutate` weakens its orderings".to_owned(),
            _ => format!("{count}/{all}: {}", found.join(", ")),
        };
        // Writing to a string cannot fail.
        _ = writeln!(text, "{name:<38}{rows:<13}{bound:>5}{executions:>12}{seconds:>9}  {found}");
    }
    text
}

fn seconds(run: &Run) -> String {
    format!("{:.2}", run.millis as f64 / 1000.0)
}

/// Puts what has run between the page's two marks: of the deep bounds, or of the usual ones. Rows of what has not run stay.
pub fn write(page: &Path, models: &[Model], report: &Report, deep: bool) -> Result<(), Error> {
    let failed = |source| Error::Write { path: page.to_owned(), source };
    let text = std::fs::read_to_string(page).map_err(failed)?;
    let (begin, end) = if deep { registry::DEEP_MARKS } else { registry::MARKS };
    let marks = |text: &str| Some((text.find(begin)? + begin.len(), text.find(end)?));
    let (begin, end) = marks(&text).ok_or_else(|| Error::Failed(format!("{} has no place for it", page.display())))?;
    let before = &text[begin..end];
    let row = |model: &Model| match report.models.get(&model.name) {
        Some((_, run)) if deep => Some(deep_row(model, run)),
        Some((_, run)) => Some(usual_row(model, run, report)),
        None => before.lines().find(|line| line.contains(&format!("`{}`", model.name))).map(str::to_owned),
    };
    let rows: Vec<String> = models.iter().filter_map(row).collect();
    let (head, sum) = match deep {
        true => ("| model | bound | executions | seconds |\n|--|--|--|--|", sum(&rows)),
        false => ("| model | rows | bounds | executions | seconds | twins |\n|--|--|--|--|--|--|", String::new()),
    };
    let table = format!("\n{head}\n{}\n{sum}", rows.join("\n"));
    std::fs::write(page, format!("{}{table}{}", &text[..begin], &text[end..])).map_err(failed)
}

fn usual_row(model: &Model, run: &Run, report: &Report) -> String {
    let found: Vec<String> = model
        .twins
        .iter()
        .filter_map(|twin| Some((twin, caught(report, model, &twin.bug)?)))
        .map(|(twin, run)| format!("{} in {}", registry::stated(twin), run.executions))
        .collect();
    format!("{} {} | {} | {} |", registry::heading(model), run.executions, seconds(run), found.join("<br>"))
}

fn deep_row(model: &Model, run: &Run) -> String {
    format!("{} {} | {} |", registry::deep_heading(model), run.executions, seconds(run))
}

/// What the rows of the deep bounds come to.
fn sum(rows: &[String]) -> String {
    let column = |n: usize| {
        let cells =
            rows.iter().filter_map(move |row| row.trim_matches('|').split('|').nth(n)?.trim().parse::<f64>().ok());
        cells.sum::<f64>()
    };
    format!("\nIn sum {} executions, and {:.0} minutes of a processor.\n", column(2), column(3) / 60.0)
}
