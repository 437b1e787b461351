//! F and D: the registers, boxing, rounding modes and flags around the pure functions of [`crate::fp`].
//!
//! FS decides all (3.1.6.6): Off makes every instruction here illegal; anything that changes an f register or a flag makes it Dirty.
//! While it is Dirty, which it soon is in any program that computes, one test says all.
#![allow(unsafe_code)] // Handlers: see `op`.

use crate::fp::{self, F32, F64, Flags, Format, Rounding};
use crate::hart::{Fault, Hart};
use crate::op::{Handler, Op, Operands, handler, next, reload, spill, tail};

/// A floating-point instruction.
pub(crate) trait Float {
    /// Takes or gives an integer register, so that all of them have to stand in memory.
    const INTEGER: bool;
    /// Writes an f register.
    const WRITES: bool;
    /// Has a rounding mode.
    const ROUNDS: bool;
    fn apply(hart: &mut Hart, o: &Operands, rm: Rounding, flags: &mut Flags);
}

/// Where operands stand in an op: `a`, `b` and, for the third source, above the rounding mode in the immediate.
pub(crate) fn immediate(rm: u8, rs3: u8) -> i32 {
    i32::from(rs3) << 8 | i32::from(rm)
}

#[inline(always)]
fn third(o: &Operands) -> u8 {
    (o.imm >> 8) as u8
}

#[inline(always)]
fn run<F: Float>(hart: &mut Hart, o: &Operands) -> Result<(), Fault> {
    let rm = if F::ROUNDS { Rounding::of(o.imm as u8, hart.csr.frm).ok_or(Fault::Illegal)? } else { Rounding::Rne };
    let mut flags = Flags(hart.csr.fflags);
    F::apply(hart, o, rm, &mut flags);
    hart.csr.fflags = flags.0;
    Ok(())
}

handler! {
    fn float [F: Float] (hart, op, r) {
        if !hart.float_dirty() {
            tail!(float_clean::<F>, hart, op, r)
        }
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        if F::INTEGER {
            spill(hart, &r);
        }
        if let Err(fault) = run::<F>(hart, o) {
            spill(hart, &r);
            // SAFETY: the handler's contract.
            return unsafe { hart.raise(op, fault) };
        }
        if F::INTEGER {
            r = reload(hart);
        }
        next!(hart, op, r)
    }

    /// While FS is not Dirty.
    #[cold]
    #[inline(never)]
    fn float_clean [F: Float] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let flags = hart.csr.fflags;
        if let Err(fault) = hart.float_allowed().and_then(|()| run::<F>(hart, o)) {
            // SAFETY: the handler's contract.
            return unsafe { hart.raise(op, fault) };
        }
        if F::WRITES || hart.csr.fflags != flags {
            hart.csr.dirty_float();
        }
        let r = reload(hart);
        next!(hart, op, r)
    }
}

/// The handler of a floating-point instruction.
pub(crate) fn handlers<F: Float>() -> Handler {
    float::<F>
}

impl Hart {
    /// Whether FS is Dirty, so that floating-point instructions are legal and need to note nothing.
    #[inline(always)]
    pub(crate) fn float_dirty(&self) -> bool {
        self.csr.float_is_dirty()
    }

    /// Illegal while FS is Off.
    pub(crate) fn float_allowed(&self) -> Result<(), Fault> {
        if self.csr.float_off() { Err(Fault::Illegal) } else { Ok(()) }
    }

    #[inline(always)]
    fn get<F: Format>(&self, index: u8) -> u64 {
        F::unbox(self.f_slot(index))
    }

    #[inline(always)]
    fn put<F: Format>(&mut self, index: u8, bits: u64) {
        self.set_f_slot(index, F::boxed(bits));
    }
}

macro_rules! float {
    ($($(#[$meta:meta])* $name:ident<$($format:ident),*> integer $integer:literal writes $writes:literal rounds $rounds:literal
        |$hart:ident, $o:ident, $rm:ident, $flags:ident| $body:expr;)*) => {$(
        $(#[$meta])*
        pub(crate) struct $name<$($format),*>(std::marker::PhantomData<($($format,)*)>);
        impl<$($format: Format),*> Float for $name<$($format),*> {
            const INTEGER: bool = $integer;
            const WRITES: bool = $writes;
            const ROUNDS: bool = $rounds;
            #[inline(always)]
            fn apply($hart: &mut Hart, $o: &Operands, $rm: Rounding, $flags: &mut Flags) { $body }
        }
    )*};
}

/// `rd = function(rs1, rs2)`, rounded.
macro_rules! arithmetic {
    ($($name:ident $function:ident;)*) => { float! {$(
        $name<F> integer false writes true rounds true |hart, o, rm, flags| {
            let result = fp::$function::<F>(hart.get::<F>(o.a), hart.get::<F>(o.b), rm, flags);
            hart.put::<F>(o.rd, result);
        };
    )*} };
}
arithmetic! { Add add; Sub sub; Mul mul; Div div; }

/// `rd = function(rs1, rs2, rs3)`, rounded once.
macro_rules! fused {
    ($($name:ident $function:ident;)*) => { float! {$(
        $name<F> integer false writes true rounds true |hart, o, rm, flags| {
            let (a, b, c) = (hart.get::<F>(o.a), hart.get::<F>(o.b), hart.get::<F>(third(o)));
            let result = fp::$function::<F>(a, b, c, rm, flags);
            hart.put::<F>(o.rd, result);
        };
    )*} };
}
fused! { Fmadd fmadd; Fmsub fmsub; Fnmsub fnmsub; Fnmadd fnmadd; }

/// `rd = function(rs1, rs2)` of bits.
macro_rules! signs {
    ($($name:ident $function:ident;)*) => { float! {$(
        $name<F> integer false writes true rounds false |hart, o, _rm, _flags| {
            let result = fp::$function::<F>(hart.get::<F>(o.a), hart.get::<F>(o.b));
            hart.put::<F>(o.rd, result);
        };
    )*} };
}
signs! { Sgnj sgnj; Sgnjn sgnjn; Sgnjx sgnjx; }

/// `rd = function(rs1, rs2)`, exact.
macro_rules! choices {
    ($($name:ident $function:ident;)*) => { float! {$(
        $name<F> integer false writes true rounds false |hart, o, _rm, flags| {
            let result = fp::$function::<F>(hart.get::<F>(o.a), hart.get::<F>(o.b), flags);
            hart.put::<F>(o.rd, result);
        };
    )*} };
}
choices! { Min min; Max max; }

/// An integer `rd = function(rs1, rs2)`.
macro_rules! comparisons {
    ($($name:ident $function:ident;)*) => { float! {$(
        $name<F> integer true writes false rounds false |hart, o, _rm, flags| {
            let result = fp::$function::<F>(hart.get::<F>(o.a), hart.get::<F>(o.b), flags);
            hart.set_x_slot(o.rd, u64::from(result));
        };
    )*} };
}
comparisons! { Eq eq; Lt lt; Le le; }

float! {
    Sqrt<F> integer false writes true rounds true |hart, o, rm, flags| {
        let result = fp::sqrt::<F>(hart.get::<F>(o.a), rm, flags);
        hart.put::<F>(o.rd, result);
    };
    Class<F> integer true writes false rounds false |hart, o, _rm, _flags| {
        hart.set_x_slot(o.rd, fp::class::<F>(hart.get::<F>(o.a)));
    };
    /// fcvt.d.s
    Widen<> integer false writes true rounds true |hart, o, _rm, flags| {
        let result = fp::widen(hart.get::<F32>(o.a), flags);
        hart.put::<F64>(o.rd, result);
    };
    /// fcvt.s.d
    Narrow<> integer false writes true rounds true |hart, o, rm, flags| {
        let result = fp::narrow(hart.get::<F64>(o.a), rm, flags);
        hart.put::<F32>(o.rd, result);
    };
    /// The raw bits, whatever they are boxed as; sign-extended.
    MoveToX32<> integer true writes false rounds false |hart, o, _rm, _flags| {
        hart.set_x_slot(o.rd, hart.f_slot(o.a) as i32 as u64);
    };
    MoveToX64<> integer true writes false rounds false |hart, o, _rm, _flags| {
        hart.set_x_slot(o.rd, hart.f_slot(o.a));
    };
    MoveFromX32<> integer true writes true rounds false |hart, o, _rm, _flags| {
        hart.put::<F32>(o.rd, u64::from(hart.x_slot(o.a) as u32));
    };
    MoveFromX64<> integer true writes true rounds false |hart, o, _rm, _flags| {
        hart.set_f_slot(o.rd, hart.x_slot(o.a));
    };
}

/// Conversions between an integer type and a format.
macro_rules! conversions {
    ($($to:ident $from:ident $int:ty, |$value:ident| $extend:expr;)*) => { float! {$(
        $to<F> integer true writes false rounds true |hart, o, rm, flags| {
            let $value = fp::to_int::<F, $int>(hart.get::<F>(o.a), rm, flags);
            hart.set_x_slot(o.rd, $extend);
        };
        $from<F> integer true writes true rounds true |hart, o, rm, flags| {
            let result = fp::from_int::<F, $int>(hart.x_slot(o.a) as $int, rm, flags);
            hart.put::<F>(o.rd, result);
        };
    )*} };
}
conversions! {
    ToW FromW i32, |value| value as u64;
    ToWu FromWu u32, |value| value as i32 as u64;
    ToL FromL i64, |value| value as u64;
    ToLu FromLu u64, |value| value;
}
