//! The one gate through which time enters: the host's monotonic clock, or one that its owner moves by hand.

use std::time::Duration;

/// A clock that counts ticks of a fixed frequency from zero. Cheap to clone; clones share their time.
#[derive(Clone)]
pub struct Clock {
    _todo: (),
}

impl Clock {
    /// Follows the host's monotonic clock at `frequency` ticks per second, from zero at this call.
    pub fn host(frequency: u64) -> Clock {
        let _ = frequency;
        unimplemented!()
    }

    /// Stands still until [`Clock::advance`].
    pub fn manual(frequency: u64) -> Clock {
        let _ = frequency;
        unimplemented!()
    }

    /// Ticks per second.
    pub fn frequency(&self) -> u64 {
        unimplemented!()
    }

    /// The time, in ticks. Takes no system call on the hosts that give time without one.
    #[inline]
    pub fn now(&self) -> u64 {
        unimplemented!()
    }

    /// Sets the time (a guest may write its time register); deadlines keep their tick values.
    pub fn set(&self, ticks: u64) {
        let _ = ticks;
        unimplemented!()
    }

    /// Moves a manual clock on; no effect on one that follows the host.
    pub fn advance(&self, ticks: u64) {
        let _ = ticks;
        unimplemented!()
    }

    /// How long from now until `ticks`, on the host; zero when past, `None` when it is never or the clock is manual.
    pub fn until(&self, ticks: u64) -> Option<Duration> {
        let _ = ticks;
        unimplemented!()
    }

    /// Stops and restarts guest time around a pause; nested calls count.
    pub fn freeze(&self) {
        unimplemented!()
    }

    /// Undoes one [`Clock::freeze`].
    pub fn thaw(&self) {
        unimplemented!()
    }
}
