//! Runs the concurrency models, and says for each how much was tried and which planted defects it has found.

pub mod registry;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use registry::Model;

use crate::{Error, LoomArgs};

/// What one exploration came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub executions: usize,
    pub millis: u64,
}

/// What the tests have reported: models with the bound that they ran with, and twins by model and defect.
#[derive(Debug, Default)]
pub struct Report {
    models: BTreeMap<String, (usize, Run)>,
    twins: BTreeMap<(String, String), Run>,
}

/// Runs what was asked for and prints the table; an error where anything is not as the registry says.
pub fn run(args: &LoomArgs) -> Result<(), Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace");
    let all = registry::read(root).map_err(Error::Failed)?;
    let gaps = registry::gaps(&all, &registry::bugs(root).map_err(Error::Failed)?);
    if !gaps.is_empty() {
        return Err(Error::Failed(gaps.join("; ")));
    }
    let chosen = chosen(&all, args.only.as_deref())?;
    let began = Instant::now();
    let (passed, output, report) = explore(root, args, &chosen)?;
    print!("{}", table::plain(&chosen, &report));
    let (executions, twins) = (report.models.values().map(|(_, run)| run.executions), report.twins.len());
    println!(
        "{} models, {} executions, {twins} twins caught, {:.0} s with building",
        report.models.len(),
        executions.sum::<usize>(),
        began.elapsed().as_secs_f64()
    );
    let missing = table::missing(&chosen, &report);
    if !passed || !missing.is_empty() {
        println!("{output}");
        return Err(Error::Failed(format!("not as it should be: {}", missing.join(", "))));
    }
    if args.write { table::write(&root.join("docs/loom.md"), &all, &report, args.deep) } else { Ok(()) }
}

/// The models of that name, or in the file of that name.
fn chosen<'a>(all: &'a [Model], only: Option<&str>) -> Result<Vec<&'a Model>, Error> {
    let is_chosen = |model: &&Model| only.is_none_or(|only| only == model.name || only == model.file);
    let chosen: Vec<&Model> = all.iter().filter(is_chosen).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = all.iter().map(|model| &model.name[..]).collect();
        return Err(Error::Failed(format!("no such model or file of models; there are {}", names.join(", "))));
    }
    Ok(chosen)
}

/// Runs the tests. Whether all passed, what they printed, and what they reported.
fn explore(root: &Path, args: &LoomArgs, chosen: &[&Model]) -> Result<(bool, String, Report), Error> {
    let path = std::env::temp_dir().join(format!("manyhart-loom-{}.txt", std::process::id()));
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root).args(["test", "--quiet", "--release", "--no-fail-fast", "--package"]);
    command.arg("manyhart-loom-tests").env("MANYHART_LOOM_REPORT", &path).stderr(Stdio::inherit());
    if args.deep {
        command.env("MANYHART_LOOM_DEEP", "1");
    }
    if let Some(bound) = args.bound {
        command.env("MANYHART_LOOM_BOUND", bound.to_string());
    }
    if let Some(only) = &args.only {
        command.args(["--test", &chosen[0].file]);
        if chosen[0].name == *only {
            command.args(["--", &format!("{only}::")]);
        }
    }
    let output = command.output().map_err(|source| Error::Start { program: "cargo".to_owned(), source })?;
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.map_err(|source| Error::Write { path: path.clone(), source })?,
    };
    if !text.is_empty() {
        std::fs::remove_file(&path).map_err(|source| Error::Write { path: PathBuf::from(&path), source })?;
    }
    Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned(), parse(&text)))
}

/// Lines of `model NAME BOUND EXECUTIONS MILLISECONDS` and `twin NAME DEFECT EXECUTIONS MILLISECONDS`; what is neither is left out, and
/// missed later.
fn parse(text: &str) -> Report {
    let mut report = Report::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [kind, name, third, executions, millis] = words[..] else { continue };
        let (Ok(executions), Ok(millis)) = (executions.parse(), millis.parse()) else { continue };
        let run = Run { executions, millis };
        match (kind, third.parse()) {
            ("model", Ok(bound)) => _ = report.models.insert(name.to_owned(), (bound, run)),
            ("twin", _) => _ = report.twins.insert((name.to_owned(), third.to_owned()), run),
            _ => {}
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_and_what_is_missing_is_named() {
        let text = "models! {\n a {\n rows: C1;\n bounds: 2, 3;\n twin: Tear, \"torn\", 9;\n }\n b {\n rows: C2;\n bounds: 2, 3;\n \
                    twin: Tear, \"torn\", 9;\n }\n}\n";
        let models = registry::parse("f", &format!("\n{text}")).expect("a registry");
        let all: Vec<&Model> = models.iter().collect();
        let report = parse("model a 2 120 35\nnoise\ntwin a Tear 4 1\nmodel b 2 many 3\n");
        assert_eq!(report.models["a"], (2, Run { executions: 120, millis: 35 }));
        assert_eq!(table::missing(&all, &report), ["b", "b with Tear"]);
        assert_eq!(table::missing(&all[..1], &report), [""; 0]);
        assert_eq!(chosen(&models, Some("b")).expect("there").len(), 1);
        assert_eq!(chosen(&models, Some("f")).expect("there").len(), 2);
        assert!(chosen(&models, Some("c")).is_err());
    }
}
