//! Both machines side by side, and what is done with a case that they disagree about.

use std::path::PathBuf;

use crate::case::Case;
use crate::layout::RECORD;
use crate::ours::Way;
use crate::outcome::{Outcome, differences};
use crate::{frame, ours, qemu};

/// A place for files, and the frame.
pub struct Lab {
    directory: PathBuf,
    frame: Vec<u8>,
}

/// One case's record among all.
pub fn record(results: &[u8], index: usize) -> &[u8] {
    &results[index * RECORD..(index + 1) * RECORD]
}

impl Lab {
    pub fn new(name: &str) -> Lab {
        let directory = std::env::temp_dir().join(format!("manyhart-diff-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory for files");
        let frame = frame::assemble(&directory);
        Lab { directory, frame }
    }

    /// The reference's results.
    pub fn theirs(&self, cases: &[Case]) -> Vec<u8> {
        let results = qemu::run(&self.directory, &frame::image(&self.frame, cases), cases.len());
        results.unwrap_or_else(|index| panic!("the reference does not end:\n{}", text(cases.get(index))))
    }

    /// Our results.
    pub fn ours(&self, cases: &[Case]) -> Vec<u8> {
        self.try_ours(cases).unwrap_or_else(|index| panic!("our hart does not end:\n{}", text(cases.get(index))))
    }

    /// Our results, or the index of the case that did not end.
    pub fn try_ours(&self, cases: &[Case]) -> Result<Vec<u8>, usize> {
        ours::run(&frame::image(&self.frame, cases), cases.len(), Way::Fused)
    }

    /// Our results when the hart executes in this way.
    pub fn ours_in_a_way(&self, cases: &[Case], way: Way) -> Vec<u8> {
        let results = ours::run(&frame::image(&self.frame, cases), cases.len(), way);
        results.unwrap_or_else(|index| panic!("our hart, {way:?}, does not end:\n{}", text(cases.get(index))))
    }

    /// Drops what the difference does not need, and tells what is left.
    pub fn shrink(&self, case: &Case) -> String {
        let mut case = case.clone();
        while let Some(smaller) = self.first_different(candidates(&case)) {
            case = smaller;
        }
        let (ours, theirs) = (self.ours(std::slice::from_ref(&case)), self.theirs(std::slice::from_ref(&case)));
        let lines = differences(&case, Outcome(&ours), Outcome(&theirs));
        let lines: Vec<_> = lines.iter().take(12).map(|line| format!("  {line}")).collect();
        format!("{case}{}", lines.join("\n"))
    }

    fn first_different(&self, cases: Vec<Case>) -> Option<Case> {
        if cases.is_empty() {
            return None;
        }
        let (ours, theirs) = (self.ours(&cases), self.theirs(&cases));
        let different = |(index, case): &(usize, &Case)| {
            !differences(case, Outcome(record(&ours, *index)), Outcome(record(&theirs, *index))).is_empty()
        };
        cases.iter().enumerate().find(different).map(|(_, case)| case.clone())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.directory) {
            eprintln!("{}: {error}", self.directory.display());
        }
    }
}

fn text(case: Option<&Case>) -> String {
    case.map_or_else(|| "the frame itself".to_owned(), Case::to_string)
}

/// The case with one thing less, for each thing it has.
fn candidates(case: &Case) -> Vec<Case> {
    let mut all: Vec<Case> = (0..case.units.len()).map(|unit| case.without(unit)).collect();
    let mut also = |change: &dyn Fn(&mut Case)| {
        let mut simpler = case.clone();
        change(&mut simpler);
        all.push(simpler);
    };
    for slot in 0..case.csrs.len() {
        if matches!(crate::layout::CASE_CSRS[slot], "medeleg" | "mie" | "mip" | "mideleg")
            && !case.waits()
            && case.csrs[slot] != 0
        {
            also(&|case| case.csrs[slot] = 0);
        }
    }
    for bit in [1, 5, 7, 8, 18, 19, 20, 21, 22] {
        if case.mstatus >> bit & 1 != 0 {
            also(&|case| case.mstatus &= !(1 << bit));
        }
    }
    if case.offset != 0 {
        also(&|case| case.offset = 0);
    }
    all
}
