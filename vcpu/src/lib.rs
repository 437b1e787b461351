//! RISC-V harts.

mod block;
mod caches;
mod config;
pub mod csr;
pub mod decode;
mod exec;
mod fetch;
pub mod fp;
mod hart;
mod keys;
mod memory;
pub mod mmu;
mod op;
#[cfg(feature = "planted-bugs")]
pub mod planted;
pub mod pmp;
mod run;
mod tlb;
mod trace;
mod translate;
pub mod trap;

pub use config::{Commit, Exit, HartConfig, Isa, Statistics, Tracer};
pub use hart::Hart;
