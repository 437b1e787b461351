//! A: load-reserved, store-conditional, and atomic read-modify-writes on RAM.
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
use manyhart_runtime::ram::monitor::{self, Token};
use manyhart_runtime::ram::order;

use crate::caches::Reservation;
use crate::exec::mem::{probe_load, probe_store};
use crate::exec::system::raise;
use crate::hart::{Fault, Hart};
use crate::op::{CLASSES, Handler, Op, Operands, any, get, handler, next, reload, set, spill, tail};
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
            next!($hart, $op, $r)
        }
        if $o.imm == ORDERED && $hart.reader.must_check() {
            tail!(leave_after, $hart, $op, $r)
        }
        next!($hart, $op, $r)
    }};
}

/// The same in the slow path, which may have dropped what the block was entered under.
macro_rules! go_on_slowly {
    ($hart:ident, $op:ident, $o:ident) => {{
        // SAFETY: the handler's contract.
        if unsafe { $o.imm == ORDERED && $hart.poll($op) || $hart.must_leave($op) } {
            return;
        }
        let r = reload($hart);
        next!($hart, $op, r)
    }};
}

/// Before an ordered load-reserved watches anything: what this hart stored before is seen by then.
#[inline(always)]
fn fence_before(o: &Operands) {
    if o.imm == ORDERED {
        order::before_reserved();
    }
}

/// Loads a value and reserves its place, which is watched by this token.
///
/// # Safety
/// `ptr` is aligned RAM of the view that the reader holds.
#[inline(always)]
unsafe fn reserve<W: Width>(hart: &mut Hart, ptr: *mut u8, token: Token) -> W {
    // SAFETY: the caller's.
    let value = unsafe { atomics::load::<W>(ptr) };
    order::after_reserved();
    hart.caches.reservation = Some(Reservation { place: place::<W>(ptr), value: value.to_u64(), token });
    value
}

/// Stores a value if its place is reserved, and says whether it did. Whatever comes of it, it ends the reservation.
///
/// # Safety
/// As for [`reserve`].
#[inline(always)]
unsafe fn store_reserved<W: Width>(reservation: Option<Reservation>, ptr: *mut u8, new: W, order: Ordering) -> bool {
    let Some(reservation) = reservation else { return false };
    #[cfg(feature = "planted-bugs")]
    if crate::planted::is(crate::planted::Bug::ScUnwatched) {
        // SAFETY: the caller's.
        unsafe { atomics::store(ptr, new) };
        return true;
    }
    if reservation.place != place::<W>(ptr) {
        return false;
    }
    let stored = monitor::claim(ptr.addr(), reservation.token)
        // SAFETY: the caller's.
        && unsafe { atomics::compare_exchange(ptr, W::narrow(reservation.value), new, order) }.is_ok();
    if !stored {
        give_way();
    }
    stored
}

/// As [`Reservation::place`] has it.
#[inline(always)]
fn place<W: Width>(ptr: *mut u8) -> usize {
    ptr.addr() | usize::from(W::SIZE == 8)
}

/// After a reservation was lost: somebody else wants the line now, and gets on with it sooner when it is not asked for again at once. Not after
/// every store-conditional that fails: kernels execute one without a reservation at each return from a trap.
#[inline(always)]
fn give_way() {
    for _ in 0..PAUSES {
        std::hint::spin_loop();
    }
}

/// Long enough for another hart to come through some rounds of its loop while the line is its own; less than a microsecond.
const PAUSES: u32 = 64;

/// What a store-conditional returns.
#[inline(always)]
fn failure(stored: bool) -> u64 {
    #[cfg(feature = "planted-bugs")]
    let stored = stored ^ crate::planted::is(crate::planted::Bug::ScInverted);
    u64::from(!stored)
}

handler! {
    fn amo [A: Amo, W: Width, const D: u8, const X: u8] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = get::<X>(hart, o.a, &r);
        let Some(ptr) = probe_store::<W>(hart, va) else { tail!(amo_slow::<A, W>, hart, op, r) };
        let operand = W::narrow(any(hart, o.b, &r));
        // SAFETY: a TLB entry leads into a block of the snapshot that the reader holds, and was compared with the address's alignment.
        let old = order::modify(o.imm == ORDERED, |order| unsafe { A::apply(ptr, operand, order) });
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

    fn lr [W: Width, const D: u8, const X: u8] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = get::<X>(hart, o.a, &r);
        let Some(ptr) = probe_load::<W>(hart, va) else { tail!(lr_slow::<W>, hart, op, r) };
        fence_before(o);
        let Some(token) = monitor::watch_quickly(ptr.addr(), &mut hart.caches.tokens) else { tail!(lr_slow::<W>, hart, op, r) };
        // SAFETY: as in `amo`.
        let value = unsafe { reserve::<W>(hart, ptr, token) };
        set::<D>(hart, o.rd, &mut r, value.extend());
        go_on!(hart, op, o, r)
    }

    #[cold]
    #[inline(never)]
    fn lr_slow [W: Width] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        match hart.load_reserved::<W>(o) {
            Ok(()) => go_on_slowly!(hart, op, o),
            Err(fault) => raise!(hart, op, r, fault),
        }
    }

    fn sc [W: Width, const D: u8, const X: u8] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = get::<X>(hart, o.a, &r);
        let Some(ptr) = probe_store::<W>(hart, va) else { tail!(sc_slow::<W>, hart, op, r) };
        let new = W::narrow(any(hart, o.b, &r));
        let reservation = hart.caches.reservation.take();
        // SAFETY: as in `amo`.
        let stored = order::modify(o.imm == ORDERED, |order| unsafe { store_reserved(reservation, ptr, new, order) });
        set::<D>(hart, o.rd, &mut r, failure(stored));
        go_on!(hart, op, o, r)
    }

    #[cold]
    #[inline(never)]
    fn sc_slow [W: Width] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        match hart.store_conditional::<W>(o) {
            Ok(()) => go_on_slowly!(hart, op, o),
            Err(fault) => raise!(hart, op, r, fault),
        }
    }

    /// Back to the hart's loop after an instruction that completed.
    #[cold]
    #[inline(never)]
    fn leave_after [] (hart, op, r) {
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

    fn load_reserved<W: Width>(&mut self, o: &Operands) -> Result<(), Fault> {
        let va = self.x_slot(o.a);
        let ptr = self.reserved_address(va, W::SIZE as u8)?;
        fence_before(o);
        let token = monitor::watch(ptr.addr(), &mut self.caches.tokens);
        // SAFETY: `reserved_address` returns aligned RAM of the view.
        let value = unsafe { reserve::<W>(self, ptr, token) };
        self.set_x_slot(o.rd, value.extend());
        self.note_memory(va, W::SIZE as u8, None);
        Ok(())
    }

    fn store_conditional<W: Width>(&mut self, o: &Operands) -> Result<(), Fault> {
        let va = self.x_slot(o.a);
        // Taken whatever comes of it, also where the address faults.
        let reservation = self.caches.reservation.take();
        let new = W::narrow(self.x_slot(o.b));
        let stored = self.atomic_store(va, W::SIZE as u8, |ptr| {
            // SAFETY: `atomic_store` hands out aligned RAM of the view.
            order::modify(o.imm == ORDERED, |order| unsafe { store_reserved(reservation, ptr, new, order) })
        })?;
        self.set_x_slot(o.rd, failure(stored));
        if stored {
            self.note_memory(va, W::SIZE as u8, Some(new.to_u64()));
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

/// Tables of handlers by the classes of the result and of the address.
macro_rules! tables {
    ($($(#[$meta:meta])* $function:ident $row:ident $handler:ident;)*) => {$(
        const fn $row<W: Width, const D: u8>() -> Row {
            [$handler::<W, D, 0>, $handler::<W, D, 1>, $handler::<W, D, 2>, $handler::<W, D, 3>, $handler::<W, D, 4>]
        }

        $(#[$meta])*
        pub(crate) fn $function<W: Width>(d: usize, x: usize) -> Handler {
            let rows = const { [$row::<W, 0>(), $row::<W, 1>(), $row::<W, 2>(), $row::<W, 3>(), $row::<W, 4>()] };
            rows[d][x]
        }
    )*};
}
tables! {
    /// The handler of a load-reserved.
    load_reserved lr_row lr;
    /// The handler of a store-conditional.
    store_conditional sc_row sc;
}
