//! Runs the models of `shuttle-tests`, and shows for each how many schedules it ran, for each planted defect how many it took to find it.

use std::process::Command;

use crate::{Error, ShuttleArgs};

/// Runs them, one after the other, so that what they print stays in order.
pub fn run(args: &ShuttleArgs) -> Result<(), Error> {
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--quiet", "--release", "--package", "manyhart-shuttle-tests"]).args(&args.name);
    cargo.args(["--", "--show-output"]).env("MANYHART_SHUTTLE_TIMES", args.times.to_string());
    if let Some(seed) = args.seed {
        cargo.env("MANYHART_SHUTTLE_SEED", seed.to_string());
    }
    let output = cargo.output().map_err(|source| Error::Start { program: "cargo".to_owned(), source })?;
    let text = String::from_utf8_lossy(&output.stdout);
    for line in text.lines().filter(|line| line.contains(" schedules")) {
        println!("{line}");
    }
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Failed(format!("{text}\n{}", String::from_utf8_lossy(&output.stderr))))
}
