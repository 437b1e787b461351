//! Instructions that compute: integers, floating point, compressed forms, and encodings that are none.

use std::sync::LazyLock;

use manyhart_vcpu::decode::{Format, Inst, Opcode, decode16, decode32};

use super::{Maker, memory, values};
use crate::assemble::{Operands, word};
use crate::case::{Item, Unit};

/// Everything that only reads and writes integer registers.
static INTEGER: LazyLock<Vec<Opcode>> = LazyLock::new(|| opcodes(is_integer));
static FLOAT: LazyLock<Vec<Opcode>> = LazyLock::new(|| opcodes(is_float));

fn opcodes(wanted: fn(Opcode) -> bool) -> Vec<Opcode> {
    Opcode::ALL.iter().copied().filter(|&op| wanted(op)).collect()
}

fn is_integer(op: Opcode) -> bool {
    use Format::*;
    matches!(op.format(), R | Unary | I | Shift6 | Shift5 | U | Fence | FenceI) || op == Opcode::Pause
}

fn is_float(op: Opcode) -> bool {
    use Format::*;
    matches!(op.format(), Fma | FffRm | FfRm | Fff | Xff | Xf | Fx | XfRm | FxRm)
}

/// Whether nothing but registers changes, and the next instruction is next.
fn is_pure(inst: &Inst) -> bool {
    is_integer(inst.op) || is_float(inst.op)
}

pub fn integer(maker: &mut Maker) -> Unit {
    let op = maker.rng.pick(&INTEGER);
    let imm = match maker.rng.below(4) {
        0 => maker.rng.pick(&[0, 1, -1, 2047, -2048, 63, 31, 32]),
        _ => maker.rng.next() as i32,
    };
    let mut o = Operands { rd: maker.rd(), rs1: maker.rs(), rs2: maker.rs(), imm, ..Operands::default() };
    if op == Opcode::Ctzw {
        let Some(register) = maker.fresh() else { return integer(maker) };
        // Never zero in the low word: the reference goes on counting in the high one.
        let value = values::integer(&mut maker.rng) | 1 << maker.rng.below(32);
        maker.keep(register, value);
        o.rs1 = register;
    }
    vec![Item::Word(word(op, o))]
}

pub fn float(maker: &mut Maker) -> Unit {
    let op = maker.rng.pick(&FLOAT);
    let to_integer = matches!(op.format(), Format::Xff | Format::Xf | Format::XfRm);
    let rd = if to_integer { maker.rd() } else { maker.rs() };
    let rm = values::rounding(&mut maker.rng);
    let zeroes = maker.rng.percent(8);
    let source = |maker: &mut Maker| if zeroes { maker.rng.below(4) as u8 } else { maker.rs() };
    let o = Operands { rd, rs1: source(maker), rs2: source(maker), rs3: source(maker), rm, ..Operands::default() };
    vec![Item::Word(word(op, o))]
}

/// A random halfword, unless it leaves the sequence or writes what is kept.
pub fn compressed(maker: &mut Maker) -> Unit {
    loop {
        let half = maker.rng.next() as u16;
        if half & 3 == 3 {
            continue;
        }
        let fits = match decode16(half) {
            None => true,
            Some(inst) => match inst.op.format() {
                _ if is_pure(&inst) => !maker.is_kept(inst.rd),
                Format::Load | Format::LoadF | Format::Store | Format::StoreF => memory::fits(maker, &inst),
                _ => inst.op == Opcode::Ebreak,
            },
        };
        if fits {
            return vec![Item::Half(half)];
        }
    }
}

/// A word that is no instruction, or is only by a hair: a valid one with a bit flipped, or at random.
pub fn unknown(maker: &mut Maker) -> Unit {
    loop {
        let raw = if maker.rng.percent(70) {
            let op = maker.rng.pick(Opcode::ALL);
            let o = Operands {
                rd: maker.rs(),
                rs1: maker.rs(),
                rs2: maker.rs(),
                imm: maker.rng.next() as i32,
                rm: maker.rng.below(8) as u8,
                ..Operands::default()
            };
            word(op, o) ^ 1 << (2 + maker.rng.below(30))
        } else {
            maker.rng.next() as u32 | 3
        };
        let fits = match decode32(raw) {
            None => raw & 3 == 3 && !reference_knows(raw),
            Some(inst) if inst.op == Opcode::Ctzw => false,
            Some(inst) => is_pure(&inst) && (is_float(inst.op) && float_target(&inst) || !maker.is_kept(inst.rd)),
        };
        if fits {
            return vec![Item::Word(raw)];
        }
    }
}

fn float_target(inst: &Inst) -> bool {
    !matches!(inst.op.format(), Format::Xff | Format::Xf | Format::XfRm)
}

/// Encodings that we do not know and the reference takes for something (docs/differential.md).
fn reference_knows(_raw: u32) -> bool {
    false
}
