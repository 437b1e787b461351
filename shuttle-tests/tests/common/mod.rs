//! How every model here is run: many schedules, each drawn from a seed that repeats it; and once more for each defect that must make it fail.
#![allow(dead_code)] // Each model file uses its part.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use manyhart_runtime::model::{Rig, Step};
use manyhart_runtime::planted::{self, Bug};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner, thread};

/// One seed is so many schedules, one after the other.
const BATCH: usize = 25;
/// Replays the batch of this seed alone.
const SEED: &str = "MANYHART_SHUTTLE_SEED";
/// How many times as many schedules as each model says.
const TIMES: &str = "MANYHART_SHUTTLE_TIMES";

/// So many steps no model needs that ends.
const STEPS: usize = 200_000;
/// What is said of one that does not end: its helper goes on looking for work.
pub const HANG: &str = "exceeded max_steps";

/// Runs `model` under `schedules` schedules, half of them random, half by priorities that change now and then.
pub fn holds(schedules: usize, model: impl Fn() + Send + Sync + 'static) {
    planted::disarm();
    let began = Instant::now();
    let model = Arc::new(model);
    let batches = match number(SEED) {
        Some(seed) => seed..seed + 1,
        None => 0..(schedules.div_ceil(BATCH) as u64 * number(TIMES).unwrap_or(1)),
    };
    let name = thread_name();
    for seed in batches.clone() {
        let run = catch_unwind(AssertUnwindSafe(|| batch(seed, Arc::clone(&model))));
        if let Err(panic) = run {
            eprintln!(
                "{name}: seed {seed} fails ({}); to repeat it: {SEED}={seed} cargo test --release -p manyhart-shuttle-tests {name}",
                how(seed)
            );
            std::panic::resume_unwind(panic);
        }
    }
    println!("{name}: {} schedules, {:.1?}", batches.count() * BATCH, began.elapsed());
}

/// The same model must fail with this defect armed, within `schedules` schedules, and say `expected`, or one of
/// several with `|` between them.
pub fn fails_with(bug: Bug, expected: &str, schedules: usize, model: impl Fn() + Send + Sync + 'static) {
    let (name, model) = (thread_name(), Arc::new(model));
    for seed in 0..schedules.div_ceil(BATCH) as u64 {
        planted::disarm();
        planted::arm(bug);
        let run = catch_unwind(AssertUnwindSafe(|| batch(seed, Arc::clone(&model))));
        planted::disarm();
        if let Err(payload) = run {
            let said = payload.downcast_ref::<String>().cloned();
            let said = said.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default();
            assert!(expected.split('|').any(|one| said.contains(one)), "{bug:?} was found by another message: {said}");
            println!("{name}: {bug:?} found within {} schedules", (seed as usize + 1) * BATCH);
            return;
        }
    }
    panic!("{bug:?} was not found in {schedules} schedules");
}

/// Even seeds draw each step's thread at random; odd ones give threads priorities and change them 1 to 4 times.
fn batch(seed: u64, model: Arc<impl Fn() + Send + Sync + 'static>) {
    match seed % 2 {
        0 => run(RandomScheduler::new_from_seed(seed, BATCH), model),
        _ => run(PctScheduler::new_from_seed(seed, depth(seed), BATCH), model),
    }
}

fn depth(seed: u64) -> usize {
    2 + (seed / 2 % 4) as usize
}

fn how(seed: u64) -> String {
    if seed.is_multiple_of(2) { "random".to_owned() } else { format!("PCT, depth {}", depth(seed)) }
}

fn run(scheduler: impl Scheduler + 'static, model: Arc<impl Fn() + Send + Sync + 'static>) {
    let mut config = Config::new();
    config.stack_size = 512 * 1024;
    config.silence_warnings = true;
    config.max_steps = MaxSteps::FailAfter(STEPS);
    // The seed repeats all of it.
    config.failure_persistence = FailurePersistence::None;
    Runner::new(scheduler, config).run(move || model());
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

fn thread_name() -> String {
    std::thread::current().name().unwrap_or("model").to_owned()
}

/// The helper thread of a runtime, for as long as this lives.
pub struct Help {
    end: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Help {
    /// Starts it.
    pub fn start(rig: &Rig) -> Help {
        let end = Arc::new(AtomicBool::new(false));
        let thread = {
            let (rig, end) = (rig.clone(), Arc::clone(&end));
            thread::spawn(move || {
                while !end.load(Ordering::SeqCst) {
                    if rig.help() == Step::Idle {
                        thread::yield_now();
                    }
                }
                rig.help_all();
            })
        };
        Help { end, thread }
    }

    /// Ends it behind everything that it was given.
    pub fn end(self) {
        self.end.store(true, Ordering::SeqCst);
        self.thread.join().expect("it ends");
    }
}

/// Something with a life: whoever uses it after its end has been let go on too early.
#[derive(Default)]
pub struct Life {
    over: AtomicBool,
}

impl Life {
    /// Uses it for a while.
    pub fn using(&self) {
        for _ in 0..4 {
            assert!(!self.over.load(Ordering::SeqCst), "used after its end");
        }
    }

    /// Its end.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }
}
