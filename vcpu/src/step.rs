//! What an instruction does, apart from going on with the next one: the one source of semantics for handlers of single ops and of fused pairs.
//!
//! A [`Step`] is the work of one op. Where it cannot be done here and now (a TLB miss, a branch that is taken) the step has done nothing, and
//! [`Step::OTHERWISE`] takes the op in tail position. So a pair is its two steps one after the other, and a fault in the second half is that op's own.
//! A [`Key`] says which step an op takes; pairs are found by two of them.
#![allow(unsafe_code)] // Steps are the bodies of handlers: see `op`.

use crate::exec::flow::leave;
use crate::hart::Hart;
use crate::op::{Handler, MEM, Op, forget_memory};

/// The work of one op.
pub(crate) trait Step {
    /// Which step it is.
    const KEY: Key;
    /// What takes the op where [`Step::step`] says no. Never used for a step that always says yes.
    const OTHERWISE: Handler = leave;

    /// Does the work; false if nothing was done.
    ///
    /// # Safety
    /// As for handlers: `op` is an op of a live block, of this kind, followed by the ops that its kind promises.
    unsafe fn step(hart: &mut Hart, op: *const Op, r: &mut [u64; 4]) -> bool;
}

/// Does an op's step, or ends in the handler that takes the op otherwise.
macro_rules! perform {
    ($step:ty, $hart:ident, $op:ident, $r:ident) => {
        // SAFETY: the handler's contract.
        if !unsafe { <$step as $crate::step::Step>::step($hart, $op, &mut $r) } {
            $crate::op::tail!(<$step as $crate::step::Step>::OTHERWISE, $hart, $op, $r)
        }
    };
}
pub(crate) use perform;

/// Stands between the two steps of a pair where the compiler, seeing both, would want more registers than there are: as if the second began as a
/// handler of its own, with nothing known of memory where both touch the guest's or the second takes up what the first has left in the hart, and
/// nothing of how the resident registers came about.
#[inline(always)]
pub(crate) fn between<X: Step, Y: Step>(hart: &mut Hart, r: &mut [u64; 4]) {
    let [r0, r1, r2, r3] = r;
    if is_access(X::KEY) && is_access(Y::KEY) {
        // SAFETY: no instruction at all.
        unsafe {
            std::arch::asm!(
                "/* {0} {1} {2} {3} */",
                inout(reg) * r0,
                inout(reg) * r1,
                inout(reg) * r2,
                inout(reg) * r3,
                options(nostack, preserves_flags)
            );
        }
    } else if matches!(Y::KEY.shape, Shape::Store | Shape::Jump | Shape::Call) {
        // SAFETY: as above.
        unsafe {
            std::arch::asm!(
                "/* {0} {1} {2} {3} */",
                inout(reg) * r0,
                inout(reg) * r1,
                inout(reg) * r2,
                inout(reg) * r3,
                options(nostack, preserves_flags, nomem)
            );
        }
    }
    if reads_anew(X::KEY, Y::KEY) {
        forget_memory(hart);
    }
}

const fn is_access(key: Key) -> bool {
    matches!(key.shape, Shape::Load | Shape::Store)
}

/// Whether the second of two steps takes from the hart what the first has had in a register already: of an access and a sum of one of its registers, of a
/// sum and the store of it or of what it is of, and of a call that links by memory.
const fn reads_anew(x: Key, y: Key) -> bool {
    let [result, left, right] = x.classes;
    match y.shape {
        Shape::Store => {
            let is_sum = matches!(x.shape, Shape::Rr | Shape::Ri);
            is_sum && (is_same(result, y.classes[2]) || is_same(left, y.classes[2]))
        }
        Shape::Ri => is_access(x) && (is_same(left, y.classes[1]) || is_same(right, y.classes[1])),
        Shape::Call => y.classes[0] >= MEM,
        _ => false,
    }
}

/// Whether both may be the same register in memory.
const fn is_same(a: u8, b: u8) -> bool {
    a == b && a >= MEM
}

/// The body of a handler: one step, and on.
macro_rules! single {
    ($step:ty, $hart:ident, $op:ident, $r:ident) => {{
        $crate::step::perform!($step, $hart, $op, $r);
        $crate::op::next!($hart, $op, $r, <$step as $crate::step::Step>::KEY.ops())
    }};
}
pub(crate) use single;

/// What a step's operands are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Shape {
    /// Register and register.
    Rr,
    /// Register and immediate.
    Ri,
    /// A 64-bit constant.
    Constant,
    Load,
    Store,
    Branch,
    /// An indirect jump.
    Jump,
    /// An indirect jump that links.
    Call,
    /// On at an address.
    GotoFar,
}

/// A function, a width or a condition, by its type's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[rustfmt::skip]
pub(crate) enum Code {
    /// The shape says it all.
    None,
    Add, Sub, And, Or, Xor, Sll, Srl, Sra, Slt, Sltu, Addw, Subw, Sllw, Srlw, Sraw, Mul, Mulw, Mulh, Mulhu, Mulhsu,
    Div, Divu, Rem, Remu, Divw, Divuw, Remw, Remuw, First, Second,
    AddUw, Sh1add, Sh2add, Sh3add, Sh1addUw, Sh2addUw, Sh3addUw, SlliUw, Andn, Orn, Xnor, Max, Maxu, Min, Minu, Rol, Ror,
    Rolw, Rorw, Clz, Ctz, Cpop, Clzw, Ctzw, Cpopw, SextB, SextH, ZextH, Rev8, OrcB, Clmul, Clmulh, Clmulr, Bclr, Bext,
    Binv, Bset,
    Lb, Lh, Lw, Ld, Lbu, Lhu, Lwu, Flw, Fld, Sb, Sh, Sw, Sd,
    Eq, Ne, Lt, Ge, Ltu, Geu,
}

/// Which step an op takes: its shape, its function, and the classes of its operands, destination first. An operand that it has not is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub shape: Shape,
    pub code: Code,
    pub classes: [u8; 3],
}

impl Key {
    /// How many ops the step takes.
    pub const fn ops(self) -> usize {
        match self.shape {
            Shape::Constant | Shape::Branch => 2,
            _ => 1,
        }
    }
}
