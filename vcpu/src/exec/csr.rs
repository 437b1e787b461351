//! The CSRs that every trap reads and writes: those that are nothing but 64 bits, and the status registers. Whatever is not simple there, and every
//! other CSR, is left to [`super::system`].
#![allow(unsafe_code)] // Handlers: see `op`.

use crate::csr::{CsrOp, Plain, address};
use crate::decode::{Inst, Opcode};
use crate::exec::system::{self, Csr};
use crate::op::{CLASSES, Handler, Op, SINK, any, class, get, handler, next, set, set_any, tail};

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
        hart.csr.set_plain(plain, get::<A>(hart, o.a, &r));
        next!(hart, op, r)
    }

    /// Writes one, and returns what it was.
    fn swap_plain [] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let plain = Plain::from_bits(o.imm as u8);
        if !hart.csr.may_reach(plain) { tail!(system::system::<Csr>, hart, op, r) }
        let (old, new) = (hart.csr.plain(plain), any(hart, o.a, &r));
        hart.csr.set_plain(plain, new);
        set_any(hart, o.rd, &mut r, old);
        next!(hart, op, r)
    }

    /// An access to `mstatus` or `sstatus`, unless more follows from it.
    fn status [const MACHINE: bool, const ACCESS: u8] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let operand = if o.imm == IMMEDIATE { u64::from(o.a) } else { any(hart, o.a, &r) };
        let access = match ACCESS {
            READ => CsrOp::Read,
            WRITE => CsrOp::Write(operand),
            SET => CsrOp::Set(operand),
            _ => CsrOp::Clear(operand),
        };
        let Some(old) = hart.csr.access_status(MACHINE, access, hart.lines) else {
            tail!(system::system::<Csr>, hart, op, r)
        };
        set_any(hart, o.rd, &mut r, old);
        next!(hart, op, r)
    }
}

/// The handler of a CSR instruction, and its immediate; `None` for what is left to [`system`].
pub(crate) fn select(i: &Inst) -> Option<(Handler, i32)> {
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
        number => Some((plain(access, immediate, i)?, i32::from(Plain::of(number)?.to_bits()))),
    }
}

fn status_of<const MACHINE: bool>(access: u8) -> Handler {
    [status::<MACHINE, READ>, status::<MACHINE, WRITE>, status::<MACHINE, SET>, status::<MACHINE, CLEAR>]
        [usize::from(access)]
}

fn plain(access: u8, immediate: bool, i: &Inst) -> Option<Handler> {
    const READS: [Handler; CLASSES] =
        [read_plain::<0>, read_plain::<1>, read_plain::<2>, read_plain::<3>, read_plain::<4>];
    const WRITES: [Handler; CLASSES] =
        [write_plain::<0>, write_plain::<1>, write_plain::<2>, write_plain::<3>, write_plain::<4>];
    match access {
        READ => Some(READS[class(if i.rd == 0 { SINK } else { i.rd })]),
        WRITE if immediate => None,
        WRITE if i.rd == 0 => Some(WRITES[class(i.rs1)]),
        WRITE => Some(swap_plain),
        _ => None,
    }
}
