//! `mcycle` and `minstret` (3.1.10) and `mcountinhibit` (3.1.12), against the engine's count of retired instructions.
//!
//! A cycle is a retired instruction: guests see a machine with one instruction per cycle, and the same program reads the same
//! numbers on every run. Neither counter advances in `wfi`.

use super::{CsrFile, Inputs};

/// `mcounteren`, `scounteren`, `mcountinhibit`: cycle, time and instret. The programmable counters are read-only zero
/// and cannot be opened to lower modes.
pub(super) mod bits {
    pub const CY: u64 = 1 << 0;
    pub const TM: u64 = 1 << 1;
    pub const IR: u64 = 1 << 2;
}

/// A counter that runs along with the retired instructions, or stands still.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counter {
    /// Its value is the count of retired instructions plus this.
    Running(u64),
    /// Inhibited at this value.
    Held(u64),
}

impl Default for Counter {
    fn default() -> Counter {
        Counter::Running(0)
    }
}

impl Counter {
    pub(super) fn value(self, instret: u64) -> u64 {
        match self {
            Counter::Running(offset) => instret.wrapping_add(offset),
            Counter::Held(value) => value,
        }
    }

    /// The explicit write takes the place of the writing instruction's own increment: the next instruction reads what
    /// was written (Unprivileged, Zicsr).
    pub(super) fn set(&mut self, value: u64, instret: u64) {
        *self = match self {
            Counter::Running(_) => Counter::Running(value.wrapping_sub(instret.wrapping_add(1))),
            Counter::Held(_) => Counter::Held(value),
        };
    }

    /// The instruction that stops or starts the counter is not counted.
    fn inhibit(&mut self, inhibit: bool, instret: u64) {
        let value = self.value(instret);
        match (inhibit, &self) {
            (true, Counter::Running(_)) => *self = Counter::Held(value),
            (false, Counter::Held(_)) => {
                *self = Counter::Running(0);
                self.set(value, instret);
            }
            _ => {}
        }
    }

    fn inhibited(self) -> bool {
        matches!(self, Counter::Held(_))
    }
}

/// A counter by one of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CounterCsr {
    Cycle,
    Instret,
}

impl CsrFile {
    /// A counter under its unprivileged number, unless the current mode may not read it. `instret` is as in [`Inputs`].
    #[inline(always)]
    pub(crate) fn counter(&self, which: CounterCsr, instret: u64) -> Option<u64> {
        let (counter, bit) = match which {
            CounterCsr::Cycle => (self.cycle, bits::CY),
            CounterCsr::Instret => (self.instret, bits::IR),
        };
        self.counter_enabled(bit).then(|| counter.value(instret))
    }

    /// Whether the current mode may read `time`.
    #[inline(always)]
    pub(crate) fn shows_time(&self) -> bool {
        self.counter_enabled(bits::TM)
    }

    pub(super) fn mcountinhibit(&self) -> u64 {
        let bit = |counter: Counter, bit| if counter.inhibited() { bit } else { 0 };
        bit(self.cycle, bits::CY) | bit(self.instret, bits::IR)
    }

    pub(super) fn write_mcountinhibit(&mut self, value: u64, inputs: Inputs) {
        self.cycle.inhibit(value & bits::CY != 0, inputs.instret);
        self.instret.inhibit(value & bits::IR != 0, inputs.instret);
    }
}
