//! The two ends of every soft operation: taking bit patterns apart, and rounding an exact result into one.

use super::format::{is_nan, is_negative, is_signalling, magnitude};
use super::{Flags, Format, Rounding};

/// What kind of value a bit pattern is.
pub(super) enum Kind {
    Nan,
    Infinity,
    Zero,
    Finite(Number),
}

/// A non-zero finite value: `significand × 2^(exponent - 63)`, the significand's top bit set.
#[derive(Clone, Copy)]
pub(super) struct Number {
    pub(super) negative: bool,
    pub(super) exponent: i32,
    pub(super) significand: u64,
}

/// Takes `bits` apart.
pub(super) fn unpack<F: Format>(bits: u64) -> Kind {
    let magnitude = magnitude::<F>(bits);
    if is_nan::<F>(bits) {
        Kind::Nan
    } else if magnitude == F::INFINITY {
        Kind::Infinity
    } else if magnitude == 0 {
        Kind::Zero
    } else {
        Kind::Finite(number::<F>(is_negative::<F>(bits), magnitude))
    }
}

fn number<F: Format>(negative: bool, magnitude: u64) -> Number {
    let fraction = magnitude & (F::MIN_NORMAL - 1);
    let field = (magnitude >> F::FRACTION_BITS) as i32;
    // A subnormal has the exponent of field 1 and no hidden bit.
    let integer = if field == 0 { fraction } else { fraction | F::MIN_NORMAL };
    let shift = integer.leading_zeros();
    let exponent = F::EMIN + field.max(1) - 1 + 63 - F::FRACTION_BITS as i32 - shift as i32;
    Number { negative, exponent, significand: integer << shift }
}

/// The result of an operation that has NaN operands: NV if one of them signals.
#[cold]
pub(super) fn nan<F: Format>(operands: &[u64], flags: &mut Flags) -> u64 {
    if operands.iter().any(|&bits| is_signalling::<F>(bits)) {
        flags.raise(Flags::NV);
    }
    F::NAN
}

/// The result of an invalid operation.
#[cold]
pub(super) fn invalid<F: Format>(flags: &mut Flags) -> u64 {
    flags.raise(Flags::NV);
    F::NAN
}

/// `bits` with the sign given.
pub(super) fn signed<F: Format>(negative: bool, bits: u64) -> u64 {
    if negative { bits | F::SIGN } else { bits }
}

/// `x >> n`, with bit 0 set when a bit that was set fell out: enough for any later rounding.
pub(super) fn shift_right_sticky(x: u128, n: u32) -> u128 {
    match n {
        0 => x,
        1..128 => x >> n | u128::from(x << (128 - n) != 0),
        _ => u128::from(x != 0),
    }
}

/// Whether a magnitude grows by one unit; `rest` is what was cut off, as a fraction of 2^128.
pub(super) fn rounds_up(rm: Rounding, negative: bool, odd: bool, rest: u128) -> bool {
    const HALF: u128 = 1 << 127;
    match rm {
        Rounding::Rne => rest > HALF || rest == HALF && odd,
        Rounding::Rtz => false,
        Rounding::Rdn => negative && rest != 0,
        Rounding::Rup => !negative && rest != 0,
        Rounding::Rmm => rest >= HALF,
    }
}

/// Rounds `significand × 2^scale`, not zero, into the format and raises OF, UF and NX.
///
/// Bit 0 may be sticky, when at least `PRECISION + 2` bits stand above it.
pub(super) fn round<F: Format>(negative: bool, scale: i32, significand: u128, rm: Rounding, flags: &mut Flags) -> u64 {
    let shift = significand.leading_zeros();
    let significand = significand << shift;
    let exponent = scale + 127 - shift as i32;
    let below = (F::EMIN - exponent).max(0) as u32;
    let (kept, rest) = cut::<F>(shift_right_sticky(significand, below), rm, negative);
    // A normal number's hidden bit adds 1 to the exponent field, and so does a carry out of rounding.
    let magnitude = ((exponent - F::EMIN).max(0) as u64) << F::FRACTION_BITS;
    let magnitude = magnitude + kept;
    if magnitude >= F::INFINITY {
        return overflow::<F>(negative, rm, flags);
    }
    if rest != 0 {
        flags.raise(Flags::NX);
        if below > 0 && is_tiny::<F>(significand, below, rm, negative) {
            flags.raise(Flags::UF);
        }
    }
    signed::<F>(negative, magnitude)
}

/// Rounds the top `PRECISION` bits by what is below them; returns them and what was below.
fn cut<F: Format>(significand: u128, rm: Rounding, negative: bool) -> (u64, u128) {
    let kept = (significand >> (128 - F::PRECISION)) as u64;
    let rest = significand << F::PRECISION;
    (kept + u64::from(rounds_up(rm, negative, kept & 1 != 0, rest)), rest)
}

/// Tininess after rounding (20.2): tiny unless rounding to full precision, as if the exponent had no lower bound,
/// would carry up to the smallest normal number.
fn is_tiny<F: Format>(significand: u128, below: u32, rm: Rounding, negative: bool) -> bool {
    below > 1 || cut::<F>(significand, rm, negative).0 < 1 << F::PRECISION
}

#[cold]
fn overflow<F: Format>(negative: bool, rm: Rounding, flags: &mut Flags) -> u64 {
    flags.raise(Flags::OF);
    flags.raise(Flags::NX);
    let to_infinity = match rm {
        Rounding::Rne | Rounding::Rmm => true,
        Rounding::Rtz => false,
        Rounding::Rdn => negative,
        Rounding::Rup => !negative,
    };
    signed::<F>(negative, F::INFINITY - u64::from(!to_infinity))
}
