//! The one door through which the world stops: `pause` returns when every reader is at a boundary and no handler runs.
//!
//! A handler runs under a reader that is not at a boundary, or under a [`Pass`]. A pause goes in two steps, and the order matters:
//! 1. It asks the readers, and waits until all are at a boundary. Passes are still given, because a reader that waits inside a call
//!    may need a handler on another thread to answer it.
//! 2. It refuses passes, and waits until none is held. No reader can need one any more: none leaves its boundary.
//!
//! The topology actor needs no pass: commits go on. Nor do what the pausing thread itself asks of a device (a reset) and a debugger's
//! accesses wait; a pause by another thread meanwhile waits for them to end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;

use crate::helper::Crew;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::slots::Slots;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::sync::{self, Condvar, Mutex};
use crate::trampoline::inside_handler;

/// Holds the machine paused; dropping it resumes, when it was the last. Several threads may hold one at once.
#[must_use = "the machine resumes when this is dropped"]
pub struct Paused {
    crew: Arc<Crew>,
}

impl std::fmt::Debug for Paused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Paused")
    }
}

/// The door.
pub struct Gate {
    /// `PAUSE` and `STOP`: what readers poll. Changed under `holders`.
    wanted: CachePadded<AtomicU32>,
    /// `passes held << 1 | closed`.
    passes: CachePadded<AtomicU64>,
    /// How many hold the machine paused, or are about to.
    holders: Mutex<usize>,
    /// That `PAUSE` was taken back, or `STOP` set.
    changed: Condvar,
}

const PAUSE: u32 = 1;
const STOP: u32 = 2;
const CLOSED: u64 = 1;
const ONE_PASS: u64 = 2;

/// Lets a thread that is no reader run handlers; a pause waits for it to be dropped.
pub(crate) struct Pass<'a>(&'a Gate);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if sync::model_has_failed() {
            return;
        }
        // Release: what the handlers did happens before the pause that sees the count fall.
        self.0.passes.fetch_sub(ONE_PASS, Ordering::Release);
    }
}

impl Gate {
    /// Open.
    pub(crate) fn new() -> Gate {
        Gate {
            wanted: CachePadded::new(AtomicU32::new(0)),
            passes: CachePadded::new(AtomicU64::new(0)),
            holders: Mutex::new(0),
            changed: Condvar::new(),
        }
    }

    /// Whether readers are to come to a checkpoint.
    #[inline]
    pub(crate) fn wants_checkpoint(&self) -> bool {
        self.wanted.load(Ordering::Acquire) != 0
    }

    /// Whether the machine is paused, or about to be.
    pub(crate) fn is_pausing(&self) -> bool {
        self.wanted.load(Ordering::Acquire) & PAUSE != 0
    }

    /// Whether readers are to leave their loops.
    pub(crate) fn is_stopped(&self) -> bool {
        self.wanted.load(Ordering::Acquire) & STOP != 0
    }

    /// Waits until the machine is not paused. The caller is offline at a boundary.
    pub(crate) fn wait_while_paused(&self) {
        let mut holders = self.holders.lock();
        while *holders > 0 {
            self.changed.wait(&mut holders);
        }
    }

    /// As [`Gate::wait_while_paused`], or until a stop.
    pub(crate) fn wait_for_go_or_stop(&self) {
        let mut holders = self.holders.lock();
        while *holders > 0 && !self.is_stopped() {
            self.changed.wait(&mut holders);
        }
    }

    /// From now on readers leave their loops.
    pub(crate) fn stop(&self) {
        let holders = self.holders.lock();
        // Release: whoever leaves its loop for this sees what came before it.
        self.wanted.fetch_or(STOP, Ordering::Release);
        drop(holders);
        self.changed.notify_all();
    }

    /// A pass, unless the machine is paused.
    pub(crate) fn try_pass(&self) -> Option<Pass<'_>> {
        // The pauser closes with one read-modify-write on this word and then waits for the count to be zero. If its close is first, this
        // one sees it and takes the count back; if this one is first, the pauser sees the count and waits. Acquire: what a pause did before it
        // opened again happens before the handlers. There is nothing to release yet.
        let before = self.passes.fetch_add(ONE_PASS, Ordering::Acquire);
        let pass = Pass(self);
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::PassWhileClosed) {
            return Some(pass);
        }
        (before & CLOSED == 0).then_some(pass)
    }

    /// A pass even while the machine is paused: for what the pausing thread itself asks of devices.
    pub(crate) fn pass_anyway(&self) -> Pass<'_> {
        // Relaxed: it asks nothing of the word. A pause that comes later in the word's order sees the count.
        self.passes.fetch_add(ONE_PASS, Ordering::Relaxed);
        Pass(self)
    }

    /// Whether passes are refused now. A hint: who goes by it and is wrong is put right by [`Gate::try_pass`], or by the helper that a resume
    /// knocks at.
    pub(crate) fn is_closed(&self) -> bool {
        self.passes.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// Refuses passes from now on. Relaxed: the word's order alone decides between this and a pass; what was done under passes that are over
    /// is acquired by the look at their count, which comes after.
    pub(crate) fn close(&self) {
        self.passes.fetch_or(CLOSED, Ordering::Relaxed);
    }

    /// Gives passes again. Release: to those who get one, what was done while there were none.
    pub(crate) fn open(&self) {
        self.passes.fetch_and(!CLOSED, Ordering::Release);
    }

    fn passes_held(&self) -> u64 {
        self.passes.load(Ordering::Acquire) >> 1
    }

    /// Step 1 of a pause. While any holder is left nothing below is taken back.
    fn ask(&self) {
        let mut holders = self.holders.lock();
        *holders += 1;
        // Relaxed: a reader that must see this is ordered behind it by its own slot, which the pauser looks at next.
        self.wanted.fetch_or(PAUSE, Ordering::Relaxed);
    }

    /// Takes one holder's asking and closing back; the last lets everybody go.
    fn resume(&self) {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::WakeBeforeResume) {
            self.changed.notify_all();
        }
        let mut holders = self.holders.lock();
        *holders -= 1;
        let last = *holders == 0;
        if last {
            // Passes first: a reader that sees that it may go may send at once.
            self.open();
            // Release: what was done under the pause happens before whatever a reader does that goes by this.
            self.wanted.fetch_and(!PAUSE, Ordering::Release);
        }
        drop(holders);
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        let last = last && !planted::is(Bug::WakeBeforeResume);
        if last {
            self.changed.notify_all();
        }
    }
}

/// Stops the world. Returns when every reader is at a boundary and no handler runs.
pub(crate) fn pause(crew: &Arc<Crew>, slots: &Slots) -> Paused {
    debug_assert!(!inside_handler(), "a handler never waits");
    let gate = crew.gate();
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    if planted::is(Bug::ScanBeforeGate) {
        wait_until("reader", || slots.running().iter().map(|slot| slot.name().to_owned()).collect(), crew);
        gate.ask();
        gate.close();
        return Paused { crew: Arc::clone(crew) };
    }
    gate.ask();
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    if planted::is(Bug::ClosePassesFirst) {
        gate.close();
    }
    for slot in slots.running() {
        slot.raise();
    }
    wait_until("readers", || slots.running().iter().map(|slot| slot.name().to_owned()).collect(), crew);
    // While handlers still run: what readers that are gone have coalesced, and the helper is running.
    let coalesced = crew.fence_coalesced();
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    let coalesced = if planted::is(Bug::PauseBeforeCoalesced) { Vec::new() } else { coalesced };
    for waiter in coalesced {
        // A device that is gone or has failed has nothing left to handle.
        drop(waiter.wait());
    }
    gate.close();
    let handlers = || if gate.passes_held() == 0 { Vec::new() } else { vec!["handlers on other threads".to_owned()] };
    wait_until("handlers", handlers, crew);
    crew.clock().freeze();
    Paused { crew: Arc::clone(crew) }
}

impl Drop for Paused {
    fn drop(&mut self) {
        if sync::model_has_failed() {
            return;
        }
        self.crew.clock().thaw();
        self.crew.gate().resume();
        // For the mail that the pause left.
        self.crew.helper().knock();
        if self.crew.helper().has_ended() {
            self.crew.helper().step(&self.crew);
        }
    }
}

/// Waits until `holders` names nobody; reports those who are named for too long.
fn wait_until(whom: &str, mut holders: impl FnMut() -> Vec<String>, crew: &Crew) {
    let began = Instant::now();
    let mut patience = crew.patience();
    for round in 0.. {
        let names = holders();
        if names.is_empty() {
            return;
        }
        if began.elapsed() > patience {
            tracing::warn!(?names, after = ?began.elapsed(), "a pause waits for {whom}");
            patience *= 2;
        }
        sync::back_off(round);
    }
}

/// How long a scan that found nothing rests, by how often it did so already.
pub(crate) fn rest(round: u32) -> Duration {
    Duration::from_micros(20 << round.min(6))
}
