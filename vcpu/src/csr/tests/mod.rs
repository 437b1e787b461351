//! Tables of what the specification says, one file for each matter.

mod aia;
mod counters;
mod flow;
mod guards;
mod interrupts;
mod status;
mod warl;

use super::address::*;
use super::{Config, CsrFile, CsrOp, Effect, Illegal, Inputs};
use crate::trap::Privilege;

const MODES: [Privilege; 3] = [Privilege::User, Privilege::Supervisor, Privilege::Machine];

/// A hart after reset, in machine mode.
fn reset() -> CsrFile {
    CsrFile::new(Config::full(5))
}

/// A hart after these writes in machine mode, then put into `privilege`.
fn with(privilege: Privilege, writes: &[(u16, u64)]) -> CsrFile {
    let mut csrs = reset();
    for &(csr, value) in writes {
        put(&mut csrs, csr, value);
    }
    csrs.set_privilege(privilege);
    csrs
}

/// Writes in the current mode, with all inputs zero.
fn put(csrs: &mut CsrFile, csr: u16, value: u64) -> Effect {
    csrs.write(csr, value, Inputs::default()).unwrap_or_else(|_| panic!("writing {csr:#x} is illegal"))
}

/// Reads in machine mode, with all inputs zero.
fn get(csrs: &CsrFile, csr: u16) -> u64 {
    let mut csrs = csrs.clone();
    csrs.set_privilege(Privilege::Machine);
    csrs.read(csr, Inputs::default()).unwrap_or_else(|_| panic!("reading {csr:#x} is illegal"))
}
