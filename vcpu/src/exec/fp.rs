//! F and D: registers, rounding modes and flags around the pure functions of [`crate::fp`].
//!
//! FS decides all (Privileged, 3.1.6.6): Off makes every instruction here illegal; anything that changes an f register or a flag makes
//! it Dirty. While it is Dirty, which it soon is in any program that computes, one test says all.
#![allow(unsafe_code)] // Handlers: see `op`.

use crate::decode::{Format, Opcode};
use crate::exec::system::raise;
use crate::fp::{F32, Flags, Format as _, Rounding, compute, fused, quick, singles};
use crate::hart::{Fault, Hart};
use crate::op::{
    Handler, MEM, Op, Operands, forget_memory, get, handler, in_one_register, next, reload, set, spill, tail,
};

/// The rounding mode and the third source in an op's immediate.
pub(crate) fn immediate(rm: u8, rs3: u8) -> i32 {
    i32::from(rs3) << 8 | i32::from(rm)
}

/// What an instruction's format says of it.
struct Shape {
    op: Opcode,
    rounds: bool,
    from_integer: bool,
    to_integer: bool,
    singles: usize,
}

impl Shape {
    const fn of(op: u8) -> Shape {
        let op = Opcode::ALL[op as usize];
        let format = op.format();
        Shape {
            op,
            rounds: matches!(format, Format::FffRm | Format::FfRm | Format::Fma | Format::XfRm | Format::FxRm),
            from_integer: matches!(format, Format::Fx | Format::FxRm),
            to_integer: matches!(format, Format::Xf | Format::Xff | Format::XfRm),
            singles: singles(op),
        }
    }

    #[inline(always)]
    fn rounding(&self, hart: &Hart, o: &Operands) -> Option<Rounding> {
        if self.rounds { Rounding::of(o.imm as u8, hart.csr.frm) } else { Some(Rounding::Rne) }
    }
}

/// Whether the first `count` sources, of single precision, are boxed. They are not kept for what follows: that loads them where it wants them, where to keep
/// them here would take one register more than is free.
#[inline(always)]
fn are_boxed(hart: &mut Hart, o: &Operands, count: usize) -> bool {
    if count == 0 {
        return true;
    }
    let sources = [o.a, o.b, (o.imm >> 8) as u8];
    let common = sources[..count].iter().fold(u64::MAX, |common, &source| common & hart.f_slot(source));
    let boxes = in_one_register((common as i64 >> F32::BOX.count_ones()) as u64);
    forget_memory(hart);
    boxes == u64::MAX
}

handler! {
    /// An instruction whose integer operand, if any, has class `C`.
    fn float [const OP: u8, const C: u8] (hart, op, r) {
        let shape = const { Shape::of(OP) };
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        if !are_boxed(hart, o, shape.singles) { tail!(float_slow::<OP>, hart, op, r) }
        let a = if shape.from_integer { get::<C>(hart, o.a, &r) } else { hart.f_slot(o.a) };
        let value = match shape.rounding(hart, o) {
            Some(rm) if hart.csr.float_is_dirty() => {
                quick(shape.op, a, hart.f_slot(o.b), rm, Flags(hart.csr.fflags))
            }
            _ => None,
        };
        let Some(value) = value else { tail!(float_slow::<OP>, hart, op, r) };
        if shape.to_integer {
            set::<C>(hart, o.rd, &mut r, value);
        } else {
            hart.set_f_slot(o.rd, value);
        }
        next!(hart, op, r)
    }

    /// A fused multiply-add. Only for hosts that have it.
    fn multiply_add [const OP: u8] (hart, op, r) {
        let shape = const { Shape::of(OP) };
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        if !are_boxed(hart, o, shape.singles) { tail!(float_slow::<OP>, hart, op, r) }
        let sources = [hart.f_slot(o.a), hart.f_slot(o.b), hart.f_slot((o.imm >> 8) as u8)];
        let value = match shape.rounding(hart, o) {
            // SAFETY: the handler is selected where the host has the instruction.
            Some(Rounding::Rne) if hart.csr.float_is_dirty() => unsafe {
                fused::quick(shape.op, sources, Flags(hart.csr.fflags))
            },
            _ => None,
        };
        let Some(value) = value else { tail!(float_slow::<OP>, hart, op, r) };
        hart.set_f_slot(o.rd, value);
        next!(hart, op, r)
    }

    /// Whatever the host's arithmetic does not do, and all while FS is not Dirty.
    #[cold]
    #[inline(never)]
    fn float_slow [const OP: u8] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        if let Err(fault) = hart.float::<OP>(o) {
            raise!(hart, op, r, fault)
        }
        let r = reload(hart);
        next!(hart, op, r)
    }
}

impl Hart {
    /// Illegal while FS is Off.
    pub(crate) fn float_allowed(&self) -> Result<(), Fault> {
        if self.csr.float_off() { Err(Fault::Illegal) } else { Ok(()) }
    }

    fn float<const OP: u8>(&mut self, o: &Operands) -> Result<(), Fault> {
        let shape = const { Shape::of(OP) };
        self.float_allowed()?;
        let rm = shape.rounding(self, o).ok_or(Fault::Illegal)?;
        let a = if shape.from_integer { self.x_slot(o.a) } else { self.f_slot(o.a) };
        let sources = [a, self.f_slot(o.b), self.f_slot((o.imm >> 8) as u8)];
        let mut flags = Flags(self.csr.fflags);
        let value = compute(shape.op, sources, rm, &mut flags).ok_or(Fault::Illegal)?;
        if shape.to_integer {
            self.set_x_slot(o.rd, value);
        } else {
            self.set_f_slot(o.rd, value);
        }
        if !shape.to_integer || self.csr.fflags != flags.0 {
            self.csr.fflags = flags.0;
            self.csr.dirty_float();
        }
        Ok(())
    }
}

macro_rules! table {
    ($op:ident $class:ident; float $($f:ident)*; fused $($m:ident)*; integer $($x:ident)*; slow $($s:ident)*;) => {
        match $op {
            $(Opcode::$m if fused::is_at_hand() => multiply_add::<{ Opcode::$m as u8 }>,)*
            $(Opcode::$m => float_slow::<{ Opcode::$m as u8 }>,)*
            $(Opcode::$s => float_slow::<{ Opcode::$s as u8 }>,)*
            $(Opcode::$f => float::<{ Opcode::$f as u8 }, MEM>,)*
            $(Opcode::$x => {
                const ROW: [Handler; 5] = [
                    float::<{ Opcode::$x as u8 }, 0>,
                    float::<{ Opcode::$x as u8 }, 1>,
                    float::<{ Opcode::$x as u8 }, 2>,
                    float::<{ Opcode::$x as u8 }, 3>,
                    float::<{ Opcode::$x as u8 }, MEM>,
                ];
                ROW[$class]
            })*
            _ => return None,
        }
    };
}

/// The handler of a computational instruction, given the class of its integer register, if it has one.
#[rustfmt::skip]
pub(crate) fn handlers(op: Opcode, class: usize) -> Option<Handler> {
    Some(table! {
        op class;
        float FaddS FsubS FmulS FdivS FsqrtS FsgnjS FsgnjnS FsgnjxS FminS FmaxS FcvtSD
            FaddD FsubD FmulD FdivD FsqrtD FsgnjD FsgnjnD FsgnjxD FminD FmaxD FcvtDS;
        fused FmaddS FmsubS FnmsubS FnmaddS FmaddD FmsubD FnmsubD FnmaddD;
        integer FeqS FltS FleS FmvXW FmvWX FcvtWS FcvtLS FcvtSW FcvtSL
            FeqD FltD FleD FmvXD FmvDX FcvtWD FcvtLD FcvtDW FcvtDWu FcvtDL;
        slow FclassS FcvtWuS FcvtLuS FcvtSWu FcvtSLu FclassD FcvtWuD FcvtLuD FcvtDLu;
    })
}
