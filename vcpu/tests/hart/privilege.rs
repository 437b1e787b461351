//! Traps, interrupts, counters, WFI.

use std::sync::Arc;
use std::time::Duration;

use manyhart_vcpu::Exit;
use manyhart_vcpu::trap::Privilege;

use crate::asm::*;
use crate::machine::{BASE, Machine, VECTOR};

const MSTATUS: u16 = 0x300;
const MIDELEG: u16 = 0x303;
const MIE: u16 = 0x304;
const MIP: u16 = 0x344;
const STVEC: u16 = 0x105;
const SCAUSE: u16 = 0x142;
const SEPC: u16 = 0x141;
const MENVCFG: u16 = 0x30a;
const STIMECMP: u16 = 0x14d;
const INTERRUPT: u64 = 1 << 63;

fn open_pmp(machine: &mut Machine) {
    assert!(machine.hart.set_csr(0x3b0, u64::MAX >> 10) && machine.hart.set_csr(0x3a0, 0x1f));
}

#[test]
fn calls_breakpoints_and_returns() {
    let mut machine = Machine::with_program(&[NOP, ECALL, EBREAK, SPIN]);
    // The handler counts the causes and steps over the instruction.
    machine.put(
        VECTOR,
        &[csrr(T0, 0x342), add(S1, S1, T0), csrr(T0, 0x341), addi(T0, T0, 4), csrrw(ZERO, 0x341, T0), MRET],
    );
    assert!(machine.hart.set_csr(MSTATUS, 3 << 11));
    machine.run(15);
    assert_eq!(machine.hart.x(S1 as usize), 11 + 3);
    assert_eq!((machine.hart.pc(), machine.hart.instret()), (BASE + 12, 13));
}

#[test]
fn a_breakpoint_in_user_mode_goes_where_it_is_delegated() {
    let mut machine = Machine::with_program(&[EBREAK]);
    open_pmp(&mut machine);
    machine.put(VECTOR + 0x100, &[SPIN]);
    assert!(machine.hart.set_csr(0x302, 1 << 3) && machine.hart.set_csr(STVEC, VECTOR + 0x100));
    machine.hart.set_privilege(Privilege::User);
    machine.finish();
    assert_eq!((machine.hart.pc(), machine.hart.privilege()), (VECTOR + 0x100, 1));
    assert_eq!((machine.hart.csr(SCAUSE), machine.hart.csr(SEPC)), (Some(3), Some(BASE)));
}

#[test]
fn an_interrupt_comes_between_two_instructions() {
    let mut machine = Machine::with_program(&[addi(A0, A0, 1), jal(ZERO, -4)]);
    assert!(machine.hart.set_csr(MIE, 1 << 3) && machine.hart.set_csr(MSTATUS, 1 << 3));
    machine.run(1000);
    assert_eq!(machine.hart.x(A0 as usize), 500);
    machine.attention.set_level(3, true);
    machine.run(100);
    assert_eq!(machine.trap(), (INTERRUPT | 3, BASE, 0));
    assert_eq!(
        (machine.hart.x(A0 as usize), machine.hart.pc()),
        (500, VECTOR),
        "at once, and before another instruction"
    );
    assert_eq!(machine.hart.csr(MSTATUS).map(|value| value & 0x1888), Some(0x1880), "MPP = M, MPIE, no MIE");
}

#[test]
fn an_interrupt_comes_as_soon_as_it_is_enabled() {
    // Pending from the start; enabled by an instruction in the middle of a block.
    for (name, csr, value) in [("mie", 0x304, 1 << 3), ("mstatus", 0x300, 1 << 3)] {
        let mut machine = Machine::with_program(&[NOP, csrrs(ZERO, csr, A1), addi(A0, A0, 1), SPIN]);
        assert!(machine.hart.set_csr(MIE, 1 << 3) && machine.hart.set_csr(MSTATUS, 1 << 3));
        assert!(machine.hart.set_csr(csr as u16, 0));
        machine.hart.set_x(A1 as usize, value);
        machine.attention.set_level(3, true);
        machine.finish();
        assert_eq!(machine.trap(), (INTERRUPT | 3, BASE + 8, 0), "{name}");
        assert_eq!(machine.hart.x(A0 as usize), 0, "{name}");
    }
}

#[test]
fn timers_are_due_when_the_clock_says_so() {
    for (name, sstc) in [("mtimecmp", false), ("stimecmp", true)] {
        let mut machine = Machine::with_program(&[addi(A0, A0, 1), jal(ZERO, -4)]);
        open_pmp(&mut machine);
        let bit = if sstc { 5 } else { 7 };
        assert!(machine.hart.set_csr(MIE, 1 << bit) && machine.hart.set_csr(MSTATUS, 1 << 3 | 1 << 1));
        if sstc {
            assert!(machine.hart.set_csr(MENVCFG, 1 << 63) && machine.hart.set_csr(STIMECMP, 100));
        } else {
            machine.attention.set_deadline(0, 100);
        }
        machine.run(500);
        assert_eq!(machine.hart.csr(MIP), Some(0), "{name}: not yet");
        machine.clock.advance(100);
        machine.run(20_000);
        assert_eq!(machine.trap().0, INTERRUPT | bit, "{name}");
        assert_eq!(machine.hart.csr(MIP), Some(1 << bit), "{name}: pending as long as the time is past");
    }
}

#[test]
fn a_delegated_interrupt_is_the_supervisors() {
    let mut machine = Machine::with_program(&[SPIN]);
    open_pmp(&mut machine);
    machine.put(VECTOR + 0x100, &[SPIN]);
    let hart = &mut machine.hart;
    assert!(hart.set_csr(MIDELEG, 1 << 9) && hart.set_csr(MIE, 1 << 9) && hart.set_csr(STVEC, VECTOR + 0x100));
    hart.set_privilege(Privilege::User);
    machine.run(100);
    machine.attention.set_level(9, true);
    machine.run(100);
    assert_eq!(machine.hart.csr(SCAUSE), Some(INTERRUPT | 9));
    assert_eq!((machine.hart.pc(), machine.hart.privilege()), (VECTOR + 0x100, 1));
}

#[test]
fn counters_count_what_retires() {
    let program = [
        NOP,
        csrr(A0, 0xb02),
        NOP,
        NOP,
        csrr(A1, 0xb02),
        csrrw(ZERO, 0xb02, A5),
        csrr(A2, 0xb02),
        csrr(A3, 0xb00),
        csrr(A4, 0xc01),
        SPIN,
    ];
    let mut machine = Machine::with_program(&program);
    machine.clock.advance(1234);
    machine.hart.set_x(A5 as usize, 1000);
    machine.finish();
    let x = |register: u32| machine.hart.x(register as usize);
    assert_eq!((x(A0), x(A1), x(A2), x(A3), x(A4)), (1, 4, 1000, 7, 1234));
}

/// A sleep that another thread is to end: that thread may come before the hart sleeps at all, and then it is tried again.
fn asleep(mut sleeps: impl FnMut() -> u64) -> u64 {
    (0..1000).map(|_| sleeps()).find(|&sleeps| sleeps > 0).expect("the hart slept once")
}

#[test]
fn wfi_sleeps_on_while_only_what_is_disabled_is_pending() {
    let sleeps = asleep(sleeps_while_only_what_is_disabled_is_pending);
    assert!(sleeps < 20, "{sleeps} sleeps: it spins");
}

fn sleeps_while_only_what_is_disabled_is_pending() -> u64 {
    let mut machine = Machine::with_program(&[WFI, addi(A0, A0, 1), SPIN]);
    // Software is enabled; a timer that is over and an external line are not.
    assert!(machine.hart.set_csr(0x304, 1 << 3));
    machine.attention.set_deadline(0, 0);
    machine.attention.set_level(11, true);
    let (hart, attention, clock) = (&mut machine.hart, &machine.attention, &machine.clock);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..3 {
                std::thread::sleep(Duration::from_millis(10));
                // Each makes it look, and sleep again.
                attention.set_level(11, false);
                attention.set_level(11, true);
                clock.advance(1);
            }
            std::thread::sleep(Duration::from_millis(10));
            attention.set_level(3, true);
        });
        assert_eq!(hart.run(Some(10)), Exit::Limit);
    });
    assert_eq!(machine.hart.x(A0 as usize), 1);
    machine.hart.statistics().sleeps
}

#[test]
fn wfi_sleeps_until_something_is_pending_and_goes_on_behind_itself() {
    assert_eq!(asleep(sleeps_until_something_is_pending), 1);
}

fn sleeps_until_something_is_pending() -> u64 {
    let mut machine = Machine::with_program(&[WFI, addi(A0, A0, 1), SPIN]);
    assert!(machine.hart.set_csr(MIE, 1 << 11));
    let attention = Arc::clone(&machine.attention);
    let waker = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        attention.set_level(11, true);
    });
    machine.finish();
    waker.join().expect("the waker");
    assert_eq!(machine.hart.x(A0 as usize), 1);
    machine.hart.statistics().sleeps
}

#[test]
fn wfi_ends_when_the_machine_stops_or_somebody_wants_the_hart() {
    let mut machine = Machine::with_program(&[WFI, SPIN]);
    let attention = Arc::clone(&machine.attention);
    let executive = machine.executive.clone();
    let (left, has_left) = std::sync::mpsc::channel();
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(10));
        attention.set_level(manyhart_vcpu::Hart::LEAVE, true);
        has_left.recv().expect("the hart leaves");
        attention.set_level(manyhart_vcpu::Hart::LEAVE, false);
        std::thread::sleep(Duration::from_millis(10));
        executive.stop();
    });
    assert_eq!(machine.hart.run(None), Exit::Left);
    left.send(()).expect("the other thread waits");
    while machine.hart.run(None) == Exit::Left {}
    other.join().expect("the other thread");
    assert_eq!(machine.hart.run(None), Exit::Stopped);
}

#[test]
fn what_a_mode_may_not_do_is_illegal() {
    let cases = [
        ("mret", MRET, Privilege::Supervisor, 0),
        ("sret", SRET, Privilege::User, 0),
        ("sret under TSR", SRET, Privilege::Supervisor, 1 << 22),
        ("wfi in user mode", WFI, Privilege::User, 0),
        ("wfi under TW", WFI, Privilege::Supervisor, 1 << 21),
        ("sfence.vma in user mode", sfence_vma(ZERO), Privilege::User, 0),
        ("sfence.vma under TVM", sfence_vma(ZERO), Privilege::Supervisor, 1 << 20),
        ("satp under TVM", csrr(A0, 0x180), Privilege::Supervisor, 1 << 20),
        ("mstatus", csrr(A0, 0x300), Privilege::Supervisor, 0),
        ("cycle", csrr(A0, 0xc00), Privilege::User, 0),
    ];
    for (name, instruction, privilege, mstatus) in cases {
        let mut machine = Machine::with_program(&[instruction, SPIN]);
        open_pmp(&mut machine);
        assert!(machine.hart.set_csr(MSTATUS, mstatus));
        machine.hart.set_privilege(privilege);
        machine.finish();
        assert_eq!(machine.trap(), (2, BASE, u64::from(instruction)), "{name}");
    }
}
