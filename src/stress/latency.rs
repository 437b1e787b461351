//! Latencies as reports have them.

use hdrhistogram::Histogram;
use serde::Serialize;

use super::layout::{ACCESSES, LINEAR};
use crate::board::TIMEBASE;

/// A distribution, in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// How many were measured.
    pub count: u64,
    /// The smallest.
    pub min: u64,
    /// Half of them took no longer.
    pub median: u64,
    /// Nine of ten.
    pub p90: u64,
    /// 99 of 100.
    pub p99: u64,
    /// 999 of 1,000.
    pub p999: u64,
    /// The longest.
    pub max: u64,
    /// The upper end of each bucket that holds any, and how many it holds; ten buckets to a power of ten.
    pub buckets: Vec<(u64, u64)>,
}

/// Buckets to a power of ten.
const FINENESS: f64 = 10.0;

/// The number of the bucket that holds a value.
pub fn bucket(nanoseconds: u64) -> u32 {
    ((nanoseconds.max(1) as f64).log10() * FINENESS).floor() as u32
}

/// Where a bucket ends.
pub fn bucket_end(bucket: u32) -> u64 {
    10f64.powf(f64::from(bucket + 1) / FINENESS).round() as u64
}

impl From<&Histogram<u64>> for Latency {
    fn from(histogram: &Histogram<u64>) -> Latency {
        let mut buckets: Vec<(u64, u64)> = Vec::new();
        for step in histogram.iter_recorded() {
            let end = bucket_end(bucket(step.value_iterated_to()));
            match buckets.last_mut() {
                Some((last, count)) if *last == end => *count += step.count_since_last_iteration(),
                _ => buckets.push((end, step.count_since_last_iteration())),
            }
        }
        Latency {
            count: histogram.len(),
            min: histogram.min(),
            median: histogram.value_at_quantile(0.5),
            p90: histogram.value_at_quantile(0.9),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
            max: histogram.max(),
            buckets,
        }
    }
}

/// Adds what a hart counted: visits of registers, by their ticks. What is recorded is the mean of the reads of a visit, since the guest's clock
/// is too coarse for one.
pub fn add_visits(histogram: &mut Histogram<u64>, counters: &[u64]) {
    let nanoseconds = |ticks: u64| (ticks * (1_000_000_000 / TIMEBASE) / ACCESSES).max(1);
    for (index, &count) in counters.iter().enumerate().filter(|(_, count)| **count > 0) {
        let ticks = match index.checked_sub(LINEAR + 1) {
            None => index as u64,
            // The middle of a power of two.
            Some(power) => (LINEAR as u64 + LINEAR as u64 / 2) << power.min(40),
        };
        histogram.saturating_record_n(nanoseconds(ticks), count);
    }
}

/// In the unit that suits it.
pub fn in_words(nanoseconds: u64) -> String {
    let value = nanoseconds as f64;
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{:.1} µs", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", value / 1e6),
        _ => format!("{:.1} s", value / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_in_its_bucket() {
        for value in [1, 2, 9, 10, 11, 999, 1000, 123_456_789] {
            let bucket = bucket(value);
            assert!(bucket_end(bucket) >= value, "{value}");
            assert!(bucket == 0 || bucket_end(bucket - 1) <= value, "{value}");
        }
    }

    #[test]
    fn visits_become_reads() {
        let mut histogram = Histogram::new_with_bounds(1, 10_000_000_000, 3).unwrap();
        let mut counters = vec![0; LINEAR + 3];
        counters[32] = 3; // 3.2 µs a visit, 100 ns a read
        counters[LINEAR + 1] = 1; // 1024 to 2047 ticks
        add_visits(&mut histogram, &counters);
        let latency = Latency::from(&histogram);
        assert_eq!((latency.count, latency.min, latency.median), (4, 100, 100));
        assert!((4_790..=4_810).contains(&latency.max), "{latency:?}");
        assert_eq!(latency.buckets, [(126, 3), (5_012, 1)]);
    }

    #[test]
    fn units_suit() {
        let cases = [(7, "7 ns"), (1_500, "1.5 µs"), (2_000_000, "2.0 ms"), (3_000_000_000, "3.0 s")];
        for (value, want) in cases {
            assert_eq!(in_words(value), want);
        }
    }
}
