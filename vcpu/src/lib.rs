//! RISC-V harts.

mod hart;

pub use hart::{Commit, Exit, Hart, HartConfig, Isa, Statistics, Tracer};
