//! The guests of this repository, which check what they see: the built-in one, storms, memory-model tests.

use std::path::PathBuf;

use clap::Args;

#[cfg(feature = "planted-bugs")]
use super::PlantedDefect;

/// Options of the built-in guest.
#[derive(Debug, Clone, Args)]
pub struct BuiltinArgs {
    /// How many harts (1 to 64).
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(1..=crate::builtin::MAX_HARTS))]
    pub harts: u32,
    /// How long to run, in seconds.
    #[arg(long, value_name = "S", default_value = "5", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub seconds: u64,
    /// The seed of everything random.
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,
    /// Arms a deliberate defect, to show that the checks find it.
    #[cfg(feature = "planted-bugs")]
    #[arg(long, value_name = "DEFECT")]
    pub plant: Option<PlantedDefect>,
}

const STRESS_EXAMPLES: &str = "\
Exit status: 0 when no value was wrong, nothing hung and memory stayed flat; 1 otherwise; 2 for a wrong command line, or an output \
that cannot be written; 130 when a second Ctrl-C ended it. A failure prints the command that \
repeats its operations.

Examples:
  manyhart stress                                           ten seconds, four harts, 64 functions
  manyhart stress --harts 8 --seconds 60 --html storm.html  a longer one, with a page to look at
  manyhart stress --inject panic,slow=4,refuse=4            with devices that fail and answer late
  manyhart stress --mix many --rate 500                     only transactions of many changes, 500 a second
  manyhart stress --guest debian                            under processes of Debian's kernel";

/// Options of `manyhart stress`.
#[derive(Debug, Clone, Args)]
#[command(after_help = STRESS_EXAMPLES)]
pub struct StressArgs {
    /// How many harts (1 to 64).
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(1..=crate::stress::MAX_HARTS))]
    pub harts: u32,
    /// How many PCI functions the storm plays with (1 to 160); each hart has one more, which it moves itself.
    #[arg(long, value_name = "N", default_value = "64", value_parser = clap::value_parser!(u32).range(1..=crate::stress::MAX_FUNCTIONS))]
    pub functions: u32,
    /// How long to run, in seconds.
    #[arg(long, value_name = "S", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub seconds: u64,
    /// How many changes of the map to run for, instead of for a time.
    #[arg(long, value_name = "N", conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..))]
    pub commits: Option<u64>,
    /// The seed of everything random: with the same options it makes the same operations in the same order.
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,
    /// Operations a second; 0: as many as it can.
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    pub rate: u64,
    /// How often each kind of operation is drawn, by weight: `move`, `swap`, `resize`, `disable`, `add`, `remove` (of BARs), `plug`, `unplug` (of
    /// functions, by surprise), `many` (of the first six, in one transaction).
    #[arg(long, value_name = "KIND=WEIGHT,...")]
    pub mix: Option<crate::stress::Mix>,
    /// Faults, by weight beside those of `--mix`: `panic` (of the device behind a function), `slow` (answers that come late), `refuse`
    /// (transactions with a fault in them, of which nothing may happen).
    #[arg(long, value_name = "FAULT=WEIGHT,...")]
    pub inject: Option<crate::stress::Faults>,
    /// Who checks: the bare program of this repository, or processes of Debian's unmodified kernel, which is fetched where it is not there.
    #[arg(long, value_name = "GUEST", value_enum, default_value_t)]
    pub guest: crate::stress::Who,
    /// Where Debian's guest is, as for `manyhart run debian`.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Writes the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Writes the report as one page with plots, which needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Arms a deliberate defect, to show that the checks find it.
    #[cfg(feature = "planted-bugs")]
    #[arg(long, value_name = "DEFECT")]
    pub plant: Option<PlantedDefect>,
}

const LITMUS_EXAMPLES: &str = "\
A histogram marks by *> the outcomes that the shape is about; an observation says whether they were seen. \
docs/litmus.md explains the shapes, and which outcomes no host of total store order shows.

Exit status: 0 when nothing was seen that is forbidden; 1 otherwise; 2 for a wrong command line, or an output that \
cannot be written; 130 when Ctrl-C ended it before all shapes were run.

Examples:
  manyhart litmus                                          every shape
  manyhart litmus --shape SB --shape 'MP+bar*'             some, by name or by how names begin
  manyhart litmus --iterations 1000000 --json litmus.json  a longer run, and a report for tools";

/// Options of `manyhart litmus`.
#[derive(Debug, Clone, Args)]
#[command(after_help = LITMUS_EXAMPLES)]
pub struct LitmusArgs {
    /// Runs this shape alone, or all whose names begin so (`MP*`); may be given more than once.
    #[arg(long, value_name = "NAME")]
    pub shape: Vec<String>,
    /// How often each shape is run (rounded up to whole batches of 64).
    #[arg(long, value_name = "N", default_value = "20000", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    pub iterations: u64,
    /// How many harts (2 to 64): shapes take two to four, and as many groups run side by side as the host has processors for.
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(2..=crate::litmus::MAX_HARTS))]
    pub harts: u32,
    /// The seed of the harts' random delays.
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,
    /// Writes the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Names the shapes, and runs nothing.
    #[arg(long)]
    pub list: bool,
    /// Arms a deliberate defect, to show that the shapes find it.
    #[cfg(feature = "planted-bugs")]
    #[arg(long, value_name = "DEFECT")]
    pub plant: Option<PlantedDefect>,
}
