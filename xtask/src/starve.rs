//! `starve`: runs test programs on one core beside busy threads, while threads of theirs, chosen at random, hardly get to run for a while. A test that
//! counts on who is quicker fails soon; so does a program that loses something when one of its threads sleeps at the wrong moment.
//!
//! A starved thread is a nice one: beside a busy one it gets a hundredth of the core. Only root may take that back, so only root starves.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getuid, kill_process_group, setpriority_process};
use rustix::thread::{CpuSet, sched_setaffinity};

use crate::{Error, StarveArgs};

/// How often threads are looked at.
const LOOK: Duration = Duration::from_millis(3);
/// For how long a thread is starved: of each of these, it is in one of `ONE_IN` spans.
const SPANS: [Duration; 3] = [Duration::from_millis(10), Duration::from_millis(100), Duration::from_secs(1)];
const ONE_IN: u64 = 8;
/// The nicest.
const NICE: i32 = 19;
/// How many threads are busy beside them.
const BUSY: usize = 2;
/// Lines of a failed run that are shown.
const TAIL: usize = 60;

/// `starve`.
pub fn run(args: &StarveArgs) -> Result<(), Error> {
    if !getuid().is_root() {
        return Err(Error::Failed("only root may starve threads and feed them again".to_owned()));
    }
    let programs = programs(&args.tests)?;
    let mut core = CpuSet::new();
    core.set(args.core);
    let ended = AtomicBool::new(false);
    let failed = std::thread::scope(|scope| {
        for _ in 0..BUSY {
            scope.spawn(|| {
                if let Err(error) = sched_setaffinity(None, &core) {
                    eprintln!("core {}: {error}", args.core);
                }
                while !ended.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let failed = run_all(&programs, args, &core);
        ended.store(true, Ordering::Relaxed);
        failed
    })?;
    match failed {
        0 => Ok(()),
        failed => Err(Error::Failed(format!("{failed} runs failed"))),
    }
}

/// How many runs failed.
fn run_all(programs: &[Program], args: &StarveArgs, core: &CpuSet) -> Result<u32, Error> {
    let log = std::env::temp_dir().join(format!("starve-{}.log", std::process::id()));
    let mut failed = 0;
    for program in programs {
        for time in 1..=args.times {
            let started = Instant::now();
            let status = program.run(core, &log, Duration::from_secs(args.limit))?;
            let verdict = if status.success() { "ok" } else { "FAILED" };
            println!(
                "{}, {time} of {}: {verdict}, {:.1} s",
                program.name(),
                args.times,
                started.elapsed().as_secs_f64()
            );
            if !status.success() {
                failed += 1;
                println!("{status}\n{}", tail(&log)?);
            }
        }
    }
    fs::remove_file(&log).map_err(|source| Error::Write { path: log, source })?;
    Ok(failed)
}

fn tail(log: &Path) -> Result<String, Error> {
    let said = fs::read(log).map_err(|source| Error::Read { path: log.to_owned(), source })?;
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    Ok(lines[lines.len().saturating_sub(TAIL)..].join("\n"))
}

/// A test program, and where cargo would run it.
#[derive(Debug, PartialEq)]
struct Program {
    executable: PathBuf,
    directory: PathBuf,
}

/// What `cargo test` would run with these arguments.
fn programs(tests: &[String]) -> Result<Vec<Program>, Error> {
    let mut build = Command::new(env!("CARGO"));
    build.args(["test", "--quiet", "--no-run", "--message-format=json-render-diagnostics"]).args(tests);
    let output = build
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|source| Error::Start { program: "cargo".to_owned(), source })?;
    if !output.status.success() {
        return Err(Error::Failed("the tests do not build".to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(program).collect())
}

/// The test program that a line of cargo's tells of.
fn program(line: &str) -> Option<Program> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    if message["profile"]["test"] != true {
        return None;
    }
    let executable = message["executable"].as_str()?.into();
    let directory = Path::new(message["manifest_path"].as_str()?).parent()?.to_owned();
    Some(Program { executable, directory })
}

impl Program {
    fn name(&self) -> String {
        self.executable.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// One run. What takes longer than `limit` is killed with all its children.
    fn run(&self, core: &CpuSet, log: &Path, limit: Duration) -> Result<ExitStatus, Error> {
        let start = |source| Error::Start { program: self.name(), source };
        let output = File::create(log).map_err(start)?;
        let mut command = Command::new(&self.executable);
        command.current_dir(&self.directory).env("CARGO_MANIFEST_DIR", &self.directory).process_group(0);
        command.stdout(output.try_clone().map_err(start)?).stderr(output);
        let mut child = on(core, || command.spawn()).map_err(start)?;
        let mut starver = Starver::default();
        let started = Instant::now();
        while started.elapsed() < limit {
            if let Some(status) = child.try_wait().map_err(start)? {
                return Ok(status);
            }
            starver.look(child.id(), started.elapsed());
            std::thread::sleep(LOOK);
        }
        killed(&mut child).map_err(start)
    }
}

/// Whatever this starts is on that core.
fn on<T>(core: &CpuSet, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let before = rustix::thread::sched_getaffinity(None)?;
    sched_setaffinity(None, core)?;
    let started = start();
    sched_setaffinity(None, &before)?;
    started
}

fn killed(child: &mut Child) -> io::Result<ExitStatus> {
    if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
        kill_process_group(group, Signal::ABORT)?;
        std::thread::sleep(Duration::from_secs(1));
        kill_process_group(group, Signal::KILL)?;
    }
    child.wait()
}

/// Who is starved.
#[derive(Default)]
struct Starver {
    chance: RandomState,
    nice: HashMap<u32, bool>,
}

impl Starver {
    /// Feeds and starves the threads of a group's processes.
    fn look(&mut self, group: u32, now: Duration) {
        for thread in members(group).into_iter().flat_map(threads) {
            let starves = self.starves(thread, now);
            // A thread that is gone by now needs nothing.
            if self.nice.insert(thread, starves) != Some(starves)
                && let Some(pid) = Pid::from_raw(thread.cast_signed())
                && let Err(error) = setpriority_process(Some(pid), if starves { NICE } else { 0 })
                && error != rustix::io::Errno::SRCH
            {
                eprintln!("thread {thread}: {error}");
            }
        }
    }

    fn starves(&self, thread: u32, now: Duration) -> bool {
        let drawn = |span: &Duration| self.chance.hash_one((thread, span, now.as_micros() / span.as_micros()));
        SPANS.iter().any(|span| drawn(span) % ONE_IN == 0)
    }
}

/// The processes of a group.
fn members(group: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let processes = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.filter(|&process| group_of(process) == Some(group)).collect()
}

/// None, where it has ended.
fn group_of(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Its name stands in parentheses and may be anything; then state, parent, group.
    stat.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse().ok()
}

/// None, where it has ended.
fn threads(process: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_says_what_there_is_to_run() {
        let test = r#"{"profile":{"test":true},"executable":"/t/deps/a-1","manifest_path":"/s/a/Cargo.toml"}"#;
        let want = Program { executable: "/t/deps/a-1".into(), directory: "/s/a".into() };
        assert_eq!(program(test), Some(want));
        for line in [
            r#"{"profile":{"test":false},"executable":"/t/a","manifest_path":"/s/a/Cargo.toml"}"#,
            r#"{"profile":{"test":true},"executable":null,"manifest_path":"/s/a/Cargo.toml"}"#,
            r#"{"reason":"build-finished","success":true}"#,
            "",
        ] {
            assert_eq!(program(line), None, "{line}");
        }
    }

    #[test]
    fn every_thread_starves_now_and_then_and_none_for_ever() {
        let starver = Starver::default();
        for thread in 1..20 {
            let starved = (0..100_000).filter(|&time| starver.starves(thread, Duration::from_millis(time))).count();
            assert!((10_000..60_000).contains(&starved), "thread {thread}: {starved} of 100,000 ms");
        }
    }

    #[test]
    fn a_group_has_its_processes_and_they_have_threads() {
        let mut child = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
        assert_eq!(members(child.id()), [child.id()]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(members(child.id()).is_empty());
        assert!(threads(std::process::id()).contains(&std::process::id()));
    }
}
