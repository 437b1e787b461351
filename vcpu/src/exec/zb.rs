//! Zba, Zbb, Zbc and Zbs: pure functions of one or two operands (Unprivileged, chapter 30).

use crate::exec::alu::{binary, word};
use crate::op::in_one_register;

/// The 64 lowest bits of a carry-less product of 127, from the highest bit of `b` down. Apart from each other, and bit by bit, the halves take few enough
/// registers for a handler.
fn carryless_low(a: u64, mut b: u64) -> u64 {
    (0..64).fold(0, |product, _| {
        let is_set = (b as i64 >> 63) as u64;
        b <<= 1;
        in_one_register(product << 1 ^ a & is_set)
    })
}

/// The 64 highest bits, from the lowest bit of `b` up.
fn carryless_high(a: u64, mut b: u64) -> u64 {
    (0..64).fold(0, |product, _| {
        let is_set = (b & 1).wrapping_neg();
        b >>= 1;
        in_one_register(product >> 1 ^ a & is_set)
    })
}

/// Each byte 0xff where it had any bit set.
fn or_combine(a: u64) -> u64 {
    a.to_le_bytes().iter().rev().fold(0, |value, &byte| value << 8 | if byte == 0 { 0 } else { 0xff })
}

binary! {
    AddUw |a, b| u64::from(a as u32).wrapping_add(b);
    Sh1add |a, b| (a << 1).wrapping_add(b);
    Sh2add |a, b| (a << 2).wrapping_add(b);
    Sh3add |a, b| (a << 3).wrapping_add(b);
    Sh1addUw |a, b| (u64::from(a as u32) << 1).wrapping_add(b);
    Sh2addUw |a, b| (u64::from(a as u32) << 2).wrapping_add(b);
    Sh3addUw |a, b| (u64::from(a as u32) << 3).wrapping_add(b);
    SlliUw |a, b| u64::from(a as u32) << (b & 63);
    Andn |a, b| a & !b;
    Orn |a, b| a | !b;
    Xnor |a, b| !(a ^ b);
    Max |a, b| (a as i64).max(b as i64) as u64;
    Maxu |a, b| a.max(b);
    Min |a, b| (a as i64).min(b as i64) as u64;
    Minu |a, b| a.min(b);
    Rol |a, b| a.rotate_left(b as u32 & 63);
    Ror |a, b| a.rotate_right(b as u32 & 63);
    Rolw |a, b| word((a as u32).rotate_left(b as u32 & 31));
    Rorw |a, b| word((a as u32).rotate_right(b as u32 & 31));
    Clz |a, _b| u64::from(a.leading_zeros());
    Ctz |a, _b| u64::from(a.trailing_zeros());
    Cpop |a, _b| u64::from(a.count_ones());
    Clzw |a, _b| u64::from((a as u32).leading_zeros());
    Ctzw |a, _b| u64::from((a as u32).trailing_zeros());
    Cpopw |a, _b| u64::from((a as u32).count_ones());
    SextB |a, _b| a as i8 as u64;
    SextH |a, _b| a as i16 as u64;
    ZextH |a, _b| u64::from(a as u16);
    Rev8 |a, _b| a.swap_bytes();
    OrcB |a, _b| or_combine(a);
    Clmul |a, b| carryless_low(a, b);
    Clmulh |a, b| carryless_high(a, b) >> 1;
    Clmulr |a, b| carryless_high(a, b);
    Bclr |a, b| a & !(1 << (b & 63));
    Bext |a, b| a >> (b & 63) & 1;
    Binv |a, b| a ^ 1 << (b & 63);
    Bset |a, b| a | 1 << (b & 63);
}
