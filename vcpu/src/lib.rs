//! RISC-V harts.

pub mod decode;
mod hart;

pub use hart::{Commit, Exit, Hart, HartConfig, Isa, Statistics, Tracer};
