//! What IEEE 754 says the result is, found the slow way: the exact value is only ever *compared* with representable
//! numbers, as big integers, and the result is searched for among all bit patterns. Shares nothing with the code tested
//! but the constants of the formats.

use std::cmp::Ordering;

use crate::fp::{Flags, Format, Rounding};

/// `±limbs × 2^exponent`, the limbs little-endian.
#[derive(Clone, Debug)]
pub struct Dyadic {
    negative: bool,
    limbs: Vec<u32>,
    exponent: i32,
}

impl Dyadic {
    pub fn new(negative: bool, integer: u64, exponent: i32) -> Self {
        Self { negative, limbs: vec![integer as u32, (integer >> 32) as u32], exponent }
    }

    /// A finite bit pattern; +∞ reads as the power of two that it stands in for.
    pub fn of<F: Format>(bits: u64) -> Self {
        let magnitude = bits & !F::SIGN;
        let (field, fraction) = (magnitude >> F::FRACTION_BITS, magnitude & (F::MIN_NORMAL - 1));
        let integer = if field == 0 { fraction } else { fraction | F::MIN_NORMAL };
        Self::new(bits & F::SIGN != 0, integer, field.max(1) as i32 - 1 + F::EMIN - F::FRACTION_BITS as i32)
    }

    pub fn is_zero(&self) -> bool {
        self.limbs.iter().all(|&limb| limb == 0)
    }

    pub fn is_negative(&self) -> bool {
        self.negative
    }

    pub fn abs(&self) -> Self {
        Self { negative: false, ..self.clone() }
    }

    pub fn mul(&self, other: &Self) -> Self {
        let mut limbs = vec![0u32; self.limbs.len() + other.limbs.len()];
        for (i, &a) in self.limbs.iter().enumerate() {
            let mut carry = 0u64;
            for (j, &b) in other.limbs.iter().chain([&0]).enumerate().take(limbs.len() - i) {
                let t = u64::from(a) * u64::from(b) + u64::from(limbs[i + j]) + carry;
                (limbs[i + j], carry) = (t as u32, t >> 32);
            }
        }
        Self { negative: self.negative != other.negative, limbs, exponent: self.exponent + other.exponent }
    }

    pub fn add(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let (a, b) = (self.limbs_at(exponent), other.limbs_at(exponent));
        let (negative, limbs) = match (self.negative == other.negative, cmp_limbs(&a, &b)) {
            (true, _) => (self.negative, combine(&a, &b, 1)),
            (false, Ordering::Less) => (other.negative, combine(&b, &a, -1)),
            (false, _) => (self.negative, combine(&a, &b, -1)),
        };
        Self { negative, limbs, exponent }
    }

    /// Compares magnitudes.
    pub fn cmp_abs(&self, other: &Self) -> Ordering {
        let exponent = self.exponent.min(other.exponent);
        cmp_limbs(&self.limbs_at(exponent), &other.limbs_at(exponent))
    }

    /// The limbs for a lower exponent.
    fn limbs_at(&self, exponent: i32) -> Vec<u32> {
        let shift = (self.exponent - exponent) as usize;
        let mut limbs = vec![0; shift / 32];
        let mut carry = 0u64;
        for &limb in &self.limbs {
            let t = u64::from(limb) << (shift % 32) | carry;
            limbs.push(t as u32);
            carry = t >> 32;
        }
        limbs.push(carry as u32);
        limbs
    }
}

fn cmp_limbs(a: &[u32], b: &[u32]) -> Ordering {
    let at = |limbs: &[u32], n: usize| limbs.get(n).copied().unwrap_or(0);
    (0..a.len().max(b.len())).rev().map(|n| at(a, n).cmp(&at(b, n))).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
}

/// `a + sign * b`, not negative.
fn combine(a: &[u32], b: &[u32], sign: i64) -> Vec<u32> {
    let at = |limbs: &[u32], n: usize| limbs.get(n).map_or(0, |&limb| i64::from(limb));
    let mut carry = 0i64;
    let step = |n| {
        let t = at(a, n) + sign * at(b, n) + carry;
        carry = t >> 32;
        t as u32
    };
    (0..=a.len().max(b.len())).map(step).collect()
}

/// A non-zero exact value, known by its sign and by how its magnitude compares with any other.
pub struct Exact<'a> {
    pub negative: bool,
    pub cmp: Box<dyn Fn(&Dyadic) -> Ordering + 'a>,
}

impl Exact<'_> {
    pub fn dyadic(value: Dyadic) -> Exact<'static> {
        let (negative, magnitude) = (value.is_negative(), value.abs());
        Exact { negative, cmp: Box::new(move |x| magnitude.cmp_abs(x)) }
    }

    /// `a / b`.
    pub fn quotient(a: Dyadic, b: Dyadic) -> Exact<'static> {
        let negative = a.is_negative() != b.is_negative();
        Exact { negative, cmp: Box::new(move |x| a.cmp_abs(&b.mul(x))) }
    }

    /// √a.
    pub fn root(a: Dyadic) -> Exact<'static> {
        Exact { negative: false, cmp: Box::new(move |x| a.cmp_abs(&x.mul(x))) }
    }

    /// The correctly rounded result and its flags in every mode.
    pub fn rounded<F: Format>(&self) -> [(u64, Flags); 5] {
        // The largest representable magnitude that is not above the value.
        let (mut low, mut high) = (0, F::INFINITY);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if (self.cmp)(&Dyadic::of::<F>(middle)).is_lt() { high = middle } else { low = middle }
        }
        let beyond = (self.cmp)(&Dyadic::of::<F>(F::INFINITY)).is_ge();
        let exact = !beyond && (self.cmp)(&Dyadic::of::<F>(low)).is_eq();
        let middle = halfway::<F>(low, low + 1);
        Rounding::ALL.map(|rm| {
            let up = !exact && self.goes_up(rm, low & 1 != 0, (self.cmp)(&middle));
            let magnitude = if beyond { beyond_range::<F>(rm, self.negative) } else { low + u64::from(up) };
            let mut flags = Flags::default();
            if beyond || magnitude == F::INFINITY {
                flags.raise(Flags::OF);
            }
            if !exact {
                flags.raise(Flags::NX);
                if self.is_tiny::<F>(rm) {
                    flags.raise(Flags::UF);
                }
            }
            (if self.negative { magnitude | F::SIGN } else { magnitude }, flags)
        })
    }

    fn goes_up(&self, rm: Rounding, odd: bool, to_middle: Ordering) -> bool {
        match rm {
            Rounding::Rne => to_middle.is_gt() || to_middle.is_eq() && odd,
            Rounding::Rtz => false,
            Rounding::Rdn => self.negative,
            Rounding::Rup => !self.negative,
            Rounding::Rmm => to_middle.is_ge(),
        }
    }

    /// Would the value, rounded to full precision with no lower bound on the exponent, be below the smallest normal?
    fn is_tiny<F: Format>(&self, rm: Rounding) -> bool {
        let normal = Dyadic::of::<F>(F::MIN_NORMAL);
        // The number before it at full precision: all ones, one exponent lower.
        let ones = (1 << F::PRECISION) - 1;
        let before = Dyadic::new(false, ones, F::EMIN - F::PRECISION as i32);
        let middle = Dyadic::new(false, 2 * ones + 1, F::EMIN - F::PRECISION as i32 - 1);
        if (self.cmp)(&normal).is_ge() {
            return false;
        }
        (self.cmp)(&before).is_le() || !self.goes_up(rm, true, (self.cmp)(&middle))
    }
}

fn halfway<F: Format>(low: u64, high: u64) -> Dyadic {
    let sum = Dyadic::of::<F>(low).add(&Dyadic::of::<F>(high));
    sum.mul(&Dyadic::new(false, 1, -1))
}

/// The magnitude for values of at least twice the largest power of two.
fn beyond_range<F: Format>(rm: Rounding, negative: bool) -> u64 {
    let to_infinity = match rm {
        Rounding::Rne | Rounding::Rmm => true,
        Rounding::Rtz => false,
        Rounding::Rdn => negative,
        Rounding::Rup => !negative,
    };
    F::INFINITY - u64::from(!to_infinity)
}
