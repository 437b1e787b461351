//! Branches and jumps: everything that leaves a block.
//!
//! Each way out charges the fuel with the instructions that the block has retired, and looks at the fuel and the attention word
//! at once: when either is negative the hart returns to its loop. A branch has two tail calls, one for each way, and never
//! computes the op to go on with.
#![allow(unsafe_code)] // Handlers: see `op`.

use crate::block::locate;
use crate::hart::Hart;
use crate::op::{
    ALL_CLASSES, CLASSES, Handler, Op, forget_memory, get, handler, in_one_register, row, rows, set, spill, tail,
};
use crate::step::{Code, Key, Shape, Step, single};

/// A branch's condition.
pub(crate) trait Condition {
    const CODE: Code;
    fn holds(a: u64, b: u64) -> bool;
}

macro_rules! condition {
    ($($name:ident |$a:ident, $b:ident| $body:expr;)*) => {$(
        pub(crate) struct $name;
        impl Condition for $name {
            const CODE: Code = Code::$name;
            #[inline(always)]
            fn holds($a: u64, $b: u64) -> bool { $body }
        }
    )*};
}
condition! {
    Eq |a, b| a == b;
    Ne |a, b| a != b;
    Lt |a, b| (a as i64) < b as i64;
    Ge |a, b| a as i64 >= b as i64;
    Ltu |a, b| a < b;
    Geu |a, b| a >= b;
}

/// Follows the link that stands after `$op`, having charged the fuel.
macro_rules! follow {
    ($hart:ident, $op:ident, $r:ident, $retired:expr) => {{
        // SAFETY: the handler's contract: a link follows.
        let link = unsafe { $op.add(1) };
        if $hart.charge($retired) {
            tail!(leave_by_link, $hart, link, $r)
        }
        // SAFETY: a link's target is an op of a live block, or the link itself.
        let (target, function) = unsafe {
            let target = (*link).payload.target;
            (target, (*target).handler)
        };
        tail!(function, $hart, target, $r)
    }};
}

/// Goes on at a guest address by the jump cache, having charged the fuel.
macro_rules! jump {
    ($hart:ident, $op:ident, $r:ident, $retired:expr, $pc:expr) => {{
        let pc = in_one_register($pc);
        // At once, so that nothing has to keep it for the way out.
        $hart.pc = pc;
        if $hart.charge($retired) {
            tail!(leave, $hart, $op, $r)
        }
        let Some(target) = $hart.caches.code.jump(pc) else { tail!(leave, $hart, $op, $r) };
        // SAFETY: the jump cache leads to ops of live blocks alone.
        let function = unsafe { (*target).handler };
        tail!(function, $hart, target, $r)
    }};
}

/// A conditional branch: goes on behind its link, or follows it.
pub(crate) struct Branch<C, const A: u8, const B: u8>(C);
impl<C: Condition, const A: u8, const B: u8> Step for Branch<C, A, B> {
    const KEY: Key = Key { shape: Shape::Branch, code: C::CODE, classes: [0, A, B] };
    const OTHERWISE: Handler = goto_link;

    #[inline(always)]
    unsafe fn step(hart: &mut Hart, op: *const Op, r: &mut [u64; 4]) -> bool {
        // SAFETY: the caller's.
        let o = unsafe { Op::operands(op) };
        !C::holds(get::<A>(hart, o.a, r), get::<B>(hart, o.b, r))
    }
}

/// Declares the steps that never go on with the op behind them.
macro_rules! leaving {
    ($($(#[$meta:meta])* $name:ident [$($generic:tt)*] [$($argument:tt)*] $shape:ident $classes:expr, $handler:expr;)*) => {$(
        $(#[$meta])*
        pub(crate) struct $name<$($generic)*>;
        impl<$($generic)*> Step for $name<$($argument)*> {
            const KEY: Key = Key { shape: Shape::$shape, code: Code::None, classes: $classes };
            const OTHERWISE: Handler = $handler;

            #[inline(always)]
            unsafe fn step(_: &mut Hart, _: *const Op, _: &mut [u64; 4]) -> bool {
                false
            }
        }
    )*};
}
leaving! {
    /// On at a known address.
    GotoFar [] [] GotoFar [0; 3], goto_far;
    /// An indirect jump that links nothing.
    Jump [const A: u8] [A] Jump [0, A, 0], jump_register::<A>;
    /// An indirect jump that links.
    Call [const D: u8, const A: u8] [D, A] Call [D, A, 0], call_register::<D, A>;
}

handler! {
    fn branch [C: Condition, const A: u8, const B: u8] (hart, op, r) {
        single!(Branch<C, A, B>, hart, op, r)
    }

    /// Goes on elsewhere in the page, by its link.
    #[inline(always)]
    pub(crate) fn goto_link [] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        follow!(hart, op, r, o.imm)
    }

    /// Goes on at the address that the next op holds.
    #[inline(always)]
    pub(crate) fn goto_far [] (hart, op, r) {
        // SAFETY: the handler's contract: the next op holds the address.
        let (o, pc) = unsafe { (Op::operands(op), (*op.add(1)).payload.value) };
        jump!(hart, op, r, o.imm, pc)
    }

    /// An indirect jump that links nothing. The retired instructions stand in the next op.
    #[inline(always)]
    fn jump_register [const A: u8] (hart, op, r) {
        // SAFETY: the handler's contract: the next op holds the count.
        let (o, retired) = unsafe { (Op::operands(op), (*op.add(1)).payload.operands.imm) };
        let target = get::<A>(hart, o.a, &r).wrapping_add(o.imm as i64 as u64) & !1;
        jump!(hart, op, r, retired, target)
    }

    /// An indirect jump that links. The retired instructions stand in the next op, the return address in the one after.
    #[inline(always)]
    fn call_register [const D: u8, const A: u8] (hart, op, r) {
        // SAFETY: the handler's contract: it is an ordinary op.
        let o = unsafe { Op::operands(op) };
        let target = in_one_register(get::<A>(hart, o.a, &r).wrapping_add(o.imm as i64 as u64) & !1);
        forget_memory(hart);
        // SAFETY: the handler's contract: the next two ops hold the count and the address.
        let link = unsafe { (*op.add(2)).payload.value };
        set::<D>(hart, o.rd, &mut r, link);
        forget_memory(hart);
        // SAFETY: as above.
        let retired = unsafe { (*op.add(1)).payload.operands.imm };
        jump!(hart, op, r, retired, target)
    }

    /// Back to the hart's loop; the program counter is set, the fuel charged.
    #[cold]
    #[inline(never)]
    pub(crate) fn leave [] (hart, _op, r) {
        spill(hart, &r);
    }

    /// Back to the hart's loop instead of following the link `op`; the fuel is charged.
    #[cold]
    #[inline(never)]
    fn leave_by_link [] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the op before a link is the ordinary op that the link serves.
        let (block, slot) = unsafe {
            let (block, _) = locate(op.sub(1));
            (block, block.slots[usize::from((*op.sub(1)).payload.operands.slot) + 1])
        };
        hart.pc = block.base.wrapping_add(slot.offset as i64 as u64);
    }

    /// What a link that leads nowhere yet leads to: itself, with this handler. The hart's loop finds the target, and makes the
    /// link lead there.
    #[cold]
    #[inline(never)]
    pub(crate) fn unlinked [] (hart, op, r) {
        hart.link = op;
        tail!(leave_by_link, hart, op, r)
    }
}

type Row = [Handler; ALL_CLASSES];

const fn branch_row<C: Condition, const A: u8>() -> Row {
    row!(branch, C, A)
}

struct Branches<C>(C);
impl<C: Condition> Branches<C> {
    const TABLE: [Row; ALL_CLASSES] = rows!(branch_row, C);
}

/// Branch handlers of every class.
pub(crate) fn branches<C: Condition>(a: usize, b: usize) -> Handler {
    Branches::<C>::TABLE[a][b]
}

/// Handlers of indirect jumps without a link.
pub(crate) fn jumps(a: usize) -> Handler {
    const TABLE: Row = row!(jump_register);
    TABLE[a]
}

const fn call_row<const D: u8>() -> [Handler; CLASSES] {
    [call_register::<D, 0>, call_register::<D, 1>, call_register::<D, 2>, call_register::<D, 3>, call_register::<D, 4>]
}

/// Handlers of indirect jumps with a link, fixed registers excepted.
pub(crate) fn calls(d: usize, a: usize) -> Handler {
    const TABLE: [[Handler; CLASSES]; CLASSES] =
        [call_row::<0>(), call_row::<1>(), call_row::<2>(), call_row::<3>(), call_row::<4>()];
    TABLE[d][a]
}
