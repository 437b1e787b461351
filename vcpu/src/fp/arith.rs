//! Soft arithmetic: an exact result, or one with a sticky last bit, in 128 bits, then one rounding.

use super::format::{is_negative, magnitude};
use super::round::{Kind, Number, invalid, nan, round, shift_right_sticky, signed, unpack};
use super::{Flags, Format, Rounding};

use Kind::{Finite, Infinity, Nan, Zero};

pub(super) fn add<F: Format>(a: u64, b: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    match (unpack::<F>(a), unpack::<F>(b)) {
        (Nan, _) | (_, Nan) => nan::<F>(&[a, b], flags),
        (Infinity, Infinity) if a != b => invalid::<F>(flags),
        (Infinity, _) => a,
        (_, Infinity) => b,
        (Zero, Zero) if a != b => cancelled::<F>(rm),
        (_, Zero) => a,
        (Zero, _) => b,
        (Finite(x), Finite(y)) => sum::<F>(Wide::of(x), Wide::of(y), rm, flags),
    }
}

pub(super) fn mul<F: Format>(a: u64, b: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    let negative = is_negative::<F>(a ^ b);
    match (unpack::<F>(a), unpack::<F>(b)) {
        (Nan, _) | (_, Nan) => nan::<F>(&[a, b], flags),
        (Infinity, Zero) | (Zero, Infinity) => invalid::<F>(flags),
        (Infinity, _) | (_, Infinity) => signed::<F>(negative, F::INFINITY),
        (Zero, _) | (_, Zero) => signed::<F>(negative, 0),
        (Finite(x), Finite(y)) => {
            let product = u128::from(x.significand) * u128::from(y.significand);
            round::<F>(negative, x.exponent + y.exponent - 126, product, rm, flags)
        }
    }
}

pub(super) fn div<F: Format>(a: u64, b: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    let negative = is_negative::<F>(a ^ b);
    match (unpack::<F>(a), unpack::<F>(b)) {
        (Nan, _) | (_, Nan) => nan::<F>(&[a, b], flags),
        (Infinity, Infinity) | (Zero, Zero) => invalid::<F>(flags),
        (Infinity, _) => signed::<F>(negative, F::INFINITY),
        (Zero, _) | (_, Infinity) => signed::<F>(negative, 0),
        (_, Zero) => {
            flags.raise(Flags::DZ);
            signed::<F>(negative, F::INFINITY)
        }
        (Finite(x), Finite(y)) => {
            // At least 64 bits of quotient; the remainder is only sticky.
            let (dividend, divisor) = (u128::from(x.significand) << 64, u128::from(y.significand));
            let quotient = dividend / divisor;
            let sticky = u128::from(quotient * divisor != dividend);
            round::<F>(negative, x.exponent - y.exponent - 64, quotient | sticky, rm, flags)
        }
    }
}

pub(super) fn sqrt<F: Format>(a: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    match unpack::<F>(a) {
        Nan => nan::<F>(&[a], flags),
        Zero => a,
        _ if is_negative::<F>(a) => invalid::<F>(flags),
        Infinity => a,
        Finite(x) => {
            // An even exponent and at least 127 bits, so that the root has 64.
            let odd = x.exponent & 1;
            let square = u128::from(x.significand) << (63 + odd);
            let root = square.isqrt();
            let sticky = u128::from(root * root != square);
            round::<F>(false, (x.exponent - odd - 126) / 2, root | sticky, rm, flags)
        }
    }
}

/// `a * b + c`. ∞ × 0 is invalid even when `c` is a quiet NaN (20.6).
pub(super) fn fma<F: Format>(a: u64, b: u64, c: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    let negative = is_negative::<F>(a ^ b);
    match (unpack::<F>(a), unpack::<F>(b), unpack::<F>(c)) {
        (Infinity, Zero, _) | (Zero, Infinity, _) => invalid::<F>(flags),
        (Nan, ..) | (_, Nan, _) | (.., Nan) => nan::<F>(&[a, b, c], flags),
        (Infinity, ..) | (_, Infinity, _) => match signed::<F>(negative, F::INFINITY) {
            product if magnitude::<F>(c) == F::INFINITY && c != product => invalid::<F>(flags),
            product => product,
        },
        (.., Infinity) => c,
        (Zero, ..) | (_, Zero, _) => match signed::<F>(negative, 0) {
            product if magnitude::<F>(c) == 0 && c != product => cancelled::<F>(rm),
            _ => c,
        },
        (Finite(x), Finite(y), Zero) => {
            let product = Wide::product(x, y);
            round::<F>(negative, product.exponent - 126, product.significand, rm, flags)
        }
        (Finite(x), Finite(y), Finite(z)) => sum::<F>(Wide::product(x, y), Wide::of(z), rm, flags),
    }
}

/// A sum of two numbers of opposite sign that is exactly zero.
fn cancelled<F: Format>(rm: Rounding) -> u64 {
    signed::<F>(rm == Rounding::Rdn, 0)
}

/// `significand × 2^(exponent - 126)`: the top bit set is bit 126, and the lowest 19 are clear.
struct Wide {
    negative: bool,
    exponent: i32,
    significand: u128,
}

impl Wide {
    fn of(x: Number) -> Self {
        Self { negative: x.negative, exponent: x.exponent, significand: u128::from(x.significand) << 63 }
    }

    /// Exact: 53 × 53 bits leave the lowest 22 of 128 clear.
    fn product(x: Number, y: Number) -> Self {
        let product = u128::from(x.significand) * u128::from(y.significand);
        let carry = (product >> 127) as i32;
        let exponent = x.exponent + y.exponent + carry;
        Self { negative: x.negative != y.negative, exponent, significand: product >> carry }
    }
}

/// The sum, rounded. The smaller operand's lost bits are sticky; they are lost only when its exponent is far enough
/// below (19 bits at least) that a difference keeps all but one of its leading bits.
fn sum<F: Format>(x: Wide, y: Wide, rm: Rounding, flags: &mut Flags) -> u64 {
    let x_is_larger = (x.exponent, x.significand) >= (y.exponent, y.significand);
    let (large, small) = if x_is_larger { (x, y) } else { (y, x) };
    let aligned = shift_right_sticky(small.significand, (large.exponent - small.exponent) as u32);
    let significand =
        if large.negative == small.negative { large.significand + aligned } else { large.significand - aligned };
    if significand == 0 {
        return cancelled::<F>(rm);
    }
    round::<F>(large.negative, large.exponent - 126, significand, rm, flags)
}
