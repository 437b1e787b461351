//! What each computational instruction of F and D makes of raw register values: unboxed here, boxed again, sign-extended
//! where the destination is an integer register. Loads and stores are none of them.
//!
//! `op` is known where these are called, so that only one arm of each match is left of them.

use super::{F32, F64, Flags, Format, Rounding, fast};
use crate::decode::Opcode;

use Opcode::*;

/// The value for `rd` from those of `rs1`, `rs2` and `rs3`, and the flags it raises. `None` for every other instruction.
#[inline(always)]
pub fn compute(op: Opcode, sources: [u64; 3], rm: Rounding, flags: &mut Flags) -> Option<u64> {
    let [a, b, c] = sources;
    let value = match op {
        FaddS | FsubS | FmulS | FdivS | FsqrtS | FmaddS | FmsubS | FnmsubS | FnmaddS => {
            rounded::<F32>(op, sources.map(F32::unbox), rm, flags)
        }
        FaddD | FsubD | FmulD | FdivD | FsqrtD | FmaddD | FmsubD | FnmsubD | FnmaddD => {
            rounded::<F64>(op, [a, b, c], rm, flags)
        }
        FcvtWS => super::to_int::<F32, i32>(F32::unbox(a), rm, flags) as u64,
        FcvtWuS => super::to_int::<F32, u32>(F32::unbox(a), rm, flags) as i32 as u64,
        FcvtLS => super::to_int::<F32, i64>(F32::unbox(a), rm, flags) as u64,
        FcvtLuS => super::to_int::<F32, u64>(F32::unbox(a), rm, flags),
        FcvtWD => super::to_int::<F64, i32>(a, rm, flags) as u64,
        FcvtWuD => super::to_int::<F64, u32>(a, rm, flags) as i32 as u64,
        FcvtLD => super::to_int::<F64, i64>(a, rm, flags) as u64,
        FcvtLuD => super::to_int::<F64, u64>(a, rm, flags),
        FcvtSW => F32::boxed(super::from_int::<F32, _>(a as i32, rm, flags)),
        FcvtSWu => F32::boxed(super::from_int::<F32, _>(a as u32, rm, flags)),
        FcvtSL => F32::boxed(super::from_int::<F32, _>(a as i64, rm, flags)),
        FcvtSLu => F32::boxed(super::from_int::<F32, _>(a, rm, flags)),
        FcvtDW => super::from_int::<F64, _>(a as i32, rm, flags),
        FcvtDWu => super::from_int::<F64, _>(a as u32, rm, flags),
        FcvtDL => super::from_int::<F64, _>(a as i64, rm, flags),
        FcvtDLu => super::from_int::<F64, _>(a, rm, flags),
        FcvtSD => F32::boxed(super::narrow(a, rm, flags)),
        FcvtDS => super::widen(F32::unbox(a), flags),
        _ => return unrounded(op, a, b, flags),
    };
    Some(value)
}

#[inline(always)]
fn rounded<F: Format>(op: Opcode, [a, b, c]: [u64; 3], rm: Rounding, flags: &mut Flags) -> u64 {
    F::boxed(match op {
        FaddS | FaddD => super::add::<F>(a, b, rm, flags),
        FsubS | FsubD => super::sub::<F>(a, b, rm, flags),
        FmulS | FmulD => super::mul::<F>(a, b, rm, flags),
        FdivS | FdivD => super::div::<F>(a, b, rm, flags),
        FsqrtS | FsqrtD => super::sqrt::<F>(a, rm, flags),
        FmsubS | FmsubD => super::fmsub::<F>(a, b, c, rm, flags),
        FnmsubS | FnmsubD => super::fnmsub::<F>(a, b, c, rm, flags),
        FnmaddS | FnmaddD => super::fnmadd::<F>(a, b, c, rm, flags),
        _ => super::fmadd::<F>(a, b, c, rm, flags),
    })
}

/// The instructions that do not round.
#[inline(always)]
fn unrounded(op: Opcode, a: u64, b: u64, flags: &mut Flags) -> Option<u64> {
    Some(match op {
        // Moves and the bits of a value are taken as they are, boxed or not.
        FmvXW => a as i32 as u64,
        FmvWX => F32::boxed(a & !F32::BOX),
        FmvXD | FmvDX => a,
        FsgnjS | FsgnjnS | FsgnjxS | FminS | FmaxS | FeqS | FltS | FleS | FclassS => {
            selected::<F32>(op, F32::unbox(a), F32::unbox(b), flags)
        }
        FsgnjD | FsgnjnD | FsgnjxD | FminD | FmaxD | FeqD | FltD | FleD | FclassD => selected::<F64>(op, a, b, flags),
        _ => return None,
    })
}

#[inline(always)]
fn selected<F: Format>(op: Opcode, a: u64, b: u64, flags: &mut Flags) -> u64 {
    match op {
        FsgnjS | FsgnjD => F::boxed(super::sgnj::<F>(a, b)),
        FsgnjnS | FsgnjnD => F::boxed(super::sgnjn::<F>(a, b)),
        FsgnjxS | FsgnjxD => F::boxed(super::sgnjx::<F>(a, b)),
        FminS | FminD => F::boxed(super::min::<F>(a, b, flags)),
        FmaxS | FmaxD => F::boxed(super::max::<F>(a, b, flags)),
        FeqS | FeqD => super::eq::<F>(a, b, flags).into(),
        FltS | FltD => super::lt::<F>(a, b, flags).into(),
        FleS | FleD => super::le::<F>(a, b, flags).into(),
        _ => super::class::<F>(a),
    }
}

/// How many of an instruction's sources, from the first on, are numbers of single precision, which should be boxed.
pub const fn singles(op: Opcode) -> usize {
    match op {
        FmaddS | FmsubS | FnmsubS | FnmaddS => 3,
        FaddS | FsubS | FmulS | FdivS | FsgnjS | FsgnjnS | FsgnjxS | FminS | FmaxS | FeqS | FltS | FleS => 2,
        FsqrtS | FclassS | FcvtWS | FcvtWuS | FcvtLS | FcvtLuS | FcvtDS => 1,
        _ => 0,
    }
}

/// The same without a single call, where the host's arithmetic will do and nothing is raised that is not among `flags` already; else `None`, and
/// [`compute`] does it. Flags stay set until software clears them, so that is seldom. Of sources that should be boxed the caller knows that they are.
#[inline(always)]
pub fn quick(op: Opcode, a: u64, b: u64, rm: Rounding, flags: Flags) -> Option<u64> {
    // Whether such a result is exact takes whole products to find, and more registers than handlers have.
    let takes_long = matches!(op, FmulS | FdivS | FsqrtS | FmulD | FdivD | FsqrtD);
    if takes_long && !flags.contains(Flags::NX) {
        return None;
    }
    let mut raised = flags;
    let value = by_host(op, a, b, rm, &mut raised)?;
    (raised.0 == flags.0).then_some(value)
}

/// What the host's arithmetic makes of it; `None` where it will not do, and nothing is raised.
#[inline(always)]
fn by_host(op: Opcode, a: u64, b: u64, rm: Rounding, flags: &mut Flags) -> Option<u64> {
    let nearest = rm == Rounding::Rne;
    let (s, t) = (a & !F32::BOX, b & !F32::BOX);
    match op {
        FaddS if nearest => fast::add::<F32>(s, t, flags).map(F32::boxed),
        FsubS if nearest => fast::add::<F32>(s, t ^ F32::SIGN, flags).map(F32::boxed),
        FmulS if nearest => fast::mul::<F32>(s, t, flags).map(F32::boxed),
        FdivS if nearest => fast::div::<F32>(s, t, flags).map(F32::boxed),
        FsqrtS if nearest => fast::sqrt::<F32>(s, flags).map(F32::boxed),
        FaddD if nearest => fast::add::<F64>(a, b, flags),
        FsubD if nearest => fast::add::<F64>(a, b ^ F64::SIGN, flags),
        FmulD if nearest => fast::mul::<F64>(a, b, flags),
        FdivD if nearest => fast::div::<F64>(a, b, flags),
        FsqrtD if nearest => fast::sqrt::<F64>(a, flags),
        FcvtSD if nearest => fast::narrow(a, flags).map(F32::boxed),
        FcvtDS => fast::widen(s),
        FcvtWS if rm == Rounding::Rtz => fast::to_int::<F32, i32>(s, flags).map(|value| value as u64),
        FcvtLS if rm == Rounding::Rtz => fast::to_int::<F32, i64>(s, flags).map(|value| value as u64),
        FcvtWD if rm == Rounding::Rtz => fast::to_int::<F64, i32>(a, flags).map(|value| value as u64),
        FcvtLD if rm == Rounding::Rtz => fast::to_int::<F64, i64>(a, flags).map(|value| value as u64),
        FcvtSW => fast::from_signed::<F32>(i64::from(a as i32), rm, *flags).map(F32::boxed),
        FcvtSL => fast::from_signed::<F32>(a as i64, rm, *flags).map(F32::boxed),
        FcvtDW => fast::from_signed::<F64>(i64::from(a as i32), rm, *flags),
        FcvtDWu => fast::from_signed::<F64>(i64::from(a as u32), rm, *flags),
        FcvtDL => fast::from_signed::<F64>(a as i64, rm, *flags),
        FeqS => fast::eq::<F32>(s, t).map(u64::from),
        FltS => fast::lt::<F32>(s, t).map(u64::from),
        FleS => fast::le::<F32>(s, t).map(u64::from),
        FminS => fast::min::<F32>(s, t).map(F32::boxed),
        FmaxS => fast::max::<F32>(s, t).map(F32::boxed),
        FeqD => fast::eq::<F64>(a, b).map(u64::from),
        FltD => fast::lt::<F64>(a, b).map(u64::from),
        FleD => fast::le::<F64>(a, b).map(u64::from),
        FminD => fast::min::<F64>(a, b),
        FmaxD => fast::max::<F64>(a, b),
        FsgnjS | FsgnjnS | FsgnjxS => Some(selected::<F32>(op, s, t, flags)),
        _ => unrounded(op, a, b, flags),
    }
}
