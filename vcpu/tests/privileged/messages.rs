//! Interrupts that arrive as messages: what a hart with interrupt files does with them, as running code meets it.

use manyhart_vcpu::csr::address::*;
use manyhart_vcpu::trap::Privilege::{self, Machine as M, Supervisor as S, User as U};

use crate::asm::*;
use crate::machine::*;

const MIE_BIT: u64 = 1 << 3;
const SIE_BIT: u64 = 1 << 1;

/// The interrupt of a level, and its CSRs.
struct Level {
    file: usize,
    code: u64,
    select: u16,
    window: u16,
    top: u16,
    handler: u64,
}

const LEVELS: [Level; 2] = [
    Level { file: 0, code: 11, select: MISELECT, window: MIREG, top: MTOPEI, handler: M_HANDLER },
    Level { file: 1, code: 9, select: SISELECT, window: SIREG, top: STOPEI, handler: S_HANDLER },
];

/// A hart that is open to this level's external interrupt, with every identity enabled and delivered, and whose handler claims.
fn open(pace: Pace, level: &Level) -> Machine {
    let mut machine = Machine::with_interrupt_files(pace);
    for (select, value) in [(0x70, 1), (0xc0, u64::MAX), (0xc2, u64::MAX)] {
        machine.set(level.select, select);
        machine.set(level.window, value);
    }
    machine.set(MIDELEG, 1 << 9);
    machine.set(MIE, 1 << level.code);
    machine.add(MSTATUS, MIE_BIT | SIE_BIT);
    machine.put_code(level.handler, &[csrrw(A2, level.top, ZERO), SPIN]);
    machine
}

fn claimed(machine: &mut Machine) -> u64 {
    machine.hart.x(A2 as usize)
}

#[test]
fn a_message_interrupts_and_its_handler_claims_it() {
    for level in &LEVELS {
        for mode in [U, S, M].into_iter().filter(|&mode| level.file == 0 || mode != M) {
            for pace in PACES {
                let mut machine = open(pace, level);
                machine.start(mode, &[NOP, NOP]);
                assert_eq!(machine.finish(), CODE + 8, "nothing is pending");
                for identity in [70, 3] {
                    assert!(machine.files[level.file].send(identity));
                }
                let case = format!("{} in {mode:?}, {pace:?}", level.code);
                assert_eq!(machine.finish(), level.handler + 4, "{case}");
                assert_eq!(claimed(&mut machine), 3 << 16 | 3, "{case}: the lowest");
                assert_eq!(machine.csr(level.top), 70 << 16 | 70, "{case}");
                assert_eq!(machine.csr(MIP), 1 << level.code, "{case}: the other is still there");
                machine.set(level.top, 0);
                assert_eq!(machine.csr(MIP), 0, "{case}");
            }
        }
    }
}

/// What makes a message deliverable takes it before the next instruction.
#[test]
fn letting_a_message_through_takes_it_at_once() {
    for level in &LEVELS {
        // Select value, its value that holds the message back, and that which lets it through.
        for (select, closed, opened) in [(0x70, 0, 1), (0x72, 7, 0), (0xc0, 0, 1 << 7), (0x80, 0, 1 << 7)] {
            for pace in PACES {
                let mut machine = open(pace, level);
                machine.set(level.select, select);
                machine.set(level.window, closed);
                if select != 0x80 {
                    assert!(machine.files[level.file].send(7));
                }
                machine.hart.set_x(A0 as usize, opened);
                let mode = if level.file == 0 { M } else { S };
                machine.start(mode, &[NOP, csrrw(ZERO, level.window, A0), addi(A1, A1, 1), addi(A1, A1, 1)]);
                let case = format!("{} by {select:#x}, {pace:?}", level.code);
                assert_eq!((machine.finish(), machine.hart.x(A1 as usize)), (level.handler + 4, 0), "{case}");
                assert_eq!(claimed(&mut machine), 7 << 16 | 7, "{case}");
                let epc = if level.file == 0 { MEPC } else { SEPC };
                assert_eq!(machine.csr(epc), CODE + 8, "{case}");
            }
        }
    }
}

/// WFI ends with a message from another thread, also where the global enable keeps it from interrupting (3.3.3, AIA 5.5).
#[test]
fn a_message_ends_wfi() {
    for (enabled, pc) in [(true, S_HANDLER + 4), (false, CODE + 4)] {
        for pace in PACES {
            let mut machine = open(pace, &LEVELS[1]);
            machine.start(S, &[WFI]);
            if !enabled {
                let status = machine.csr(MSTATUS);
                machine.set(MSTATUS, status & !SIE_BIT);
            }
            let file = machine.files[1].clone();
            let sender = std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(20));
                assert!(file.send(9));
            });
            assert_eq!(machine.finish(), pc, "{pace:?}");
            sender.join().expect("it has sent");
        }
    }
}

#[test]
fn lower_modes_have_no_way_in() {
    let cases: [(Privilege, u16); 6] = [(U, STOPEI), (U, SIREG), (U, STOPI), (S, MTOPEI), (S, MIREG), (S, MVIP)];
    for (mode, csr) in cases {
        for pace in PACES {
            let mut machine = open(pace, &LEVELS[1]);
            machine.set(MISELECT, 0x70);
            machine.start(mode, &[csrr(A0, csr)]);
            assert_eq!(machine.finish(), M_HANDLER, "{csr:#x} in {mode:?}");
            assert_eq!(machine.csrs([MCAUSE, MEPC]), [2, CODE], "{csr:#x} in {mode:?}");
        }
    }
}
