//! Where a hart is, every so many instructions: the source of profiles.
//!
//! A sample is due after a number of instructions, retired or trapped, and is taken exactly there: the batch before it ends early, and the last
//! instructions are single steps. So each instruction is as likely to be seen as it is often executed, whatever blocks and batches are, and a hart
//! that sleeps is not seen at all. What a sample looks at it leaves as it was: no A bit, no fault, nothing in a TLB.
#![allow(unsafe_code)] // Guest memory is reached by host address.

use manyhart_runtime::Gpa;
use manyhart_runtime::ram::atomics;

use crate::config::{Sample, Sampler};
use crate::hart::Hart;
use crate::mmu::{AccessKind, Context};

/// The most frames of a sample.
const DEPTH: usize = 64;
/// The most bytes between two frames; beyond that it is no stack.
const FARTHEST: u64 = 1 << 16;
const RA: usize = 1;
const SP: usize = 2;
const FP: usize = 8;

/// A sampler, and when it wants to hear next.
pub(crate) struct Sampling {
    sampler: Box<dyn Sampler>,
    /// As many instructions are over then.
    due: u64,
}

impl Sampling {
    pub fn new(mut sampler: Box<dyn Sampler>, ended: u64) -> Sampling {
        let due = ended.saturating_add(sampler.interval().max(1));
        Sampling { sampler, due }
    }

    /// The hart's count of instructions starts again.
    pub fn restart(&mut self, ended: u64) {
        self.due = self.due.saturating_sub(ended).max(1);
    }
}

impl Hart {
    /// Instructions until the next sample, which is taken first if it is due. At a boundary only, and online.
    #[inline]
    pub(crate) fn until_sample(&mut self) -> u64 {
        match self.sampling.take() {
            None => u64::MAX,
            Some(sampling) => self.sample_if_due(sampling),
        }
    }

    #[cold]
    fn sample_if_due(&mut self, mut sampling: Box<Sampling>) -> u64 {
        let ended = self.ended_now();
        if ended >= sampling.due {
            let mut callers = [0; DEPTH];
            let depth = self.callers(&mut callers);
            let physical = self.where_is(self.pc, AccessKind::Execute).map(|addr| addr.0);
            let (hart, privilege, pc, satp) = (self.id(), self.privilege(), self.pc, self.csr.satp());
            sampling.sampler.sample(&Sample { hart, privilege, pc, physical, satp, callers: &callers[..depth] });
            sampling.due = ended.saturating_add(sampling.sampler.interval().max(1));
        }
        let left = sampling.due - ended;
        self.sampling = Some(sampling);
        left
    }

    /// Return addresses by the chain of frame pointers, as RISC-V's calling convention lays it out: `s0` is the stack pointer before the call, below it
    /// lie the return address and the caller's `s0`. Where code keeps no frame pointers this is nothing, or nonsense that is no code.
    fn callers(&mut self, callers: &mut [u64; DEPTH]) -> usize {
        let mut above = self.x(SP);
        let mut frame = self.x(FP);
        for (depth, caller) in callers.iter_mut().enumerate() {
            if !is_frame(frame, above) {
                return depth;
            }
            let (Some(first), Some(second)) = (self.peek(frame - 8), self.peek(frame - 16)) else { return depth };
            // A function that calls nobody keeps only the caller's `s0`, in the first place.
            let is_leaf = depth == 0 && is_frame(first, frame);
            (above, frame) = (frame, if is_leaf { first } else { second });
            *caller = if is_leaf { self.x(RA) } else { first };
        }
        DEPTH
    }

    /// Where an address leads, as the mode that runs sees it.
    fn where_is(&mut self, va: u64, kind: AccessKind) -> Option<Gpa> {
        let context = Context { update_accessed_dirty: false, ..self.csr.fetch_context() };
        Some(self.translate(&context, va, kind).ok()?.physical)
    }

    /// A doubleword of RAM at an aligned address, as the mode that runs sees it.
    fn peek(&mut self, va: u64) -> Option<u64> {
        let addr = self.where_is(va, AccessKind::Read)?;
        if !self.csr.pmp.check(addr, 8, AccessKind::Read, self.csr.privilege()) {
            return None;
        }
        let ram = self.ram(addr, 8)?;
        // SAFETY: eight bytes of a block of the view that the reader holds.
        Some(unsafe { atomics::load::<u64>(ram.host) })
    }
}

/// Whether this may be the frame next above on a stack that grows down.
fn is_frame(frame: u64, below: u64) -> bool {
    frame.is_multiple_of(8) && frame > below && frame - below <= FARTHEST && frame >= 16
}
