//! Floating point as the F and D extensions define it, as pure functions on bit patterns.
//!
//! Values are `u64` bit patterns of the format, not NaN-boxed: [`Format::unbox`] and [`Format::boxed`] go from and to an
//! f register. Every function is exact in result and flags in every rounding mode. Where the host's own arithmetic
//! provably gives the same ([`fast`]), it is used; all else is computed here with integers. The host stays in its
//! default rounding mode: nothing here reads or writes its floating-point control or status.
//!
//! Source: RISC-V Unprivileged ISA 20240411, chapters 20 (F) and 21 (D); tininess is detected after rounding (20.2),
//! every NaN result is the canonical one (20.3), minimum and maximum are IEEE 754-2019's minimumNumber and
//! maximumNumber (20.6).

mod arith;
mod compare;
mod convert;
mod fast;
mod format;
pub(crate) mod fused;
mod instruction;
mod round;
#[cfg(test)]
mod tests;

pub use compare::{class, eq, le, lt, max, min, sgnj, sgnjn, sgnjx};
pub use convert::Integer;
pub use format::{F32, F64, Format};
pub use instruction::{compute, quick, singles};

#[cfg(feature = "planted-bugs")]
use crate::planted::{self, Bug};

/// Rounding mode, numbered as in `frm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Rounding {
    /// To nearest, ties to even.
    Rne = 0,
    /// Towards zero.
    Rtz = 1,
    /// Down.
    Rdn = 2,
    /// Up.
    Rup = 3,
    /// To nearest, ties away from zero.
    Rmm = 4,
}

impl Rounding {
    /// All five, by number.
    pub const ALL: [Self; 5] = [Self::Rne, Self::Rtz, Self::Rdn, Self::Rup, Self::Rmm];

    /// The mode of an instruction with field `rm` while `frm` is in force; `None` makes the instruction illegal.
    #[inline]
    pub const fn of(rm: u8, frm: u8) -> Option<Self> {
        match if rm == 7 { frm } else { rm } {
            0 => Some(Self::Rne),
            1 => Some(Self::Rtz),
            2 => Some(Self::Rdn),
            3 => Some(Self::Rup),
            4 => Some(Self::Rmm),
            _ => None,
        }
    }
}

/// Accrued exception flags, laid out as `fflags`. Operations only ever add to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Flags(pub u8);

impl Flags {
    /// Inexact.
    pub const NX: Self = Self(1);
    /// Underflow: tiny after rounding, and inexact.
    pub const UF: Self = Self(2);
    /// Overflow.
    pub const OF: Self = Self(4);
    /// Division of a finite number by zero.
    pub const DZ: Self = Self(8);
    /// Invalid operation.
    pub const NV: Self = Self(16);

    /// Adds `other`.
    #[inline]
    pub const fn raise(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// True when all of `other` are set.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Runs a soft operation out of line and raises what it raised.
///
/// Flags come back by value: a pointer to the caller's would keep its stack frame in use, and the last call of a
/// handler, which these functions are inlined into, could not become a jump.
#[inline(always)]
fn soft<R>(operands: [u64; 3], rm: Rounding, flags: &mut Flags, op: impl Fn([u64; 3], Rounding, &mut Flags) -> R) -> R {
    #[cold]
    #[inline(never)]
    fn outlined<R>(
        a: u64,
        b: u64,
        c: u64,
        rm: Rounding,
        op: impl Fn([u64; 3], Rounding, &mut Flags) -> R,
    ) -> (R, Flags) {
        let mut raised = Flags::default();
        (op([a, b, c], rm, &mut raised), raised)
    }
    let [a, b, c] = operands;
    let (result, raised) = outlined(a, b, c, rm, op);
    #[cfg(feature = "planted-bugs")]
    if planted::is(Bug::FlagsReplaced) {
        *flags = Flags::default();
    }
    flags.raise(raised);
    result
}

/// `a + b`.
#[inline]
pub fn add<F: Format>(a: u64, b: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    let host = if rm == Rounding::Rne { fast::add::<F>(a, b, flags) } else { None };
    host.unwrap_or_else(|| soft([a, b, 0], rm, flags, |[a, b, _], rm, flags| arith::add::<F>(a, b, rm, flags)))
}

/// `a - b`.
#[inline]
pub fn sub<F: Format>(a: u64, b: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    add::<F>(a, b ^ F::SIGN, rm, flags)
}

/// `a * b`.
#[inline]
pub fn mul<F: Format>(a: u64, b: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    let host = if rm == Rounding::Rne { fast::mul::<F>(a, b, flags) } else { None };
    host.unwrap_or_else(|| soft([a, b, 0], rm, flags, |[a, b, _], rm, flags| arith::mul::<F>(a, b, rm, flags)))
}

/// `a / b`.
#[inline]
pub fn div<F: Format>(a: u64, b: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    let host = if rm == Rounding::Rne { fast::div::<F>(a, b, flags) } else { None };
    host.unwrap_or_else(|| soft([a, b, 0], rm, flags, |[a, b, _], rm, flags| arith::div::<F>(a, b, rm, flags)))
}

/// Square root of `a`.
#[inline]
pub fn sqrt<F: Format>(a: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    let host = if rm == Rounding::Rne { fast::sqrt::<F>(a, flags) } else { None };
    host.unwrap_or_else(|| soft([a, 0, 0], rm, flags, |[a, ..], rm, flags| arith::sqrt::<F>(a, rm, flags)))
}

/// `a * b + c`, rounded once.
#[inline]
pub fn fmadd<F: Format>(a: u64, b: u64, c: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    #[cfg(feature = "planted-bugs")]
    if planted::is(Bug::FusedTwiceRounded) {
        return add::<F>(mul::<F>(a, b, rm, flags), c, rm, flags);
    }
    let host = if rm == Rounding::Rne { fast::fma::<F>(a, b, c, *flags) } else { None };
    host.unwrap_or_else(|| soft([a, b, c], rm, flags, |[a, b, c], rm, flags| arith::fma::<F>(a, b, c, rm, flags)))
}

/// `a * b - c`.
#[inline]
pub fn fmsub<F: Format>(a: u64, b: u64, c: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    fmadd::<F>(a, b, c ^ F::SIGN, rm, flags)
}

/// `-(a * b) + c`.
#[inline]
pub fn fnmsub<F: Format>(a: u64, b: u64, c: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    fmadd::<F>(a ^ F::SIGN, b, c, rm, flags)
}

/// `-(a * b) - c`.
#[inline]
pub fn fnmadd<F: Format>(a: u64, b: u64, c: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    fmadd::<F>(a ^ F::SIGN, b, c ^ F::SIGN, rm, flags)
}

/// `fcvt.d.s`: exact.
#[inline]
pub fn widen(a: u64, flags: &mut Flags) -> u64 {
    let host = fast::widen(a);
    host.unwrap_or_else(|| {
        soft([a, 0, 0], Rounding::Rne, flags, |[a, ..], rm, flags| convert::convert::<F32, F64>(a, rm, flags))
    })
}

/// `fcvt.s.d`.
#[inline]
pub fn narrow(a: u64, rm: Rounding, flags: &mut Flags) -> u64 {
    let host = if rm == Rounding::Rne { fast::narrow(a, flags) } else { None };
    host.unwrap_or_else(|| soft([a, 0, 0], rm, flags, |[a, ..], rm, flags| convert::convert::<F64, F32>(a, rm, flags)))
}

/// Floating point to integer (`fcvt.w.s` and its kin): saturates with NV when out of range; NaN counts as +∞ (20.7).
#[inline]
pub fn to_int<F: Format, I: Integer>(a: u64, rm: Rounding, flags: &mut Flags) -> I {
    let host = if rm == Rounding::Rtz { fast::to_int::<F, I>(a, flags) } else { None };
    host.unwrap_or_else(|| soft([a, 0, 0], rm, flags, |[a, ..], rm, flags| convert::to_int::<F, I>(a, rm, flags)))
}

/// Integer to floating point (`fcvt.s.w` and its kin).
#[inline]
pub fn from_int<F: Format, I: Integer>(value: I, rm: Rounding, flags: &mut Flags) -> u64 {
    let host = fast::from_int::<F, I>(value, rm, flags);
    host.unwrap_or_else(|| {
        let (negative, magnitude) = value.split();
        let operands = [magnitude, negative.into(), 0];
        soft(operands, rm, flags, |[magnitude, negative, _], rm, flags| {
            convert::from_int::<F>(negative != 0, magnitude, rm, flags)
        })
    })
}
