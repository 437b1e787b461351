//! The privileged architecture through executed code: what a guest sees of traps, translation, protection and interrupts.
//!
//! Each case is a few instructions on one hart with RAM alone; the rules themselves have their tables beside the code.

mod asm;
#[path = "../support/board.rs"]
mod board;
mod counters;
mod interrupts;
mod machine;
mod messages;
mod protection;
mod translation;
mod traps;
