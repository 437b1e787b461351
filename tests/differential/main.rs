//! Our hart against `qemu-system-riscv64` 7.2: the same random cases on both, and the same results from both.
//!
//! `MANYHART_DIFF_SEED` and `MANYHART_DIFF_CASES` choose others, or more; `MANYHART_DIFF_CASE` one alone, which is shown.

mod assemble;
mod case;
mod coverage;
mod frame;
mod generate;
mod lab;
mod layout;
mod legal;
mod ours;
mod outcome;
mod paging;
#[cfg(feature = "planted-bugs")]
mod planted;
mod qemu;
mod rng;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use coverage::Coverage;
use lab::Lab;
use ours::Way;
use outcome::Outcome;

/// Differences that are shrunk and shown; a mistake makes many.
const SHOWN: usize = 8;
/// Each instruction comes at least so often.
const ENOUGH: u64 = 100;
const CASES: u64 = 24_000;
const STEPWISE_CASES: u64 = 4_000;
const SEED: u64 = 20_261_122;

fn number(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => otherwise,
    }
}

/// A planted defect is the whole process's: tests run one after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A hart without fused pairs, and one that runs instruction by instruction, do what one with them does.
#[test]
fn every_way_to_execute_does_the_same() {
    let _alone = alone();
    let lab = Lab::new("ways");
    let cases: Vec<_> = (0..STEPWISE_CASES).map(|number| generate::case(SEED, number)).collect();
    let fused = lab.ours(&cases);
    for way in [Way::Unfused, Way::Stepwise] {
        let results = lab.ours_in_a_way(&cases, way);
        for (index, case) in cases.iter().enumerate() {
            let records = [&fused, &results].map(|results| Outcome(lab::record(results, index)));
            let all = outcome::differences(case, records[0], records[1]);
            assert!(all.is_empty(), "fused (ours) and {way:?} (theirs) differ: {}\n{case}", all[0]);
        }
    }
}

#[test]
fn the_hart_does_what_the_reference_does() {
    let _alone = alone();
    let (seed, count) = (number("MANYHART_DIFF_SEED", SEED), number("MANYHART_DIFF_CASES", CASES));
    let only = number("MANYHART_DIFF_CASE", u64::MAX);
    let numbers: Vec<u64> = if only < u64::MAX { vec![only] } else { (0..count).collect() };
    let lab = Lab::new("normal");
    let mut coverage = Coverage::default();
    let mut wrong = 0;
    for batch in numbers.chunks(layout::MAX_CASES.min(12_000)) {
        let cases: Vec<_> = batch.iter().map(|&number| generate::case(seed, number)).collect();
        let start = Instant::now();
        let theirs = lab.theirs(&cases);
        let reference = start.elapsed();
        let ours = lab.ours(&cases);
        println!("{} cases: QEMU {reference:.1?}, ours {:.1?}", cases.len(), start.elapsed() - reference);
        for (index, case) in cases.iter().enumerate() {
            let (ours, theirs) = (Outcome(lab::record(&ours, index)), Outcome(lab::record(&theirs, index)));
            coverage.add(case, theirs);
            let differences = outcome::differences(case, ours, theirs);
            if !differences.is_empty() {
                wrong += 1;
                if wrong <= SHOWN {
                    differences.iter().take(4).for_each(|difference| println!("{difference}"));
                    println!("case {} of seed {seed}:\n{}\n", batch[index], lab.shrink(case));
                }
            }
        }
    }
    println!("{coverage}");
    assert_eq!(wrong, 0, "cases with differences");
    if only == u64::MAX && count >= CASES {
        assert!(coverage.rarest().0 >= ENOUGH, "too few of {:?}", coverage.rarest());
        assert_eq!(coverage.rounding_modes(), 6, "five static rounding modes and the dynamic one");
        for cause in [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15] {
            assert!(coverage.causes().contains(&cause), "no exception {cause}");
        }
    }
}
