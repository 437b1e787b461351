//! Counters as code reads them: exact in the middle of a block, and closed to the modes that they are closed to.

use manyhart_vcpu::csr::address::*;
use manyhart_vcpu::trap::Privilege::{Machine as M, Supervisor as S, User as U};

use crate::asm::*;
use crate::machine::*;

const ALL: [(u16, u64); 3] = [(CYCLE, 1), (TIME, 2), (INSTRET, 4)];

#[test]
fn each_instruction_counts_once() {
    for pace in PACES {
        let mut machine = Machine::new(pace);
        machine.clock.advance(1234);
        let nop = addi(ZERO, ZERO, 0);
        machine.start(M, &[csrr(A0, INSTRET), csrr(A1, CYCLE), nop, csrr(A2, INSTRET), csrr(T0, CYCLE), csrr(6, TIME)]);
        let first = machine.hart.instret();
        machine.finish();
        let read = [10, 11, 12, 5].map(|register| machine.hart.x(register) - first);
        assert_eq!((read, machine.hart.x(6)), ([0, 1, 3, 4], 1234), "{pace:?}");
    }
}

/// A write counts instead of its own instruction, what stops a counter is not counted, and one that stands still is read as it stands.
#[test]
fn what_was_written_is_read() {
    for pace in PACES {
        let mut machine = Machine::new(pace);
        machine.hart.set_x(5, 1000);
        machine.hart.set_x(6, 1);
        let (nop, stop) = (addi(ZERO, ZERO, 0), csrrs(ZERO, MCOUNTINHIBIT, 6));
        let write = [csrrw(ZERO, MINSTRET, T0), csrr(A0, INSTRET), csrrw(ZERO, MCYCLE, T0)];
        machine.start(M, &[&write[..], &[nop, stop, nop, csrr(A1, CYCLE)]].concat());
        machine.finish();
        assert_eq!([10, 11].map(|register| machine.hart.x(register)), [1000, 1001], "{pace:?}");
    }
}

#[test]
fn each_mode_opens_them_to_the_next() {
    for (counter, bit) in ALL {
        for (mode, machine_opens, supervisor_opens, is_open) in [
            (M, 0, 0, true),
            (S, 0, bit, false),
            (S, bit, 0, true),
            (U, bit, 0, false),
            (U, 0, bit, false),
            (U, bit, bit, true),
        ] {
            for pace in PACES {
                let mut machine = Machine::new(pace);
                machine.set(MCOUNTEREN, machine_opens);
                machine.set(SCOUNTEREN, supervisor_opens);
                machine.start(mode, &[addi(ZERO, ZERO, 0), csrr(A0, counter)]);
                let end = if is_open { CODE + 8 } else { M_HANDLER };
                let case = format!("{counter:#x} in {mode:?}, {machine_opens}, {supervisor_opens}, {pace:?}");
                assert_eq!(machine.finish(), end, "{case}");
                if !is_open {
                    assert_eq!(machine.csrs([MCAUSE, MEPC]), [2, CODE + 4], "{case}");
                }
            }
        }
    }
}

/// No write reaches them under these numbers.
#[test]
fn they_are_read_only() {
    for (counter, _) in ALL {
        for pace in PACES {
            let mut machine = Machine::new(pace);
            machine.start(M, &[csrrw(A0, counter, ZERO)]);
            assert_eq!((machine.finish(), machine.csr(MCAUSE)), (M_HANDLER, 2), "{counter:#x}, {pace:?}");
        }
    }
}
