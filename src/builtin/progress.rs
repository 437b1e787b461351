//! Live progress: a bar on a terminal, a plain line a second elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::verdict::Report;
use crate::text::grouped;

/// Shows how far a run is.
pub struct Progress {
    bar: ProgressBar,
    plain: bool,
    last: Instant,
    length: Duration,
}

const PLAIN_INTERVAL: Duration = Duration::from_secs(1);

impl Progress {
    /// For a run of this length.
    pub fn new(length: Duration) -> Progress {
        let plain = !std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(Some(length.as_millis() as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:32} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        Progress { bar, plain, last: Instant::now(), length }
    }

    /// What is known now.
    pub fn show(&mut self, report: &Report) {
        let line = format!(
            "{:.0}/{} s  {} checks, {} wrong, {} map changes",
            report.elapsed.as_secs_f64().min(self.length.as_secs_f64()),
            self.length.as_secs(),
            grouped(report.total(|row| row.ram + row.tear + row.epoch + row.bank + row.cross)),
            grouped(report.total(|row| row.errors)),
            grouped(report.commits),
        );
        if !self.plain {
            self.bar.set_position(report.elapsed.as_millis() as u64);
            self.bar.set_message(line);
        } else if self.last.elapsed() >= PLAIN_INTERVAL {
            self.last = Instant::now();
            eprintln!("{line}");
        }
    }

    /// Clears the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
