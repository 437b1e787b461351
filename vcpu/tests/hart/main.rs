//! The hart as guests see it: small programs, run whole, on a real topology.

mod asm;
mod atomics;
#[path = "../support/board.rs"]
mod board;
mod breakpoints;
mod code;
mod commits;
mod compute;
mod dirty;
mod float;
mod machine;
mod memory;
mod privilege;
mod rom_device;
mod run;
mod sample;
mod watchpoints;
