//! The control and status registers of one hart, and what traps and returns do to them.
//!
//! This is state and rules alone (RISC-V Privileged 20240213, Machine 1.13 and Supervisor 1.13): nothing here reads a clock,
//! touches memory or knows how instructions are executed. What comes from outside arrives as [`Inputs`]; what the
//! outside must do after a write goes back as an [`Effect`].
//!
//! | file | what it decides |
//! |---|---|
//! | `address` | CSR numbers |
//! | `guard` | who may reach which CSR |
//! | `access` | what a read returns and a write changes |
//! | `plain` | CSRs that are nothing but 64 bits |
//! | `status` | `mstatus` and its view `sstatus` |
//! | `interrupts` | `mip`, `mie`, their views, and which interrupt is taken |
//! | `aia` | the window to the interrupt files, their claims, the top interrupt |
//! | `flow` | trap entry, `mret`, `sret`, and the checks of `wfi` and `sfence.vma` |
//! | `counters` | `mcycle`, `minstret`, `mcountinhibit` |
//! | `translation` | `satp`, and the context a translation runs in |

mod access;
pub mod address;
mod aia;
mod config;
mod counters;
mod effect;
mod flow;
mod guard;
mod interrupts;
mod plain;
pub mod status;
mod translation;

#[cfg(test)]
mod tests;

pub use access::CsrOp;
pub(crate) use aia::is_shared;
pub use config::{Config, SatpMode};
pub(crate) use counters::CounterCsr;
pub use effect::Effect;
pub use interrupts::bits;
pub(crate) use plain::Plain;

use crate::pmp::Pmp;
use crate::trap::Privilege;
use aia::Aia;
use counters::Counter;
use plain::Plains;

/// A CSR access, or an instruction, that the current mode may not perform or that does not exist: the hart raises an
/// illegal-instruction exception with the instruction's bits in tval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("illegal in the current mode")]
pub struct Illegal;

/// What a CSR access needs to know of the world at that instant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs {
    /// The `time` CSR: ticks of the platform's clock.
    pub time: u64,
    /// Instructions this hart has retired since reset, not counting the one that makes the access.
    pub instret: u64,
    /// Levels of the interrupt inputs by their bit in `mip`: MSIP, MTIP, MEIP, SEIP, and STIP where the clock has reached
    /// [`CsrFile::supervisor_deadline`].
    pub lines: u64,
}

/// The CSRs of one hart, its privilege mode among them.
#[derive(Clone, Debug)]
pub struct CsrFile {
    config: Config,
    privilege: Privilege,
    /// Physical memory protection.
    pub pmp: Pmp,
    /// The accrued floating-point exception flags, five bits. Who sets them by an instruction also calls [`CsrFile::dirty_float`].
    pub fflags: u8,
    /// The dynamic rounding mode, three bits; 5–7 are storable and make a dynamically rounded instruction illegal.
    pub frm: u8,
    mstatus: u64,
    medeleg: u64,
    mideleg: u64,
    mie: u64,
    /// The software-written pending bits: SSIP, SEIP, and STIP while Sstc is off.
    pending: u64,
    plains: Plains,
    mtvec: u64,
    stvec: u64,
    satp: u64,
    stimecmp: u64,
    menvcfg: u64,
    senvcfg: u64,
    mcounteren: u64,
    scounteren: u64,
    cycle: Counter,
    instret: Counter,
    /// Where the hart has Smaia and Ssaia.
    aia: Option<Box<Aia>>,
    /// Which interrupts machine mode filters (5.3 of the AIA); of those the pending SSIP, and the enables.
    mvien: u64,
    virtual_software: u64,
    virtual_enabled: u64,
}

impl CsrFile {
    /// The state after reset (3.4): machine mode, interrupts off, no translation, no PMP entry active. What the
    /// specification leaves open is zero, except that `stimecmp` is at its greatest.
    pub fn new(config: Config) -> CsrFile {
        CsrFile {
            config,
            privilege: Privilege::Machine,
            pmp: Pmp::new(),
            fflags: 0,
            frm: 0,
            mstatus: 0,
            medeleg: 0,
            mideleg: 0,
            mie: 0,
            pending: 0,
            plains: Plains::default(),
            mtvec: 0,
            stvec: 0,
            satp: 0,
            stimecmp: u64::MAX,
            menvcfg: config.menvcfg_at_reset(),
            senvcfg: 0,
            mcounteren: 0,
            scounteren: 0,
            cycle: Counter::default(),
            instret: Counter::default(),
            aia: None,
            mvien: 0,
            virtual_software: 0,
            virtual_enabled: 0,
        }
    }

    /// What this hart was built with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The mode the hart is in.
    #[inline]
    pub fn privilege(&self) -> Privilege {
        self.privilege
    }

    /// Puts the hart into a mode by fiat: for loaders that start above the firmware, and for debuggers. The caller drops
    /// whatever it cached under the old mode, as after a trap.
    pub fn set_privilege(&mut self, privilege: Privilege) {
        self.privilege = privilege;
    }
}
