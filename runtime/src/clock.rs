//! The one gate through which time enters: the host's monotonic clock, or one that its owner moves by hand.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::Attention;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use crate::sync::{Mutex, elapsed, spin_loop};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A clock that counts ticks of a fixed frequency from zero. Cheap to clone; clones share their time.
#[derive(Clone)]
pub struct Clock {
    shared: Arc<Shared>,
}

struct Shared {
    frequency: u64,
    /// Where the host's time is counted from; `None`: moved by hand.
    origin: Option<Instant>,
    state: State,
    writer: Mutex<Writer>,
}

/// What is changed while others read: a sequence lock, its writers serialised by the mutex beside it.
///
/// Writer: makes `sequence` odd, changes the fields, makes it even with Release. Reader: reads an even `sequence` with Acquire, the
/// fields and the host's clock, and `sequence` again after an Acquire fence. If both are equal, no change fell between, so the fields
/// belong together and to the moment of the host's clock.
struct State {
    sequence: AtomicU64,
    /// Ticks at the origin while running, wrapping; the time itself while standing.
    base: AtomicU64,
    standing: AtomicBool,
}

#[derive(Default)]
struct Writer {
    freezes: u64,
    sleepers: Vec<Weak<Attention>>,
}

impl Clock {
    /// Follows the host's monotonic clock at `frequency` ticks per second, from zero at this call.
    ///
    /// # Panics
    /// If the frequency is zero or above 10 GHz: a mistake in the program.
    pub fn host(frequency: u64) -> Clock {
        Clock::new(frequency, Some(Instant::now()))
    }

    /// Stands still until [`Clock::advance`].
    ///
    /// # Panics
    /// As [`Clock::host`].
    pub fn manual(frequency: u64) -> Clock {
        Clock::new(frequency, None)
    }

    fn new(frequency: u64, origin: Option<Instant>) -> Clock {
        assert!((1..=10 * NANOS_PER_SECOND).contains(&frequency), "a clock of {frequency} Hz");
        let standing = AtomicBool::new(origin.is_none());
        let state = State { sequence: AtomicU64::new(0), base: AtomicU64::new(0), standing };
        Clock { shared: Arc::new(Shared { frequency, origin, state, writer: Mutex::default() }) }
    }

    /// Ticks per second.
    pub fn frequency(&self) -> u64 {
        self.shared.frequency
    }

    /// The time, in ticks. Takes no system call on the hosts that give time without one.
    #[inline]
    pub fn now(&self) -> u64 {
        let state = &self.shared.state;
        loop {
            let before = state.sequence.load(Ordering::Acquire);
            let now = self.read_state();
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && state.sequence.load(Ordering::Relaxed) == before {
                return now;
            }
            spin_loop();
        }
    }

    /// The time by the fields as they are: exact for the one who holds the writers' lock.
    #[inline]
    fn read_state(&self) -> u64 {
        let state = &self.shared.state;
        let base = state.base.load(Ordering::Relaxed);
        if state.standing.load(Ordering::Relaxed) { base } else { base.wrapping_add(self.host_ticks()) }
    }

    /// Ticks since the origin, rounded down. Seconds and the rest apart: exact, and without a wide division.
    #[inline]
    fn host_ticks(&self) -> u64 {
        let Some(origin) = self.shared.origin else { return 0 };
        let (elapsed, frequency) = (elapsed(origin), self.shared.frequency);
        // The rest is below 2^30 and the frequency below 2^34.
        let rest = u64::from(elapsed.subsec_nanos()) * frequency / NANOS_PER_SECOND;
        elapsed.as_secs().wrapping_mul(frequency).wrapping_add(rest)
    }

    /// Sets the time (a guest may write its time register); deadlines keep their tick values.
    pub fn set(&self, ticks: u64) {
        let mut writer = self.shared.writer.lock();
        let standing = self.shared.state.standing.load(Ordering::Relaxed);
        self.change(&mut writer, ticks, standing);
    }

    /// Moves a manual clock on; no effect on one that follows the host.
    pub fn advance(&self, ticks: u64) {
        if self.shared.origin.is_none() {
            let mut writer = self.shared.writer.lock();
            let now = self.read_state();
            self.change(&mut writer, now.saturating_add(ticks), true);
        }
    }

    /// From now on the time is `now`, standing or running; whoever sleeps until a moment looks again.
    fn change(&self, writer: &mut Writer, now: u64, standing: bool) {
        let state = &self.shared.state;
        let sequence = state.sequence.load(Ordering::Relaxed);
        state.sequence.store(sequence.wrapping_add(1), Ordering::Relaxed);
        // The fields may not be seen changed before the odd sequence is: this fence with the reader's.
        fence(Ordering::Release);
        let base = if standing { now } else { now.wrapping_sub(self.host_ticks()) };
        state.base.store(base, Ordering::Relaxed);
        state.standing.store(standing, Ordering::Relaxed);
        state.sequence.store(sequence.wrapping_add(2), Ordering::Release);
        writer.sleepers.retain(|sleeper| sleeper.upgrade().inspect(|sleeper| sleeper.raise()).is_some());
    }

    /// How long from now until `ticks`, on the host, rounded up; zero when past, `None` when it is never or the clock is manual. While the clock
    /// is frozen at least a millisecond, so that a sleeper that looks again does not spin.
    pub fn until(&self, ticks: u64) -> Option<Duration> {
        self.shared.origin.filter(|_| ticks != u64::MAX)?;
        let left = ticks.saturating_sub(self.now());
        let frequency = self.shared.frequency;
        let rest = u128::from(left % frequency) * u128::from(NANOS_PER_SECOND);
        // Below a second, or just that by rounding up.
        let nanos = rest.div_ceil(u128::from(frequency)) as u64;
        let duration = Duration::from_secs(left / frequency) + Duration::from_nanos(nanos);
        let frozen = left > 0 && self.shared.state.standing.load(Ordering::Relaxed);
        Some(if frozen { duration.max(Duration::from_millis(1)) } else { duration })
    }

    /// Stops and restarts guest time around a pause; nested calls count.
    pub fn freeze(&self) {
        let mut writer = self.shared.writer.lock();
        writer.freezes += 1;
        if writer.freezes == 1 {
            let now = self.read_state();
            self.change(&mut writer, now, true);
        }
    }

    /// Undoes one [`Clock::freeze`]; without one it does nothing.
    pub fn thaw(&self) {
        let mut writer = self.shared.writer.lock();
        let Some(left) = writer.freezes.checked_sub(1) else { return };
        writer.freezes = left;
        if left == 0 {
            let now = self.read_state();
            self.change(&mut writer, now, self.shared.origin.is_none());
        }
    }

    /// Raises `sleeper` whenever the time jumps (a manual clock moves, a guest sets the time, guest time stops or starts): a host's sleep until a
    /// deadline does not know of jumps.
    pub fn wake_on_jump(&self, sleeper: Weak<Attention>) {
        self.shared.writer.lock().sleepers.push(sleeper);
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({} of {} Hz)", self.now(), self.frequency())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_by_hand_alone() {
        let clock = Clock::manual(10_000_000);
        let other = clock.clone();
        assert_eq!(clock.now(), 0);
        clock.advance(7);
        assert_eq!(other.now(), 7);
        other.set(3);
        assert_eq!(clock.now(), 3);
        clock.freeze();
        clock.thaw();
        clock.advance(u64::MAX);
        assert_eq!(clock.now(), u64::MAX);
        assert_eq!(clock.until(u64::MAX - 1), None);
    }

    #[test]
    fn a_host_clock_runs_freezes_and_jumps() {
        let clock = Clock::host(NANOS_PER_SECOND);
        let first = clock.now();
        while clock.now() == first {}
        clock.advance(1 << 60);
        assert!(clock.now() < 1 << 59, "advance is for manual clocks");
        clock.freeze();
        clock.freeze();
        let frozen = clock.now();
        std::thread::sleep(Duration::from_millis(2));
        clock.thaw();
        assert_eq!(clock.now(), frozen, "one freeze is left");
        let thawed = Instant::now();
        clock.thaw();
        let ran = u128::from(clock.now() - frozen);
        assert!(ran <= thawed.elapsed().as_nanos(), "time did not run while frozen");
        clock.thaw();
        clock.set(1 << 62);
        assert!(clock.now() >= 1 << 62);
        clock.set(u64::MAX);
        while clock.now() == u64::MAX {}
        assert!(clock.now() < 1 << 40, "time wraps");
    }

    #[test]
    fn until_is_exact_at_the_ends() {
        let clock = Clock::host(3);
        clock.freeze();
        let now = clock.now();
        assert_eq!(clock.until(u64::MAX), None);
        assert_eq!(clock.until(now), Some(Duration::ZERO));
        assert_eq!(clock.until(now + 3), Some(Duration::from_secs(1)));
        assert_eq!(clock.until(now + 1), Some(Duration::from_nanos(333_333_334)), "rounded up");
        assert!(clock.until(u64::MAX - 1).is_some());
        let fast = Clock::host(10 * NANOS_PER_SECOND);
        fast.freeze();
        assert_eq!(
            fast.until(fast.now() + 1),
            Some(Duration::from_millis(1)),
            "a sleeper does not spin on a frozen clock"
        );
    }

    #[test]
    fn jumps_wake_sleepers() {
        let clock = Clock::manual(1);
        let sleeper = Arc::new(Attention::new());
        clock.wake_on_jump(Arc::downgrade(&sleeper));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while clock.now() < 10 {
                    sleeper.park(&clock, 10);
                    sleeper.take();
                }
            });
            for _ in 0..10 {
                clock.advance(1);
            }
        });
        drop(sleeper);
        clock.advance(1);
        assert!(clock.shared.writer.lock().sleepers.is_empty(), "the dead are forgotten");
    }

    #[test]
    fn readers_never_see_half_a_change() {
        let clock = Clock::manual(1);
        std::thread::scope(|scope| {
            scope.spawn(|| (0..20_000).for_each(|i| clock.set(i)));
            let mut last = 0;
            while last < 19_999 {
                let now = clock.now();
                assert!(now >= last);
                last = now;
            }
        });
    }
}
