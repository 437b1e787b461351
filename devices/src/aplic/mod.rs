//! The advanced platform-level interrupt controller: wires, each of a mode of its own, that become interrupts of harts or messages to them.
//!
//! Source: RISC-V Advanced Interrupt Architecture 1.0, chapter 4. There are two domains: the root at machine level, and its one child at
//! supervisor level, to which machine-level software delegates sources. How interrupts are delivered is fixed when the device is made, so
//! `domaincfg.DM` is read-only (4.5.1): by a wire to each hart and level, or by messages to the harts' interrupt files. Where those are
//! is wired in, as 4.5.3 recommends: the registers for their addresses are locked and read as hidden.
//!
//! * `domain`: one domain's registers and rules. * `delivery`: how its interrupts reach harts.

mod delivery;
mod domain;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use manyhart_runtime::actor::Poster;
use manyhart_runtime::{
    Access, Answer, Context, Device, DeviceError, DeviceHandle, InterruptFile, Line, LineSink, MmioSpec,
};

use crate::plic::LineChange;
use delivery::Delivery;
use domain::Domain;

/// How many sources there are, from 1.
pub const SOURCES: u32 = 96;
/// The most harts whose delivery registers a domain's region has room for.
pub const MAX_HARTS: usize = ((SIZE - domain::IDC) / domain::IDC_STRIDE) as usize;
/// The bytes of one domain's registers.
pub const SIZE: u64 = 0x8000;
/// Aligned 32-bit accesses and no others (4.5).
pub const SPEC: MmioSpec = MmioSpec::aligned(4, 4);
/// The region of the machine-level domain.
pub const MACHINE: u32 = 0;
/// The region of the supervisor-level domain.
pub const SUPERVISOR: u32 = 1;

/// A set of sources, one bit each.
type Sources = u128;

/// The sources that exist.
const EXISTING: Sources = ((1 << (SOURCES + 1)) - 1) & !1;

/// The device.
pub struct Aplic {
    root: Domain,
    child: Domain,
    /// The wires as they are.
    wires: Sources,
}

impl Aplic {
    /// One that drives a wire to each hart, in order of their numbers, at each level; at most [`MAX_HARTS`].
    pub fn direct(machine: Vec<Line>, supervisor: Vec<Line>) -> Aplic {
        Aplic::new(Delivery::direct(machine), Delivery::direct(supervisor))
    }

    /// One that sends messages to each hart's files, in order of their numbers, at each level.
    pub fn messages(machine: Vec<Arc<InterruptFile>>, supervisor: Vec<Arc<InterruptFile>>) -> Aplic {
        Aplic::new(Delivery::Messages(machine), Delivery::Messages(supervisor))
    }

    fn new(machine: Delivery, supervisor: Delivery) -> Aplic {
        Aplic { root: Domain::root(machine), child: Domain::child(supervisor), wires: 0 }
    }

    /// Reads a register of a domain.
    pub fn read_register(&mut self, region: u32, offset: u64) -> Result<u32, DeviceError> {
        let wires = self.wires;
        Ok(self.domain(region)?.read(offset, wires))
    }

    /// Writes a register of a domain.
    pub fn write_register(&mut self, region: u32, offset: u64, value: u32) -> Result<(), DeviceError> {
        let wires = self.wires;
        self.domain(region)?.write(offset, value, wires);
        if region == MACHINE {
            // What the root has delegated, or taken back, is there or not for the child.
            let delegated = self.root.delegated();
            self.child.implement(delegated);
        }
        Ok(())
    }

    /// A wire has changed.
    pub fn set_wire(&mut self, change: LineChange) {
        let bit = bit(change.source);
        let before = self.wires;
        self.wires = if change.level { before | bit } else { before & !bit };
        for domain in [&mut self.root, &mut self.child] {
            domain.wires_changed(before, self.wires);
        }
    }

    fn domain(&mut self, region: u32) -> Result<&mut Domain, DeviceError> {
        match region {
            MACHINE => Ok(&mut self.root),
            SUPERVISOR => Ok(&mut self.child),
            _ => Err(DeviceError::NoRegister),
        }
    }

    /// Everything as at power-on, wires included: whoever still drives one drives it again when it is reset.
    pub fn clear(&mut self) {
        self.root.clear();
        self.child.clear();
        self.child.implement(0);
        self.wires = 0;
    }
}

/// The bit of a source; none for one that does not exist.
fn bit(source: u32) -> Sources {
    1u128.checked_shl(source).unwrap_or(0) & EXISTING
}

/// The sources of a set, in ascending order.
fn members(mut set: Sources) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let source = (set != 0).then(|| set.trailing_zeros());
        set &= set.wrapping_sub(1);
        source
    })
}

impl Device for Aplic {
    type Message = LineChange;

    fn read(&mut self, _: &mut Context<'_, LineChange>, access: Access) -> Answer<u64> {
        Ok(self.read_register(access.region, access.offset)?.into())
    }

    fn write(&mut self, _: &mut Context<'_, LineChange>, access: Access, value: u64) -> Answer<()> {
        Ok(self.write_register(access.region, access.offset, value as u32)?)
    }

    fn message(&mut self, _: &mut Context<'_, LineChange>, change: LineChange) {
        self.set_wire(change);
    }

    fn reset(&mut self, _: &mut Context<'_, LineChange>) {
        self.clear();
    }
}

/// The source wires of an APLIC that runs, for [`Line::new`]: input `n` is source `n`.
pub fn inputs(aplic: &DeviceHandle<Aplic>) -> Arc<dyn LineSink> {
    struct Inputs(Poster<LineChange>);
    impl LineSink for Inputs {
        fn set_level(&self, source: u32, level: bool) {
            // A controller that is gone takes its wires with it: there is nobody left to interrupt.
            self.0.post(LineChange { source, level });
        }
    }
    Arc::new(Inputs(aplic.poster()))
}
