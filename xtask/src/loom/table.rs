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

/// Puts the table between the page's two marks.
pub fn write(page: &Path, models: &[&Model], report: &Report) -> Result<(), Error> {
    let failed = |source| Error::Write { path: page.to_owned(), source };
    let text = std::fs::read_to_string(page).map_err(failed)?;
    let marks = |text: &str| Some((text.find(registry::BEGIN)? + registry::BEGIN.len(), text.find(registry::END)?));
    let (begin, end) = marks(&text).ok_or_else(|| Error::Failed(format!("{} has no place for it", page.display())))?;
    let mut table = "\n| model | rows | bounds | executions | seconds | twins |\n|--|--|--|--|--|--|\n".to_owned();
    for model in models {
        let Some((_, run)) = report.models.get(&model.name) else { continue };
        let found: Vec<String> = model
            .twins
            .iter()
            .filter_map(|twin| Some((twin, caught(report, model, &twin.bug)?)))
            .map(|(twin, run)| format!("{} in {}", registry::stated(twin), run.executions))
            .collect();
        let (head, executions, found) = (registry::heading(model), run.executions, found.join("<br>"));
        _ = writeln!(table, "{head} {executions} | {} | {found} |", seconds(run));
    }
    let text = format!("{}{table}{}", &text[..begin], &text[end..]);
    std::fs::write(page, text).map_err(failed)
}
