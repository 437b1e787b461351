//! A: load-reserved, store-conditional, and atomic read-modify-writes on RAM.
//!
//! `aq` and `rl` together, and either alone, are RCsc in RISC-V (Unprivileged, 14.1): both map to SeqCst on the host. An ordered atomic is a
//! guest fence: the topology is polled after it.
#![allow(unsafe_code)] // Handlers: see `op`. Guest memory is reached by host address.

use std::sync::atomic::Ordering;

use manyhart_runtime::ram::atomics::{self, Word};
use manyhart_runtime::ram::monitor;

use crate::caches::Reservation;
use crate::exec::mem::{probe_load, probe_store};
use crate::hart::{Fault, Hart};
use crate::op::{Handler, Op, Operands, handler, next, reload, spill};

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

#[inline(always)]
fn order(o: &Operands) -> Ordering {
    if o.imm == ORDERED { Ordering::SeqCst } else { Ordering::Relaxed }
}

/// Ends an atomic that succeeded: an ordered one polls the topology.
macro_rules! finish {
    ($hart:ident, $op:ident, $o:ident) => {{
        // SAFETY: the handler's contract.
        if unsafe { $o.imm == ORDERED && $hart.poll($op) || $hart.must_leave($op) } {
            return;
        }
        let r = reload($hart);
        next!($hart, $op, r)
    }};
}

impl Hart {
    /// Carries a read-modify-write out; its pointer is aligned RAM of the view.
    #[inline(always)]
    fn modify<W: Width, R>(&mut self, va: u64, store: impl FnOnce(*mut u8) -> R) -> Result<R, Fault> {
        match probe_store::<W>(self, va) {
            Some(ptr) => Ok(store(ptr)),
            None => Ok(self.atomic_store(va, W::SIZE as u8, store)?),
        }
    }

    fn amo<A: Amo, W: Width>(&mut self, o: &Operands) -> Result<(), Fault> {
        let va = self.x_slot(o.a);
        let operand = self.x_slot(o.b);
        let (old, ptr) = self.modify::<W, _>(va, |ptr| {
            // SAFETY: `modify` hands out aligned RAM of the view.
            (unsafe { A::apply(ptr, W::narrow(operand), order(o)) }, ptr)
        })?;
        self.set_x_slot(o.rd, old.extend());
        if self.trace.is_some() {
            // SAFETY: as above.
            let new = unsafe { atomics::load::<W>(ptr) }.to_u64();
            self.note_memory(va, W::SIZE as u8, Some(new));
        }
        Ok(())
    }

    fn load_reserved<W: Width>(&mut self, o: &Operands) -> Result<(), Fault> {
        let va = self.x_slot(o.a);
        let ptr = match probe_load::<W>(self, va) {
            Some(ptr) => ptr,
            None => self.reserved_address(va, W::SIZE as u8)?,
        };
        if o.imm == ORDERED {
            std::sync::atomic::fence(Ordering::SeqCst);
        }
        let token = monitor::watch(ptr.addr());
        // SAFETY: checked above: aligned RAM of the view.
        let value = unsafe { atomics::load::<W>(ptr) };
        if o.imm == ORDERED {
            std::sync::atomic::fence(Ordering::Acquire);
        }
        self.caches.reservation =
            Some(Reservation { host: ptr.addr(), size: W::SIZE as u8, value: value.to_u64(), token });
        self.set_x_slot(o.rd, value.extend());
        self.note_memory(va, W::SIZE as u8, None);
        Ok(())
    }

    fn store_conditional<W: Width>(&mut self, o: &Operands) -> Result<(), Fault> {
        let va = self.x_slot(o.a);
        // Taken whatever comes of it: any store-conditional ends the reservation.
        let reservation = self.caches.reservation.take();
        let new = W::narrow(self.x_slot(o.b));
        let stored = self.modify::<W, _>(va, |ptr| {
            reservation.is_some_and(|reservation| {
                reservation.host == ptr.addr()
                    && usize::from(reservation.size) == W::SIZE
                    && monitor::claim(ptr.addr(), reservation.token)
                    // SAFETY: `modify` hands out aligned RAM of the view.
                    && unsafe { atomics::compare_exchange(ptr, W::narrow(reservation.value), new, order(o)) }.is_ok()
            })
        })?;
        self.set_x_slot(o.rd, u64::from(!stored));
        #[cfg(feature = "planted-bugs")]
        if crate::planted::is(crate::planted::Bug::ScInverted) {
            self.set_x_slot(o.rd, u64::from(stored));
        }
        if stored {
            self.note_memory(va, W::SIZE as u8, Some(new.to_u64()));
        }
        Ok(())
    }
}

handler! {
    fn amo [A: Amo, W: Width] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        match hart.amo::<A, W>(o) {
            Ok(()) => finish!(hart, op, o),
            // SAFETY: the handler's contract.
            Err(fault) => unsafe { hart.raise(op, fault) },
        }
    }

    fn lr [W: Width] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        match hart.load_reserved::<W>(o) {
            Ok(()) => finish!(hart, op, o),
            // SAFETY: the handler's contract.
            Err(fault) => unsafe { hart.raise(op, fault) },
        }
    }

    fn sc [W: Width] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        match hart.store_conditional::<W>(o) {
            Ok(()) => finish!(hart, op, o),
            // SAFETY: the handler's contract.
            Err(fault) => unsafe { hart.raise(op, fault) },
        }
    }
}

/// The handler of a read-modify-write.
pub(crate) fn amos<A: Amo, W: Width>() -> Handler {
    amo::<A, W>
}

/// The handler of a load-reserved.
pub(crate) fn load_reserved<W: Width>() -> Handler {
    lr::<W>
}

/// The handler of a store-conditional.
pub(crate) fn store_conditional<W: Width>() -> Handler {
    sc::<W>
}
