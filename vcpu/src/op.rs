//! The unit of translated code, and the calling convention of its handlers.
//!
//! A block is a row of 16-byte [`Op`]s. Each names its handler, a function that does the work of one guest instruction and
//! ends by calling the next op's handler in tail position, which the compiler turns into an indirect jump: a guest program
//! runs as a chain of jumps without a loop or a dispatcher, and the host predicts each jump at its own place.
//!
//! What must not exist in a hot handler: a stack slot, a call that returns, or a next op that is chosen by data (a select
//! there serialises everything). Cold work stands in functions of its own that are called in tail position too.
//!
//! Four guest registers travel in argument registers ([`RESIDENT`]); the others stand in `Hart::x`. While handlers run, the
//! memory slots of the resident ones are stale; [`spill`] writes them back and [`reload`] takes them up again. Handlers are
//! generic over the *class* of each operand: 0–3 a resident register, [`MEM`] any other by its number, and where it pays the
//! classes above for registers whose slot is part of the code ([`FIXED`]).
#![allow(unsafe_code)] // Ops point at each other and at their block; handlers follow those pointers.

use std::hint::select_unpredictable;

use crate::block::Block;
use crate::hart::Hart;

/// What executes one op: the hart, the op, and the resident registers.
#[cfg(target_arch = "x86_64")]
pub(crate) type Handler = unsafe extern "sysv64" fn(&mut Hart, *const Op, u64, u64, u64, u64);
/// What executes one op: the hart, the op, and the resident registers.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) type Handler = unsafe extern "C" fn(&mut Hart, *const Op, u64, u64, u64, u64);

/// Defines handlers with the ABI of [`Handler`]. All of them have one safety contract: `op` is an op of a live block, of the kind that the
/// handler serves, followed by the ops that its kind promises.
macro_rules! handler {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident [$($generics:tt)*] ($hart:ident, $op:ident, $r:ident) $body:block)*) => {$(
        #[cfg(target_arch = "x86_64")]
        $(#[$meta])*
        $vis unsafe extern "sysv64" fn $name<$($generics)*>(
            $hart: &mut $crate::hart::Hart, $op: *const $crate::op::Op, r0: u64, r1: u64, r2: u64, r3: u64,
        ) {
            #[allow(unused_mut, reason = "not every handler writes a register")]
            let mut $r = [r0, r1, r2, r3];
            $body
        }
        #[cfg(not(target_arch = "x86_64"))]
        $(#[$meta])*
        $vis unsafe extern "C" fn $name<$($generics)*>(
            $hart: &mut $crate::hart::Hart, $op: *const $crate::op::Op, r0: u64, r1: u64, r2: u64, r3: u64,
        ) {
            #[allow(unused_mut, reason = "not every handler writes a register")]
            let mut $r = [r0, r1, r2, r3];
            $body
        }
    )*};
}
pub(crate) use handler;

/// Calls a handler-shaped function in tail position.
macro_rules! tail {
    ($function:expr, $hart:ident, $op:expr, $r:ident) => {{
        // SAFETY: the handler's contract: the function serves this op, and the op belongs to a live block.
        return unsafe { ($function)($hart, $op, $r[0], $r[1], $r[2], $r[3]) };
    }};
}
pub(crate) use tail;

/// Goes on with the op that stands `$step` further.
macro_rules! next {
    ($hart:ident, $op:ident, $r:ident) => {
        $crate::op::next!($hart, $op, $r, 1)
    };
    ($hart:ident, $op:ident, $r:ident, $step:expr) => {{
        // SAFETY: a block always ends in an op that leaves it, so an op that goes on is followed by another.
        let (next, function) = unsafe {
            let next = $op.add($step);
            (next, (*next).handler)
        };
        $crate::op::tail!(function, $hart, next, $r)
    }};
}
pub(crate) use next;

/// The operands of an ordinary op.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Operands {
    /// An immediate; for ops that leave the block, how many instructions have then retired in it.
    pub imm: i32,
    /// Destination register, [`SINK`] for x0.
    pub rd: u8,
    /// First source register.
    pub a: u8,
    /// Second source register.
    pub b: u8,
    /// How many ops lie between this one and its block's header.
    pub slot: u8,
}

/// What an op carries beside its handler.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) union Payload {
    /// Of an ordinary op.
    pub operands: Operands,
    /// Of a constant's second op.
    pub value: u64,
    /// Of a link: the op to go on with. A link that leads nowhere yet leads to itself.
    pub target: *const Op,
    /// Of a header.
    pub block: *const Block,
}

/// One step of translated code.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub(crate) struct Op {
    pub handler: Handler,
    pub payload: Payload,
}

const _: () = assert!(size_of::<Op>() == 16 || size_of::<usize>() != 8);

/// The guest registers that travel in argument registers: a0, a5, a4, a3, those that compilers use most.
pub(crate) const RESIDENT: [usize; 4] = [10, 15, 14, 13];
/// The class of every register that has no other.
pub(crate) const MEM: u8 = 4;
/// How many classes there are for operands that know resident registers alone.
pub(crate) const CLASSES: usize = 5;
/// The registers whose class says which they are: sp, s0, a1, a2.
pub(crate) const FIXED: [usize; 4] = [2, 8, 11, 12];
/// How many classes there are for operands that know the fixed ones too.
pub(crate) const ALL_CLASSES: usize = CLASSES + FIXED.len();
/// The slot that takes what is written to x0.
pub(crate) const SINK: u8 = 32;

/// The class of a register where only resident ones are told apart.
pub(crate) fn class(reg: u8) -> usize {
    RESIDENT.iter().position(|&r| r == usize::from(reg)).unwrap_or(usize::from(MEM))
}

/// The class of a register where fixed ones are told apart too.
pub(crate) fn full_class(reg: u8) -> usize {
    FIXED.iter().position(|&r| r == usize::from(reg)).map_or_else(|| class(reg), |fixed| CLASSES + fixed)
}

/// A row of handlers, one for each of [`ALL_CLASSES`]: `row!(name::<Type, 3, _>)` without the last argument.
macro_rules! row {
    ($name:ident $(, $argument:tt)*) => {
        [
            $name::<$($argument,)* 0>, $name::<$($argument,)* 1>, $name::<$($argument,)* 2>, $name::<$($argument,)* 3>,
            $name::<$($argument,)* 4>, $name::<$($argument,)* 5>, $name::<$($argument,)* 6>, $name::<$($argument,)* 7>,
            $name::<$($argument,)* 8>,
        ]
    };
}
pub(crate) use row;

/// The results of a constant function for each of [`ALL_CLASSES`].
macro_rules! rows {
    ($name:ident $(, $argument:tt)*) => {
        [
            $name::<$($argument,)* 0>(), $name::<$($argument,)* 1>(), $name::<$($argument,)* 2>(),
            $name::<$($argument,)* 3>(), $name::<$($argument,)* 4>(), $name::<$($argument,)* 5>(),
            $name::<$($argument,)* 6>(), $name::<$($argument,)* 7>(), $name::<$($argument,)* 8>(),
        ]
    };
}
pub(crate) use rows;

impl Op {
    /// The operands. Only for ordinary ops.
    ///
    /// # Safety
    /// `op` is an ordinary op of a live block.
    #[inline(always)]
    pub unsafe fn operands<'a>(op: *const Op) -> &'a Operands {
        // SAFETY: the caller's; while handlers run, no op but a link's target is written.
        unsafe { &(*op).payload.operands }
    }
}

/// The value of a source operand of class `C`.
#[inline(always)]
pub(crate) fn get<const C: u8>(hart: &Hart, index: u8, r: &[u64; 4]) -> u64 {
    match C {
        ..MEM => r[C as usize],
        MEM => hart.x_slot(index),
        _ => hart.x_slot(FIXED[C as usize - CLASSES] as u8),
    }
}

/// The value of a source operand of any class: what is not worth a handler for each. Without a branch, of which the host would have to guess one for
/// all instructions that share the handler.
#[inline(always)]
pub(crate) fn any(hart: &Hart, index: u8, r: &[u64; 4]) -> u64 {
    let of = |value, at: usize| select_unpredictable(usize::from(index) == RESIDENT[at], r[at], value);
    of(of(of(of(hart.x_slot(index), 0), 1), 2), 3)
}

/// Writes a destination operand of class `C`.
#[inline(always)]
pub(crate) fn set<const C: u8>(hart: &mut Hart, index: u8, r: &mut [u64; 4], value: u64) {
    match C {
        ..MEM => r[C as usize] = value,
        MEM => hart.set_x_slot(index, value),
        _ => hart.set_x_slot(FIXED[C as usize - CLASSES] as u8, value),
    }
}

/// The same value. Compilers keep a sum that is used twice in its parts as long as they can, or in more than one form, and then there is one
/// register too few for a handler without a stack.
#[inline(always)]
pub(crate) fn in_one_register(mut value: u64) -> u64 {
    // SAFETY: no instruction at all.
    unsafe { std::arch::asm!("/* {0} */", inout(reg) value, options(pure, nomem, nostack, preserves_flags)) };
    value
}

/// The hart's loads and stores stay on their side of this, and what was loaded before is loaded again: for handlers that would otherwise keep too much
/// at once.
#[inline(always)]
pub(crate) fn forget_memory(hart: &mut Hart) {
    // SAFETY: no instruction at all. It is given the hart, which compilers take for nobody else's.
    unsafe { std::arch::asm!("/* {0} */", in(reg) hart, options(nostack, preserves_flags)) };
}

/// The same value, in a register before anything that comes after is loaded or stored: left to themselves compilers make a value late, and keep until then all
/// that it comes from. What was loaded before is loaded again, as by [`forget_memory`].
#[inline(always)]
pub(crate) fn settled(hart: &mut Hart, mut value: u64) -> u64 {
    // SAFETY: as in `forget_memory`.
    unsafe { std::arch::asm!("/* {0} {1} */", in(reg) hart, inout(reg) value, options(nostack, preserves_flags)) };
    value
}

/// The resident register that is lent, of [`RESIDENT`].
const LENT: usize = 3;

/// Puts one resident register into its memory slot until [`take_back`], for handlers that need one register more than are free and have no use for this one
/// any more: a store and a load, and no stack. Returns `value`, an operand, [`settled`]: it may have come out of that register.
#[inline(always)]
pub(crate) fn lend(hart: &mut Hart, r: &[u64; 4], value: u64) -> u64 {
    hart.set_x_slot(RESIDENT[LENT] as u8, r[LENT]);
    settled(hart, value)
}

/// Takes up what [`lend`] has put away, before anything else is written to a register.
#[inline(always)]
pub(crate) fn take_back(hart: &Hart, r: &mut [u64; 4]) {
    r[LENT] = hart.x_slot(RESIDENT[LENT] as u8);
}

/// Writes the resident registers to their memory slots.
#[inline(always)]
pub(crate) fn spill(hart: &mut Hart, r: &[u64; 4]) {
    for (value, index) in r.iter().zip(RESIDENT) {
        hart.set_x_slot(index as u8, *value);
    }
}

/// As [`spill`], for a handler that works on memory alone until its [`reload`], since it needs more registers than are free: it has those of the resident
/// ones then, for stores and loads that cost no more than a push and a pop each, and no choice among registers.
#[inline(always)]
pub(crate) fn put_away(hart: &mut Hart, r: &[u64; 4]) {
    spill(hart, r);
    // Else compilers know what the slots hold, and keep it in the registers.
    forget_memory(hart);
}

/// What goes to a handler in the registers' place while they are in memory: nobody reads it.
pub(crate) const PUT_AWAY: [u64; 4] = [0; 4];

/// The resident registers, from their memory slots.
#[inline(always)]
pub(crate) fn reload(hart: &Hart) -> [u64; 4] {
    RESIDENT.map(|index| hart.x_slot(index as u8))
}
