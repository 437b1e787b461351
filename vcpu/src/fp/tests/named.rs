//! Corners that the specification names.

use crate::fp::{self, F32, F64, Flags, Format, Rounding};

const ONE: u64 = 0x3f80_0000;
const QNAN: u64 = 0x7fc0_0001;
const SNAN: u64 = 0x7f80_0001;
const INF: u64 = 0x7f80_0000;
const MINUS: u64 = 0x8000_0000;

/// Runs `op` on clear flags.
fn with_flags<T>(op: impl FnOnce(&mut Flags) -> T) -> (T, u8) {
    let mut flags = Flags::default();
    let result = op(&mut flags);
    (result, flags.0)
}

#[test]
fn tininess_is_detected_after_rounding() {
    const NX: u8 = Flags::NX.0;
    const NX_UF: u8 = Flags::NX.0 | Flags::UF.0;
    let (min_normal, below) = (0x0080_0000, 0x007f_ffff);
    // 2^-126 - 2^-152 lies a quarter of a unit of full precision (2^-150) below the smallest normal number, and
    // 2^-126 - 2^-151 halfway. Where either rounds up at full precision it is not tiny.
    for b in [0x1980_0000, 0x1a00_0000] {
        for (rm, expected) in [
            (Rounding::Rne, (min_normal, NX)),
            (Rounding::Rmm, (min_normal, NX)),
            (Rounding::Rup, (min_normal, NX)),
            (Rounding::Rtz, (below, NX_UF)),
            (Rounding::Rdn, (below, NX_UF)),
        ] {
            assert_eq!(with_flags(|f| fp::fmadd::<F32>(0x9980_0000, b, min_normal, rm, f)), expected, "{rm:?}");
        }
    }
    // (1 - 2^-24) × 2^-126 has 24 bits, so it stays what it is at full precision: tiny in every mode.
    for (rm, result) in [(Rounding::Rne, min_normal), (Rounding::Rup, min_normal), (Rounding::Rtz, below)] {
        assert_eq!(with_flags(|f| fp::mul::<F32>(0x3f7f_ffff, min_normal, rm, f)), (result, NX_UF), "{rm:?}");
    }
    // Tiny but exact raises nothing.
    assert_eq!(with_flags(|f| fp::mul::<F32>(0x3f00_0000, min_normal, Rounding::Rne, f)), (0x0040_0000, 0));
}

#[test]
fn overflow_goes_where_the_mode_says() {
    let max = 0x7f7f_ffff;
    for (rm, up, down) in [
        (Rounding::Rne, INF, INF | MINUS),
        (Rounding::Rmm, INF, INF | MINUS),
        (Rounding::Rtz, max, max | MINUS),
        (Rounding::Rdn, max, INF | MINUS),
        (Rounding::Rup, INF, max | MINUS),
    ] {
        let of = Flags::OF.0 | Flags::NX.0;
        assert_eq!(with_flags(|f| fp::add::<F32>(max, max, rm, f)), (up, of), "{rm:?}");
        assert_eq!(with_flags(|f| fp::sub::<F32>(max | MINUS, max, rm, f)), (down, of), "{rm:?}");
    }
}

#[test]
fn invalid_operations_give_the_canonical_nan() {
    let rm = Rounding::Rne;
    let nv = (F32::NAN, Flags::NV.0);
    assert_eq!(with_flags(|f| fp::sub::<F32>(INF, INF, rm, f)), nv);
    assert_eq!(with_flags(|f| fp::mul::<F32>(INF, MINUS, rm, f)), nv);
    assert_eq!(with_flags(|f| fp::div::<F32>(0, 0, rm, f)), nv);
    assert_eq!(with_flags(|f| fp::div::<F32>(INF, INF, rm, f)), nv);
    assert_eq!(with_flags(|f| fp::sqrt::<F32>(ONE | MINUS, rm, f)), nv);
    assert_eq!(with_flags(|f| fp::add::<F32>(SNAN, ONE, rm, f)), nv);
    assert_eq!(with_flags(|f| fp::fmadd::<F32>(INF, 0, QNAN, rm, f)), nv);
    assert_eq!(with_flags(|f| fp::fmadd::<F32>(INF, ONE, INF | MINUS, rm, f)), nv);
    assert_eq!(with_flags(|f| fp::narrow(0x7ff0_0000_0000_0001, rm, f)), nv);
    assert_eq!(with_flags(|f| fp::widen(SNAN, f)), (F64::NAN, Flags::NV.0));
    assert_eq!(with_flags(|f| fp::add::<F32>(QNAN | MINUS, ONE, rm, f)), (F32::NAN, 0));
    assert_eq!(with_flags(|f| fp::div::<F32>(ONE, MINUS, rm, f)), (INF | MINUS, Flags::DZ.0));
    assert_eq!(with_flags(|f| fp::sqrt::<F32>(MINUS, rm, f)), (MINUS, 0));
}

#[test]
fn a_cancelled_sum_is_minus_zero_only_downwards() {
    for rm in Rounding::ALL {
        let zero = if rm == Rounding::Rdn { MINUS } else { 0 };
        assert_eq!(with_flags(|f| fp::sub::<F32>(ONE, ONE, rm, f)), (zero, 0));
        assert_eq!(with_flags(|f| fp::add::<F32>(0, MINUS, rm, f)), (zero, 0));
        assert_eq!(with_flags(|f| fp::fmsub::<F32>(ONE, ONE, ONE, rm, f)), (zero, 0));
        assert_eq!(with_flags(|f| fp::fnmadd::<F32>(0, ONE, MINUS, rm, f)), (zero, 0));
        assert_eq!(with_flags(|f| fp::add::<F32>(MINUS, MINUS, rm, f)), (MINUS, 0));
    }
}

#[test]
fn the_four_fused_forms_negate_as_named() {
    let [two, three, four] = [2f64, 3.0, 4.0].map(f64::to_bits);
    let forms = [fp::fmadd::<F64>, fp::fmsub::<F64>, fp::fnmsub::<F64>, fp::fnmadd::<F64>];
    let got = forms.map(|form| f64::from_bits(form(two, three, four, Rounding::Rne, &mut Flags::default())));
    assert_eq!(got, [10.0, 2.0, -2.0, -10.0]);
}

#[test]
fn minimum_and_maximum_prefer_numbers_and_order_zeros() {
    // a, b, min, max, flags
    let cases = [
        (0, MINUS, MINUS, 0, 0),
        (MINUS, 0, MINUS, 0, 0),
        (ONE, INF | MINUS, INF | MINUS, ONE, 0),
        (QNAN, ONE, ONE, ONE, 0),
        (ONE, SNAN, ONE, ONE, Flags::NV.0),
        (QNAN, QNAN, F32::NAN, F32::NAN, 0),
        (SNAN, QNAN, F32::NAN, F32::NAN, Flags::NV.0),
    ];
    for (a, b, min, max, flags) in cases {
        assert_eq!(with_flags(|f| fp::min::<F32>(a, b, f)), (min, flags), "{a:#x} {b:#x}");
        assert_eq!(with_flags(|f| fp::max::<F32>(a, b, f)), (max, flags), "{a:#x} {b:#x}");
    }
}

#[test]
fn only_feq_is_quiet() {
    assert_eq!(with_flags(|f| fp::eq::<F32>(QNAN, ONE, f)), (false, 0));
    assert_eq!(with_flags(|f| fp::eq::<F32>(SNAN, ONE, f)), (false, Flags::NV.0));
    assert_eq!(with_flags(|f| fp::lt::<F32>(QNAN, ONE, f)), (false, Flags::NV.0));
    assert_eq!(with_flags(|f| fp::le::<F32>(ONE, QNAN, f)), (false, Flags::NV.0));
    assert_eq!(with_flags(|f| fp::le::<F32>(0, MINUS, f)), (true, 0));
    assert_eq!(with_flags(|f| fp::lt::<F32>(MINUS, 0, f)), (false, 0));
}

#[test]
fn classes_are_numbered_as_specified() {
    let cases = [INF | MINUS, ONE | MINUS, 1 | MINUS, MINUS, 0, 0x007f_ffff, 0x0080_0000, INF, SNAN, QNAN]
        .into_iter()
        .enumerate();
    for (bit, bits) in cases {
        assert_eq!(fp::class::<F32>(bits), 1 << bit, "{bits:#x}");
    }
}

/// Table 28 of the specification, and its neighbours.
#[test]
fn conversions_to_integers_saturate() {
    let d = f64::to_bits;
    let (rtz, nv, nx) = (Rounding::Rtz, Flags::NV.0, Flags::NX.0);
    assert_eq!(with_flags(|f| fp::to_int::<F64, i32>(d(f64::NAN), rtz, f)), (i32::MAX, nv));
    assert_eq!(with_flags(|f| fp::to_int::<F64, i32>(d(-f64::NAN), rtz, f)), (i32::MAX, nv));
    assert_eq!(with_flags(|f| fp::to_int::<F64, i32>(d(f64::NEG_INFINITY), rtz, f)), (i32::MIN, nv));
    assert_eq!(with_flags(|f| fp::to_int::<F64, i32>(d(2147483648.0), rtz, f)), (i32::MAX, nv));
    assert_eq!(with_flags(|f| fp::to_int::<F64, i32>(d(-2147483648.9), rtz, f)), (i32::MIN, nx));
    assert_eq!(with_flags(|f| fp::to_int::<F64, i32>(d(-2147483649.0), rtz, f)), (i32::MIN, nv));
    assert_eq!(with_flags(|f| fp::to_int::<F64, u32>(d(-0.9), rtz, f)), (0, nx));
    assert_eq!(with_flags(|f| fp::to_int::<F64, u32>(d(-0.9), Rounding::Rdn, f)), (0, nv));
    assert_eq!(with_flags(|f| fp::to_int::<F64, u32>(d(4294967295.9), rtz, f)), (u32::MAX, nx));
    assert_eq!(with_flags(|f| fp::to_int::<F64, u32>(d(4294967295.9), Rounding::Rne, f)), (u32::MAX, nv));
    assert_eq!(with_flags(|f| fp::to_int::<F64, u64>(d(-1.0), rtz, f)), (0, nv));
    assert_eq!(with_flags(|f| fp::to_int::<F64, u64>(d(18446744073709551616.0), rtz, f)), (u64::MAX, nv));
    assert_eq!(with_flags(|f| fp::to_int::<F64, u64>(d(f64::NAN), rtz, f)), (u64::MAX, nv));
    assert_eq!(with_flags(|f| fp::to_int::<F64, i64>(d(-9223372036854775808.0), rtz, f)), (i64::MIN, 0));
    assert_eq!(with_flags(|f| fp::to_int::<F64, i64>(d(9223372036854775808.0), rtz, f)), (i64::MAX, nv));
    assert_eq!(with_flags(|f| fp::to_int::<F64, i64>(d(2.5), Rounding::Rne, f)), (2, nx));
    assert_eq!(with_flags(|f| fp::to_int::<F64, i64>(d(2.5), Rounding::Rmm, f)), (3, nx));
}

#[test]
fn a_value_that_is_not_boxed_is_a_nan() {
    assert_eq!(F32::unbox(0xffff_ffff_3f80_0000), ONE);
    assert_eq!(F32::unbox(0x0000_0000_3f80_0000), F32::NAN);
    assert_eq!(F32::unbox(0xffff_fffe_3f80_0000), F32::NAN);
    assert_eq!(F32::boxed(ONE), 0xffff_ffff_3f80_0000);
    assert_eq!((F64::unbox(5), F64::boxed(5)), (5, 5));
}

#[test]
fn signs_are_injected() {
    assert_eq!(fp::sgnj::<F32>(ONE, MINUS), ONE | MINUS);
    assert_eq!(fp::sgnjn::<F32>(ONE | MINUS, MINUS), ONE);
    assert_eq!(fp::sgnjx::<F32>(ONE | MINUS, MINUS), ONE);
    assert_eq!(fp::sgnjn::<F64>(F64::NAN, 0), F64::NAN | F64::SIGN);
}

#[test]
fn reserved_rounding_modes_are_refused() {
    assert_eq!(Rounding::of(7, 3), Some(Rounding::Rup));
    assert_eq!(Rounding::of(1, 6), Some(Rounding::Rtz));
    for (rm, frm) in [(5, 0), (6, 0), (7, 5), (7, 6), (7, 7)] {
        assert_eq!(Rounding::of(rm, frm), None);
    }
}
