//! Every access to guest memory: relaxed host atomics of the access's size by host address, and bulk copies made of them.
//!
//! Guests race on the same bytes with different sizes, which hardware defines and Rust's memory model does not: see the crate's known
//! holes. Misaligned accesses are made of aligned ones and so may tear, as the hardware's may.
//!
//! Whatever writes tells the [`monitor`] afterwards: callers need not.
//!
//! # Safety
//! One contract for every function here, called *the contract* below: all bytes of the access lie in one [`RamBlock`](super::RamBlock) that
//! lives until the function returns. Read-modify-writes are aligned to their size in addition.
#![allow(unsafe_code)] // Reaches memory by raw address.

use std::sync::atomic::{
    AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering,
};

use super::{monitor, order};

mod sealed {
    #[allow(unnameable_types, reason = "nobody else is to implement what needs it")]
    pub trait Sealed {}
}

/// A value that one host atomic carries: `u8`, `u16`, `u32` or `u64`.
pub trait Word: Copy + Eq + sealed::Sealed + 'static {
    /// Bytes.
    const SIZE: usize;
    #[doc(hidden)]
    type Unsigned: 'static;
    #[doc(hidden)]
    type Signed: 'static;
    #[doc(hidden)]
    fn cell_load(cell: &Self::Unsigned) -> Self;
    #[doc(hidden)]
    fn cell_store(cell: &Self::Unsigned, value: Self);
    #[doc(hidden)]
    fn cell_rmw(cell: &Self::Unsigned, op: Rmw, operand: Self, order: Ordering) -> Self;
    #[doc(hidden)]
    fn cell_rmw_signed(cell: &Self::Signed, op: RmwSigned, operand: Self, order: Ordering) -> Self;
    #[doc(hidden)]
    fn cell_compare_exchange(cell: &Self::Unsigned, old: Self, new: Self, order: Ordering) -> Result<Self, Self>;
    #[doc(hidden)]
    fn from_low_bits(value: u64) -> Self;
    #[doc(hidden)]
    fn to_u64(self) -> u64;
}

#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Rmw {
    Swap,
    Add,
    And,
    Or,
    Xor,
    Min,
    Max,
}

#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum RmwSigned {
    Min,
    Max,
}

/// The strongest order that a failed compare-exchange may have beside `order`.
#[inline(always)]
fn failure_order(order: Ordering) -> Ordering {
    match order {
        Ordering::SeqCst => Ordering::SeqCst,
        Ordering::Acquire | Ordering::AcqRel => Ordering::Acquire,
        _ => Ordering::Relaxed,
    }
}

macro_rules! word {
    ($word:ty, $int:ty, $unsigned:ty, $signed:ty) => {
        impl sealed::Sealed for $word {}
        impl Word for $word {
            const SIZE: usize = size_of::<$word>();
            type Unsigned = $unsigned;
            type Signed = $signed;
            #[inline(always)]
            fn cell_load(cell: &$unsigned) -> $word {
                cell.load(order::LOAD)
            }
            #[inline(always)]
            fn cell_store(cell: &$unsigned, value: $word) {
                cell.store(value, order::STORE);
            }
            #[inline(always)]
            fn cell_rmw(cell: &$unsigned, op: Rmw, operand: $word, order: Ordering) -> $word {
                match op {
                    Rmw::Swap => cell.swap(operand, order),
                    Rmw::Add => cell.fetch_add(operand, order),
                    Rmw::And => cell.fetch_and(operand, order),
                    Rmw::Or => cell.fetch_or(operand, order),
                    Rmw::Xor => cell.fetch_xor(operand, order),
                    Rmw::Min => cell.fetch_min(operand, order),
                    Rmw::Max => cell.fetch_max(operand, order),
                }
            }
            #[inline(always)]
            fn cell_rmw_signed(cell: &$signed, op: RmwSigned, operand: $word, order: Ordering) -> $word {
                let operand = operand as $int;
                (match op {
                    RmwSigned::Min => cell.fetch_min(operand, order),
                    RmwSigned::Max => cell.fetch_max(operand, order),
                }) as $word
            }
            #[inline(always)]
            fn cell_compare_exchange(
                cell: &$unsigned,
                old: $word,
                new: $word,
                order: Ordering,
            ) -> Result<$word, $word> {
                cell.compare_exchange(old, new, order, failure_order(order))
            }
            #[inline(always)]
            fn from_low_bits(value: u64) -> $word {
                value as $word
            }
            #[inline(always)]
            fn to_u64(self) -> u64 {
                self.into()
            }
        }
    };
}
word!(u8, i8, AtomicU8, AtomicI8);
word!(u16, i16, AtomicU16, AtomicI16);
word!(u32, i32, AtomicU32, AtomicI32);
word!(u64, i64, AtomicU64, AtomicI64);

#[inline(always)]
fn is_aligned<T: Word>(ptr: *const u8) -> bool {
    ptr.addr().is_multiple_of(T::SIZE)
}

/// The atomic at `ptr`.
///
/// # Safety
/// The contract, and `ptr` is aligned.
#[inline(always)]
unsafe fn cell<'a, T: Word>(ptr: *const u8) -> &'a T::Unsigned {
    debug_assert!(is_aligned::<T>(ptr));
    // SAFETY: the caller's; an atomic integer has the layout of its integer, any bytes are a value of it, and no thread reaches guest
    // memory by anything but atomics.
    unsafe { &*ptr.cast() }
}

/// Loads a value.
///
/// # Safety
/// The contract of this module.
#[inline(always)]
pub unsafe fn load<T: Word>(ptr: *const u8) -> T {
    if is_aligned::<T>(ptr) {
        // SAFETY: the caller's, and aligned.
        T::cell_load(unsafe { cell::<T>(ptr) })
    } else {
        // SAFETY: the caller's.
        unsafe { load_misaligned(ptr) }
    }
}

/// Assembles a value from the one or two aligned words of 8 bytes that hold it. Both are in the block, whose ends are page-aligned.
///
/// # Safety
/// The contract.
#[cold]
unsafe fn load_misaligned<T: Word>(ptr: *const u8) -> T {
    let skip = ptr.addr() % 8;
    // SAFETY: rounding down to 8 bytes stays in the page.
    let low_word = unsafe { ptr.sub(skip) };
    // SAFETY: as above, and aligned.
    let low = u64::cell_load(unsafe { cell::<u64>(low_word) }) >> (8 * skip);
    if skip + T::SIZE <= 8 {
        return T::from_low_bits(low);
    }
    // SAFETY: the access reaches into the next word, so that one is in the block too.
    let high = u64::cell_load(unsafe { cell::<u64>(low_word.add(8)) }) << (64 - 8 * skip);
    T::from_low_bits(low | high)
}

/// Stores a value.
///
/// # Safety
/// The contract of this module.
#[inline(always)]
pub unsafe fn store<T: Word>(ptr: *mut u8, value: T) {
    if is_aligned::<T>(ptr) {
        // SAFETY: the caller's, and aligned.
        T::cell_store(unsafe { cell::<T>(ptr) }, value);
        monitor::wrote_in_line(ptr.addr());
    } else {
        // SAFETY: the caller's.
        unsafe { copy_in(ptr, &value.to_u64().to_le_bytes()[..T::SIZE]) }
    }
}

macro_rules! rmw {
    ($($(#[$doc:meta])* $name:ident $op:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// The contract of this module, and `ptr` is aligned to the value's size.
        #[inline(always)]
        pub unsafe fn $name<T: Word>(ptr: *mut u8, operand: T, order: Ordering) -> T {
            // SAFETY: the caller's.
            let old = T::cell_rmw(unsafe { cell::<T>(ptr) }, Rmw::$op, operand, order);
            monitor::wrote_in_line(ptr.addr());
            old
        }
    )*};
}
rmw! {
    /// Puts `operand` in, and returns what was there.
    swap Swap;
    /// Adds, wrapping, and returns what was there.
    fetch_add Add;
    /// Bitwise and; returns what was there.
    fetch_and And;
    /// Bitwise or; returns what was there.
    fetch_or Or;
    /// Bitwise exclusive or; returns what was there.
    fetch_xor Xor;
    /// The smaller, unsigned; returns what was there.
    fetch_min_unsigned Min;
    /// The larger, unsigned; returns what was there.
    fetch_max_unsigned Max;
}

macro_rules! rmw_signed {
    ($($(#[$doc:meta])* $name:ident $op:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// The contract of this module, and `ptr` is aligned to the value's size.
        #[inline(always)]
        pub unsafe fn $name<T: Word>(ptr: *mut u8, operand: T, order: Ordering) -> T {
            debug_assert!(is_aligned::<T>(ptr));
            // SAFETY: as in `cell`.
            let old = T::cell_rmw_signed(unsafe { &*ptr.cast::<T::Signed>() }, RmwSigned::$op, operand, order);
            monitor::wrote_in_line(ptr.addr());
            old
        }
    )*};
}
rmw_signed! {
    /// The smaller, both taken as signed; returns what was there.
    fetch_min_signed Min;
    /// The larger, both taken as signed; returns what was there.
    fetch_max_signed Max;
}

/// Puts `new` in if `old` is there, with `order`; returns what was there, as `Err` when nothing was written.
///
/// # Safety
/// The contract of this module, and `ptr` is aligned to the value's size.
#[inline(always)]
pub unsafe fn compare_exchange<T: Word>(ptr: *mut u8, old: T, new: T, order: Ordering) -> Result<T, T> {
    // SAFETY: the caller's.
    let result = T::cell_compare_exchange(unsafe { cell::<T>(ptr) }, old, new, order);
    if result.is_ok() {
        monitor::wrote_in_line(ptr.addr());
    }
    result
}

/// How many bytes come before the first address that is aligned to 8, at most `len`.
fn head_len(ptr: *const u8, len: usize) -> usize {
    (ptr.addr().wrapping_neg() % 8).min(len)
}

/// Copies guest memory into `buf`, in ascending order, by atomics of 8 bytes, and of 4, 2 and 1 at the ends: 1, 2, 4 or 8 bytes that are
/// aligned to their number are one access.
///
/// # Safety
/// The contract of this module.
pub unsafe fn copy_out(ptr: *const u8, buf: &mut [u8]) {
    let (head, rest) = buf.split_at_mut(head_len(ptr, buf.len()));
    let head_len = head.len();
    let (words, tail) = rest.as_chunks_mut::<8>();
    let words_len = words.len() * 8;
    // SAFETY: for all of it the caller's, the three parts cover `buf.len()` bytes from `ptr` on, and the words begin where 8 divides.
    unsafe {
        load_end(ptr, head);
        for (i, word) in words.iter_mut().enumerate() {
            *word = u64::cell_load(cell::<u64>(ptr.add(head_len + 8 * i))).to_le_bytes();
        }
        load_end(ptr.add(head_len + words_len), tail);
    }
}

/// Copies `data` into guest memory, in ascending order, by atomics of 8 bytes, and of 4, 2 and 1 at the ends: 1, 2, 4 or 8 bytes that are
/// aligned to their number are one access.
///
/// # Safety
/// The contract of this module.
pub unsafe fn copy_in(ptr: *mut u8, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    let (head, rest) = data.split_at(head_len(ptr, data.len()));
    let (words, tail) = rest.as_chunks::<8>();
    // SAFETY: as in `copy_out`.
    unsafe {
        store_end(ptr, head);
        for (i, word) in words.iter().enumerate() {
            u64::cell_store(cell::<u64>(ptr.add(head.len() + 8 * i)), u64::from_le_bytes(*word));
        }
        store_end(ptr.add(head.len() + 8 * words.len()), tail);
    }
    monitor::wrote(ptr.addr(), data.len());
}

/// Sets `len` bytes to `byte`.
///
/// # Safety
/// The contract of this module.
pub unsafe fn fill(ptr: *mut u8, len: usize, byte: u8) {
    const STEP: usize = 4096;
    let chunk = [byte; STEP];
    for start in (0..len).step_by(STEP) {
        // SAFETY: the caller's; `start` and the step stay below `len`.
        unsafe { copy_in(ptr.add(start), &chunk[..STEP.min(len - start)]) };
    }
}

/// The largest naturally aligned size, of 1, 2 and 4 bytes, that fits at `ptr`: what is aligned to its size is one access.
fn end_piece(ptr: *const u8, left: usize) -> usize {
    [4, 2].into_iter().find(|&size| size <= left && ptr.addr().is_multiple_of(size)).unwrap_or(1)
}

/// Copies out the few bytes before or after the words of 8.
///
/// # Safety
/// The contract, for as many bytes as `buf` has.
unsafe fn load_end(mut ptr: *const u8, mut buf: &mut [u8]) {
    while !buf.is_empty() {
        let (piece, rest) = buf.split_at_mut(end_piece(ptr, buf.len()));
        // SAFETY: the caller's; `end_piece` has found the size aligned.
        unsafe {
            match piece.len() {
                4 => piece.copy_from_slice(&u32::cell_load(cell::<u32>(ptr)).to_le_bytes()),
                2 => piece.copy_from_slice(&u16::cell_load(cell::<u16>(ptr)).to_le_bytes()),
                _ => piece[0] = u8::cell_load(cell::<u8>(ptr)),
            }
            ptr = ptr.add(piece.len());
        }
        buf = rest;
    }
}

/// Copies in the few bytes before or after the words of 8.
///
/// # Safety
/// The contract, for as many bytes as `data` has.
unsafe fn store_end(mut ptr: *mut u8, mut data: &[u8]) {
    while !data.is_empty() {
        let (piece, rest) = data.split_at(end_piece(ptr, data.len()));
        // SAFETY: as in `load_end`.
        unsafe {
            match *piece {
                [a, b, c, d] => u32::cell_store(cell::<u32>(ptr), u32::from_le_bytes([a, b, c, d])),
                [a, b] => u16::cell_store(cell::<u16>(ptr), u16::from_le_bytes([a, b])),
                _ => u8::cell_store(cell::<u8>(ptr), piece[0]),
            }
            ptr = ptr.add(piece.len());
        }
        data = rest;
    }
}

#[cfg(test)]
mod tests;
