//! One guest access on its way through a device: its device accesses one after the other, and what they have brought so far.
//!
//! All of them run in one handler call of the actor, so nobody comes between the read and the write of a read-modify-write, or between the
//! halves of a split access, unless the device itself defers an answer in the middle.

use super::{Access, MmioSpec};
use crate::access::shape::{Direction, Step, Steps};
use crate::{DeviceError, Requester};

/// A guest access of 1, 2, 4 or 8 bytes to one region, allowed by its spec.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) region: u32,
    pub(crate) spec: MmioSpec,
    pub(crate) offset: u64,
    pub(crate) size: u8,
    pub(crate) requester: Requester,
    pub(crate) direction: Direction,
    /// What to write.
    pub(crate) value: u64,
}

/// What a device said: the value read (0 for a write).
pub(crate) type Verdict = Result<u64, DeviceError>;

/// A request that is being carried out.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    request: Request,
    steps: Steps,
    /// The guest's bytes: read so far, or to be written.
    bytes: [u8; 8],
    awaited: Option<(Step, Awaited)>,
    /// The step whose cell has been read and is to be written back, and what was in it.
    write_back: Option<(Step, u64)>,
}

/// What the answer to the last device access is for.
#[derive(Debug, Clone, Copy)]
enum Awaited {
    /// Bytes for the guest.
    Bytes,
    /// The old bytes of a cell that a write covers in part.
    Old,
    /// The end of a write.
    Done,
}

/// One call of a device's handler.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) access: Access,
    pub(crate) direction: Direction,
    pub(crate) value: u64,
}

impl Request {
    fn call(&self, step: &Step, direction: Direction, value: u64) -> Call {
        let access = Access { region: self.region, offset: step.offset, size: step.size, requester: self.requester };
        Call { access, direction, value }
    }
}

impl Operation {
    pub(crate) fn new(request: &Request) -> Operation {
        let bytes = match request.direction {
            Direction::Read => [0; 8],
            Direction::Write => request.value.to_le_bytes(),
        };
        let steps = Steps::new(&request.spec, request.offset, request.size);
        Operation { request: *request, steps, bytes, awaited: None, write_back: None }
    }

    /// The next call to make, whose answer goes to [`Operation::absorb`]; `None` when all are done.
    pub(crate) fn next_call(&mut self) -> Option<Call> {
        if let Some((step, old)) = self.write_back.take() {
            return Some(self.write(step, old));
        }
        let step = self.steps.next()?;
        Some(match self.request.direction {
            Direction::Read => self.read(step, Awaited::Bytes),
            Direction::Write if step.is_whole() => self.write(step, 0),
            Direction::Write => self.read(step, Awaited::Old),
        })
    }

    fn read(&mut self, step: Step, awaited: Awaited) -> Call {
        self.awaited = Some((step, awaited));
        self.request.call(&step, Direction::Read, 0)
    }

    fn write(&mut self, step: Step, old: u64) -> Call {
        self.awaited = Some((step, Awaited::Done));
        self.request.call(&step, Direction::Write, step.compose(&self.bytes, self.request.spec.byte_order, old))
    }

    /// The answer to the last call.
    pub(crate) fn absorb(&mut self, value: u64) {
        match self.awaited.take() {
            Some((step, Awaited::Bytes)) => step.extract(value, self.request.spec.byte_order, &mut self.bytes),
            Some((step, Awaited::Old)) => self.write_back = Some((step, value)),
            Some((_, Awaited::Done)) | None => {}
        }
    }

    /// The value read (0 for a write), once there is no call left to make.
    pub(crate) fn outcome(&self) -> Option<u64> {
        let finished = self.write_back.is_none() && self.steps.is_finished();
        finished.then(|| match self.request.direction {
            Direction::Read => u64::from_le_bytes(self.bytes),
            Direction::Write => 0,
        })
    }
}
