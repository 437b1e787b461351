//! The two formats: their constants, their host types and their place in a 64-bit f register.

use std::ops::{Add, Div, Mul, Sub};

/// binary32.
#[derive(Clone, Copy, Debug)]
pub struct F32;

/// binary64.
#[derive(Clone, Copy, Debug)]
pub struct F64;

/// An IEEE 754 binary format of at most 64 bits. Bit patterns are held in the low bits of a `u64`, the rest zero.
pub trait Format: Copy + 'static {
    /// Bits of the significand, the hidden one included.
    const PRECISION: u32;
    /// Bits of the exponent field.
    const EXPONENT_BITS: u32;
    /// The host's type of this format.
    type Host: Host;

    /// Bits of the fraction field.
    const FRACTION_BITS: u32 = Self::PRECISION - 1;
    /// Exponent of the smallest normal number.
    const EMIN: i32 = 2 - (1 << (Self::EXPONENT_BITS - 1));
    /// The sign bit.
    const SIGN: u64 = 1 << (Self::FRACTION_BITS + Self::EXPONENT_BITS);
    /// +∞; every magnitude above it is a NaN.
    const INFINITY: u64 = ((1 << Self::EXPONENT_BITS) - 1) << Self::FRACTION_BITS;
    /// The bit that makes a NaN quiet.
    const QUIET: u64 = 1 << (Self::FRACTION_BITS - 1);
    /// The canonical NaN.
    const NAN: u64 = Self::INFINITY | Self::QUIET;
    /// The smallest positive normal number.
    const MIN_NORMAL: u64 = 1 << Self::FRACTION_BITS;
    /// The bits of an f register above a value of this format.
    const BOX: u64 = !(Self::SIGN | (Self::SIGN - 1));

    /// The value in an f register; the canonical NaN when it is not properly boxed (21.2).
    #[inline]
    fn unbox(register: u64) -> u64 {
        #[cfg(feature = "planted-bugs")]
        let register = register | if crate::planted::is(crate::planted::Bug::BoxIgnored) { Self::BOX } else { 0 };
        if register & Self::BOX == Self::BOX { register & !Self::BOX } else { Self::NAN }
    }

    /// The f register that holds `bits`.
    #[inline]
    fn boxed(bits: u64) -> u64 {
        bits | Self::BOX
    }
}

impl Format for F32 {
    const PRECISION: u32 = 24;
    const EXPONENT_BITS: u32 = 8;
    type Host = f32;
}

impl Format for F64 {
    const PRECISION: u32 = 53;
    const EXPONENT_BITS: u32 = 11;
    type Host = f64;
}

/// The magnitude: `bits` without its sign.
#[inline]
pub(super) const fn magnitude<F: Format>(bits: u64) -> u64 {
    bits & !F::SIGN
}

#[inline]
pub(super) const fn is_negative<F: Format>(bits: u64) -> bool {
    bits & F::SIGN != 0
}

#[inline]
pub(super) const fn is_nan<F: Format>(bits: u64) -> bool {
    magnitude::<F>(bits) > F::INFINITY
}

#[inline]
pub(super) const fn is_signalling<F: Format>(bits: u64) -> bool {
    is_nan::<F>(bits) && bits & F::QUIET == 0
}

/// What [`fast`](super::fast) needs of a host type; every method is one IEEE 754 operation in round-to-nearest-even.
pub trait Host:
    Copy + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    fn from_bits(bits: u64) -> Self;
    fn to_bits(self) -> u64;
    fn sqrt(self) -> Self;
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// Rounds an integer.
    fn from_u64(value: u64) -> Self;
    /// The same of a signed one.
    fn from_i64(value: i64) -> Self;
    /// The same number as an `f64`.
    fn widen(self) -> f64;
}

macro_rules! host {
    ($float:ident, $bits:ident) => {
        impl Host for $float {
            #[inline]
            fn from_bits(bits: u64) -> Self {
                $float::from_bits(bits as $bits)
            }
            #[inline]
            fn to_bits(self) -> u64 {
                $float::to_bits(self).into()
            }
            #[inline]
            fn sqrt(self) -> Self {
                $float::sqrt(self)
            }
            #[inline]
            fn mul_add(self, b: Self, c: Self) -> Self {
                $float::mul_add(self, b, c)
            }
            #[inline]
            fn from_u64(value: u64) -> Self {
                value as $float
            }
            #[inline]
            fn from_i64(value: i64) -> Self {
                value as $float
            }
            #[inline]
            fn widen(self) -> f64 {
                self.into()
            }
        }
    };
}

host!(f32, u32);
host!(f64, u64);
