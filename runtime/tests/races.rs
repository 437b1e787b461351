//! Data races in the runtime that Miri and ThreadSanitizer must report, each of a planted defect: `cargo xtask miri` and `cargo xtask tsan`
//! run them and fail where nothing is reported. Anywhere else a race would be undefined behaviour that nobody looks for, so the feature
//! `planted-races` stays off.
#![allow(unsafe_code)] // For `Plain`: what a sanitizer watches is memory without atomics.

mod common;

use std::cell::UnsafeCell;
use std::time::Duration;

use common::{CPU, Machine, Scripted};
use manyhart_runtime::planted::{self, Bug};
use manyhart_runtime::{Attention, Gpa};

/// How often callers meet: enough that some do at the same moment, on real threads as in an interpreter.
const MEETINGS: u32 = if cfg!(miri) { 20 } else { 5_000 };

const SOFTWARE: u32 = 3;

/// What is shared by a protocol and nothing else.
#[derive(Default)]
struct Plain(UnsafeCell<u64>);

// SAFETY: it is what the tests are about: a protocol of the runtime orders the two that touch it, unless a defect is armed, and then only a
// sanitizer runs this.
unsafe impl Sync for Plain {}

impl Plain {
    fn set(&self, value: u64) {
        // SAFETY: as above.
        unsafe { *self.0.get() = value }
    }

    fn get(&self) -> u64 {
        // SAFETY: as above.
        unsafe { *self.0.get() }
    }
}

/// C7: one handler of a device at a time, whoever asks.
fn two_ask_one_device() {
    let machine = Machine::new();
    let mut device = Scripted::new();
    let mut asked = 0;
    device.on_read = Box::new(move |_, _| {
        asked += 1;
        std::thread::yield_now();
        Ok(asked)
    });
    let device = machine.executive.spawn("asked", device);
    machine.map(&device, 0x1000);
    std::thread::scope(|scope| {
        for n in 0..2 {
            let (executive, space) = (machine.executive.clone(), machine.space);
            scope.spawn(move || {
                let mut reader = executive.reader(format!("reader {n}"), None);
                for _ in 0..MEETINGS {
                    reader.checkpoint(&mut ());
                    reader.read(space, Gpa(0x1000), 8, CPU, &mut ()).expect("it answers");
                }
                reader.go_offline();
            });
        }
    });
}

/// C4: who takes an interrupt sees what was written before it.
fn an_interrupt_carries_data() {
    let (attention, data) = (Attention::new(), Plain::default());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            data.set(7);
            attention.set_level(SOFTWARE, true);
        });
        while attention.take() & 1 << SOFTWARE == 0 {
            std::thread::yield_now();
        }
        assert_eq!(data.get(), 7);
    });
}

#[test]
fn with_nothing_planted_nobody_races() {
    planted::disarm();
    two_ask_one_device();
    an_interrupt_carries_data();
}

/// Arms a defect. Whatever that leads to ends, reported or not: threads may wait for each other for ever.
fn arm(bug: Bug) {
    planted::arm(bug);
    if !cfg!(miri) {
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_secs(120));
            std::process::exit(1);
        });
    }
}

#[test]
fn an_actor_that_two_threads_run_races() {
    arm(Bug::ShareRunState);
    two_ask_one_device();
}

#[test]
fn an_interrupt_that_is_taken_without_acquire_races() {
    arm(Bug::TakeRelaxed);
    an_interrupt_carries_data();
}
