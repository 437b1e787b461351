//! The guest that comes with the command: `manyhart` without a subcommand.
//!
//! Every hart hammers RAM and device windows with self-checking patterns ([`layout`], `guest/hammer/`) while a seeded storm adds,
//! moves and removes those windows under them ([`storm`], [`windows`]) and the harts move memory themselves ([`bank`]). What was checked, and whether it
//! held, is the [`verdict`].

mod bank;
mod layout;
mod progress;
mod storm;
mod verdict;
mod windows;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crossbeam::channel::RecvTimeoutError;
use manyhart_devices::finisher::Outcome;
use manyhart_runtime::{AddressSpace, BusError, Requester, TopologyError};

use crate::cli::{BuiltinArgs, fail};
use crate::console::Serial;
use crate::control::ControlSpec;
use crate::load::{Firmware, Images, Source};
use crate::machine::{BoardSpec, Event, Machine, MachineError, RunSpec, listen_to_signals};
use crate::plug::PlugSpec;

use layout::{HartStatistics, STATISTICS_SIZE, STOP};
use progress::Progress;
use storm::Storm;
use verdict::Report;
use windows::{Windows, WindowsError};

pub use layout::MAX_HARTS;

/// How often the harts' figures are read.
const LOOK: Duration = Duration::from_millis(100);
/// How long all harts together may take to notice that they are to finish: generous, for hosts with few processors.
const PATIENCE: Duration = Duration::from_secs(30);

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
            println!("{report}");
            if report.objections().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => fail(&error, 1),
    }
}

fn play(args: &BuiltinArgs) -> Result<Report, BuiltinError> {
    let mut machine = Machine::build(&spec(args))?;
    let memory = machine.executive().topology().address_space(machine.board().space);
    let mut windows = Windows::new(machine.executive(), machine.board().root, args.harts as usize)?;
    for (address, word) in layout::parameters(args.harts as usize) {
        memory.write(address, &word.to_le_bytes(), Requester::Debugger)?;
    }
    listen_to_signals(machine.sender())?;

    let length = Duration::from_secs(args.seconds);
    let mut progress = Progress::new(length);
    let mut storm = Storm::new(args.seed);
    let mut report = Report { seed: args.seed, ..Report::default() };
    machine.start()?;
    let started = Instant::now();
    let mut looked = started;
    while report.failure.is_none() && !report.interrupted && started.elapsed() < length {
        storm.step(&mut windows)?;
        if looked.elapsed() >= LOOK {
            looked = Instant::now();
            read_figures(&mut report, &machine, &memory, args.harts)?;
            (report.changes, report.elapsed) = (storm.changes, started.elapsed());
            progress.show(&report);
            if let Ok(event) = machine.events().try_recv() {
                note(&mut report, event);
            }
        }
    }
    memory.write(STOP, &1u64.to_le_bytes(), Requester::Debugger)?;
    (report.changes, report.elapsed) = (storm.changes, started.elapsed());
    if report.failure.is_none() {
        wait_for_the_end(&mut report, &machine);
    }
    progress.finish();
    read_figures(&mut report, &machine, &memory, args.harts)?;
    let summary = machine.stop()?;
    report.instructions = summary.harts.iter().map(|hart| hart.statistics.instructions).sum();
    Ok(report)
}

fn spec(args: &BuiltinArgs) -> RunSpec {
    let program = Source::Memory { name: "the built-in guest", bytes: layout::PROGRAM.into() };
    RunSpec {
        board: BoardSpec { harts: args.harts, memory: layout::RAM_SIZE },
        images: Images {
            firmware: Firmware::None,
            kernel: Some(program),
            initrd: None,
            command_line: None,
            device_tree: None,
            more: Vec::new(),
        },
        dump_device_tree: None,
        serial: Serial::Null,
        reboots: false,
        limit: None,
        log_commits: None,
        signature: None,
        summary: false,
        control: ControlSpec::default(),
        plug: PlugSpec::default(),
    }
}

/// The last hart that finishes powers the machine off.
fn wait_for_the_end(report: &mut Report, machine: &Machine) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match machine.events().recv_deadline(deadline) {
            Ok(Event::Outcome(Outcome::PowerOff)) => return,
            Ok(event) => note(report, event),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                report.failure = Some(format!("the harts did not finish within {} s", PATIENCE.as_secs()));
            }
        }
        if report.failure.is_some() {
            return;
        }
    }
}

/// What an event means for a run that is not at its end.
fn note(report: &mut Report, event: Event) {
    match event {
        // A shorter run, judged as it is.
        Event::Quit => report.interrupted = true,
        Event::Outcome(Outcome::PowerOff) => report.failure = Some("the guest ended before it was told to".to_owned()),
        Event::DeviceFailed(name) => report.failure = Some(format!("device {name} has failed")),
        Event::HartPanicked(id) => report.failure = Some(format!("hart {id} has panicked")),
        other => report.failure = Some(format!("unexpected: {other:?}")),
    }
}

fn read_figures(report: &mut Report, machine: &Machine, memory: &AddressSpace, harts: u32) -> Result<(), BusError> {
    report.harts.clear();
    for hart in 0..harts as usize {
        let mut bytes = [0; STATISTICS_SIZE];
        memory.read(layout::statistics_at(hart), &mut bytes, Requester::Debugger)?;
        report.harts.push(HartStatistics::parse(&bytes));
    }
    report.commits = machine.executive().statistics().commits;
    Ok(())
}
