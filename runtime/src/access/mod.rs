//! How an access is carried out: resolved whole under one view, split at range edges, shaped to what each device implements.
//!
//! * `shape`: one guest access as device accesses (pure).
//! * `resolve`: addresses to owned parts, under one view; refuses before anything has happened.
//! * `carry`: the parts carried out, one after the other.
//! * `by_reader`: the accesses of virtual CPUs, which go offline while a device makes them wait.
//! * `space`: [`AddressSpace`], the accesses of control threads and of devices (DMA).
//! * [`dma`]: [`Dma`], the accesses of one device to the space that it is assigned.
//! * `pool`: the readers that control threads and devices go online with, without a lock.
//! * `hold`: [`Hold`], a whole snapshot in use by somebody who is no reader.
//!
//! What never happens here: a part that is resolved under a second view, a side effect before the whole access is known to be allowed, a
//! value that stands for an error.

pub(crate) mod resolve;
pub(crate) mod shape;

mod by_reader;
mod carry;
pub mod dma;
mod hold;
mod pool;
mod space;
#[cfg(test)]
pub(crate) mod tests;

pub use dma::Dma;
pub use hold::Hold;
pub(crate) use hold::Holds;
pub(crate) use pool::ReaderPool;
pub use space::AddressSpace;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Requester {
    /// A virtual CPU, by number.
    Cpu(u32),
    /// A device's DMA, by a number its bus gives it.
    Device(u32),
    /// A debugger, a monitor, a loader.
    Debugger,
}
