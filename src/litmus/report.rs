//! What came out: of each shape a histogram and an observation, as litmus tools print them; at the end a verdict.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::shapes::{Model, Shape};
use crate::text::grouped;

/// One kind of outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// How often.
    pub count: u64,
    /// What, as herd writes it.
    pub outcome: String,
    /// Whether the shape is about it.
    pub is_asked_for: bool,
    /// Whether it may not happen.
    pub is_forbidden: bool,
}

/// Of one shape.
#[derive(Debug, Clone, Serialize)]
pub struct Outcomes {
    /// Its name.
    pub shape: &'static str,
    /// `Allowed` or `Forbidden`: the outcomes that it is about.
    pub model: &'static str,
    /// Why.
    pub because: &'static str,
    /// Whether a host of total store order never shows what is allowed.
    pub is_hidden: bool,
    /// How many harts take part in one iteration, and how many groups of them there were.
    pub threads: u32,
    /// See `threads`.
    pub groups: u32,
    /// How often it was run.
    pub iterations: u64,
    /// The histogram.
    pub rows: Vec<Row>,
    /// `Never`, `Sometimes` or `Always`: the outcomes that it is about.
    pub observation: &'static str,
    /// How many of those there were.
    pub asked_for: u64,
    /// How many outcomes there were that may not happen.
    pub forbidden: u64,
    /// How long it took.
    pub seconds: f64,
}

impl Outcomes {
    /// From what the guest counted.
    pub fn new(shape: &Shape, groups: u32, counts: impl IntoIterator<Item = (u64, u64)>) -> Outcomes {
        let mut merged = BTreeMap::new();
        for (outcome, count) in counts {
            *merged.entry(shape.project(outcome)).or_insert(0) += count;
        }
        let row = |(&outcome, &count): (&u64, &u64)| Row {
            count,
            outcome: shape.in_words(outcome),
            is_asked_for: shape.is_about(outcome),
            is_forbidden: shape.forbids(outcome),
        };
        let rows: Vec<Row> = merged.iter().map(row).collect();
        let sum = |which: fn(&Row) -> bool| rows.iter().filter(|row| which(row)).map(|row| row.count).sum();
        let (iterations, asked_for, forbidden) =
            (sum(|_| true), sum(|row| row.is_asked_for), sum(|row| row.is_forbidden));
        let (model, because) = match shape.model {
            Model::Forbidden(because) => ("Forbidden", because),
            Model::Allowed(because) | Model::AllowedHidden(because) => ("Allowed", because),
        };
        let observation = match asked_for {
            0 => "Never",
            all if all == iterations => "Always",
            _ => "Sometimes",
        };
        Outcomes {
            shape: shape.name,
            model,
            because,
            is_hidden: matches!(shape.model, Model::AllowedHidden(_)),
            threads: shape.threads,
            groups,
            iterations,
            rows,
            observation,
            asked_for,
            forbidden,
            seconds: 0.0,
        }
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Test {} {}: {}", self.shape, self.model, self.because)?;
        writeln!(f, "Histogram ({} states)", self.rows.len())?;
        for row in &self.rows {
            let mark = if row.is_asked_for { "*>" } else { ":>" };
            let wrong = if row.is_forbidden { "   <- forbidden" } else { "" };
            writeln!(f, "{:>12} {mark} {}{wrong}", grouped(row.count), row.outcome)?;
        }
        let others = self.iterations - self.asked_for;
        writeln!(f, "Observation {} {} {} {others}", self.shape, self.observation, self.asked_for)?;
        writeln!(f, "Time {} {:.2}", self.shape, self.seconds)
    }
}

/// What was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Options {
    /// Harts of the machine.
    pub harts: u32,
    /// Iterations of each shape, at least.
    pub iterations: u64,
    /// Of everything random.
    pub seed: u64,
}

/// A run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What was asked for.
    pub options: Options,
    /// A row a shape that was run, if only in part.
    pub shapes: Vec<Outcomes>,
    /// How many were to be run.
    pub wanted: usize,
    /// How many were run to their end.
    pub done: usize,
    /// Those that were not, for want of harts.
    pub skipped: Vec<&'static str>,
    /// A person ended it before all of them were done.
    pub interrupted: bool,
    /// What ended it before its time, if anything did.
    pub trouble: Option<String>,
    /// What speaks against a PASS.
    pub objections: Vec<String>,
    /// Whether nothing does, and all were run.
    pub passed: bool,
}

/// What is said of a run at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every shape was run, and nothing was forbidden.
    Pass,
    /// Something speaks against it.
    Fail,
    /// Nothing so far, and not all shapes were run.
    Interrupted,
}

impl Report {
    /// Nothing has been run.
    pub fn new(options: Options) -> Report {
        Report {
            options,
            shapes: Vec::new(),
            wanted: 0,
            done: 0,
            skipped: Vec::new(),
            interrupted: false,
            trouble: None,
            objections: Vec::new(),
            passed: false,
        }
    }

    /// Decides whether it passed.
    pub fn judge(&mut self) {
        let mut objections: Vec<String> = self.trouble.iter().cloned().collect();
        for outcomes in &self.shapes {
            let wrong = outcomes.rows.iter().filter(|row| row.is_forbidden);
            objections.extend(wrong.map(|row| {
                format!("{}: forbidden and seen {} times: {}", outcomes.shape, grouped(row.count), row.outcome)
            }));
            if outcomes.iterations == 0 && self.trouble.is_none() {
                objections.push(format!("{}: never run", outcomes.shape));
            }
        }
        if self.shapes.is_empty() && !self.interrupted && self.trouble.is_none() {
            objections.push("no shape was run".to_owned());
        }
        self.passed = objections.is_empty() && !self.interrupted;
        self.objections = objections;
    }

    /// After it has been judged.
    pub fn verdict(&self) -> Verdict {
        match (self.passed, self.objections.is_empty()) {
            (true, _) => Verdict::Pass,
            (false, true) => Verdict::Interrupted,
            (false, false) => Verdict::Fail,
        }
    }

    /// The shapes whose allowed outcomes were never seen, and whether a host of total store order can show them.
    fn never(&self, is_hidden: bool) -> Vec<&'static str> {
        let never = |row: &&Outcomes| row.model == "Allowed" && row.asked_for == 0 && row.is_hidden == is_hidden;
        self.shapes.iter().filter(never).map(|row| row.shape).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |model| self.shapes.iter().filter(|row| row.model == model).count();
        let iterations: u64 = self.shapes.iter().map(|row| row.iterations).sum();
        let (done, wanted) = (self.done, self.wanted);
        let of = if done < wanted { format!(" of {wanted}") } else { String::new() };
        let plural = if wanted == 1 { "" } else { "s" };
        writeln!(
            f,
            "{done}{of} shape{plural}, {} iterations on {} harts: {} that are forbidden, {} that are allowed",
            grouped(iterations),
            self.options.harts,
            count("Forbidden"),
            count("Allowed"),
        )?;
        let hidden = self.never(true);
        if !hidden.is_empty() {
            let why = if cfg!(target_arch = "x86_64") {
                "allowed, and a host of total store order cannot show it"
            } else {
                "allowed, and not seen"
            };
            writeln!(f, "{why}: {}", hidden.join(", "))?;
        }
        let unseen = self.never(false);
        if !unseen.is_empty() {
            writeln!(f, "allowed, and not seen in this run: {}", unseen.join(", "))?;
        }
        if !self.skipped.is_empty() {
            writeln!(f, "not run, for want of harts: {}", self.skipped.join(", "))?;
        }
        for objection in &self.objections {
            writeln!(f, "  {objection}")?;
        }
        let seed = self.options.seed;
        match self.verdict() {
            Verdict::Pass => write!(f, "PASS: no forbidden outcome (seed {seed})"),
            Verdict::Fail => write!(f, "FAIL (seed {seed})"),
            Verdict::Interrupted if iterations == 0 => write!(f, "INTERRUPTED: nothing was checked (seed {seed})"),
            Verdict::Interrupted => {
                write!(
                    f,
                    "INTERRUPTED: {done} of {wanted} shape{plural} done, no forbidden outcome so far (seed {seed})"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shapes::SHAPES;
    use super::*;

    fn shape(name: &str) -> &'static Shape {
        SHAPES.iter().find(|shape| shape.name == name).expect("there is one")
    }

    fn report(name: &str, counts: &[(u64, u64)]) -> Report {
        let mut report = Report::new(Options { harts: 4, iterations: 1, seed: 7 });
        (report.wanted, report.done) = (1, 1);
        report.shapes = vec![Outcomes::new(shape(name), 1, counts.iter().copied())];
        report.judge();
        report
    }

    #[test]
    fn an_interrupted_run_says_how_far_it_came_and_passes_nothing() {
        let stale = 0x0000_0100;
        let so_far = "INTERRUPTED: 0 of 3 shapes done, no forbidden outcome so far (seed 7)";
        for (counts, shapes, want) in [
            (&[(0, 1)][..], 0, "INTERRUPTED: nothing was checked (seed 7)"),
            (&[(0, 1)], 1, so_far),
            (&[(stale, 1)], 1, "FAIL (seed 7)"),
        ] {
            let mut report = report("MP+fence.rw.rws", counts);
            (report.wanted, report.done, report.interrupted) = (3, 0, true);
            report.shapes.truncate(shapes);
            report.judge();
            let text = report.to_string();
            assert!(!report.passed && text.starts_with("0 of 3 shapes, ") && text.ends_with(want), "{text}");
        }
        assert!(report("MP", &[(0, 1)]).to_string().starts_with("1 shape, "));
    }

    #[test]
    fn what_is_not_observed_does_not_count() {
        // Thread 0 read y = 1, thread 1 x = 0; x and y, which are 1 in the end, are not asked for.
        let report = report("SB", &[(0x11_0000_0001, 3), (0x10_0000_0001, 4), (0, 5)]);
        let [outcomes] = &report.shapes[..] else { panic!("one shape") };
        let rows: Vec<_> = outcomes.rows.iter().map(|row| (row.count, &row.outcome[..], row.is_asked_for)).collect();
        assert_eq!(rows, [(5, "0:y=0; 1:x=0;", true), (7, "0:y=1; 1:x=0;", false)]);
        assert_eq!((outcomes.observation, outcomes.iterations, outcomes.forbidden), ("Sometimes", 12, 0));
        assert!(report.passed && report.to_string().ends_with("PASS: no forbidden outcome (seed 7)"));
    }

    #[test]
    fn what_is_forbidden_fails_the_run_where_the_shape_forbids_it() {
        let (stale, strange) = (0x0000_0100, 0x0000_0f00);
        let cases = [("MP", stale, true), ("MP+fence.rw.rws", stale, false), ("MP", strange, false)];
        for (name, outcome, passes) in cases {
            let report = report(name, &[(outcome, 2), (0, 1)]);
            assert_eq!(report.passed, passes, "{name} {outcome:#x}");
            assert_eq!(report.to_string().contains("FAIL"), !passes, "{report}");
        }
        assert!(!report("MP", &[]).passed, "never run");
    }

    #[test]
    fn patterns_have_a_place_for_each_thing_observed() {
        for shape in SHAPES {
            for pattern in shape.about {
                assert_eq!(pattern.len(), shape.observed.len(), "{}", shape.name);
                assert!(pattern.bytes().all(|byte| matches!(byte, b'.' | b'0'..=b'9')), "{}", shape.name);
            }
            assert!(!shape.about.is_empty() && (2..=4).contains(&shape.threads), "{}", shape.name);
        }
    }
}
