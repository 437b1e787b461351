//! What is looked at while it runs: samples over time, harts that hang, memory that grows.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::layout::HartFigures;

/// How long a hart may go without finishing a round, and the storm without an operation.
pub use crate::guest::PATIENCE;

/// How many samples are kept: when there are more, every other one goes.
const SAMPLES: usize = 480;
/// Steady growth of memory that is not held against a run.
const SLACK: u64 = 8 << 20;
/// Runs shorter than this are not judged by their memory.
pub const SETTLED: Duration = Duration::from_secs(10);

/// The machine at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Sample {
    /// Seconds since the harts began.
    pub seconds: f64,
    /// The newest generation.
    pub generation: u64,
    /// Bytes of memory that the process holds.
    pub resident: u64,
    /// Accesses that each hart has had judged.
    pub judged: Vec<u64>,
}

/// Samples over time, never too many.
#[derive(Debug, Default)]
pub struct Series {
    samples: Vec<Sample>,
    /// Of so many samples offered one is kept.
    stride: usize,
    offered: usize,
}

impl Series {
    /// Offers a sample.
    pub fn offer(&mut self, sample: impl FnOnce() -> Sample) {
        let stride = self.stride.max(1);
        if self.offered.is_multiple_of(stride) {
            self.samples.push(sample());
        }
        self.offered += 1;
        if self.samples.len() > SAMPLES {
            let mut index = 0;
            self.samples.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.stride = 2 * stride;
        }
    }

    /// All that were kept.
    pub fn into_samples(self) -> Vec<Sample> {
        self.samples
    }
}

/// How much memory a run held, once it had settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// In bytes, after its first quarter.
    pub settled: u64,
    /// At its end.
    pub last: u64,
    /// What it grew by steadily. A host that lets a hart starve for a while makes it step up, as superseded snapshots wait for that hart;
    /// what leaks grows in each part of the run.
    pub growth: u64,
}

/// Parts of a run that are compared.
const PARTS: usize = 8;

impl Memory {
    /// Of these samples, where there are enough.
    pub fn of(samples: &[Sample]) -> Option<Memory> {
        let end = samples.last().filter(|last| last.seconds >= SETTLED.as_secs_f64())?.seconds;
        let settled: Vec<&Sample> = samples.iter().filter(|sample| sample.seconds >= end / 4.0).collect();
        let parts = settled.chunks(settled.len().div_ceil(PARTS));
        let means: Vec<u64> =
            parts.map(|part| part.iter().map(|sample| sample.resident).sum::<u64>() / part.len() as u64).collect();
        let mut steps: Vec<u64> = means.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        steps.sort_unstable();
        let least = *steps.get(steps.len() / 4)?;
        Some(Memory { settled: *means.first()?, last: *means.last()?, growth: least * steps.len() as u64 })
    }

    /// Whether it has not grown by more than noise.
    pub fn is_flat(&self) -> bool {
        self.growth <= SLACK.max(self.settled / 20)
    }
}

/// Bytes of memory that this process holds; 0 where the host does not say.
pub fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split_ascii_whitespace().nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}

/// Notices what stands still.
pub struct Watchdog {
    seen: Vec<(u64, Instant)>,
}

impl Watchdog {
    /// For so many counters.
    pub fn new(counters: usize) -> Watchdog {
        Watchdog { seen: vec![(0, Instant::now()); counters] }
    }

    /// Which counters have stood still for longer than [`PATIENCE`].
    pub fn look(&mut self, counters: impl IntoIterator<Item = u64>, now: Instant) -> Vec<usize> {
        let mut still = Vec::new();
        for (index, (seen, counter)) in self.seen.iter_mut().zip(counters).enumerate() {
            if seen.0 != counter {
                *seen = (counter, now);
            } else if now.saturating_duration_since(seen.1) > PATIENCE {
                still.push(index);
            }
        }
        still
    }
}

/// Who hangs, in words.
pub fn hangs(still: &[usize], harts: &[HartFigures], operations: u64) -> Option<String> {
    let name = |&index: &usize| match harts.get(index) {
        Some(hart) => format!("hart {index}, in round {}, {}", hart.rounds, hart.doing()),
        None => format!("the storm, in operation {operations}"),
    };
    let who: Vec<String> = still.iter().map(name).collect();
    (!who.is_empty()).then(|| format!("no progress for {} s: {}", PATIENCE.as_secs(), who.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_keeps_samples_of_all_of_it() {
        let mut series = Series::default();
        for second in 0..10_000 {
            series.offer(|| Sample { seconds: f64::from(second), ..Sample::default() });
        }
        let samples = series.into_samples();
        assert!((SAMPLES / 2..=SAMPLES).contains(&samples.len()), "{}", samples.len());
        let gaps = samples.windows(2).map(|pair| pair[1].seconds - pair[0].seconds);
        assert!(gaps.into_iter().all(|gap| gap == 32.0) && samples[0].seconds == 0.0);
    }

    #[test]
    fn growth_is_noticed_and_noise_is_not() {
        let run = |length: u32, resident: fn(u64) -> u64| {
            let sample = |second: u32| Sample {
                seconds: f64::from(second),
                resident: resident(second.into()),
                ..Sample::default()
            };
            Memory::of(&(0..=length).map(sample).collect::<Vec<_>>())
        };
        assert_eq!(run(5, |_| 1), None, "too short to say");
        assert!(run(60, |second| (100 << 20) + ((second % 7) << 18)).is_some_and(|memory| memory.is_flat()));
        assert!(run(60, |second| (100 + second / 33 * 80) << 20).is_some_and(|memory| memory.is_flat()), "a step");
        assert!(run(60, |second| (100 + second / 20 * 40) << 20).is_some_and(|memory| memory.is_flat()), "three steps");
        assert!(run(60, |second| (100 << 20) + (second << 20)).is_some_and(|memory| !memory.is_flat()));
        assert_eq!(Memory::of(&[]), None);
        assert!(resident() > 0);
    }

    #[test]
    fn what_stands_still_is_named() {
        let mut watchdog = Watchdog::new(3);
        let start = Instant::now();
        assert!(watchdog.look([1, 1, 1], start).is_empty());
        assert!(watchdog.look([2, 1, 1], start + PATIENCE).is_empty());
        let still = watchdog.look([3, 1, 1], start + PATIENCE + Duration::from_secs(1));
        assert_eq!(still, [1, 2]);
        let harts = [HartFigures::default(), HartFigures { rounds: 7, whereabouts: 2, slot: 9, ..Default::default() }];
        let text = hangs(&still, &harts, 12).unwrap();
        assert_eq!(text, "no progress for 180 s: hart 1, in round 7, visiting slot 9; the storm, in operation 12");
        assert_eq!(hangs(&[], &harts, 12), None);
    }
}
