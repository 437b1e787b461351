//! What asks a virtual CPU to look up: a word of pending bits that anybody sets and one thread polls, and a place to sleep.

use crate::clock::Clock;

/// The pending word of one virtual CPU, with its sleep and its timer deadlines.
///
/// Bits 0–55 are levels whose meaning the CPU chooses (an interrupt input each). Bit 63 ([`Attention::RAISED`]) is set with
/// every change that may need action, so that a hot loop tests the sign alone; the owner clears it by [`Attention::take`]
/// before it looks at the levels.
///
/// Who may do what: anybody sets, clears, raises and moves deadlines; only the owning thread takes and parks.
pub struct Attention {
    _todo: (),
}

impl Attention {
    /// Set by every change; a hot loop needs to test nothing else.
    pub const RAISED: u64 = 1 << 63;
    /// How many timer deadlines an attention carries.
    pub const TIMERS: usize = 2;

    /// A word with nothing pending and no deadline.
    pub fn new() -> Attention {
        unimplemented!()
    }

    /// The whole word, relaxed: for the hot loop's test of the sign.
    #[inline]
    pub fn peek(&self) -> u64 {
        unimplemented!()
    }

    /// Clears [`Attention::RAISED`] and returns the levels, with Acquire: whatever happened before a level was set is visible.
    pub fn take(&self) -> u64 {
        unimplemented!()
    }

    /// Sets or clears the level `bit` (0–55), with Release; wakes the owner when it sets.
    pub fn set_level(&self, bit: u32, level: bool) {
        let _ = (bit, level);
        unimplemented!()
    }

    /// Makes the owner look up without changing a level (a pause, a topology change, a moved deadline).
    pub fn raise(&self) {
        unimplemented!()
    }

    /// Sets the deadline of timer `index` in ticks of the clock (`u64::MAX`: never), and raises.
    pub fn set_deadline(&self, index: usize, ticks: u64) {
        let _ = (index, ticks);
        unimplemented!()
    }

    /// The deadline of timer `index`, in ticks of the clock.
    #[inline]
    pub fn deadline(&self, index: usize) -> u64 {
        let _ = index;
        unimplemented!()
    }

    /// Sleeps until [`Attention::RAISED`] is set or the clock passes `until` (ticks; `u64::MAX`: no limit). Returns at once when it
    /// is set already: a wake-up is never lost. The caller is offline.
    pub fn park(&self, clock: &Clock, until: u64) {
        let _ = (clock, until);
        unimplemented!()
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
