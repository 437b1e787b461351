//! How often code may run, by its shape alone: what stands in a loop more often than what does not.

use std::collections::BTreeMap;

use manyhart_vcpu::decode::{Format, decode16, decode32, is_long};

/// Bytes of a loop, at most. What goes back further may be anything.
const LONGEST: usize = 256;
const DEEPEST: u8 = 2;

/// How often a loop's body is supposed to run.
pub fn weight(depth: u8) -> f64 {
    4f64.powi(depth.min(DEEPEST).into())
}

/// In how many loops each halfword of the code stands. A loop is what a short conditional branch leads back over, the longest of those to one
/// place; jumps lead back from what seldom runs.
pub fn depths(code: &[u8]) -> Vec<u8> {
    let mut ends = BTreeMap::new();
    let half = |at: usize| Some(u16::from_le_bytes(code.get(at..at + 2)?.try_into().ok()?));
    let mut at = 0;
    while let Some(low) = half(at) {
        let inst = if is_long(low) {
            half(at + 2).and_then(|high| decode32(u32::from(high) << 16 | u32::from(low)))
        } else {
            decode16(low)
        };
        let back = inst
            .filter(|inst| inst.op.format() == Format::Branch && inst.imm < 0)
            .map(|inst| inst.imm.unsigned_abs() as usize)
            .filter(|&back| back <= LONGEST && back <= at);
        if let Some(back) = back {
            ends.insert(at - back, at);
        }
        at += if is_long(low) { 4 } else { 2 };
    }
    let mut depths = vec![0u8; code.len() / 2 + 1];
    for (start, end) in ends {
        depths[start / 2..=end / 2].iter_mut().for_each(|depth| *depth = depth.saturating_add(1));
    }
    depths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_what_a_branch_leads_back_over() {
        // nop; outer: nop; inner: nop; bnez a0, inner; bnez a1, outer; nop; a branch ahead; a call back.
        let code: Vec<u8> = [0x0000_0013u32, 0x13, 0x13, 0xfe05_1ee3, 0xfe05_9ae3, 0x13, 0x0005_1463, 0xff5f_f0ef]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let depths: Vec<u8> = depths(&code).into_iter().step_by(2).take(8).collect();
        assert_eq!(depths, [0, 1, 2, 2, 1, 0, 0, 0]);
        assert_eq!((weight(0), weight(1), weight(9)), (1.0, 4.0, 16.0));
    }
}
