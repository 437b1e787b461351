//! The one door through which the world stops: `pause` returns when every reader is at a boundary and no handler runs.

use crate::sync::atomic::{AtomicU64, Ordering};

/// Holds the machine paused; dropping it resumes, when it was the last. Several threads may hold one at once.
#[must_use = "the machine resumes when this is dropped"]
pub struct Paused {
    _todo: (),
}

/// The door. Handlers run under a reader that is not at a boundary, or under a pass.
pub struct Gate {
    /// `passes held << 1 | closed`.
    passes: AtomicU64,
}

const CLOSED: u64 = 1;
const ONE_PASS: u64 = 2;

/// Lets a thread that is no reader run handlers; a pause waits for it to be dropped.
pub(crate) struct Pass<'a>(&'a Gate);

impl Gate {
    /// Open.
    pub(crate) fn new() -> Gate {
        Gate { passes: AtomicU64::new(0) }
    }

    /// A pass, unless the machine is paused (or about to be).
    pub(crate) fn try_pass(&self) -> Option<Pass<'_>> {
        // The pauser closes with one RMW on this word and then waits for the count to be zero. If its close is first, this RMW
        // sees it and takes the count back; if this one is first, the pauser sees the count and waits.
        let before = self.passes.fetch_add(ONE_PASS, Ordering::AcqRel);
        let pass = Pass(self);
        (before & CLOSED == 0).then_some(pass)
    }

    /// A pass even while the machine is paused: for what the pausing thread itself asks of devices (a reset, a debugger's look).
    pub(crate) fn pass_anyway(&self) -> Pass<'_> {
        self.passes.fetch_add(ONE_PASS, Ordering::AcqRel);
        Pass(self)
    }

    /// Refuses passes from now on.
    pub(crate) fn close(&self) {
        self.passes.fetch_or(CLOSED, Ordering::AcqRel);
    }

    /// Gives passes again.
    pub(crate) fn open(&self) {
        self.passes.fetch_and(!CLOSED, Ordering::AcqRel);
    }

    /// Whether passes are refused now.
    pub(crate) fn is_closed(&self) -> bool {
        self.passes.load(Ordering::Acquire) & CLOSED != 0
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        // Release: what the handlers did happens before the pause that sees the count fall.
        self.0.passes.fetch_sub(ONE_PASS, Ordering::AcqRel);
    }
}
