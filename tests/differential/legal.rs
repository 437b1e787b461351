//! Where the reference legally differs, or errs: which values are not written, and which differences are none. Each rule is
//! named, and told with its reason in docs/differential.md.

use manyhart_vcpu::decode::Opcode;

use crate::case::Case;
use crate::layout::EMPTY_TABLE_PA;
use crate::outcome::{Difference, Outcome};

/// Bits of a CSR that both machines implement alike.
fn writable(number: u16) -> u64 {
    match number {
        // mstatus: UXL, SXL, SBE, MBE, GVA, MPV, VS and XS stay as they are, MPRV is set by a unit of its own; see also `operand` for MPP.
        0x300 | 0x100 => !(0xff << 32 | 3 << 9 | 3 << 15 | 1 << 17),
        // mepc, sepc: the lowest bit, which the reference keeps.
        0x341 | 0x141 => !1,
        // medeleg: the exceptions that exist, without the machine's own call.
        0x302 => 0xb3ff,
        // menvcfg, senvcfg: Zicbom and Zicboz; ADUE.
        0x30a | 0x10a => !(0xf << 4 | 1 << 61),
        // mideleg, mie, mip and their views: the six standard interrupts.
        0x303 | 0x304 | 0x104 | 0x344 | 0x144 => 0xaaa,
        // mtvec, stvec: no reserved mode, which lets the reference ignore the whole write.
        0x305 | 0x105 => !2,
        0x306 | 0x106 => 7,
        // stimecmp: long past, or hours ahead. In between, the moment at which STIP rises is the host's.
        0x14d => !((1 << 36) - 1),
        // pmpcfg0: no locks, which last until reset, no reserved bits.
        0x3a0 => !0xe0e0_e0e0_e0e0_e0e0,
        0x3b0..=0x3bf => (1 << 54) - 1,
        _ => u64::MAX,
    }
}

/// The operand made of random bits; `op` is one of csrrw, csrrs, csrrc.
pub fn operand(number: u16, op: Opcode, raw: u64) -> u64 {
    let value = raw & writable(number);
    match number {
        // MPP never becomes the reserved mode: WARL, and the reference keeps it.
        0x300 => {
            let previous = match (value >> 11 & 3, op) {
                (2, Opcode::Csrrc) | (0 | 3, _) => value >> 11 & 3,
                (_, Opcode::Csrrc) => 0,
                (1, _) => 1,
                _ => 3,
            };
            both_or_none(value & !(3 << 11) | previous << 11, FS)
        }
        // FS is Off or Dirty: see `is_none` for Initial and Clean.
        0x100 => both_or_none(value, FS),
        // A cleared ADUE would be seen by one machine alone.
        0x30a if op == Opcode::Csrrw => value | 1 << 61,
        // satp: the root is a page of zeroes, or stays: where there is no memory the reference's walk ends in a page fault.
        0x180 => {
            const PPN: u64 = (1 << 44) - 1;
            value & !PPN | if op == Opcode::Csrrc { 0 } else { EMPTY_TABLE_PA >> 12 }
        }
        // W without R is reserved, and the reference keeps it.
        0x3a0 => {
            const READ: u64 = 0x0101_0101_0101_0101;
            let reads = value & READ;
            if op == Opcode::Csrrc { value | reads << 1 } else { value & !(READ << 1) | value & reads << 1 }
        }
        _ => value,
    }
}

/// mstatus.FS.
const FS: u64 = 3 << 13;

/// Makes both bits of a field equal.
fn both_or_none(value: u64, field: u64) -> u64 {
    if value & field == field { value } else { value & !field }
}

/// FS Initial or Clean where we say Dirty: dirtiness may be imprecise that way (Privileged 3.1.6.6).
fn is_imprecise_dirtiness(ours: u64, theirs: u64) -> bool {
    const SD: u64 = 1 << 63;
    let (our, their) = (ours & FS, theirs & FS);
    our == FS && their != 0 && their != FS && (ours ^ theirs) & !(FS | SD) == 0
}

/// Whether a difference is none.
pub fn is_none(case: &Case, ours: Outcome<'_>, difference: &Difference) -> bool {
    let Difference { what, ours: our, theirs } = difference;
    // ADUE: the reference has no such bit.
    if what == "0x30a" {
        return our & !(1 << 61) == theirs & !(1 << 61);
    }
    if what.ends_with("mstatus") && is_imprecise_dirtiness(*our, *theirs) {
        return true;
    }
    if matches!(what.as_str(), "scause" | "stval") {
        // What the last delegated trap left.
        let last = (0..ours.traps()).rev().find(|&trap| ours.delegated(case, trap));
        return last.is_some_and(|trap| {
            let difference = Difference { what: format!("trap {trap} {what}"), ours: *our, theirs: *theirs };
            *our == ours.log(trap, what) && is_none(case, ours, &difference)
        });
    }
    let Some((trap, field)) = what.strip_prefix("trap ").and_then(|rest| rest.split_once(' ')) else { return false };
    let trap: usize = trap.parse().expect("a number");
    match field {
        "mtval" => is_other_tval(case, ours, trap, "m", *theirs),
        "stval" => is_other_tval(case, ours, trap, "s", *theirs),
        // The reference makes an atomic on what is no memory a load first.
        "mcause" => *our == 7 && *theirs == 5 && case.is_amo(ours.log(trap, "mepc")),
        "scause" => *our == 7 && *theirs == 5 && case.is_amo(ours.log(trap, "sepc")),
        _ => false,
    }
}

/// Whether `theirs` is what the reference has in the place of our tval of this trap, to the mode with this letter.
fn is_other_tval(case: &Case, ours: Outcome<'_>, trap: usize, mode: &str, theirs: u64) -> bool {
    let field = |name: &str| ours.log(trap, &format!("{mode}{name}"));
    match field("cause") {
        // A breakpoint's tval may be its address, or zero (3.1.16).
        3 => theirs == 0,
        // The reference takes a misaligned load apart, and reports the aligned address below.
        5 | 13 => case.load_at(field("epc")).is_some_and(|size| theirs == field("tval") & !(size - 1)),
        _ => false,
    }
}
