//! The helper: the one thread of a runtime that may take its time. It drains what bounded drains leave, fires timers, scans grace
//! periods, drops devices, and reports what stalls. Never a virtual CPU's work, and nothing that one waits for depends on its speed alone.
//!
//! Its body is [`Helper::step`], a plain function, so that models can drive it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64 as StdAtomicU64, AtomicUsize as StdAtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::Clock;
use crate::coalescing::{AT_MOST, Coalescing};
use crate::gate::Gate;
use crate::mailbox::Runnable;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::{self, Condvar, Mutex};
use crate::trampoline;
use crate::tunables::Tunables;

/// A piece of work that may block for a while.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// Hears the name of an actor whose handler has panicked.
pub type OnFailure = Box<dyn Fn(&str) + Send + Sync>;

/// What mailboxes run on: the gate, the helper, the clock.
pub struct Crew {
    gate: Gate,
    helper: Helper,
    clock: Clock,
    on_failure: Arc<dyn Fn(&str) + Send + Sync>,
    tunables: Tunables,
    coalescing: Coalescing,
    /// A copy, for the path of every message: not exact, and ordered with nothing.
    drain_bound: StdAtomicUsize,
    /// Messages that mailboxes handled which are no more.
    handled_by_the_gone: StdAtomicU64,
}

impl Crew {
    /// Services with no thread yet.
    pub(crate) fn new(clock: Clock, tunables: Tunables, on_failure: Option<OnFailure>) -> Arc<Crew> {
        let on_failure = on_failure.unwrap_or_else(|| Box::new(|name| tracing::error!(device = name, "device failed")));
        Arc::new(Crew {
            gate: Gate::new(),
            helper: Helper::new(),
            clock,
            on_failure: on_failure.into(),
            drain_bound: StdAtomicUsize::new(tunables.get().drain_bound.max(1)),
            tunables,
            coalescing: Coalescing::default(),
            handled_by_the_gone: StdAtomicU64::new(0),
        })
    }

    /// The door.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The helper's inbox.
    pub fn helper(&self) -> &Helper {
        &self.helper
    }

    /// Who has coalesced writes.
    pub(crate) fn coalescing(&self) -> &Coalescing {
        &self.coalescing
    }

    /// The machine's time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// How many messages one thread handles in one go before it hands the rest to the helper.
    pub(crate) fn drain_bound(&self) -> usize {
        self.drain_bound.load(Ordering::Relaxed)
    }

    /// How long a grace period or a pause may take before it is reported.
    pub(crate) fn patience(&self) -> Duration {
        self.tunables.get().stall_report
    }

    /// Takes over what was tuned.
    pub(crate) fn refresh(&self) {
        self.drain_bound.store(self.tunables.get().drain_bound.max(1), Ordering::Relaxed);
    }

    /// Counts what a mailbox has handled that is dropped.
    pub(crate) fn count_gone(&self, handled: u64) {
        self.handled_by_the_gone.fetch_add(handled, Ordering::Relaxed);
    }

    pub(crate) fn handled_by_the_gone(&self) -> u64 {
        self.handled_by_the_gone.load(Ordering::Relaxed)
    }

    /// A handler of the actor `name` has panicked: told from the helper thread.
    pub(crate) fn report_failure(&self, name: &Arc<str>, panic: String) {
        let (name, tell) = (Arc::clone(name), Arc::clone(&self.on_failure));
        self.helper.run(Box::new(move || {
            tracing::error!(actor = &*name, %panic, "a handler panicked");
            tell(&name);
        }));
    }
}

/// A job for when the clock has passed a tick.
struct Timer {
    at: u64,
    /// Keeps timers of one tick in the order in which they were set.
    number: u64,
    job: Job,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Timer) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Timer) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Timer) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

#[derive(Default)]
struct Inbox {
    /// Their run-state is held on the helper's behalf.
    held: VecDeque<Arc<dyn Runnable>>,
    /// They have mail that a pause left; nobody holds their run-state.
    left: Vec<Arc<dyn Runnable>>,
    jobs: VecDeque<Job>,
    timers: BinaryHeap<Reverse<Timer>>,
    timers_set: u64,
    /// Something changed since the helper last looked.
    knocked: bool,
    /// There are coalesced writes, to be handled soon.
    lingering: bool,
    ended: bool,
}

/// What one round takes out.
struct Due {
    held: VecDeque<Arc<dyn Runnable>>,
    left: Vec<Arc<dyn Runnable>>,
    jobs: VecDeque<Job>,
    lingering: bool,
}

/// The helper's inbox. Anybody puts in; one thread takes out.
#[derive(Default)]
pub struct Helper {
    inbox: Mutex<Inbox>,
    knock: Condvar,
}

/// Whether the helper has more to do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something was done, and may have led to more.
    Busy,
    /// Nothing was there.
    Idle,
}

impl Helper {
    fn new() -> Helper {
        Helper { inbox: Mutex::new(Inbox::default()), knock: Condvar::new() }
    }

    fn put(&self, put: impl FnOnce(&mut Inbox)) {
        let mut inbox = self.inbox.lock();
        put(&mut inbox);
        inbox.knocked = true;
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::KnockUnflagged) {
            inbox.knocked = false;
        }
        drop(inbox);
        self.knock.notify_one();
    }

    /// Drains this actor, whose run-state the caller holds and gives away with it. Gives it back once the thread has ended.
    pub(crate) fn adopt(&self, actor: Arc<dyn Runnable>) -> Option<Arc<dyn Runnable>> {
        let mut actor = Some(actor);
        self.put(|inbox| {
            if !inbox.ended {
                inbox.held.extend(actor.take());
            }
        });
        actor
    }

    /// Drains this actor when the machine is not paused any more.
    pub(crate) fn leave(&self, actor: Arc<dyn Runnable>) {
        self.put(|inbox| inbox.left.push(actor));
    }

    /// Runs `job` on the helper thread; here and now once that has ended.
    pub(crate) fn run(&self, job: Job) {
        let mut job = Some(job);
        self.put(|inbox| {
            if !inbox.ended {
                inbox.jobs.extend(job.take());
            }
        });
        if let Some(job) = job {
            job();
        }
    }

    /// Runs `job` on the helper thread once the clock has passed `ticks`.
    pub(crate) fn run_at(&self, ticks: u64, job: Job) {
        self.put(|inbox| {
            inbox.timers_set += 1;
            inbox.timers.push(Reverse(Timer { at: ticks, number: inbox.timers_set, job }));
        });
    }

    /// Has coalesced writes handled, if nobody else does before their time is up.
    pub(crate) fn linger(&self) {
        let mut inbox = self.inbox.lock();
        if !std::mem::replace(&mut inbox.lingering, true) {
            drop(inbox);
            self.knock.notify_one();
        }
    }

    /// Makes the helper look at everything it watches.
    pub(crate) fn knock(&self) {
        self.put(|_| ());
    }

    /// One round over the inbox. Never sleeps.
    pub fn step(&self, crew: &Crew) -> Step {
        let Due { held, left, jobs, lingering } = self.take_due(crew);
        let idle = held.is_empty() && left.is_empty() && jobs.is_empty() && !lingering;
        if lingering {
            crew.handle_coalesced();
        }
        for actor in held {
            trampoline::with(|here| here.run(crew, actor));
        }
        for actor in left {
            trampoline::with(|here| here.schedule(crew, actor));
        }
        for job in jobs {
            if let Err(panic) = sync::catch(job) {
                tracing::error!(%panic, "a job of the helper panicked");
            }
        }
        if idle { Step::Idle } else { Step::Busy }
    }

    fn take_due(&self, crew: &Crew) -> Due {
        let mut inbox = self.inbox.lock();
        inbox.knocked = false;
        let held = std::mem::take(&mut inbox.held);
        let left = if crew.gate.is_closed() { Vec::new() } else { std::mem::take(&mut inbox.left) };
        let mut jobs = std::mem::take(&mut inbox.jobs);
        if !inbox.timers.is_empty() {
            let now = crew.clock.now();
            while inbox.timers.peek().is_some_and(|timer| timer.0.at <= now) {
                jobs.extend(inbox.timers.pop().map(|timer| timer.0.job));
            }
        }
        let lingering = std::mem::take(&mut inbox.lingering);
        Due { held, left, jobs, lingering }
    }

    /// Sleeps until somebody knocks, a timer is due, or `at_most` has passed.
    pub(crate) fn sleep(&self, crew: &Crew, at_most: Duration) {
        let mut inbox = self.inbox.lock();
        let timer = inbox.timers.peek().map(|timer| {
            // A clock that is moved by hand does not say when, and one that stands does not come nearer: look now and then.
            crew.clock.until(timer.0.at).map_or(Duration::from_millis(1), |rest| rest.max(Duration::from_micros(20)))
        });
        let mut end = Instant::now() + timer.map_or(at_most, |timer| timer.min(at_most));
        let mut lingers = false;
        while !inbox.knocked && !inbox.ended {
            if inbox.lingering && !lingers {
                lingers = true;
                end = end.min(Instant::now() + AT_MOST);
            }
            let Some(rest) = end.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero()) else { break };
            self.knock.wait_for(&mut inbox, rest);
        }
    }

    /// Tells the helper's thread to end when its inbox is empty. What comes later runs on its sender's thread.
    pub(crate) fn end(&self) {
        self.put(|inbox| inbox.ended = true);
    }

    /// Whether the thread may end: [`Helper::end`] was called, and what came before it, which nobody else would ever do, is done.
    pub(crate) fn is_over(&self) -> bool {
        let inbox = self.inbox.lock();
        inbox.ended && inbox.held.is_empty() && inbox.jobs.is_empty()
    }

    /// Whether [`Helper::end`] was called.
    pub(crate) fn has_ended(&self) -> bool {
        self.inbox.lock().ended
    }
}

#[cfg(all(test, not(any(manyhart_loom, manyhart_shuttle))))]
mod tests {
    use super::*;
    use crate::tunables::Values;

    #[test]
    fn what_came_before_the_end_is_done_and_what_comes_after_runs_at_once() {
        let crew = Crew::new(Clock::manual(1), Tunables::new(Values::default()).0, None);
        let done = Arc::new(StdAtomicUsize::new(0));
        let count = || {
            let done = Arc::clone(&done);
            Box::new(move || _ = done.fetch_add(1, Ordering::Relaxed))
        };
        assert_eq!(crew.helper().step(&crew), Step::Idle);
        // After the thread has looked and before it asks whether it may end.
        crew.helper().run(count());
        crew.helper().end();
        assert!(!crew.helper().is_over());
        assert_eq!((crew.helper().step(&crew), done.load(Ordering::Relaxed)), (Step::Busy, 1));
        assert!(crew.helper().is_over());
        crew.helper().run(count());
        assert_eq!(done.load(Ordering::Relaxed), 2);
    }
}
