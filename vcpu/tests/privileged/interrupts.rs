//! Interrupts from the lines, the timers and software, as running code meets them.

use manyhart_vcpu::csr::address::*;
use manyhart_vcpu::trap::Privilege::{Machine as M, Supervisor as S, User as U};

use crate::asm::*;
use crate::machine::*;

const MIE_BIT: u64 = 1 << 3;
const SIE_BIT: u64 = 1 << 1;
const ALL: u64 = 0xaaa;

/// The cause register's value for an interrupt.
fn interrupt(code: u64) -> u64 {
    1 << 63 | code
}

/// A line, the mode, whether it is delegated: the handler's mode. All global enables are on.
#[test]
fn lines_interrupt_running_code() {
    for (line, mode, delegated, handler) in [
        (3, U, 0, M_HANDLER),
        (3, M, 0, M_HANDLER),
        (11, S, 0, M_HANDLER),
        (9, U, 0, M_HANDLER),
        (9, U, 1 << 9, S_HANDLER),
        (9, S, 1 << 9, S_HANDLER),
    ] {
        for pace in PACES {
            let mut machine = Machine::new(pace);
            machine.set(MIE, ALL);
            machine.set(MIDELEG, delegated);
            machine.start(mode, &[NOP, NOP]);
            machine.add(MSTATUS, MIE_BIT | SIE_BIT);
            assert_eq!(machine.finish(), CODE + 8, "nothing is pending");
            machine.attention.set_level(line, true);
            let (cause, epc) = if handler == M_HANDLER { (MCAUSE, MEPC) } else { (SCAUSE, SEPC) };
            let case = format!("line {line} in {mode:?}, mideleg {delegated:#x}, {pace:?}");
            assert_eq!(machine.finish(), handler, "{case}");
            assert_eq!(machine.csrs([cause, epc]), [interrupt(u64::from(line)), CODE + 8], "{case}");
            assert_eq!(machine.csr(MIP), 1 << line, "{case}");
            machine.attention.set_level(line, false);
            assert_eq!(machine.csr(MIP), 0, "{case}");
        }
    }
}

/// What makes a pending interrupt takeable takes it before the next instruction.
#[test]
fn enabling_takes_the_interrupt_at_once() {
    for (name, mie, status, csr, value) in [("mstatus.MIE", ALL, 0, MSTATUS, MIE_BIT), ("mie", 0, MIE_BIT, MIE, 1 << 3)]
    {
        for pace in PACES {
            let mut machine = Machine::new(pace);
            machine.attention.set_level(3, true);
            machine.set(MIE, mie);
            machine.set(MSTATUS, status);
            machine.hart.set_x(10, value);
            machine.start(M, &[NOP, csrrs(ZERO, csr, A0), addi(A1, A1, 1), addi(A1, A1, 1)]);
            assert_eq!((machine.finish(), machine.hart.x(11)), (M_HANDLER, 0), "{name} {pace:?}");
            assert_eq!(machine.csrs([MCAUSE, MEPC]), [interrupt(3), CODE + 8], "{name} {pace:?}");
        }
    }
}

/// A return to a mode that is open to a pending interrupt takes it before the mode's first instruction.
#[test]
fn a_return_takes_the_interrupt_at_once() {
    for pace in PACES {
        let mut machine = Machine::new(pace);
        machine.set(MIE, 1 << 1);
        machine.set(MIP, 1 << 1);
        machine.put_code(CODE, &[addi(A1, A1, 1), SPIN]);
        machine.set(MEPC, CODE);
        machine.hart.set_pc(RAM);
        assert_eq!((machine.finish(), machine.hart.x(11)), (M_HANDLER, 0), "{pace:?}");
        assert_eq!(machine.csrs([MCAUSE, MEPC]), [interrupt(1), CODE], "{pace:?}");
    }
}

/// Software's own interrupt in supervisor mode, through sip.
#[test]
fn a_supervisor_interrupts_itself() {
    for pace in PACES {
        let mut machine = Machine::new(pace);
        machine.set(MIDELEG, 1 << 1);
        machine.set(MIE, 1 << 1);
        machine.add(MSTATUS, SIE_BIT);
        machine.hart.set_x(10, 1 << 1);
        machine.start(S, &[NOP, csrrs(ZERO, SIP, A0), NOP]);
        assert_eq!((machine.finish(), machine.hart.privilege()), (S_HANDLER, 1), "{pace:?}");
        assert_eq!(machine.csrs([SCAUSE, SEPC]), [interrupt(1), CODE + 8], "{pace:?}");
    }
}

/// The machine's timer, and time that is moved past its deadline by hand.
#[test]
fn the_machine_timer() {
    for pace in PACES {
        let mut machine = Machine::new(pace);
        machine.set(MIE, 1 << 7);
        machine.set(MSTATUS, MIE_BIT);
        machine.attention.set_deadline(0, 1000);
        machine.start(M, &[]);
        assert_eq!((machine.finish(), machine.csr(MIP)), (CODE, 0), "{pace:?}");
        machine.clock.advance(1000);
        assert_eq!(machine.finish(), M_HANDLER, "{pace:?}");
        assert_eq!(machine.csrs([MCAUSE, MEPC]), [interrupt(7), CODE], "{pace:?}");
        machine.attention.set_deadline(0, 2000);
        assert_eq!(machine.csr(MIP), 0, "{pace:?}");
    }
}

/// A supervisor that may use `stimecmp` and is open to its interrupt.
fn with_sstc(pace: Pace) -> Machine {
    let mut machine = Machine::new(pace);
    machine.add(MENVCFG, 1 << 63);
    machine.set(MCOUNTEREN, 2);
    machine.set(MIDELEG, 1 << 5);
    machine.set(MIE, 1 << 5);
    machine.add(MSTATUS, SIE_BIT);
    machine
}

/// stimecmp, written by the supervisor: pending when time has come, gone when it is moved on.
#[test]
fn the_supervisor_timer() {
    for pace in PACES {
        let mut machine = with_sstc(pace);
        machine.hart.set_x(10, 500);
        machine.hart.set_x(11, 5000);
        machine.put_code(S_HANDLER, &[csrr(A2, SIP), csrrw(ZERO, STIMECMP, A1), csrr(T0, SIP), csrr(T1, TIME), SRET]);
        machine.start(S, &[csrrw(ZERO, STIMECMP, A0)]);
        assert_eq!(machine.finish(), CODE + 4, "{pace:?}");
        assert_eq!(machine.csr(SCAUSE), 0, "{pace:?}: not yet");
        machine.clock.advance(600);
        assert_eq!((machine.finish(), machine.hart.privilege()), (CODE + 4, 1), "{pace:?}: back, and quiet");
        assert_eq!(machine.csrs([SCAUSE, SEPC]), [interrupt(5), CODE + 4], "{pace:?}");
        assert_eq!([12, 5, 6].map(|x| machine.hart.x(x)), [1 << 5, 0, 600], "{pace:?}");
    }
}

/// A deadline that has passed already interrupts the writer.
#[test]
fn a_past_deadline_interrupts() {
    for pace in PACES {
        let mut machine = with_sstc(pace);
        machine.clock.advance(100);
        machine.hart.set_x(10, 50);
        machine.start(S, &[csrrw(ZERO, STIMECMP, A0), NOP]);
        assert_eq!(machine.finish(), S_HANDLER, "{pace:?}");
        assert_eq!(machine.csr(SCAUSE), interrupt(5), "{pace:?}");
    }
}

/// `wfi` goes on when an interrupt is pending, though none can be taken.
#[test]
fn wfi_ends_for_a_locally_enabled_interrupt() {
    for mode in [M, S] {
        for pace in PACES {
            let mut machine = Machine::new(pace);
            machine.set(MIDELEG, 1 << 9);
            machine.set(MIE, 1 << 9);
            machine.attention.set_level(9, true);
            machine.start(mode, &[WFI, addi(A1, A1, 1)]);
            assert_eq!(machine.finish(), CODE + 8, "{mode:?} {pace:?}");
            assert_eq!((machine.hart.x(11), machine.hart.privilege()), (1, mode as u8), "{mode:?} {pace:?}");
        }
    }
}

/// `wfi` sleeps until another thread sets a line, and the interrupt returns behind it.
#[test]
fn wfi_sleeps_until_a_line_rises() {
    for pace in PACES {
        // The line may be high before the hart sleeps, and then interrupts in front of `wfi`: tried again.
        let behind_it = (0..1000).any(|_| {
            let mut machine = Machine::new(pace);
            machine.set(MIE, 1 << 3);
            machine.set(MSTATUS, MIE_BIT);
            machine.start(M, &[WFI, NOP]);
            let attention = machine.attention.clone();
            let waker = std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(20));
                attention.set_level(3, true);
            });
            assert_eq!(machine.finish(), M_HANDLER, "{pace:?}");
            waker.join().expect("the waker does not panic");
            let [cause, behind] = machine.csrs([MCAUSE, MEPC]);
            assert_eq!(cause, interrupt(3), "{pace:?}");
            assert!([CODE, CODE + 4].contains(&behind), "{pace:?}: {behind:#x}");
            behind == CODE + 4
        });
        assert!(behind_it, "{pace:?}");
    }
}

#[test]
fn vectored_mode_spreads_interrupts() {
    for pace in PACES {
        let mut machine = Machine::new(pace);
        machine.set(MTVEC, M_HANDLER | 1);
        machine.put_code(M_HANDLER + 4 * 11, &[SPIN]);
        machine.set(MIE, ALL);
        machine.set(MSTATUS, MIE_BIT);
        machine.attention.set_level(11, true);
        machine.attention.set_level(3, true);
        machine.start(M, &[NOP]);
        assert_eq!(machine.finish(), M_HANDLER + 4 * 11, "{pace:?}");
        assert_eq!(machine.csr(MCAUSE), interrupt(11), "{pace:?}");
    }
}
