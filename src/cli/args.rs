//! The command line as clap sees it. Doc comments here and below are the text of `--help`.

mod checks;
mod mtree;
#[cfg(feature = "planted-bugs")]
mod planted;
mod run;
mod shared;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub use checks::{BuiltinArgs, LitmusArgs, StressArgs};
pub use mtree::MtreeArgs;
#[cfg(feature = "planted-bugs")]
pub use planted::PlantedDefect;
pub use run::{DebianArgs, Guest, ImageArgs, RunArgs};
pub use shared::{BoardArgs, PlugArgs, ProfileArgs, ServeArgs};

/// A concurrent multi-hart RISC-V emulator: real SMP guests on a live, lock-free memory topology.
///
/// Without a subcommand it runs the built-in stress guest: every hart works while regions come, go and move under it, and
/// what they see is checked.
#[derive(Debug, Parser)]
#[command(name = "manyhart", version, propagate_version = true, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct Cli {
    /// Options of the built-in guest.
    #[command(flatten)]
    pub builtin: BuiltinArgs,
    /// What to do instead.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Exit status: 0 when every value was right, 1 otherwise, 2 for a wrong command line or an output that cannot be written, 130 when a second \
Ctrl-C ended it; of `run`: see `manyhart run --help`.

Examples:
  manyhart                          the built-in stress guest on four harts
  manyhart --harts 8 --seconds 60   longer and wider
  manyhart stress --harts 8         storms of PCI hot-plug under harts that check every access
  manyhart litmus                   memory-model tests on the harts
  manyhart run debian               fetch and boot Debian's kernel
  manyhart run -smp 4 -m 512M -kernel Image -initrd initramfs.cpio.gz -append console=ttyS0 -nographic
  manyhart mtree -smp 4             the region tree and the flat view of the board";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs a guest from image files.
    Run(Box<RunArgs>),
    /// Plugs, moves and removes PCI functions under harts that check every access, and says what they saw.
    Stress(StressArgs),
    /// Runs the shapes of memory-model tests on the harts, changes of the map among them, and counts what comes out.
    Litmus(LitmusArgs),
    /// Prints the region tree and the flat view of a board, or what else can be asked of its memory map.
    Mtree(MtreeArgs),
    /// Prints a script that completes these command lines: `source <(manyhart completions bash)`.
    Completions {
        /// For this shell.
        shell: Shell,
    },
}
