//! What a debugger asks of a machine beyond stop and go: work on a hart that stands, and single steps.

use std::fmt;

use crossbeam::channel::Sender;
use manyhart_vcpu::{Hart, WatchHit};

use super::ControlError;
use crate::machine::Machine;

/// Work on a hart, on its own thread, while it is out of its loop.
pub type HartJob = Box<dyn FnOnce(&mut Hart) + Send>;

/// Why a debugger had the harts stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HartStop {
    /// This hart stands before an instruction at a breakpoint.
    Breakpoint(u32),
    /// This hart stands behind an instruction that met a watchpoint.
    Watchpoint(u32, WatchHit),
    /// This hart has made its step.
    Step(u32),
}

/// What is asked.
pub enum DebugCommand {
    /// Work on this hart.
    OnHart(u32, HartJob),
    /// One instruction of a hart.
    Step {
        /// Which.
        hart: u32,
        /// Whether the others stand meanwhile.
        alone: bool,
    },
}

/// A debugger's request, and where its answer goes.
pub struct DebugRequest {
    pub(super) command: DebugCommand,
    pub(super) answer: Sender<Result<(), ControlError>>,
}

impl DebugRequest {
    /// For the machine's own thread.
    pub fn carry_out(self, machine: &mut Machine) {
        let done = match self.command {
            DebugCommand::OnHart(hart, job) => machine.debug(hart, job),
            DebugCommand::Step { hart, alone } => {
                machine.step(hart, alone);
                Ok(())
            }
        };
        if self.answer.send(done).is_err() {
            tracing::debug!("a debugger has gone");
        }
    }
}

impl fmt::Debug for DebugRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.command {
            DebugCommand::OnHart(..) => "work on a hart",
            DebugCommand::Step { .. } => "a step",
        })
    }
}
