//! The CSRs that every trap reads and writes, and every copy from user memory: those that are nothing but 64 bits, and the status registers; and the
//! counters. Whatever is not simple there, and every other CSR, is left to [`super::system`].
#![allow(unsafe_code)] // Handlers: see `op`.

use crate::csr::{CounterCsr, CsrOp, Plain, address};
use crate::decode::{Inst, Opcode};
use crate::exec::system::{self, Csr};
use crate::hart::Hart;
use crate::op::{
    CLASSES, Handler, Op, PUT_AWAY, SINK, class, get, handler, next, put_away, reload, set, settled, spill, tail,
};

/// The access that an instruction makes.
const READ: u8 = 0;
const WRITE: u8 = 1;
const SET: u8 = 2;
const CLEAR: u8 = 3;

/// In the immediate of an access to a status register: the operand is the number that the encoding has for a register.
const IMMEDIATE: i32 = 1;

handler! {
    /// Reads a plain CSR, the one that the immediate says.
    fn read_plain [const D: u8] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let plain = Plain::from_bits(o.imm as u8);
        if !hart.csr.may_reach(plain) { tail!(system::system::<Csr>, hart, op, r) }
        set::<D>(hart, o.rd, &mut r, hart.csr.plain(plain));
        next!(hart, op, r)
    }

    /// Writes one; nobody wants to know what it was.
    fn write_plain [const A: u8] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let plain = Plain::from_bits(o.imm as u8);
        if !hart.csr.may_reach(plain) { tail!(system::system::<Csr>, hart, op, r) }
        let mask = settled(hart, plain.mask());
        hart.csr.set_plain_masked(plain, get::<A>(hart, o.a, &r) & mask);
        next!(hart, op, r)
    }

    /// Writes one, and returns what it was.
    fn swap_plain [] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let plain = Plain::from_bits(o.imm as u8);
        if !hart.csr.may_reach(plain) { tail!(system::system::<Csr>, hart, op, r) }
        put_away(hart, &r);
        let (old, new) = (hart.csr.plain(plain), hart.x_slot(o.a));
        hart.csr.set_plain(plain, new);
        hart.set_x_slot(o.rd, old);
        let r = reload(hart);
        next!(hart, op, r)
    }

    /// An access to `mstatus` or `sstatus`, unless more follows from it.
    fn status [const MACHINE: bool, const ACCESS: u8] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        put_away(hart, &r);
        let operand = if o.imm == IMMEDIATE { u64::from(o.a) } else { hart.x_slot(o.a) };
        let access = match ACCESS {
            READ => CsrOp::Read,
            WRITE => CsrOp::Write(operand),
            SET => CsrOp::Set(operand),
            _ => CsrOp::Clear(operand),
        };
        let Some(access) = hart.csr.access_status(MACHINE, access, hart.lines) else {
            let r = reload(hart);
            tail!(system::system::<Csr>, hart, op, r)
        };
        hart.set_x_slot(o.rd, access.old);
        if access.switches { tail!(switch_rights, hart, op, PUT_AWAY) }
        let r = reload(hart);
        next!(hart, op, r)
    }

    /// SUM or MXR has changed: kernels do that around every copy from user memory. Goes on under the translations of before. The registers are put away.
    #[inline(never)]
    fn switch_rights [] (hart, op, _r) {
        if !hart.caches.switch(&hart.csr) { tail!(select_rights, hart, op, PUT_AWAY) }
        let r = reload(hart);
        next!(hart, op, r)
    }

    /// The same where there are none yet.
    #[cold]
    #[inline(never)]
    fn select_rights [] (hart, op, _r) {
        hart.privilege_changed();
        let r = reload(hart);
        next!(hart, op, r)
    }

    /// Reads `cycle` or `instret`; the immediate says how many instructions of the block are over before this one.
    fn read_counter [const CYCLE: bool] (hart, op, r) {
        put_away(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let which = if CYCLE { CounterCsr::Cycle } else { CounterCsr::Instret };
        let Some(value) = hart.csr.counter(which, hart.instret() + o.imm as u64) else {
            let r = reload(hart);
            tail!(system::system::<Csr>, hart, op, r)
        };
        hart.set_x_slot(o.rd, value);
        let r = reload(hart);
        next!(hart, op, r)
    }

    /// Reads `time`, of the host: that takes longer than all else here.
    fn read_time [] (hart, op, r) {
        if !hart.csr.shows_time() { tail!(system::system::<Csr>, hart, op, r) }
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        hart.set_x_slot(o.rd, host_time(hart));
        let r = reload(hart);
        next!(hart, op, r)
    }
}

/// Apart from the handler, whose stack it would otherwise take with it: a handler that has one ends in a call.
#[inline(never)]
fn host_time(hart: &Hart) -> u64 {
    hart.clock.now()
}

/// The handler of a CSR instruction behind `before` others of its block, and its immediate; `None` for what is left to [`system`].
pub(crate) fn select(i: &Inst, before: u8) -> Option<(Handler, i32)> {
    let (access, immediate) = match i.op {
        Opcode::Csrrw => (WRITE, false),
        Opcode::Csrrwi => (WRITE, true),
        // A set or clear whose source is encoded as x0 or 0 writes nothing.
        Opcode::Csrrs | Opcode::Csrrc | Opcode::Csrrsi | Opcode::Csrrci if i.rs1 == 0 => (READ, false),
        Opcode::Csrrs => (SET, false),
        Opcode::Csrrsi => (SET, true),
        Opcode::Csrrc => (CLEAR, false),
        Opcode::Csrrci => (CLEAR, true),
        _ => return None,
    };
    #[cfg(feature = "planted-bugs")]
    if access == CLEAR && crate::planted::is(crate::planted::Bug::CsrrcAsCsrrs) {
        return None;
    }
    match i.csr() {
        address::MSTATUS => Some((status_of::<true>(access), i32::from(immediate))),
        address::SSTATUS => Some((status_of::<false>(access), i32::from(immediate))),
        address::CYCLE | address::INSTRET | address::TIME => Some((counter(access, i)?, i32::from(before))),
        number => Some((plain(access, immediate, i)?, i32::from(Plain::of(number)?.to_bits()))),
    }
}

fn status_of<const MACHINE: bool>(access: u8) -> Handler {
    [status::<MACHINE, READ>, status::<MACHINE, WRITE>, status::<MACHINE, SET>, status::<MACHINE, CLEAR>]
        [usize::from(access)]
}

/// Counters are read-only under these numbers.
fn counter(access: u8, i: &Inst) -> Option<Handler> {
    match i.csr() {
        _ if access != READ => None,
        address::CYCLE => Some(read_counter::<true>),
        address::INSTRET => Some(read_counter::<false>),
        _ => Some(read_time),
    }
}

/// The class of what an instruction writes.
fn destination(i: &Inst) -> usize {
    class(if i.rd == 0 { SINK } else { i.rd })
}

fn plain(access: u8, immediate: bool, i: &Inst) -> Option<Handler> {
    const READS: [Handler; CLASSES] =
        [read_plain::<0>, read_plain::<1>, read_plain::<2>, read_plain::<3>, read_plain::<4>];
    const WRITES: [Handler; CLASSES] =
        [write_plain::<0>, write_plain::<1>, write_plain::<2>, write_plain::<3>, write_plain::<4>];
    match access {
        READ => Some(READS[destination(i)]),
        WRITE if immediate => None,
        WRITE if i.rd == 0 => Some(WRITES[class(i.rs1)]),
        WRITE => Some(swap_plain),
        _ => None,
    }
}
