//! Comparison, minimum and maximum, sign injection and classification (20.6, 20.8, 20.9).

use super::format::{is_nan, is_negative, is_signalling, magnitude};
use super::{Flags, Format};
use crate::op::in_one_register;
#[cfg(feature = "planted-bugs")]
use crate::planted::{self, Bug};

/// Numbers in order as integers; both zeros are 0.
#[inline]
fn order<F: Format>(bits: u64) -> i64 {
    let magnitude = magnitude::<F>(bits) as i64;
    if is_negative::<F>(bits) { -magnitude } else { magnitude }
}

#[inline]
fn raise_if(condition: bool, flags: &mut Flags) {
    if condition {
        flags.raise(Flags::NV);
    }
}

/// `a == b`; a quiet comparison: only a signalling NaN is invalid.
#[inline]
pub fn eq<F: Format>(a: u64, b: u64, flags: &mut Flags) -> bool {
    raise_if(is_signalling::<F>(a) || is_signalling::<F>(b), flags);
    !is_nan::<F>(a) && !is_nan::<F>(b) && order::<F>(a) == order::<F>(b)
}

/// `a < b`; a signalling comparison: every NaN is invalid.
#[inline]
pub fn lt<F: Format>(a: u64, b: u64, flags: &mut Flags) -> bool {
    let unordered = is_nan::<F>(a) || is_nan::<F>(b);
    raise_if(unordered, flags);
    !unordered && order::<F>(a) < order::<F>(b)
}

/// `a <= b`; a signalling comparison: every NaN is invalid.
#[inline]
pub fn le<F: Format>(a: u64, b: u64, flags: &mut Flags) -> bool {
    let unordered = is_nan::<F>(a) || is_nan::<F>(b);
    raise_if(unordered, flags);
    !unordered && order::<F>(a) <= order::<F>(b)
}

/// The smaller; -0 is smaller than +0, and a number is preferred to a NaN.
#[inline]
pub fn min<F: Format>(a: u64, b: u64, flags: &mut Flags) -> u64 {
    #[cfg(feature = "planted-bugs")]
    if planted::is(Bug::MinOfZeroes) {
        return choose::<F>(a, b, flags, |a, b| order::<F>(a) < order::<F>(b));
    }
    choose::<F>(a, b, flags, |a, b| order::<F>(a) < order::<F>(b) || order::<F>(a) == order::<F>(b) && a > b)
}

/// The larger; +0 is larger than -0, and a number is preferred to a NaN.
#[inline]
pub fn max<F: Format>(a: u64, b: u64, flags: &mut Flags) -> u64 {
    choose::<F>(a, b, flags, |a, b| order::<F>(a) > order::<F>(b) || order::<F>(a) == order::<F>(b) && a < b)
}

#[inline]
fn choose<F: Format>(a: u64, b: u64, flags: &mut Flags, prefer_a: impl Fn(u64, u64) -> bool) -> u64 {
    raise_if(is_signalling::<F>(a) || is_signalling::<F>(b), flags);
    match (is_nan::<F>(a), is_nan::<F>(b)) {
        (true, true) => F::NAN,
        (true, false) => b,
        (false, true) => a,
        (false, false) if prefer_a(a, b) => a,
        (false, false) => b,
    }
}

/// `a` with the sign of `b`.
#[inline]
pub fn sgnj<F: Format>(a: u64, b: u64) -> u64 {
    magnitude::<F>(a) | b & F::SIGN
}

/// `a` with the opposite of the sign of `b`.
#[inline]
pub fn sgnjn<F: Format>(a: u64, b: u64) -> u64 {
    // At once, so that the two masks need not be there together.
    magnitude::<F>(a) | in_one_register(!b & F::SIGN)
}

/// `a` with the product of both signs.
#[inline]
pub fn sgnjx<F: Format>(a: u64, b: u64) -> u64 {
    a ^ b & F::SIGN
}

/// The mask of `fclass`: one bit set, numbered as in 20.9.
#[inline]
pub fn class<F: Format>(a: u64) -> u64 {
    // From -∞ (bit 0) to -0 (bit 3), and mirrored from +0 (bit 4) to +∞ (bit 7).
    let distance = match magnitude::<F>(a) {
        0 => 0,
        m if m < F::MIN_NORMAL => 1,
        m if m < F::INFINITY => 2,
        m if m == F::INFINITY => 3,
        _ => return if is_signalling::<F>(a) { 1 << 8 } else { 1 << 9 },
    };
    if is_negative::<F>(a) { 1 << (3 - distance) } else { 1 << (4 + distance) }
}
