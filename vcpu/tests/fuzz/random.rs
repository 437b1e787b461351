//! Random numbers, and numbers that mean something somewhere; seeds are fixed.

use crate::layout::{BASE, DATA, DEVICE, ROM, SIZE, USER_BASE, WINDOW};

/// xorshift64*.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    pub fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
    /// A number that means something somewhere.
    pub fn value(&mut self) -> u64 {
        let near = self.below(32).wrapping_sub(16);
        match self.below(10) {
            0 => self.next(),
            1 => self.below(64),
            2 => near,
            3 => 1u64.wrapping_shl(self.below(64) as u32).wrapping_add(near),
            4 => DEVICE + self.below(64),
            5 => ROM + self.below(4200),
            6 => WINDOW + self.below(0x3000),
            7 => USER_BASE + self.below(SIZE),
            8 => (BASE + (self.below(SIZE >> 12) << 12)).wrapping_add(near),
            _ => DATA + self.below(SIZE + BASE - DATA),
        }
    }
    pub fn register(&mut self) -> u32 {
        self.below(32) as u32
    }
}

/// The usual seeds, or those that the environment names.
pub fn seeds(usual: std::ops::Range<u64>) -> impl Iterator<Item = u64> {
    let wanted = std::env::var("MANYHART_FUZZ_SEEDS").ok().map(|range| {
        let (first, last) = range.split_once("..").expect("first..last");
        first.parse().expect("a number")..last.parse().expect("a number")
    });
    let named = wanted.is_some();
    wanted.unwrap_or(usual).inspect(move |seed| {
        if named {
            eprintln!("seed {seed}");
        }
    })
}
