//! The soft path against the host's arithmetic in round-to-nearest, special values included, and the dispatching
//! operations against the soft path, flags included.

use proptest::prelude::*;

use super::operands::{any_bits, cases, corners};
use crate::fp::format::Host;
use crate::fp::{self, F32, F64, Flags, Format, Rounding, arith, convert};

/// Host bits with every NaN made canonical.
fn canonical<F: Format>(value: F::Host) -> u64 {
    let bits = value.to_bits();
    if bits & !F::SIGN > F::INFINITY { F::NAN } else { bits }
}

fn host<F: Format>(bits: u64) -> F::Host {
    F::Host::from_bits(bits)
}

fn soft(op: impl Fn(Rounding, &mut Flags) -> u64) -> u64 {
    op(Rounding::Rne, &mut Flags::default())
}

/// Same result and same flags from both, whatever was raised before.
fn same(
    what: &str,
    operands: &[u64],
    soft: impl Fn(Rounding, &mut Flags) -> u64,
    op: impl Fn(Rounding, &mut Flags) -> u64,
) {
    for rm in Rounding::ALL {
        for before in [Flags(0), Flags::NX, Flags::UF] {
            let (mut expected, mut got) = (before, before);
            let results = (soft(rm, &mut expected), op(rm, &mut got));
            assert!(
                results.0 == results.1 && expected == got,
                "{what} {operands:x?} {rm:?}: {results:x?} {expected:?} {got:?}"
            );
        }
    }
}

fn unary<F: Format>(a: u64) {
    assert_eq!(soft(|rm, f| arith::sqrt::<F>(a, rm, f)), canonical::<F>(host::<F>(a).sqrt()), "sqrt {a:#x}");
    same("sqrt", &[a], |rm, f| arith::sqrt::<F>(a, rm, f), |rm, f| fp::sqrt::<F>(a, rm, f));
}

fn binary<F: Format>(a: u64, b: u64) {
    let (x, y) = (host::<F>(a), host::<F>(b));
    let what = format!("{a:#x} {b:#x}");
    assert_eq!(soft(|rm, f| arith::add::<F>(a, b, rm, f)), canonical::<F>(x + y), "add {what}");
    assert_eq!(soft(|rm, f| fp::sub::<F>(a, b, rm, f)), canonical::<F>(x - y), "sub {what}");
    assert_eq!(soft(|rm, f| arith::mul::<F>(a, b, rm, f)), canonical::<F>(x * y), "mul {what}");
    assert_eq!(soft(|rm, f| arith::div::<F>(a, b, rm, f)), canonical::<F>(x / y), "div {what}");
    same("add", &[a, b], |rm, f| arith::add::<F>(a, b, rm, f), |rm, f| fp::add::<F>(a, b, rm, f));
    same("mul", &[a, b], |rm, f| arith::mul::<F>(a, b, rm, f), |rm, f| fp::mul::<F>(a, b, rm, f));
    same("div", &[a, b], |rm, f| arith::div::<F>(a, b, rm, f), |rm, f| fp::div::<F>(a, b, rm, f));
}

fn fused<F: Format>(a: u64, b: u64, c: u64) {
    let expected = canonical::<F>(host::<F>(a).mul_add(host::<F>(b), host::<F>(c)));
    assert_eq!(soft(|rm, f| arith::fma::<F>(a, b, c, rm, f)), expected, "fma {a:#x} {b:#x} {c:#x}");
    same("fma", &[a, b, c], |rm, f| arith::fma::<F>(a, b, c, rm, f), |rm, f| fp::fmadd::<F>(a, b, c, rm, f));
}

fn formats(a: u64) {
    let narrow = soft(|rm, f| convert::convert::<F64, F32>(a, rm, f));
    assert_eq!(narrow, canonical::<F32>(f64::from_bits(a) as f32), "narrow {a:#x}");
    same("narrow", &[a], |rm, f| convert::convert::<F64, F32>(a, rm, f), |rm, f| fp::narrow(a, rm, f));
    let single = a >> 32;
    let wide = soft(|rm, f| convert::convert::<F32, F64>(single, rm, f));
    assert_eq!(wide, canonical::<F64>(f32::from_bits(single as u32).into()), "widen {single:#x}");
    same("widen", &[single], |rm, f| convert::convert::<F32, F64>(single, rm, f), |_, f| fp::widen(single, f));
}

fn comparisons<F: Format>(a: u64, b: u64)
where
    F::Host: PartialOrd,
{
    let (x, y) = (host::<F>(a), host::<F>(b));
    let mut flags = Flags::default();
    let got = (fp::eq::<F>(a, b, &mut flags), fp::lt::<F>(a, b, &mut flags), fp::le::<F>(a, b, &mut flags));
    assert_eq!(got, (x == y, x < y, x <= y), "{a:#x} {b:#x}");
    assert_eq!(flags.contains(Flags::NV), x.partial_cmp(&y).is_none());
}

#[test]
fn corners_agree_with_the_host() {
    fn all<F: Format>()
    where
        F::Host: PartialOrd,
    {
        let corners = corners::<F>();
        for &a in &corners {
            unary::<F>(a);
            for &b in &corners {
                binary::<F>(a, b);
                comparisons::<F>(a, b);
                corners.iter().step_by(2).for_each(|&c| fused::<F>(a, b, c));
            }
        }
    }
    all::<F32>();
    all::<F64>();
    corners::<F64>().into_iter().for_each(formats);
    corners::<F32>().into_iter().for_each(|a| formats(a << 32));
}

proptest! {
    #![proptest_config(cases(8000))]

    #[test]
    fn random_operands_agree_with_the_host(
        single in [any_bits::<F32>(), any_bits::<F32>(), any_bits::<F32>()],
        double in [any_bits::<F64>(), any_bits::<F64>(), any_bits::<F64>()],
    ) {
        let [a, b, c] = single;
        unary::<F32>(a);
        binary::<F32>(a, b);
        comparisons::<F32>(a, b);
        fused::<F32>(a, b, c);
        let [a, b, c] = double;
        unary::<F64>(a);
        binary::<F64>(a, b);
        comparisons::<F64>(a, b);
        fused::<F64>(a, b, c);
        formats(a);
    }

    #[test]
    fn an_exact_product_quotient_or_root_raises_nothing(m in 1..1u64 << 26, n in 1..1u64 << 26, e in -300..300i32) {
        let scale = f64::from_bits(((1023 + e) as u64) << 52);
        let (a, b) = ((m as f64 * scale).to_bits(), (n as f64).to_bits());
        let product = (m as f64 * n as f64 * scale).to_bits();
        let square = ((m * m) as f64).to_bits();
        let mut flags = Flags::default();
        prop_assert_eq!(fp::mul::<F64>(a, b, Rounding::Rne, &mut flags), product);
        prop_assert_eq!(fp::div::<F64>(product, b, Rounding::Rne, &mut flags), a);
        prop_assert_eq!(fp::sqrt::<F64>(square, Rounding::Rne, &mut flags), (m as f64).to_bits());
        prop_assert_eq!(flags, Flags::default());
    }
}
