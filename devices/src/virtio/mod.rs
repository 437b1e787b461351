//! virtio 1.2 devices: what a device is ([`device`]), the memory it may touch and when ([`session`]), its queues ([`queue`]).
//!
//! A transport is the actor: it owns the registers and the [`VirtioDevice`]. A hart's access runs there, and so do the messages that a device's
//! workers post: used buffers, changed configuration, "look at your channels". No lock stands on that path. A device that talks to
//! the host has threads of its own; they own its queues, and touch guest memory only inside of [`Memory::enter`], which a reset closes.
//!
//! What a guest puts into a queue is hostile until shown otherwise: [`queue`] judges each chain whole before a device sees it, and a queue
//! that lies ends in DEVICE_NEEDS_RESET.
//!
//! Source: Virtual I/O Device (VIRTIO) Version 1.2, OASIS Committee Specification 01.

pub mod blk;
pub mod console;
mod core;
pub mod device;
#[cfg(test)]
mod driver;
pub mod mmio;
pub mod net;
pub mod pci;
pub mod queue;
mod registers;
pub mod rng;
pub mod session;

pub use device::{ActivateError, Activation, VirtioDevice, config_bytes};
pub use queue::{Chain, Virtqueue};
pub use session::{Guard, Inside, Interrupts, Memory, Waker};
