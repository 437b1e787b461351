//! The differential test for as long as one likes: seed after seed.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::{DifftestArgs, Error};

/// Runs the comparison with QEMU with one seed, and with the next ones until the time is up.
pub fn run(args: &DifftestArgs) -> Result<(), Error> {
    let (start, patience) = (Instant::now(), Duration::from_secs(60 * args.minutes));
    for seed in args.seed.. {
        one(seed, args.cases)?;
        println!("seed {seed}: no difference");
        if start.elapsed() >= patience {
            break;
        }
    }
    Ok(())
}

fn one(seed: u64, cases: u64) -> Result<(), Error> {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = Command::new(&program)
        .args(["test", "--quiet", "--release", "--features", "guest-tests", "--test", "differential"])
        .args(["--", "--nocapture", "the_hart_does_what_the_reference_does"])
        .env("MANYHART_DIFF_SEED", seed.to_string())
        .env("MANYHART_DIFF_CASES", cases.to_string())
        .status()
        .map_err(|source| Error::Start { program, source })?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Failed(format!("seed {seed}: the hart and QEMU differ, see above")))
    }
}
