//! manyhart: an actor-based, concurrent, multi-vCPU RISC-V emulator. This crate is the command and what it is made of.
//!
//! # Rooms
//! * [`cli`]: from a command line to a typed configuration; nothing runs there.
//! * [`load`]: from image files to a plan of what stands where in guest memory; it knows no running machine.
//! * [`board`]: one memory map, its devices and their wires; it loads nothing and runs nothing.
//! * [`console`]: the host's side of the serial console; it knows no UART and no guest.
//! * [`plug`]: what is plugged into a board: devices by name, with typed properties.
//! * [`machine`]: the life cycle: build, run, reboot, stop.
//! * [`control`]: a running machine, commanded from outside.
//! * [`gdb`]: a running machine, debugged.
//! * [`profile`]: where a guest's time goes: samples, symbols, folded stacks.
//! * [`guest`]: what running one of the repository's own bare guests takes.
//! * [`builtin`], [`stress`], [`litmus`], [`debian`]: guests that come along or are fetched; they only describe a machine and hand it to [`machine`].

// A full disk or a reader that went away would make these panic: [`output`].
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod board;
pub mod builtin;
pub mod cli;
pub mod console;
pub mod control;
pub mod debian;
pub mod gdb;
pub mod guest;
pub mod litmus;
pub mod load;
pub mod machine;
mod output;
pub mod plug;
pub mod profile;
pub mod stress;
mod text;
