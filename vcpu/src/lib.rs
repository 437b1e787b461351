//! RISC-V harts: RV64IMAFDC with M, S and U, Zicsr, Zifencei, Zicntr, Sstc, Zba, Zbb, Zbc, Zbs, Sv39 to Sv57 and PMP;
//! with interrupt files also Smaia and Ssaia.
//!
//! A [`Hart`] lives in one address space of a [`manyhart_runtime`] topology and is run by one thread. This crate knows no device, no board and
//! no other hart: interrupts come in by the levels of an attention word, time by a clock, memory by a reader's view.
//!
//! # Principles, in order of priority
//! 1. Architectural state is exact at every instruction boundary: traps are precise, counters count, a limit is met to the instruction.
//! 2. A hart adopts a newer topology before its next access wherever the guest could tell (`run`, `exec::system`, `exec::amo`).
//! 3. What is cached (translations, code, a reservation) is dropped by keys, never by walking or clearing memory.
//! 4. Hot handlers take no stack, make no call that returns, and never choose the next op by data (`op`).
//!
//! | room | what it holds |
//! |---|---|
//! | [`decode`], [`fp`], [`csr`], [`pmp`], [`mmu`], [`trap`] | the architecture as pure functions and plain state |
//! | `op`, `step`, `exec` | the unit of translated code, and a handler for each instruction and class of operands |
//! | `translate`, [`fused`], `block`, `fetch` | from guest code to ops, pairs of them fused, and the ways into them |
//! | `tlb`, `keys`, `memory`, `caches` | from guest addresses to the host's, fast and slow; what the runtime may ask to forget |
//! | `run`, `trace`, `sample` | batches, boundaries, sleep; the commit log; the source of profiles |
//!
//! # Known holes
//! * Dependencies (RVWMO rules 9 to 13) hold by the host's hardware, not by Rust's memory model.
//! * Those of the reservation monitor, see [`manyhart_runtime::ram::monitor`].
//! * Where a tail call is a real call (an unoptimised build), a batch's frames stand on the thread's stack: 16 MiB are enough.
//!
//! Specifications: RISC-V Unprivileged ISA 20240411, Privileged 20240213, Advanced Interrupt Architecture 1.0.

mod block;
#[cfg(test)]
#[path = "../tests/support/board.rs"]
mod board;
mod caches;
mod config;
pub mod csr;
pub mod decode;
mod exec;
mod fetch;
pub mod fp;
pub mod fused;
mod hart;
mod keys;
mod memory;
pub mod mmu;
mod op;
#[cfg(feature = "planted-bugs")]
pub mod planted;
pub mod pmp;
mod ram;
mod run;
mod sample;
mod step;
mod tlb;
mod trace;
mod translate;
pub mod trap;
mod used;
mod watch;

pub use config::{Commit, Exit, HartConfig, Isa, Sample, Sampler, Statistics, Tracer};
pub use hart::Hart;
pub use watch::{WatchHit, WatchKind, Watchpoint};
