//! RV64I and M: arithmetic on registers.

#![allow(unsafe_code)] // Handlers: see `op`.

use crate::hart::Hart;
use crate::op::{ALL_CLASSES, CLASSES, Handler, Op, get, handler, next, reload, row, rows, set, spill};
use crate::step::{Code, Key, Shape, Step, single};

/// A pure function of two operands; an immediate is sign-extended.
pub(crate) trait Binary {
    const CODE: Code;
    fn apply(a: u64, b: u64) -> u64;
}

/// Declares instructions as pure functions.
macro_rules! binary {
    ($($(#[$meta:meta])* $name:ident |$a:ident, $b:ident| $body:expr;)*) => {$(
        $(#[$meta])*
        pub(crate) struct $name;
        impl $crate::exec::alu::Binary for $name {
            const CODE: $crate::step::Code = $crate::step::Code::$name;
            #[inline(always)]
            fn apply($a: u64, $b: u64) -> u64 { $body }
        }
    )*};
}
pub(crate) use binary;

/// A 32-bit result, sign-extended.
#[inline(always)]
pub(crate) fn word(value: u32) -> u64 {
    value as i32 as u64
}

binary! {
    Add |a, b| a.wrapping_add(b);
    Sub |a, b| a.wrapping_sub(b);
    And |a, b| a & b;
    Or |a, b| a | b;
    Xor |a, b| a ^ b;
    Sll |a, b| a << (b & 63);
    Srl |a, b| a >> (b & 63);
    Sra |a, b| (a as i64 >> (b & 63)) as u64;
    Slt |a, b| u64::from((a as i64) < b as i64);
    Sltu |a, b| u64::from(a < b);
    Addw |a, b| word((a as u32).wrapping_add(b as u32));
    Subw |a, b| word((a as u32).wrapping_sub(b as u32));
    Sllw |a, b| word((a as u32) << (b & 31));
    Srlw |a, b| word(a as u32 >> (b & 31));
    Sraw |a, b| word((a as i32 >> (b & 31)) as u32);
    Mul |a, b| a.wrapping_mul(b);
    Mulw |a, b| word((a as u32).wrapping_mul(b as u32));
    Mulh |a, b| ((i128::from(a as i64) * i128::from(b as i64)) >> 64) as u64;
    Mulhu |a, b| ((u128::from(a) * u128::from(b)) >> 64) as u64;
    Mulhsu |a, b| ((i128::from(a as i64) * i128::from(b)) >> 64) as u64;
    Div |a, b| if b == 0 { u64::MAX } else { (a as i64).wrapping_div(b as i64) as u64 };
    Divu |a, b| a.checked_div(b).unwrap_or(u64::MAX);
    Rem |a, b| if b == 0 { a } else { (a as i64).wrapping_rem(b as i64) as u64 };
    Remu |a, b| a.checked_rem(b).unwrap_or(a);
    Divw |a, b| if b as u32 == 0 { u64::MAX } else { word((a as i32).wrapping_div(b as i32) as u32) };
    Divuw |a, b| (a as u32).checked_div(b as u32).map_or(u64::MAX, word);
    Remw |a, b| if b as u32 == 0 { word(a as u32) } else { word((a as i32).wrapping_rem(b as i32) as u32) };
    Remuw |a, b| word((a as u32).checked_rem(b as u32).unwrap_or(a as u32));
    /// The first operand alone: `mv`.
    First |a, _b| a;
    /// The second operand alone: `li`.
    Second |_a, b| b;
}

/// Register and register.
pub(crate) struct Rr<F, const D: u8, const A: u8, const B: u8>(F);
impl<F: Binary, const D: u8, const A: u8, const B: u8> Step for Rr<F, D, A, B> {
    const KEY: Key = Key { shape: Shape::Rr, code: F::CODE, classes: [D, A, B] };

    #[inline(always)]
    unsafe fn step(hart: &mut Hart, op: *const Op, r: &mut [u64; 4]) -> bool {
        // SAFETY: the caller's.
        let o = unsafe { Op::operands(op) };
        let value = F::apply(get::<A>(hart, o.a, r), get::<B>(hart, o.b, r));
        set::<D>(hart, o.rd, r, value);
        true
    }
}

/// Register and immediate.
pub(crate) struct Ri<F, const D: u8, const A: u8>(F);
impl<F: Binary, const D: u8, const A: u8> Step for Ri<F, D, A> {
    const KEY: Key = Key { shape: Shape::Ri, code: F::CODE, classes: [D, A, 0] };

    #[inline(always)]
    unsafe fn step(hart: &mut Hart, op: *const Op, r: &mut [u64; 4]) -> bool {
        // SAFETY: the caller's.
        let o = unsafe { Op::operands(op) };
        let value = F::apply(get::<A>(hart, o.a, r), o.imm as i64 as u64);
        set::<D>(hart, o.rd, r, value);
        true
    }
}

/// A 64-bit constant, which the op after this one holds.
pub(crate) struct Constant<const D: u8>;
impl<const D: u8> Step for Constant<D> {
    const KEY: Key = Key { shape: Shape::Constant, code: Code::None, classes: [D, 0, 0] };

    #[inline(always)]
    unsafe fn step(hart: &mut Hart, op: *const Op, r: &mut [u64; 4]) -> bool {
        // SAFETY: the caller's: the next op is the constant's second.
        let (o, value) = unsafe { (Op::operands(op), (*op.add(1)).payload.value) };
        set::<D>(hart, o.rd, r, value);
        true
    }
}

handler! {
    fn rr [F: Binary, const D: u8, const A: u8, const B: u8] (hart, op, r) {
        single!(Rr<F, D, A, B>, hart, op, r)
    }

    /// Register and register, with all operands in memory: for what is not worth a handler for each class.
    fn rr_spilled [F: Binary] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        spill(hart, &r);
        let value = F::apply(hart.x_slot(o.a), hart.x_slot(o.b));
        hart.set_x_slot(o.rd, value);
        let r = reload(hart);
        next!(hart, op, r)
    }

    fn ri [F: Binary, const D: u8, const A: u8] (hart, op, r) {
        single!(Ri<F, D, A>, hart, op, r)
    }

    /// Register and immediate, with all operands in memory.
    fn ri_spilled [F: Binary] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        spill(hart, &r);
        let value = F::apply(hart.x_slot(o.a), o.imm as i64 as u64);
        hart.set_x_slot(o.rd, value);
        let r = reload(hart);
        next!(hart, op, r)
    }

    fn constant [const D: u8] (hart, op, r) {
        single!(Constant<D>, hart, op, r)
    }
}

type Row = [Handler; CLASSES];
type FullRow = [Handler; ALL_CLASSES];

const fn rr_row<F: Binary, const D: u8, const A: u8>() -> Row {
    [rr::<F, D, A, 0>, rr::<F, D, A, 1>, rr::<F, D, A, 2>, rr::<F, D, A, 3>, rr::<F, D, A, 4>]
}

const fn rr_plane<F: Binary, const D: u8>() -> [Row; CLASSES] {
    [rr_row::<F, D, 0>(), rr_row::<F, D, 1>(), rr_row::<F, D, 2>(), rr_row::<F, D, 3>(), rr_row::<F, D, 4>()]
}

struct RrTable<F>(F);
impl<F: Binary> RrTable<F> {
    const TABLE: [[Row; CLASSES]; CLASSES] =
        [rr_plane::<F, 0>(), rr_plane::<F, 1>(), rr_plane::<F, 2>(), rr_plane::<F, 3>(), rr_plane::<F, 4>()];
}

const fn ri_row<F: Binary, const D: u8>() -> FullRow {
    row!(ri, F, D)
}

struct RiTable<F>(F);
impl<F: Binary> RiTable<F> {
    const TABLE: [FullRow; ALL_CLASSES] = rows!(ri_row, F);
}

/// Register-register handlers of every class, fixed ones excepted.
pub(crate) fn classed_rr<F: Binary>(d: usize, a: usize, b: usize) -> Handler {
    RrTable::<F>::TABLE[d][a][b]
}

/// The one register-register handler for any class.
pub(crate) fn spilled_rr<F: Binary>() -> Handler {
    rr_spilled::<F>
}

/// Register-immediate handlers of every class.
pub(crate) fn classed_ri<F: Binary>(d: usize, a: usize) -> Handler {
    RiTable::<F>::TABLE[d][a]
}

/// The one register-immediate handler for any class.
pub(crate) fn spilled_ri<F: Binary>() -> Handler {
    ri_spilled::<F>
}

/// Handlers of 64-bit constants.
pub(crate) fn constants(d: usize) -> Handler {
    const TABLE: FullRow = row!(constant);
    TABLE[d]
}
