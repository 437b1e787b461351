//! Live progress: a bar on a terminal, a plain line a second elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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

    /// What is known after `elapsed`; `line` is made when it is needed.
    pub fn show(&mut self, elapsed: Duration, line: impl FnOnce() -> String) {
        if self.plain && self.last.elapsed() < PLAIN_INTERVAL {
            return;
        }
        let seconds = elapsed.as_secs_f64().min(self.length.as_secs_f64());
        let line = format!("{seconds:.0}/{} s  {}", self.length.as_secs(), line());
        if self.plain {
            self.last = Instant::now();
            eprintln!("{line}");
        } else {
            self.bar.set_position(elapsed.as_millis() as u64);
            self.bar.set_message(line);
        }
    }

    /// Clears the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
