//! One host thread per hart: it owns the hart, runs it, and between two runs does what it is told.

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
use manyhart_runtime::{Attention, Clock, Reader};
use manyhart_vcpu::{Exit, Hart, HartConfig, Sampler, Statistics, Tracer};
use rustix::time::{ClockId, clock_gettime};

use super::Event;
use crate::control::{HartJob, HartStop};

/// What a hart's thread needs: see [`Hart::new`].
const STACK: usize = 16 << 20;

/// Where a hart starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The first instruction.
    pub pc: u64,
    /// `a0`, `a1` and `a2`.
    pub args: [u64; 3],
}

/// What a hart did, all its lives together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HartReport {
    /// Its own counts.
    pub statistics: Statistics,
    /// The host's processor time that it took: sleeps, and waits for a busy host, are not in it.
    pub time: Duration,
}

/// Who hears what the hart does.
pub struct Watchers {
    /// Of each instruction.
    pub tracer: Option<Box<dyn Tracer>>,
    /// Of where it is, now and then.
    pub sampler: Option<Box<dyn Sampler>>,
}

enum Command {
    /// Answer, once out of the run loop.
    Here(Sender<()>),
    /// Back to power-on.
    Reset(Start),
    /// Do this for a debugger.
    Debug(HartJob),
    /// Run one instruction.
    Step,
    /// Run, until the runtime stops, the limit is reached, or [`HartThread::call`].
    Run,
}

/// A hart on its thread.
pub struct HartThread {
    id: u32,
    attention: Arc<Attention>,
    commands: Sender<Command>,
    thread: JoinHandle<HartReport>,
}

impl HartThread {
    /// Starts the thread, whose id goes to `thread`; the hart waits for [`HartThread::run`].
    #[expect(clippy::too_many_arguments, reason = "one call, of what a hart's thread owns")]
    pub fn spawn(
        config: HartConfig,
        reader: Reader,
        attention: Arc<Attention>,
        clock: Clock,
        limit: Option<u64>,
        watchers: Watchers,
        events: Sender<Event>,
        thread: Arc<AtomicI32>,
    ) -> io::Result<HartThread> {
        let id = config.id;
        let (commands, orders) = unbounded();
        let attention_of_hart = attention.clone();
        let body = move || {
            thread.store(rustix::thread::gettid().as_raw_nonzero().get(), Ordering::Relaxed);
            let live = AssertUnwindSafe(|| {
                let mut hart = Hart::new(config, reader, attention_of_hart, clock);
                hart.set_tracer(watchers.tracer);
                hart.set_sampler(watchers.sampler);
                obey(&mut hart, &orders, limit, &events)
            });
            std::panic::catch_unwind(live).unwrap_or_else(|_| {
                report(&events, Event::HartPanicked(id));
                HartReport::default()
            })
        };
        let thread = std::thread::Builder::new().name(format!("hart{id}")).stack_size(STACK).spawn(body)?;
        Ok(HartThread { id, attention, commands, thread })
    }

    /// Asks the hart out of its run loop, where it waits for the next command. The answer comes on the channel; it is closed
    /// without one when the hart is gone.
    pub fn call(&self) -> Receiver<()> {
        let (here, answer) = bounded(1);
        self.attention.set_level(Hart::LEAVE, true);
        self.command(Command::Here(here));
        answer
    }

    /// Back to power-on. Only after an answered [`HartThread::call`].
    pub fn reset(&self, start: Start) {
        self.command(Command::Reset(start));
    }

    /// Does something with the hart, which is out of its loop.
    pub fn debug(&self, job: HartJob) {
        self.command(Command::Debug(job));
    }

    /// Lets the hart run.
    pub fn run(&self) {
        self.go(Command::Run);
    }

    /// Lets the hart run one instruction; [`HartStop::Step`] says when it has.
    pub fn step(&self) {
        self.go(Command::Step);
    }

    fn go(&self, command: Command) {
        self.attention.set_level(Hart::LEAVE, false);
        self.command(command);
    }

    /// A hart whose thread is gone has said so by an event; it hears nothing.
    fn command(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::debug!(hart = self.id, "gone");
        }
    }

    /// Waits for the thread's end; the runtime has stopped.
    pub fn join(self) -> HartReport {
        drop(self.commands);
        self.thread.join().unwrap_or_default()
    }
}

fn obey(hart: &mut Hart, orders: &Receiver<Command>, limit: Option<u64>, events: &Sender<Event>) -> HartReport {
    // A reset starts the count of instructions again, and no other.
    let mut earlier_lives = 0;
    for command in orders {
        match command {
            Command::Here(here) => {
                if here.send(()).is_err() {
                    tracing::debug!(hart = hart.id(), "nobody waits for it any more");
                }
            }
            Command::Reset(start) => {
                earlier_lives += hart.instret();
                hart.reset(start.pc, start.args[0], start.args[1], start.args[2]);
            }
            Command::Debug(job) => job(hart),
            Command::Run | Command::Step => {
                let steps = matches!(command, Command::Step);
                let exit = if steps { hart.step() } else { hart.run(limit) };
                let id = hart.id();
                match exit {
                    Exit::Stopped => break,
                    Exit::Limit if steps => report(events, Event::HartStop(HartStop::Step(id))),
                    Exit::Limit => report(events, Event::Limit(id)),
                    Exit::Breakpoint => report(events, Event::HartStop(HartStop::Breakpoint(id))),
                    Exit::Watchpoint(hit) => report(events, Event::HartStop(HartStop::Watchpoint(id, hit))),
                    Exit::Left => {}
                }
            }
        }
    }
    let mut statistics = hart.statistics();
    statistics.instructions += earlier_lives;
    HartReport { statistics, time: processor_time() }
}

/// What this thread has used.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// The machine that listened may be gone already; then nobody misses the event.
fn report(events: &Sender<Event>, event: Event) {
    if let Err(unheard) = events.send(event) {
        tracing::debug!(event = ?unheard.0, "unheard");
    }
}
