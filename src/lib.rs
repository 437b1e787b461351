//! manyhart: an actor-based, concurrent, multi-vCPU emulator.

pub mod board;
pub mod debian;
