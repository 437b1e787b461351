//! What a run has shown, and whether it passed. The text is for people; `--json` is this structure as it is.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::guests::Who;
use super::latency::{Latency, in_words};
use super::layout::HartFigures;
use super::watch::{Memory, Sample};
use crate::text::grouped;

/// What the run was asked to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Options {
    /// Who checks.
    pub guest: Who,
    /// Harts.
    pub harts: u32,
    /// Functions of the storm.
    pub functions: u32,
    /// Seconds, where it was not to run for commits.
    pub seconds: u64,
    /// Commits, where it was to run for so many.
    pub commits: Option<u64>,
    /// The seed.
    pub seed: u64,
    /// Operations a second, or 0.
    pub rate: u64,
    /// Weights of operations.
    pub mix: String,
    /// Weights of faults.
    pub inject: Option<String>,
}

impl Options {
    /// The command that repeats the run's operations.
    pub fn command(&self) -> String {
        let Options { guest, harts, functions, seconds, commits, seed, rate, mix, inject } = self;
        let inject = inject.as_ref().map_or_else(String::new, |faults| format!(" --inject {faults}"));
        let guest = if *guest == Who::Bare { String::new() } else { format!(" --guest {guest}") };
        let end = commits.map_or_else(|| format!("--seconds {seconds}"), |commits| format!("--commits {commits}"));
        format!(
            "manyhart stress{guest} --harts {harts} --functions {functions} {end} --seed {seed} --rate {rate} --mix {mix}{inject}"
        )
    }
}

/// What a hart counted, and what the host did of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct HartRow {
    /// Its own figures.
    #[serde(flatten)]
    pub figures: HartFigures,
    /// Generations that it has acknowledged.
    pub generations: u64,
    /// Instructions.
    pub instructions: u64,
}

/// Faults that were injected, and what came of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FaultsMet {
    /// Devices made to panic.
    pub panics: u64,
    /// Devices reported as failed.
    pub failures: u64,
    /// Times a function became slow, or quick again.
    pub slowed: u64,
    /// Transactions with a fault in them, all of which were refused.
    pub refused: u64,
    /// In what words, one of each.
    pub refusals: Vec<String>,
}

/// What a slot has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SlotRow {
    /// How often it changed.
    pub changes: u64,
    /// What its pages show at the end, less the bits that are of their place.
    pub words: [u32; 2],
}

/// Everything that is known of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// No objection.
    pub passed: bool,
    /// Everything that speaks against it.
    pub objections: Vec<String>,
    /// The operations behind the first wrong value.
    pub history: Vec<String>,
    /// The command that repeats its operations.
    pub command: String,
    /// What it was asked to be.
    pub options: Options,
    /// How long the harts ran.
    pub seconds: f64,
    /// A person ended it early.
    pub interrupted: bool,
    /// It came to its end before [`LONG_ENOUGH`]: said when it did, since the time until all of it has stopped is the host's.
    #[serde(skip)]
    pub was_short: bool,
    /// Transactions that were published, the harts' own included.
    pub commits: u64,
    /// Operations of the storm, by kind.
    pub operations: BTreeMap<&'static str, u64>,
    /// The storm's transactions, from call to return.
    pub commit_latency: Latency,
    /// Reads of registers by the harts.
    pub mmio_latency: Latency,
    /// A row a hart.
    pub harts: Vec<HartRow>,
    /// What was injected.
    pub faults: FaultsMet,
    /// Whether memory stayed flat, where the run was long enough to say.
    pub memory: Option<Memory>,
    /// A row a slot.
    pub slots: Vec<SlotRow>,
    /// How it went.
    pub samples: Vec<Sample>,
    /// What ended it before its time.
    #[serde(skip)]
    pub trouble: Vec<String>,
    /// The address space at the end, as a drawing.
    #[serde(skip)]
    pub picture: String,
}

/// A run that is over sooner may not have come round to every check on every hart.
pub const LONG_ENOUGH: Duration = Duration::from_secs(1);

impl Report {
    /// The sum of one figure over all harts.
    pub fn total(&self, figure: fn(&HartFigures) -> u64) -> u64 {
        self.harts.iter().map(|hart| figure(&hart.figures)).sum()
    }

    /// Reaches the verdict.
    pub fn judge(&mut self) {
        let mut objections = self.trouble.clone();
        for (hart, HartRow { figures, .. }) in self.harts.iter().enumerate() {
            objections.extend(wrong_values(hart, figures));
            // After any other trouble nobody asked it to.
            if !figures.finished && self.trouble.is_empty() {
                objections.push(format!("hart {hart} did not finish, and was {}", figures.doing()));
            }
        }
        // Whoever ends it early may end it before every check has had its turn.
        if !self.interrupted {
            objections.extend(self.untried());
        }
        if self.operations.values().sum::<u64>() == 0 {
            objections.push("the storm never did anything".to_owned());
        }
        if self.faults.panics != self.faults.failures {
            let FaultsMet { panics, failures, .. } = self.faults;
            objections.push(format!("{panics} devices were made to panic, and {failures} have failed"));
        }
        if let Some(memory) = self.memory.filter(|memory| !memory.is_flat()) {
            objections.push(format!(
                "memory grew steadily, from {} MiB to {} MiB",
                memory.settled >> 20,
                memory.last >> 20
            ));
        }
        self.passed = objections.is_empty();
        self.objections = objections;
        self.command = self.options.command();
    }

    /// The checks that have not had their turn, in a run that is long enough for each.
    pub fn untried(&self) -> Vec<String> {
        if self.was_short {
            return Vec::new();
        }
        let mut untried = Vec::new();
        for (hart, HartRow { figures, .. }) in self.harts.iter().enumerate() {
            if figures.changed == 0 {
                untried.push(format!("hart {hart} never looked where something had changed"));
            }
        }
        type Figure = fn(&HartFigures) -> u64;
        let everywhere: [(&str, Figure, usize); 5] = [
            ("read back what it wrote", |row| row.writes, 1),
            ("moved its own function", |row| row.own, 1),
            ("switched its bank", |row| row.bank, 1),
            ("heard of another by a flag", |row| row.flag, 2),
            ("heard of another by an interrupt", |row| row.interrupt, 2),
        ];
        // A process has neither a function of its own nor an interrupt.
        let checks = if self.options.guest == Who::Bare { everywhere.len() } else { 1 };
        for (what, figure, harts) in everywhere.into_iter().take(checks) {
            if self.harts.len() >= harts && self.total(figure) == 0 {
                untried.push(format!("no hart ever {what}"));
            }
        }
        untried
    }

    fn rate(&self, count: u64) -> String {
        grouped((count as f64 / self.seconds.max(1e-3)) as u64)
    }
}

fn wrong_values(hart: usize, figures: &HartFigures) -> Option<String> {
    let first = figures.first.filter(|_| figures.errors > 0)?;
    let bounds = match first.slot() {
        Some(slot) => format!(", slot {slot}, epochs {} to {}", first.epochs.0, first.epochs.1),
        None => String::new(),
    };
    Some(format!(
        "hart {hart}: {} wrong values; the first: {}, expected {:#x}, got {:#x} at {:#x}{bounds}",
        figures.errors,
        first.check(),
        first.expected,
        first.got,
        first.address,
    ))
}

/// One line of figures.
pub fn latency_line(latency: &Latency) -> String {
    if latency.count == 0 {
        return "none measured".to_owned();
    }
    format!(
        "median {}, 90% {}, 99% {}, 99.9% {}, longest {}",
        in_words(latency.median),
        in_words(latency.p90),
        in_words(latency.p99),
        in_words(latency.p999),
        in_words(latency.max)
    )
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let early = if self.interrupted { " (interrupted)" } else { "" };
        let Options { harts, functions, .. } = self.options;
        writeln!(f, "{harts} harts, {functions} functions, {:.1} s{early}", self.seconds)?;
        let kinds: Vec<String> =
            self.operations.iter().map(|(kind, count)| format!("{} {kind}", grouped(*count))).collect();
        let operations: u64 = self.operations.values().sum();
        writeln!(
            f,
            "{} commits ({} a second): {} operations of the storm ({}), the rest by the harts themselves",
            grouped(self.commits),
            self.rate(self.commits),
            grouped(operations),
            kinds.join(", "),
        )?;
        writeln!(f, "a commit: {}", latency_line(&self.commit_latency))?;
        writeln!(f, "a read of registers: {}", latency_line(&self.mmio_latency))?;
        self.faults_line(f)?;
        if let Some(memory) = self.memory {
            writeln!(f, "memory: {} MiB settled, {} MiB at the end", memory.settled >> 20, memory.last >> 20)?;
        }
        type Figure = fn(&HartFigures) -> u64;
        let rows: [(&str, Figure); 11] = [
            ("accesses right, where something had changed since the hart looked last", |row| row.changed),
            ("accesses right, where nothing had", |row| row.still),
            ("of these, loads over two pages that saw one generation", |row| row.straddles),
            ("of these, where nothing was", |row| row.absent),
            ("accesses too slow to be judged", |row| row.unjudged),
            ("writes read back", |row| row.writes),
            ("moves by a hart of its own function, seen at once", |row| row.own),
            ("switches by a hart of its own bank, seen at once", |row| row.bank),
            ("announcements by a flag and a fence found true", |row| row.flag),
            ("announcements by an interrupt found true", |row| row.interrupt),
            ("accesses that faulted", |row| row.faults),
        ];
        for (what, figure) in rows {
            if self.options.guest != Who::Bare && self.total(figure) == 0 {
                continue;
            }
            writeln!(f, "{:>15}  {what}", grouped(self.total(figure)))?;
        }
        for (hart, HartRow { figures, generations, instructions }) in self.harts.iter().enumerate() {
            writeln!(
                f,
                "hart {hart}: {} accesses judged where something had changed, {} generations acknowledged, {} instructions",
                grouped(figures.changed),
                grouped(*generations),
                grouped(*instructions),
            )?;
        }
        self.verdict(f)
    }
}

impl Report {
    fn faults_line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FaultsMet { panics, failures, slowed, refused, ref refusals } = self.faults;
        if self.options.inject.is_none() {
            return Ok(());
        }
        let words = if refusals.is_empty() { String::new() } else { format!(" ({})", refusals.join(", ")) };
        writeln!(
            f,
            "injected: {} devices panicked and {} were reported failed, the machine going on; {} times a device became slow or \
             quick; {} transactions with a fault in them, all refused{words}",
            grouped(panics),
            grouped(failures),
            grouped(slowed),
            grouped(refused),
        )
    }

    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.passed {
            return write!(f, "PASS: no wrong value (seed {})", self.options.seed);
        }
        for line in self.objections.iter().chain(&self.history) {
            writeln!(f, "  {line}")?;
        }
        write!(f, "FAIL; the same operations again: {}", self.command)
    }
}

#[cfg(test)]
pub mod tests;
