//! Random code in random states. Nothing a guest does may panic, hang or reach beyond its memory; and blocks of translated code must do what the
//! same instructions do one at a time.
//!
//! Seeds are fixed. `MANYHART_FUZZ_SEEDS=first..last` runs others, and names each before it runs.

mod chaos;
mod code;
mod layout;
mod machine;
mod random;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use code::CSRS;
use layout::{CODE, SIZE};
use machine::{Machine, run};
use manyhart_vcpu::{Commit, Hart, Tracer};
use random::{Random, seeds};

/// One test at a time: reservations share one table.
static ALONE: Mutex<()> = Mutex::new(());

/// While `body` runs, harts that may be asleep are asked to leave, now and then.
fn with_a_waker(machine: &mut Machine, body: impl FnOnce(&mut Machine)) {
    let over = AtomicBool::new(false);
    let attentions = machine.attentions.clone();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_micros(300));
                for attention in &attentions {
                    attention.set_level(Hart::LEAVE, true);
                }
            }
        });
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| body(machine)));
        over.store(true, Ordering::Relaxed);
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    });
}

#[test]
fn nothing_that_a_guest_does_panics_or_hangs() {
    let _alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for seed in seeds(0..40) {
        let mut random = Random::new(!seed);
        let mut machine = Machine::new(seed, true);
        if seed % 4 == 3 {
            machine.harts[0].set_tracer(Some(Box::new(Deaf)));
        }
        with_a_waker(&mut machine, |machine| {
            for round in 0..12 {
                if round == 8 {
                    machine.harts[1].reset(CODE + random.below(0x1000), 0, 1, 2);
                }
                for hart in 0..2 {
                    machine.run(hart, random.pick(&[1, 2, 63, 64, 65, 66, 300, 3000]));
                }
            }
        });
    }
}

/// Hears everything, says nothing.
struct Deaf;

impl Tracer for Deaf {
    fn commit(&mut self, commit: &Commit) {
        assert!(matches!(commit.privilege, 0 | 1 | 3));
    }
}

/// All that software can see of a hart.
fn state(hart: &mut Hart) -> (u64, u8, Vec<u64>, Vec<Option<u64>>) {
    let registers = (0..32).flat_map(|index| [hart.x(index), hart.f(index)]).collect();
    let csrs = CSRS.iter().map(|&number| hart.csr(number)).collect();
    (hart.pc(), hart.privilege(), registers, csrs)
}

#[test]
fn blocks_do_what_single_instructions_do() {
    let _alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for seed in seeds(0..40) {
        let mut random = Random::new(!seed);
        let rounds: Vec<u64> = (0..8).map(|_| random.pick(&[65, 66, 100, 200, 500])).collect();
        // One machine after the other: the reservations of both are in one table.
        let [fused, unfused, steps] = [(true, true), (false, true), (true, false)].map(|(fuse, by_blocks)| {
            let mut machine = Machine::new(seed, false);
            machine.harts[0].set_fusion(fuse);
            let mut states = Vec::new();
            with_a_waker(&mut machine, |machine| {
                for &instructions in &rounds {
                    let piece = if by_blocks { instructions } else { 1 };
                    (0..instructions / piece).for_each(|_| machine.run(0, piece));
                    states.push(state(&mut machine.harts[0]));
                }
            });
            let memory: Vec<_> = (0..SIZE).step_by(8).map(|at| machine.ram.load::<u64>(at)).collect();
            (states, memory)
        });
        for (other, name) in [(unfused, "unfused"), (steps, "steps")] {
            assert_eq!(fused.0, other.0, "seed {seed}, {name}, after {rounds:?} instructions");
            assert!(fused.1 == other.1, "seed {seed}, {name}: memory");
        }
    }
}

/// Two harts run on threads of their own while the machine is paused, its map changed, and its devices answer late.
#[test]
fn pauses_and_commits_reach_harts_that_run_random_code() {
    let _alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for seed in seeds(0..4) {
        let mut machine = Machine::new(seed, true);
        let (executive, window) = (&machine.executive, machine.window);
        let running = AtomicU64::new(2);
        std::thread::scope(|scope| {
            for (hart, attention) in machine.harts.iter_mut().zip(&machine.attentions) {
                let running = &running;
                scope.spawn(move || {
                    run(hart, attention, 150_000);
                    running.fetch_sub(1, Ordering::Release);
                });
            }
            let mut offset = 0;
            while running.load(Ordering::Acquire) > 0 {
                let paused = executive.pause();
                offset = (offset + 0x1000) % 0x5000;
                let mut change = executive.topology().transaction();
                change.set_alias_offset(window, offset);
                if offset < 0x3000 {
                    drop(paused);
                }
                change.commit().expect("a valid map");
                for attention in &machine.attentions {
                    attention.set_level(Hart::LEAVE, true);
                }
            }
        });
    }
}
