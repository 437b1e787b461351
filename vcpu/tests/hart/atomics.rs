//! A: read-modify-writes, reservations, and what ends them.

use std::sync::Arc;

use manyhart_runtime::Attention;
use manyhart_vcpu::Exit;

use crate::asm::*;
use crate::machine::{BASE, Machine, hart};

const DATA: u64 = BASE + 0x2_0000;

#[test]
fn read_modify_writes_of_both_widths() {
    let minus_two = -2i64 as u64;
    // funct5, before, operand, after; of a doubleword.
    let cases = [
        ("amoadd", 0, 5, 7, 12),
        ("amoswap", 1, 5, 7, 7),
        ("amoxor", 4, 5, 7, 2),
        ("amoor", 8, 5, 7, 7),
        ("amoand", 12, 5, 7, 5),
        ("amomin", 16, 1, minus_two, minus_two),
        ("amomax", 20, 1, minus_two, 1),
        ("amominu", 24, 1, minus_two, 1),
        ("amomaxu", 28, 1, minus_two, minus_two),
    ];
    for (name, f5, before, operand, after) in cases {
        for ordering in 0..4 {
            for (f3, mask) in [(2, 0xffff_ffff), (3, u64::MAX)] {
                let mut machine = Machine::with_program(&[amo(f5, f3, A0, A1, A2) | ordering << 25, SPIN]);
                machine.set_word(DATA, before | 0x7777_7777_0000_0000 & !mask);
                machine.hart.set_x(A1 as usize, DATA);
                machine.hart.set_x(A2 as usize, operand);
                machine.finish();
                assert_eq!(machine.hart.x(A0 as usize), before, "{name}: what was there");
                let want = after & mask | 0x7777_7777_0000_0000 & !mask;
                assert_eq!(machine.word(DATA), want, "{name}: what is there");
            }
        }
    }
}

/// What happens between the load-reserved and the store-conditional, and whether the latter succeeds.
#[test]
fn a_reservation_ends_with_any_store_to_its_bytes() {
    let elsewhere = 0x400;
    let cases: [(&str, &[u32], u64); 9] = [
        ("nothing", &[], 0),
        ("another line", &[sd(ZERO, A1, elsewhere)], 0),
        ("a store of the same value", &[sd(A4, A1, 0)], 1),
        ("A to B to A by stores", &[sd(ZERO, A1, 0), sd(A4, A1, 0)], 1),
        ("A to B to A by swaps", &[amo(1, 3, A5, A1, ZERO), amo(1, 3, ZERO, A1, A5)], 1),
        ("another store-conditional", &[amo(3, 3, ZERO, A2, ZERO)], 1),
        ("another load-reserved elsewhere", &[amo(2, 3, ZERO, A2, ZERO)], 1),
        ("a byte of it", &[store(0, A4, A1, 0)], 1),
        ("a trap and its return", &[ECALL], 0),
    ];
    for (name, between, want) in cases {
        let mut program = vec![amo(2, 3, A0, A1, ZERO)];
        program.extend(between);
        program.extend([amo(3, 3, A0, A1, A3), SPIN]);
        // Other tests share the monitor: a success may take more than one attempt, a failure must be certain.
        let succeeded = (0..20).any(|_| {
            let mut machine = Machine::with_program(&program);
            machine.put(crate::machine::VECTOR, &[csrr(T0, 0x341), addi(T0, T0, 4), csrrw(ZERO, 0x341, T0), MRET]);
            machine.set_word(DATA, 5);
            for (register, value) in [(A1, DATA), (A2, DATA + 0x800), (A3, 9), (A4, 5)] {
                machine.hart.set_x(register as usize, value);
            }
            machine.finish();
            let failed = machine.hart.x(A0 as usize);
            assert_eq!(machine.word(DATA), if failed == 0 { 9 } else { 5 }, "{name}: stored if it says so");
            failed == 0
        });
        assert_eq!(succeeded, want == 0, "{name}");
    }
}

#[test]
fn a_store_conditional_of_another_size_or_place_fails() {
    for (name, instruction) in [("size", amo(3, 2, A0, A1, A3)), ("place", amo(3, 3, A0, A2, A3))] {
        let mut machine = Machine::with_program(&[amo(2, 3, A0, A1, ZERO), instruction, SPIN]);
        for (register, value) in [(A1, DATA), (A2, DATA + 8), (A3, 9)] {
            machine.hart.set_x(register as usize, value);
        }
        machine.finish();
        assert_eq!((machine.hart.x(A0 as usize), machine.word(DATA)), (1, 0), "another {name}");
    }
}

#[test]
fn a_store_by_the_host_ends_a_reservation() {
    let mut machine = Machine::with_program(&[amo(2, 3, A0, A1, ZERO), amo(3, 3, A0, A1, A3), SPIN]);
    machine.hart.set_x(A1 as usize, DATA);
    machine.run(1);
    machine.set_word(DATA, 1);
    machine.set_word(DATA, 0);
    machine.finish();
    assert_eq!(machine.hart.x(A0 as usize), 1);
}

#[test]
fn atomics_belong_to_memory_and_are_aligned() {
    let cases = [
        ("amo, nothing there", amo(0, 3, A0, A1, A2), 0x4000_0000, 7),
        ("lr, nothing there", amo(2, 3, A0, A1, ZERO), 0x4000_0000, 5),
        ("sc, nothing there", amo(3, 3, A0, A1, A2), 0x4000_0000, 7),
        ("amo, misaligned", amo(0, 3, A0, A1, A2), DATA + 4, 6),
        ("lr, misaligned", amo(2, 2, A0, A1, ZERO), DATA + 2, 4),
        ("sc, misaligned", amo(3, 2, A0, A1, A2), DATA + 1, 6),
    ];
    for (name, instruction, at, cause) in cases {
        let mut machine = Machine::with_program(&[instruction, SPIN]);
        machine.hart.set_x(A1 as usize, at);
        machine.finish();
        assert_eq!(machine.trap(), (cause, BASE, at), "{name}");
    }
}

#[test]
fn increments_of_two_harts_are_not_lost() {
    const EACH: u64 = 20_000;
    // One count by load-reserved and store-conditional, one by amoadd.
    let program = [
        amo(2, 3, A0, A1, ZERO),
        addi(A0, A0, 1),
        amo(3, 3, A4, A1, A0),
        bne(A4, ZERO, -12),
        amo(0, 3, ZERO, A2, A3),
        addi(A5, A5, -1),
        bne(A5, ZERO, -24),
        sd(A3, A1, 128),
        SPIN,
    ];
    let mut machine = Machine::with_program(&program);
    let attention = Arc::new(Attention::new());
    let mut other = hart(&machine.executive, machine.space, 1, &attention, &machine.clock);
    for hart in [&mut machine.hart, &mut other] {
        for (register, value) in [(A1, DATA), (A2, DATA + 64), (A3, 1), (A5, EACH)] {
            hart.set_x(register as usize, value);
        }
    }
    let hart = &mut machine.hart;
    std::thread::scope(|scope| {
        for hart in [&mut **hart, &mut *other] {
            scope.spawn(|| {
                while hart.x(A5 as usize) != 0 {
                    assert_eq!(hart.run(Some(100_000)), Exit::Limit);
                }
            });
        }
    });
    assert_eq!((machine.word(DATA), machine.word(DATA + 64)), (2 * EACH, 2 * EACH));
}
