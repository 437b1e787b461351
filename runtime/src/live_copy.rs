//! A live copy of memory that a running guest writes: in rounds, each of what was written during the one before, until the rest is small;
//! then the machine is paused and the rest is copied. The copy is then what memory is.
//!
//! For control threads. The guest runs on all the while, at the price of a mark for each page that it writes in each round.

use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::ram::PAGE_SIZE;
use crate::{DirtyClient, DirtyLog, Executive, Paused, RegionId, TopologyError};

/// When the rounds end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The machine is paused once no more pages than this are left.
    pub small: u64,
    /// It is paused after so many rounds at the latest: a guest may write faster than it can be copied.
    pub rounds: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { small: 256, rounds: 16 }
    }
}

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// Copied pages.
    pub pages: u64,
    /// Bytes that the sink was given: whole pages.
    pub bytes: u64,
    /// From the beginning of its snapshot to its end.
    pub took: Duration,
}

/// A copy that is complete.
#[derive(Debug)]
pub struct Copied {
    /// Holds the machine as it was copied.
    pub paused: Paused,
    /// The first is all of memory, the last was copied in the pause.
    pub rounds: Vec<Round>,
    /// How long the machine stood still for it: from the asking for the pause to the end of the last round.
    pub stood_still: Duration,
}

impl Copied {
    /// All that the sink was given, in pages: over those of the memory, what it cost that the machine ran on.
    pub fn pages(&self) -> u64 {
        self.rounds.iter().map(|round| round.pages).sum()
    }

    /// The same in bytes.
    pub fn bytes(&self) -> u64 {
        self.rounds.iter().map(|round| round.bytes).sum()
    }

    /// How long all rounds took.
    pub fn took(&self) -> Duration {
        self.rounds.iter().map(|round| round.took).sum()
    }
}

/// Why a copy ended early. The machine runs on, and nothing is logged any more.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A log could not be started or collected.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// Where the copy goes took no more.
    #[error("the copy could not be written: {0}")]
    Sink(#[from] io::Error),
}

/// Takes the copy: the index of the region in the list, the offset in its memory, the bytes. Later bytes replace earlier ones.
pub type Sink<'a> = dyn FnMut(usize, u64, &[u8]) -> io::Result<()> + 'a;

/// So many bytes go to a sink at once at most.
const CHUNK: usize = 64 << 10;

/// Copies the memory of `regions`, which are RAM regions, each once, and returns with the machine paused.
pub fn live_copy(
    executive: &Executive,
    regions: &[RegionId],
    limits: Limits,
    sink: &mut Sink<'_>,
) -> Result<Copied, CopyError> {
    let start = |&region| executive.topology().start_log(region, DirtyClient::MIGRATION);
    let logs = regions.iter().map(start).collect::<Result<Vec<DirtyLog>, _>>()?;
    let mut copier = Copier { logs, sink, buffer: vec![0; CHUNK], rounds: Vec::new() };
    let all = copier.logs.iter().map(|log| std::iter::once(0..log.block().size()).collect()).collect();
    copier.copy(Instant::now(), all)?;
    loop {
        let began = Instant::now();
        let dirty = copier.snapshot()?;
        let pages: u64 = dirty.iter().map(|ranges| pages(ranges)).sum();
        if pages > limits.small && (copier.rounds.len() as u32) < limits.rounds {
            copier.copy(began, dirty)?;
            continue;
        }
        let asked = Instant::now();
        let paused = executive.pause();
        let last = copier.snapshot()?;
        let ended = copier.copy(
            began,
            dirty
                .into_iter()
                .zip(last)
                .map(|(mut dirty, last)| {
                    dirty.extend(last);
                    dirty
                })
                .collect(),
        )?;
        return Ok(Copied { paused, rounds: copier.rounds, stood_still: ended - asked });
    }
}

/// What is left to copy, log by log.
type Dirty = Vec<Vec<Range<u64>>>;

struct Copier<'a, 'b> {
    logs: Vec<DirtyLog>,
    sink: &'a mut Sink<'b>,
    buffer: Vec<u8>,
    rounds: Vec<Round>,
}

impl Copier<'_, '_> {
    /// All logs are collected before any is waited for: one grace period for all.
    fn snapshot(&self) -> Result<Dirty, TopologyError> {
        let collected = self.logs.iter().map(|log| log.begin_snapshot(0..u64::MAX)).collect::<Result<Vec<_>, _>>()?;
        Ok(collected.into_iter().map(|collected| collected.wait()).collect())
    }

    /// One round; when it ended.
    fn copy(&mut self, began: Instant, dirty: Dirty) -> io::Result<Instant> {
        let mut copied = 0;
        for (index, ranges) in dirty.iter().enumerate() {
            copied += pages(ranges);
            for range in ranges {
                self.copy_range(index, range.clone())?;
            }
        }
        let ended = Instant::now();
        self.rounds.push(Round { pages: copied, bytes: copied * PAGE_SIZE, took: ended - began });
        Ok(ended)
    }

    fn copy_range(&mut self, index: usize, range: Range<u64>) -> io::Result<()> {
        for at in range.clone().step_by(CHUNK) {
            let len = (range.end - at).min(CHUNK as u64) as usize;
            let bytes = &mut self.buffer[..len];
            let inside = self.logs[index].block().read(at, bytes);
            debug_assert!(inside, "a log holds pages of its block alone");
            (self.sink)(index, at, bytes)?;
        }
        Ok(())
    }
}

fn pages(ranges: &[Range<u64>]) -> u64 {
    ranges.iter().map(|range| (range.end - range.start) / PAGE_SIZE).sum()
}
