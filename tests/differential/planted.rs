//! The comparison can fail: it finds every planted defect. The reference runs once, our hart once for each.

use manyhart_vcpu::planted::{self, Bug};

use crate::lab::{Lab, record};
use crate::outcome::{Outcome, differences};
use crate::{SEED, generate};

/// Cases that a defect may take to be found, and how many are run at once.
const CASES: u64 = 12_000;
const STEP: usize = 1_500;

#[test]
fn every_planted_defect_is_found() {
    let _alone = crate::alone();
    let lab = Lab::new("planted");
    let cases: Vec<_> = (0..CASES).map(|number| generate::case(SEED, number)).collect();
    let theirs = lab.theirs(&cases);
    let parts = || cases.chunks(STEP).zip(theirs.chunks(STEP * crate::layout::RECORD));
    // The first case that shows the defect; one that does not end shows it too.
    let find = || {
        parts().enumerate().find_map(|(part, (cases, theirs))| {
            let first = match lab.try_ours(cases) {
                Ok(ours) => (0..cases.len()).find(|&index| {
                    let (ours, theirs) = (Outcome(record(&ours, index)), Outcome(record(theirs, index)));
                    !differences(&cases[index], ours, theirs).is_empty()
                }),
                Err(index) => Some(index),
            };
            first.map(|index| part * STEP + index)
        })
    };
    assert_eq!(find(), None, "without a defect");
    let mut missed = Vec::new();
    for &bug in Bug::ALONE {
        planted::arm(bug);
        match find() {
            Some(index) => println!("{bug:?}: case {index}, {}", cases[index.min(cases.len() - 1)].theme),
            None => missed.push(bug),
        }
        planted::disarm();
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}
