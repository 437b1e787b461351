//! Everything that changes more than registers and memory, and is not hot: most CSRs, fences, waiting. All of it runs with every register in
//! memory. The CSRs that every trap reads and writes are in [`super::csr`], calls and returns in [`super::traps`].
#![allow(unsafe_code)] // Handlers: see `op`.

use std::sync::atomic::{Ordering, fence};

use manyhart_runtime::ram::order;

use crate::block::{Slot, locate};
use crate::csr::{CsrOp, Inputs, address, is_shared};
use crate::hart::{Fault, Hart};
use crate::op::{Handler, Op, Operands, handler, next, reload, spill};
use crate::trap::{Exception, Trap};

/// How the hart goes on after an instruction that completed.
pub(crate) enum Then {
    /// In its block.
    Next,
    /// Behind it, but by the hart's loop: what the block was entered under may have changed.
    Leave,
}

/// An instruction of this kind.
pub(crate) trait System {
    fn execute(hart: &mut Hart, o: &Operands, slot: Slot) -> Result<Then, Fault>;
}

handler! {
    pub(crate) fn system [S: System] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let (o, (_, slot)) = unsafe { (Op::operands(op), locate(op)) };
        match S::execute(hart, o, slot) {
            Ok(Then::Next) => {
                let r = reload(hart);
                next!(hart, op, r)
            }
            // SAFETY: the handler's contract.
            Ok(Then::Leave) => unsafe { hart.leave_after(op) },
            Err(fault) => raise!(hart, op, r, fault),
        }
    }
}

/// Ends the op's instruction by a trap, and goes on in its handler. The registers are spilled.
macro_rules! raise {
    ($hart:ident, $op:ident, $r:ident, $fault:expr) => {{
        // SAFETY: the handler's contract.
        unsafe { $hart.raise($op, $fault) };
        $crate::op::tail!($crate::exec::traps::resume, $hart, $op, $r)
    }};
}
pub(crate) use raise;

/// The handler of an instruction of this kind.
pub(crate) fn handlers<S: System>() -> Handler {
    system::<S>
}

macro_rules! system {
    ($($(#[$meta:meta])* $name:ident |$hart:ident, $o:ident, $slot:ident| $body:expr;)*) => {$(
        $(#[$meta])*
        pub(crate) struct $name;
        impl System for $name {
            fn execute($hart: &mut Hart, $o: &Operands, $slot: Slot) -> Result<Then, Fault> { $body }
        }
    )*};
}

system! {
    /// Not an instruction.
    Unknown |_hart, _o, _slot| Err(Fault::Illegal);
    Ebreak |_hart, _o, _slot| Err(Fault::Breakpoint);
    Wfi |hart, _o, _slot| {
        hart.csr.check_wfi()?;
        hart.waiting = true;
        hart.leave_batch = true;
        Ok(Then::Leave)
    };
    SfenceVma |hart, o, _slot| {
        hart.csr.check_sfence_vma()?;
        // What other harts wrote to the tables before they told this one is seen by the walks to come.
        fence(Ordering::SeqCst);
        #[cfg(feature = "planted-bugs")]
        if crate::planted::is(crate::planted::Bug::TranslationsKept) {
            return Ok(Then::Leave);
        }
        if o.a == 0 {
            hart.caches.forget_translations();
        } else {
            hart.caches.forget_page(hart.x_slot(o.a));
        }
        Ok(Then::Leave)
    };
    FenceI |hart, _o, _slot| {
        fence(Ordering::SeqCst);
        #[cfg(feature = "planted-bugs")]
        if crate::planted::is(crate::planted::Bug::CodeKept) {
            return Ok(Then::Leave);
        }
        hart.caches.code.revalidate();
        hart.caches.dropped = true;
        Ok(Then::Leave)
    };
    Fence |hart, o, _slot| {
        let order = order::of_fence(o.imm & STORE_TO_LOAD == STORE_TO_LOAD);
        #[cfg(feature = "planted-bugs")]
        if crate::planted::is(crate::planted::Bug::FenceUnpolled) {
            fence(order);
            return Ok(Then::Next);
        }
        // The reader polls after the fence, never before it: what this hart is about to read may have been written by somebody who
        // saw a newer topology.
        Ok(if hart.reader.fence(order) { Then::Leave } else { Then::Next })
    };
    /// A hint of Zihintpause: somebody else should run.
    Pause |hart, _o, _slot| {
        hart.paused = true;
        Ok(Then::Next)
    };
    Csr |hart, o, slot| hart.csr_instruction(o, slot);
}

/// In the immediate of a fence: a store or an output before it, a load or an input after it.
pub(crate) const STORE_TO_LOAD: i32 = 3;

/// The bits of [`STORE_TO_LOAD`] that a fence's encoded sets have. fence.tso (fm = 8) orders no store before a load.
pub(crate) fn fence_kind(encoded: i32) -> i32 {
    let (fm, predecessors, successors) = (encoded >> 8 & 15, encoded >> 4 & 15, encoded & 15);
    // Sets are I, O, R, W from bit 3 down.
    let stores_before = predecessors & 0b0101 != 0;
    let loads_after = successors & 0b1010 != 0;
    if fm == 8 { 0 } else { i32::from(stores_before) << 1 | i32::from(loads_after) }
}

impl Hart {
    /// Zicsr: the encoding says which.
    fn csr_instruction(&mut self, o: &Operands, slot: Slot) -> Result<Then, Fault> {
        let number = (slot.encoding >> 20) as u16;
        let funct3 = slot.encoding >> 12 & 7;
        let operand = if funct3 & 4 != 0 { u64::from(o.a) } else { self.x_slot(o.a) };
        // A set or clear whose source is encoded as x0 or 0 writes nothing.
        let op = match funct3 & 3 {
            1 => CsrOp::Write(operand),
            _ if o.a == 0 => CsrOp::Read,
            2 => CsrOp::Set(operand),
            #[cfg(feature = "planted-bugs")]
            _ if crate::planted::is(crate::planted::Bug::CsrrcAsCsrrs) => CsrOp::Set(operand),
            _ => CsrOp::Clear(operand),
        };
        let inputs = self.csr_inputs(number, slot);
        let (old, effect) = self.csr.access(number, op, inputs)?;
        self.set_x_slot(o.rd, old);
        if is_shared(number) {
            // The interrupt files drive the inputs: what the access did to them is seen by the look that it asks for.
            self.lines = self.input_lines();
        }
        let stale = self.apply(effect, number);
        // Who sees an interrupt here without taking it has been signalled all the same: the poll comes before the next access.
        let shows = matches!(number, address::MIP | address::SIP) || is_shared(number);
        let signalled = shows && self.reader.fence(Ordering::Acquire);
        Ok(if stale || signalled { Then::Leave } else { Then::Next })
    }

    /// What the CSR needs: the clock is read for those alone that show it.
    fn csr_inputs(&self, number: u16, slot: Slot) -> Inputs {
        let instret = self.instret() + u64::from(slot.retired);
        match number {
            address::TIME => Inputs { time: self.clock.now(), instret, lines: self.lines },
            address::MIP | address::SIP | address::MTOPI | address::STOPI => {
                Inputs { time: 0, instret, lines: self.input_lines() }
            }
            _ => Inputs { time: 0, instret, lines: self.lines },
        }
    }

    /// After an instruction that was a guest fence: adopts a newer topology, by leaving the block. Whether it left.
    ///
    /// # Safety
    /// `op` is an ordinary op of a live block, of an instruction that completed.
    pub(crate) unsafe fn poll(&mut self, op: *const Op) -> bool {
        #[cfg(feature = "planted-bugs")]
        if crate::planted::is(crate::planted::Bug::AtomicUnpolled) {
            return false;
        }
        let must = self.reader.must_check();
        if must {
            // SAFETY: the caller's.
            unsafe { self.leave_after(op) };
        }
        must
    }

    /// After an instruction that may have made the runtime drop caches: leaves the block if it did. Whether it left.
    ///
    /// # Safety
    /// `op` is an ordinary op of a live block, of an instruction that completed.
    pub(crate) unsafe fn must_leave(&mut self, op: *const Op) -> bool {
        let must = self.caches.dropped;
        if must {
            // SAFETY: the caller's.
            unsafe { self.leave_after(op) };
        }
        must
    }

    /// Retires the op's instruction and sets the program counter behind it.
    ///
    /// # Safety
    /// `op` is an ordinary op of a live block.
    pub(crate) unsafe fn leave_after(&mut self, op: *const Op) {
        // SAFETY: the caller's.
        let (block, slot) = unsafe { locate(op) };
        self.pc = block.base.wrapping_add(slot.offset as i64 as u64).wrapping_add(u64::from(slot.len));
        self.fuel -= i64::from(slot.retired) + 1;
    }

    /// Ends the op's instruction by a trap.
    ///
    /// # Safety
    /// `op` is an ordinary op of a live block.
    #[cold]
    pub(crate) unsafe fn raise(&mut self, op: *const Op, fault: impl Into<Fault>) {
        // SAFETY: the caller's.
        let (block, slot) = unsafe { locate(op) };
        let pc = block.base.wrapping_add(slot.offset as i64 as u64);
        let fault = fault.into();
        if fault == Fault::Breakpoint && self.caches.code.is_breakpoint(pc) {
            self.fuel -= i64::from(slot.retired);
            (self.pc, self.at_breakpoint, self.leave_batch) = (pc, true, true);
            return;
        }
        let trap = match fault {
            Fault::Illegal => Trap::exception(Exception::IllegalInstruction, u64::from(slot.encoding)),
            Fault::Breakpoint => Trap::exception(Exception::Breakpoint, pc),
            Fault::Trap(trap) => trap,
        };
        self.fuel -= i64::from(slot.retired) + 1;
        self.trapped += 1;
        self.enter_trap(trap, pc);
    }
}
