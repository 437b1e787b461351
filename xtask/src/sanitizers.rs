//! Miri and ThreadSanitizer over the runtime, and over races that were planted there: both need parts of a nightly compiler, and a machine
//! without them is told so by name.
//! What each has found, and what neither can see, is in `docs/sanitizers.md`.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::{Error, MiriArgs, TsanArgs};

const NIGHTLY: &str = "nightly";
const TARGET: &str = "x86_64-unknown-linux-gnu";
const RUNTIME: &str = "manyhart-runtime";

/// The runtime's tests that reach memory by pointers, or own what others point to.
const POINTERS: [&str; 7] =
    ["sync::", "ram::", "mailbox::", "attention::", "interrupt_file::", "helper::", "access::tests::direct::"];

/// Those that run threads side by side, each in a few seconds of an interpreter's time.
const CONCURRENT: [&str; 6] = [
    "each_value_is_taken_out_once_and_none_is_lost",
    "dirty_marks_of_writers_beside_a_collector_are_all_collected",
    "many_go_online_at_once_without_a_reader_of_their_own",
    "attention::tests::no_wake_up_is_lost",
    "interrupt_file::tests::nothing_is_lost_between_senders_and_owner",
    "mailbox::tests::senders_on_many_threads_lose_and_double_nothing",
];

/// What ThreadSanitizer takes besides: whatever has threads, in a fraction of a second each.
const THREADS: [&str; 6] = ["sync::", "ram::", "mailbox::", "attention::", "interrupt_file::", "access::tests::"];

/// The planted races of `runtime/tests/races.rs`: each must be reported, and nothing where none is armed.
const RACES: [&str; 2] = ["an_actor_that_two_threads_run_races", "an_interrupt_that_is_taken_without_acquire_races"];
const NO_RACE: &str = "with_nothing_planted_nobody_races";

/// Miri: undefined behaviour, leaks and data races, in an interpreter that also chooses weak outcomes of atomics.
pub fn miri(args: &MiriArgs) -> Result<(), Error> {
    if let Some(missing) = missing(&["miri", "--version"]) {
        return skipped("Miri", &missing);
    }
    let flags = "-Zmiri-disable-isolation -Zmiri-permissive-provenance";
    let features: &[&str] = if args.all { &["--features", "vm-memory"] } else { &[] };
    let tests: &[&str] = if args.all { &[] } else { &POINTERS };
    // Guest memory is reached by atomics of mixed sizes, for which Miri has no weak outcomes: it fails itself.
    interpret(&format!("{flags} -Zmiri-disable-weak-memory-emulation"), features, tests, "once")?;
    let seeds = format!("{flags} -Zmiri-many-seeds=0..{}", args.seeds);
    interpret(&seeds, &[], &CONCURRENT, &format!("with {} seeds", args.seeds))?;
    planted("Undefined Behavior: ", || {
        let mut miri = nightly(&["miri", "test"]);
        miri.args(["--quiet", "--target-dir", "target/miri"]).env("MIRIFLAGS", flags);
        miri
    })
}

fn interpret(flags: &str, features: &[&str], tests: &[&str], how: &str) -> Result<(), Error> {
    let what = if tests.is_empty() { "all tests".to_owned() } else { tests.join(" ") };
    let mut miri = nightly(&["miri", "test", "--quiet", "--package", RUNTIME, "--lib", "--target-dir", "target/miri"]);
    miri.args(features).arg("--").args(tests).env("MIRIFLAGS", flags);
    timed(&mut miri, &format!("Miri, {how}: {what}"))
}

/// The planted races, in tests that `cargo` begins: a checker that reports none of them checks nothing.
fn planted(report: &str, cargo: impl Fn() -> Command) -> Result<(), Error> {
    let test = |name: &str| {
        let mut command = cargo();
        command.args(["--package", RUNTIME, "--features", "planted-races", "--test", "races", "--", "--exact", name]);
        command
    };
    timed(&mut test(NO_RACE), &format!("{NO_RACE}: not reported"))?;
    for race in RACES {
        let began = Instant::now();
        let output = test(race).output().map_err(|source| Error::Start { program: "cargo".to_owned(), source })?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        if output.status.success() || !said.contains(report) {
            return Err(Error::Failed(format!("{race} was not reported by {report:?}:\n{said}")));
        }
        println!("{race}: reported\n  {:.0} s", began.elapsed().as_secs_f64());
    }
    Ok(())
}

/// Short storms: longer ones are judged by the memory that they hold, too, and the sanitizer's own grows with what it has seen.
const SECONDS: &str = "4";

/// ThreadSanitizer: storms on four harts, and the runtime's tests that run threads side by side.
pub fn tsan(args: &TsanArgs) -> Result<(), Error> {
    if let Some(missing) = missing(&["--version"]).or_else(no_sources) {
        return skipped("ThreadSanitizer", &missing);
    }
    timed(instrumented("build").args(["--package", "manyhart"]), "ThreadSanitizer: the program, built")?;
    for seed in 1..=args.storms {
        let mut storm = Command::new(format!("target/tsan/{TARGET}/release/manyhart"));
        storm.args(["stress", "--functions", "16", "--seconds", SECONDS, "--harts", &args.harts.to_string()]);
        storm.args(["--seed", &seed.to_string()]).env("TSAN_OPTIONS", OPTIONS);
        timed(&mut storm, &format!("ThreadSanitizer: a storm of {SECONDS} s on {} harts, seed {seed}", args.harts))?;
    }
    let mut tests = instrumented("test");
    tests.args(["--package", RUNTIME, "--lib", "--"]).args(THREADS);
    timed(&mut tests, &format!("ThreadSanitizer: {}", THREADS.join(" ")))?;
    planted("WARNING: ThreadSanitizer: data race", || {
        let mut tests = instrumented("test");
        tests.env("TSAN_OPTIONS", format!("{OPTIONS} halt_on_error=1"));
        tests
    })
}

/// `cargo build` or `cargo test`, of everything with the sanitizer.
fn instrumented(what: &str) -> Command {
    let build = ["-Zbuild-std", "--quiet", "--target", TARGET, "--target-dir", "target/tsan", "--release"];
    let mut command = nightly(&[what]);
    command.args(build).env("RUSTFLAGS", "-Zsanitizer=thread").env("TSAN_OPTIONS", OPTIONS);
    command.env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only");
    command
}

/// A report ends the run with this status, after everything has been reported. The path is whole: tests run in their package's directory.
const OPTIONS: &str =
    concat!("exitcode=66 second_deadlock_stack=1 suppressions=", env!("CARGO_MANIFEST_DIR"), "/src/tsan.supp");

/// `cargo` of the nightly toolchain, whatever toolchain this was started with.
fn nightly(args: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", NIGHTLY, "cargo"]).args(args);
    for of_this_toolchain in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(of_this_toolchain);
    }
    command
}

/// What is not installed, if this does not work.
fn missing(args: &[&str]) -> Option<String> {
    let works = nightly(args).output().is_ok_and(|output| output.status.success());
    let what = if args[0] == "miri" { "nightly component miri" } else { "nightly toolchain" };
    (!works).then(|| format!("{what} is not installed"))
}

/// The standard library's sources, to be built with the sanitizer as everything else is.
fn no_sources() -> Option<String> {
    let root = Command::new("rustup").args(["run", NIGHTLY, "rustc", "--print", "sysroot"]).output().ok()?;
    let root = String::from_utf8_lossy(&root.stdout).trim().to_owned();
    let there = Path::new(&root).join("lib/rustlib/src/rust/library/std").is_dir();
    (!there).then(|| "nightly component rust-src is not installed".to_owned())
}

fn skipped(what: &str, missing: &str) -> Result<(), Error> {
    println!("skipped: {what}: {missing} (rustup toolchain install nightly --component miri,rust-src)");
    Ok(())
}

fn timed(command: &mut Command, what: &str) -> Result<(), Error> {
    println!("{what}");
    let began = Instant::now();
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|source| Error::Start { program, source })?;
    println!("  {:.0} s", began.elapsed().as_secs_f64());
    if status.success() { Ok(()) } else { Err(Error::Failed(format!("{what}: {status}"))) }
}
