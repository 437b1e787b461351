//! Branches and jumps, always forward.

use manyhart_vcpu::decode::Opcode;

use super::{Maker, arithmetic};
use crate::assemble::{Operands, word};
use crate::case::{Item, Unit};

const BRANCHES: [Opcode; 6] = [Opcode::Beq, Opcode::Bne, Opcode::Blt, Opcode::Bge, Opcode::Bltu, Opcode::Bgeu];

pub fn jump(maker: &mut Maker) -> Unit {
    match maker.rng.below(12) {
        0..=5 => {
            let rs1 = maker.rs();
            let rs2 = if maker.rng.percent(15) { rs1 } else { maker.rs() };
            vec![Item::Branch { op: maker.rng.pick(&BRANCHES), rs1, rs2, to: maker.target() }]
        }
        6 | 7 => vec![Item::Jal { rd: maker.rd(), to: maker.target() }],
        8 => vec![Item::CBranch { not_zero: maker.rng.percent(50), low: maker.rng.below(8) as u8, to: maker.target() }],
        9 => vec![Item::CJump { to: maker.target() }],
        _ => indirect(maker),
    }
}

fn indirect(maker: &mut Maker) -> Unit {
    let short = maker.rng.percent(30);
    let imm = if short { 0 } else { maker.rng.pick(&[0, 1, 2, -2, 2047, -2048]) };
    // The lowest bit of the sum is dropped.
    let bias = maker.rng.pick(&[0, 0, 1]) - i64::from(imm & !1);
    let bias = if imm & 1 != 0 { bias & !1 } else { bias };
    let Some(rs1) = maker.aim(bias) else { return arithmetic::integer(maker) };
    if short {
        // c.jr, or c.jalr when ra may be written.
        let link = u16::from(!maker.is_kept(1) && maker.rng.percent(50));
        return vec![Item::Half(0x8002 | link << 12 | u16::from(rs1) << 7)];
    }
    let rd = if maker.rng.percent(10) { 0 } else { maker.rd() };
    vec![Item::Word(word(Opcode::Jalr, Operands { rd, rs1, imm, ..Operands::default() }))]
}
