//! Physical memory protection of real accesses.

use manyhart_vcpu::csr::address::*;
use manyhart_vcpu::trap::Privilege::{self, Machine as M, Supervisor as S, User as U};

use crate::asm::*;
use crate::machine::*;

const NA4: u64 = 2 << 3;
const NAPOT: u64 = 3 << 3;
const LOCK: u64 = 0x80;
const RWX: u64 = 7;

/// Entry 0 with this byte over `size` bytes at `base`; entry 1 opens the rest.
fn protected(pace: Pace, byte: u64, base: u64, size: u64) -> Machine {
    let mut machine = Machine::new(pace);
    machine.set(PMPADDR0 + 1, u64::MAX);
    machine.set(PMPADDR0, base >> 2 | (size / 8 - 1));
    machine.set(PMPCFG0, (NAPOT | RWX) << 8 | byte);
    machine.hart.set_x(10, base);
    machine.store(DATA, 0x1111);
    machine
}

/// The entry's byte, the mode, and whether load, store and fetch pass.
const RIGHTS: [(u64, Privilege, [bool; 3]); 8] = [
    (NAPOT | 1, U, [true, false, false]),
    (NAPOT | 3, S, [true, true, false]),
    (NAPOT | 4, U, [false, false, true]),
    (NAPOT, S, [false, false, false]),
    (NAPOT, M, [true, true, true]),
    (NAPOT | LOCK, M, [false, false, false]),
    (NAPOT | LOCK | 1, M, [true, false, false]),
    (NAPOT | LOCK | 5, S, [true, false, true]),
];

/// Over a page, and over eight bytes of one.
#[test]
fn rights_by_mode() {
    for (byte, mode, [load, store, fetch]) in RIGHTS {
        let kinds = [(ld(A2, 0, A0), 5, load), (sd(A1, 0, A0), 7, store), (jalr(ZERO, 0, A0), 1, fetch)];
        for (code, fault, passes) in kinds {
            for (size, pace) in PACES.into_iter().flat_map(|pace| [(8, pace), (0x1000, pace)]) {
                let mut machine = protected(pace, byte, DATA, size);
                machine.put_code(DATA, &[SPIN]);
                machine.start(mode, &[code, code]);
                let pc = machine.finish();
                let case = format!("{code:#x} in {mode:?} over {size} bytes of {byte:#x}, {pace:?}");
                if passes {
                    assert_eq!(pc, if fault == 1 { DATA } else { CODE + 8 }, "{case}");
                } else {
                    assert_eq!(machine.csrs([MCAUSE, MTVAL]), [fault, DATA], "{case}");
                }
            }
        }
    }
}

/// Around a protected word: its neighbours in the page stay reachable, whatever was cached before.
#[test]
fn a_word_in_a_page() {
    for pace in PACES {
        let mut machine = protected(pace, 0, DATA, 8);
        machine.set(PMPADDR0, (DATA + 16) >> 2);
        machine.set(PMPCFG0, (NAPOT | RWX) << 8 | NA4);
        machine.start(S, &[ld(A2, 8, A0), sd(A2, 24, A0), ld(A2, 16, A0)]);
        machine.finish();
        let trap = machine.csrs([MCAUSE, MEPC, MTVAL]);
        assert_eq!(trap, [5, CODE + 8, DATA + 16], "{pace:?}: the access matches in part");
    }
}

/// Rights that machine mode takes away hold for what the lower mode had cached.
#[test]
fn changes_take_effect_at_once() {
    for pace in PACES {
        let mut machine = protected(pace, NAPOT | 3, DATA, 0x1000);
        let second = machine.csr(MTVEC) + 0x100;
        machine.put_code(M_HANDLER, &[csrrw(ZERO, PMPCFG0, T0), csrrw(ZERO, MEPC, T1), csrrw(ZERO, MTVEC, A1), MRET]);
        machine.put_code(second, &[SPIN]);
        machine.start(S, &[ld(A2, 0, A0), ECALL, ld(A2, 0, A0)]);
        machine.hart.set_x(5, (NAPOT | RWX) << 8 | NAPOT);
        machine.hart.set_x(6, CODE + 8);
        machine.hart.set_x(11, second);
        assert_eq!((machine.finish(), machine.hart.x(12)), (second, 0x1111), "{pace:?}");
        assert_eq!(machine.csrs([MCAUSE, MEPC, MTVAL]), [5, CODE + 8, DATA], "{pace:?}");
    }
}

/// Page tables are read and updated with supervisor rights.
#[test]
fn page_tables_are_protected_too() {
    const ROOT: u64 = 0x8010_0000;
    let leaf = RAM >> 2 | 0xf;
    for (byte, accessed, cause) in
        [(NAPOT | 1, 0xc0, None), (NAPOT | 3, 0, None), (NAPOT | 1, 0, Some(1)), (NAPOT, 0xc0, Some(1))]
    {
        for pace in PACES {
            let mut machine = protected(pace, byte, ROOT, 0x1000);
            machine.store(ROOT + 2 * 8, leaf | accessed);
            machine.set(SATP, 8 << 60 | ROOT >> 12);
            machine.start(S, &[NOP]);
            let trapped = (machine.finish() == M_HANDLER).then(|| machine.csr(MCAUSE));
            assert_eq!(trapped, cause, "{byte:#x} {accessed:#x} {pace:?}");
        }
    }
}
