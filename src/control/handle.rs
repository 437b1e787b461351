//! The handle that commands a machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use manyhart_runtime::topology::{Finding, History, Survey};
use manyhart_runtime::{Topology, TopologyError};
use manyhart_vcpu::Hart;
use parking_lot::Mutex;

use super::debug::{DebugCommand, DebugRequest, HartStop};
use super::notice::{Notice, Notices, Stamped};
use super::status::{RunState, Status};
use crate::machine::Event;
use crate::plug::Plugs;

/// How often whoever waits for an answer looks whether the machine is ending.
const LOOK: Duration = Duration::from_millis(50);

/// What the machine's own thread is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// The harts leave their loops, the world is paused.
    Stop,
    /// On again.
    Continue,
    /// Back to power-on; a stopped machine stays stopped.
    Reset,
    /// The guest is asked to power off.
    Powerdown,
}

/// A command, and where its answer goes.
#[derive(Debug)]
pub struct Request {
    /// What is to be done.
    pub command: Command,
    answer: Sender<Result<(), ControlError>>,
}

impl Request {
    /// Answers whoever asked, who may have gone.
    pub fn answer(self, answer: Result<(), ControlError>) {
        if self.answer.send(answer).is_err() {
            tracing::debug!(command = ?self.command, "nobody waits for the answer");
        }
    }
}

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The machine is going, or gone.
    #[error("the machine has ended")]
    Ended,
    /// The board has nothing that would tell the guest.
    #[error("this board has no power button that the guest could see: power it off from inside, or quit")]
    NoPowerButton,
    /// The machine failed while it did so.
    #[error("{0}")]
    Failed(String),
    /// The map cannot be looked at.
    #[error("memory map: {0}")]
    Topology(#[from] TopologyError),
}

/// A hart as its thread shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HartInfo {
    /// The hart.
    pub id: u32,
    /// The host's thread that runs it, once it has started.
    pub thread: Option<i32>,
}

/// Commands a machine. Cheap to clone, for any thread but the machine's own and those of handlers: answers are waited for.
#[derive(Clone)]
pub struct Control(Arc<Shared>);

struct Shared {
    events: Sender<Event>,
    topology: Topology,
    status: Status,
    notices: Notices,
    /// What stopped the harts last, if it was a debugger's.
    stop: Mutex<Option<HartStop>>,
    /// The harts' host threads, 0 where one has not started.
    threads: Vec<Arc<AtomicI32>>,
    plugs: Plugs,
}

impl Control {
    /// Of the machine that listens to `events`.
    pub fn new(events: Sender<Event>, topology: Topology, threads: Vec<Arc<AtomicI32>>, plugs: Plugs) -> Control {
        let (status, notices, stop) = (Status::new(), Notices::default(), Mutex::default());
        Control(Arc::new(Shared { events, topology, status, notices, stop, threads, plugs }))
    }

    /// Stops the harts; the machine is still when this returns. Stopping a stopped machine does nothing.
    pub fn stop(&self) -> Result<(), ControlError> {
        self.ask(Command::Stop)
    }

    /// Lets the harts run on.
    pub fn cont(&self) -> Result<(), ControlError> {
        self.ask(Command::Continue)
    }

    /// Back to power-on.
    pub fn reset(&self) -> Result<(), ControlError> {
        self.ask(Command::Reset)
    }

    /// Asks the guest to power off.
    pub fn powerdown(&self) -> Result<(), ControlError> {
        self.ask(Command::Powerdown)
    }

    /// Ends the machine, soon: who wants to say something first has said it.
    pub fn quit(&self) -> Result<(), ControlError> {
        self.0.events.send(Event::QuitByCommand).map_err(|_| ControlError::Ended)
    }

    /// What the machine is at.
    pub fn status(&self) -> RunState {
        self.0.status.get()
    }

    /// What happens from now on.
    pub fn listen(&self) -> Receiver<Stamped> {
        self.0.notices.listen()
    }

    /// The harts.
    pub fn harts(&self) -> Vec<HartInfo> {
        let thread = |word: &Arc<AtomicI32>| Some(word.load(Ordering::Relaxed)).filter(|&thread| thread != 0);
        (0..).zip(&self.0.threads).map(|(id, word)| HartInfo { id, thread: thread(word) }).collect()
    }

    /// What is plugged in.
    pub fn plugs(&self) -> &Plugs {
        &self.0.plugs
    }

    /// The memory map as it is now.
    pub fn survey(&self) -> Result<Survey, ControlError> {
        Ok(self.0.topology.survey()?)
    }

    /// How the memory map came to be.
    pub fn history(&self) -> Result<History, ControlError> {
        Ok(self.0.topology.history()?)
    }

    /// What is lawful in the map and probably not meant.
    pub fn lint(&self) -> Result<Vec<Finding>, ControlError> {
        Ok(self.0.topology.lint()?)
    }

    /// Has something done with a hart of a stopped machine, and waits for what comes of it.
    pub fn on_hart<R: Send + 'static>(
        &self,
        hart: u32,
        work: impl FnOnce(&mut Hart) -> R + Send + 'static,
    ) -> Result<R, ControlError> {
        let (done, result) = bounded(1);
        let job = move |at: &mut Hart| {
            if done.send(work(at)).is_err() {
                tracing::debug!(hart, "nobody waits for what a debugger asked");
            }
        };
        self.debug(DebugCommand::OnHart(hart, Box::new(job)))?;
        result.recv().map_err(|_| ControlError::Ended)
    }

    /// Lets one hart execute one instruction, alone or while the others run; then the machine is stopped, and [`Control::last_stop`] says why.
    pub fn step(&self, hart: u32, alone: bool) -> Result<(), ControlError> {
        self.debug(DebugCommand::Step { hart, alone })
    }

    fn debug(&self, command: DebugCommand) -> Result<(), ControlError> {
        let (answer, answered) = bounded(1);
        let request = DebugRequest { command, answer };
        self.0.events.send(Event::Debug(request)).map_err(|_| ControlError::Ended)?;
        self.wait_for(&answered)
    }

    /// Why the harts stand, where a debugger had them stop; asked for once.
    pub fn last_stop(&self) -> Option<HartStop> {
        self.0.stop.lock().take()
    }

    /// For the machine's own thread.
    pub(crate) fn note_stop(&self, stop: HartStop) {
        *self.0.stop.lock() = Some(stop);
    }

    /// The machine is at something else now, and everybody is told. For its own thread.
    pub(crate) fn enter(&self, state: RunState, notice: Option<Notice>) {
        self.0.status.set(state);
        notice.iter().for_each(|notice| self.tell(notice));
    }

    /// Tells everybody.
    pub(crate) fn tell(&self, notice: &Notice) {
        self.0.notices.tell(notice);
    }

    fn ask(&self, command: Command) -> Result<(), ControlError> {
        let (answer, answered) = bounded(1);
        self.0.events.send(Event::Command(Request { command, answer })).map_err(|_| ControlError::Ended)?;
        self.wait_for(&answered)
    }

    fn wait_for(&self, answered: &Receiver<Result<(), ControlError>>) -> Result<(), ControlError> {
        loop {
            match answered.recv_timeout(LOOK) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Disconnected) => return Err(ControlError::Ended),
                // Its thread takes no more commands then, and waits for those who serve clients. It may have answered just before.
                Err(RecvTimeoutError::Timeout) if self.status() == RunState::Shutdown => {
                    return answered.try_recv().unwrap_or(Err(ControlError::Ended));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}
