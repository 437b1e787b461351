//! The table of fused pairs, made from what real software consists of: the Debian kernel, busybox and OpenSBI, of the guest that the tests
//! boot. Never from a benchmark: a figure would then measure how well its own code was learnt.

mod choice;
mod loops;
mod training;
mod write;

use std::path::PathBuf;

use manyhart::debian;

use crate::Error;
use training::Training;

/// Pairs of the table.
pub const PAIRS: usize = 8000;

/// `fuse`.
#[derive(clap::Args)]
pub struct FuseArgs {
    /// The Debian guest's directory; fetched into the cache when absent.
    #[arg(long, value_name = "DIR")]
    guest: Option<PathBuf>,
    /// How many pairs; each costs a handler's compile time.
    #[arg(long, default_value_t = PAIRS)]
    pairs: usize,
    /// Writes nothing: fails if the table is not what would be made of the same files. Other files say nothing of it.
    #[arg(long)]
    check: bool,
}

/// Makes the table anew, or compares it.
pub fn run(args: &FuseArgs) -> Result<(), Error> {
    let dir = args.guest.clone().map_or_else(debian::default_dir, Ok)?;
    debian::ensure(&dir)?;
    let training = Training::read(&dir)?;
    for program in &training.programs {
        let steps: usize = program.runs.iter().map(Vec::len).sum();
        println!(
            "{}: {steps} steps in {} runs, {:.0} when loops are counted as often as they may run",
            program.name,
            program.runs.len(),
            program.weight()
        );
    }
    let chosen = choice::choose(&training.programs, args.pairs);
    for (program, share) in training.programs.iter().zip(choice::coverage(&training.programs, &chosen)) {
        println!("{}: {:.1} % of its steps are halves of a pair", program.name, 100.0 * share);
    }
    let files = write::files(&training, &chosen);
    let room = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../vcpu/src/fused/table");
    if args.check { check(&training, &room, &files) } else { write::put(&room, &files) }
}

fn check(training: &Training, room: &std::path::Path, files: &[(String, String)]) -> Result<(), Error> {
    let read = |name: &str| {
        let path = room.join(name);
        std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })
    };
    if !read("mod.rs")?.contains(&training.described()) {
        println!("the table was made from other files than these: nothing to compare");
        return Ok(());
    }
    for (name, text) in files {
        if read(name)? != *text {
            return Err(Error::Failed(format!("{name} is not what `cargo xtask fuse` makes of its files")));
        }
    }
    println!("the table is what is made of these files");
    Ok(())
}
