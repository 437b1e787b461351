//! What asks a virtual CPU to look up: a word of pending bits that anybody sets and one thread polls, and a place to sleep.
//!
//! # Who may do what
//! 1. Anybody sets and clears levels, raises, and moves deadlines.
//! 2. Only the owning thread takes and parks; it alone sets and clears `PARKED`.
//! 3. The word is changed by read-modify-writes only, so its changes have one order, and that order decides every race:
//!
//! | first | then | outcome |
//! |---|---|---|
//! | a raiser sets `RAISED` | the owner's `park` sets `PARKED` | the owner reads `RAISED` in the same step and does not sleep |
//! | `park` sets `PARKED` | a raiser sets `RAISED` | the raiser reads `PARKED` in the same step and notifies |
//!
//! The owner holds the lock from before it sets `PARKED` until it sleeps, and the raiser takes the lock between its step and its
//! notification: so the notification comes after the sleep has begun, never between the owner's look and its sleep.

use std::time::Duration;

use crossbeam::utils::CachePadded;

use crate::clock::Clock;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Condvar, Mutex};

/// The owner sleeps, or is about to.
const PARKED: u64 = 1 << 62;
/// What a level may be.
const LEVELS: u64 = (1 << 56) - 1;

/// The pending word of one virtual CPU, with its sleep and its timer deadlines.
///
/// Bits 0–55 are levels whose meaning the CPU chooses (an interrupt input each). Bit 63 ([`Attention::RAISED`]) is set with
/// every change that may need action, so that a hot loop tests the sign alone; the owner clears it by [`Attention::take`]
/// before it looks at the levels.
///
/// Who may do what: anybody sets, clears, raises and moves deadlines; only the owning thread takes and parks.
pub struct Attention {
    word: CachePadded<AtomicU64>,
    deadlines: [AtomicU64; Attention::TIMERS],
    sleep: Mutex<()>,
    wake: Condvar,
}

impl Attention {
    /// Set by every change; a hot loop needs to test nothing else.
    pub const RAISED: u64 = 1 << 63;
    /// How many timer deadlines an attention carries.
    pub const TIMERS: usize = 2;

    /// A word with nothing pending and no deadline.
    pub fn new() -> Attention {
        Attention {
            word: CachePadded::new(AtomicU64::new(0)),
            deadlines: std::array::from_fn(|_| AtomicU64::new(u64::MAX)),
            sleep: Mutex::new(()),
            wake: Condvar::new(),
        }
    }

    /// The whole word, relaxed: for the hot loop's test of the sign, and for a look at the levels that orders nothing.
    #[inline]
    pub fn peek(&self) -> u64 {
        self.word.load(Ordering::Relaxed)
    }

    /// Clears [`Attention::RAISED`] and returns the levels, with Acquire: whatever happened before a level was set is visible.
    ///
    /// A change that comes after this step raises anew, so nothing is lost between the taking and the look at what was taken.
    pub fn take(&self) -> u64 {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::TakeRelaxed) {
            return self.word.fetch_and(!Attention::RAISED, Ordering::Relaxed) & LEVELS;
        }
        self.word.fetch_and(!Attention::RAISED, Ordering::Acquire) & LEVELS
    }

    /// Sets or clears the level `bit` (0–55; others are ignored), with AcqRel; wakes the owner when it sets.
    pub fn set_level(&self, bit: u32, level: bool) {
        let mask = 1u64.checked_shl(bit).unwrap_or(0) & LEVELS;
        match level {
            true => self.raise_with(mask),
            false => {
                self.word.fetch_and(!mask, Ordering::AcqRel);
            }
        }
    }

    /// Takes a place in the order of the word's changes, and changes nothing: who comes before is seen, who comes after sees.
    pub(crate) fn step(&self) {
        self.word.fetch_or(0, Ordering::AcqRel);
    }

    /// Makes the owner look up without changing a level (a pause, a topology change, a moved deadline).
    pub fn raise(&self) {
        self.raise_with(0);
    }

    fn raise_with(&self, levels: u64) {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::WakeBeforeFlag) {
            if self.peek() & PARKED != 0 {
                self.notify();
            }
            self.word.fetch_or(Attention::RAISED | levels, Ordering::Release);
            return;
        }
        // Release: what came before is seen by who takes it. Acquire: who drives a level by what it sees elsewhere looks again after.
        let before = self.word.fetch_or(Attention::RAISED | levels, Ordering::AcqRel);
        if before & PARKED != 0 {
            self.notify();
        }
    }

    #[cold]
    fn notify(&self) {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::NotifyUnlocked) {
            self.wake.notify_one();
            return;
        }
        drop(self.sleep.lock());
        self.wake.notify_one();
    }

    /// Sets the deadline of timer `index` in ticks of the clock (`u64::MAX`: never), and raises.
    ///
    /// The owner reads deadlines after it took: a deadline that it misses there is followed by a raise that it has not taken yet. One that
    /// it sees before the raise, and that is over, interrupts it all the same: Release, so that it sees what came before.
    pub fn set_deadline(&self, index: usize, ticks: u64) {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::RaiseBeforeDeadline) {
            self.raise();
            return self.deadlines[index].store(ticks, Ordering::Release);
        }
        self.deadlines[index].store(ticks, Ordering::Release);
        self.raise();
    }

    /// The deadline of timer `index`, in ticks of the clock.
    #[inline]
    pub fn deadline(&self, index: usize) -> u64 {
        self.deadlines[index].load(Ordering::Acquire)
    }

    /// The earliest deadline of all.
    #[inline]
    pub fn next_deadline(&self) -> u64 {
        (0..Attention::TIMERS).map(|index| self.deadline(index)).fold(u64::MAX, u64::min)
    }

    /// Sleeps until [`Attention::RAISED`] is set or the clock passes `until` (ticks; `u64::MAX`: no limit). Returns at once when it
    /// is set already: a wake-up is never lost. May also return early; the caller looks again. The caller is offline.
    pub fn park(&self, clock: &Clock, until: u64) {
        if clock.now() >= until {
            return;
        }
        let mut sleep = self.sleep.lock();
        // Relaxed: the word's order decides who sees whom. What a raiser did before is acquired by the taking that follows.
        let before = self.word.fetch_or(PARKED, Ordering::Relaxed);
        if before & Attention::RAISED == 0 {
            match clock.until(until) {
                Some(limit) => {
                    self.wake.wait_for(&mut sleep, limit.min(Duration::from_secs(3600)));
                }
                None => self.wake.wait(&mut sleep),
            }
        }
        self.word.fetch_and(!PARKED, Ordering::Relaxed);
    }
}

impl Default for Attention {
    fn default() -> Attention {
        Attention::new()
    }
}

impl crate::line::LineSink for Attention {
    fn set_level(&self, number: u32, level: bool) {
        Attention::set_level(self, number, level);
    }
}

impl std::fmt::Debug for Attention {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attention({:#x}, deadlines {:?})", self.peek(), self.deadlines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn levels_raise_when_set_and_not_when_cleared() {
        let attention = Attention::new();
        assert_eq!(attention.peek(), 0);
        attention.set_level(9, true);
        attention.set_level(0, true);
        assert_eq!(attention.peek(), Attention::RAISED | 1 << 9 | 1);
        assert_eq!(attention.take(), 1 << 9 | 1, "levels alone");
        assert_eq!(attention.peek(), 1 << 9 | 1, "levels stay");
        attention.set_level(9, false);
        assert_eq!(attention.peek(), 1);
        attention.raise();
        assert_eq!(attention.peek(), Attention::RAISED | 1);
    }

    #[test]
    fn bits_that_are_no_levels_change_no_level() {
        let attention = Attention::new();
        for bit in [56, 62, 63, 64, u32::MAX] {
            attention.set_level(bit, true);
            assert_eq!(attention.take(), 0, "{bit}");
            attention.set_level(bit, false);
        }
    }

    #[test]
    fn a_moved_deadline_raises() {
        let attention = Attention::new();
        assert_eq!(
            (attention.deadline(0), attention.deadline(1), attention.next_deadline()),
            (u64::MAX, u64::MAX, u64::MAX)
        );
        attention.set_deadline(1, 5);
        assert_eq!(attention.peek(), Attention::RAISED);
        assert_eq!((attention.deadline(0), attention.deadline(1), attention.next_deadline()), (u64::MAX, 5, 5));
    }

    #[test]
    fn park_returns_at_once_when_raised_or_past() {
        let attention = Attention::new();
        let clock = Clock::manual(1_000_000);
        clock.advance(5);
        attention.park(&clock, 5);
        attention.raise();
        attention.park(&clock, u64::MAX);
        assert_eq!(attention.take(), 0);
        assert_eq!(attention.peek(), 0, "nobody is parked");
    }

    #[test]
    fn park_ends_at_its_deadline() {
        let attention = Attention::new();
        let clock = Clock::host(1_000_000);
        while clock.now() < 2_000 {
            attention.park(&clock, 2_000);
        }
        assert_eq!(attention.peek(), 0);
    }

    #[test]
    fn no_wake_up_is_lost() {
        const ROUNDS: u64 = if cfg!(miri) { 20 } else { 2_000 };
        let (ping, pong) = (Arc::new(Attention::new()), Arc::new(Attention::new()));
        let clock = Clock::manual(1);
        let wait = |mine: &Attention, clock: &Clock| {
            while mine.take() == 0 {
                mine.park(clock, u64::MAX);
            }
            mine.set_level(3, false);
        };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    wait(&ping, &clock);
                    pong.set_level(3, true);
                }
            });
            for _ in 0..ROUNDS {
                ping.set_level(3, true);
                wait(&pong, &clock);
            }
        });
        assert_eq!((ping.take(), pong.take()), (0, 0));
    }
}
