//! The guest that comes with the command: `manyhart` without a subcommand.
//!
//! Every hart hammers RAM and device windows with self-checking patterns ([`layout`], `guest/hammer/`) while a seeded storm adds,
//! moves and removes those windows under them ([`storm`], [`windows`]) and the harts move memory themselves
//! ([`crate::guest::bank`]). What was checked, and whether it held, is the [`verdict`].

mod layout;
mod storm;
mod verdict;
mod windows;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use manyhart_runtime::{BusError, TopologyError};

use crate::cli::{BuiltinArgs, fail};
use crate::guest::progress::{Goal, Progress};
use crate::guest::{Bench, LOOK, News, PATIENCE, Program};
use crate::machine::MachineError;
use crate::output;
use crate::text::grouped;

use layout::{HartStatistics, STOP};
use storm::Storm;
use verdict::Report;
use windows::{Windows, WindowsError};

pub use layout::MAX_HARTS;

/// Why a run could not even be judged.
#[derive(Debug, thiserror::Error)]
enum BuiltinError {
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Windows(#[from] WindowsError),
    #[error("the storm was refused: {0}")]
    Storm(#[from] TopologyError),
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// Runs the guest and says what happened: 0 for PASS, 1 for FAIL.
pub fn run(args: &BuiltinArgs) -> ExitCode {
    #[cfg(feature = "planted-bugs")]
    if let Some(defect) = args.plant {
        defect.arm();
    }
    match play(args) {
        Ok(report) => {
            let told = output::answer(&format!("{report}\n"));
            match report.objections().is_empty() {
                true => told.map_or_else(|error| error.report(), |()| ExitCode::SUCCESS),
                false => ExitCode::FAILURE,
            }
        }
        Err(error) => fail(&error, 1),
    }
}

fn play(args: &BuiltinArgs) -> Result<Report, BuiltinError> {
    let program = Program { name: "the built-in guest", image: layout::PROGRAM, memory: layout::RAM_SIZE, stop: STOP };
    let mut bench = Bench::new(&program, args.harts)?;
    let harts = args.harts as usize;
    let mut windows = Windows::new(bench.machine().executive(), bench.machine().board().root, harts)?;
    bench.set(layout::parameters(harts))?;

    let length = Duration::from_secs(args.seconds);
    let mut progress = Progress::new(Goal::Time(length));
    let mut storm = Storm::new(args.seed);
    let mut report = Report { seed: args.seed, ..Report::default() };
    bench.start()?;
    let started = Instant::now();
    let mut looked = started;
    // On a busy host some check may not have had its turn by then: it goes on, but not for ever.
    // One wrong value is enough.
    let is_over = |report: &Report| {
        let elapsed = started.elapsed();
        report.total(|row| row.errors) > 0
            || elapsed >= length && (report.untried().is_empty() || elapsed >= length + PATIENCE)
    };
    while report.failure.is_none() && !report.interrupted && !is_over(&report) {
        storm.step(&mut windows)?;
        if looked.elapsed() >= LOOK {
            looked = Instant::now();
            read_figures(&mut report, &bench, harts)?;
            (report.changes, report.elapsed) = (storm.changes, started.elapsed());
            progress.show(report.elapsed, 0, || line(&report));
            if let Some(news) = bench.news() {
                note(&mut report, news);
            }
        }
    }
    (report.changes, report.elapsed) = (storm.changes, started.elapsed());
    if report.failure.is_none() {
        bench.finish(|news| {
            note(&mut report, news);
            report.failure.is_none()
        })?;
    }
    progress.finish();
    read_figures(&mut report, &bench, harts)?;
    let summary = bench.stop()?;
    report.instructions = summary.harts.iter().map(|hart| hart.statistics.instructions).sum();
    Ok(report)
}

fn note(report: &mut Report, news: News) {
    match news {
        News::Interrupted => report.interrupted = true,
        News::DeviceFailed(name) => report.failure = Some(format!("device {name} has failed")),
        News::Trouble(what) => report.failure = Some(what),
    }
}

fn read_figures(report: &mut Report, bench: &Bench, harts: usize) -> Result<(), BusError> {
    let rows = (0..harts).map(|hart| bench.get(layout::statistics_at(hart)).map(HartStatistics::from_words));
    report.harts = rows.collect::<Result<_, _>>()?;
    report.commits = bench.machine().executive().statistics().commits;
    Ok(())
}

fn line(report: &Report) -> String {
    format!(
        "{} checks, {} wrong, {} map changes",
        grouped(report.total(|row| row.ram + row.tear + row.epoch + row.bank + row.cross)),
        grouped(report.total(|row| row.errors)),
        grouped(report.commits),
    )
}
