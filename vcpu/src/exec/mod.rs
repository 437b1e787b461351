//! What instructions do: the handlers, a file for each part of the instruction set.

pub(crate) mod alu;
pub(crate) mod amo;
pub(crate) mod csr;
pub(crate) mod flow;
pub(crate) mod fp;
pub(crate) mod mem;
pub(crate) mod reserved;
pub(crate) mod system;
pub(crate) mod traps;
pub(crate) mod zb;
