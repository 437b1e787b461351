//! Whether the machine runs.

use std::sync::atomic::{AtomicU8, Ordering};

/// What a machine is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum RunState {
    /// Built, and told to wait before its first instruction.
    Prelaunch = 0,
    /// Harts run.
    Running = 1,
    /// Stopped on request.
    Paused = 2,
    /// It is being taken down.
    Shutdown = 3,
}

impl RunState {
    /// As protocols spell it.
    pub fn name(self) -> &'static str {
        match self {
            RunState::Prelaunch => "prelaunch",
            RunState::Running => "running",
            RunState::Paused => "paused",
            RunState::Shutdown => "shutdown",
        }
    }

    /// Whether harts run.
    pub fn is_running(self) -> bool {
        self == RunState::Running
    }
}

/// Written by the machine's own thread alone; anybody reads it.
#[derive(Debug)]
pub struct Status(AtomicU8);

impl Status {
    /// Not started.
    pub fn new() -> Status {
        Status(AtomicU8::new(RunState::Prelaunch as u8))
    }

    /// Now. Acquire: who sees `Paused` also sees what the pause has stopped.
    pub fn get(&self) -> RunState {
        match self.0.load(Ordering::Acquire) {
            0 => RunState::Prelaunch,
            1 => RunState::Running,
            2 => RunState::Paused,
            _ => RunState::Shutdown,
        }
    }

    /// From now on.
    pub fn set(&self, state: RunState) {
        self.0.store(state as u8, Ordering::Release);
    }
}
