//! What a run did, in a few lines for people.

use std::fmt;
use std::time::Duration;

use super::hart_thread::HartReport;
use crate::profile::Tally;
use crate::text::grouped;

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Each hart, in order of their ids.
    pub harts: Vec<HartReport>,
    /// From start to stop.
    pub time: Duration,
    /// What the runtime did.
    pub runtime: manyhart_runtime::Statistics,
    /// How often the guest rebooted.
    pub reboots: u32,
    /// What a profile came to.
    pub profile: Option<Tally>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, hart) in self.harts.iter().enumerate() {
            let s = hart.statistics;
            writeln!(
                f,
                "manyhart: hart {id}: {} instructions in {:.1} s of processor time, {:.0} MIPS; {} device accesses, {} traps, \
                 {} interrupts, {} sleeps",
                grouped(s.instructions),
                hart.time.as_secs_f64(),
                mips(s.instructions, hart.time),
                grouped(s.device_accesses),
                grouped(s.traps),
                grouped(s.interrupts),
                grouped(s.sleeps),
            )?;
        }
        let all = self.harts.iter().map(|hart| hart.statistics.instructions).sum();
        write!(
            f,
            "manyhart: {:.1} s, {} instructions, {:.0} MIPS; {} device messages, {} commits, generation {}",
            self.time.as_secs_f64(),
            grouped(all),
            mips(all, self.time),
            grouped(self.runtime.messages),
            grouped(self.runtime.commits),
            self.runtime.generation,
        )?;
        match self.reboots {
            0 => {}
            1 => f.write_str(", 1 reboot")?,
            more => write!(f, ", {more} reboots")?,
        }
        self.profile.iter().try_for_each(|tally| write!(f, "\nmanyhart: {tally}"))
    }
}

fn mips(instructions: u64, time: Duration) -> f64 {
    let seconds = time.as_secs_f64();
    if seconds > 0.0 { instructions as f64 / seconds / 1e6 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_has_a_line_for_each_hart_and_one_for_all() {
        let mut hart = HartReport { time: Duration::from_secs(2), ..HartReport::default() };
        hart.statistics.instructions = 2_000_000_000;
        let runtime = manyhart_runtime::Statistics::default();
        let text = Summary { harts: vec![hart; 2], time: Duration::from_secs(2), runtime, reboots: 1, profile: None }
            .to_string();
        let lines: Vec<_> = text.lines().collect();
        assert!(
            lines[1]
                .starts_with("manyhart: hart 1: 2,000,000,000 instructions in 2.0 s of processor time, 1000 MIPS; "),
            "{text}"
        );
        assert!(lines[2].starts_with("manyhart: 2.0 s, 4,000,000,000 instructions, 2000 MIPS; "), "{text}");
        assert!(lines.len() == 3 && text.ends_with(", 1 reboot"), "{text}");
    }
}
