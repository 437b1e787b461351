//! The software TLB: from guest-virtual pages to host addresses, and the keys that make a flush free.
//!
//! Two direct-mapped arrays, for loads and for stores. An entry is a tag and an addend: `va + addend` is the host address. The tag holds
//! the page's number and, in the bits of the offset, a *key* that stands for everything else the translation depends on (`satp`,
//! privilege, SUM, MXR). One compare of the address, masked so that its low alignment bits stay in, with the tag says page,
//! context and alignment at once. To flush is to use new keys; memory is cleared only when the keys run out.
//!
//! An entry exists only for a page that lies wholly in RAM, whose physical protection is uniform, and whose stores need no
//! bookkeeping: a page under a dirty log is entered for stores only once it is marked, and taken out when the marks are collected. It
//! points into the snapshot that the hart's reader holds, and knows its guest-physical page, so that a change of the map takes out the
//! entries that it concerns and no others.

use manyhart_runtime::AddrRange;

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
    /// The guest-physical page, by its first address. Read when the map changes, and never by an access.
    physical: [u64; ENTRIES],
}

impl Array {
    const NEW: Array = Array { tags: [EMPTY; ENTRIES], addends: [0; ENTRIES], physical: [0; ENTRIES] };

    /// The host address of `va`, for an access of `size` bytes with this key, if it is known and aligned.
    #[inline(always)]
    pub fn probe(&self, va: u64, size: u64, key: u64) -> Option<u64> {
        let index = index(va);
        (self.tags[index] == (va & mask(size)) | key).then(|| va.wrapping_add(self.addends[index]))
    }

    fn enter(&mut self, tag: u64, page: PageAt) {
        let index = index(page.va);
        (self.tags[index], self.addends[index]) = (tag, page.host.wrapping_sub(page.va));
        self.physical[index] = page.physical;
    }

    /// Takes the entry at `index` out if its page has an address in one of `ranges`.
    fn forget_physical(&mut self, index: usize, ranges: &[AddrRange]) {
        let (first, last) = (self.physical[index], self.physical[index] | 0xfff);
        if ranges.iter().any(|range| first <= range.last().0 && range.start().0 <= last) {
            self.tags[index] = EMPTY;
        }
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

/// Some of the places of an array.
struct Places([u64; ENTRIES / 64]);

impl Places {
    const NONE: Places = Places([0; ENTRIES / 64]);

    fn insert(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    fn clear(&mut self) {
        self.0 = Places::NONE.0;
    }

    fn for_each(&self, mut visit: impl FnMut(usize)) {
        for (word, bits) in (0..).zip(self.0) {
            let mut left = bits;
            while left != 0 {
                visit(word * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }
}

/// A page that is to be entered: where it lies for the guest's program, for the guest's bus and for the host.
#[derive(Clone, Copy)]
pub(crate) struct PageAt {
    va: u64,
    physical: u64,
    host: u64,
}

impl PageAt {
    /// The page of `va`; the others are first addresses.
    pub fn new(va: u64, physical: u64, host: u64) -> PageAt {
        PageAt { va: va & !0xfff, physical, host }
    }
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
    /// Where anything was entered since the last flush.
    entered: Places,
    /// Where pages under a dirty log were entered into the store array since the last flush: they have been marked.
    marked: Places,
}

impl Tlb {
    /// An empty one.
    pub fn new() -> Tlb {
        let (load, store) = (Array::NEW, Array::NEW);
        let keys = Keys::new(LAST_KEY);
        Tlb { key: 0, load, store, keys, large: LargePages::NONE, entered: Places::NONE, marked: Places::NONE }
    }

    /// Forgets everything. The caller selects a context again.
    pub fn flush(&mut self) {
        self.key = 0;
        self.keys.forget();
        self.large = LargePages::NONE;
        // Nothing finds those entries any more.
        self.entered.clear();
        self.marked.clear();
    }

    /// Forgets the entries of every context whose guest-physical pages have an address in one of `ranges`. Costs what was entered.
    pub fn flush_physical(&mut self, ranges: &[AddrRange]) {
        let (load, store) = (&mut self.load, &mut self.store);
        self.entered.for_each(|index| {
            load.forget_physical(index, ranges);
            store.forget_physical(index, ranges);
        });
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
        self.entered.clear();
        self.marked.clear();
        self.keys.restart();
        // The first key after a restart always exists.
        self.keys.get(context).unwrap_or(0)
    }

    /// Enters a page for stores that has just been marked in its dirty logs. Its entry for loads, made for the same access, has seen to the rest.
    pub fn fill_marked(&mut self, page: PageAt) {
        if self.key == 0 {
            return;
        }
        self.store.enter(page.va | self.key, page);
        self.entered.insert(index(page.va));
        self.marked.insert(index(page.va));
    }

    /// The marks are collected: takes out what was entered for stores because of them. Costs what was marked.
    pub fn forget_marks(&mut self) {
        let store = &mut self.store;
        self.marked.for_each(|index| store.tags[index] = EMPTY);
        self.marked.clear();
    }

    /// No entry fits any more until the next [`Tlb::select`]: every access takes the slow path.
    pub fn disable(&mut self) {
        self.key = 0;
    }

    /// Enters a page in the selected context; it is part of a page of 2^`bits` bytes of the guest's tables.
    pub fn fill(&mut self, page: PageAt, readable: bool, writable: bool, bits: u32) {
        if self.key == 0 {
            return;
        }
        let tag = page.va | self.key;
        if readable {
            self.load.enter(tag, page);
        }
        if writable {
            self.store.enter(tag, page);
        }
        self.entered.insert(index(page.va));
        self.large.note(page.va, bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trap::Privilege;

    fn context(satp: u64, privilege: Privilege) -> KeyContext {
        KeyContext { satp, privilege, sum: false, mxr: false }
    }

    const PHYSICAL: u64 = 0x8000_3000;

    fn hit(array: &Array, key: u64, va: u64, size: u64) -> Option<u64> {
        array.probe(va, size, key)
    }

    #[test]
    fn an_entry_serves_its_page_context_and_alignment() {
        let mut tlb = Tlb::new();
        tlb.select(context(1, Privilege::User));
        tlb.fill(PageAt::new(0x5123, PHYSICAL, 0x7000_0000), true, false, 12);
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
        tlb.fill(PageAt::new(0x5000, PHYSICAL, 0x7000_0000), true, true, 12);
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
        tlb.fill(PageAt::new(0x5000, PHYSICAL, 0x7000_0000), true, true, 12);
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
        tlb.fill(PageAt::new(0x20_5000, PHYSICAL, 0x7000_0000), true, true, 21);
        tlb.fill(PageAt::new(0x80_5000, PHYSICAL, 0x7000_0000), true, true, 12);
        tlb.flush_page(0x81_5000);
        tlb.select(user);
        assert!(hit(&tlb.load, tlb.key, 0x80_5000, 8).is_some(), "another page");
        tlb.flush_page(0x20_0000);
        tlb.select(user);
        assert_eq!(hit(&tlb.load, tlb.key, 0x20_5000, 8), None);
    }

    #[test]
    fn a_change_of_the_map_takes_out_what_it_concerns_in_every_context() {
        let range =
            |first, last| AddrRange::new(manyhart_runtime::Gpa(first), manyhart_runtime::Gpa(last)).expect("not empty");
        let (user, kernel) = (context(1, Privilege::User), context(1, Privilege::Supervisor));
        let cases = [
            (range(PHYSICAL, PHYSICAL), [false, true]),
            (range(PHYSICAL + 0xfff, u64::MAX), [false, false]),
            (range(PHYSICAL + 0x1000, PHYSICAL + 0x1000), [true, false]),
            (range(0, PHYSICAL - 1), [true, true]),
        ];
        for (changed, stay) in cases {
            let mut tlb = Tlb::new();
            tlb.select(kernel);
            tlb.fill(PageAt::new(0x6000, PHYSICAL + 0x1000, 0x7100_0000), true, true, 12);
            tlb.select(user);
            tlb.fill(PageAt::new(0x5000, PHYSICAL, 0x7000_0000), true, false, 12);
            tlb.fill_marked(PageAt::new(0x5000, PHYSICAL, 0x7000_0000));
            tlb.flush_physical(&[changed]);
            assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8).is_some(), stay[0], "{changed}");
            assert_eq!(hit(&tlb.store, tlb.key, 0x5000, 8).is_some(), stay[0], "{changed}");
            tlb.select(kernel);
            assert_eq!(hit(&tlb.load, tlb.key, 0x6000, 8).is_some(), stay[1], "{changed}");
        }
    }

    #[test]
    fn collected_marks_take_out_stores_alone() {
        let mut tlb = Tlb::new();
        tlb.select(context(1, Privilege::User));
        let page = PageAt::new(0x5000, PHYSICAL, 0x7000_0000);
        tlb.fill(page, true, false, 12);
        tlb.fill_marked(page);
        tlb.forget_marks();
        assert!(hit(&tlb.load, tlb.key, 0x5000, 8).is_some());
        assert_eq!(hit(&tlb.store, tlb.key, 0x5000, 8), None);
    }
}
