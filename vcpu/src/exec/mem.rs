//! Loads and stores. The fast path is one look into the TLB; all else is cold, and done by [`crate::memory`].
#![allow(unsafe_code)] // Handlers: see `op`. Guest memory is reached by host address.

use manyhart_runtime::ram::atomics::{self, Word};

use crate::exec::alu::word;
use crate::exec::system::raise;
use crate::hart::Hart;
use crate::op::{
    ALL_CLASSES, Handler, MEM, Op, forget_memory, get, handler, in_one_register, next, reload, row, rows, set, spill,
    tail,
};
use crate::step::{Code, Key, Shape, Step, single};

/// A load: the width, and what becomes of the value.
pub(crate) trait LoadKind {
    const CODE: Code;
    type Width: Word;
    fn extend(value: u64) -> u64;
}

/// A store's width.
pub(crate) trait StoreKind {
    const CODE: Code;
    type Width: Word;
    fn narrow(value: u64) -> Self::Width;
}

macro_rules! loads {
    ($($name:ident $width:ty, |$value:ident| $body:expr;)*) => {$(
        pub(crate) struct $name;
        impl LoadKind for $name {
            const CODE: Code = Code::$name;
            type Width = $width;
            #[inline(always)]
            fn extend($value: u64) -> u64 { $body }
        }
    )*};
}
loads! {
    Lb u8, |value| value as i8 as u64;
    Lh u16, |value| value as i16 as u64;
    Lw u32, |value| word(value as u32);
    Ld u64, |value| value;
    Lbu u8, |value| value;
    Lhu u16, |value| value;
    Lwu u32, |value| value;
    Flw u32, |value| value | 0xffff_ffff_0000_0000;
    Fld u64, |value| value;
}

macro_rules! stores {
    ($($name:ident $width:ty;)*) => {$(
        pub(crate) struct $name;
        impl StoreKind for $name {
            const CODE: Code = Code::$name;
            type Width = $width;
            #[inline(always)]
            fn narrow(value: u64) -> $width { value as $width }
        }
    )*};
}
stores! { Sb u8; Sh u16; Sw u32; Sd u64; }

/// The host address of a hit in the load array, aligned to the width.
#[inline(always)]
pub(crate) fn probe_load<W: Word>(hart: &Hart, va: u64) -> Option<*mut u8> {
    let tlb = &hart.caches.tlb;
    tlb.load.probe(va, W::SIZE as u64, tlb.key).map(host::<W>)
}

/// The host address of a hit in the store array, aligned to the width.
#[inline(always)]
pub(crate) fn probe_store<W: Word>(hart: &Hart, va: u64) -> Option<*mut u8> {
    let tlb = &hart.caches.tlb;
    tlb.store.probe(va, W::SIZE as u64, tlb.key).map(|address| host::<W>(in_one_register(address)))
}

#[inline(always)]
fn host<W: Word>(address: u64) -> *mut u8 {
    let ptr: *mut u8 = std::ptr::with_exposed_provenance_mut(address as usize);
    // SAFETY: pages are aligned on both sides, and the tag's alignment bits were compared.
    unsafe { std::hint::assert_unchecked(ptr.addr().is_multiple_of(W::SIZE)) };
    ptr
}

/// A load by the TLB.
pub(crate) struct Load<L, const D: u8, const A: u8>(L);
impl<L: LoadKind, const D: u8, const A: u8> Step for Load<L, D, A> {
    const KEY: Key = Key { shape: Shape::Load, code: L::CODE, classes: [D, A, 0] };
    const OTHERWISE: Handler = load_slow::<L>;

    #[inline(always)]
    unsafe fn step(hart: &mut Hart, op: *const Op, r: &mut [u64; 4]) -> bool {
        // SAFETY: the caller's.
        let o = unsafe { Op::operands(op) };
        let va = get::<A>(hart, o.a, r).wrapping_add(o.imm as i64 as u64);
        let Some(ptr) = probe_load::<L::Width>(hart, va) else { return false };
        // SAFETY: a TLB entry leads into a block of the snapshot that the reader holds.
        let value = unsafe { atomics::load::<L::Width>(ptr) }.to_u64();
        set::<D>(hart, o.rd, r, L::extend(value));
        true
    }
}

/// A store by the TLB.
pub(crate) struct Store<S, const A: u8, const B: u8>(S);
impl<S: StoreKind, const A: u8, const B: u8> Step for Store<S, A, B> {
    const KEY: Key = Key { shape: Shape::Store, code: S::CODE, classes: [0, A, B] };
    const OTHERWISE: Handler = store_slow::<S>;

    #[inline(always)]
    unsafe fn step(hart: &mut Hart, op: *const Op, r: &mut [u64; 4]) -> bool {
        // SAFETY: the caller's.
        let o = unsafe { Op::operands(op) };
        let va = get::<A>(hart, o.a, r).wrapping_add(o.imm as i64 as u64);
        let Some(ptr) = probe_store::<S::Width>(hart, va) else { return false };
        if A == B && A >= MEM {
            forget_memory(hart);
        }
        let value = S::narrow(get::<B>(hart, o.b, r));
        // SAFETY: a TLB entry leads into a block of the snapshot that the reader holds.
        unsafe { atomics::store(ptr, value) };
        true
    }
}

handler! {
    fn load [L: LoadKind, const D: u8, const A: u8] (hart, op, r) {
        single!(Load<L, D, A>, hart, op, r)
    }

    #[cold]
    #[inline(never)]
    fn load_slow [L: LoadKind] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = hart.x_slot(o.a).wrapping_add(o.imm as i64 as u64);
        match hart.load(va, <L::Width as Word>::SIZE as u8) {
            Ok(value) => {
                hart.set_x_slot(o.rd, L::extend(value));
                // SAFETY: the handler's contract.
                if unsafe { hart.must_leave(op) } {
                    return;
                }
                let r = reload(hart);
                next!(hart, op, r)
            }
            Err(trap) => raise!(hart, op, r, trap),
        }
    }

    fn store [S: StoreKind, const A: u8, const B: u8] (hart, op, r) {
        single!(Store<S, A, B>, hart, op, r)
    }

    #[cold]
    #[inline(never)]
    fn store_slow [S: StoreKind] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = hart.x_slot(o.a).wrapping_add(o.imm as i64 as u64);
        match hart.store(va, <S::Width as Word>::SIZE as u8, hart.x_slot(o.b)) {
            Ok(()) => {
                // SAFETY: the handler's contract.
                if unsafe { hart.must_leave(op) } {
                    return;
                }
                let r = reload(hart);
                next!(hart, op, r)
            }
            Err(trap) => raise!(hart, op, r, trap),
        }
    }

    fn load_float [L: LoadKind, const A: u8] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = get::<A>(hart, o.a, &r).wrapping_add(o.imm as i64 as u64);
        if !hart.csr.float_is_dirty() { tail!(load_float_slow::<L>, hart, op, r) }
        let Some(ptr) = probe_load::<L::Width>(hart, va) else { tail!(load_float_slow::<L>, hart, op, r) };
        // SAFETY: a TLB entry leads into a block of the snapshot that the reader holds.
        let value = unsafe { atomics::load::<L::Width>(ptr) }.to_u64();
        hart.set_f_slot(o.rd, L::extend(value));
        next!(hart, op, r)
    }

    #[cold]
    #[inline(never)]
    fn load_float_slow [L: LoadKind] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = hart.x_slot(o.a).wrapping_add(o.imm as i64 as u64);
        let result = hart.float_allowed().and_then(|()| Ok(hart.load(va, <L::Width as Word>::SIZE as u8)?));
        match result {
            Ok(value) => {
                hart.set_f_slot(o.rd, L::extend(value));
                hart.csr.dirty_float();
                // SAFETY: the handler's contract.
                if unsafe { hart.must_leave(op) } {
                    return;
                }
                let r = reload(hart);
                next!(hart, op, r)
            }
            Err(trap) => raise!(hart, op, r, trap),
        }
    }

    fn store_float [S: StoreKind, const A: u8] (hart, op, r) {
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = get::<A>(hart, o.a, &r).wrapping_add(o.imm as i64 as u64);
        if hart.csr.float_off() { tail!(store_float_slow::<S>, hart, op, r) }
        let Some(ptr) = probe_store::<S::Width>(hart, va) else { tail!(store_float_slow::<S>, hart, op, r) };
        let value = S::narrow(hart.f_slot(o.b));
        // SAFETY: a TLB entry leads into a block of the snapshot that the reader holds.
        unsafe { atomics::store(ptr, value) };
        next!(hart, op, r)
    }

    #[cold]
    #[inline(never)]
    fn store_float_slow [S: StoreKind] (hart, op, r) {
        spill(hart, &r);
        // SAFETY: the handler's contract.
        let o = unsafe { Op::operands(op) };
        let va = hart.x_slot(o.a).wrapping_add(o.imm as i64 as u64);
        let value = hart.f_slot(o.b);
        let result =
            hart.float_allowed().and_then(|()| Ok(hart.store(va, <S::Width as Word>::SIZE as u8, value)?));
        match result {
            Ok(()) => {
                // SAFETY: the handler's contract.
                if unsafe { hart.must_leave(op) } {
                    return;
                }
                let r = reload(hart);
                next!(hart, op, r)
            }
            Err(trap) => raise!(hart, op, r, trap),
        }
    }
}

type Row = [Handler; ALL_CLASSES];

const fn load_row<L: LoadKind, const D: u8>() -> Row {
    row!(load, L, D)
}
struct LoadTable<L>(L);
impl<L: LoadKind> LoadTable<L> {
    const TABLE: [Row; ALL_CLASSES] = rows!(load_row, L);
    const FLOAT: Row = row!(load_float, L);
}

const fn store_row<S: StoreKind, const A: u8>() -> Row {
    row!(store, S, A)
}
struct StoreTable<S>(S);
impl<S: StoreKind> StoreTable<S> {
    const TABLE: [Row; ALL_CLASSES] = rows!(store_row, S);
    const FLOAT: Row = row!(store_float, S);
}

/// Load handlers of every class.
pub(crate) fn loads<L: LoadKind>(d: usize, a: usize) -> Handler {
    LoadTable::<L>::TABLE[d][a]
}

/// Store handlers of every class.
pub(crate) fn stores<S: StoreKind>(a: usize, b: usize) -> Handler {
    StoreTable::<S>::TABLE[a][b]
}

/// Handlers of loads into floating-point registers.
pub(crate) fn float_loads<L: LoadKind>(a: usize) -> Handler {
    LoadTable::<L>::FLOAT[a]
}

/// Handlers of stores of floating-point registers.
pub(crate) fn float_stores<S: StoreKind>(a: usize) -> Handler {
    StoreTable::<S>::FLOAT[a]
}
