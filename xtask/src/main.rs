//! Developer commands: `cargo xtask --help`.

mod boot;
mod difftest;
mod emulator;
mod figures;
mod fuse;
mod guest;
mod handlers;
mod harts;
mod hotplug;
mod loom;
mod mutate;
mod plot;
mod sanitizers;
mod shuttle;
mod starve;
mod topology;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of manyhart")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Speed figures, as ratios to QEMU in the same run.
    #[command(subcommand)]
    Bench(Bench),
    /// Boots the Debian guest again and again, with its self-check, and counts what went wrong.
    Boots(BootsArgs),
    /// Checks the machine code of the hart's hot handlers: no stack, no call, an indirect jump at the end.
    Handlers,
    /// Makes the table of fused pairs from the Debian guest's code, or says whether it is what would be made.
    Fuse(fuse::FuseArgs),
    /// Random cases on our hart and on QEMU's, seed after seed, until they differ or the time is up.
    Difftest(DifftestArgs),
    /// Runs the concurrency models with their planted defects, and prints what was tried and what was caught.
    Loom(LoomArgs),
    /// Weakens every ordering of the runtime, one at a time, and looks for a model that notices.
    Mutate(MutateArgs),
    /// Runs the runtime's tests in Miri, where the nightly component is installed.
    Miri(MiriArgs),
    /// Runs a storm and the runtime's concurrent tests under ThreadSanitizer, where nightly and its sources are installed.
    Tsan(TsanArgs),
    /// Runs the models of `shuttle-tests` under many schedules, or repeats one seed.
    Shuttle(ShuttleArgs),
    /// Runs tests while threads of theirs hardly get to run, at random: none may count on who is quicker. Needs root.
    Starve(StarveArgs),
}

#[derive(Subcommand)]
enum Bench {
    /// The Debian guest from start to its first line of userspace.
    Boot(BenchBootArgs),
    /// Harts: integers, memory, floating point, atomics, registers, TLB, traps, and Debian's boot. Draws them, too.
    Harts(BenchHartsArgs),
    /// Device registers and BAR moves, as the guest itself measures them.
    Hotplug(BenchHotplugArgs),
    /// The memory topology beside other maps: lookups, commits, grace periods. Draws them, too.
    Topology(BenchTopologyArgs),
}

/// The guest of every command here.
#[derive(Args)]
struct GuestArgs {
    /// The Debian guest's directory; fetched into the cache when absent.
    #[arg(long, value_name = "DIR")]
    guest: Option<PathBuf>,
    /// Harts.
    #[arg(long, default_value_t = 1)]
    harts: u32,
}

#[derive(Args)]
struct BenchBootArgs {
    #[command(flatten)]
    guest: GuestArgs,
    /// Pairs of runs; the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// To power-off with the self-check, instead of to the first line of userspace.
    #[arg(long)]
    self_check: bool,
}

#[derive(Args)]
struct BenchHartsArgs {
    /// Only these workloads, and `boot`; the documentation stays as it is then.
    #[arg(long, value_delimiter = ',', value_name = "NAME", value_parser = harts::names())]
    only: Vec<String>,
    /// Without Debian's boot; the documentation stays as it is then.
    #[arg(long)]
    no_boot: bool,
    /// Pairs of runs; the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// The Debian guest's directory; fetched into the cache when absent.
    #[arg(long, value_name = "DIR")]
    guest: Option<PathBuf>,
    /// Where the page and the plot are.
    #[arg(long, value_name = "DIR", default_value = "docs")]
    docs: PathBuf,
}

#[derive(Args)]
struct BenchHotplugArgs {
    /// How many functions the board has; the last one moves.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=248))]
    functions: u32,
    /// Pairs of runs; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
}

#[derive(Args)]
struct BenchTopologyArgs {
    /// How many ranges a map has; the largest of these takes most of the time, and 2 GB.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 1_000, 100_000, 1_000_000])]
    ranges: Vec<u64>,
    /// Where the plots go.
    #[arg(long, value_name = "DIR", default_value = "docs")]
    docs: PathBuf,
}

#[derive(Args)]
struct BootsArgs {
    #[command(flatten)]
    guest: GuestArgs,
    /// How many boots.
    #[arg(long, default_value_t = 10)]
    times: u32,
}

#[derive(Args)]
struct DifftestArgs {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Cases for each seed.
    #[arg(long, default_value_t = 60_000)]
    cases: u64,
    /// No new seed is begun after this many minutes.
    #[arg(long, default_value_t = 0)]
    minutes: u64,
}

#[derive(Args)]
struct LoomArgs {
    /// The model of this name, or those in the file of this name.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// With the larger bounds: some minutes.
    #[arg(long)]
    deep: bool,
    /// With at most so many preemptions on each path, whatever the models say.
    #[arg(long, conflicts_with_all = ["deep", "write"])]
    bound: Option<usize>,
    /// Puts the table into docs/loom.md; with --deep, that of the larger bounds.
    #[arg(long)]
    write: bool,
}

#[derive(Args)]
struct MutateArgs {
    /// Only files whose path below runtime/src contains this.
    #[arg(long, value_name = "FILE")]
    only: Option<String>,
    /// Writes the tables of docs/mutation.md.
    #[arg(long)]
    write: bool,
    /// Models that run side by side; as many as there are processors.
    #[arg(long)]
    jobs: Option<std::num::NonZero<usize>>,
}

#[derive(Args)]
struct MiriArgs {
    /// All of the runtime's tests, instead of those that reach memory by pointers.
    #[arg(long)]
    all: bool,
    /// How many seeds the concurrent tests run with.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,
}

#[derive(Args)]
struct TsanArgs {
    /// Harts of each storm.
    #[arg(long, default_value_t = 4)]
    harts: u32,
    /// How many storms of a few seconds, each of its seed.
    #[arg(long, default_value_t = 2)]
    storms: u64,
}

#[derive(Args)]
struct ShuttleArgs {
    /// How many times as many schedules as each model runs by itself.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    times: u64,
    /// This seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Only the models with this in their name.
    name: Option<String>,
}

#[derive(Args)]
struct StarveArgs {
    /// Runs of each test program.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,
    /// The core that all of them share.
    #[arg(long, default_value_t = 0)]
    core: usize,
    /// Seconds after which a run is killed.
    #[arg(long, default_value_t = 600)]
    limit: u64,
    /// What `cargo test` takes before its `--`: packages, features, tests.
    #[arg(last = true, value_name = "ARGUMENTS")]
    tests: Vec<String>,
}

/// Whatever keeps a command from its figures.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Guest(#[from] manyhart::debian::DebianError),
    #[error("{program}: {source}")]
    Start { program: String, source: std::io::Error },
    #[error("{program}: no line with {marker:?} within {seconds} s; its last lines:\n{tail}")]
    NoMarker { program: String, marker: String, seconds: u64, tail: String },
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Failed(String),
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|source| Error::Write { path: path.to_owned(), source })
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Bench(Bench::Boot(args)) => boot::bench(&args),
        Command::Bench(Bench::Harts(args)) => harts::bench(&args),
        Command::Bench(Bench::Hotplug(args)) => hotplug::bench(&args),
        Command::Bench(Bench::Topology(args)) => topology::bench(&args),
        Command::Boots(args) => boot::repeat(&args),
        Command::Handlers => handlers::check(),
        Command::Fuse(args) => fuse::run(&args),
        Command::Difftest(args) => difftest::run(&args),
        Command::Loom(args) => loom::run(&args),
        Command::Miri(args) => sanitizers::miri(&args),
        Command::Tsan(args) => sanitizers::tsan(&args),
        Command::Shuttle(args) => shuttle::run(&args),
        Command::Starve(args) => starve::run(&args),
        Command::Mutate(args) => mutate::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
