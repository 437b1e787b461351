//! The page in the docs: its tables, which the command writes, and the arguments for what survives, which people do.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::SOURCES;
use super::models::Model;
use super::sites::Mutant;
use crate::Error;

const PAGE: &str = "docs/mutation.md";
const BEGIN: &str = "<!-- written by the command: begin -->";
const END: &str = "<!-- written by the command: end -->";
/// The head of its second table.
const SWAPS: &str = "| swapped or left out | twin | caught |";

/// What became of a mutant.
#[derive(Debug, Clone)]
pub enum Verdict {
    Caught { model: String, executions: u64, seconds: f64 },
    Survived { tried: usize, late: bool },
    NotReached,
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    pub key: String,
    file: String,
    call: String,
    step: String,
    verdict: Verdict,
}

impl Row {
    pub fn new(mutant: &Mutant, verdict: Verdict) -> Row {
        let call = format!("{}: {}", mutant.function, mutant.call);
        Row { key: mutant.key(), file: mutant.file.clone(), call, step: mutant.step.clone(), verdict }
    }

    pub fn is_caught(&self) -> bool {
        matches!(self.verdict, Verdict::Caught { .. })
    }

    fn line(&self) -> String {
        let Row { file, call, step, .. } = self;
        format!("| {file} | `{call}` | {step} | {} |", self.cells())
    }

    fn cells(&self) -> String {
        match &self.verdict {
            Verdict::Caught { model, executions, seconds } => format!("{model} | {executions} | {seconds:.2}"),
            Verdict::Survived { tried, late: false } => format!("**survived** {tried} models | | "),
            Verdict::Survived { tried, late: true } => format!("**survived** {tried} models, one of them late | | "),
            Verdict::NotReached => "**survived**: no model comes by | | ".to_owned(),
        }
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.verdict {
            Verdict::Caught { model, executions, seconds } => {
                write!(f, "{}: caught by {model} ({executions} executions, {seconds:.2} s)", self.key)
            }
            Verdict::Survived { tried, .. } => write!(f, "{}: SURVIVED {tried} models", self.key),
            Verdict::NotReached => write!(f, "{}: SURVIVED, no model comes by", self.key),
        }
    }
}

/// The planted defects, each with the tests that arm it.
pub fn twins(tests: Vec<Model>) -> Result<Vec<(String, Model)>, Error> {
    let planted = read(&format!("{SOURCES}/planted.rs"))?;
    let defects = planted.lines().skip_while(|line| !line.contains("enum Bug")).skip(1).take_while(|line| *line != "}");
    let defects: Vec<&str> = defects.filter_map(|line| line.trim().strip_suffix(',')).collect();
    let mut found = Vec::new();
    for test in tests {
        let last = test.name.rsplit("::").next().unwrap_or_default();
        if let Some(defect) = defects.iter().find(|defect| **defect == last) {
            found.push(((*defect).to_owned(), test));
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// The keys of the mutants for which somebody argues that they may survive: the page's headings of the third rank.
pub fn arguments() -> Result<BTreeSet<String>, Error> {
    let headings = read(PAGE)?;
    let headings = headings.lines().filter_map(|line| line.strip_prefix("### "));
    Ok(headings.map(|heading| heading.trim_matches('`').to_owned()).collect())
}

/// Writes the tables. `is_part`: the rows of other files stay as they are.
pub fn write(
    rows: &[Row],
    swaps: &[(String, String, bool)],
    relaxed: usize,
    handed_on: usize,
    is_part: bool,
    took: Duration,
) -> Result<(), Error> {
    let page = read(PAGE)?;
    let (Some(begin), Some(end)) = (page.find(BEGIN), page.find(END)) else {
        return Err(Error::Failed(format!("{PAGE} has no place for the tables")));
    };
    let before = &page[begin + BEGIN.len()..end];
    let mut lines: Vec<String> = rows.iter().map(Row::line).collect();
    let fresh: BTreeSet<&str> = rows.iter().map(|row| row.file.as_str()).collect();
    if is_part {
        let kept = before.lines().filter(|line| mutant_file(line).is_some_and(|file| !fresh.contains(file)));
        lines.extend(kept.map(str::to_owned));
    }
    lines.sort_by(|a, b| mutant_file(a).cmp(&mutant_file(b)));
    let survived = lines.iter().filter(|line| line.contains("**survived**")).count();
    let caught = lines.len() - survived;
    let mut text = format!("{BEGIN}\n\n");
    let failed = |_| Error::Failed("no room for a line".to_owned());
    let share = 100.0 * caught as f64 / lines.len().max(1) as f64;
    writeln!(text, "{caught} of {} mutants are caught ({share:.1} %), {survived} survive.", lines.len())
        .map_err(failed)?;
    writeln!(
        text,
        "Not mutated: {relaxed} orderings that are Relaxed already, {handed_on} that a caller chose and that reach real memory."
    )
    .map_err(failed)?;
    if !is_part {
        writeln!(text, "The whole run took {:.0} s.", took.as_secs_f64()).map_err(failed)?;
    }
    text += "\n| file | function and call | weakened | caught by | executions | s |\n|---|---|---|---|---|---|\n";
    lines.iter().for_each(|line| text.extend([line.as_str(), "\n"]));
    text.extend(["\n", SWAPS, "\n|---|---|---|\n"]);
    for (defect, twin, caught) in swaps {
        writeln!(text, "| {defect} | {twin} | {} |", if *caught { "yes" } else { "**no**" }).map_err(failed)?;
    }
    text += "\n";
    let page = format!("{}{text}{}", &page[..begin], &page[end..]);
    std::fs::write(PAGE, page).map_err(|source| Error::Write { path: PAGE.into(), source })
}

/// The file of a table's line that stands for a mutant.
fn mutant_file(line: &str) -> Option<&str> {
    let file = line.strip_prefix("| ")?.split(" | ").next()?;
    file.ends_with(".rs").then_some(file)
}

fn read(path: &str) -> Result<String, Error> {
    // Tests run in their package's directory, the command in the workspace's.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).map_err(|error| Error::Failed(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::super::sites;
    use super::*;
    use crate::loom::registry;

    /// The page speaks of the sources as they are: each mutant has its line, and each argument its mutant.
    #[test]
    fn the_page_is_of_these_sources() {
        let found = sites::all().expect("the sources lex");
        let keys: BTreeSet<String> = found.mutants.iter().map(Mutant::key).collect();
        let page = read(PAGE).expect("the page");
        let lines = page.lines().filter(|line| mutant_file(line).is_some());
        let listed: BTreeSet<String> = lines
            .map(|line| {
                let mut cells = line.trim_start_matches("| ").split(" | ");
                let mut next = || cells.next().unwrap_or_default().trim_matches('`');
                format!("{} {}, {}", next(), next(), next())
            })
            .collect();
        assert_eq!(
            keys.symmetric_difference(&listed).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "run `cargo xtask mutate --write` (`--only FILE` for a part)"
        );
        for argued in arguments().expect("the page") {
            assert!(keys.contains(&argued), "argued for, and not in the sources: {argued}");
        }
    }

    /// And of the models as they are: each twin has its line.
    #[test]
    fn the_page_has_every_twin() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let models = registry::read(&root).expect("the registry");
        let twins = models.iter().flat_map(|model| model.twins.iter().map(move |twin| (model, &twin.bug)));
        let want: BTreeSet<String> =
            twins.map(|(model, bug)| format!("| {bug} | {}::{}::{bug} | yes |", model.file, model.name)).collect();
        let page = read(PAGE).expect("the page");
        let (_, table) = page.split_once(SWAPS).expect("the table of swaps");
        let (table, _) = table.split_once(END).expect("its end");
        let listed: BTreeSet<String> = table.lines().filter(|line| line.contains("::")).map(str::to_owned).collect();
        assert_eq!(
            listed.symmetric_difference(&want).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "run `cargo xtask mutate --write`"
        );
    }
}
