//! Reservations: who watches which bytes of memory, so that a conditional store fails when anybody else wrote in between,
//! also when the bytes hold the old value again.
//!
//! One static table for all memory of the process, an entry for each 64-byte line by the low bits of the line's number. An entry is 0
//! while nobody watches, else a token that is used once in the life of the process.
//!
//! * Load-reserved: [`watch`], **then** load. A second watcher joins the token that is there.
//! * Every store, by whomever: store, **then** [`wrote`], which takes any token out. [`super::atomics`] does that itself.
//! * Store-conditional: [`claim`] (the token is still there, and is taken out), then compare and exchange from the value that was loaded. The
//!   exchange shows the taking out to all: of several that joined the others find their token gone, or, if they came in the same moment, the value.
//!
//! From both sides: if the writer's look at the entry is first, it finds nothing, the watcher's token comes later, and the watcher's
//! load after it sees the written value. If the watcher's token is first, the writer finds it and takes it out, and the claim fails.
//! Lines share entries, so a reservation may be lost for nothing: allowed, and rare.
//!
//! # Known holes
//! * A plain store may still be in its host's store buffer when its [`wrote`] looks at the entry: a watcher that comes just then loads the
//!   old value and keeps its token. Its compare-exchange then fails on the value, unless the store wrote the value that was there. Closing
//!   it would cost a full fence at every store. Read-modify-writes are not affected.
//! * Between a conditional store's claim and its compare-exchange, neighbours on the host, two other stores may change the value and change it back, or
//!   another conditional store write the value that is there. A claim in one step would prevent the latter, and cost as much as all the rest.
//!
//! # Orderings
//! The one edge that the table must give is from a store whose [`wrote`] took a token out to the load of whoever finds none after it: Release
//! there, an Acquire fence here. A claim needs none: what it allows is a compare-exchange that depends on it, with an ordering of its own.

use std::num::NonZeroU64;

#[cfg(not(manyhart_shuttle))]
use crate::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(manyhart_shuttle)] // the table outlives a schedule
use std::sync::atomic::{AtomicU64, Ordering, fence};

const LINE_SHIFT: u32 = 6;

#[cfg(not(manyhart_loom))]
const ENTRIES: usize = 1024;
#[cfg(not(manyhart_loom))]
static TABLE: [AtomicU64; ENTRIES] = [const { AtomicU64::new(0) }; ENTRIES];

// One for each execution of a model.
#[cfg(manyhart_loom)]
const ENTRIES: usize = 2;
#[cfg(manyhart_loom)]
loom::lazy_static! {
    static ref TABLE: [AtomicU64; ENTRIES] = std::array::from_fn(|_| AtomicU64::new(0));
}

/// What a reservation holds.
pub type Token = NonZeroU64;

#[inline(always)]
fn line(host_addr: usize) -> usize {
    host_addr >> LINE_SHIFT
}

#[inline(always)]
fn entry(line: usize) -> &'static AtomicU64 {
    &table()[line % ENTRIES]
}

/// The table, by an instruction that makes its address each time: left to itself a compiler keeps the address for the next store, and hot
/// handlers have no register for it.
#[cfg(all(target_arch = "x86_64", not(any(miri, manyhart_loom))))]
#[inline(always)]
fn table() -> &'static [AtomicU64; ENTRIES] {
    let table: *const [AtomicU64; ENTRIES];
    // SAFETY: takes the address of the static, and does nothing else.
    unsafe {
        std::arch::asm!(
            "lea {0}, [rip + {1}]", out(reg) table, sym TABLE, options(nomem, nostack, preserves_flags)
        );
        &*table
    }
}

#[cfg(not(all(target_arch = "x86_64", not(any(miri, manyhart_loom)))))]
#[inline(always)]
fn table() -> &'static [AtomicU64; ENTRIES] {
    &TABLE
}

/// Watches the line of the byte at `host_addr`. To be called before the value is loaded.
pub fn watch(host_addr: usize, tokens: &mut Tokens) -> Token {
    loop {
        if let Some(token) = watch_quickly(host_addr, tokens) {
            return token;
        }
        tokens.take_lot();
    }
}

/// As [`watch`], and makes no call; `None`, once in a million times, when it has done nothing.
#[inline(always)]
pub fn watch_quickly(host_addr: usize, tokens: &mut Tokens) -> Option<Token> {
    let entry = entry(line(host_addr));
    let token = match Token::new(entry.load(Ordering::Relaxed)) {
        Some(theirs) => Some(theirs),
        None => {
            let fresh = tokens.next()?;
            match entry.compare_exchange(0, fresh.get(), Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => Some(fresh),
                Err(theirs) => Token::new(theirs),
            }
        }
    };
    // So that the load after it is not made before it, however the token was come by.
    fence(Ordering::Acquire);
    token
}

/// Says that `size` bytes at `host_addr` have been written. To be called after the store.
#[inline(always)]
pub fn wrote(host_addr: usize, size: usize) {
    let (first, last) = (line(host_addr), line(host_addr + size.max(1) - 1));
    clear(first);
    if first != last {
        wrote_more(first, last);
    }
}

/// As [`wrote`], for a store that is known to stay inside a line, as every aligned one of at most 64 bytes is.
#[inline(always)]
pub(super) fn wrote_in_line(host_addr: usize) {
    clear(line(host_addr));
}

#[inline(always)]
fn clear(line: usize) {
    let entry = entry(line);
    if entry.load(Ordering::Relaxed) != 0 {
        entry.store(0, Ordering::Release);
    }
}

#[cold]
fn wrote_more(first: usize, last: usize) {
    // Past one round of the table every entry has been seen to.
    for line in (first + 1..=last).take(ENTRIES) {
        clear(line);
    }
}

/// Whether nobody wrote the line of `host_addr` since [`watch`] gave `token`; the token is used up. Two that come in the same moment may both
/// hear yes, so a read-modify-write of the memory itself has to follow.
#[inline(always)]
pub fn claim(host_addr: usize, token: Token) -> bool {
    let entry = entry(line(host_addr));
    let is_there = entry.load(Ordering::Relaxed) == token.get();
    if is_there {
        entry.store(0, Ordering::Relaxed);
    }
    is_there
}

/// Tokens that nobody else has. They are handed out by the million, so that a fresh one seldom costs a shared write.
#[derive(Debug, Default)]
pub struct Tokens {
    /// The next one; a multiple of a lot is none.
    next: u64,
}

impl Tokens {
    // Small where an interpreter would take minutes to use one up.
    const LOT: u64 = if cfg!(miri) { 1 << 6 } else { 1 << 20 };

    #[inline(always)]
    fn next(&mut self) -> Option<Token> {
        if self.next.is_multiple_of(Tokens::LOT) {
            return None;
        }
        let token = Token::new(self.next);
        self.next += 1;
        token
    }

    #[cold]
    fn take_lot(&mut self) {
        static NEXT_LOT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        self.next = NEXT_LOT.fetch_add(1, Ordering::Relaxed) * Tokens::LOT + 1;
    }
}

#[cfg(test)]
mod tests {
    #![allow(unsafe_code)] // Read-modify-writes by address.
    use super::super::{RamBlock, atomics};
    use super::*;

    fn memory() -> (RamBlock, usize) {
        let block = RamBlock::anonymous("ram", 1 << 17).expect("memfd");
        let base = block.host_base().addr();
        (block, base)
    }

    /// Tests share the one table with every other test that stores: a reservation lost to a neighbour is tried again, as guests do.
    fn eventually(mut attempt: impl FnMut() -> bool) -> bool {
        (0..1000).any(|_| attempt())
    }

    #[test]
    fn a_token_is_claimed_once() {
        let ((_block, addr), mut tokens) = (memory(), Tokens::default());
        assert!(eventually(|| {
            let (mine, joined) = (watch(addr, &mut tokens), watch(addr + 63, &mut tokens));
            let won = mine == joined && claim(addr, mine);
            assert!(!claim(addr, joined), "the other one that joined has lost");
            won
        }));
    }

    #[test]
    fn tokens_are_handed_out_once() {
        let mut tokens = Tokens::default();
        assert_eq!(tokens.next(), None);
        tokens.take_lot();
        let all: Vec<Token> = std::iter::from_fn(|| tokens.next()).collect();
        assert_eq!(all.len() as u64, Tokens::LOT - 1);
        assert!(all.is_sorted_by(|one, next| one < next));
        tokens.take_lot();
        assert!(tokens.next() > all.last().copied());
    }

    #[test]
    fn a_store_of_the_same_value_ends_a_reservation() {
        let (block, base) = memory();
        type Store = fn(&RamBlock) -> bool;
        let stores: [(&str, Store); 6] = [
            ("store", |ram| ram.store(0, 0u8)),
            ("misaligned store over the line's end", |ram| ram.store(61, 0u64)),
            ("A to B to A by stores", |ram| ram.store(0, 1u64) && ram.store(0, 0u64)),
            ("A to B to A by swaps", |ram| swap_first(ram, 1) == 0 && swap_first(ram, 0) == 1),
            ("bulk copy", |ram| ram.write(0, &[0])),
            ("fill of all memory", |ram| ram.fill(0, ram.size(), 0)),
        ];
        let mut tokens = Tokens::default();
        for (name, store) in stores {
            let token = watch(base, &mut tokens);
            assert!(store(&block), "{name}");
            assert!(!claim(base, token), "{name}");
        }
    }

    fn swap_first(block: &RamBlock, value: u64) -> u64 {
        // SAFETY: the first eight bytes of a live block, aligned.
        unsafe { atomics::swap(block.host_base(), value, Ordering::Relaxed) }
    }

    #[test]
    fn a_store_elsewhere_does_not() {
        let ((block, base), mut tokens) = (memory(), Tokens::default());
        assert!(eventually(|| {
            let token = watch(base, &mut tokens);
            assert!(block.store(64, 1u64));
            assert!(block.write(128, &[1; 4096]));
            claim(base, token)
        }));
    }

    #[test]
    fn increments_by_conditional_stores_are_not_lost() {
        const THREADS: u64 = 3;
        const EACH: u64 = if cfg!(miri) { 20 } else { 5_000 };
        let (block, base) = memory();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let mut tokens = Tokens::default();
                    for _ in 0..EACH {
                        while !try_increment(&block, base, &mut tokens) {
                            std::thread::yield_now();
                        }
                    }
                });
            }
        });
        assert_eq!(block.load::<u64>(0), Some(THREADS * EACH));
    }

    fn try_increment(block: &RamBlock, base: usize, tokens: &mut Tokens) -> bool {
        let token = watch(base, tokens);
        let old = block.load::<u64>(0).expect("in the block");
        // SAFETY: the first eight bytes of a live block, aligned.
        let exchange = || unsafe { atomics::compare_exchange(block.host_base(), old, old + 1, Ordering::AcqRel) };
        claim(base, token) && exchange().is_ok()
    }
}
