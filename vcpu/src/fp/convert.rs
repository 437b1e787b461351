//! Soft conversions between the formats, and from and to integers (20.7, 21.5).

use super::format::{is_nan, is_negative};
use super::round::{Kind, nan, round, rounds_up, shift_right_sticky, signed, unpack};
use super::{Flags, Format, Rounding};
#[cfg(feature = "planted-bugs")]
use crate::planted::{self, Bug};

/// The integer types of the conversions: `i32`, `u32`, `i64`, `u64`.
pub trait Integer: Copy + TryFrom<i64> {
    /// The largest value.
    const MAX: Self;
    /// The smallest value.
    const MIN: Self;
    /// Its sign and magnitude.
    fn split(self) -> (bool, u64);
    /// The value of this sign and magnitude, if it is in range.
    fn join(negative: bool, magnitude: u128) -> Option<Self>;
}

macro_rules! integer {
    ($($int:ident)*) => {$(
        impl Integer for $int {
            const MAX: Self = $int::MAX;
            const MIN: Self = $int::MIN;

            #[inline]
            fn split(self) -> (bool, u64) {
                let wide = i128::from(self);
                (wide < 0, wide.unsigned_abs() as u64)
            }

            fn join(negative: bool, magnitude: u128) -> Option<Self> {
                let wide = i128::try_from(magnitude).ok()?;
                Self::try_from(if negative { -wide } else { wide }).ok()
            }
        }
    )*};
}

integer!(i32 u32 i64 u64);

pub(super) fn convert<From: Format, To: Format>(a: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    let negative = is_negative::<From>(a);
    match unpack::<From>(a) {
        Kind::Nan => {
            nan::<From>(&[a], flags);
            To::NAN
        }
        Kind::Infinity => signed::<To>(negative, To::INFINITY),
        Kind::Zero => signed::<To>(negative, 0),
        Kind::Finite(x) => round::<To>(negative, x.exponent - 63, x.significand.into(), rm, flags),
    }
}

pub(super) fn to_int<F: Format, I: Integer>(a: u64, rm: Rounding, flags: &mut Flags) -> I {
    // Bounds are judged after rounding: -0.9 towards zero is a valid unsigned 0.
    let negative = is_negative::<F>(a);
    let (integer, rest) = match unpack::<F>(a) {
        Kind::Zero => (0, 0),
        Kind::Finite(x) if x.exponent < 64 => {
            // 64 bits of integer, 64 of fraction.
            let wide = u128::from(x.significand);
            let fixed = match x.exponent + 1 {
                shift @ 0.. => wide << shift,
                shift => shift_right_sticky(wide, shift.unsigned_abs()),
            };
            (fixed >> 64, fixed << 64)
        }
        Kind::Finite(_) | Kind::Infinity | Kind::Nan => (u128::MAX, 0),
    };
    let up = rounds_up(rm, negative, integer & 1 != 0, rest);
    let value = integer.checked_add(up.into()).and_then(|magnitude| I::join(negative, magnitude));
    match value {
        Some(value) => {
            if rest != 0 {
                flags.raise(Flags::NX);
            }
            value
        }
        None => {
            flags.raise(Flags::NV);
            #[cfg(feature = "planted-bugs")]
            let negative = negative || planted::is(Bug::OverflowToLeast);
            if negative && !is_nan::<F>(a) { I::MIN } else { I::MAX }
        }
    }
}

pub(super) fn from_int<F: Format>(negative: bool, magnitude: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    if magnitude == 0 { 0 } else { round::<F>(negative, 0, magnitude.into(), rm, flags) }
}
