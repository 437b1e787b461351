//! What a case did, as the frame recorded it, and how two of them differ.

use std::collections::BTreeMap;
use std::fmt;

use crate::case::Case;
use crate::layout::*;
use crate::legal;

/// A value that differs.
pub struct Difference {
    pub what: String,
    pub ours: u64,
    pub theirs: u64,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ours {:#x}, theirs {:#x}", self.what, self.ours, self.theirs)
    }
}

/// A result's record.
#[derive(Clone, Copy)]
pub struct Outcome<'a>(pub &'a [u8]);

const LOG_FIELDS: [&str; 7] = ["mcause", "mepc", "mtval", "mstatus", "scause", "sepc", "stval"];

impl Outcome<'_> {
    fn at(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().expect("eight bytes"))
    }

    /// Traps that were logged.
    pub fn traps(&self) -> usize {
        (self.at(R_TRAPS) as usize).min(LOGS)
    }

    /// One field of one trap.
    pub fn log(&self, trap: usize, field: &str) -> u64 {
        let index = LOG_FIELDS.iter().position(|known| *known == field).expect("a field");
        self.at(R_LOGS + 64 * trap + 8 * index)
    }

    /// The causes of all traps: those that were delegated count as what they were.
    pub fn causes(&self, case: &Case) -> Vec<u64> {
        (0..self.traps())
            .map(|trap| if self.delegated(case, trap) { self.log(trap, "scause") } else { self.log(trap, "mcause") })
            .collect()
    }

    /// Whether a trap went to the supervisor, whose handler then called.
    pub fn delegated(&self, case: &Case, trap: usize) -> bool {
        self.log(trap, "mcause") == 9 && self.log(trap, "mepc") == case.space.stub_va
    }

    /// All that was recorded, by name.
    fn values(&self, case: &Case) -> Vec<(String, u64)> {
        let mut all = vec![("traps".to_owned(), self.at(R_TRAPS))];
        for trap in 0..self.traps() {
            let fields = if self.delegated(case, trap) { LOG_FIELDS.len() } else { 4 };
            for (index, field) in LOG_FIELDS.iter().take(fields).enumerate() {
                all.push((format!("trap {trap} {field}"), self.at(R_LOGS + 64 * trap + 8 * index)));
            }
        }
        all.extend((1..32).map(|index| (format!("x{index}"), self.at(R_X + 8 * index))));
        all.extend((0..32).map(|index| (format!("f{index}"), self.at(R_F + 8 * index))));
        all.push(("fcsr".to_owned(), self.at(R_FCSR)));
        let csrs = RESULT_CSRS.iter().enumerate();
        all.extend(csrs.map(|(index, name)| ((*name).to_owned(), self.at(R_CSRS + 8 * index))));
        let data = (0..2 * HALF_BYTES as i64 / 8).map(|index| {
            let offset = 8 * index - HALF_BYTES as i64;
            (format!("data {offset:+}"), self.at(R_DATA + 8 * index as usize))
        });
        all.extend(data);
        let ptes = case.space.ptes.iter().enumerate();
        all.extend(ptes.map(|(index, (address, _))| (format!("pte {address:#x}"), self.at(R_PTES + 8 * index))));
        all
    }
}

/// How two results of a case differ, but for what legally may.
pub fn differences(case: &Case, ours: Outcome<'_>, theirs: Outcome<'_>) -> Vec<Difference> {
    let (ours_all, theirs_all) = (ours.values(case), theirs.values(case));
    // Traps that one of them alone took show in their count.
    let theirs_all: BTreeMap<_, _> = theirs_all.into_iter().collect();
    let mut found: Vec<_> = ours_all
        .into_iter()
        .filter_map(|(what, ours)| theirs_all.get(&what).map(|&theirs| Difference { what, ours, theirs }))
        .filter(|difference| difference.ours != difference.theirs)
        .collect();
    found.retain(|difference| !legal::is_none(case, ours, difference));
    found
}
