//! Control and status registers, and the instructions that change the mode.

use manyhart_vcpu::decode::Opcode;

use super::{Maker, mstatus, values};
use crate::assemble::{Operands, word};
use crate::case::{Item, Unit, csr_slot};
use crate::legal;
use crate::rng::Rng;

const WRITES: [Opcode; 6] =
    [Opcode::Csrrw, Opcode::Csrrs, Opcode::Csrrc, Opcode::Csrrwi, Opcode::Csrrsi, Opcode::Csrrci];

/// What any case may write, and leave written.
const FREE: [u16; 25] = [
    0x001, 0x002, 0x003, // fflags, frm, fcsr
    0x100, 0x104, 0x106, 0x10a, 0x140, 0x141, 0x142, 0x143, 0x144, 0x14d, // supervisor
    0x300, 0x303, 0x304, 0x306, 0x30a, 0x340, 0x341, 0x342, 0x343, 0x344, // machine
    0x3b0, 0x3b1, // pmpaddr, of regions that are mostly off
];
/// What the frame stands on: put back at once.
const RESTORED: [u16; 8] = [0x105, 0x180, 0x302, 0x305, 0x3a0, 0x3b2, 0x3b3, 0x3b7];
/// Read-only, or absent, or changing by themselves: touched without looking.
const TOUCHED: [u16; 16] = [
    0xc00, 0xc01, 0xc02, 0xf11, 0xf12, 0xf13, 0xf14, 0xf15, 0xb00, 0xb02, // counters and identity
    0x004, 0x180, 0x5c0, 0x800, 0xcc0, 0xfff, // nothing, or not for everybody
];

/// An access to a CSR.
pub fn csr(maker: &mut Maker) -> Unit {
    match maker.rng.below(10) {
        0..=5 => {
            let number = maker.rng.pick(&FREE);
            // While Sstc is off, the reference's timer runs all the same.
            let excluded = match number {
                0x100 | 0x300 => maker.imprecise,
                0x14d => !maker.sstc,
                // The reference goes on with the old lower bound.
                0x3b0 | 0x3b1 => is_lower_bound(maker, number),
                _ => false,
            };
            if excluded {
                return touch(maker);
            }
            if matches!(number, 0x142 | 0x143 | 0x342 | 0x343) {
                return trap_value(maker, number);
            }
            // menvcfg is compared at the end, where ADUE is left out.
            let rd = if number == 0x30a { 0 } else { maker.rd() };
            access(maker, number, rd).map_or_else(|| touch(maker), |item| vec![item])
        }
        6 | 7 => restored(maker),
        _ => touch(maker),
    }
}

/// Whether the PMP entry after this address is of the kind that begins where the one before ends (TOR).
fn is_lower_bound(maker: &Maker, number: u16) -> bool {
    const TOR: u64 = 1;
    let next = maker.case.csrs[csr_slot("pmpcfg0")] >> (8 * (number - 0x3b0 + 1));
    next >> 3 & 3 == TOR
}

/// A write of a value that both machines take alike; `None` when no register is left for it.
fn access(maker: &mut Maker, number: u16, rd: u8) -> Option<Item> {
    let op = maker.rng.pick(&WRITES);
    let imm = i32::from(number);
    let rs1 = match op {
        Opcode::Csrrwi | Opcode::Csrrsi | Opcode::Csrrci => {
            let base = [Opcode::Csrrw, Opcode::Csrrs, Opcode::Csrrc][op as usize - Opcode::Csrrwi as usize];
            let value = choose(maker, number, base, |rng| rng.below(32) as u64);
            u8::try_from(value).ok().filter(|value| *value < 32)?
        }
        Opcode::Csrrs | Opcode::Csrrc if maker.rng.percent(10) => 0,
        _ => {
            let register = maker.fresh()?;
            let value =
                choose(maker, number, op, |rng| if rng.percent(50) { rng.next() } else { values::integer(rng) });
            maker.keep(register, value);
            register
        }
    };
    Some(Item::Word(word(op, Operands { rd, rs1, imm, ..Operands::default() })))
}

/// An operand made of random bits, as the rules of [`legal`] and the case's own state let it be.
fn choose(maker: &mut Maker, number: u16, op: Opcode, random: impl Fn(&mut Rng) -> u64) -> u64 {
    const STCE: u64 = 1 << 63;
    const PBMTE: u64 = 1 << 62;
    let value = legal::operand(number, op, random(&mut maker.rng));
    match number {
        0x304 | 0x104 => value & maker.interrupt,
        0x30a => {
            // Sstc is on or off for the whole case; memory types stay on where there are any.
            let on = if maker.sstc { STCE } else { 0 };
            let on = if maker.case.space.has_memory_types() { on | PBMTE } else { on };
            let off = STCE & !on;
            match op {
                Opcode::Csrrw => (value | on) & !off,
                Opcode::Csrrs => value & !off,
                _ => value & !on,
            }
        }
        _ => value,
    }
}

/// A write, what it made of the register, and the old value back.
fn restored(maker: &mut Maker) -> Unit {
    let number = maker.rng.pick(&RESTORED);
    let rd = loop {
        let rd = maker.rd();
        if rd != 0 {
            break rd;
        }
    };
    let Some(change) = access(maker, number, rd) else { return touch(maker) };
    let seen = loop {
        let seen = maker.rd();
        if seen != rd {
            break seen;
        }
    };
    let back = Operands { rd: seen, rs1: rd, imm: i32::from(number), ..Operands::default() };
    vec![change, Item::Word(word(Opcode::Csrrw, back))]
}

/// mcause, mtval or theirs of the supervisor, written before it is read: what traps leave there may differ, and is compared by itself.
fn trap_value(maker: &mut Maker, number: u16) -> Unit {
    let Some(rs1) = maker.fresh() else { return touch(maker) };
    let value = maker.rng.next();
    maker.keep(rs1, value);
    let imm = i32::from(number);
    let write = Operands { rs1, imm, ..Operands::default() };
    let read = Operands { rd: maker.rd(), imm, ..Operands::default() };
    vec![Item::Word(word(Opcode::Csrrw, write)), Item::Word(word(Opcode::Csrrs, read))]
}

fn touch(maker: &mut Maker) -> Unit {
    let number = maker.rng.pick(&TOUCHED);
    // A write to what is read-only is illegal; the writable counters, and what a supervisor writes, are read alone.
    let op = if number >> 10 == 3 { maker.rng.pick(&WRITES) } else { Opcode::Csrrs };
    let mut rs1 = 0;
    if number >> 10 == 3
        && maker.rng.percent(50)
        && let Some(register) = maker.fresh()
    {
        // Never zero: the reference takes that for no write.
        let value = maker.rng.next() | 1;
        maker.keep(register, value);
        rs1 = register;
    }
    vec![Item::Word(word(op, Operands { rs1, imm: i32::from(number), ..Operands::default() }))]
}

/// Calls, returns, fences.
pub fn other(maker: &mut Maker) -> Unit {
    let one = |op: Opcode| vec![Item::Word(op.encoding())];
    // A return under MPRV is not what the reference does: see docs/differential.md.
    let most = if maker.borrowed { 6 } else { 12 };
    match maker.rng.below(most) {
        0 | 1 => one(Opcode::Ecall),
        2 => one(Opcode::Ebreak),
        6..=8 => returning(maker, Opcode::Mret, 0x341),
        9..=11 => returning(maker, Opcode::Sret, 0x141),
        _ => {
            let (rs1, rs2) = maker.rng.pick(&[(0, 0), (0, 1), (1, 0), (1, 1)]);
            let o = Operands { rs1: rs1 * maker.rs(), rs2: rs2 * maker.rs(), ..Operands::default() };
            vec![Item::Word(word(Opcode::SfenceVma, o))]
        }
    }
}

/// A return to a later unit. In machine mode the mode to return to is sometimes set first.
fn returning(maker: &mut Maker, op: Opcode, epc: i32) -> Unit {
    let Some(register) = maker.aim(0) else { return vec![Item::Word(Opcode::Ecall.encoding())] };
    let mut unit = Vec::new();
    if op == Opcode::Mret
        && maker.rng.percent(60)
        && let Some(mode) = maker.fresh()
    {
        let previous = maker.rng.pick(&[1 << 11, 3 << 11]);
        maker.keep(mode, previous);
        unit.push(Item::Word(word(Opcode::Csrrs, Operands { rs1: mode, imm: 0x300, ..Operands::default() })));
    }
    unit.push(Item::Word(word(Opcode::Csrrw, Operands { rs1: register, imm: epc, ..Operands::default() })));
    unit.push(Item::Word(op.encoding()));
    unit
}

/// `wfi` with something to wake up for already, as the first instruction: whatever came before might take it away.
pub fn wait(maker: &mut Maker) -> Unit {
    let software = 1 << 1;
    for name in ["mip", "mie", "mideleg"] {
        maker.case.csrs[csr_slot(name)] = software;
    }
    maker.case.mstatus &= !(mstatus::SIE | mstatus::MPIE);
    vec![Item::Word(Opcode::Wfi.encoding())]
}

/// Sets MPRV and MPP, in a case that begins in machine mode.
pub fn borrow(maker: &mut Maker) -> Unit {
    let Some(register) = maker.fresh() else { return Vec::new() };
    let mode = maker.rng.pick(&[0, 1, 1, 3]) << 11;
    maker.keep(register, mstatus::MPRV | mode);
    vec![Item::Word(word(Opcode::Csrrs, Operands { rs1: register, imm: 0x300, ..Operands::default() }))]
}
