//! The platform-level interrupt controller: level-triggered sources, priorities, claim and complete.
//!
//! Sources: "RISC-V Platform-Level Interrupt Controller Specification" 1.0.0; SiFive FU540-C000 manual, chapter 10 (the register
//! map of `sifive,plic-1.0.0`). A context is one interrupt target: here an output line each, whatever it leads to. Lines
//! arrive as messages, because devices drive them from inside their own handlers.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use manyhart_runtime::actor::Poster;
use manyhart_runtime::{Access, Answer, Context, Device, DeviceError, DeviceHandle, Line, LineSink, MmioSpec};

/// How many source numbers there are. Number 0 does not exist.
pub const SOURCES: u32 = 96;
/// The bytes its registers take.
pub const SIZE: u64 = 0x400_0000;
/// 32-bit registers.
pub const SPEC: MmioSpec = MmioSpec::aligned(4, 4);
/// The most contexts the register map has room for.
pub const MAX_CONTEXTS: usize = ((SIZE - CONTEXT) / CONTEXT_STRIDE) as usize;

const PENDING: u64 = 0x1000;
const PENDING_END: u64 = 0x1080;
const ENABLE: u64 = 0x2000;
const ENABLE_STRIDE: u64 = 0x80;
const CONTEXT: u64 = 0x20_0000;
const CONTEXT_STRIDE: u64 = 0x1000;
const THRESHOLD: u64 = 0x0;
const CLAIM: u64 = 0x4;

/// Priorities and thresholds keep three bits, as on SiFive's parts.
const PRIORITY_MASK: u8 = 7;

/// A set of sources, one bit each.
type Sources = u128;

/// The sources that exist.
const EXISTING: Sources = ((1 << SOURCES) - 1) & !1;

/// The level of one source has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineChange {
    /// Which source; one that does not exist is ignored.
    pub source: u32,
    /// Its level now.
    pub level: bool,
}

/// One interrupt target.
struct Target {
    output: Line,
    /// What `output` was last driven to.
    asserted: bool,
    enabled: Sources,
    threshold: u8,
}

/// The device.
pub struct Plic {
    targets: Vec<Target>,
    priority: [u8; SOURCES as usize],
    /// The lines as they are.
    level: Sources,
    /// Requests that the gateways have passed on and nobody has claimed.
    pending: Sources,
    /// Claimed and not completed: their gateways hold back.
    in_service: Sources,
    /// For each source, the contexts that enable it, one bit each: a line change visits those and no others.
    enabled_by: Vec<Vec<u64>>,
}

/// What answers at an offset.
enum Register {
    Priority(usize),
    /// Thirty-two sources from this one on.
    Pending(u32),
    /// The same of one context.
    Enable(usize, u32),
    Threshold(usize),
    Claim(usize),
    /// Belongs to a source that does not exist: reads as zero, ignores writes.
    Absent,
}

impl Plic {
    /// With one context for each output, at most [`MAX_CONTEXTS`] of them; what is beyond has no registers.
    pub fn new(mut outputs: Vec<Line>) -> Plic {
        outputs.truncate(MAX_CONTEXTS);
        let words = outputs.len().div_ceil(64);
        let target = |output| Target { output, asserted: false, enabled: 0, threshold: 0 };
        Plic {
            targets: outputs.into_iter().map(target).collect(),
            priority: [0; SOURCES as usize],
            level: 0,
            pending: 0,
            in_service: 0,
            enabled_by: vec![vec![0; words]; SOURCES as usize],
        }
    }

    fn register(&self, offset: u64) -> Result<Register, DeviceError> {
        // A bit set has 1024 bits in the map; words past the last source belong to none.
        let word = |index: u64, of: fn(u32) -> Register| {
            let first = 32 * index as u32;
            if first < SOURCES { of(first) } else { Register::Absent }
        };
        match offset {
            0..PENDING if offset / 4 < SOURCES.into() => Ok(Register::Priority((offset / 4) as usize)),
            0..PENDING => Ok(Register::Absent),
            PENDING..PENDING_END => Ok(word((offset - PENDING) / 4, Register::Pending)),
            ENABLE..CONTEXT => {
                let (context, at) =
                    self.context((offset - ENABLE) / ENABLE_STRIDE, (offset - ENABLE) % ENABLE_STRIDE)?;
                let first = 8 * at as u32;
                Ok(if first < SOURCES { Register::Enable(context, first) } else { Register::Absent })
            }
            CONTEXT.. => {
                let offset = offset - CONTEXT;
                match self.context(offset / CONTEXT_STRIDE, offset % CONTEXT_STRIDE)? {
                    (context, THRESHOLD) => Ok(Register::Threshold(context)),
                    (context, CLAIM) => Ok(Register::Claim(context)),
                    _ => Err(DeviceError::NoRegister),
                }
            }
            _ => Err(DeviceError::NoRegister),
        }
    }

    /// Checks that the context exists; passes `at` through.
    fn context(&self, index: u64, at: u64) -> Result<(usize, u64), DeviceError> {
        let index = usize::try_from(index).ok().filter(|&c| c < self.targets.len());
        index.map(|c| (c, at)).ok_or(DeviceError::NoRegister)
    }

    /// Reads a register; reading a claim register claims.
    pub fn read_register(&mut self, offset: u64) -> Result<u32, DeviceError> {
        Ok(match self.register(offset)? {
            Register::Priority(source) => self.priority[source].into(),
            Register::Pending(first) => (self.pending >> first) as u32,
            Register::Enable(context, first) => (self.targets[context].enabled >> first) as u32,
            Register::Threshold(context) => self.targets[context].threshold.into(),
            Register::Claim(context) => self.claim(context),
            Register::Absent => 0,
        })
    }

    /// Writes a register; writing a claim register completes.
    pub fn write_register(&mut self, offset: u64, value: u32) -> Result<(), DeviceError> {
        match self.register(offset)? {
            Register::Priority(0) | Register::Pending(_) | Register::Absent => {}
            Register::Priority(source) => {
                self.priority[source] = value as u8 & PRIORITY_MASK;
                self.refresh_listeners(source as u32);
            }
            Register::Enable(context, first) => self.enable(context, first, value),
            Register::Threshold(context) => {
                self.targets[context].threshold = value as u8 & PRIORITY_MASK;
                self.refresh(context);
            }
            Register::Claim(context) => self.complete(context, value),
        }
        Ok(())
    }

    /// A line has changed. A gateway passes one request on and then holds back until it is completed; a request that was passed on
    /// stays, also when the line falls (PLIC specification, "Interrupt Gateways").
    pub fn set_line(&mut self, change: LineChange) {
        let bit = bit(change.source);
        if bit == 0 {
            return;
        }
        if !change.level {
            self.level &= !bit;
            return;
        }
        self.level |= bit;
        if (self.in_service | self.pending) & bit == 0 {
            self.pending |= bit;
            self.refresh_listeners(change.source);
        }
    }

    fn enable(&mut self, context: usize, first: u32, value: u32) {
        let target = &mut self.targets[context];
        let word = Sources::from(u32::MAX) << first;
        let old = target.enabled;
        target.enabled = (old & !word | Sources::from(value) << first) & EXISTING;
        let changed = old ^ target.enabled;
        for source in members(changed) {
            self.enabled_by[source as usize][context / 64] ^= 1 << (context % 64);
        }
        self.refresh(context);
    }

    /// The pending source of the highest priority that the context enables, the lowest number among equals; 0 where there is
    /// none. The threshold has no say in it ("Interrupt Claim Process").
    fn best(&self, context: usize) -> (u32, u8) {
        let mut best = (0, 0);
        for source in members(self.pending & self.targets[context].enabled) {
            let priority = self.priority[source as usize];
            if priority > best.1 {
                best = (source, priority);
            }
        }
        best
    }

    fn claim(&mut self, context: usize) -> u32 {
        let (source, _) = self.best(context);
        if source != 0 {
            self.pending &= !bit(source);
            self.in_service |= bit(source);
            self.refresh_listeners(source);
        }
        source
    }

    /// Opens the gateway again. Ignored for a source that the context does not enable ("Interrupt Completion").
    fn complete(&mut self, context: usize, source: u32) {
        let bit = bit(source) & self.targets[context].enabled & self.in_service;
        if bit == 0 {
            return;
        }
        self.in_service &= !bit;
        if self.level & bit != 0 {
            self.pending |= bit;
            self.refresh_listeners(source);
        }
    }

    fn refresh_listeners(&mut self, source: u32) {
        for word in 0..self.enabled_by[source as usize].len() {
            let mut listeners = self.enabled_by[source as usize][word];
            while listeners != 0 {
                self.refresh(64 * word + listeners.trailing_zeros() as usize);
                listeners &= listeners - 1;
            }
        }
    }

    /// Drives the context's output, where that changes.
    fn refresh(&mut self, context: usize) {
        let (_, priority) = self.best(context);
        let target = &mut self.targets[context];
        let asserted = priority > target.threshold;
        if asserted != target.asserted {
            target.asserted = asserted;
            target.output.set(asserted);
        }
    }

    /// Everything as at power-on, lines included: whoever still drives one drives it again when it is reset.
    pub fn clear(&mut self) {
        let outputs = self.targets.drain(..).map(|target| target.output).collect();
        *self = Plic::new(outputs);
        self.targets.iter().for_each(|target| target.output.set(false));
    }
}

/// The bit of a source; none for one that does not exist.
fn bit(source: u32) -> Sources {
    1u128.checked_shl(source).unwrap_or(0) & EXISTING
}

/// The sources of a set, in ascending order.
fn members(mut set: Sources) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let source = set.trailing_zeros();
        set &= set.wrapping_sub(1);
        (source < SOURCES).then_some(source)
    })
}

impl Device for Plic {
    type Message = LineChange;

    fn read(&mut self, _: &mut Context<'_, LineChange>, access: Access) -> Answer<u64> {
        Ok(self.read_register(access.offset)?.into())
    }

    fn write(&mut self, _: &mut Context<'_, LineChange>, access: Access, value: u64) -> Answer<()> {
        Ok(self.write_register(access.offset, value as u32)?)
    }

    fn message(&mut self, _: &mut Context<'_, LineChange>, change: LineChange) {
        self.set_line(change);
    }

    fn reset(&mut self, _: &mut Context<'_, LineChange>) {
        self.clear();
    }
}

/// The source lines of a PLIC that runs, for [`Line::new`]: input `n` is source `n`.
pub fn inputs(plic: &DeviceHandle<Plic>) -> Arc<dyn LineSink> {
    struct Inputs(Poster<LineChange>);
    impl LineSink for Inputs {
        fn set_level(&self, source: u32, level: bool) {
            // A controller that is gone takes its lines with it: there is nobody left to interrupt.
            self.0.post(LineChange { source, level });
        }
    }
    Arc::new(Inputs(plic.poster()))
}
