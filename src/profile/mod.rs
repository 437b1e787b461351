//! `--profile`: where a guest's time goes, as folded stacks, which flame graphs are drawn from.
//!
//! Every so many instructions a hart says where it is (`manyhart_vcpu::Sampler`). The distance varies by up to a half about its mean, by a fixed pseudo-random
//! sequence, so that no loop of the guest's keeps step with it and a repeated run gives the same profile. Addresses become functions at once, so that what is
//! kept does not grow with the run; the files are made at the start, and written when the machine stops.

mod counter;
mod folded;
mod kallsyms;
mod report;
mod symbols;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use manyhart_vcpu::Sampler;
use parking_lot::Mutex;

use counter::Counter;
use symbols::{LinuxImage, Place, Symbols};

use crate::load::{Firmware, Images, LoadError, Plan, Segment, Source, is_linux_image};
use crate::output::{OutputError, OutputFile};
use crate::text::grouped;

/// The most bytes of a file with symbols, unpacked.
const LIMIT: u64 = 4 << 30;
/// The most different stacks that a hart's profile keeps; what comes after is counted without callers, or as one.
const STACKS: usize = 1 << 18;

/// What is to be profiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileSpec {
    /// Where the profile goes.
    pub file: PathBuf,
    /// Where the table of functions goes.
    pub report: Option<PathBuf>,
    /// Files with symbols, besides the images.
    pub symbols: Vec<PathBuf>,
    /// Instructions from one sample to the next, on the average.
    pub every: u64,
}

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] OutputError),
    /// A file with symbols cannot be used.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It is neither a program nor a list of symbols.
    #[error("{file}:{line}: not a line of a System.map (ADDRESS LETTER NAME), and the file is no ELF program")]
    NotSymbols {
        /// The file.
        file: String,
        /// Where that is seen.
        line: usize,
    },
    /// It names no function.
    #[error("{file}: names no function at any address (/proc/kallsyms hides them from all but root)")]
    NoFunctions {
        /// The file.
        file: String,
    },
}

/// What is counted apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// 0, 1 or 3.
    privilege: u8,
    /// Of a process in user mode: where its page tables begin.
    process: Option<u64>,
    /// Innermost first; nothing where there are too many different ones to keep this apart.
    stack: Box<[Place]>,
}

/// How often each was seen.
type Counts = HashMap<Key, u64>;

/// What a profile came to, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Where the profile is.
    pub file: PathBuf,
    /// Samples of all harts together.
    pub samples: u64,
    /// How many of them are of a function with a name.
    pub named: u64,
    /// How many are in user mode.
    pub user: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64| 100.0 * part as f64 / self.samples.max(1) as f64;
        let Tally { samples, named, user, .. } = *self;
        write!(
            f,
            "{} samples in {}: {:.1} % in functions with a name, {:.1} % in user mode",
            grouped(samples),
            self.file.display(),
            share(named),
            share(user)
        )
    }
}

/// A profile that is being made.
pub struct Profile {
    folded: OutputFile,
    report: Option<OutputFile>,
    every: u64,
    symbols: Arc<Symbols>,
    /// By hart.
    harts: Vec<Arc<Mutex<Counts>>>,
}

impl Profile {
    /// Reads the symbols and makes the files, or empties them. Images without symbols are passed over.
    pub fn create(spec: &ProfileSpec, images: &Images, plan: &Plan) -> Result<Profile, ProfileError> {
        let mut symbols = Symbols::default();
        let loaded: Vec<&Segment> = plan.pieces.iter().map(|piece| &piece.segment).collect();
        if let Some(piece) = plan.pieces.iter().find(|piece| is_linux_image(&piece.segment.bytes)) {
            let size = u64::try_from(piece.range.size()).unwrap_or(u64::MAX);
            symbols.add_image(LinuxImage { start: piece.segment.addr, size }, &piece.segment.bytes);
        }
        for source in programs(images)? {
            let bytes = source.read_unpacked(LIMIT)?;
            if symbols::is_program(&bytes) {
                symbols.add_program(&source.name(), &bytes, &[])?;
            }
        }
        for file in &spec.symbols {
            let source = Source::File(file.clone());
            symbols.add(&source.name(), &source.read_unpacked(LIMIT)?, &loaded)?;
        }
        Ok(Profile {
            folded: OutputFile::create(&spec.file)?,
            report: spec.report.as_deref().map(OutputFile::create).transpose()?,
            every: spec.every,
            symbols: Arc::new(symbols.sorted()),
            harts: Vec::new(),
        })
    }

    /// The next hart's, in order of their ids.
    pub fn sampler(&mut self) -> Box<dyn Sampler> {
        let counts = Arc::<Mutex<Counts>>::default();
        self.harts.push(counts.clone());
        Box::new(Counter::new(counts, self.symbols.clone(), self.every))
    }

    /// Writes it. The harts have stopped.
    pub fn finish(&mut self) -> Result<Tally, ProfileError> {
        let harts: Vec<_> = self.harts.iter().map(|counts| counts.lock()).collect();
        let harts: Vec<&Counts> = harts.iter().map(|counts| &**counts).collect();
        self.folded.write(&folded::lines(harts.iter().copied(), &self.symbols))?;
        if let Some(report) = &mut self.report {
            report.write(&report::table(&harts, &self.symbols, self.every))?;
        }
        Ok(tally(self.folded.path().to_owned(), &harts))
    }
}

fn tally(file: PathBuf, harts: &[&Counts]) -> Tally {
    let all = || harts.iter().flat_map(|counts| counts.iter());
    let sum = |of: &dyn Fn(&Key) -> bool| all().filter(|(key, _)| of(key)).map(|(_, count)| count).sum();
    let named = |key: &Key| matches!(key.stack.first(), Some(Place::Function(_)));
    Tally { file, samples: sum(&|_| true), named: sum(&named), user: sum(&|key| key.privilege == 0) }
}

/// Every image that may be a program.
fn programs(images: &Images) -> Result<Vec<Source>, LoadError> {
    let firmware = match &images.firmware {
        Firmware::None => None,
        firmware => firmware.source()?,
    };
    let more = images.more.iter().filter(|loader| !loader.force_raw).map(|loader| loader.source.clone());
    Ok(firmware.into_iter().chain(images.kernel.clone()).chain(more).collect())
}
