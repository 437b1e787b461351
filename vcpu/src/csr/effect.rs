//! What a CSR write asks of whoever executes instructions.

use std::ops::{BitOr, BitOrAssign};

/// A set of consequences of a CSR write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
// As wide as the loads that compilers make of it: a wide load of what a narrow store just wrote stalls the host.
pub struct Effect(u64);

impl Effect {
    /// Nothing outside the CSRs depends on the write.
    pub const NONE: Effect = Effect(0);
    /// What translation is based on changed (`satp`, PBMTE, ADUE): no cached translation of this hart holds, in any mode.
    pub const TRANSLATION: Effect = Effect(1 << 0);
    /// Physical memory protection changed: cached permissions of this hart, in every mode, no longer hold.
    pub const PMP: Effect = Effect(1 << 1);
    /// An interrupt may have become takeable: ask [`super::CsrFile::pending_interrupt`] before the next instruction.
    pub const INTERRUPTS: Effect = Effect(1 << 2);
    /// [`super::CsrFile::supervisor_deadline`] moved: tell the timer, and recompute the STIP line.
    pub const DEADLINE: Effect = Effect(1 << 3);
    /// FS went to or from Off: code decoded under the other state no longer holds.
    pub const FLOAT: Effect = Effect(1 << 4);
    /// [`super::CsrFile::data_context`] may differ from before in its mode or in SUM and MXR. Translations cached under another
    /// such context are still good under theirs: kernels switch SUM around every copy from user memory.
    pub const DATA_CONTEXT: Effect = Effect(1 << 5);

    /// Whether every consequence of `other` is among these.
    #[inline]
    pub fn contains(self, other: Effect) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is to be done.
    #[inline]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// This effect if `condition`, else none.
    pub(super) fn when(self, condition: bool) -> Effect {
        if condition { self } else { Effect::NONE }
    }
}

impl BitOr for Effect {
    type Output = Effect;
    fn bitor(self, other: Effect) -> Effect {
        Effect(self.0 | other.0)
    }
}

impl BitOrAssign for Effect {
    fn bitor_assign(&mut self, other: Effect) {
        self.0 |= other.0;
    }
}
