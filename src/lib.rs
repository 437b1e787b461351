//! manyhart: an actor-based, concurrent, multi-vCPU emulator.

pub mod debian;
