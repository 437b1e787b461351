//! Operand values: the corners of the number formats, and what lies between.

use crate::rng::Rng;

const INTEGERS: [u64; 26] = [
    0,
    1,
    2,
    3,
    7,
    31,
    32,
    63,
    64,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0xffff_ffff_8000_0000,
    0xffff_ffff_7fff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0x8000_0000_0000_0001,
    u64::MAX - 1,
    u64::MAX,
    0x5555_5555_5555_5555,
];

/// An integer register.
pub fn integer(rng: &mut Rng) -> u64 {
    match rng.below(8) {
        0..=2 => rng.pick(&INTEGERS),
        3 => (1u64 << rng.below(64)).wrapping_add_signed(rng.between(-1, 1)),
        4 => rng.next() >> rng.below(64),
        5 => rng.next() as i32 as u64,
        6 => rng.between(-64, 64) as u64,
        _ => rng.next(),
    }
}

const SINGLES: [u32; 24] = [
    0x0000_0000,
    0x8000_0000, // zeroes
    0x0000_0001,
    0x8000_0001,
    0x007f_ffff,
    0x807f_ffff,
    0x0040_0000, // subnormals
    0x0080_0000,
    0x8080_0000,
    0x7f7f_ffff,
    0xff7f_ffff, // least and greatest
    0x3f80_0000,
    0xbf80_0000,
    0x3f80_0001,
    0x3f7f_ffff,
    0x4b00_0000,
    0x3f00_0000, // around one, 2^23, a half
    0x4f00_0000,
    0xcf00_0000,
    0x5f00_0000, // the integers' bounds
    0x7f80_0000,
    0xff80_0000,
    0x7fc0_0000,
    0x7f80_0001, // infinities and NaNs
];

const DOUBLES: [u64; 28] = [
    0x0000_0000_0000_0000,
    0x8000_0000_0000_0000,
    0x0000_0000_0000_0001,
    0x8000_0000_0000_0001,
    0x000f_ffff_ffff_ffff,
    0x800f_ffff_ffff_ffff,
    0x0008_0000_0000_0000,
    0x0010_0000_0000_0000,
    0x8010_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0xffef_ffff_ffff_ffff,
    0x3ff0_0000_0000_0000,
    0xbff0_0000_0000_0000,
    0x3ff0_0000_0000_0001,
    0x3fef_ffff_ffff_ffff,
    0x3fe0_0000_0000_0000,
    0x41e0_0000_0000_0000,
    0xc1e0_0000_0000_0000,
    0x41df_ffff_ffc0_0000,
    0x41ef_ffff_ffe0_0000,
    0x43e0_0000_0000_0000,
    0xc3e0_0000_0000_0000,
    0x43f0_0000_0000_0000, // the integers' bounds
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    0x7ff0_0000_0000_0001,
    0xfff8_0000_dead_beef,
];

fn single(rng: &mut Rng) -> u32 {
    match rng.below(6) {
        0 | 1 => rng.pick(&SINGLES),
        2 => rng.next() as u32,
        // Near enough to cancel, or to be halfway between two results.
        3 | 4 => {
            let mask = rng.pick(&[0x007f_ffff, 0x007f_f000, 0x0070_0000, 0x0000_0003]);
            (rng.next() as u32 & 0x8000_0000)
                | (0x3f80_0000u32.wrapping_add_signed((rng.between(-3, 26) as i32) << 23))
                | rng.next() as u32 & mask
        }
        _ => rng.pick(&SINGLES).wrapping_add_signed(rng.between(-1, 1) as i32),
    }
}

fn double(rng: &mut Rng) -> u64 {
    match rng.below(6) {
        0 | 1 => rng.pick(&DOUBLES),
        2 => rng.next(),
        3 | 4 => {
            let mask = rng.pick(&[0x000f_ffff_ffff_ffff, 0x000f_ffff_0000_0000, 0x000f_0000_0000_0000, 3]);
            (rng.next() & 1 << 63)
                | 0x3ff0_0000_0000_0000u64.wrapping_add_signed(rng.between(-3, 60) << 52)
                | rng.next() & mask
        }
        _ => rng.pick(&DOUBLES).wrapping_add_signed(rng.between(-1, 1)),
    }
}

/// What f0 to f3 start with: both zeroes of both formats, whose pairs chance would seldom make.
pub const FLOAT_ZEROES: [u64; 4] = [0, 1 << 63, 0xffff_ffff_0000_0000, 0xffff_ffff_8000_0000];

/// A floating-point register: doubles, singles in their box, and singles whose box is broken.
pub fn float(rng: &mut Rng) -> u64 {
    match rng.below(20) {
        0..=8 => double(rng),
        9..=18 => 0xffff_ffff_0000_0000 | u64::from(single(rng)),
        _ => rng.pick(&[0, 0xffff_fffe, 0x7fff_ffff]) << 32 | u64::from(single(rng)),
    }
}

/// A random rounding mode of an instruction: each static one, and the dynamic one.
pub fn rounding(rng: &mut Rng) -> u8 {
    rng.pick(&[0, 1, 2, 3, 4, 7, 7])
}
