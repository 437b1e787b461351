//! Page tables in RAM, walked for real loads, stores and fetches.

use manyhart_vcpu::csr::address::*;
use manyhart_vcpu::trap::Privilege::{self, Machine as M, Supervisor as S, User as U};

use crate::asm::*;
use crate::machine::*;

const V: u64 = 1;
const R: u64 = 2;
const W: u64 = 4;
const X: u64 = 8;
const USER: u64 = 16;
const A: u64 = 64;
const D: u64 = 128;

const SUM: u64 = 1 << 18;
const MXR: u64 = 1 << 19;
const MPRV: u64 = 1 << 17;

/// Three tables of one page each.
const ROOT: u64 = 0x8010_0000;
const MIDDLE: u64 = 0x8010_1000;
const LEAVES: u64 = 0x8010_2000;
/// A second space's.
const ROOT2: u64 = 0x8011_0000;

/// The pages under test: two in virtual order, with frames that are not neighbours.
const VA: u64 = 0x20_0000_0000;
const PAGE0: u64 = DATA;
const PAGE1: u64 = DATA + 0x5000;

fn pte(pa: u64, flags: u64) -> u64 {
    pa >> 2 | flags
}

fn satp(root: u64, asid: u64) -> u64 {
    8 << 60 | asid << 44 | root >> 12
}

/// Sv39: all of RAM maps to itself for supervisors, or for users, by one gigabyte page; [`VA`] has tables of its own.
fn paged(pace: Pace, code_flags: u64, leaf0: u64, leaf1: u64) -> Machine {
    let mut machine = Machine::new(pace);
    machine.store(ROOT + 2 * 8, pte(RAM, V | R | W | X | A | D | code_flags));
    machine.store(ROOT + (VA >> 30) * 8, pte(MIDDLE, V));
    machine.store(MIDDLE, pte(LEAVES, V));
    machine.store(LEAVES, leaf0);
    machine.store(LEAVES + 8, leaf1);
    machine.store(PAGE0, 0x1111);
    machine.store(PAGE0 + 0xff8, 0xaaaa_aaaa_aaaa_aaaa);
    machine.store(PAGE1, 0xbbbb_bbbb_bbbb_bbbb);
    machine.set(SATP, satp(ROOT, 1));
    machine.hart.set_x(10, VA);
    machine.hart.set_x(11, 0x2222);
    machine
}

fn mode_flags(mode: Privilege) -> u64 {
    if mode == U { USER } else { 0 }
}

/// Mode, leaf flags, mstatus bits, and whether load, store and fetch pass.
const PERMISSIONS: [(Privilege, u64, u64, [bool; 3]); 13] = [
    (U, R | USER, 0, [true, false, false]),
    (U, R | W | USER, 0, [true, true, false]),
    (U, X | USER, 0, [false, false, true]),
    (U, X | USER, MXR, [true, false, true]),
    (U, R | W | X, SUM | MXR, [false, false, false]),
    (S, R | W | X, 0, [true, true, true]),
    (S, X, 0, [false, false, true]),
    (S, X, MXR, [true, false, true]),
    (S, R | W | X | USER, 0, [false, false, false]),
    (S, R | W | X | USER, SUM, [true, true, false]),
    (S, X | USER, SUM, [false, false, false]),
    (S, X | USER, SUM | MXR, [true, false, false]),
    (S, 0, SUM, [false, false, false]),
];

#[test]
fn permissions() {
    for (mode, flags, status, [load, store, fetch]) in PERMISSIONS {
        let kinds = [(ld(A2, 0, A0), 13, load), (sd(A1, 0, A0), 15, store), (jalr(ZERO, 0, A0), 12, fetch)];
        for (code, fault, passes) in kinds {
            for pace in PACES {
                let mut machine = paged(pace, mode_flags(mode), pte(PAGE0, flags | V | A | D), 0);
                machine.put_code(PAGE0, &[SPIN]);
                machine.add(MSTATUS, status);
                // Twice over the same page: the second access finds what the first one cached.
                machine.start(mode, &[code, code]);
                let pc = machine.finish();
                let case = format!("{code:#x} in {mode:?} through {flags:#x}, status {status:#x}, {pace:?}");
                if passes {
                    assert_eq!(pc, if fault == 12 { VA } else { CODE + 8 }, "{case}");
                } else {
                    assert_eq!(pc, M_HANDLER, "{case}");
                    assert_eq!(machine.csrs([MCAUSE, MTVAL]), [fault, VA], "{case}");
                }
            }
        }
    }
}

/// Supervisors open and close user pages around an access, as kernels do: nothing cached outlives the change.
#[test]
fn sum_changes_take_effect_at_once() {
    for pace in PACES {
        let mut machine = paged(pace, 0, pte(PAGE0, V | R | W | USER | A | D), 0);
        machine.hart.set_x(5, SUM);
        let code = [csrrs(ZERO, SSTATUS, T0), ld(A2, 0, A0), sd(A1, 8, A0), csrrc(ZERO, SSTATUS, T0), ld(A2, 8, A0)];
        machine.start(S, &code);
        assert_eq!(machine.finish(), M_HANDLER, "{pace:?}");
        assert_eq!((machine.hart.x(12), machine.load(PAGE0 + 8)), (0x1111, 0x2222), "{pace:?}");
        assert_eq!(machine.csrs([MCAUSE, MEPC, MTVAL]), [13, CODE + 16, VA + 8], "{pace:?}");
    }
}

/// Many times over, as in a kernel: each change but the first goes back to translations that are there already.
#[test]
fn rights_that_come_back_find_their_translations() {
    for (flags, bit) in [(R | W | USER, SUM), (X, MXR)] {
        for pace in PACES {
            let mut machine = paged(pace, 0, pte(PAGE0, V | A | D | flags), 0);
            machine.hart.set_x(5, bit);
            let once = [csrrs(ZERO, SSTATUS, T0), ld(A2, 0, A0), csrrc(A1, SSTATUS, T0)];
            let code = [&once[..], &once, &once, &[addi(ZERO, ZERO, 0), ld(A2, 0, A0)]].concat();
            machine.start(S, &code);
            let before = machine.hart.statistics().tlb_fills;
            assert_eq!(machine.finish(), M_HANDLER, "{pace:?}");
            assert_eq!(machine.hart.statistics().tlb_fills - before, 1, "{pace:?}");
            assert_eq!((machine.hart.x(12), machine.hart.x(11) & bit), (0x1111, bit), "{pace:?}");
            assert_eq!(machine.csrs([MCAUSE, MEPC]), [13, CODE + 40], "{pace:?}");
        }
    }
}

#[test]
fn mxr_changes_take_effect_at_once() {
    for pace in PACES {
        let mut machine = paged(pace, 0, pte(PAGE0, V | X | A | D), 0);
        machine.hart.set_x(5, MXR);
        machine.start(S, &[csrrs(ZERO, SSTATUS, T0), ld(A2, 0, A0), csrrc(ZERO, SSTATUS, T0), ld(A1, 0, A0)]);
        machine.finish();
        assert_eq!((machine.hart.x(11), machine.hart.x(12)), (0x2222, 0x1111), "{pace:?}");
        assert_eq!(machine.csrs([MCAUSE, MEPC]), [13, CODE + 12], "{pace:?}");
    }
}

/// MPP, the leaf's flags, SUM: whether machine mode may load through the lower mode's eyes. Fetches stay physical.
#[test]
fn mprv_borrows_the_lower_modes_translation() {
    for (mpp, flags, status, passes) in [
        (S, R, 0, true),
        (S, R | USER, 0, false),
        (S, R | USER, SUM, true),
        (U, R | USER, 0, true),
        (U, R, 0, false),
        (M, R, 0, false),
    ] {
        for pace in PACES {
            let mut machine = paged(pace, 0, pte(PAGE0, flags | V | A), 0);
            machine.add(MSTATUS, status | (mpp as u64) << 11);
            machine.hart.set_x(5, MPRV);
            machine.hart.set_x(6, PAGE0);
            let virtually = [csrrs(ZERO, MSTATUS, T0), ld(A2, 0, A0)];
            let physically = [csrrc(ZERO, MSTATUS, T0), ld(A1, 0, T1), ld(A1, 0, A0)];
            machine.start(M, &[virtually.as_slice(), &physically].concat());
            assert_eq!(machine.finish(), M_HANDLER);
            let case = format!("MPP {mpp:?}, {flags:#x}, {status:#x}, {pace:?}");
            if passes {
                assert_eq!((machine.hart.x(12), machine.hart.x(11)), (0x1111, 0x1111), "{case}");
                assert_eq!(machine.csrs([MCAUSE, MEPC, MTVAL]), [5, CODE + 16, VA], "{case}: nothing lies there");
            } else {
                // Machine mode's own rights lead to the physical address, where there is nothing.
                let cause = if mpp == M { 5 } else { 13 };
                assert_eq!(machine.csrs([MCAUSE, MEPC, MTVAL]), [cause, CODE + 4, VA], "{case}");
            }
        }
    }
}

/// `mret` to a lower mode drops MPRV: the next trap's handler loads physically.
#[test]
fn mprv_ends_with_mret() {
    for pace in PACES {
        let mut machine = paged(pace, 0, pte(PAGE0, V | R | A), 0);
        machine.add(MSTATUS, MPRV);
        machine.put_code(M_HANDLER, &[ld(A2, 0, T1), SPIN]);
        machine.hart.set_x(6, PAGE0);
        machine.start(S, &[ECALL]);
        assert_eq!((machine.finish(), machine.hart.x(12)), (M_HANDLER + 4, 0x1111), "{pace:?}");
    }
}

/// What an access leaves in the page-table entry.
#[test]
fn accessed_and_dirty_are_set_by_use() {
    for (code, before, after) in [
        (ld(A2, 0, A0), 0, A),
        (sd(A1, 0, A0), 0, A | D),
        (sd(A1, 0, A0), A, A | D),
        (amoadd_d(A2, A1, A0), 0, A | D),
        (lr_d(A2, A0), 0, A),
        (jalr(ZERO, 0, A0), 0, A),
    ] {
        for pace in PACES {
            let flags = V | R | W | X;
            let mut machine = paged(pace, 0, pte(PAGE0, flags | before), 0);
            machine.put_code(PAGE0, &[SPIN]);
            machine.start(S, &[code]);
            machine.finish();
            assert_eq!(machine.load(LEAVES), pte(PAGE0, flags | after), "{code:#x} {pace:?}");
            assert_eq!(machine.hart.privilege(), 1, "{code:#x} {pace:?}");
        }
    }
}

/// A page that was read first is dirty after a store, although the TLB knows it.
#[test]
fn a_store_after_a_load_sets_dirty() {
    for pace in PACES {
        let mut machine = paged(pace, 0, pte(PAGE0, V | R | W), 0);
        machine.hart.set_x(5, LEAVES);
        machine.start(S, &[ld(A2, 0, A0), ld(T1, 0, T0), sd(A1, 0, A0), ld(A2, 0, A0)]);
        machine.finish();
        assert_eq!(machine.hart.x(6), pte(PAGE0, V | R | W | A), "{pace:?}: in between");
        assert_eq!((machine.load(LEAVES), machine.hart.x(12)), (pte(PAGE0, V | R | W | A | D), 0x2222), "{pace:?}");
    }
}

/// Without hardware updating, software sets the bits.
#[test]
fn without_adue_clear_bits_fault() {
    for (code, before, fault) in [
        (ld(A2, 0, A0), D, Some(13)),
        (sd(A1, 0, A0), A, Some(15)),
        (ld(A2, 0, A0), A, None),
        (sd(A1, 0, A0), A | D, None),
    ] {
        for pace in PACES {
            let leaf = pte(PAGE0, V | R | W | before);
            let mut machine = paged(pace, 0, leaf, 0);
            machine.set(MENVCFG, 0);
            machine.start(S, &[code]);
            let cause = (machine.finish() == M_HANDLER).then(|| machine.csr(MCAUSE));
            assert_eq!(cause, fault, "{code:#x} {before:#x} {pace:?}");
            assert_eq!(machine.load(LEAVES), leaf, "nothing is written");
        }
    }
}

/// An access across two pages whose frames are apart, and one whose second page is missing.
#[test]
fn accesses_across_pages() {
    let first = pte(PAGE0, V | R | W | A | D);
    let second = pte(PAGE1, V | R | W | A | D);
    for pace in PACES {
        let mut machine = paged(pace, 0, first, second);
        machine.hart.set_x(10, VA + 0x1000);
        machine.hart.set_x(11, 0x8877_6655_4433_2211);
        machine.start(S, &[ld(A2, -3, A0), sd(A1, -3, A0)]);
        assert_eq!(machine.finish(), CODE + 8);
        assert_eq!(machine.hart.x(12), 0xbbbb_bbbb_bbaa_aaaa);
        assert_eq!(machine.load(PAGE0 + 0xff8), 0x3322_11aa_aaaa_aaaa);
        assert_eq!(machine.load(PAGE1), 0xbbbb_bb88_7766_5544);

        for (code, leaf1, cause) in
            [(ld(A2, -3, A0), 0, 13), (sd(A1, -3, A0), 0, 15), (sd(A1, -3, A0), pte(PAGE1, V | R | A), 15)]
        {
            let mut machine = paged(pace, 0, first, leaf1);
            machine.hart.set_x(10, VA + 0x1000);
            machine.start(S, &[code]);
            machine.finish();
            assert_eq!(machine.csrs([MCAUSE, MTVAL]), [cause, VA + 0x1000], "the page that faults");
            assert_eq!(machine.load(PAGE0 + 0xff8), 0xaaaa_aaaa_aaaa_aaaa, "nothing of the store is done");
        }
    }
}

/// An instruction whose second half lies in the next page: both run, or the second page's address is reported.
#[test]
fn an_instruction_across_pages() {
    let executable = |pa| pte(pa, V | R | X | A);
    for (leaf1, fault) in [(executable(PAGE1), None), (0, Some(12)), (pte(PAGE1, V | R | A), Some(12))] {
        for pace in PACES {
            let mut machine = paged(pace, 0, executable(PAGE0), leaf1);
            let [low, high] = [addi(A2, ZERO, 77) & 0xffff, addi(A2, ZERO, 77) >> 16];
            machine.store(PAGE0 + 0xff8, u64::from(low) << 48);
            machine.store(PAGE1, u64::from(SPIN) << 16 | u64::from(high));
            machine.enter(S, VA + 0xffe);
            let pc = machine.finish();
            match fault {
                None => assert_eq!((pc, machine.hart.x(12)), (VA + 0x1002, 77), "{pace:?}"),
                Some(cause) => {
                    assert_eq!(machine.csrs([MCAUSE, MEPC, MTVAL]), [cause, VA + 0xffe, VA + 0x1000], "{pace:?}");
                }
            }
        }
    }
}

/// A changed entry is seen after `sfence.vma`, of everything or of the address, for data and for code.
#[test]
fn sfence_vma_forgets_translations() {
    let leaf = |pa| pte(pa, V | R | W | X | A | D);
    for (sfence, pace) in PACES.into_iter().flat_map(|pace| [(SFENCE_VMA, pace), (SFENCE_VMA | A0 << 15, pace)]) {
        let mut machine = paged(pace, 0, leaf(PAGE0), 0);
        machine.hart.set_x(5, LEAVES);
        machine.hart.set_x(6, leaf(PAGE1));
        machine.start(S, &[ld(A1, 0, A0), sd(T1, 0, T0), sfence, ld(A2, 0, A0)]);
        assert_eq!(machine.finish(), CODE + 16);
        let loaded = (machine.hart.x(11), machine.hart.x(12));
        assert_eq!(loaded, (0x1111, 0xbbbb_bbbb_bbbb_bbbb), "{sfence:#x} {pace:?}");

        let mut machine = paged(pace, 0, leaf(PAGE0), 0);
        let (call, back) = (jalr(A1, 0, A0), jalr(ZERO, 0, A1));
        machine.put_code(PAGE0, &[addi(A2, A2, 1), back]);
        machine.put_code(PAGE1, &[addi(A2, A2, 100), back]);
        machine.hart.set_x(5, LEAVES);
        machine.hart.set_x(6, leaf(PAGE1));
        machine.start(S, &[call, call, sd(T1, 0, T0), sfence, call]);
        assert_eq!(machine.finish(), CODE + 20);
        assert_eq!(machine.hart.x(12), 102, "{sfence:#x} {pace:?}");
    }
}

/// A large page is forgotten whole, by whichever of its addresses `sfence.vma` names.
#[test]
fn sfence_vma_forgets_all_of_a_large_page() {
    const MEGA: u64 = 0x8020_0000;
    let leaf = |pa| pte(pa, V | R | W | A | D);
    for pace in PACES {
        let mut machine = paged(pace, 0, 0, 0);
        machine.store(MIDDLE, leaf(MEGA));
        machine.store(MEGA + 0x10_0000, 0x1111);
        machine.store(MEGA + 0x20_0000 + 0x10_0000, 0x3333);
        machine.hart.set_x(5, MIDDLE);
        machine.hart.set_x(6, leaf(MEGA + 0x20_0000));
        machine.hart.set_x(11, VA + 0x10_0000);
        machine.start(S, &[ld(A2, 0, A1), sd(T1, 0, T0), SFENCE_VMA | A0 << 15, ld(T0, 0, A1)]);
        assert_eq!(machine.finish(), CODE + 16);
        assert_eq!((machine.hart.x(12), machine.hart.x(5)), (0x1111, 0x3333), "{pace:?}");
    }
}

/// The four- and five-level schemes, of code and data.
#[test]
fn deeper_schemes() {
    for (mode, levels) in [(9, 4), (10, 5)] {
        for pace in PACES {
            let mut machine = paged(pace, 0, pte(PAGE0, V | R | W | A | D), 0);
            // New roots above the Sv39 tables, whose space is the lowest of the larger one.
            let mut root = ROOT;
            for _ in 3..levels {
                let above = root + 0x10_0000;
                machine.store(above, pte(root, V));
                root = above;
            }
            machine.set(SATP, mode << 60 | root >> 12);
            machine.start(S, &[ld(A2, 0, A0), sd(A1, 0, A0), ld(A1, 0, A0)]);
            assert_eq!(machine.finish(), CODE + 12, "{levels} levels, {pace:?}");
            assert_eq!((machine.hart.x(12), machine.load(PAGE0)), (0x1111, 0x2222), "{levels} levels, {pace:?}");
        }
    }
}

/// Two spaces that differ in their root and ASID, back again, and none.
#[test]
fn satp_switches_spaces() {
    let leaf = |pa| pte(pa, V | R | W | A | D);
    for pace in PACES {
        let mut machine = paged(pace, 0, leaf(PAGE0), 0);
        machine.store(ROOT2 + 2 * 8, machine.load(ROOT + 2 * 8));
        machine.store(ROOT2 + (VA >> 30) * 8, pte(ROOT2 + 0x1000, V));
        machine.store(ROOT2 + 0x1000, pte(ROOT2 + 0x2000, V));
        machine.store(ROOT2 + 0x2000, leaf(PAGE1));
        machine.hart.set_x(5, satp(ROOT2, 2));
        machine.hart.set_x(6, satp(ROOT, 1));
        let code = [
            ld(A2, 0, A0),
            csrrw(ZERO, SATP, T0),
            sd(A2, 0, A0),
            csrrw(ZERO, SATP, T1),
            sd(A1, 0, A0),
            csrrw(ZERO, SATP, ZERO),
            ld(A1, 0, A0),
        ];
        machine.start(S, &code);
        assert_eq!(machine.finish(), M_HANDLER);
        assert_eq!((machine.load(PAGE0), machine.load(PAGE1)), (0x2222, 0x1111), "{pace:?}");
        assert_eq!(machine.csrs([MCAUSE, MEPC, MTVAL]), [5, CODE + 24, VA], "{pace:?}: Bare, nothing is there");
    }
}

#[test]
fn addresses_must_be_canonical() {
    for va in [1 << 38, VA | 1 << 63, 1 << 63] {
        for pace in PACES {
            let mut machine = paged(pace, 0, pte(PAGE0, V | R | W | A | D), 0);
            machine.hart.set_x(10, va);
            machine.start(S, &[ld(A2, 0, A0)]);
            machine.finish();
            assert_eq!(machine.csrs([MCAUSE, MTVAL]), [13, va], "{pace:?}");
        }
    }
}

/// Tables that lie in no memory: an access fault of the access that walked.
#[test]
fn a_table_that_is_nowhere_is_an_access_fault() {
    for (code, cause) in [(ld(A2, 0, A0), 5), (sd(A1, 0, A0), 7), (jalr(ZERO, 0, A0), 1)] {
        for pace in PACES {
            let mut machine = paged(pace, 0, 0, 0);
            machine.store(MIDDLE, pte(NOWHERE, V));
            machine.start(S, &[code]);
            machine.finish();
            assert_eq!(machine.csrs([MCAUSE, MTVAL]), [cause, VA], "{pace:?}");
        }
    }
}

/// A fence of one address is for all of the large page that translates it: for code anywhere in it too.
#[test]
fn a_fence_of_one_address_is_for_code_all_over_its_large_page() {
    const OLD: u64 = 0x8060_0000;
    const NEW: u64 = 0x8080_0000;
    const INSIDE: u64 = 0x5000;
    for pace in PACES {
        let mut machine = paged(pace, 0, 0, 0);
        machine.store(MIDDLE, pte(OLD, V | R | X | A | D));
        for (frame, value) in [(OLD, 1), (NEW, 2)] {
            machine.put_code(frame + INSIDE, &[addi(A2, A2, value), jalr(ZERO, 0, T1)]);
        }
        machine.hart.set_x(10, VA + INSIDE);
        machine.hart.set_x(11, pte(NEW, V | R | X | A | D));
        machine.hart.set_x(5, MIDDLE);
        machine.hart.set_x(7, VA);
        let fence = SFENCE_VMA | 7 << 15;
        machine.start(S, &[jalr(T1, 0, A0), sd(A1, 0, T0), fence, jalr(T1, 0, A0)]);
        assert_eq!(machine.finish(), CODE + 16, "{pace:?}");
        assert_eq!(machine.hart.x(12), 3, "{pace:?}: once the old code and once the new");
    }
}
