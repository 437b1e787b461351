//! Reads the registry of models out of the sources of `loom-tests`, without a compiler: the lines of its `models!` blocks.

use std::collections::BTreeSet;
use std::path::Path;

/// The promises that models are about.
pub const PROMISES: u32 = 12;

/// A model, as its lines say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The file that it is in, without its ending: the name of its test target.
    pub file: String,
    pub name: String,
    pub rows: Vec<String>,
    pub bound: usize,
    pub deep: usize,
    pub twins: Vec<Twin>,
}

/// A defect that it must find, within so many executions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    pub bug: String,
    pub within: usize,
}

/// Every model in `loom-tests/tests`, in the order of files and lines; or what is wrong with a line.
pub fn read(root: &Path) -> Result<Vec<Model>, String> {
    let dir = root.join("loom-tests/tests");
    let entries = std::fs::read_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", dir.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut models: Vec<Model> = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let file = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let found = parse(&file, &text)?;
        if found.is_empty() {
            return Err(format!("{} has no models! block", path.display()));
        }
        models.extend(found);
    }
    let mut names = BTreeSet::new();
    match models.iter().find(|model| !names.insert(model.name.clone())) {
        Some(twice) => Err(format!("{} is the name of two models", twice.name)),
        None => Ok(models),
    }
}

/// The models of one file.
pub fn parse(file: &str, text: &str) -> Result<Vec<Model>, String> {
    let mut models: Vec<Model> = Vec::new();
    for block in text.split("\nmodels! {\n").skip(1) {
        let block = block.split("\n}\n").next().unwrap_or_default();
        for line in block.lines().map(str::trim) {
            if let Some(name) = line.strip_suffix(" {").filter(|name| is_name(name)) {
                let (rows, twins) = Default::default();
                models.push(Model { file: file.into(), name: name.into(), rows, bound: 0, deep: 0, twins });
            } else if let Some(model) = models.last_mut() {
                property(model, line).ok_or_else(|| format!("{file}.rs: {line:?} is no line of a model"))?;
            }
        }
    }
    match models.iter().find(|model| model.rows.is_empty() || model.bound == 0) {
        Some(model) => Err(format!("{file}.rs: {} lacks rows or bounds", model.name)),
        None => Ok(models),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Takes one line into the model. Lines of the closure after `run:` are nobody's concern here.
fn property(model: &mut Model, line: &str) -> Option<()> {
    let Some((key, value)) = line.split_once(": ") else { return Some(()) };
    let value = value.strip_suffix(';').unwrap_or(value);
    match key {
        "rows" => model.rows = value.split(' ').map(str::to_owned).collect(),
        "bounds" => {
            let (bound, deep) = value.split_once(", ")?;
            (model.bound, model.deep) = (bound.parse().ok()?, deep.parse().ok()?);
        }
        "twin" => {
            let ((bug, _), (_, within)) = (value.split_once(", \"")?, value.rsplit_once("\", ")?);
            model.twins.push(Twin { bug: bug.to_owned(), within: within.replace('_', "").parse().ok()? });
        }
        _ => {}
    }
    Some(())
}

/// The promises, by their names.
pub fn promises() -> impl Iterator<Item = String> {
    (1..=PROMISES).map(|number| format!("C{number}"))
}

/// The defects that can be planted: the variants of `Bug`.
pub fn bugs(root: &Path) -> Result<BTreeSet<String>, String> {
    let path = root.join("runtime/src/planted.rs");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let body = text.split_once("pub enum Bug {\n").and_then(|(_, rest)| rest.split_once("\n}\n"));
    let (body, _) = body.ok_or_else(|| format!("{}: no enum Bug", path.display()))?;
    Ok(body
        .lines()
        .filter_map(|line| line.trim().strip_suffix(','))
        .filter(|n| is_name(n))
        .map(str::to_owned)
        .collect())
}

/// What is wrong with the registry as a whole: a promise without a model that has a twin, a defect that no model has to find.
pub fn gaps(models: &[Model], bugs: &BTreeSet<String>) -> Vec<String> {
    let served = |row: &String| models.iter().any(|model| model.rows.contains(row) && !model.twins.is_empty());
    let found = |bug: &&String| models.iter().any(|model| model.twins.iter().any(|twin| twin.bug == **bug));
    let rows = promises().filter(|row| !served(row)).map(|row| format!("{row} has no model with a twin"));
    let planted = bugs.iter().filter(|bug| !found(bug)).map(|bug| format!("no model has to find {bug}"));
    // `planted` keeps who is armed in the bits of a word.
    let room = (bugs.len() > 64).then(|| "planted.rs has room for 64 defects".to_owned());
    rows.chain(planted).chain(room).collect()
}

/// The table of the docs stands between these two lines.
pub const MARKS: (&str, &str) = ("<!-- models: written by cargo xtask loom --write -->", "<!-- end of models -->");

/// And that of the larger bounds between these.
pub const DEEP_MARKS: (&str, &str) =
    ("<!-- deep: written by cargo xtask loom --deep --write -->", "<!-- end of deep -->");

/// How a model's row in the docs begins.
pub fn heading(model: &Model) -> String {
    let Model { name, file, rows, bound, deep, .. } = model;
    format!("| [`{name}`](../loom-tests/tests/{file}.rs) | {} | {bound}, {deep} |", rows.join(" "))
}

/// How its row among the larger bounds begins.
pub fn deep_heading(model: &Model) -> String {
    format!("| `{}` | {} |", model.name, model.deep)
}

/// How a twin's entry in it begins.
pub fn stated(twin: &Twin) -> String {
    format!("`{}` (at most {})", twin.bug, twin.within)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
fn run() {}

models! {
    /// What it is.
    first {
        rows: C5 C6;
        run: || run(|a| {
            a.b();
        });
        bounds: 3, 5;
        // Why.
        twin: NoGrace, \"a message: with, signs\", 1_000;
        twin: Tear, \"torn\", 7;
    }

    second {
        rows: C1;
        run: run;
        bounds: 2, 2;
        twin: Tear, \"torn\", 7;
    }
}
";

    #[test]
    fn blocks_are_read() {
        let models = parse("file", TEXT).expect("a registry");
        let twin = |bug: &str, within| Twin { bug: bug.into(), within };
        assert_eq!(
            models[0],
            Model {
                file: "file".into(),
                name: "first".into(),
                rows: vec!["C5".into(), "C6".into()],
                bound: 3,
                deep: 5,
                twins: vec![twin("NoGrace", 1000), twin("Tear", 7)],
            }
        );
        assert_eq!((models.len(), &models[1].name[..], models[1].bound), (2, "second", 2));
        let bugs = ["Tear", "Other"].map(str::to_owned).into();
        let gaps = gaps(&models, &bugs);
        assert!(
            gaps.contains(&"C2 has no model with a twin".into()) && gaps.contains(&"no model has to find Other".into())
        );
        assert_eq!(gaps.len(), 12 - 3 + 1);
    }

    #[test]
    fn what_is_incomplete_is_refused() {
        for (from, to) in [("rows: C1;", ""), ("bounds: 2, 2;", "bounds: 2;"), ("twin: Tear,", "twin: Tear")] {
            let text = TEXT.replace(from, to);
            assert_ne!(text, TEXT, "{from}");
            assert!(parse("file", &text).is_err(), "{from}");
        }
    }
}
