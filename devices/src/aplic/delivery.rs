//! How a domain's interrupts reach harts: by a wire to each, with its delivery control (4.8), or by messages (4.9).

use std::sync::Arc;

use manyhart_runtime::{InterruptFile, Line};

use super::{MAX_HARTS, Sources, members};

/// A `target` register's hart index, bits 31:18.
pub(super) const HART_SHIFT: u32 = 18;
/// Its priority number, in direct delivery mode: IPRIOLEN is 8.
const PRIORITY: u32 = 0xff;
/// The identity to send, in MSI delivery mode.
const IDENTITY: u32 = 0x7ff;

const IDELIVERY: u64 = 0x00;
const IFORCE: u64 = 0x04;
const ITHRESHOLD: u64 = 0x08;
const TOPI: u64 = 0x18;
const CLAIMI: u64 = 0x1c;

/// What stands behind a domain.
pub(super) enum Delivery {
    /// One for each hart.
    Direct(Vec<Idc>),
    /// The harts' files.
    Messages(Vec<Arc<InterruptFile>>),
}

/// One hart's interrupt delivery control.
pub(super) struct Idc {
    output: Line,
    /// What `output` was last driven to.
    asserted: bool,
    delivers: bool,
    forced: bool,
    threshold: u32,
    /// `topi`.
    top: u32,
}

impl Delivery {
    pub(super) fn direct(outputs: Vec<Line>) -> Delivery {
        Delivery::Direct(outputs.into_iter().take(MAX_HARTS).map(Idc::new).collect())
    }

    /// Whether `domaincfg.DM` is one.
    pub(super) fn by_messages(&self) -> bool {
        matches!(self, Delivery::Messages(_))
    }

    /// A `target` register as it holds `value` (4.5.16). The guest index is zero: no hart has guest files.
    pub(super) fn target(&self, value: u32) -> u32 {
        let hart = value >> HART_SHIFT << HART_SHIFT;
        match self {
            Delivery::Direct(_) => hart | (value & PRIORITY).max(1),
            Delivery::Messages(_) => hart | value & IDENTITY,
        }
    }

    /// Delivers what is ready; returns what is thereby not pending any more. `enabled`: the domain's own enable, `ready`: pending and
    /// enabled sources, with their `targets`.
    pub(super) fn deliver(&mut self, enabled: bool, ready: Sources, targets: &[u32]) -> Sources {
        match self {
            Delivery::Direct(idcs) => {
                show(idcs, enabled, ready, targets);
                0
            }
            Delivery::Messages(_) if !enabled => 0,
            Delivery::Messages(_) => {
                members(ready).for_each(|source| self.send(targets[source as usize]));
                ready
            }
        }
    }

    /// Sends the message that a `target` register, or `genmsi`, describes. To a hart or an identity that does not exist it is lost.
    pub(super) fn send(&self, target: u32) {
        if let Delivery::Messages(files) = self
            && let Some(file) = files.get((target >> HART_SHIFT) as usize)
        {
            file.send(target & IDENTITY);
        }
    }

    /// Reads a delivery control register; also the source that the read claims.
    pub(super) fn read(&mut self, hart: usize, register: u64) -> (u32, Option<u32>) {
        let Some(idc) = self.idc(hart) else { return (0, None) };
        match register {
            IDELIVERY => (idc.delivers.into(), None),
            IFORCE => (idc.forced.into(), None),
            ITHRESHOLD => (idc.threshold, None),
            TOPI => (idc.top, None),
            CLAIMI if idc.top == 0 => {
                idc.forced = false;
                (0, None)
            }
            CLAIMI => (idc.top, Some(idc.top >> 16)),
            _ => (0, None),
        }
    }

    /// Writes a delivery control register.
    pub(super) fn write(&mut self, hart: usize, register: u64, value: u32) {
        let Some(idc) = self.idc(hart) else { return };
        match register {
            // WARL, both: 0 or 1.
            IDELIVERY => idc.delivers = value & 1 != 0,
            IFORCE => idc.forced = value & 1 != 0,
            ITHRESHOLD => idc.threshold = value & PRIORITY,
            _ => {}
        }
    }

    /// Back to power-on.
    pub(super) fn clear(&mut self) {
        if let Delivery::Direct(idcs) = self {
            for idc in idcs {
                (idc.delivers, idc.forced, idc.threshold) = (false, false, 0);
            }
        }
    }

    fn idc(&mut self, hart: usize) -> Option<&mut Idc> {
        match self {
            Delivery::Direct(idcs) => idcs.get_mut(hart),
            Delivery::Messages(_) => None,
        }
    }
}

impl Idc {
    fn new(output: Line) -> Idc {
        Idc { output, asserted: false, delivers: false, forced: false, threshold: 0, top: 0 }
    }

    /// Whether a source of this target is more urgent than the top so far: the lower priority number, the lower source among equals,
    /// which come in ascending order.
    fn prefers(&self, target: u32) -> bool {
        let priority = target & PRIORITY;
        let admitted = self.threshold == 0 || priority < self.threshold;
        admitted && (self.top == 0 || priority < self.top & PRIORITY)
    }
}

/// Finds each hart's top interrupt, and drives its wire (4.8.2).
fn show(idcs: &mut [Idc], enabled: bool, ready: Sources, targets: &[u32]) {
    idcs.iter_mut().for_each(|idc| idc.top = 0);
    for source in members(ready) {
        let target = targets[source as usize];
        if let Some(idc) = idcs.get_mut((target >> HART_SHIFT) as usize)
            && idc.prefers(target)
        {
            idc.top = source << 16 | target & PRIORITY;
        }
    }
    for idc in idcs {
        let asserted = enabled && idc.delivers && (idc.forced || idc.top != 0);
        if asserted != idc.asserted {
            idc.asserted = asserted;
            idc.output.set(asserted);
        }
    }
}
