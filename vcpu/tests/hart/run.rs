//! Exact limits, the commit log, sharing the host.

use std::sync::{Arc, Mutex};

use manyhart_vcpu::{Commit, Exit, Tracer};

use crate::asm::*;
use crate::machine::{BASE, Machine, VECTOR};

/// A loop with a branch, a memory access, a call, and a trap in it.
fn program() -> Vec<u32> {
    vec![
        addi(A0, A0, 1),
        sd(A0, A1, 0),
        ld(A2, A1, 0),
        jal(RA, 16),
        ECALL,
        bne(A0, A3, -20),
        SPIN,
        addi(S1, S1, 3),
        jalr(ZERO, RA, 0),
    ]
}

fn machine() -> Machine {
    let mut machine = Machine::with_program(&program());
    machine.put(VECTOR, &[csrr(T0, 0x341), addi(T0, T0, 4), csrrw(ZERO, 0x341, T0), MRET]);
    assert!(machine.hart.set_csr(0x300, 3 << 11));
    machine.hart.set_x(A1 as usize, BASE + 0x2_0000);
    machine.hart.set_x(A3 as usize, 1000);
    machine
}

fn state(machine: &Machine) -> (u64, Vec<u64>, u64) {
    (machine.hart.pc(), (0..32).map(|index| machine.hart.x(index)).collect(), machine.hart.instret())
}

#[test]
fn a_limit_is_exact_however_it_is_cut() {
    // The reference goes one instruction at a time.
    let mut steps = machine();
    let mut states = vec![state(&steps)];
    for _ in 0..400 {
        steps.run(1);
        states.push(state(&steps));
    }
    for limit in (0..400).step_by(7) {
        let mut whole = machine();
        whole.run(limit as u64);
        assert_eq!(state(&whole), states[limit], "{limit} at once");
    }
    for piece in [2, 3, 65, 66, 100, 133] {
        let mut cut = machine();
        for end in (piece..400).step_by(piece) {
            cut.run(piece as u64);
            assert_eq!(state(&cut), states[end], "{end} in pieces of {piece}");
        }
    }
}

#[test]
fn a_batch_counts_the_same_as_many() {
    let (mut once, mut often) = (machine(), machine());
    once.run(50_000);
    for _ in 0..50 {
        often.run(1000);
    }
    assert_eq!(state(&once), state(&often));
}

/// A program of everything that blocks are made of, at random: arithmetic, memory, branches and jumps inside and between pages, traps.
fn random_program(seed: u64, length: usize) -> Vec<u32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move |below: u32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as u32 % below
    };
    (0..length)
        .map(|at| {
            let (rd, rs1, rs2) = (random(18), random(18), random(18));
            // x18 and x19 hold the data's address and the middle of the code, and stay.
            let target = random(length as u32) as i32;
            let offset = 4 * (target - at as i32);
            match random(16) {
                0..4 => r(0x33, random(8), 0, rd, rs1, rs2),
                4 | 5 => addi(rd, rs1, random(4096) as i32 - 2048),
                6 => r(0x3b, [0, 1, 5][random(3) as usize], 0, rd, rs1, rs2),
                7 => r(0x33, random(8), 1, rd, rs1, rs2),
                8 => load(random(7), rd, 18, random(2048) as i32),
                9 => store(random(4), rs2, 18, random(2048) as i32),
                10 => amo([0, 1, 4, 8, 12][random(5) as usize], 3, rd, 18, rs2),
                11 | 12 if offset.abs() < 4096 => branch([0, 1, 4, 5, 6, 7][random(6) as usize], rs1, rs2, offset),
                13 => jal([ZERO, rd][random(2) as usize], offset),
                14 => jalr(rd, 19, 4 * (random(400) as i32 - 200)),
                15 => [ECALL, csrr(rd, 0xb02), FENCE, EBREAK][random(4) as usize],
                _ => lui(rd, random(1 << 20)),
            }
        })
        .collect()
}

#[test]
fn blocks_do_what_single_instructions_do() {
    const LENGTH: usize = 3000;
    for seed in 1..60 {
        let program = random_program(seed, LENGTH);
        let start = || {
            let mut machine = Machine::with_program(&program);
            machine.put(VECTOR, &[csrr(17, 0x341), addi(17, 17, 4), csrrw(ZERO, 0x341, 17), MRET]);
            assert!(machine.hart.set_csr(0x300, 3 << 11));
            for register in 1..18 {
                machine.hart.set_x(register, (register as u64) << (3 * register));
            }
            machine.hart.set_x(18, BASE + 0x2_0000);
            machine.hart.set_x(19, BASE + 4 * (LENGTH as u64 / 2));
            machine
        };
        let (mut blocks, mut singles) = (start(), start());
        for round in 0..20 {
            blocks.run(300);
            (0..300).for_each(|_| singles.run(1));
            assert_eq!(state(&blocks), state(&singles), "seed {seed}, instruction {}", (round + 1) * 300);
        }
        let data = |machine: &Machine| (0..300).map(|at| machine.word(BASE + 0x2_0000 + 8 * at)).collect::<Vec<_>>();
        assert_eq!(data(&blocks), data(&singles), "seed {seed}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Commit>>>);

impl Tracer for Log {
    fn commit(&mut self, commit: &Commit) {
        self.0.lock().expect("the log").push(*commit);
    }
}

#[test]
fn the_commit_log_says_what_each_instruction_changed() {
    let data = BASE + 0x2_0000;
    let code = [
        auipc(T0, 0),
        sd(T0, A1, 8),
        load(2, A0, A1, 8),
        csrrw(ZERO, 0x340, A0),
        // fmv.d.x f1, a0
        r(0x53, 0, 0x79, 1, A0, 0),
        amo(0, 2, A2, A1, A0),
        ECALL,
        SPIN,
    ];
    let mut machine = Machine::with_program(&code);
    assert!(machine.hart.set_csr(0x300, 3 << 13));
    machine.hart.set_x(A1 as usize, data);
    let log = Log::default();
    machine.hart.set_tracer(Some(Box::new(log.clone())));
    machine.run(8);
    let word = BASE as i32 as u64;
    let commit = |index: usize| Commit {
        hart: 0,
        privilege: 3,
        pc: BASE + 4 * index as u64,
        encoding: code[index],
        x: None,
        f: None,
        csr: None,
        mem: None,
    };
    let want = [
        Commit { x: Some((5, BASE)), ..commit(0) },
        Commit { mem: Some((data + 8, 8, Some(BASE))), ..commit(1) },
        Commit { x: Some((10, word)), mem: Some((data + 8, 4, None)), ..commit(2) },
        Commit { csr: Some((0x340, word)), ..commit(3) },
        Commit { f: Some((1, word)), ..commit(4) },
        Commit { x: Some((12, 0)), mem: Some((data, 4, Some(BASE & 0xffff_ffff))), ..commit(5) },
        // The call traps and is not committed; the handler's first instruction is.
        Commit { pc: VECTOR, encoding: SPIN, ..commit(7) },
    ];
    assert_eq!(*log.0.lock().expect("the log"), want);
    machine.hart.set_tracer(None);
    machine.run(100);
    assert_eq!(log.0.lock().expect("the log").len(), want.len(), "nothing after the tracer has gone");
}

#[test]
fn a_reset_begins_anew() {
    let mut machine = machine();
    machine.run(5000);
    machine.hart.reset(BASE, 1, 2, 3);
    assert_eq!((machine.hart.pc(), machine.hart.instret(), machine.hart.privilege()), (BASE, 0, 3));
    assert_eq!([10, 11, 12, 5].map(|index| machine.hart.x(index)), [1, 2, 3, 0]);
    assert_eq!(machine.hart.run(Some(0)), Exit::Limit);
}

/// Handlers call each other in tail position. If one of them made a real call of it, a batch's worth of frames would not fit.
#[test]
fn a_batch_runs_on_a_small_stack() {
    const STACK: usize = 96 << 10;
    const SUM: u32 = 28;
    // Every kind of hot handler: arithmetic, loads, stores, floating point, atomics, CSRs, the clock, branches, calls and returns.
    let mut program = vec![
        addi(A0, A0, 1),
        add(A4, A0, A5),
        sd(A0, A1, 0),
        store(1, A5, A1, 16),
        ld(A2, A1, 0),
        load(0, T0, A1, 16),
        i(0x07, 3, 1, A1, 0),
        r(0x53, 0, 1, 2, 1, 1),
        r(0x53, 0, 0x61, T1, 2, 2),
        s(0x27, 3, A1, 2, 24),
        amo(0, 3, T2, A1, A3),
        r(0x33, 0, 1, A4, A0, A5),
        r(0x33, 4, 1, T0, A0, A5),
        csrr(T0, 0xc02),
        csrrw(T0, 0x340, A0),
        csrrs(T0, 0x100, SUM),
        csrrc(T0, 0x100, SUM),
        csrr(T0, 0xc01),
        csrr(T0, 0xc01),
        csrr(T0, 0xc01),
        csrr(T0, 0xc01),
        bne(A0, A0, 8),
        jal(RA, 12),
    ];
    let back = -4 * program.len() as i32;
    program.extend([jal(ZERO, back), NOP, jalr(ZERO, RA, 0)]);
    let round = program.len() as u64 - 1;
    let mut machine = Machine::with_program(&program);
    assert!(machine.hart.set_csr(0x300, 3 << 13));
    machine.hart.set_x(A1 as usize, BASE + 0x2_0000);
    machine.hart.set_x(SUM as usize, 1 << 18);
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        machine.run(100_000);
        machine.hart.x(A0 as usize)
    });
    let rounds = thread.expect("a thread").join().expect("no trap of the host's");
    assert_eq!(rounds, 100_000u64.div_ceil(round));
}

#[test]
fn a_counter_set_from_outside_reads_as_it_was_set() {
    let mut machine = Machine::with_program(&[csrr(A0, 0xb02), csrr(A1, 0xb00), SPIN]);
    for number in [0xb00, 0xb02] {
        assert!(machine.hart.set_csr(number, 500));
        assert_eq!(machine.hart.csr(number), Some(500));
    }
    machine.finish();
    assert_eq!([A0, A1].map(|register| machine.hart.x(register as usize)), [500, 501]);
}
