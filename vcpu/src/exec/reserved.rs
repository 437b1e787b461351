//! A: load-reserved and store-conditional on RAM.
//!
//! The fast path is as for the other atomics, see [`super::amo`], with all registers in memory: what is to be done takes more of them than are free, and so
//! long that handlers for each class would not be noticed.
#![allow(unsafe_code)] // Handlers: see `op`. Guest memory is reached by host address.

use std::sync::atomic::Ordering;

use manyhart_runtime::ram::atomics;
use manyhart_runtime::ram::monitor::{self, Token};
use manyhart_runtime::ram::order;

use crate::caches::Reservation;
use crate::exec::amo::{ORDERED, Width, go_on, go_on_slowly};
use crate::exec::mem::{probe_load, probe_store};
use crate::exec::system::raise;
use crate::hart::{Fault, Hart};
use crate::op::{Handler, Op, Operands, PUT_AWAY, handler, put_away, reload, tail};

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

/// What came of a store-conditional.
#[derive(Clone, Copy)]
enum Outcome {
    Stored,
    /// Nothing is reserved there.
    Refused,
    /// What was reserved there went to somebody else.
    Lost,
}

/// Stores a value if its place is reserved. Whatever comes of it, the reservation is to end.
///
/// # Safety
/// As for [`reserve`].
#[inline(always)]
unsafe fn store_reserved<W: Width>(
    reservation: &Option<Reservation>, // by reference: to hold all of it at once would take more registers than are free
    ptr: *mut u8,
    new: W,
    order: Ordering,
) -> Outcome {
    let Some(reservation) = reservation else { return Outcome::Refused };
    #[cfg(feature = "planted-bugs")]
    if crate::planted::is(crate::planted::Bug::ScUnwatched) {
        // SAFETY: the caller's.
        unsafe { atomics::store(ptr, new) };
        return Outcome::Stored;
    }
    if reservation.place != place::<W>(ptr) {
        return Outcome::Refused;
    }
    let stored = monitor::claim(ptr.addr(), reservation.token)
        // SAFETY: the caller's.
        && unsafe { atomics::compare_exchange(ptr, W::narrow(reservation.value), new, order) }.is_ok();
    if stored { Outcome::Stored } else { Outcome::Lost }
}

/// As [`Reservation::place`] has it.
#[inline(always)]
fn place<W: Width>(ptr: *mut u8) -> usize {
    ptr.addr() | usize::from(W::SIZE == 8)
}

/// After a reservation was lost: somebody else wants the line now, and gets on with it sooner when it is not asked for again at once. Not after
/// every store-conditional that fails: kernels execute one without a reservation at each return from a trap.
fn give_way() {
    for _ in 0..PAUSES {
        std::hint::spin_loop();
    }
}

/// Long enough for another hart to come through some rounds of its loop while the line is its own; less than a microsecond.
const PAUSES: u32 = 64;

/// What a store-conditional returns.
#[inline(always)]
fn failure(outcome: Outcome) -> u64 {
    let failed = !matches!(outcome, Outcome::Stored);
    #[cfg(feature = "planted-bugs")]
    let failed = failed ^ crate::planted::is(crate::planted::Bug::ScInverted);
    u64::from(failed)
}

handler! {
    fn lr [W: Width] (hart, op, r) {
        put_away(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = hart.x_slot(o.a);
        let Some(ptr) = probe_load::<W>(hart, va) else { tail!(lr_slow::<W>, hart, op, PUT_AWAY) };
        fence_before(o);
        let Some(token) = monitor::watch_quickly(ptr.addr(), &mut hart.caches.tokens) else { tail!(lr_slow::<W>, hart, op, PUT_AWAY) };
        // SAFETY: a TLB entry leads into a block of the snapshot that the reader holds, and was compared with the address's alignment.
        let value = unsafe { reserve::<W>(hart, ptr, token) };
        hart.set_x_slot(o.rd, value.extend());
        let r = reload(hart);
        go_on!(hart, op, o, r)
    }

    #[cold]
    #[inline(never)]
    fn lr_slow [W: Width] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        match hart.load_reserved::<W>(o) {
            Ok(()) => go_on_slowly!(hart, op, o),
            Err(fault) => raise!(hart, op, r, fault),
        }
    }

    fn sc [W: Width] (hart, op, r) {
        put_away(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = hart.x_slot(o.a);
        let Some(ptr) = probe_store::<W>(hart, va) else { tail!(sc_slow::<W>, hart, op, PUT_AWAY) };
        let new = W::narrow(hart.x_slot(o.b));
        let reservation = &hart.caches.reservation;
        // SAFETY: as in `lr`.
        let outcome = order::modify(o.imm == ORDERED, |order| unsafe { store_reserved(reservation, ptr, new, order) });
        hart.caches.reservation = None;
        // Not by `==`, which borrows: where that is not inlined, the outcome is on the stack, and the last call is no jump.
        if matches!(outcome, Outcome::Lost) { tail!(sc_lost, hart, op, PUT_AWAY) }
        hart.set_x_slot(o.rd, failure(outcome));
        let r = reload(hart);
        go_on!(hart, op, o, r)
    }

    /// Ends a store-conditional whose reservation was lost: somebody else is to come through first.
    #[cold]
    #[inline(never)]
    fn sc_lost [] (hart, op, _r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        give_way();
        hart.set_x_slot(o.rd, failure(Outcome::Lost));
        go_on_slowly!(hart, op, o)
    }

    #[cold]
    #[inline(never)]
    fn sc_slow [W: Width] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        match hart.store_conditional::<W>(o) {
            Ok(()) => go_on_slowly!(hart, op, o),
            Err(fault) => raise!(hart, op, r, fault),
        }
    }
}

/// The slow paths. Their pointers are aligned RAM of the view.
impl Hart {
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
        let outcome = self.atomic_store(va, W::SIZE as u8, |ptr| {
            // SAFETY: `atomic_store` hands out aligned RAM of the view.
            order::modify(o.imm == ORDERED, |order| unsafe { store_reserved(&reservation, ptr, new, order) })
        })?;
        self.set_x_slot(o.rd, failure(outcome));
        match outcome {
            Outcome::Stored => self.note_memory(va, W::SIZE as u8, Some(new.to_u64())),
            Outcome::Refused => {}
            Outcome::Lost => give_way(),
        }
        Ok(())
    }
}

/// The handler of a load-reserved.
pub(crate) fn load_reserved<W: Width>() -> Handler {
    lr::<W>
}

/// The handler of a store-conditional.
pub(crate) fn store_conditional<W: Width>() -> Handler {
    sc::<W>
}
