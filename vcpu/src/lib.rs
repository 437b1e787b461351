//! RISC-V harts.
