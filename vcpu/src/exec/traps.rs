//! Calls of the environment, returns from traps, and how a hart goes on after either, or after a fault, without its loop.
#![allow(unsafe_code)] // Handlers: see `op`.

use crate::csr::Illegal;
use crate::exec::system::raise;
use crate::hart::Hart;
use crate::op::{Op, handler, reload, spill, tail};
use crate::trap::Trap;

/// Goes where a return from a trap leads; the next op is none.
macro_rules! go_back {
    ($hart:ident, $op:ident, $r:ident, $returned:expr) => {{
        spill($hart, &$r);
        let returned: Result<u64, Illegal> = $returned;
        match returned {
            Ok(pc) => {
                // SAFETY: the handler's contract.
                $hart.fuel -= i64::from(unsafe { Op::operands($op) }.imm);
                $hart.pc = pc;
                $hart.returned();
                tail!(resume, $hart, $op, $r)
            }
            Err(illegal) => raise!($hart, $op, $r, illegal),
        }
    }};
}

handler! {
    /// `ecall`. The immediate says how many instructions of the block are over then, this one included; the next op holds its address.
    pub(crate) fn ecall [] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let (o, pc) = unsafe { (Op::operands(op), (*op.add(1)).payload.value) };
        hart.fuel -= i64::from(o.imm);
        hart.trapped += 1;
        let call = hart.csr.privilege().environment_call();
        hart.enter_trap(Trap::exception(call, 0), pc);
        tail!(resume, hart, op, r)
    }

    /// `mret`. The immediate is as of `ecall`.
    pub(crate) fn mret [] (hart, op, r) {
        go_back!(hart, op, r, hart.csr.mret())
    }

    /// `sret`. The immediate is as of `ecall`.
    pub(crate) fn sret [] (hart, op, r) {
        go_back!(hart, op, r, hart.csr.sret())
    }

    /// Goes on at the program counter: at once where the block there is known and nothing asks for the hart's loop. The registers are spilled, the fuel
    /// is charged.
    pub(crate) fn resume [] (hart, _op, _r) {
        let Some(op) = hart.known_block() else { return };
        // SAFETY: the jump cache leads to ops of live blocks alone.
        let function = unsafe { (*op).handler };
        let r = reload(hart);
        tail!(function, hart, op, r)
    }
}

impl Hart {
    /// The block at the program counter, where it is known and the hart may go on there. An edge like any other: the fuel, the attention word and
    /// what the batch was begun under are looked at.
    #[inline(always)]
    fn known_block(&self) -> Option<*const Op> {
        let out = (self.fuel | self.attention.peek() as i64) < 0;
        if out | self.leave_batch | self.caches.dropped || self.reader.must_check() {
            return None;
        }
        self.caches.code.jump(self.pc)
    }

    /// After `mret` or `sret`: the mode, and which interrupts are enabled, may have changed.
    #[inline]
    fn returned(&mut self) {
        self.privilege_changed();
        if self.csr.pending_interrupt(self.lines).is_some() {
            self.leave_batch = true;
        }
    }
}
