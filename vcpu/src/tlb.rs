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
/// Entries for pages that are not RAM.
const DEVICE_PAGES: usize = 64;
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
        if ranges.iter().any(|range| is_in_page(self.physical[index], range)) {
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

/// Whether a range has an address in the page that begins at `physical`.
fn is_in_page(physical: u64, range: &AddrRange) -> bool {
    physical <= range.last().0 && range.start().0 <= physical | 0xfff
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

/// A page where something other than whole RAM answers.
#[derive(Clone, Copy)]
struct DevicePage {
    /// Page number and key, as in an array's tag.
    tag: u64,
    physical: u64,
    readable: bool,
    writable: bool,
}

const NO_DEVICE: DevicePage = DevicePage { tag: EMPTY, physical: 0, readable: false, writable: false };

fn device_index(va: u64) -> usize {
    (va >> 12) as usize % DEVICE_PAGES
}

/// Both arrays and the keys.
pub(crate) struct Tlb {
    /// The key of data accesses now, in its place in a tag.
    pub key: u64,
    pub load: Array,
    pub store: Array,
    /// Where devices' registers are: what finds no RAM is spared the walk of the tables all the same.
    devices: [DevicePage; DEVICE_PAGES],
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
        let devices = [NO_DEVICE; DEVICE_PAGES];
        Tlb { key: 0, load, store, devices, keys, large: LargePages::NONE, entered: Places::NONE, marked: Places::NONE }
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
        for entry in &mut self.devices {
            if ranges.iter().any(|range| is_in_page(entry.physical, range)) {
                *entry = NO_DEVICE;
            }
        }
    }

    /// Forgets the page that holds `va` in every context; everything, if a large page may hold it.
    pub fn flush_page(&mut self, va: u64) {
        if self.large.may_hold(va) {
            return self.flush();
        }
        self.load.tags[index(va)] = EMPTY;
        self.store.tags[index(va)] = EMPTY;
        self.devices[device_index(va)] = NO_DEVICE;
    }

    /// From now on accesses are made in this context.
    pub fn select(&mut self, context: KeyContext) {
        let key = self.keys.get(context).unwrap_or_else(|| self.restart(context));
        self.key = u64::from(key) << KEY_SHIFT;
    }

    /// The same for a context below machine mode that has a key already; false if it has to be selected, and nothing has changed.
    #[inline(always)]
    pub fn switch(&mut self, context: KeyContext) -> bool {
        let Some(key) = self.keys.known(context) else { return false };
        let is_enabled = self.key != 0;
        if is_enabled {
            self.key = u64::from(key) << KEY_SHIFT;
        }
        is_enabled
    }

    /// Empties the arrays, after which every key is new.
    #[cold]
    fn restart(&mut self, context: KeyContext) -> u16 {
        self.load.tags.fill(EMPTY);
        self.store.tags.fill(EMPTY);
        self.devices.fill(NO_DEVICE);
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

    /// Enters a page that is not RAM, in the selected context.
    pub fn fill_device(&mut self, va: u64, physical: u64, readable: bool, writable: bool, bits: u32) {
        if self.key != 0 {
            let tag = va & !0xfff | self.key;
            self.devices[device_index(va)] = DevicePage { tag, physical, readable, writable };
            self.large.note(va, bits);
        }
    }

    /// The guest-physical address of `va` in a page that is known and not RAM, if such an access is allowed there.
    #[inline]
    pub fn device(&self, va: u64, is_store: bool) -> Option<u64> {
        let entry = &self.devices[device_index(va)];
        let allowed = if is_store { entry.writable } else { entry.readable };
        (allowed && entry.tag == (va & !0xfff | self.key)).then_some(entry.physical | va & 0xfff)
    }
}

#[cfg(test)]
mod tests;
