//! Synchronous exceptions and trap returns.

use manyhart_vcpu::csr::address::*;
use manyhart_vcpu::trap::Privilege::{Machine as M, Supervisor as S, User as U};

use crate::asm::*;
use crate::machine::*;

const TVM: u64 = 1 << 20;
const TW: u64 = 1 << 21;
const TSR: u64 = 1 << 22;

/// Mode, mstatus, one instruction with a0 = [`NOWHERE`] and a1 = [`DATA`] + 1; cause, tval, and the epc's offset.
#[test]
fn one_instruction_traps() {
    let at_code = |cause: u64, tval: u64| (cause, tval, CODE);
    let illegal = |encoding: u32| at_code(2, u64::from(encoding));
    for (name, mode, status, code, (cause, tval, epc)) in [
        ("ecall", U, 0, ECALL, at_code(8, 0)),
        ("ecall", S, 0, ECALL, at_code(9, 0)),
        ("ecall", M, 0, ECALL, at_code(11, 0)),
        ("a word of zeroes", U, 0, 0, at_code(2, 0)),
        ("a word of ones", M, 0, u32::MAX, illegal(u32::MAX)),
        ("load from nowhere", U, 0, ld(T0, 8, A0), at_code(5, NOWHERE + 8)),
        ("store to nowhere", S, 0, sd(T0, 8, A0), at_code(7, NOWHERE + 8)),
        ("atomic to nowhere", M, 0, amoadd_d(T0, T1, A0), at_code(7, NOWHERE)),
        ("jump to nowhere", M, 0, jalr(T0, 0, A0), (1, NOWHERE, NOWHERE)),
        ("misaligned lr", M, 0, lr_d(T0, A1), at_code(4, DATA + 1)),
        ("misaligned sc", M, 0, sc_d(T0, T1, A1), at_code(6, DATA + 1)),
        ("misaligned amo", U, 0, amoadd_d(T0, T1, A1), at_code(6, DATA + 1)),
        ("machine CSR", S, 0, csrr(T0, MSCRATCH), illegal(csrr(T0, MSCRATCH))),
        ("supervisor CSR", U, 0, csrr(T0, SSCRATCH), illegal(csrr(T0, SSCRATCH))),
        ("read-only CSR", M, 0, csrrw(ZERO, MHARTID, A0), illegal(csrrw(ZERO, MHARTID, A0))),
        ("absent CSR", M, 0, csrr(T0, 0x5c0), illegal(csrr(T0, 0x5c0))),
        ("closed counter", S, 0, csrr(T0, CYCLE), illegal(csrr(T0, CYCLE))),
        ("fcsr while FS is off", M, 0, csrr(T0, FCSR), illegal(csrr(T0, FCSR))),
        ("mret below machine mode", S, 0, MRET, illegal(MRET)),
        ("sret in user mode", U, 0, SRET, illegal(SRET)),
        ("sret under TSR", S, TSR, SRET, illegal(SRET)),
        ("wfi in user mode", U, 0, WFI, illegal(WFI)),
        ("wfi under TW", S, TW, WFI, illegal(WFI)),
        ("sfence.vma in user mode", U, 0, SFENCE_VMA, illegal(SFENCE_VMA)),
        ("sfence.vma under TVM", S, TVM, SFENCE_VMA, illegal(SFENCE_VMA)),
        ("satp under TVM", S, TVM, csrr(T0, SATP), illegal(csrr(T0, SATP))),
    ] {
        for (delegate, pace) in [(false, Pace::Steps), (true, Pace::Steps), (false, Pace::Blocks), (true, Pace::Blocks)]
        {
            let mut machine = Machine::new(pace);
            machine.set(MEDELEG, if delegate { 1 << cause } else { 0 });
            machine.add(MSTATUS, status);
            machine.start(mode, &[code]);
            machine.hart.set_x(10, NOWHERE);
            machine.hart.set_x(11, DATA + 1);
            let pc = machine.finish();

            let case = format!("{name} in {mode:?}, delegated {delegate}, {pace:?}");
            let to_supervisor = delegate && mode != M;
            let (handler, registers) =
                if to_supervisor { (S_HANDLER, [SCAUSE, SEPC, STVAL]) } else { (M_HANDLER, [MCAUSE, MEPC, MTVAL]) };
            assert_eq!(pc, handler, "{case}");
            assert_eq!(machine.hart.privilege(), if to_supervisor { 1 } else { 3 }, "{case}");
            assert_eq!(machine.csrs(registers), [cause, epc, tval], "{case}");
            let stacked = machine.csr(MSTATUS);
            let previous = if to_supervisor { stacked >> 8 & 1 } else { stacked >> 11 & 3 };
            assert_eq!(previous, mode as u64, "{case}");
        }
    }
}

#[test]
fn a_breakpoint_traps_at_its_own_address() {
    for pace in PACES {
        let mut machine = Machine::new(pace);
        machine.start(M, &[NOP, EBREAK]);
        assert_eq!(machine.finish(), M_HANDLER);
        assert_eq!(machine.csrs([MCAUSE, MEPC]), [3, CODE + 4]);
    }
}

/// User code calls the machine a hundred times; the handler counts, skips the call, and returns.
#[test]
fn calls_and_returns() {
    let handler = [addi(A1, A1, 1), csrr(T0, MEPC), addi(T0, T0, 4), csrrw(ZERO, MEPC, T0), MRET];
    let instructions = handler.len() as u64 + 1;
    for pace in PACES {
        let mut machine = Machine::new(pace);
        machine.put_code(M_HANDLER, &handler);
        machine.start(U, &[ECALL, BACK]);
        let before = machine.hart.instret();
        let (rounds, calls) = if pace == Pace::Steps { (100, 1) } else { (1, 100) };
        for _ in 0..rounds {
            machine.step(calls * (1 + instructions));
        }
        assert_eq!((machine.hart.pc(), machine.hart.privilege(), machine.hart.x(11)), (CODE, 0, 100));
        assert_eq!(machine.hart.instret() - before, 100 * instructions, "an ecall does not retire");
    }
}

/// Each level hands down to the next and calls back up.
#[test]
fn three_modes() {
    for pace in PACES {
        let mut machine = Machine::new(pace);
        machine.set(MEDELEG, 1 << 8);
        machine.put_code(S_HANDLER, &[ECALL]);
        machine.put_code(DATA, &[NOP, ECALL]);
        machine.start(S, &[csrrw(ZERO, SEPC, A0), SRET]);
        machine.hart.set_x(10, DATA);
        if pace == Pace::Steps {
            for (pc, mode) in [(CODE + 4, S), (DATA, U), (DATA + 4, U), (S_HANDLER, S), (M_HANDLER, M)] {
                machine.step(1);
                assert_eq!((machine.hart.pc(), machine.hart.privilege()), (pc, mode as u8));
            }
        }
        assert_eq!(machine.finish(), M_HANDLER);
        assert_eq!(machine.csrs([SCAUSE, SEPC, MCAUSE, MEPC]), [8, DATA + 4, 9, S_HANDLER]);
    }
}

/// A counter that is written reads back from the next instruction on, and counts every instruction in between.
#[test]
fn counters_count_instructions() {
    for pace in PACES {
        for counter in [MINSTRET, MCYCLE] {
            let mut machine = Machine::new(pace);
            machine.start(M, &[csrrw(ZERO, counter, A0), csrr(A1, counter), NOP, NOP, csrr(A2, counter)]);
            machine.hart.set_x(10, 1000);
            machine.finish();
            assert_eq!((machine.hart.x(11), machine.hart.x(12)), (1000, 1003), "{counter:#x} {pace:?}");
        }
    }
}

/// Floating-point registers are closed until FS opens them, and closed again at once, in code that is translated already.
#[test]
fn fs_opens_and_closes_at_once() {
    let fld = 0x0005_b007 | 1 << 7; // fld f1, 0(a1)
    for (mode, status, pace) in
        [(M, MSTATUS, Pace::Steps), (S, SSTATUS, Pace::Steps), (M, MSTATUS, Pace::Blocks), (S, SSTATUS, Pace::Blocks)]
    {
        let mut machine = Machine::new(pace);
        machine.store(DATA, 42);
        let code = [csrrs(ZERO, status, A0), fld, csrr(T0, status), csrrc(ZERO, status, A2), fld];
        machine.start(mode, &code);
        machine.hart.set_x(10, 1 << 13);
        machine.hart.set_x(11, DATA);
        machine.hart.set_x(12, 3 << 13);
        assert_eq!(machine.finish(), M_HANDLER);
        assert_eq!(machine.hart.f(1), 42, "{mode:?} {pace:?}: open");
        assert_eq!(machine.hart.x(5) >> 13 & 3, 3, "{mode:?} {pace:?}: dirty");
        assert_eq!(machine.csrs([MCAUSE, MEPC, MTVAL]), [2, CODE + 16, fld.into()], "{mode:?} {pace:?}: closed");
    }
}

/// The mode that runs decides, also for code that another mode has run before.
#[test]
fn one_piece_of_code_in_every_mode() {
    for pace in PACES {
        let mut machine = Machine::new(pace);
        // Back to machine mode for the next round.
        machine.put_code(CODE, &[csrr(T0, SSCRATCH), ECALL]);
        for (mode, expected) in
            [(M, [11, CODE + 4]), (U, [2, CODE]), (S, [9, CODE + 4]), (U, [2, CODE]), (M, [11, CODE + 4])]
        {
            machine.enter(mode, CODE);
            assert_eq!(machine.finish(), M_HANDLER);
            assert_eq!(machine.csrs([MCAUSE, MEPC]), expected, "{mode:?} {pace:?}");
        }
    }
}
