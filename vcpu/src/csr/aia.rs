//! What an incoming-MSI controller adds to a hart: the Advanced Interrupt Architecture 1.0 (Smaia, Ssaia), chapters 2, 3 and 5.
//!
//! A hart has these CSRs when it was given its two interrupt files, whose bits others set at any time ([`InterruptFile`]); without
//! them each access here is illegal. Choices that the specification leaves:
//! * The `iprio` arrays are read-only zeros (5.2.1, 5.4.1), so that `mtopi` and `stopi` say priority 1 (5.2.2, 5.4.2) and major interrupts
//!   keep their default order.
//! * `mvien` has the bits that the specification knows by name, SSI and SEI (5.3); bits for local interrupts are read-only zero, as there are none.
//! * `miselect` and `siselect` hold 12 bits. What no standard register answers to is illegal to reach through `mireg` and `sireg`.
//! * `eidelivery` is 0 or 1 (3.8.1): no other controller drives the hart's external interrupts.

use std::sync::Arc;

use manyhart_runtime::InterruptFile;

use super::address::*;
use super::interrupts::bits::{SEI, SSI, STI};
use super::{CsrFile, CsrOp, Effect, Illegal};
use crate::trap::{Interrupt, Privilege};

/// What `miselect` and `siselect` hold.
const SELECT: u64 = 0xfff;
/// The largest interrupt identity.
const IDENTITY: u64 = 0x7ff;

/// The state that the extension adds.
#[derive(Clone, Debug)]
pub(super) struct Aia {
    machine: Level,
    supervisor: Level,
}

/// One privilege level's window and interrupt file.
#[derive(Clone, Debug)]
struct Level {
    file: Arc<InterruptFile>,
    select: u64,
}

/// What a select value leads to (2.1, 3.8).
enum Selected {
    /// A register that reads as zero and ignores writes.
    Zero,
    Delivery,
    Threshold,
    /// These 64 pending bits.
    Pending(usize),
    /// These 64 enable bits.
    Enabled(usize),
}

impl Selected {
    /// RV64 has the even-numbered registers of each array alone.
    fn by(select: u64) -> Result<Selected, Illegal> {
        let word = |first| ((select - first) / 2) as usize;
        match select {
            0x30..=0x3f | 0x80..=0xff if select % 2 == 1 => Err(Illegal),
            0x30..=0x3f | 0x71 | 0x73..=0x7f => Ok(Selected::Zero),
            0x70 => Ok(Selected::Delivery),
            0x72 => Ok(Selected::Threshold),
            0x80..=0xbf => Ok(Selected::Pending(word(0x80))),
            0xc0..=0xff => Ok(Selected::Enabled(word(0xc0))),
            _ => Err(Illegal),
        }
    }
}

impl Level {
    fn new(file: Arc<InterruptFile>) -> Level {
        Level { file, select: 0 }
    }

    /// A read through `mireg` or `sireg`.
    fn selected(&self) -> Result<u64, Illegal> {
        Ok(match Selected::by(self.select)? {
            Selected::Zero => 0,
            Selected::Delivery => self.file.delivers().into(),
            Selected::Threshold => self.file.threshold().into(),
            Selected::Pending(word) => self.file.pending(word),
            Selected::Enabled(word) => self.file.enabled(word),
        })
    }

    /// A whole instruction on `mireg` or `sireg`. Bits that arrive meanwhile stay: pending bits change in one step.
    fn access_selected(&self, op: CsrOp) -> Result<u64, Illegal> {
        let old = self.selected()?;
        let (clear, set) = match op {
            CsrOp::Read => return Ok(old),
            CsrOp::Write(value) => (u64::MAX, value),
            CsrOp::Set(mask) => (0, mask),
            CsrOp::Clear(mask) => (mask, 0),
        };
        let new = old & !clear | set;
        match Selected::by(self.select)? {
            Selected::Zero => {}
            // WARL: another value leaves it as it was.
            Selected::Delivery if new > 1 => {}
            Selected::Delivery => self.file.set_delivery(new == 1),
            // WLRL: as many bits as an identity has.
            Selected::Threshold => self.file.set_threshold((new & IDENTITY) as u32),
            Selected::Pending(word) => self.file.change_pending(word, clear, set),
            Selected::Enabled(word) => self.file.change_enabled(word, clear, set),
        }
        Ok(old)
    }

    /// `mtopei` or `stopei` (3.9): the identity, and, as it is its priority too, once more.
    fn top(&self) -> u64 {
        self.file.top().map_or(0, twice)
    }

    /// A whole instruction on it: any write claims what is read.
    fn access_top(&self, op: CsrOp) -> u64 {
        match op {
            CsrOp::Read => self.top(),
            _ => self.file.claim().map_or(0, twice),
        }
    }
}

fn twice(identity: u32) -> u64 {
    u64::from(identity) << 16 | u64::from(identity)
}

/// Whether others change what this CSR shows, at any time.
pub(crate) fn is_shared(csr: u16) -> bool {
    matches!(csr, MIREG | SIREG | MTOPEI | STOPEI | MTOPI | STOPI)
}

impl CsrFile {
    /// Gives the hart Smaia and Ssaia, with the interrupt file of machine mode and that of supervisor mode.
    pub fn set_interrupt_files(&mut self, [machine, supervisor]: [Arc<InterruptFile>; 2]) {
        self.aia = Some(Box::new(Aia { machine: Level::new(machine), supervisor: Level::new(supervisor) }));
    }

    fn level(&self, csr: u16) -> Result<&Level, Illegal> {
        let aia = self.aia.as_deref().ok_or(Illegal)?;
        Ok(if csr >> 8 & 3 == 3 { &aia.machine } else { &aia.supervisor })
    }

    /// Reads one of these CSRs, without a side effect.
    pub(super) fn read_aia(&self, csr: u16, lines: u64) -> Result<u64, Illegal> {
        let level = self.level(csr)?;
        self.check_file(csr, level)?;
        match csr {
            MISELECT | SISELECT => Ok(level.select),
            MIREG | SIREG => level.selected(),
            MTOPEI | STOPEI => Ok(level.top()),
            MTOPI => Ok(top_interrupt(self.mip(lines) & self.mie & !self.mideleg)),
            STOPI => Ok(top_interrupt(self.mip(lines) & self.mie & self.mideleg | self.filtered_ready())),
            MVIEN => Ok(self.mvien),
            MVIP => Ok(self.mvip()),
            _ => Err(Illegal),
        }
    }

    /// Writes one of those that have no other part in it than their own value.
    pub(super) fn write_aia(&mut self, csr: u16, value: u64) -> Result<Effect, Illegal> {
        let level = self.level(csr)?;
        self.check_file(csr, level)?;
        match csr {
            MIREG | SIREG => level.access_selected(CsrOp::Write(value)).map(|_| Effect::INTERRUPTS),
            MTOPEI | STOPEI => {
                level.access_top(CsrOp::Write(value));
                Ok(Effect::INTERRUPTS)
            }
            MISELECT | SISELECT => {
                let aia = self.aia.as_deref_mut().ok_or(Illegal)?;
                let level = if csr == MISELECT { &mut aia.machine } else { &mut aia.supervisor };
                level.select = value & SELECT;
                Ok(Effect::NONE)
            }
            MVIEN => {
                self.mvien = value & (SSI | SEI);
                Ok(Effect::INTERRUPTS)
            }
            MVIP => {
                self.write_mvip(value, u64::MAX);
                Ok(Effect::INTERRUPTS)
            }
            _ => Err(Illegal),
        }
    }

    /// A whole instruction on a CSR whose read and write must be one: nothing that arrives in between is claimed or lost.
    pub(super) fn access_shared(&self, csr: u16, op: CsrOp) -> Result<(u64, Effect), Illegal> {
        self.guard(csr, op != CsrOp::Read)?;
        let level = self.level(csr)?;
        self.check_file(csr, level)?;
        let old = match csr {
            MIREG | SIREG => level.access_selected(op)?,
            _ => level.access_top(op),
        };
        Ok((old, if op == CsrOp::Read { Effect::NONE } else { Effect::INTERRUPTS }))
    }

    /// The interrupts that machine mode filters: not delegated, and shown to supervisor mode as `mvip` has them.
    pub(super) fn filtered(&self) -> u64 {
        self.mvien & !self.mideleg
    }

    /// Those that are pending.
    pub(super) fn filtered_pending(&self) -> u64 {
        self.filtered() & self.mvip()
    }

    /// Those that are pending and enabled, for supervisor mode.
    pub(super) fn filtered_ready(&self) -> u64 {
        self.filtered_pending() & self.virtual_enabled
    }

    /// The bits of `pending`, what software writes in `mip`, that `mvip` shows: SSIP unless it has its own, SEIP always, STIP while it is
    /// software's.
    fn shown_in_mvip(&self) -> u64 {
        let timer = if self.sstc_enabled() { 0 } else { STI };
        SEI | timer | SSI & !self.mvien
    }

    fn mvip(&self) -> u64 {
        self.pending & self.shown_in_mvip() | self.virtual_software & self.mvien
    }

    /// Writes the bits of `mvip` that are in `mask`.
    pub(super) fn write_mvip(&mut self, value: u64, mask: u64) {
        let (shown, own) = (mask & self.shown_in_mvip(), mask & SSI & self.mvien);
        self.pending = self.pending & !shown | value & shown;
        self.virtual_software = self.virtual_software & !own | value & own;
    }

    /// While machine mode filters external interrupts, supervisor mode does not reach its interrupt file (5.3).
    fn check_file(&self, csr: u16, level: &Level) -> Result<(), Illegal> {
        let of_file = csr == STOPEI || csr == SIREG && (0x70..=0xff).contains(&level.select);
        let hidden = self.mvien & SEI != 0 && self.privilege == Privilege::Supervisor;
        if of_file && hidden { Err(Illegal) } else { Ok(()) }
    }
}

/// `mtopi` or `stopi`: the first of these in the default order, with priority 1.
fn top_interrupt(ready: u64) -> u64 {
    let first = Interrupt::BY_PRIORITY.into_iter().find(|interrupt| ready & interrupt.bit() != 0);
    first.map_or(0, |interrupt| interrupt.code() << 16 | 1)
}
