//! `a * b + c`, rounded once, by one instruction of the host, for hosts that have it.
//!
//! Compilers make a call of [`f64::mul_add`] where they may not assume that instruction, and no handler may make one.
#![allow(unsafe_code)] // The instruction is written out.

use super::fast::is_plain;
use super::{F32, F64, Flags, Format};
use crate::decode::Opcode;

/// Whether the host has the instruction.
pub fn is_at_hand() -> bool {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    return std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    false
}

/// A format that the instruction exists for.
trait Fused: Format {
    /// # Safety
    /// [`is_at_hand`].
    unsafe fn multiply_add(a: u64, b: u64, c: u64) -> u64;
}

macro_rules! fused {
    ($format:ident $float:ident $bits:ident $instruction:literal) => {
        impl Fused for $format {
            #[inline(always)]
            unsafe fn multiply_add(a: u64, b: u64, c: u64) -> u64 {
                let [a, b, c] = [a, b, c].map(|bits| $float::from_bits(bits as $bits));
                #[cfg(target_arch = "x86_64")]
                let sum = {
                    let mut sum = c;
                    // SAFETY: the caller's; it touches nothing but these registers, and the host's flags, which nobody reads.
                    unsafe {
                        std::arch::asm!(
                            concat!($instruction, " {0}, {1}, {2}"),
                            inout(xmm_reg) sum, in(xmm_reg) a, in(xmm_reg) b,
                            options(pure, nomem, nostack, preserves_flags),
                        );
                    }
                    sum
                };
                #[cfg(not(target_arch = "x86_64"))]
                let sum = a.mul_add(b, c);
                sum.to_bits().into()
            }
        }
    };
}
fused!(F32 f32 u32 "vfmadd231ss");
fused!(F64 f64 u64 "vfmadd231sd");

/// A fused instruction on f registers, to nearest, where its result and flags are the host's. That is when the result is a plain number and NX is set
/// already: whether a fused result is exact takes as long to find as the soft path. Of sources that should be boxed the caller knows that they are.
///
/// # Safety
/// [`is_at_hand`].
#[inline(always)]
pub unsafe fn quick(op: Opcode, sources: [u64; 3], flags: Flags) -> Option<u64> {
    use Opcode::*;
    // SAFETY: the caller's.
    unsafe {
        match op {
            FmaddS | FmsubS | FnmsubS | FnmaddS => {
                signed::<F32>(op, sources.map(|source| source & !F32::BOX), flags).map(F32::boxed)
            }
            FmaddD | FmsubD | FnmsubD | FnmaddD => signed::<F64>(op, sources, flags),
            _ => None,
        }
    }
}

/// # Safety
/// [`is_at_hand`].
#[inline(always)]
unsafe fn signed<F: Fused>(op: Opcode, [a, b, c]: [u64; 3], flags: Flags) -> Option<u64> {
    use Opcode::*;
    #[cfg(feature = "planted-bugs")]
    if crate::planted::is(crate::planted::Bug::FusedTwiceRounded) {
        return None;
    }
    if !flags.contains(Flags::NX) {
        return None;
    }
    let negated = if matches!(op, FnmsubS | FnmsubD | FnmaddS | FnmaddD) { F::SIGN } else { 0 };
    let subtracted = if matches!(op, FmsubS | FmsubD | FnmaddS | FnmaddD) { F::SIGN } else { 0 };
    // SAFETY: the caller's.
    let bits = unsafe { F::multiply_add(a ^ negated, b, c ^ subtracted) };
    is_plain::<F>(bits).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fp::{Rounding, compute};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_agrees_with_the_soft_path(a: u64, b: u64, c: u64, near in any::<bool>(), narrow in any::<bool>()) {
            use Opcode::*;
            prop_assume!(is_at_hand());
            // Random exponents seldom meet: half of the time all are near 1.
            let tamed = |bits: u64| match (near, narrow) {
                (false, false) => bits,
                (false, true) => F32::boxed(bits & 0xffff_ffff),
                (true, false) => bits & !(0x7ff << 52) | (0x3f0 | bits >> 52 & 0xf) << 52,
                (true, true) => F32::boxed(bits & 0x807f_ffff | (0x78 | bits >> 23 & 7) << 23),
            };
            let sources = [a, b, c].map(tamed);
            let ops = if narrow { [FmaddS, FmsubS, FnmsubS, FnmaddS] } else { [FmaddD, FmsubD, FnmsubD, FnmaddD] };
            for op in ops {
                let mut flags = Flags::NX;
                let soft = compute(op, sources, Rounding::Rne, &mut flags);
                // SAFETY: it is at hand.
                let quick = unsafe { quick(op, sources, Flags::NX) };
                if let Some(value) = quick {
                    prop_assert_eq!((Some(value), Flags::NX), (soft, flags), "{:?} {:x?}", op, sources);
                } else {
                    prop_assert!(!near, "the host was not asked: {op:?} {sources:x?}");
                }
                // SAFETY: as above.
                prop_assert_eq!(unsafe { super::quick(op, sources, Flags::default()) }, None, "NX may be due");
            }
        }
    }
}
