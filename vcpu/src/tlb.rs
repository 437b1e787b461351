//! The software TLB: from guest-virtual pages to host addresses, and the keys that make a flush free.
//!
//! Two direct-mapped arrays, for loads and for stores. An entry is a tag and an addend: `va + addend` is the host address. The tag holds
//! the page's number and, in the bits of the offset, a *key* that stands for everything else the translation depends on (`satp`,
//! privilege, SUM, MXR). One compare of the address, masked so that its low alignment bits stay in, with the tag says page,
//! context and alignment at once. To flush is to use new keys; memory is cleared only when the keys run out.
//!
//! An entry exists only for a page that lies wholly in RAM, whose physical protection is uniform, and whose stores need no
//! bookkeeping: a page under a dirty log is entered for stores only once it is marked, and taken out when the marks are collected. It
//! points into the snapshot that the hart's reader holds.

use crate::keys::{KeyContext, Keys};

/// Entries of each array.
const ENTRIES: usize = 4096;
/// The lowest bit of a key in a tag: below it are the alignment bits of the largest access.
const KEY_SHIFT: u32 = 3;
/// Keys are 1 to this; a tag of an empty entry has the bits of the next one.
const LAST_KEY: u16 = 510;
const EMPTY: u64 = u64::MAX;

/// One array. Tags and addends stand apart: x86 addressing then reaches both with one index, where an array of pairs takes more
/// instructions and a register more than there is.
pub(crate) struct Array {
    /// Page number, key, and zeroes where an aligned address has them.
    tags: [u64; ENTRIES],
    /// What makes a host address of a virtual one.
    addends: [u64; ENTRIES],
}

impl Array {
    const NEW: Array = Array { tags: [EMPTY; ENTRIES], addends: [0; ENTRIES] };

    /// The host address of `va`, for an access of `size` bytes with this key, if it is known and aligned.
    #[inline(always)]
    pub fn probe(&self, va: u64, size: u64, key: u64) -> Option<u64> {
        let index = index(va);
        (self.tags[index] == (va & mask(size)) | key).then(|| va.wrapping_add(self.addends[index]))
    }

    fn enter(&mut self, va: u64, tag: u64, addend: u64) {
        (self.tags[index(va)], self.addends[index(va)]) = (tag, addend);
    }
}

/// The bits of an address that take part in the compare, for an access of `SIZE` bytes.
const fn mask(size: u64) -> u64 {
    !0xfff | (size - 1)
}

/// Where an address's entry stands.
#[inline(always)]
fn index(va: u64) -> usize {
    (va >> 12) as usize % ENTRIES
}

/// The virtual range from which anything of pages larger than 4 KiB is remembered: a fence of one address in it may be for all of
/// such a page.
#[derive(Clone, Copy)]
pub(crate) struct LargePages {
    first: u64,
    last: u64,
}

impl LargePages {
    pub const NONE: LargePages = LargePages { first: u64::MAX, last: 0 };

    /// Notes a page of 2^`bits` bytes; 64 bits are no page.
    pub fn note(&mut self, va: u64, bits: u32) {
        if (13..64).contains(&bits) {
            let low = (1 << bits) - 1;
            (self.first, self.last) = (self.first.min(va & !low), self.last.max(va | low));
        }
    }

    /// Whether one of them may hold `va`.
    pub fn may_hold(&self, va: u64) -> bool {
        self.first <= va && va <= self.last
    }
}

/// Both arrays and the keys.
pub(crate) struct Tlb {
    /// The key of data accesses now, in its place in a tag.
    pub key: u64,
    pub load: Array,
    pub store: Array,
    keys: Keys,
    /// What was entered since the last flush.
    large: LargePages,
    /// Where pages under a dirty log were entered into the store array since the last flush: they have been marked.
    marked: Vec<u16>,
}

/// A page under a dirty log, to be entered for stores once it is marked.
#[derive(Clone, Copy)]
pub(crate) struct Unmarked {
    page: u64,
    host_page: u64,
}

impl Unmarked {
    /// The page of `va`, which lies at `host_page`.
    pub fn new(va: u64, host_page: u64) -> Unmarked {
        Unmarked { page: va & !0xfff, host_page }
    }
}

impl Tlb {
    /// An empty one.
    pub fn new() -> Tlb {
        let (load, store) = (Array::NEW, Array::NEW);
        let keys = Keys::new(LAST_KEY);
        Tlb { key: 0, load, store, keys, large: LargePages::NONE, marked: Vec::new() }
    }

    /// Forgets everything. The caller selects a context again.
    pub fn flush(&mut self) {
        self.key = 0;
        self.keys.forget();
        self.large = LargePages::NONE;
        self.marked.clear(); // Nothing finds those entries any more.
    }

    /// Forgets the page that holds `va` in every context; everything, if a large page may hold it.
    pub fn flush_page(&mut self, va: u64) {
        if self.large.may_hold(va) {
            return self.flush();
        }
        self.load.tags[index(va)] = EMPTY;
        self.store.tags[index(va)] = EMPTY;
    }

    /// From now on accesses are made in this context.
    pub fn select(&mut self, context: KeyContext) {
        let key = self.keys.get(context).unwrap_or_else(|| self.restart(context));
        self.key = u64::from(key) << KEY_SHIFT;
    }

    /// Empties the arrays, after which every key is new.
    #[cold]
    fn restart(&mut self, context: KeyContext) -> u16 {
        self.load.tags.fill(EMPTY);
        self.store.tags.fill(EMPTY);
        self.large = LargePages::NONE;
        self.keys.restart();
        // The first key after a restart always exists.
        self.keys.get(context).unwrap_or(0)
    }

    /// Enters a page for stores that has just been marked in its dirty logs. Its entry for loads, made for the same access, has seen to the rest.
    pub fn fill_marked(&mut self, page: Unmarked) {
        if self.key == 0 {
            return;
        }
        let Unmarked { page, host_page } = page;
        self.store.enter(page, page | self.key, host_page.wrapping_sub(page));
        if self.marked.len() == 2 * ENTRIES {
            // A guest that makes the same places change their pages again and again must not make this grow.
            self.marked.sort_unstable();
            self.marked.dedup();
        }
        self.marked.push(index(page) as u16);
    }

    /// The marks are collected: takes out what was entered for stores because of them. Costs what was marked.
    pub fn forget_marks(&mut self) {
        for index in self.marked.drain(..) {
            self.store.tags[usize::from(index)] = EMPTY;
        }
    }

    /// No entry fits any more until the next [`Tlb::select`]: every access takes the slow path.
    pub fn disable(&mut self) {
        self.key = 0;
    }

    /// Enters the page of `va` at the host address of its first byte, in the selected context.
    pub fn fill(&mut self, va: u64, host_page: u64, readable: bool, writable: bool, page_bits: u32) {
        if self.key == 0 {
            return;
        }
        let page = va & !0xfff;
        let (tag, addend) = (page | self.key, host_page.wrapping_sub(page));
        if readable {
            self.load.enter(va, tag, addend);
        }
        if writable {
            self.store.enter(va, tag, addend);
        }
        self.large.note(va, page_bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trap::Privilege;

    fn context(satp: u64, privilege: Privilege) -> KeyContext {
        KeyContext { satp, privilege, sum: false, mxr: false }
    }

    fn hit(array: &Array, key: u64, va: u64, size: u64) -> Option<u64> {
        array.probe(va, size, key)
    }

    #[test]
    fn an_entry_serves_its_page_context_and_alignment() {
        let mut tlb = Tlb::new();
        tlb.select(context(1, Privilege::User));
        tlb.fill(0x5123, 0x7000_0000, true, false, 12);
        let cases = [
            (0x5000, 8, Some(0x7000_0000)),
            (0x5ff8, 8, Some(0x7000_0ff8)),
            (0x5ffc, 8, None),
            (0x5001, 1, Some(0x7000_0001)),
            (0x5001, 2, None),
            (0x6000, 8, None),
            (0x5000 + 4096 * 4096, 8, None),
            (u64::MAX, 8, None),
        ];
        for (va, size, want) in cases {
            assert_eq!(hit(&tlb.load, tlb.key, va, size), want, "{va:#x} {size}");
            assert_eq!(hit(&tlb.store, tlb.key, va, size), None, "{va:#x} {size}: not writable");
        }
    }

    #[test]
    fn contexts_keep_their_entries_until_a_flush() {
        let mut tlb = Tlb::new();
        let (user, kernel) = (context(1, Privilege::User), context(1, Privilege::Supervisor));
        tlb.select(user);
        tlb.fill(0x5000, 0x7000_0000, true, true, 12);
        tlb.select(kernel);
        assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8), None, "another privilege");
        tlb.select(context(2, Privilege::User));
        assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8), None, "another satp");
        tlb.select(user);
        assert!(hit(&tlb.load, tlb.key, 0x5000, 8).is_some(), "back again");
        tlb.disable();
        assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8), None, "disabled");
        tlb.flush();
        tlb.select(user);
        assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8), None, "flushed");
    }

    #[test]
    fn no_key_is_used_again_while_its_entries_live() {
        let mut tlb = Tlb::new();
        let user = context(1, Privilege::User);
        tlb.select(user);
        tlb.fill(0x5000, 0x7000_0000, true, true, 12);
        for round in 0..2000 {
            tlb.flush();
            tlb.select(user);
            assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8), None, "round {round}");
        }
    }

    #[test]
    fn a_page_flush_in_a_large_page_flushes_all_of_it() {
        let mut tlb = Tlb::new();
        let user = context(1, Privilege::User);
        tlb.select(user);
        tlb.fill(0x20_5000, 0x7000_0000, true, true, 21);
        tlb.fill(0x80_5000, 0x7000_0000, true, true, 12);
        tlb.flush_page(0x81_5000);
        tlb.select(user);
        assert!(hit(&tlb.load, tlb.key, 0x80_5000, 8).is_some(), "another page");
        tlb.flush_page(0x20_0000);
        tlb.select(user);
        assert_eq!(hit(&tlb.load, tlb.key, 0x20_5000, 8), None);
    }
}
