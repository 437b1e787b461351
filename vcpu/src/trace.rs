//! The commit log: what each instruction changed, in the terms of Spike's `--log-commits`.
//!
//! While a tracer is set, every instruction is a batch of its own, and the TLB is off, so that every access to memory passes
//! where it can be noted.

use crate::config::{Commit, Tracer};
use crate::decode::{Format, Inst, Opcode, decode16, decode32, is_long};
use crate::hart::Hart;
use crate::watch::WatchKind;

/// A tracer, and what the running instruction did so far.
pub(crate) struct Trace {
    tracer: Box<dyn Tracer>,
    memory: Option<(u64, u8, Option<u64>)>,
}

/// What is known before an instruction runs.
pub(crate) struct Before {
    pc: u64,
    privilege: u8,
    trapped: u64,
}

impl Trace {
    pub fn new(tracer: Box<dyn Tracer>) -> Trace {
        Trace { tracer, memory: None }
    }
}

/// What an instruction writes.
enum Destination {
    Nothing,
    Integer(u8),
    Float(u8),
}

fn destination(inst: &Inst) -> Destination {
    match inst.op.format() {
        Format::Fff | Format::FffRm | Format::FfRm | Format::Fma | Format::Fx | Format::FxRm | Format::LoadF => {
            Destination::Float(inst.rd)
        }
        // Formats without a destination leave rd at 0.
        _ if inst.rd == 0 => Destination::Nothing,
        _ => Destination::Integer(inst.rd),
    }
}

/// The CSR that an instruction writes.
fn written_csr(inst: &Inst) -> Option<u16> {
    use Opcode::{Csrrc, Csrrci, Csrrs, Csrrsi, Csrrw, Csrrwi};
    match inst.op {
        Csrrw | Csrrwi => Some(inst.csr()),
        Csrrs | Csrrc | Csrrsi | Csrrci if inst.rs1 != 0 => Some(inst.csr()),
        _ => None,
    }
}

/// Decodes an encoding of either length.
pub(crate) fn decode(encoding: u32) -> Option<Inst> {
    if is_long(encoding as u16) { decode32(encoding) } else { decode16(encoding as u16) }
}

impl Hart {
    /// Notes an access to memory, for the tracer and for watchpoints.
    #[inline]
    pub(crate) fn note_memory(&mut self, va: u64, size: u8, stored: Option<u64>) {
        if let Some(trace) = &mut self.trace {
            let mask = u64::MAX >> (64 - 8 * u32::from(size));
            trace.memory = Some((va, size, stored.map(|value| value & mask)));
        }
        self.note_watched(va, size, if stored.is_some() { WatchKind::Write } else { WatchKind::Read });
    }

    /// Before an instruction of its own.
    pub(crate) fn begin_commit(&mut self) -> Option<(Before, u32)> {
        self.trace.as_ref()?;
        let before = Before { pc: self.pc, privilege: self.privilege(), trapped: self.trapped };
        let encoding = self.fetch_encoding(self.pc).ok()?;
        self.trace.as_mut()?.memory = None;
        Some((before, encoding))
    }

    /// After it: the tracer hears of it if it retired.
    pub(crate) fn end_commit(&mut self, before: Option<(Before, u32)>) {
        let Some((before, encoding)) = before else { return };
        let Some(inst) = decode(encoding) else { return };
        if self.trapped != before.trapped || self.at_breakpoint {
            return;
        }
        let (x, f) = match destination(&inst) {
            Destination::Nothing => (None, None),
            Destination::Integer(rd) => (Some((rd, self.x(usize::from(rd)))), None),
            Destination::Float(rd) => (None, Some((rd, self.f(usize::from(rd))))),
        };
        let csr = written_csr(&inst).and_then(|number| Some((number, self.csr(number)?)));
        let Some(trace) = &mut self.trace else { return };
        trace.tracer.commit(&Commit {
            hart: self.config.id,
            privilege: before.privilege,
            pc: before.pc,
            encoding,
            x,
            f,
            csr,
            mem: trace.memory,
        });
    }
}
