//! `manyhart litmus`: the shapes of memory-model tests on real hart threads, and a histogram of what came out.
//!
//! The guest (`guest/litmus/`, [`layout`]) runs a shape many thousand times and counts the outcomes; [`shapes`] says which may be; the [`field`] is what
//! harts change the map by; the [`report`] says what was seen.

mod field;
mod layout;
mod report;
mod shapes;

use std::process::ExitCode;
use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, Instant};

use manyhart_runtime::BusError;

use crate::cli::{EXIT_USAGE, LitmusArgs, fail};
use crate::guest::random::Random;
use crate::guest::{Bench, News, PATIENCE};
use crate::machine::MachineError;
use crate::output::{self, OutputError, OutputFile};

use field::FieldError;
use layout::{BATCH, Job, PROGRAM};
use report::{Options, Outcomes, Report, Verdict};
use shapes::{SHAPES, Shape};

pub use layout::MAX_HARTS;

/// How often a job's end is looked for.
const LOOK: Duration = Duration::from_millis(1);

/// Why a run could not even be judged.
#[derive(Debug, thiserror::Error)]
enum LitmusError {
    #[error("no shape is called {0} (`manyhart litmus --list` names them all)")]
    NoShape(String),
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// The exit status of a run that a signal ended: 128 + SIGINT, as shells count.
const EXIT_INTERRUPTED: u8 = 130;

/// Runs the shapes and says what came out: 0 for PASS, 1 for FAIL, 130 where neither can be said.
pub fn run(args: &LitmusArgs) -> ExitCode {
    #[cfg(feature = "planted-bugs")]
    if let Some(defect) = args.plant {
        defect.arm();
    }
    match if args.list { list(args) } else { play_and_tell(args) } {
        Ok(Verdict::Pass) => ExitCode::SUCCESS,
        Ok(Verdict::Fail) => ExitCode::FAILURE,
        Ok(Verdict::Interrupted) => ExitCode::from(EXIT_INTERRUPTED),
        Err(error @ LitmusError::NoShape(_)) => fail(&error, EXIT_USAGE),
        Err(LitmusError::Output(error)) => error.report(),
        Err(error) => fail(&error, 1),
    }
}

fn list(args: &LitmusArgs) -> Result<Verdict, LitmusError> {
    let names = selected(&args.shape)?.into_iter().map(|(_, shape)| format!("{}\n", shape.name));
    output::answer(&names.collect::<String>())?;
    Ok(Verdict::Pass)
}

/// A verdict that is bad stays so where nobody can be told all of it.
fn play_and_tell(args: &LitmusArgs) -> Result<Verdict, LitmusError> {
    let json = args.json.as_deref().map(OutputFile::create).transpose()?;
    let report = play(args)?;
    let told = output::answer(&format!("{report}\n"));
    let written = json.map_or(Ok(()), |mut file| file.write_json(&report));
    if report.verdict() != Verdict::Fail {
        told.and(written)?;
    }
    Ok(report.verdict())
}

/// The shapes that are asked for, each with its number: by name, or by how names begin (`MP*`); all, where nothing is asked for.
fn selected(patterns: &[String]) -> Result<Vec<(usize, &'static Shape)>, LitmusError> {
    let is = |name: &str, pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    };
    if let Some(unknown) = patterns.iter().find(|pattern| !SHAPES.iter().any(|shape| is(shape.name, pattern))) {
        return Err(LitmusError::NoShape(unknown.clone()));
    }
    let wanted = |name: &str| patterns.is_empty() || patterns.iter().any(|pattern| is(name, pattern));
    Ok(SHAPES.iter().enumerate().filter(|(_, shape)| wanted(shape.name)).collect())
}

fn play(args: &LitmusArgs) -> Result<Report, LitmusError> {
    let shapes = selected(&args.shape)?;
    let mut bench = Bench::new(&PROGRAM, args.harts)?;
    let groups = field::put_up(bench.machine().executive(), bench.machine().board(), (args.harts / 2).max(1))?;
    bench.set(layout::parameters(args.harts, &groups))?;
    bench.start()?;
    let options = Options { harts: args.harts, iterations: args.iterations, seed: args.seed };
    let mut run = Run { bench: &bench, report: Report::new(options), random: Random::new(args.seed), job: 0 };
    let (shapes, skipped): (Vec<_>, Vec<_>) = shapes.into_iter().partition(|(_, shape)| shape.threads <= args.harts);
    run.report.skipped = skipped.into_iter().map(|(_, shape)| shape.name).collect();
    run.report.wanted = shapes.len();
    for (number, shape) in shapes {
        let outcomes = run.shape(number, shape)?;
        // One that was interrupted before its first iteration says nothing.
        if outcomes.iterations > 0 || !run.report.interrupted {
            output::answer(&format!("{outcomes}\n"))?;
            run.report.shapes.push(outcomes);
        }
        run.report.done += usize::from(!run.report.interrupted && run.report.trouble.is_none());
        if run.report.interrupted || run.report.trouble.is_some() {
            break;
        }
    }
    let mut report = run.report;
    if report.trouble.is_none() {
        let interrupted = report.interrupted;
        bench.finish(|news| {
            note(&mut report, news);
            report.trouble.is_none()
        })?;
        // What comes after the last shape has cut nothing short.
        report.interrupted = interrupted;
    }
    report.judge();
    bench.stop()?;
    Ok(report)
}

/// A run while it is under way.
struct Run<'a> {
    bench: &'a Bench,
    report: Report,
    random: Random,
    job: u64,
}

impl Run<'_> {
    /// Has the harts run a shape, and reads what they counted.
    fn shape(&mut self, number: usize, shape: &Shape) -> Result<Outcomes, LitmusError> {
        let Options { harts, iterations, .. } = self.report.options;
        // More groups than the host has processors for would only keep one another waiting.
        let processors = std::thread::available_parallelism().map_or(2, |count| count.get() as u32);
        let groups = (harts.min(processors) / shape.threads).max(1);
        let batches = iterations.div_ceil(BATCH * u64::from(groups));
        let job = Job {
            shape: number,
            threads: shape.threads,
            groups,
            batches,
            seed: self.random.any(),
            has_processors: shape.threads * groups <= processors,
        };
        let started = Instant::now();
        self.bench.set(job.parameters())?;
        // The word is stored after what it announces; the harts load it before they load that.
        fence(Ordering::Release);
        self.job += 1;
        self.bench.set([(layout::JOB, job.word(self.job))])?;
        self.attend(shape, &job)?;
        let counts = self.counts(groups)?;
        let [crowded] = self.bench.get(layout::CROWDED)?;
        if crowded > 0 {
            self.trouble(format!("{}: {crowded} outcomes found no room in the histogram", shape.name));
        }
        let outcomes = Outcomes::new(shape, groups, counts);
        Ok(Outcomes { seconds: started.elapsed().as_secs_f64(), ..outcomes })
    }

    /// Until all harts have done the job, or something is wrong. A person who has had enough, and a forbidden outcome, end the job early.
    fn attend(&mut self, shape: &Shape, job: &Job) -> Result<(), LitmusError> {
        let harts = u64::from(job.threads * job.groups);
        let mut last = (0, Instant::now());
        loop {
            std::thread::sleep(LOOK);
            if self.bench.get(layout::DONE)? == [harts] {
                fence(Ordering::Acquire);
                return Ok(());
            }
            while let Some(news) = self.bench.news() {
                note(&mut self.report, news);
            }
            let [cause, at, value] = self.bench.get(layout::TRAP)?;
            if cause != 0 {
                self.trouble(format!(
                    "unexpected trap, mcause {:#x}, mepc {at:#x}, mtval {value:#x}",
                    cause.wrapping_sub(1)
                ));
            }
            if self.report.trouble.is_some() {
                return Ok(());
            }
            let counts = self.counts(job.groups)?;
            let is_forbidden = counts.iter().any(|(outcome, _)| shape.forbids(*outcome));
            // An interrupted job is waited for as well: what its harts have counted stands still then.
            if self.report.interrupted || is_forbidden {
                self.bench.set([(layout::CANCELLED, job.word(self.job))])?;
            }
            let seen = counts.iter().map(|(_, count)| count).sum();
            if seen != last.0 {
                last = (seen, Instant::now());
            } else if last.1.elapsed() > PATIENCE {
                self.trouble(format!("no iteration ended for {} s, after {seen}", PATIENCE.as_secs()));
            }
        }
    }

    fn trouble(&mut self, what: String) {
        self.report.trouble.get_or_insert(what);
    }

    /// What all groups have counted.
    fn counts(&self, groups: u32) -> Result<Vec<(u64, u64)>, BusError> {
        let mut all = Vec::new();
        let mut words = [0; layout::HISTOGRAM_WORDS];
        for group in 0..groups {
            self.bench.get_into(layout::histogram_at(group), &mut words)?;
            let rows = words.as_chunks::<2>().0.iter().map(|&[outcome, count]| (outcome, count));
            all.extend(rows.take_while(|(_, count)| *count > 0));
        }
        Ok(all)
    }
}

fn note(report: &mut Report, news: News) {
    match news {
        News::Interrupted => report.interrupted = true,
        News::DeviceFailed(name) => {
            report.trouble.get_or_insert(format!("the device {name} has failed"));
        }
        News::Trouble(what) => {
            report.trouble.get_or_insert(what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run may be ended at any moment: a hart that went home from a job that another has begun would keep that one waiting at its barrier.
    #[test]
    fn harts_that_are_to_finish_take_their_parts_in_a_job_first() {
        let mut bench = Bench::new(&PROGRAM, 2).unwrap();
        let groups = field::put_up(bench.machine().executive(), bench.machine().board(), 1).unwrap();
        bench.set(layout::parameters(2, &groups)).unwrap();
        let job = Job { shape: 0, threads: 2, groups: 1, batches: 1 << 40, seed: 1, has_processors: false };
        bench.set(job.parameters()).unwrap();
        bench.set([(layout::JOB, job.word(1)), (PROGRAM.stop, 1)]).unwrap();
        bench.start().unwrap();
        bench.finish(|news| panic!("{news:?}")).unwrap();
        assert_eq!(bench.get(layout::DONE).unwrap(), [2]);
        bench.stop().unwrap();
    }

    #[test]
    fn shapes_are_asked_for_by_name_or_by_how_names_begin() {
        let names = |patterns: &[&str]| -> Vec<&str> {
            let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
            selected(&patterns).expect("they are there").iter().map(|(_, shape)| shape.name).collect()
        };
        assert_eq!(names(&[]).len(), SHAPES.len());
        assert_eq!(names(&["SB", "MP"]), ["MP", "SB"]);
        assert!(names(&["IRIW*"]).len() > 1 && names(&["IRIW*"]).iter().all(|name| name.starts_with("IRIW")));
        assert!(
            matches!(selected(&["MP".to_owned(), "sb".to_owned()]), Err(LitmusError::NoShape(name)) if name == "sb")
        );
    }
}
