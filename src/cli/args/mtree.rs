//! `manyhart mtree`: a board's memory map.

use std::path::PathBuf;

use clap::Args;

use super::{BoardArgs, PlugArgs};
use crate::cli::values::number;

const MTREE_EXAMPLES: &str = "\
Exit status: 0, or 2 for a wrong command line or an output that cannot be written.

Examples:
  manyhart mtree -smp 4                    the region tree and the flat view
  manyhart mtree --svg map.svg             a picture: nesting, priorities, what is visible and what is obscured
  manyhart mtree --why 0x10000005          what decodes an address
  manyhart mtree --json --tree --flat      for tools";

/// Options of `manyhart mtree`.
#[derive(Debug, Args)]
#[command(after_help = MTREE_EXAMPLES)]
pub struct MtreeArgs {
    /// Prints the region tree.
    #[arg(long)]
    pub tree: bool,
    /// Prints the flat view of each address space.
    #[arg(long)]
    pub flat: bool,
    /// Prints what is lawful in the tree and probably not meant: overlaps at one priority, regions that no space leads to, aliases
    /// longer than what they show.
    #[arg(long)]
    pub lint: bool,
    /// Prints, for each generation that is kept, what it changed.
    #[arg(long)]
    pub history: bool,
    /// Says what decodes an address, and what would if it could.
    #[arg(long, value_name = "ADDR", value_parser = number)]
    pub why: Option<u64>,
    /// Prints all that as JSON; addresses and sizes are text, in hexadecimal.
    #[arg(long)]
    pub json: bool,
    /// Draws an address space into a file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// The address space that `--why` and `--svg` look at.
    #[arg(long, value_name = "NAME", default_value = "memory")]
    pub space: String,
    /// The generation to look at [default: the newest]
    #[arg(long, value_name = "N")]
    pub generation: Option<u64>,
    /// The board.
    #[command(flatten)]
    pub board: BoardArgs,
    /// What is plugged in.
    #[command(flatten)]
    pub plug: PlugArgs,
}
