//! The storm: a thread that carries out the plan, tells the guest of it through the ledger, and takes the time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, bounded};
use hdrhistogram::Histogram;

use super::field::{Contents, Field};
use super::ledger::Ledger;
use super::mix::Kind;
use super::plan::{Operation, Plan, Step};

/// Operations that are kept, to be told when something goes wrong.
const KEPT: usize = 4096;
/// The longest latency that is told apart: ten seconds, in nanoseconds.
pub const LONGEST: u64 = 10_000_000_000;
/// How far behind its rate the storm may fall and still catch up.
const BACKLOG: Duration = Duration::from_millis(500);

/// What others see of it while it runs.
#[derive(Default)]
pub struct Tally {
    /// Operations of each kind, in the order of [`Kind::ALL`].
    kinds: [AtomicU64; Kind::ALL.len()],
    stop: AtomicBool,
}

impl Tally {
    /// Operations of all kinds.
    pub fn operations(&self) -> u64 {
        self.kinds.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// Operations of one kind.
    pub fn of(&self, kind: Kind) -> u64 {
        self.kinds[kind as usize].load(Ordering::Relaxed)
    }

    /// One more of this kind.
    pub fn note(&self, kind: Kind) {
        self.kinds[kind as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The storm is to end.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// An operation that was carried out, and the epochs it began.
pub struct Past {
    /// What it was.
    pub operation: Operation,
    /// Of each slot that it touched.
    pub epochs: Vec<u64>,
}

/// What is left of it.
pub struct Aftermath {
    /// Nanoseconds from the storm's call to its return, of each transaction.
    pub latency: Histogram<u64>,
    /// The last operations.
    pub past: VecDeque<Past>,
    /// Refusals that were met, one of each.
    pub refusals: Vec<String>,
    /// How often each slot changed, and what it shows.
    pub slots: Vec<(u64, Contents)>,
    /// What ended it before its time.
    pub trouble: Option<String>,
}

/// A running storm.
pub struct Storm {
    /// How far it is.
    pub tally: Arc<Tally>,
    ended: Receiver<()>,
    thread: JoinHandle<Aftermath>,
}

/// Everything that the thread has.
struct Work {
    plan: Plan,
    field: Field,
    ledger: Ledger,
    tally: Arc<Tally>,
    latency: Histogram<u64>,
    past: VecDeque<Past>,
}

impl Storm {
    /// Puts up the field, whole, before the harts run; answers what starts the thread.
    pub fn prepare(mut plan: Plan, field: Field, ledger: Ledger) -> Result<Prepared, String> {
        let first = plan.first();
        let latency = Histogram::new_with_bounds(1, LONGEST, 3).map_err(|error| error.to_string())?;
        let mut work =
            Work { plan, field, ledger, tally: Arc::default(), latency, past: VecDeque::with_capacity(KEPT) };
        for operation in first {
            work.carry_out(operation)?;
        }
        work.latency.reset();
        Ok(Prepared(work))
    }

    /// Waits for its end, but not for ever.
    pub fn join(self, patience: Duration) -> Result<Aftermath, String> {
        use crossbeam::channel::RecvTimeoutError::Timeout;
        if self.ended.recv_timeout(patience) == Err(Timeout) {
            return Err(format!("the storm hangs in operation {}", self.tally.operations()));
        }
        self.thread.join().map_err(|_| "the storm has panicked".to_owned())
    }

    /// Whether the thread is at its end.
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }
}

/// A field that is put up, and a storm that has not begun.
pub struct Prepared(Work);

impl Prepared {
    /// Begins. `rate`: operations a second; as fast as it can at 0.
    pub fn start(self, rate: u64) -> std::io::Result<Storm> {
        let tally = Arc::clone(&self.0.tally);
        let (end, ended) = bounded(0);
        let body = move || {
            let aftermath = self.0.run(rate);
            drop(end);
            aftermath
        };
        let thread = std::thread::Builder::new().name("storm".to_owned()).spawn(body)?;
        Ok(Storm { tally, ended, thread })
    }
}

impl Work {
    fn run(mut self, rate: u64) -> Aftermath {
        let mut pace = Pace::new(rate);
        let mut trouble = None;
        while trouble.is_none() && !self.tally.stop.load(Ordering::Relaxed) {
            pace.wait();
            trouble = match self.plan.next() {
                Some(operation) => self.carry_out(operation).err(),
                None => Some("the mix leads to nothing that could be done any more".to_owned()),
            };
        }
        let Work { plan, field, ledger, latency, past, .. } = self;
        let slots = ledger.epochs().iter().copied().zip(plan.shown().iter().copied()).collect();
        Aftermath { latency, past, refusals: field.refusals, slots, trouble }
    }

    fn carry_out(&mut self, operation: Operation) -> Result<(), String> {
        let epochs = self.ledger.start(&operation.touched, operation.ends());
        let started = Instant::now();
        let done = self.field.carry_out(&operation.step);
        let taken = started.elapsed();
        if let Err(error) = done {
            return Err(format!("operation {}, {}: {error}", operation.number, operation.kind.name()));
        }
        self.ledger.done(&operation.touched);
        if matches!(operation.step, Step::Adjust(_)) {
            self.latency.saturating_record(taken.as_nanos() as u64);
        }
        self.tally.note(operation.kind);
        if self.past.len() == KEPT {
            self.past.pop_front();
        }
        self.past.push_back(Past { operation, epochs });
        Ok(())
    }
}

impl Past {
    /// What it did to a slot in an epoch between these.
    pub fn to_slot(&self, slot: u16, epochs: std::ops::RangeInclusive<u64>) -> Option<(u64, &Contents)> {
        let touched = self.operation.touched.iter().zip(&self.epochs);
        let mut here = touched.filter(|((touched, _), epoch)| *touched == slot && epochs.contains(epoch));
        here.next().map(|((_, contents), epoch)| (*epoch, contents))
    }
}

/// Keeps the rate.
struct Pace {
    interval: Option<Duration>,
    next: Instant,
}

impl Pace {
    fn new(rate: u64) -> Pace {
        let interval = (rate > 0).then(|| Duration::from_secs(1) / u32::try_from(rate).unwrap_or(u32::MAX));
        Pace { interval, next: Instant::now() }
    }

    fn wait(&mut self) {
        let Some(interval) = self.interval else { return };
        let now = Instant::now();
        if self.next > now {
            std::thread::sleep(self.next - now);
        } else if now - self.next > BACKLOG {
            self.next = now;
        }
        self.next += interval;
    }
}
