//! A running machine, commanded from outside: the handle that any thread may hold, what happened as notices, and the two languages that
//! speak to it, QMP for programs and the monitor for people.
//!
//! The thread that runs the machine carries commands out, one after the other, because it owns the harts and the pause. Whoever commands
//! waits for its answer; nobody else does, and the machine never waits for a client.

mod debug;
mod handle;
pub mod monitor;
mod notice;
mod outbox;
pub mod qmp;
mod server;
mod socket;
mod spec;
mod status;

pub use debug::{DebugRequest, HartJob, HartStop};
pub use handle::{Command, Control, ControlError, HartInfo, Request};
pub use notice::{Cause, Notice, Notices, Stamped};
pub use server::{Client, End, Ready, Server, is_ready};
pub use socket::{Place, PlaceError};
pub use spec::ControlSpec;
pub use status::RunState;

#[cfg(test)]
pub(crate) mod tests;
