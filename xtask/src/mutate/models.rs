//! The models, as programs: which there are, which places each comes by, and what becomes of each when an ordering is weaker.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Error;

/// What the models' build is told by (see `runtime/src/mutation.rs`).
const VARIABLE: &str = "MANYHART_MUTATE";

/// One test of `loom-tests` that holds when nothing is weakened.
#[derive(Debug, Clone)]
pub struct Model {
    pub program: PathBuf,
    /// `file::test`.
    pub name: String,
    test: String,
    /// What it comes by.
    pub places: BTreeSet<String>,
    pub took: Duration,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Held,
    Failed,
    TimedOut,
}

/// A run: how it ended, after how many executions, and when.
#[derive(Debug, Clone)]
pub struct Run {
    pub outcome: Outcome,
    pub executions: u64,
    pub took: Duration,
    pub output: String,
}

/// Builds the models.
pub fn build() -> Result<Vec<(String, PathBuf)>, Error> {
    let arguments = ["test", "--quiet", "--release", "--package", "manyhart-loom-tests", "--no-run"];
    let output = Command::new("cargo")
        .args(arguments)
        .arg("--message-format=json")
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| Error::Start { program: "cargo".to_owned(), source })?;
    if !output.status.success() {
        return Err(Error::Failed("the models do not compile".to_owned()));
    }
    let mut programs = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: serde_json::Value =
            serde_json::from_str(line).map_err(|error| Error::Failed(format!("cargo's messages: {error}")))?;
        let is_test = message["target"]["kind"][0] == "test";
        if let (true, Some(program), Some(name)) =
            (is_test, message["executable"].as_str(), message["target"]["name"].as_str())
        {
            programs.push((name.to_owned(), PathBuf::from(program)));
        }
    }
    programs.sort();
    Ok(programs)
}

/// Every test of these programs, with nothing known of it yet.
pub fn list(programs: &[(String, PathBuf)]) -> Result<Vec<Model>, Error> {
    let mut models = Vec::new();
    for (file, program) in programs {
        let output = Command::new(program)
            .args(["--list", "--format", "terse"])
            .output()
            .map_err(|source| Error::Start { program: program.display().to_string(), source })?;
        for test in String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.strip_suffix(": test")) {
            models.push(Model {
                program: program.clone(),
                name: format!("{file}::{test}"),
                test: test.to_owned(),
                places: BTreeSet::new(),
                took: Duration::ZERO,
            });
        }
    }
    Ok(models)
}

impl Model {
    /// Runs it with nothing weakened, and keeps what it comes by.
    pub fn survey(mut self, limit: Duration) -> Result<Model, Error> {
        let run = self.run("sites", limit)?;
        if run.outcome != Outcome::Held {
            return Err(Error::Failed(format!("{} does not hold by itself:\n{}", self.name, run.output)));
        }
        self.places = run.output.lines().filter_map(|line| line.strip_prefix("site ")).map(str::to_owned).collect();
        self.took = run.took;
        Ok(self)
    }

    /// Runs it as the tests run it: for those with a planted defect, which must find that.
    pub fn run_as_a_test(&self, limit: Duration) -> Result<Run, Error> {
        self.start(Command::new(&self.program).env_remove(VARIABLE), limit)
    }

    /// Runs it with this in the variable.
    pub fn run(&self, value: &str, limit: Duration) -> Result<Run, Error> {
        self.start(Command::new(&self.program).env(VARIABLE, value), limit)
    }

    fn start(&self, command: &mut Command, limit: Duration) -> Result<Run, Error> {
        let failed = |source| Error::Start { program: self.program.display().to_string(), source };
        let began = Instant::now();
        // Both streams to one file, so that a talkative child never waits for a reader.
        let path = std::env::temp_dir().join(format!("manyhart-mutate-{}-{}", std::process::id(), unique()));
        let file = std::fs::File::create(&path).map_err(failed)?;
        let both = file.try_clone().map_err(failed)?;
        let mut child = command
            .args(["--exact", &self.test, "--nocapture", "--test-threads", "1"])
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(both)
            .spawn()
            .map_err(failed)?;
        let outcome = loop {
            match child.try_wait().map_err(failed)? {
                Some(status) if status.success() => break Outcome::Held,
                Some(_) => break Outcome::Failed,
                None if began.elapsed() > limit => {
                    child.kill().map_err(failed)?;
                    child.wait().map_err(failed)?;
                    break Outcome::TimedOut;
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        let took = began.elapsed();
        let output = String::from_utf8_lossy(&std::fs::read(&path).map_err(failed)?).into_owned();
        std::fs::remove_file(&path).map_err(failed)?;
        let executions = output.lines().filter_map(|line| line.strip_suffix(" executions"));
        let executions = executions.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum();
        Ok(Run { outcome, executions, took, output })
    }
}

fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
