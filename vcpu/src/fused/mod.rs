//! Fused pairs: one handler for two ops that often stand behind each other, which saves the jump between them.
//!
//! Fusion replaces the first op's handler alone, after its block is made. The second op keeps its place and its own handler, so whatever ends between the two
//! (a fault, a miss in the TLB, a branch that is taken) needs nothing special: the pair is their steps, see [`crate::step`]. Each op is fused with the
//! one behind it wherever the table has the pair; which of two overlapping pairs runs follows from where the first begins.
//!
//! Which pairs there are is data that `cargo xtask fuse` makes from real software: `table` says from what. [`runs`] is what it counts: the
//! translator's own view of code.
#![allow(unsafe_code)] // Handlers: see `op`.

mod lookup;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::config::Isa;
pub(crate) use crate::step::Key;
use crate::step::Shape;
use crate::translate::steps_of;

pub(crate) use lookup::pair;

/// Defines the pairs of one part of the table. Each part has a generic handler of its own, so that the compiler can work on the parts at
/// the same time.
macro_rules! pairs {
    ($($first:ty => $($second:ty)+;)*) => {
        $crate::op::handler! {
            fn pair [X: $crate::step::Step, Y: $crate::step::Step] (hart, op, r) {
                #[cfg(feature = "planted-bugs")]
                let before = r;
                $crate::step::perform!(X, hart, op, r);
                #[cfg(feature = "planted-bugs")]
                if $crate::planted::is($crate::planted::Bug::PairReadsStale) {
                    r = before;
                }
                // SAFETY: the handler's contract: it serves a pair, so another ordinary op follows.
                let second = unsafe { op.add(X::KEY.ops()) };
                $crate::step::between::<X, Y>(hart, &mut r);
                #[cfg(feature = "planted-bugs")]
                if $crate::planted::is($crate::planted::Bug::PairHalfLeftOut) && !Y::KEY.leaves() {
                    // SAFETY: as in `perform`.
                    unsafe { Y::step(hart, second, &mut r) };
                    $crate::op::next!(hart, second, r, Y::KEY.ops())
                }
                $crate::step::perform!(Y, hart, second, r);
                #[cfg(feature = "planted-bugs")]
                if $crate::planted::is($crate::planted::Bug::PairHalfRepeated) {
                    $crate::op::next!(hart, second, r, 0)
                }
                $crate::op::next!(hart, second, r, Y::KEY.ops())
            }
        }
        pub(in crate::fused) const PAIRS: &[$crate::fused::Pair] = &[$($(
            (<$first as $crate::step::Step>::KEY, <$second as $crate::step::Step>::KEY, pair::<$first, $second>),
        )+)*];
    };
}
pub(crate) use pairs;

/// Two steps, and the handler that does both.
pub(crate) type Pair = (Key, Key, crate::op::Handler);

/// A step, for whoever counts pairs: its text is the type's, as the table names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepName(Key);

impl StepName {
    /// Whether an op of this kind never goes on with the one behind it: it can only be the second of a pair.
    pub fn leaves(self) -> bool {
        self.0.leaves()
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Key { shape, code, classes: [d, a, b] } = self.0;
        match shape {
            Shape::Rr => write!(f, "Rr<{code:?}, {d}, {a}, {b}>"),
            Shape::Ri | Shape::Load => write!(f, "{shape:?}<{code:?}, {d}, {a}>"),
            Shape::Store | Shape::Branch => write!(f, "{shape:?}<{code:?}, {a}, {b}>"),
            Shape::Constant => write!(f, "Constant<{d}>"),
            Shape::Jump => write!(f, "Jump<{a}>"),
            Shape::Call => write!(f, "Call<{d}, {a}>"),
            Shape::GotoFar => write!(f, "GotoFar"),
        }
    }
}

/// Translates code that lies at `base` from its first byte to its last, and shows each run of ops that could be fused with the ones behind them, each
/// with the offset of its instruction. False if an instruction is none: what stands there may be data.
pub fn runs(base: u64, code: &[u8], mut visit: impl FnMut(&[(usize, StepName)])) -> bool {
    let mut run = Vec::new();
    steps_of(Isa::default(), base, code, |offset, step| match step {
        Some(key) => run.push((offset, StepName(key))),
        None if run.is_empty() => {}
        None => {
            visit(&run);
            run.clear();
        }
    })
}

impl Key {
    /// Whether the step never goes on with the op behind it.
    const fn leaves(self) -> bool {
        matches!(self.shape, Shape::Jump | Shape::Call | Shape::GotoFar)
    }

    /// A number of its own.
    fn bits(self) -> u64 {
        let [d, a, b] = self.classes;
        u64::from(u32::from_le_bytes([self.shape as u8, self.code as u8, d << 4 | a, b]))
    }
}
