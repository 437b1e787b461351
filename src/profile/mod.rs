//! `--profile`: where a guest's time goes, as folded stacks, which flame graphs are drawn from.
//!
//! Every so many instructions a hart says where it is (`manyhart_vcpu::Sampler`). The distance varies by up to a half about its mean, by a fixed pseudo-random
//! sequence, so that no loop of the guest's keeps step with it and a repeated run gives the same profile. Addresses become functions at once, so that what is
//! kept does not grow with the run; the file is made at the start, and written when the machine stops.

mod folded;
mod symbols;

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use manyhart_vcpu::{Sample, Sampler};
use parking_lot::Mutex;

pub use symbols::Symbols;

use crate::load::{Firmware, Images, LoadError, Source};

/// The most bytes of a file with symbols, unpacked.
const LIMIT: u64 = 4 << 30;
/// The most different stacks that a hart's profile keeps; what comes after is counted without callers, or as one.
const STACKS: usize = 1 << 18;

/// What is to be profiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileSpec {
    /// Where the profile goes.
    pub file: PathBuf,
    /// Files with symbols, besides the images.
    pub symbols: Vec<PathBuf>,
    /// Instructions from one sample to the next, on the average.
    pub every: u64,
}

/// Why there is no profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be written.
    #[error("{}: cannot write: {error}", .file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
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
    #[error("{file}: names no function at any address")]
    NoFunctions {
        /// The file.
        file: String,
    },
}

/// How often each stack was seen: privilege, then places, innermost first.
type Counts = HashMap<(u8, Box<[u64]>), u64>;

/// A profile that is being made.
pub struct Profile {
    file: PathBuf,
    out: File,
    every: u64,
    symbols: Arc<Symbols>,
    /// By hart.
    harts: Vec<Arc<Mutex<Counts>>>,
}

impl Profile {
    /// Reads the symbols and makes the file, or empties it. Images that are no ELF programs, or have no symbols, are passed over.
    pub fn create(spec: &ProfileSpec, images: &Images) -> Result<Profile, ProfileError> {
        let mut symbols = Symbols::default();
        for source in programs(images)? {
            let bytes = source.read_unpacked(LIMIT)?;
            if symbols::is_program(&bytes) {
                symbols.add_program(&source.name(), &bytes)?;
            }
        }
        for file in &spec.symbols {
            let source = Source::File(file.clone());
            symbols.add(&source.name(), &source.read_unpacked(LIMIT)?)?;
        }
        let out = File::create(&spec.file).map_err(|error| ProfileError::Write { file: spec.file.clone(), error })?;
        Ok(Profile {
            file: spec.file.clone(),
            out,
            every: spec.every,
            symbols: Arc::new(symbols.sorted()),
            harts: Vec::new(),
        })
    }

    /// The next hart's, in order of their ids.
    pub fn sampler(&mut self) -> Box<dyn Sampler> {
        let counts = Arc::<Mutex<Counts>>::default();
        self.harts.push(counts.clone());
        Box::new(Counter { counts, symbols: self.symbols.clone(), every: self.every, random: 0 })
    }

    /// Writes it. The harts have stopped.
    pub fn finish(&mut self) -> Result<(), ProfileError> {
        let harts: Vec<_> = self.harts.iter().map(|counts| counts.lock()).collect();
        let text = folded::lines(harts.iter().map(|counts| &**counts), &self.symbols);
        let written = self.out.write_all(text.as_bytes());
        written.map_err(|error| ProfileError::Write { file: self.file.clone(), error })
    }
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

/// Counts what one hart says.
struct Counter {
    counts: Arc<Mutex<Counts>>,
    symbols: Arc<Symbols>,
    every: u64,
    random: u64,
}

impl Sampler for Counter {
    fn interval(&mut self) -> u64 {
        // Knuth's generator; its upper half is good enough.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.every - self.every / 2 + (self.random >> 33) % self.every.max(1)
    }

    fn sample(&mut self, sample: &Sample<'_>) {
        let mut stack = vec![self.symbols.place(sample.pc)];
        // A return address may be behind its function's end: the call is before it. The first that is in no function is the end of what is known.
        let calls = sample.callers.iter().map(|caller| caller.wrapping_sub(1));
        stack.extend(calls.map_while(|call| self.symbols.function(call)));
        let mut counts = self.counts.lock();
        if counts.len() >= STACKS {
            stack.truncate(1);
        }
        let mut key = (sample.privilege, stack.into_boxed_slice());
        if counts.len() >= STACKS && !counts.contains_key(&key) {
            key.1 = Box::default();
        }
        *counts.entry(key).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(every: u64) -> Counter {
        let mut symbols = Symbols::default();
        symbols.add("map", b"1000 T outer\n2000 T inner\n3000 D data\n").expect("a map");
        Counter { counts: Arc::default(), symbols: Arc::new(symbols.sorted()), every, random: 0 }
    }

    #[test]
    fn intervals_vary_about_their_mean() {
        for every in [1, 2, 3, 1000, 1_000_000] {
            let mut counter = counter(every);
            let intervals: Vec<u64> = (0..10_000).map(|_| counter.interval()).collect();
            let (least, most) = (every - every / 2, every + every.div_ceil(2));
            assert!(intervals.iter().all(|interval| (least..=most).contains(interval)), "{every}");
            let mean = intervals.iter().sum::<u64>() as f64 / 10_000.0;
            assert!((mean / every as f64 - 1.0).abs() < 0.02 + 0.5 / every as f64, "{every}: {mean}");
        }
    }

    #[test]
    fn callers_count_as_far_as_they_are_functions() {
        let mut counter = counter(1);
        let cases: [(u64, &[u64], &[u64]); 4] = [
            (0x2010, &[0x1004, 0x1008, 0x5000, 0x1000], &[0x2000, 0x1000, 0x1000]),
            (0x2010, &[0x2000], &[0x2000, 0x1000]),
            (0x7123, &[0x1004], &[0x7000, 0x1000]),
            (0x3000, &[0], &[0x3000]),
        ];
        for (pc, callers, want) in cases {
            counter.counts.lock().clear();
            counter.sample(&Sample { hart: 0, privilege: 1, pc, callers });
            let counts = counter.counts.lock();
            assert_eq!(counts.keys().map(|(_, stack)| &**stack).collect::<Vec<_>>(), [want]);
        }
    }

    #[test]
    fn a_guest_cannot_make_a_profile_grow_without_end() {
        let mut counter = counter(1);
        for page in 0..(STACKS as u64 + 1000) {
            counter.sample(&Sample { hart: 0, privilege: 0, pc: page << 12 | 1 << 40, callers: &[] });
        }
        let counts = counter.counts.lock();
        assert_eq!((counts.len(), counts[&(0, Box::default())]), (STACKS + 1, 1000));
    }
}
