//! Actors: one handler at a time, messages in one order, no thread of their own.
//!
//! A sender that finds an actor idle runs its handler itself; otherwise the message queues and whoever runs the actor drains it. A
//! handler never waits: what needs another actor is posted, or answered later through a deferred [`Reply`].
//!
//! * `device`: what a device is; `spec`: which accesses its regions take.
//! * `context`: what a handler may use, and answers that come later.
//! * `shell`: the actor around a device; `operation`: one guest access on its way through it.
//! * `handle`: how the rest of the machine reaches a device; `target`: its regions, as the topology maps them.
//! * `direct`: registers that are no actor; `shadow`: registers of an actor that are read without it.
//!
//! What never happens here: an address, a bus, a lock held while a handler runs, a handler inside a handler.

mod context;
mod device;
mod direct;
mod handle;
mod operation;
mod shadow;
mod shell;
mod spec;
mod target;

pub use context::{Context, Deferred, Reply};
pub use device::{Access, Answer, Device, NoAnswer};
pub use direct::Registers;
pub use handle::{DeviceHandle, Poster};
pub use shadow::Shadow;
pub use spec::{AccessShape, ByteOrder, MmioSpec};
pub use target::MmioTarget;

pub use crate::reply::Replier;

pub(crate) use operation::{Request, Verdict};
pub(crate) use target::{Detour, MmioPin, on_bus};

#[cfg(test)]
mod tests;
