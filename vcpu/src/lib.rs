//! RISC-V harts.

pub mod csr;
pub mod decode;
pub mod fp;
mod hart;
pub mod mmu;
pub mod pmp;
pub mod trap;

pub use hart::{Commit, Exit, Hart, HartConfig, Isa, Statistics, Tracer};
