//! Everything of one machine that is not a device: the topology, the gate, the clock, the helper thread.

use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::gate::{self, Paused};
use crate::grace::{Graces, Stall};
use crate::helper::{Crew, OnFailure, Step};
use crate::mailbox::AnyMailbox;
use crate::tunables::{Tunables, TunablesWriter, Values};
use crate::{Attention, Clock, Device, DeviceHandle, Reader, Topology};

/// How to set an [`Executive`] up.
pub struct Config {
    /// The machine's time.
    pub clock: Clock,
    /// Told, from the helper thread, when a device's handler has panicked; by default it is logged.
    pub on_device_failure: Option<OnFailure>,
}

/// One machine's runtime. Cheap to clone; the last clone that goes shuts it down.
#[derive(Clone)]
pub struct Executive(Arc<Inner>);

struct Inner {
    crew: Arc<Crew>,
    topology: Topology,
    /// Every device's mailbox, for the end.
    roster: Mutex<Vec<Weak<dyn AnyMailbox>>>,
    tuning: Arc<Mutex<TunablesWriter>>,
    helper: Mutex<Option<JoinHandle<()>>>,
}

impl Executive {
    /// Starts the helper thread; an error is the host's, in making it.
    pub fn new(config: Config) -> std::io::Result<Executive> {
        let (tunables, writer) = Tunables::new(Values::default());
        let crew = Crew::new(config.clock, tunables, config.on_device_failure);
        let topology = Topology::new(&crew);
        let helper = {
            let (crew, graces) = (Arc::clone(&crew), Arc::clone(topology.graces()));
            std::thread::Builder::new().name("helper".to_owned()).spawn(move || help(&crew, &graces))?
        };
        Ok(Executive(Arc::new(Inner {
            crew,
            topology,
            roster: Mutex::default(),
            tuning: Arc::new(Mutex::new(writer)),
            helper: Mutex::new(Some(helper)),
        })))
    }

    /// The memory topology.
    pub fn topology(&self) -> &Topology {
        &self.0.topology
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        self.0.crew.clock()
    }

    /// Changes what may be tuned while the machine runs, soon.
    pub fn tune(&self, change: impl FnOnce(&mut Values) + Send + 'static) {
        let tuning = Arc::clone(&self.0.tuning);
        // On the helper thread alone: the values have one writer.
        self.0.crew.helper().run(Box::new(move || tuning.lock().update(change)));
    }

    /// Makes a device an actor. It needs no thread of its own.
    pub fn spawn<D: Device>(&self, name: impl Into<String>, device: D) -> DeviceHandle<D> {
        let handle = DeviceHandle::spawn(&self.0.crew, self.0.topology.clone(), &name.into(), device);
        let mut roster = self.0.roster.lock();
        roster.retain(|mailbox| mailbox.strong_count() > 0);
        roster.push(Arc::downgrade(&handle.mailbox()));
        handle
    }

    /// Registers a reader, offline. `attention`, where given, is raised to make it come to its next checkpoint soon.
    /// It is raised when the clock jumps, too.
    pub fn reader(&self, name: impl Into<String>, attention: Option<Arc<Attention>>) -> Reader {
        if let Some(attention) = &attention {
            self.clock().wake_on_jump(Arc::downgrade(attention));
        }
        self.0.topology.reader(name, attention)
    }

    /// Stops the world: returns when every reader is offline at a boundary and no device handler runs. Commits go on.
    /// Called from control threads only, never from a handler or an online reader. Guest time stands still meanwhile.
    pub fn pause(&self) -> Paused {
        gate::pause(&self.0.crew, self.0.topology.graces().slots())
    }

    /// From now on every checkpoint answers [`crate::Flow::Stop`]; readers leave their loops. Cannot be undone.
    pub fn stop(&self) {
        self.0.crew.gate().stop();
        for slot in self.0.topology.graces().slots().all() {
            slot.raise();
        }
    }

    /// Flushes devices, closes every mailbox, ends and joins the helper thread. After [`Executive::stop`] and after the readers' threads
    /// are joined, and not while the machine is paused. What is not retired by then counts as retired. Calling it again does nothing.
    pub fn shutdown(&self) {
        self.0.shutdown();
    }

    /// Which grace periods have waited for longer than `patience`, and for whom.
    pub fn stalled(&self, patience: Duration) -> Vec<Stall> {
        self.0.topology.graces().stalled(patience)
    }

    /// What a run did so far.
    pub fn statistics(&self) -> Statistics {
        let here: u64 = self.0.roster.lock().iter().filter_map(Weak::upgrade).map(|mailbox| mailbox.handled()).sum();
        Statistics {
            commits: self.0.topology.commits(),
            generation: self.0.topology.generation(),
            messages: here + self.0.crew.handled_by_the_gone(),
        }
    }
}

impl Inner {
    fn shutdown(&self) {
        let Some(thread) = self.helper.lock().take() else { return };
        let devices = std::mem::take(&mut *self.roster.lock());
        for mailbox in devices.iter().filter_map(Weak::upgrade) {
            mailbox.close(true);
        }
        self.crew.helper().end();
        // The helper itself may be the one that drops the last clone, at the end of a job.
        if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
            tracing::error!("the helper thread has panicked");
        }
        self.topology.listeners().finish();
        self.topology.graces().finish();
        self.topology.close();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// The helper thread.
fn help(crew: &Arc<Crew>, graces: &Graces) {
    let mut rounds = 0;
    let mut reported = Instant::now();
    loop {
        crew.refresh();
        let step = crew.helper().step(crew);
        if graces.scan() == Step::Busy || step == Step::Busy {
            rounds = 0;
            continue;
        }
        if crew.helper().is_over() {
            return;
        }
        let patience = crew.patience();
        if reported.elapsed() > patience {
            reported = Instant::now();
            graces.stalled(patience).iter().for_each(report);
        }
        // A reader that passes tells nobody, so that it needs no lock: as long as one is waited for, this comes back by itself.
        let waiting = graces.is_waiting();
        rounds = if waiting { rounds + 1 } else { 0 };
        crew.helper().sleep(crew, if waiting { gate::rest(rounds) } else { patience });
    }
}

fn report(stall: &Stall) {
    let Stall { generation, since, holders } = stall;
    tracing::warn!(generation, ?holders, after = ?since.elapsed(), "a grace period is held up");
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Committed transactions.
    pub commits: u64,
    /// The newest published generation.
    pub generation: u64,
    /// Device messages handled (MMIO accesses included, but for reads that need no handler).
    pub messages: u64,
}
