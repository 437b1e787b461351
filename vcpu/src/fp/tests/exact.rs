//! The soft path and the dispatching operations against the oracle, in every rounding mode, flags included.

use proptest::prelude::*;

use super::operands::{any_bits, cases, corners};
use super::oracle::{Dyadic, Exact};
use crate::fp::{self, F32, F64, Flags, Format, Integer, Rounding, arith, convert};

const fn is_finite<F: Format>(bits: u64) -> bool {
    bits & !F::SIGN < F::INFINITY
}

/// Runs `op` in every mode and from both states of NX, and compares with the oracle.
fn check<F: Format>(what: &str, operands: &[u64], exact: &Exact<'_>, op: impl Fn(Rounding, &mut Flags) -> u64) {
    for (rm, (bits, flags)) in Rounding::ALL.into_iter().zip(exact.rounded::<F>()) {
        for before in [Flags(0), Flags::NX] {
            let mut got = before;
            let result = op(rm, &mut got);
            assert!(
                (result, got) == (bits, Flags(flags.0 | before.0)),
                "{what} {operands:x?} {rm:?} from {before:?}: {result:#x} {got:?}, not {bits:#x} {flags:?}"
            );
        }
    }
}

/// Checks the soft implementation, and the operation as harts call it.
fn both<F: Format>(
    what: &str,
    operands: &[u64],
    exact: &Exact<'_>,
    soft: impl Fn(Rounding, &mut Flags) -> u64,
    op: impl Fn(Rounding, &mut Flags) -> u64,
) {
    check::<F>(&format!("soft {what}"), operands, exact, soft);
    check::<F>(what, operands, exact, op);
}

fn binary<F: Format>(a: u64, b: u64) {
    if !is_finite::<F>(a) || !is_finite::<F>(b) {
        return;
    }
    let (x, y) = (Dyadic::of::<F>(a), Dyadic::of::<F>(b));
    let sum = x.add(&y);
    if !sum.is_zero() {
        both::<F>(
            "add",
            &[a, b],
            &Exact::dyadic(sum),
            |rm, f| arith::add::<F>(a, b, rm, f),
            |rm, f| fp::add::<F>(a, b, rm, f),
        );
    }
    if !x.is_zero() && !y.is_zero() {
        both::<F>(
            "mul",
            &[a, b],
            &Exact::dyadic(x.mul(&y)),
            |rm, f| arith::mul::<F>(a, b, rm, f),
            |rm, f| fp::mul::<F>(a, b, rm, f),
        );
        both::<F>(
            "div",
            &[a, b],
            &Exact::quotient(x, y),
            |rm, f| arith::div::<F>(a, b, rm, f),
            |rm, f| fp::div::<F>(a, b, rm, f),
        );
    }
}

fn fused<F: Format>(a: u64, b: u64, c: u64) {
    if [a, b, c].iter().all(|&bits| is_finite::<F>(bits)) {
        let sum = Dyadic::of::<F>(a).mul(&Dyadic::of::<F>(b)).add(&Dyadic::of::<F>(c));
        if !sum.is_zero() {
            both::<F>(
                "fmadd",
                &[a, b, c],
                &Exact::dyadic(sum),
                |rm, f| arith::fma::<F>(a, b, c, rm, f),
                |rm, f| fp::fmadd::<F>(a, b, c, rm, f),
            );
        }
    }
}

fn root<F: Format>(a: u64) {
    let a = a & !F::SIGN;
    if is_finite::<F>(a) && a != 0 {
        both::<F>(
            "sqrt",
            &[a],
            &Exact::root(Dyadic::of::<F>(a)),
            |rm, f| arith::sqrt::<F>(a, rm, f),
            |rm, f| fp::sqrt::<F>(a, rm, f),
        );
    }
}

fn narrowed(a: u64) {
    if is_finite::<F64>(a) && a & !F64::SIGN != 0 {
        let exact = Exact::dyadic(Dyadic::of::<F64>(a));
        both::<F32>(
            "narrow",
            &[a],
            &exact,
            |rm, f| convert::convert::<F64, F32>(a, rm, f),
            |rm, f| fp::narrow(a, rm, f),
        );
    }
}

fn from_integer<F: Format, I: Integer + Into<i128>>(value: I) {
    let wide: i128 = value.into();
    if wide != 0 {
        let exact = Exact::dyadic(Dyadic::new(wide < 0, wide.unsigned_abs() as u64, 0));
        both::<F>(
            "from_int",
            &[wide as u64],
            &exact,
            |rm, f| convert::from_int::<F>(wide < 0, wide.unsigned_abs() as u64, rm, f),
            |rm, f| fp::from_int::<F, I>(value, rm, f),
        );
    }
}

#[test]
fn corners_are_exact_in_every_mode() {
    fn all<F: Format>() {
        let corners = corners::<F>();
        for &a in &corners {
            root::<F>(a);
            corners.iter().for_each(|&b| binary::<F>(a, b));
        }
    }
    all::<F32>();
    all::<F64>();
    corners::<F64>().into_iter().for_each(narrowed);
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn binary32_is_exact(a in any_bits::<F32>(), b in any_bits::<F32>(), c in any_bits::<F32>()) {
        binary::<F32>(a, b);
        fused::<F32>(a, b, c);
        root::<F32>(a);
    }

    #[test]
    fn binary64_is_exact(a in any_bits::<F64>(), b in any_bits::<F64>(), c in any_bits::<F64>()) {
        binary::<F64>(a, b);
        fused::<F64>(a, b, c);
        root::<F64>(a);
    }

    #[test]
    fn a_fused_sum_that_almost_cancels_is_exact(a in any_bits::<F64>(), b in any_bits::<F64>(), near in -2i64..=2) {
        let product = arith::mul::<F64>(a, b, Rounding::Rne, &mut Flags::default());
        fused::<F64>(a, b, (product ^ F64::SIGN).wrapping_add_signed(near));
    }

    #[test]
    fn narrowing_is_exact(a in any_bits::<F64>(), exponent in 1023 - 152..1023 + 130u64) {
        narrowed(a);
        narrowed(a & !F64::INFINITY | exponent << F64::FRACTION_BITS);
    }

    #[test]
    fn integers_become_the_nearest_number(bits in any::<u64>(), shift in 0..64u32) {
        for bits in [bits >> shift, bits << shift, u64::MAX << shift, !(u64::MAX << shift)] {
            from_integer::<F32, u64>(bits);
            from_integer::<F32, i64>(bits as i64);
            from_integer::<F32, i32>(bits as i32);
            from_integer::<F32, u32>(bits as u32);
            from_integer::<F64, u64>(bits);
            from_integer::<F64, i64>(bits as i64);
            from_integer::<F64, i32>(bits as i32);
            from_integer::<F64, u32>(bits as u32);
        }
    }

    #[test]
    fn numbers_become_the_nearest_integer(a in any_bits::<F64>(), exponent in 1023 - 3..1023 + 66u64) {
        for a in [a, a & !F64::INFINITY | exponent << F64::FRACTION_BITS] {
            to_integers::<F64>(a);
            let narrow = fp::narrow(a, Rounding::Rne, &mut Flags::default());
            to_integers::<F32>(narrow);
        }
    }
}

/// The neighbours of the value among the integers, by the oracle's arithmetic on `i128`.
fn to_integers<F: Format>(a: u64) {
    to_integer::<F, i32>(a);
    to_integer::<F, u32>(a);
    to_integer::<F, i64>(a);
    to_integer::<F, u64>(a);
}

fn to_integer<F: Format, I: Integer + Into<i128>>(a: u64) {
    for rm in Rounding::ALL {
        let (value, raised) = nearest_integer::<F>(a, rm);
        let (least, greatest) = (I::MIN.into(), I::MAX.into());
        let (value, raised) =
            if value < least || value > greatest { (value.clamp(least, greatest), Flags::NV) } else { (value, raised) };
        for before in [Flags(0), Flags::NX] {
            let (mut soft, mut fast) = (before, before);
            let results = [convert::to_int::<F, I>(a, rm, &mut soft), fp::to_int::<F, I>(a, rm, &mut fast)];
            assert_eq!(results.map(Into::into), [value; 2], "{a:#x} {rm:?}");
            assert_eq!([soft.0, fast.0], [raised.0 | before.0; 2], "{a:#x} {rm:?}");
        }
    }
}

/// The value rounded to an integer, anything beyond 2^65 being 2^65, and NX if it was none.
fn nearest_integer<F: Format>(a: u64, rm: Rounding) -> (i128, Flags) {
    let far = 1i128 << 65;
    if a & !F::SIGN > F::INFINITY {
        return (far, Flags(0));
    }
    let negative = a & F::SIGN != 0;
    let exact = Exact::dyadic(Dyadic::of::<F>(a & !F::SIGN));
    let at = |n: i128| Dyadic::new(false, n as u64, -1).add(&Dyadic::new(false, (n >> 64) as u64, 63));
    let (mut low, mut high) = (0, far);
    while high - low > 1 {
        let middle = (low + high) / 2;
        if (exact.cmp)(&at(2 * middle)).is_lt() { high = middle } else { low = middle }
    }
    let inexact = low + 1 < far && (exact.cmp)(&at(2 * low)).is_ne();
    let to_middle = (exact.cmp)(&at(2 * low + 1));
    let up = inexact
        && match rm {
            Rounding::Rne => to_middle.is_gt() || to_middle.is_eq() && low & 1 != 0,
            Rounding::Rtz => false,
            Rounding::Rdn => negative,
            Rounding::Rup => !negative,
            Rounding::Rmm => to_middle.is_ge(),
        };
    let magnitude = low + i128::from(up);
    (if negative { -magnitude } else { magnitude }, if inexact { Flags::NX } else { Flags(0) })
}
