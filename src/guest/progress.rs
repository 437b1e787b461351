//! Live progress: a bar on a terminal, a plain line a second elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;
use crate::text::grouped;

/// Shows how far a run is.
pub struct Progress {
    bar: ProgressBar,
    plain: bool,
    last: Instant,
    goal: Goal,
}

/// What ends a run.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// Its time.
    Time(Duration),
    /// So many of what it counts.
    Count(u64),
}

impl Goal {
    /// Whether a run is over that took so long and counted so many.
    pub fn is_reached(self, elapsed: Duration, count: u64) -> bool {
        match self {
            Goal::Time(length) => elapsed >= length,
            Goal::Count(goal) => count >= goal,
        }
    }

    /// How far it is, and how far it goes.
    fn position(self, elapsed: Duration, count: u64) -> (u64, u64) {
        match self {
            Goal::Time(length) => (elapsed.as_millis() as u64, length.as_millis() as u64),
            Goal::Count(goal) => (count, goal),
        }
    }

    fn in_words(self, elapsed: Duration) -> String {
        match self {
            Goal::Time(length) => {
                format!("{:.0}/{} s", elapsed.as_secs_f64().min(length.as_secs_f64()), length.as_secs())
            }
            Goal::Count(goal) => format!("{:.0} s, until {}", elapsed.as_secs_f64(), grouped(goal)),
        }
    }
}

const PLAIN_INTERVAL: Duration = Duration::from_secs(1);

impl Progress {
    /// For a run with this end.
    pub fn new(goal: Goal) -> Progress {
        let plain = !std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(Some(goal.position(Duration::ZERO, 0).1), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:32} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        Progress { bar, plain, last: Instant::now(), goal }
    }

    /// What is known after `elapsed`, when `count` was reached; `line` is made when it is needed.
    pub fn show(&mut self, elapsed: Duration, count: u64, line: impl FnOnce() -> String) {
        if self.plain && self.last.elapsed() < PLAIN_INTERVAL {
            return;
        }
        let line = format!("{}  {}", self.goal.in_words(elapsed), line());
        if self.plain {
            self.last = Instant::now();
            output::note(&line);
        } else {
            self.bar.set_position(self.goal.position(elapsed, count).0);
            self.bar.set_message(line);
        }
    }

    /// Clears the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
