//! The host's own arithmetic, for the cases where result and flags provably equal the soft path's.
//!
//! Rust's float operations are IEEE 754's in round-to-nearest-even. When such a result is a normal number beyond the
//! smallest one, no operand was a NaN or an infinity, nothing overflowed, and the exact result was not tiny: the only
//! flag that can be due is NX. It is skipped when already set, which it is soon after any program's start, and found by
//! exact integer means otherwise. `None` means: not such a case, take the soft path; nothing was raised.

use super::format::{Host, magnitude};
use super::{F32, F64, Flags, Format, Integer, Rounding};

#[inline]
fn host<F: Format>(bits: u64) -> F::Host {
    F::Host::from_bits(bits)
}

#[inline]
fn is_finite<F: Format>(bits: u64) -> bool {
    magnitude::<F>(bits) < F::INFINITY
}

/// By the host's comparison: handlers have few registers for bits, and all of those for numbers.
#[inline]
fn is_zero<F: Format>(bits: u64) -> bool {
    host::<F>(bits) == host::<F>(0)
}

/// Normal, and not the smallest such, which may have been rounded up from a tiny result.
#[inline]
pub(super) fn is_plain<F: Format>(bits: u64) -> bool {
    magnitude::<F>(bits).wrapping_sub(F::MIN_NORMAL + 1) < F::INFINITY - (F::MIN_NORMAL + 1)
}

/// Raises NX unless `inexact` need not be asked, because it is set already.
#[inline]
fn raise_inexact(flags: &mut Flags, inexact: impl FnOnce() -> bool) {
    if !flags.contains(Flags::NX) && inexact() {
        flags.raise(Flags::NX);
    }
}

/// The significand without its trailing zeros: a finite non-zero number is this times a power of two.
#[inline]
fn odd_part<F: Format>(bits: u64) -> u128 {
    let fraction = bits & (F::MIN_NORMAL - 1);
    let integer = if magnitude::<F>(bits) < F::MIN_NORMAL { fraction } else { fraction | F::MIN_NORMAL };
    u128::from(integer >> integer.trailing_zeros())
}

/// True when `x * y` is exactly `z`, given that they are within a factor below 2 of each other: a product of odd numbers
/// is odd, so equal odd parts leave only a power of two between the two, which must be 1.
#[inline]
fn is_product<F: Format>(x: u64, y: u64, z: u64) -> bool {
    odd_part::<F>(x) * odd_part::<F>(y) == odd_part::<F>(z)
}

/// A finite sum: a tiny one is always exact, so a finite result is enough.
#[inline]
pub(super) fn add<F: Format>(a: u64, b: u64, flags: &mut Flags) -> Option<u64> {
    let (x, y) = (host::<F>(a), host::<F>(b));
    let sum = x + y;
    let bits = sum.to_bits();
    if !is_finite::<F>(bits) {
        return None;
    }
    if !flags.contains(Flags::NX) {
        // Knuth's two-sum: the exact error of the sum, unless an intermediate overflows.
        let y_part = sum - x;
        let error = ((x - (sum - y_part)) + (y - y_part)).to_bits();
        if !is_finite::<F>(error) {
            return None;
        }
        raise_inexact(flags, || !is_zero::<F>(error));
    }
    Some(bits)
}

#[inline]
pub(super) fn mul<F: Format>(a: u64, b: u64, flags: &mut Flags) -> Option<u64> {
    let bits = (host::<F>(a) * host::<F>(b)).to_bits();
    if is_plain::<F>(bits) {
        raise_inexact(flags, || !is_product::<F>(a, b, bits));
        return Some(bits);
    }
    (is_zero::<F>(bits) && (is_zero::<F>(a) || is_zero::<F>(b))).then_some(bits)
}

#[inline]
pub(super) fn div<F: Format>(a: u64, b: u64, flags: &mut Flags) -> Option<u64> {
    let bits = (host::<F>(a) / host::<F>(b)).to_bits();
    if is_plain::<F>(bits) {
        raise_inexact(flags, || !is_product::<F>(bits, b, a));
        return Some(bits);
    }
    (is_zero::<F>(bits) && is_zero::<F>(a)).then_some(bits)
}

#[inline]
pub(super) fn sqrt<F: Format>(a: u64, flags: &mut Flags) -> Option<u64> {
    let bits = host::<F>(a).sqrt().to_bits();
    if is_plain::<F>(bits) {
        raise_inexact(flags, || !is_product::<F>(bits, bits, a));
        return Some(bits);
    }
    is_zero::<F>(bits).then_some(bits)
}

/// Only when NX is set already: whether a fused result is exact takes as long to find as the soft path.
#[inline]
pub(super) fn fma<F: Format>(a: u64, b: u64, c: u64, flags: Flags) -> Option<u64> {
    if !flags.contains(Flags::NX) {
        return None;
    }
    let bits = host::<F>(a).mul_add(host::<F>(b), host::<F>(c)).to_bits();
    is_plain::<F>(bits).then_some(bits)
}

#[inline]
pub(super) fn widen(a: u64) -> Option<u64> {
    is_finite::<F32>(a).then(|| host::<F32>(a).widen().to_bits())
}

#[inline]
pub(super) fn narrow(a: u64, flags: &mut Flags) -> Option<u64> {
    let wide = host::<F64>(a);
    let bits = Host::to_bits(wide as f32);
    if !is_plain::<F32>(bits) {
        return is_zero::<F64>(a).then_some(bits);
    }
    raise_inexact(flags, || host::<F32>(bits).widen() != wide);
    Some(bits)
}

/// How two numbers compare: of NaNs there may be something to raise.
#[inline]
#[allow(clippy::eq_op, reason = "what is not equal to itself is a NaN")]
fn numbers<F: Format>(a: u64, b: u64) -> Option<(F::Host, F::Host)> {
    let (x, y) = (host::<F>(a), host::<F>(b));
    (x == x && y == y).then_some((x, y))
}

#[inline]
pub(super) fn eq<F: Format>(a: u64, b: u64) -> Option<bool> {
    numbers::<F>(a, b).map(|(x, y)| x == y)
}

#[inline]
pub(super) fn lt<F: Format>(a: u64, b: u64) -> Option<bool> {
    numbers::<F>(a, b).map(|(x, y)| x < y)
}

#[inline]
pub(super) fn le<F: Format>(a: u64, b: u64) -> Option<bool> {
    numbers::<F>(a, b).map(|(x, y)| x <= y)
}

/// Equal numbers have equal bits, zeroes excepted, of which -0 is the smaller one.
#[inline]
pub(super) fn min<F: Format>(a: u64, b: u64) -> Option<u64> {
    #[cfg(feature = "planted-bugs")]
    if crate::planted::is(crate::planted::Bug::MinOfZeroes) {
        return None;
    }
    let (x, y) = numbers::<F>(a, b)?;
    Some(if x == y {
        a | b
    } else if x < y {
        a
    } else {
        b
    })
}

/// As [`min`].
#[inline]
pub(super) fn max<F: Format>(a: u64, b: u64) -> Option<u64> {
    let (x, y) = numbers::<F>(a, b)?;
    Some(if x == y {
        a & b
    } else if x > y {
        a
    } else {
        b
    })
}

/// Towards zero, as C's casts do.
#[inline]
pub(super) fn to_int<F: Format, I: Integer>(a: u64, flags: &mut Flags) -> Option<I> {
    let wide = host::<F>(a).widen();
    // From 2^63 on the cast would saturate. As bits, infinity and NaN are above that too.
    const LIMIT: u64 = 9_223_372_036_854_775_808f64.to_bits();
    if wide.abs().to_bits() >= LIMIT {
        return None;
    }
    let truncated = wide as i64;
    let value = I::try_from(truncated).ok()?;
    // Exact: an `f64` cut to an integer is an `f64`.
    raise_inexact(flags, || truncated as f64 != wide);
    Some(value)
}

/// To nearest; or in any mode, when the significant bits fit.
#[inline]
pub(super) fn from_int<F: Format, I: Integer>(value: I, rm: Rounding, flags: &mut Flags) -> Option<u64> {
    let (negative, magnitude) = value.split();
    let exact = magnitude == 0 || 64 - magnitude.leading_zeros() - magnitude.trailing_zeros() <= F::PRECISION;
    if !exact && rm != Rounding::Rne {
        return None;
    }
    if !exact {
        flags.raise(Flags::NX);
    }
    let bits = F::Host::from_u64(magnitude).to_bits();
    Some(if negative { bits | F::SIGN } else { bits })
}

/// The same of whatever fits a signed one, by fewer registers: to nearest, in any mode where it is small enough to be exact whatever its bits are.
#[inline]
pub(super) fn from_signed<F: Format>(value: i64, rm: Rounding, flags: Flags) -> Option<u64> {
    let exact = value.unsigned_abs() >> F::PRECISION == 0;
    let may_round = rm == Rounding::Rne && flags.contains(Flags::NX);
    (exact || may_round).then(|| F::Host::from_i64(value).to_bits())
}
