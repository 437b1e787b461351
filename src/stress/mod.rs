//! `manyhart stress`: storms of hot-plug under harts that check every access.
//!
//! The [`plan`] draws operations from a seed; the [`storm`] carries them out on the [`field`], PCI functions and their BARs, and tells the guest
//! through the [`ledger`], before and after each, what is where; the guest (`guest/stress/`, [`layout`]) accesses all of it meanwhile and
//! judges what it gets. [`watch`] samples; the [`report`] says what happened, also as a page ([`html`]).
//!
//! The guest's check is sound both ways: a value is wrong if it is older than what the hart was bound to see (*done*, read with a fence
//! before the access) and if it is newer than what was published when the access ended (*started*, read after).

mod cpio;
mod field;
mod function;
mod guests;
mod html;
mod latency;
mod layout;
mod ledger;
mod mix;
mod plan;
mod report;
mod storm;
mod watch;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use manyhart_runtime::{BusError, RamBlock, TopologyError};

use crate::cli::{StressArgs, fail};
use crate::debian::DebianError;
use crate::guest::progress::{Goal, Progress};
use crate::guest::{Bench, LOOK, News};
use crate::machine::MachineError;
use crate::output::{self, OutputError, OutputFile};
use crate::text::grouped;

use field::{Field, FieldError};
use latency::Latency;
use layout::{HartFigures, Tables};
use ledger::Ledger;
use mix::Kind;
use plan::Plan;
use report::{FaultsMet, HartRow, Options, Report, SlotRow};
use storm::{Aftermath, Prepared, Storm, Tally};
use watch::{Memory, Sample, Series, Watchdog};

use guests::Stage;
pub use guests::Who;
pub use layout::{MAX_FUNCTIONS, MAX_HARTS};
pub use mix::{Faults, Mix};

/// Why a run could not even be judged.
#[derive(Debug, thiserror::Error)]
enum StressError {
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Debian(#[from] DebianError),
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error("the map refuses the field: {0}")]
    Topology(#[from] TopologyError),
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error("the storm cannot begin: {0}")]
    Storm(String),
    #[error("the host refuses {what}: {error}")]
    Host { what: &'static str, error: io::Error },
    #[error("{}: cannot write: {error}", .file.display())]
    Write { file: PathBuf, error: io::Error },
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Runs the storm and says what happened: 0 for PASS, 1 for FAIL.
pub fn run(args: &StressArgs) -> ExitCode {
    #[cfg(feature = "planted-bugs")]
    if let Some(defect) = args.plant {
        defect.arm();
    }
    match Files::create(args).map_err(StressError::from).and_then(|files| Ok((play(args)?, files))) {
        Ok((report, files)) => match (report.passed, tell(&report, files)) {
            (true, Ok(())) => ExitCode::SUCCESS,
            (true, Err(error)) => error.report(),
            (false, _) => ExitCode::FAILURE,
        },
        Err(StressError::Output(error)) => error.report(),
        Err(error) => fail(&error, 1),
    }
}

/// Where the report goes besides standard output.
struct Files {
    json: Option<OutputFile>,
    html: Option<OutputFile>,
}

impl Files {
    fn create(args: &StressArgs) -> Result<Files, OutputError> {
        let create = |file: &Option<PathBuf>| file.as_deref().map(OutputFile::create).transpose();
        Ok(Files { json: create(&args.json)?, html: create(&args.html)? })
    }
}

/// All that can be told is told; the first that cannot is the answer.
fn tell(report: &Report, Files { json, html }: Files) -> Result<(), OutputError> {
    let told = output::answer(&format!("{report}\n"));
    let json = json.map_or(Ok(()), |mut file| file.write_json(report));
    let html = html.map_or(Ok(()), |mut file| file.write(&html::page(report)));
    told.and(json).and(html)
}

fn options(args: &StressArgs) -> Options {
    Options {
        guest: args.guest,
        harts: args.harts,
        functions: args.functions,
        seconds: args.seconds,
        commits: args.commits,
        seed: args.seed,
        rate: args.rate,
        mix: args.mix.clone().unwrap_or_default().to_string(),
        inject: args.inject.as_ref().map(ToString::to_string),
    }
}

fn play(args: &StressArgs) -> Result<Report, StressError> {
    let Stage { bench, tables, console } = args.guest.stage(args.harts, args.dir.as_deref())?;
    let played = weather(args, bench, tables);
    match (console, &played) {
        (Some(console), Ok(report)) if report.passed => {
            std::fs::remove_file(&console).map_err(|error| StressError::Write { file: console, error })?;
        }
        (Some(console), _) => output::note(&format_args!("manyhart: what the guest said is in {}", console.display())),
        (None, _) => (),
    }
    played
}

fn weather(args: &StressArgs, mut bench: Bench, tables: Arc<RamBlock>) -> Result<Report, StressError> {
    let ground = ground(args, &bench, tables)?;
    let mut run = Run {
        report: Report { options: options(args), ..Report::default() },
        tables: args.guest.tables(),
        goal: args.commits.map_or(Goal::Time(Duration::from_secs(args.seconds)), Goal::Count),
        faults: args.inject.iter().flat_map(Faults::kinds).collect(),
        series: Series::default(),
    };
    let prepared = match args.guest {
        Who::Bare => {
            let prepared = ground.put_up()?;
            bench.start()?;
            prepared
        }
        Who::Debian => {
            bench.start()?;
            run.await_workers(&bench)?;
            // A kernel that has enumerated the bus takes no notice of what comes later.
            ground.put_up()?
        }
    };
    let started = Instant::now();
    let storm = prepared.start(args.rate).map_err(|error| StressError::Host { what: "a thread", error })?;
    run.attend(&bench, &storm, started)?;

    let tally = storm.tally.clone();
    tally.stop();
    let aftermath = storm.join(watch::PATIENCE);
    let elapsed = started.elapsed();
    if run.report.trouble.is_empty() {
        run.finish(&bench, tally.of(Kind::Panic))?;
    }
    run.look(&bench, elapsed)?;
    let mut report = run.report;
    report.samples = run.series.into_samples();
    report.memory = Memory::of(&report.samples).filter(|_| is_judged_by_memory(args.guest, run.goal));
    report.mmio_latency = mmio_latency(&bench, args.guest.tables(), args.harts)?;
    report.operations = Kind::ALL.into_iter().map(|kind| (kind.name(), tally.of(kind))).collect();
    report.operations.retain(|_, count| *count > 0);
    report.faults.panics = tally.of(Kind::Panic);
    report.faults.slowed = tally.of(Kind::Slow);
    report.faults.refused = tally.of(Kind::Refuse);
    if args.html.is_some() {
        let survey = bench.machine().executive().topology().survey()?;
        report.picture = survey.svg(bench.machine().board().space)?;
    }
    match aftermath {
        Ok(aftermath) => settle(&mut report, aftermath),
        Err(trouble) => report.trouble.push(trouble),
    }
    let summary = bench.stop()?;
    for (row, hart) in report.harts.iter_mut().zip(&summary.harts) {
        row.instructions = hart.statistics.instructions;
        row.generations = hart.statistics.generations;
    }
    report.judge();
    Ok(report)
}

/// A kernel goes on using more and more of its RAM; and a run that is to be short stays one where it has to go on for longer.
fn is_judged_by_memory(guest: Who, goal: Goal) -> bool {
    guest == Who::Bare && !matches!(goal, Goal::Time(length) if length < watch::SETTLED)
}

/// What a storm needs, before any function is there.
struct Ground {
    plan: Plan,
    field: Field,
    ledger: Ledger,
}

impl Ground {
    fn put_up(self) -> Result<Prepared, StressError> {
        Storm::prepare(self.plan, self.field, self.ledger).map_err(StressError::Storm)
    }
}

/// Everything that the guest must know, and for the bare one banks and the harts' own functions; not the storm's.
fn ground(args: &StressArgs, bench: &Bench, ram: Arc<RamBlock>) -> Result<Ground, StressError> {
    let (executive, board) = (bench.machine().executive(), bench.machine().board());
    let (tables, slots) = (args.guest.tables(), layout::slots(args.functions));
    bench.set(tables.parameters(args.harts, slots, args.seed))?;
    let field = Field::new(executive, board.pci.clone(), args.functions as u16);
    if args.guest == Who::Bare {
        let host = |error| StressError::Host { what: "memory", error };
        let mut t = executive.topology().transaction();
        layout::BANKS.place(&mut t, executive, board.root, args.harts as usize).map_err(host)?;
        t.commit()?;
        for hart in 0..args.harts {
            let identity = plan::own_identity(args.functions, hart);
            let mover = field.plug_own(hart, (args.functions + hart) as u16, identity)?;
            bench.set(layout::own_parameters(hart, mover, identity))?;
        }
    }
    let weights = mix::weights(&args.mix.clone().unwrap_or_default(), args.inject.as_ref());
    let plan = Plan::new(args.seed, args.functions as u16, slots, weights, field::FAILED);
    Ok(Ground { plan, field, ledger: Ledger::new(ram, tables, args.functions as u16, slots) })
}

/// A run while it is under way.
struct Run {
    report: Report,
    tables: Tables,
    goal: Goal,
    /// What is to be injected.
    faults: Vec<Kind>,
    series: Series,
}

/// How long Debian's kernel may take to boot, on a busy host too.
const BOOT: Duration = Duration::from_secs(900);

impl Run {
    /// Until each hart has been through a round: then the guest has booted.
    fn await_workers(&mut self, bench: &Bench) -> Result<(), StressError> {
        let started = Instant::now();
        let mut progress = Progress::new(Goal::Time(BOOT));
        loop {
            self.look(bench, Duration::ZERO)?;
            let at_work = self.report.harts.iter().filter(|hart| hart.figures.rounds > 0).count();
            if at_work == self.report.harts.len() {
                break;
            }
            progress.show(started.elapsed(), 0, || format!("booting, {at_work} harts at work"));
            let trouble = match bench.news() {
                Some(News::Interrupted) => Some("interrupted while the guest boots".to_owned()),
                Some(News::DeviceFailed(name)) => Some(format!("{name} has failed")),
                Some(News::Trouble(what)) => Some(what),
                None if started.elapsed() > BOOT => {
                    Some(format!("the guest is not at work after {} s", BOOT.as_secs()))
                }
                None => None,
            };
            if let Some(trouble) = trouble {
                return Err(StressError::Storm(trouble));
            }
            std::thread::sleep(LOOK);
        }
        progress.finish();
        self.series = Series::default();
        Ok(())
    }

    /// Until its end is reached, something is wrong, or a person has had enough.
    fn attend(&mut self, bench: &Bench, storm: &Storm, started: Instant) -> Result<(), StressError> {
        let mut progress = Progress::new(self.goal);
        let mut watchdog = Watchdog::new(self.report.options.harts as usize + 1);
        let mut reached = None;
        while self.report.trouble.is_empty()
            && !self.report.interrupted
            && !self.is_over(started.elapsed(), &storm.tally, &mut reached)
        {
            std::thread::sleep(LOOK);
            self.look(bench, started.elapsed())?;
            let operations = storm.tally.operations();
            progress.show(started.elapsed(), self.report.commits, || line(&self.report));
            while let Some(news) = bench.news() {
                note(&mut self.report, news);
            }
            let rows = self.report.harts.iter().map(|row| row.figures);
            let harts: Vec<HartFigures> = rows.collect();
            let still = watchdog.look(harts.iter().map(|hart| hart.rounds).chain([operations]), Instant::now());
            self.report.trouble.extend(watch::hangs(&still, &harts, operations));
            // One wrong value is enough, and what led to it is still known.
            if self.report.total(|row| row.errors) > 0 || storm.has_ended() {
                break;
            }
        }
        progress.finish();
        Ok(())
    }

    /// Whether its end is reached, and the storm, every check and every fault have had their turn. On a busy host that may take longer than the run is to
    /// be, but not for ever.
    fn is_over(&mut self, elapsed: Duration, tally: &Tally, reached: &mut Option<Instant>) -> bool {
        self.goal.is_reached(elapsed, self.report.commits) && {
            let reached = reached.get_or_insert_with(|| {
                self.report.was_short = elapsed < report::LONG_ENOUGH;
                Instant::now()
            });
            let is_tried = self.report.untried().is_empty() && self.faults.iter().all(|kind| tally.of(*kind) > 0);
            tally.operations() > 0 && is_tried || reached.elapsed() > watch::PATIENCE
        }
    }

    /// Has the harts finish, and hears of every device that was made to panic.
    fn finish(&mut self, bench: &Bench, panics: u64) -> Result<(), BusError> {
        let report = &mut self.report;
        bench.finish(|news| {
            note(report, news);
            report.trouble.is_empty()
        })?;
        // Reports come from a thread of their own, which may be behind.
        let deadline = Instant::now() + watch::PATIENCE;
        while report.faults.failures < panics && Instant::now() < deadline {
            match bench.news() {
                Some(news) => note(report, news),
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        Ok(())
    }

    fn look(&mut self, bench: &Bench, elapsed: Duration) -> Result<(), BusError> {
        let report = &mut self.report;
        let rows = (0..report.options.harts).map(|hart| bench.get(self.tables.statistics(hart)));
        let row = |words| HartRow { figures: HartFigures::from_words(words), ..HartRow::default() };
        report.harts = rows.map(|words| words.map(row)).collect::<Result<_, _>>()?;
        let statistics = bench.machine().executive().statistics();
        report.commits = statistics.commits;
        report.seconds = elapsed.as_secs_f64();
        self.series.offer(|| Sample {
            seconds: report.seconds,
            generation: statistics.generation,
            resident: watch::resident(),
            judged: report.harts.iter().map(|row| row.figures.changed + row.figures.still).collect(),
        });
        Ok(())
    }
}

fn line(report: &Report) -> String {
    format!(
        "{} checks, {} wrong, {} commits",
        grouped(report.total(|row| row.changed + row.still)),
        grouped(report.total(|row| row.errors)),
        grouped(report.commits),
    )
}

fn note(report: &mut Report, news: News) {
    match news {
        News::Interrupted => report.interrupted = true,
        // Injected, or not: at the end the two are counted against each other.
        News::DeviceFailed(_) => report.faults.failures += 1,
        News::Trouble(what) => report.trouble.push(what),
    }
}

/// What the storm leaves behind.
fn settle(report: &mut Report, aftermath: Aftermath) {
    report.commit_latency = Latency::from(&aftermath.latency);
    report.faults = FaultsMet { refusals: aftermath.refusals, ..report.faults.clone() };
    report.slots = aftermath
        .slots
        .iter()
        .map(|(changes, contents)| SlotRow { changes: *changes, words: contents.0.map(|page| page.word) })
        .collect();
    let first = report.harts.iter().find_map(|row| row.figures.first);
    if let Some((slot, (lower, upper))) = first.and_then(|first| Some((first.slot()?, first.epochs))) {
        // The change before the first epoch that was allowed is where a stale value comes from.
        let epochs = lower.saturating_sub(1)..=upper + 1;
        for past in &aftermath.past {
            if let Some((epoch, contents)) = past.to_slot(slot, epochs.clone()) {
                let [low, high] = contents.0.map(|page| page.word);
                report.history.push(format!(
                    "operation {} ({}) began epoch {epoch} of slot {slot}: {low:#x} and {high:#x}",
                    past.operation.number,
                    past.operation.kind.name(),
                ));
            }
        }
    }
    report.trouble.extend(aftermath.trouble);
}

fn mmio_latency(bench: &Bench, tables: Tables, harts: u32) -> Result<Latency, StressError> {
    let mut histogram =
        Histogram::new_with_bounds(1, storm::LONGEST, 3).map_err(|error| StressError::Storm(error.to_string()))?;
    let mut counters = vec![0; layout::LATENCY_COUNTERS];
    for hart in 0..harts {
        bench.get_into(tables.latency(hart), &mut counters)?;
        latency::add_visits(&mut histogram, &counters);
    }
    Ok(Latency::from(&histogram))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that runs for ten commits, on a hart that has done nothing so far.
    fn run() -> Run {
        let report = Report { harts: vec![HartRow::default()], ..Report::default() };
        Run { report, tables: Who::Bare.tables(), goal: Goal::Count(10), faults: Vec::new(), series: Series::default() }
    }

    /// Of a storm that has done this.
    fn tally(kinds: &[Kind]) -> Tally {
        let tally = Tally::default();
        kinds.iter().for_each(|kind| tally.note(*kind));
        tally
    }

    #[test]
    fn a_short_run_stays_short_however_long_it_takes_to_stop() {
        let (mut run, mut reached) = (run(), None);
        run.report.commits = 10;
        assert!(run.is_over(report::LONG_ENOUGH / 2, &tally(&[Kind::Move]), &mut reached));
        run.report.seconds = 9.0;
        assert_eq!(run.report.untried(), Vec::<String>::new());
    }

    #[test]
    fn only_runs_that_are_to_be_long_are_judged_by_their_memory() {
        let (short, long) = (Goal::Time(watch::SETTLED / 2), Goal::Time(watch::SETTLED));
        let judged = [(Who::Bare, short), (Who::Bare, long), (Who::Bare, Goal::Count(1)), (Who::Debian, long)];
        assert_eq!(judged.map(|(guest, goal)| is_judged_by_memory(guest, goal)), [false, true, true, false]);
    }

    #[test]
    fn a_run_goes_on_until_the_storm_every_check_and_every_fault_have_had_their_turn() {
        let (mut run, moved) = (run(), tally(&[Kind::Move]));
        assert!(!run.is_over(report::LONG_ENOUGH, &moved, &mut None), "its end is not reached");
        run.report.commits = 10;
        assert!(!run.is_over(Duration::ZERO, &tally(&[]), &mut None), "the storm has done nothing");
        let mut reached = None;
        assert!(!run.is_over(report::LONG_ENOUGH, &moved, &mut reached), "no check has had its turn");
        run.report = report::tests::good();
        run.report.commits = 10;
        assert!(run.is_over(report::LONG_ENOUGH, &moved, &mut reached));
        run.faults = vec![Kind::Panic, Kind::Slow];
        assert!(!run.is_over(report::LONG_ENOUGH, &tally(&[Kind::Move, Kind::Slow]), &mut reached), "nothing panicked");
        assert!(run.is_over(report::LONG_ENOUGH, &tally(&[Kind::Panic, Kind::Slow]), &mut reached));
    }
}
