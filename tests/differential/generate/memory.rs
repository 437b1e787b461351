//! Loads, stores and atomics, on scratch memory and where there is none.

use std::sync::LazyLock;

use manyhart_vcpu::decode::{Format, Inst, Opcode};

use super::Maker;
use crate::assemble::{Operands, word};
use crate::case::{Item, Unit};
use crate::layout::HALF_BYTES;

static PLAIN: LazyLock<Vec<Opcode>> = LazyLock::new(|| {
    use Format::*;
    Opcode::ALL.iter().copied().filter(|op| matches!(op.format(), Load | LoadF | Store | StoreF)).collect()
});
static AMOS: LazyLock<Vec<Opcode>> = LazyLock::new(|| {
    let is_sc = |op| matches!(op, Opcode::ScW | Opcode::ScD);
    Opcode::ALL.iter().copied().filter(|&op| op.format() == Format::Amo && !is_sc(op)).collect()
});

/// Addresses with nothing there, or outside every address space.
const NOWHERE: [u64; 10] = [
    0x8,
    0x1800_0000,
    0x8400_0000,
    0x83ff_fffc,
    0x1_0000_0000,
    0x100_0000_0000,
    0x7fff_ffff_ffff_fff8,
    0x8000_0000_0000_0000,
    0xffff_0000_0000_0000,
    0xffff_ffff_ffff_fff8,
];

/// Bytes that a load or store of this opcode moves.
pub fn width(op: Opcode) -> u64 {
    use Opcode::*;
    match op {
        Lb | Lbu | Sb => 1,
        Lh | Lhu | Sh => 2,
        Lw | Lwu | Sw | Flw | Fsw => 4,
        _ if op.mnemonic().ends_with(".w") => 4,
        _ => 8,
    }
}

/// Whether a load or store with known operands stays in scratch memory, and writes nothing that is kept.
pub fn fits(maker: &Maker, inst: &Inst) -> bool {
    let from_pointer = maker.pointers().contains(&inst.rs1);
    let address = maker.case.x[usize::from(inst.rs1)].wrapping_add_signed(inst.imm.into());
    let keeps = inst.op.format() != Format::Load || !maker.is_kept(inst.rd);
    let size = width(inst.op);
    from_pointer && keeps && inside(maker, address, size) && !splits_protection(maker, address, size)
}

fn inside(maker: &Maker, address: u64, width: u64) -> bool {
    let start = maker.case.space.data_va.wrapping_sub(HALF_BYTES as u64);
    address.wrapping_sub(start) <= 2 * HALF_BYTES as u64 - width
}

/// A load or store.
pub fn plain(maker: &mut Maker) -> Unit {
    let op = maker.rng.pick(&PLAIN);
    let size = width(op);
    let rd = if op.format() == Format::Load { maker.rd() } else { maker.rs() };
    let store = matches!(op.format(), Format::Store | Format::StoreF);
    if maker.rng.percent(6)
        && let Some(register) = maker.fresh()
    {
        // A store that is in part beyond the end of memory may be made in part, or not.
        let place = if store { maker.rng.below(3) } else { maker.rng.below(NOWHERE.len()) };
        let nowhere = NOWHERE[place];
        maker.keep(register, nowhere);
        let o = Operands {
            rd,
            rs1: register,
            rs2: maker.rs(),
            imm: maker.rng.pick(&[0, 0, 0, 1, 4]),
            ..Operands::default()
        };
        return vec![Item::Word(word(op, o))];
    }
    if maker.rng.percent(3)
        && maker.case.space.satp != 0
        && let Some(register) = maker.fresh()
    {
        let wrong = maker.case.space.data_va ^ 1 << (39 + maker.rng.below(25));
        maker.keep(register, wrong);
        let o = Operands { rd, rs1: register, rs2: maker.rs(), ..Operands::default() };
        return vec![Item::Word(word(op, o))];
    }
    let (rs1, base) = maker.pointer();
    let mut address = address(maker, size);
    if splits_protection(maker, address, size) {
        address &= !(size - 1);
    }
    let imm = address.wrapping_sub(base) as i32;
    let o = Operands { rd, rs1, rs2: maker.rs(), imm, ..Operands::default() };
    vec![Item::Word(word(op, o))]
}

/// Anywhere in scratch memory, and often across the page boundary.
fn address(maker: &mut Maker, size: u64) -> u64 {
    let boundary = maker.case.space.data_va;
    if maker.rng.percent(35) {
        boundary.wrapping_add_signed(-maker.rng.between(0, size as i64))
    } else {
        let start = boundary.wrapping_sub(HALF_BYTES as u64);
        let at = start.wrapping_add(maker.rng.below(2 * HALF_BYTES - 8) as u64);
        if maker.rng.percent(50) { at & !(size - 1) } else { at }
    }
}

/// Whether an access is misaligned under physical memory protection: where an entry matches a part of it, it may be made in parts, or
/// not at all (3.7.1.3).
fn splits_protection(maker: &Maker, address: u64, size: u64) -> bool {
    maker.protected && !address.is_multiple_of(size)
}

/// An atomic: a read-modify-write, or a reservation with its store.
pub fn atomic(maker: &mut Maker) -> Unit {
    let Some(register) = maker.fresh() else { return plain(maker) };
    let order = maker.rng.below(4) as u8;
    if maker.rng.percent(70) {
        let op = maker.rng.pick(&AMOS);
        let at = if maker.rng.percent(85) { aligned(maker, width(op)) } else { address(maker, width(op)) };
        maker.keep(register, at);
        let o = Operands { rd: maker.rd(), rs1: register, rs2: maker.rs(), order, ..Operands::default() };
        return vec![Item::Word(word(op, o))];
    }
    let (lr, sc) = maker.rng.pick(&[(Opcode::LrW, Opcode::ScW), (Opcode::LrD, Opcode::ScD)]);
    let misaligned = maker.rng.percent(8);
    let at = if misaligned { address(maker, width(lr)) } else { aligned(maker, width(lr)) };
    maker.keep(register, at);
    let load = Operands { rd: maker.rd(), rs1: register, order, ..Operands::default() };
    let store = Operands {
        rd: maker.rd(),
        rs1: register,
        rs2: maker.rs(),
        order: maker.rng.below(4) as u8,
        ..Operands::default()
    };
    let (load, store) = (Item::Word(word(lr, load)), Item::Word(word(sc, store)));
    // A store-conditional that is bound to fail may fault or not, and a trap may end a reservation or not (Unprivileged, 13.2).
    // So does the update of a D bit, when the entry shares the monitor's slot.
    let sure = maker.case.space.readable && maker.case.space.is_settled() && at.is_multiple_of(width(lr));
    if sure && !maker.reserved && maker.rng.percent(20) && maker.case.space.satp == 0 {
        return vec![store];
    }
    if sure {
        return vec![load, store];
    }
    maker.reserved = true;
    vec![load]
}

fn aligned(maker: &mut Maker, size: u64) -> u64 {
    let start = maker.case.space.data_va.wrapping_sub(HALF_BYTES as u64);
    start.wrapping_add(maker.rng.below(2 * HALF_BYTES / size as usize) as u64 * size)
}
