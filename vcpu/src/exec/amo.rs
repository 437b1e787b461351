//! A: atomic read-modify-writes on RAM. Load-reserved and store-conditional are in [`super::reserved`].
//!
//! The fast path is one look into the TLB and the host's own atomics, as for loads and stores; pages that the TLB does not have, faults and
//! traced instructions take the slow one. Addresses and results have handlers for each class; an operand is picked among the registers at run time,
//! which is less than the host's atomic takes.
//!
//! `aq` and `rl` together, and either alone, are RCsc in RISC-V (Unprivileged, 14.1): [`order`] says what that is on the host. An ordered atomic
//! is a guest fence: the topology is polled after it.
#![allow(unsafe_code)] // Handlers: see `op`. Guest memory is reached by host address.

use std::sync::atomic::Ordering;

use manyhart_runtime::ram::atomics::{self, Word};
use manyhart_runtime::ram::order;

use crate::exec::mem::probe_store;
use crate::exec::system::raise;
use crate::hart::{Fault, Hart};
use crate::op::{CLASSES, Handler, Op, Operands, any, get, handler, lend, set, spill, tail, take_back};
use crate::watch::WatchKind;

/// A width, and its values in registers.
pub(crate) trait Width: Word {
    fn narrow(value: u64) -> Self;
    /// Sign-extended.
    fn extend(self) -> u64;
}

impl Width for u32 {
    #[inline(always)]
    fn narrow(value: u64) -> u32 {
        value as u32
    }
    #[inline(always)]
    fn extend(self) -> u64 {
        self as i32 as u64
    }
}

impl Width for u64 {
    #[inline(always)]
    fn narrow(value: u64) -> u64 {
        value
    }
    #[inline(always)]
    fn extend(self) -> u64 {
        self
    }
}

/// A read-modify-write: returns what was there.
pub(crate) trait Amo {
    /// # Safety
    /// `ptr` is aligned to the width, in a block of the view that the reader holds.
    unsafe fn apply<W: Width>(ptr: *mut u8, operand: W, order: Ordering) -> W;
}

macro_rules! amos {
    ($($name:ident $function:ident;)*) => {$(
        pub(crate) struct $name;
        impl Amo for $name {
            #[inline(always)]
            unsafe fn apply<W: Width>(ptr: *mut u8, operand: W, order: Ordering) -> W {
                // SAFETY: the caller's.
                unsafe { atomics::$function(ptr, operand, order) }
            }
        }
    )*};
}
amos! {
    Swap swap;
    Add fetch_add;
    Xor fetch_xor;
    And fetch_and;
    Or fetch_or;
    Min fetch_min_signed;
    Max fetch_max_signed;
    Minu fetch_min_unsigned;
    Maxu fetch_max_unsigned;
}

/// The immediate of an atomic that has `aq` or `rl`.
pub(crate) const ORDERED: i32 = 1;

/// The class of a result that nobody wants: the host has read-modify-writes that return nothing, and they are faster.
const NOWHERE: u8 = CLASSES as u8;

/// Goes on after an atomic that succeeded in the fast path: an ordered one polls the topology.
macro_rules! go_on {
    ($hart:ident, $op:ident, $o:ident, $r:ident) => {{
        #[cfg(feature = "planted-bugs")]
        if crate::planted::is(crate::planted::Bug::AtomicUnpolled) {
            $crate::op::next!($hart, $op, $r)
        }
        if $o.imm == ORDERED && $hart.reader.must_check() {
            $crate::op::tail!($crate::exec::amo::leave_after, $hart, $op, $r)
        }
        $crate::op::next!($hart, $op, $r)
    }};
}
pub(crate) use go_on;

/// The same in the slow path, which may have dropped what the block was entered under.
macro_rules! go_on_slowly {
    ($hart:ident, $op:ident, $o:ident) => {{
        // SAFETY: the handler's contract.
        if unsafe { $o.imm == ORDERED && $hart.poll($op) || $hart.must_leave($op) } {
            return;
        }
        let r = $crate::op::reload($hart);
        $crate::op::next!($hart, $op, r)
    }};
}
pub(crate) use go_on_slowly;

handler! {
    fn amo [A: Amo, W: Width, const D: u8, const X: u8] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = get::<X>(hart, o.a, &r);
        let operand = any(hart, o.b, &r);
        let operand = W::narrow(lend(hart, &r, operand));
        let Some(ptr) = probe_store::<W>(hart, va) else {
            take_back(hart, &mut r);
            tail!(amo_slow::<A, W>, hart, op, r)
        };
        // SAFETY: a TLB entry leads into a block of the snapshot that the reader holds, and was compared with the address's alignment.
        let old = order::modify(o.imm == ORDERED, |order| unsafe { A::apply(ptr, operand, order) });
        take_back(hart, &mut r);
        if D != NOWHERE {
            set::<D>(hart, o.rd, &mut r, old.extend());
        }
        go_on!(hart, op, o, r)
    }

    #[cold]
    #[inline(never)]
    fn amo_slow [A: Amo, W: Width] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        match hart.amo::<A, W>(o) {
            Ok(()) => go_on_slowly!(hart, op, o),
            Err(fault) => raise!(hart, op, r, fault),
        }
    }

    /// Back to the hart's loop after an instruction that completed.
    #[cold]
    #[inline(never)]
    pub(crate) fn leave_after [] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        unsafe { hart.leave_after(op) }
    }
}

/// The slow paths. Their pointers are aligned RAM of the view.
impl Hart {
    fn amo<A: Amo, W: Width>(&mut self, o: &Operands) -> Result<(), Fault> {
        let va = self.x_slot(o.a);
        let operand = W::narrow(self.x_slot(o.b));
        let (old, ptr) = self.atomic_store(va, W::SIZE as u8, |ptr| {
            // SAFETY: `atomic_store` hands out aligned RAM of the view.
            (order::modify(o.imm == ORDERED, |order| unsafe { A::apply(ptr, operand, order) }), ptr)
        })?;
        self.set_x_slot(o.rd, old.extend());
        self.note_watched(va, W::SIZE as u8, WatchKind::Access);
        if self.trace.is_some() {
            // SAFETY: as above.
            let new = unsafe { atomics::load::<W>(ptr) }.to_u64();
            self.note_memory(va, W::SIZE as u8, Some(new));
        }
        Ok(())
    }
}

type Row = [Handler; CLASSES];

const fn amo_row<A: Amo, W: Width, const D: u8>() -> Row {
    [amo::<A, W, D, 0>, amo::<A, W, D, 1>, amo::<A, W, D, 2>, amo::<A, W, D, 3>, amo::<A, W, D, 4>]
}

struct AmoTable<A, W>(A, W);
impl<A: Amo, W: Width> AmoTable<A, W> {
    const TABLE: [Row; CLASSES + 1] = [
        amo_row::<A, W, 0>(),
        amo_row::<A, W, 1>(),
        amo_row::<A, W, 2>(),
        amo_row::<A, W, 3>(),
        amo_row::<A, W, 4>(),
        amo_row::<A, W, NOWHERE>(),
    ];
}

/// The handler of a read-modify-write, given the classes of its result, unless nobody wants that, and of its address.
pub(crate) fn amos<A: Amo, W: Width>(d: Option<usize>, x: usize) -> Handler {
    AmoTable::<A, W>::TABLE[d.unwrap_or(usize::from(NOWHERE))][x]
}
