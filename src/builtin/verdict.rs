//! What a run of the built-in guest has shown: figures for people, and whether it passed.

use std::fmt;
use std::time::Duration;

use super::layout::HartStatistics;
use super::storm::Changes;
use crate::text::grouped;

/// Everything a run counted.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// A row a hart.
    pub harts: Vec<HartStatistics>,
    /// What the storm did.
    pub changes: Changes,
    /// Commits of all kinds, the harts' own bank switches included.
    pub commits: u64,
    /// How long the harts ran.
    pub elapsed: Duration,
    /// Instructions that all harts retired.
    pub instructions: u64,
    /// The seed, to run it again.
    pub seed: u64,
    /// What ended the run before its time, if anything did.
    pub failure: Option<String>,
    /// A person ended it early.
    pub interrupted: bool,
}

impl Report {
    /// The sum of one figure over all harts.
    pub fn total(&self, figure: fn(&HartStatistics) -> u64) -> u64 {
        self.harts.iter().map(figure).sum()
    }

    /// Everything that speaks against a PASS, a line each. A check that never ran speaks against it too.
    pub fn objections(&self) -> Vec<String> {
        let mut objections: Vec<String> = self.failure.iter().cloned().collect();
        for (hart, row) in self.harts.iter().enumerate() {
            if row.errors > 0 {
                let first = row.first.map_or_else(String::new, |first| {
                    format!(
                        "; the first: {}, expected {:#x}, got {:#x} at {:#x}",
                        first.check(),
                        first.expected,
                        first.got,
                        first.address
                    )
                });
                objections.push(format!("hart {hart}: {} wrong values{first}", row.errors));
            }
            if !row.finished {
                objections.push(format!("hart {hart} did not finish"));
            }
        }
        // Whoever ends it early may end it before every check has had its turn.
        if !self.interrupted {
            objections.extend(self.untried());
        }
        objections
    }

    /// The checks that have not had their turn yet, a line each.
    pub fn untried(&self) -> Vec<String> {
        let mut untried = Vec::new();
        for (hart, row) in self.harts.iter().enumerate() {
            // One hart alone has nobody to exchange messages with; and under a busy host a hart of many may have too little time for each.
            let checks = [("RAM", row.ram), ("tear", row.tear), ("epoch", row.epoch), ("bank", row.bank)];
            let idle = checks.iter().filter(|(_, count)| *count == 0).map(|(name, _)| *name).collect::<Vec<_>>();
            if !idle.is_empty() {
                untried.push(format!("hart {hart} never completed a check of: {}", idle.join(", ")));
            }
        }
        if self.harts.len() > 1 && self.total(|row| row.cross) == 0 {
            untried.push("no hart ever read what another had announced".to_owned());
        }
        if self.changes.swaps == 0 || self.changes.adds == 0 {
            untried.push("the map never changed".to_owned());
        }
        untried
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64().max(1e-3);
        let per_second = |count: u64| grouped((count as f64 / seconds) as u64);
        writeln!(
            f,
            "{} ran {:.1} s{}: {} instructions, {} million a second",
            if self.harts.len() == 1 { "1 hart".to_owned() } else { format!("{} harts", self.harts.len()) },
            seconds,
            if self.interrupted { " (interrupted)" } else { "" },
            grouped(self.instructions),
            (self.instructions as f64 / seconds / 1e6).round()
        )?;
        writeln!(
            f,
            "the map changed {} times under them ({} a second): {} swaps, {} hidden or shown, {} added, {} moved, {} removed, the rest by the harts themselves",
            grouped(self.commits),
            per_second(self.commits),
            grouped(self.changes.swaps),
            grouped(self.changes.blinks),
            grouped(self.changes.adds),
            grouped(self.changes.moves),
            grouped(self.changes.removes),
        )?;
        type Figure = fn(&HartStatistics) -> u64;
        let rows: [(&str, Figure); 6] = [
            ("RAM patterns kept", |row| row.ram),
            ("loads across a swapping border that saw one whole map", |row| row.tear),
            ("reads of moving windows that never went back in time", |row| row.epoch),
            ("stores that landed in the bank just selected", |row| row.bank),
            ("stores found where another hart had announced them", |row| row.cross),
            ("accesses that met a window while it was away", |row| row.faults),
        ];
        for (what, figure) in rows {
            writeln!(f, "{:>15}  {what}", grouped(self.total(figure)))?;
        }
        let objections = self.objections();
        if objections.is_empty() {
            return write!(f, "PASS: no wrong value (seed {})", self.seed);
        }
        for objection in &objections {
            writeln!(f, "  {objection}")?;
        }
        write!(f, "FAIL (seed {})", self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::layout::Mismatch;

    fn good() -> Report {
        let hart = HartStatistics {
            rounds: 9,
            ram: 9,
            tear: 8,
            epoch: 7,
            bank: 6,
            cross: 5,
            finished: true,
            ..Default::default()
        };
        let changes = Changes { swaps: 1, adds: 1, ..Changes::default() };
        Report { harts: vec![hart; 2], changes, commits: 1234, elapsed: Duration::from_secs(2), ..Report::default() }
    }

    #[test]
    fn every_objection_fails_the_run() {
        assert_eq!(good().objections(), Vec::<String>::new());
        type Damage = fn(&mut Report);
        let cases: [(&str, Damage); 7] = [
            ("1 wrong values", |report| {
                report.harts[1].errors = 1;
                report.harts[1].first = Some(Mismatch { kind: 2, expected: 1, got: 2, address: 3 });
            }),
            ("hart 0 did not finish", |report| report.harts[0].finished = false),
            ("never completed a check of: tear", |report| report.harts[0].tear = 0),
            ("no hart ever read", |report| report.harts.iter_mut().for_each(|hart| hart.cross = 0)),
            ("the map never changed", |report| report.changes.swaps = 0),
            ("stuck", |report| report.failure = Some("stuck".to_owned())),
            ("never completed a check of: RAM, tear, epoch, bank", |report| {
                report.harts[0] = HartStatistics { finished: true, ..Default::default() }
            }),
        ];
        for (want, damage) in cases {
            let mut report = good();
            damage(&mut report);
            let objections = report.objections();
            assert!(objections.iter().any(|objection| objection.contains(want)), "{want}: {objections:?}");
            assert!(report.to_string().contains("\nFAIL"), "{report}");
        }
    }

    #[test]
    fn a_good_run_passes() {
        assert!(good().to_string().ends_with("PASS: no wrong value (seed 0)"));
    }

    #[test]
    fn a_run_that_is_ended_early_need_not_have_come_to_everything() {
        let finished = HartStatistics { finished: true, ..Default::default() };
        let mut report = Report { harts: vec![finished; 2], interrupted: true, ..Report::default() };
        assert_eq!(report.objections(), Vec::<String>::new());
        report.harts[1].errors = 1;
        assert_eq!(report.objections().len(), 1, "what it has seen counts");
    }
}
