//! Samples: exactly when they are due, of the next instruction, with callers, and without a trace in the guest.

use std::sync::{Arc, Mutex};

use manyhart_vcpu::{Sample, Sampler};

use crate::asm::*;
use crate::machine::{BASE, Machine};

const STACK: u64 = BASE + 0x1_0000;
const FAR_CALLER: u64 = BASE + 0x7000;

/// Instructions of a round of [`program`], and how many of them are in each function.
const ROUND: u64 = 177;
const SHORT: u64 = 47;
const LONG: u64 = 127;

/// A function with a frame that calls two in turn, forever. They call nobody, and keep nothing but the caller's frame pointer.
fn program() -> Vec<u32> {
    let outer = [addi(SP, SP, -16), sd(RA, SP, 8), sd(S0, SP, 0), addi(S0, SP, 16)];
    let rounds = [jal(RA, 12), jal(RA, 44), jal(ZERO, -8)];
    let leaf = |turns| {
        [
            addi(SP, SP, -16),
            sd(S0, SP, 8),
            addi(S0, SP, 16),
            addi(T0, ZERO, turns),
            addi(T0, T0, -1),
            bne(T0, ZERO, -4),
            ld(S0, SP, 8),
            addi(SP, SP, 16),
            jalr(ZERO, RA, 0),
        ]
    };
    [&outer[..], &rounds, &leaf(20), &leaf(60)].concat()
}

/// What a sample was of.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    pc: u64,
    callers: Vec<u64>,
}

/// Always the same distance.
struct Every(u64, Arc<Mutex<Vec<Seen>>>);

impl Sampler for Every {
    fn interval(&mut self) -> u64 {
        self.0
    }

    fn sample(&mut self, sample: &Sample<'_>) {
        assert_eq!((sample.hart, sample.privilege), (0, 3));
        self.1.lock().expect("seen").push(Seen { pc: sample.pc, callers: sample.callers.to_vec() });
    }
}

fn machine() -> Machine {
    let mut machine = Machine::with_program(&program());
    machine.hart.set_x(SP as usize, STACK);
    machine.hart.set_x(RA as usize, FAR_CALLER);
    machine
}

fn sampled(every: u64, instructions: u64) -> (Machine, Vec<Seen>) {
    let (mut machine, seen) = (machine(), Arc::default());
    machine.hart.set_sampler(Some(Box::new(Every(every, Arc::clone(&seen)))));
    machine.run(instructions);
    let seen = seen.lock().expect("seen").clone();
    (machine, seen)
}

#[test]
fn a_sample_is_of_the_instruction_that_is_due() {
    let mut steps = machine();
    let mut pcs = vec![steps.hart.pc()];
    for _ in 0..3000 {
        steps.run(1);
        pcs.push(steps.hart.pc());
    }
    for every in [1, 2, 63, 64, 65, 66, 177, 500, 1024] {
        let (machine, seen) = sampled(every, 3000);
        // What is due at the very end is not asked for: that instruction is not executed.
        let want: Vec<u64> = (every..3000).step_by(every as usize).map(|at| pcs[at as usize]).collect();
        assert_eq!(seen.iter().map(|seen| seen.pc).collect::<Vec<_>>(), want, "every {every}");
        assert_eq!((machine.hart.pc(), machine.hart.instret()), (pcs[3000], 3000), "every {every}");
    }
}

#[test]
fn functions_are_seen_as_often_as_they_run() {
    let (short, long) = (BASE + 28, BASE + 64);
    let count =
        |seen: &[Seen], from: u64| seen.iter().filter(|seen| (from..from + 36).contains(&seen.pc)).count() as u64;
    let rounds = 40;
    let (_, all) = sampled(1, 4 + rounds * ROUND);
    let want = [rounds * SHORT, rounds * LONG, 4 + rounds * (ROUND - SHORT - LONG) - 1];
    let others = all.len() as u64 - count(&all, short) - count(&all, long);
    assert_eq!([count(&all, short), count(&all, long), others], want);
    // A distance that is prime to the round meets each of its instructions equally often.
    let (_, some) = sampled(1009, 1009 * ROUND * 3 + 5);
    assert_eq!([count(&some, short), count(&some, long)], [3 * SHORT, 3 * LONG]);
}

#[test]
fn callers_are_found_by_frame_pointers() {
    let (_, seen) = sampled(1, 400);
    // In the loops of the two, and in the caller's own.
    for (pc, want) in [
        (BASE + 28 + 16, &[BASE + 20, FAR_CALLER][..]),
        (BASE + 64 + 16, &[BASE + 24, FAR_CALLER]),
        (BASE + 16, &[FAR_CALLER]),
        (BASE + 4, &[]),
    ] {
        let at = seen.iter().find(|seen| seen.pc == pc).unwrap_or_else(|| panic!("{pc:#x} is seen"));
        assert_eq!(at.callers, want, "{pc:#x}");
    }
}

#[test]
fn whatever_stands_in_the_frame_pointer_is_looked_at_without_harm() {
    for frame in [0, 7, 8, 16, STACK - 16, STACK + 1, STACK + 8, BASE + (1 << 20), u64::MAX, u64::MAX - 7, 1 << 63] {
        for stack in [0, frame.wrapping_sub(8), STACK] {
            let (mut machine, seen) = (Machine::with_program(&[SPIN]), Arc::default());
            machine.hart.set_x(S0 as usize, frame);
            machine.hart.set_x(SP as usize, stack);
            machine.hart.set_sampler(Some(Box::new(Every(3, Arc::clone(&seen)))));
            machine.run(10);
            assert_eq!(seen.lock().expect("seen").len(), 3, "{frame:#x} above {stack:#x}");
            assert_eq!(machine.hart.statistics().traps, 0);
        }
    }
}

#[test]
fn a_reset_keeps_the_distance_and_no_sampler_is_no_sample() {
    let (mut machine, _) = sampled(100, 90);
    let seen = Arc::default();
    machine.hart.set_sampler(Some(Box::new(Every(100, Arc::clone(&seen)))));
    machine.run(60);
    machine.hart.reset(BASE, 0, 0, 0);
    machine.hart.set_x(SP as usize, STACK);
    machine.run(41);
    assert_eq!(seen.lock().expect("seen").len(), 1);
    machine.hart.set_sampler(None);
    machine.run(1000);
    assert_eq!(seen.lock().expect("seen").len(), 1);
}
