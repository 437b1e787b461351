//! Operands that meet the corners of a format, and random ones that fall near each other.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::fp::Format;

/// Both signs of zeros, subnormals, powers of two around every limit, ones and halves, infinities and NaNs.
pub fn corners<F: Format>() -> Vec<u64> {
    let one = (F::INFINITY >> 1) & F::INFINITY;
    let ulp = |n: u64| n << F::FRACTION_BITS;
    let magnitudes = [
        0,
        1,
        2,
        3,
        F::MIN_NORMAL / 2,
        F::MIN_NORMAL - 2,
        F::MIN_NORMAL - 1,
        F::MIN_NORMAL,
        F::MIN_NORMAL + 1,
        2 * F::MIN_NORMAL - 1,
        2 * F::MIN_NORMAL,
        one - ulp(F::PRECISION.into()),
        one - ulp(1),
        one - 2,
        one - 1,
        one,
        one + 1,
        one + 2,
        one | F::QUIET,
        one + ulp(1),
        one + ulp(1) + 1,
        one + ulp(F::FRACTION_BITS.into()),
        one + ulp(F::PRECISION.into()) + 1,
        F::INFINITY - ulp(1),
        F::INFINITY - 2,
        F::INFINITY - 1,
        F::INFINITY,
        F::NAN,
        F::NAN | 5,
        F::INFINITY | 1,
    ];
    magnitudes.iter().flat_map(|&m| [m, m | F::SIGN]).collect()
}

/// Any bit pattern, with exponents near the middle, near the ends, and corner fractions each often enough.
pub fn any_bits<F: Format>() -> impl Strategy<Value = u64> {
    let field = F::INFINITY >> F::FRACTION_BITS;
    let exponent = prop_oneof![
        0..=field,
        field / 2 - 3..=field / 2 + 3,
        field / 2 - u64::from(F::PRECISION)..=field / 2 + u64::from(F::PRECISION),
        0..=3u64,
        field - 3..=field,
        field / 4 - 2..=field / 4 + 2,
        field / 4 * 3 - 2..=field / 4 * 3 + 2,
    ];
    let fraction = prop_oneof![
        any::<u64>(),
        (0..64u32).prop_map(|n| 1 << n),
        (0..64u32).prop_map(|n| u64::MAX << n),
        (0..64u32, any::<u64>()).prop_map(|(n, bits)| bits << n),
        0..4u64,
    ];
    (any::<bool>(), exponent, fraction).prop_map(|(negative, exponent, fraction)| {
        let sign = if negative { F::SIGN } else { 0 };
        sign | exponent << F::FRACTION_BITS | fraction & (F::MIN_NORMAL - 1)
    })
}

/// So many random cases, the same in every run.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x5249_5343),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
