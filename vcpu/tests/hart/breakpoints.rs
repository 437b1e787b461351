//! Where a debugger wants the hart to stop: before the instruction, at every pace, and without a trace in memory or in what the guest counts.

use manyhart_vcpu::Exit;

use crate::asm::*;
use crate::machine::{BASE, Machine, VECTOR};

/// Counts in a0, a1 and a2, each by an instruction of its own, for ever.
const ROUND: [fn() -> u32; 4] = [|| addi(A0, A0, 1), || addi(A1, A1, 1), || addi(A2, A2, 1), || jal(ZERO, -12)];

fn machine() -> Machine {
    Machine::with_program(&ROUND.map(|word| word()))
}

#[track_caller]
fn stands(machine: &Machine, pc: u64, counts: [u64; 3], instructions: u64) {
    assert_eq!(machine.hart.pc(), pc);
    assert_eq!([A0, A1, A2].map(|register| machine.hart.x(register as usize)), counts);
    assert_eq!((machine.hart.instret(), machine.hart.statistics().traps), (instructions, 0));
}

#[test]
fn the_hart_stops_before_the_instruction_and_goes_on_with_it() {
    for warm in [0, 4000] {
        let mut machine = machine();
        machine.run(warm);
        let n = warm / 4;
        for (index, counts) in [(0, [n, n, n]), (1, [n + 1, n, n]), (2, [n + 1, n + 1, n]), (3, [n + 1; 3])] {
            let at = BASE + 4 * index;
            machine.hart.set_breakpoints([at]);
            // However often it is asked, and if it may do one instruction alone.
            for limit in [None, None, Some(1), Some(100_000)] {
                assert_eq!(machine.hart.run(limit), Exit::Breakpoint, "{at:#x}");
                stands(&machine, at, counts, warm + index);
            }
        }
        machine.hart.set_breakpoints([]);
        machine.run(1);
        machine.hart.set_breakpoints([BASE + 8, BASE + 4]);
        assert_eq!(machine.hart.run(None), Exit::Breakpoint);
        stands(&machine, BASE + 4, [n + 2, n + 1, n + 1], warm + 5);
        machine.hart.set_breakpoints([]);
        machine.run(4000);
        stands(&machine, BASE + 4, [n + 1002, n + 1001, n + 1001], warm + 4005);
    }
}

#[test]
fn a_limit_before_it_is_kept() {
    let mut machine = machine();
    machine.hart.set_breakpoints([BASE + 12]);
    assert_eq!(machine.hart.run(Some(2)), Exit::Limit);
    assert_eq!(machine.hart.run(Some(2)), Exit::Breakpoint);
    stands(&machine, BASE + 12, [1, 1, 1], 3);
}

#[test]
fn memory_keeps_what_stands_there_and_the_guests_own_breakpoints_are_its_own() {
    let ebreak = 0x0010_0073;
    let mut machine = Machine::with_program(&[ld(A1, A0, 8), ebreak, addi(A2, ZERO, 7), SPIN]);
    machine.hart.set_x(A0 as usize, BASE);
    let word = machine.word(BASE + 8);
    machine.hart.set_breakpoints([BASE + 8, VECTOR + 4]);
    machine.run(10);
    assert_eq!(machine.hart.x(A1 as usize), word, "the guest reads its own code");
    assert_eq!((machine.hart.pc(), machine.hart.statistics().traps), (VECTOR, 1), "its ebreak is a trap");
    // Stopped at, an ebreak is not executed.
    let mut machine = Machine::with_program(&[ebreak]);
    machine.hart.set_breakpoints([BASE]);
    assert_eq!(machine.hart.run(None), Exit::Breakpoint);
    assert_eq!(machine.hart.statistics().traps, 0);
}

#[test]
fn an_instruction_in_two_pages_can_be_stopped_at() {
    let at = BASE + 0xffe;
    let mut machine = Machine::with_program(&[SPIN]);
    // Two compressed nops and the instruction over the boundary.
    let code = addi(A0, A0, 1);
    machine.put(BASE + 0xffc, &[0x0001 | code << 16, code >> 16 | 0x0001 << 16]);
    machine.hart.set_pc(BASE + 0xffc);
    machine.hart.set_breakpoints([at]);
    assert_eq!(machine.hart.run(None), Exit::Breakpoint);
    assert_eq!((machine.hart.pc(), machine.hart.x(A0 as usize), machine.hart.instret()), (at, 0, 1));
    machine.hart.set_breakpoints([]);
    machine.run(1);
    assert_eq!((machine.hart.pc(), machine.hart.x(A0 as usize)), (at + 4, 1));
}

/// On a host that is slow, time passes between two steps, and a timer is always due.
#[test]
fn a_step_takes_no_interrupt_and_the_next_run_does() {
    let mut machine = machine();
    let (timer_enabled, enabled) = (1 << 7, 1 << 3);
    assert!(machine.hart.set_csr(0x304, timer_enabled) && machine.hart.set_csr(0x300, enabled));
    machine.attention.set_deadline(0, 0);
    for (index, counts) in [(1, [1, 0, 0]), (2, [1, 1, 0]), (3, [1, 1, 1]), (0, [1, 1, 1])] {
        assert_eq!(machine.hart.step(), Exit::Limit);
        let done = if index == 0 { 4 } else { index };
        stands(&machine, BASE + 4 * index, counts, done);
    }
    machine.run(1);
    assert_eq!((machine.hart.pc(), machine.hart.statistics().interrupts), (VECTOR, 1));
}
