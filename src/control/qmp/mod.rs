//! QMP: the JSON protocol by which programs command a machine. One value after the other, each an object: a greeting, then
//! commands and their answers, and events in between.

mod arguments;
mod commands;
mod frame;
mod message;
mod pci;
mod session;

pub use frame::{Frame, FrameError, Framer};
pub use message::{Answer, Class, Failure, Request};
pub use session::serve;

#[cfg(test)]
mod tests;
