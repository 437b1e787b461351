//! Dirty logs: which pages of a block have been written, client by client.
//!
//! A logged store stores, **then** marks, by an unconditional `fetch_or` with Release. Nobody tests a bit first: a test that comes before
//! the store has left its host's store buffer may see a mark that a collector takes away before the data are there. From both sides:
//! * If the mark is first, the collector that takes it has Acquired the data, and its owner sees them when it copies.
//! * If the collector is first, the mark stays for the next one.
//!
//! A virtual CPU that caches "marked already" stores without a mark until it drops that. So what is collected is handed out only after
//! every reader has acknowledged a generation published *after* the collection (see `topology::log`): by then those stores are over, and
//! the next one marks again.
//!
//! # The map
//! A tree of bits: one for each page, above it one for each word of 64 below, and so on up to a single word. Marks go upwards, leaf first;
//! a collector goes downwards, and takes a bit before it looks below it. So a page that is marked is always below marked words, or is about
//! to be; and a collection costs what is dirty, whatever the size of the block.

use std::ops::Range;

use super::PAGE_SIZE;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};
use crate::sync::{Mutex, OnceLock};

/// Who wants to know what was written. Each has a log of its own for every block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirtyClient(u8);

impl DirtyClient {
    /// How many there can be.
    pub const COUNT: usize = 8;
    /// A frame buffer's display.
    pub const DISPLAY: DirtyClient = DirtyClient(0);
    /// Whoever keeps translations of code.
    pub const CODE: DirtyClient = DirtyClient(1);
    /// A live copy.
    pub const MIGRATION: DirtyClient = DirtyClient(2);

    /// Another client, by its bit in [`FlatRange::dirty_mask`](crate::FlatRange::dirty_mask); `None` above 7.
    pub const fn by_bit(bit: u8) -> Option<DirtyClient> {
        if (bit as usize) < DirtyClient::COUNT { Some(DirtyClient(bit)) } else { None }
    }

    /// Its bit in a dirty mask.
    pub const fn mask(self) -> u8 {
        1 << self.0
    }

    /// The clients of a mask.
    pub(crate) fn of_mask(mask: u8) -> impl Iterator<Item = DirtyClient> {
        (0..8).filter(move |bit| mask >> bit & 1 != 0).map(DirtyClient)
    }

    fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The dirty logs of one block. Whoever writes by host address marks here; a [`DirtyLog`](crate::DirtyLog) begins, collects and ends a log.
// What begins, collects and ends them is the topology's. It is public for the models and for measurements, and hidden.
pub struct DirtyLogs {
    pages: u64,
    /// The clients that log now. A client's map is there before its bit is.
    active: AtomicU8,
    /// Made when their client first logs, and kept.
    maps: [OnceLock<PageMap>; DirtyClient::COUNT],
    /// For each client, how many bytes of the block views show it as logged. Counted by the topology's writer alone.
    shown: Mutex<[u128; DirtyClient::COUNT]>,
}

impl DirtyLogs {
    /// Logs of that many pages, none of them active.
    #[doc(hidden)]
    pub fn new(pages: u64) -> DirtyLogs {
        DirtyLogs {
            pages,
            active: AtomicU8::new(0),
            maps: std::array::from_fn(|_| OnceLock::new()),
            shown: Mutex::default(),
        }
    }

    /// A logged store: stores, then marks the pages of the `len` bytes at `offset` for every client that logs.
    ///
    /// For readers that are online, who see that a client logs no later than they acknowledge the generation that says so.
    #[inline]
    pub fn logged<R>(&self, offset: u64, len: u64, store: impl FnOnce() -> R) -> R {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::MarkBeforeStore) {
            self.mark(offset, len);
            return store();
        }
        let result = store();
        self.mark(offset, len);
        result
    }

    /// As [`DirtyLogs::logged`], for whoever is no reader, and whom no grace period waits for.
    pub fn logged_by_anyone<R>(&self, offset: u64, len: u64, store: impl FnOnce() -> R) -> R {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::MarkBeforeStore) {
            self.mark(offset, len);
            return store();
        }
        let result = store();
        // Whoever starts a log sets its bit, fences, and reads the data after. If that fence is first, the bit is seen below; if this
        // one is, the data are seen there.
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::StoreWithoutFence) {
            self.mark(offset, len);
            return result;
        }
        fence(Ordering::SeqCst);
        self.mark(offset, len);
        result
    }

    /// Marks the pages of the `len` bytes at `offset`, which somebody else has written by now and noted elsewhere: another process, or a guest under
    /// the host's hypervisor.
    pub fn mark_written(&self, offset: u64, len: u64) {
        self.logged_by_anyone(offset, len, || ());
    }

    /// Marks the pages of `len` bytes at `offset`, for every client that logs.
    fn mark(&self, offset: u64, len: u64) {
        // Relaxed: who sees a bit and not yet its map has fenced, or is online, before the log has begun, and whoever begins it sees the data.
        let active = self.active.load(Ordering::Relaxed);
        if active == 0 || len == 0 {
            return;
        }
        let (first, last) = (offset / PAGE_SIZE, (offset + (len - 1)) / PAGE_SIZE);
        for client in DirtyClient::of_mask(active) {
            if let Some(map) = self.maps[client.index()].get() {
                map.mark(first, last.min(self.pages - 1));
            }
        }
    }

    /// Takes out a client's marks of the pages that the bytes of `range` lie in; as ascending, disjoint ranges of bytes.
    ///
    /// Readers may still store unmarked into these pages, until they have dropped what they cache.
    #[doc(hidden)]
    pub fn collect(&self, client: DirtyClient, range: Range<u64>) -> Vec<Range<u64>> {
        let mut runs = Vec::new();
        let end = range.end.min(self.pages * PAGE_SIZE);
        if let Some(map) = self.maps[client.index()].get()
            && range.start < end
        {
            map.take(range.start / PAGE_SIZE, (end - 1) / PAGE_SIZE, |page| push_page(&mut runs, page));
        }
        runs
    }

    /// Puts back what was collected and not used.
    pub(crate) fn put_back(&self, client: DirtyClient, runs: &[Range<u64>]) {
        if let Some(map) = self.maps[client.index()].get() {
            for run in runs {
                map.mark(run.start / PAGE_SIZE, run.end / PAGE_SIZE - 1);
            }
        }
    }

    /// A view is about to show `bytes` more of the block as logged by the clients of `mask`.
    #[doc(hidden)]
    pub fn show(&self, mask: u8, bytes: u128) {
        let mut shown = self.shown.lock();
        for client in DirtyClient::of_mask(mask) {
            self.maps[client.index()].get_or_init(|| PageMap::new(self.pages));
            shown[client.index()] += bytes;
            self.active.fetch_or(client.mask(), Ordering::Relaxed);
        }
        fence(Ordering::SeqCst); // see `logged_by_anyone`
    }

    /// A view does not show these any more.
    #[doc(hidden)]
    pub fn hide(&self, mask: u8, bytes: u128) {
        let mut shown = self.shown.lock();
        for client in DirtyClient::of_mask(mask) {
            let left = shown[client.index()].saturating_sub(bytes);
            shown[client.index()] = left;
            if left == 0 {
                // Relaxed: a mark too many does no harm.
                self.active.fetch_and(!client.mask(), Ordering::Relaxed);
            }
        }
    }

    /// The clients that log now.
    pub fn active(&self) -> u8 {
        self.active.load(Ordering::Relaxed)
    }
}

/// Appends a page to ranges of bytes.
fn push_page(runs: &mut Vec<Range<u64>>, page: u64) {
    let start = page * PAGE_SIZE;
    match runs.last_mut() {
        Some(last) if last.end == start => last.end += PAGE_SIZE,
        _ => runs.push(start..start + PAGE_SIZE),
    }
}

/// Bits in a word.
const WORD: u64 = 64;

/// One client's marks.
struct PageMap {
    /// The pages first, then each level's words as bits of the next, up to one word.
    levels: Vec<Box<[AtomicU64]>>,
}

/// The bits `first..=last` of a word.
fn bits(first: u64, last: u64) -> u64 {
    u64::MAX << first & u64::MAX >> (WORD - 1 - last)
}

impl PageMap {
    fn new(pages: u64) -> PageMap {
        let mut levels = Vec::new();
        let mut below = pages;
        loop {
            let words = below.div_ceil(WORD).max(1);
            levels.push((0..words).map(|_| AtomicU64::new(0)).collect());
            if words == 1 {
                return PageMap { levels };
            }
            below = words;
        }
    }

    /// Marks pages `first..=last`, leaves first.
    fn mark(&self, mut first: u64, mut last: u64) {
        for level in &self.levels {
            for word in first / WORD..=last / WORD {
                let base = word * WORD;
                let bits = bits(first.max(base) - base, last.min(base + WORD - 1) - base);
                let word = &level[word as usize];
                #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
                if planted::is(Bug::TestBeforeMark) && word.load(Ordering::Relaxed) & bits == bits {
                    continue;
                }
                // Release: the data, and the marks below, are there for whoever takes this one.
                word.fetch_or(bits, Ordering::Release);
            }
            (first, last) = (first / WORD, last / WORD);
        }
    }

    /// Takes the marks of pages `first..=last`, in ascending order.
    fn take(&self, first: u64, last: u64, mut each: impl FnMut(u64)) {
        self.take_below(self.levels.len() - 1, 0, first, last, &mut each);
    }

    /// The part of that which is below one word.
    fn take_below(&self, level: usize, word: u64, first: u64, last: u64, each: &mut impl FnMut(u64)) {
        let shift = 6 * level as u32;
        let base = word * WORD;
        let low = (first >> shift).max(base);
        let high = (last >> shift).min(base + WORD - 1);
        if low > high {
            return;
        }
        let wanted = bits(low - base, high - base);
        // A bit that also stands for pages which are not asked for must stay.
        let below = |bit: u64| (bit << shift, (bit << shift) | ((1 << shift) - 1));
        let partly = |bit: u64| below(bit).0 < first || below(bit).1 > last;
        let kept = [low, high].into_iter().filter(|&bit| partly(bit)).fold(0, |kept, bit| kept | 1 << (bit - base));
        let cell = &self.levels[level][word as usize];
        if cell.load(Ordering::Relaxed) & wanted == 0 {
            return; // What is marked from now on is the next collector's.
        }
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::TakeUpperLast) && level > 0 {
            self.take_below(level - 1, low, first, last, each);
            cell.fetch_and(!(wanted & !kept), Ordering::AcqRel);
            return;
        }
        // Acquire: what was there before the marks, data or marks below. A mark that comes after this sets its bit again.
        let taken = cell.fetch_and(!(wanted & !kept), Ordering::Acquire) & wanted;
        for bit in (0..WORD).filter(|bit| taken >> bit & 1 != 0).map(|bit| base + bit) {
            match level.checked_sub(1) {
                Some(level) => self.take_below(level, bit, first, last, each),
                None => each(bit),
            }
        }
    }
}

#[cfg(all(test, not(any(manyhart_loom, manyhart_shuttle))))]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Three levels.
    const PAGES: u64 = 64 * 64 + 70;

    fn pages(runs: &[Range<u64>]) -> BTreeSet<u64> {
        runs.iter().flat_map(|run| run.start / PAGE_SIZE..run.end / PAGE_SIZE).collect()
    }

    /// Pages `first..end`, as bytes.
    fn run(first: u64, end: u64) -> Range<u64> {
        first * PAGE_SIZE..end * PAGE_SIZE
    }

    #[derive(Debug, Clone)]
    enum Step {
        Write(u64, u64),
        Collect(u64, u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let at = 0..PAGES * PAGE_SIZE;
        let len = prop_oneof![1..16u64, 1..PAGE_SIZE * 200];
        let write = (at.clone(), len).prop_map(|(at, len)| Step::Write(at, len.min(PAGES * PAGE_SIZE - at)));
        let collect = (at.clone(), at).prop_map(|(a, b)| Step::Collect(a.min(b), a.max(b)));
        proptest::collection::vec(prop_oneof![3 => write, 1 => collect], 1..if cfg!(miri) { 8 } else { 40 })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 256 }))]
        #[test]
        fn dirty_pages_are_collected_once_and_none_is_lost(steps in steps()) {
            let logs = DirtyLogs::new(PAGES);
            logs.show(DirtyClient::MIGRATION.mask(), 1);
            let mut want = BTreeSet::new();
            for step in steps {
                match step {
                    Step::Write(at, len) => {
                        logs.logged(at, len, || ());
                        want.extend(at / PAGE_SIZE..=(at + len - 1) / PAGE_SIZE);
                    }
                    Step::Collect(from, to) => {
                        let got = pages(&logs.collect(DirtyClient::MIGRATION, from..to));
                        let asked = if from < to { from / PAGE_SIZE..(to - 1) / PAGE_SIZE + 1 } else { 0..0 };
                        let inside: BTreeSet<u64> = want.iter().copied().filter(|page| asked.contains(page)).collect();
                        prop_assert_eq!(&got, &inside);
                        want.retain(|page| !asked.contains(page));
                    }
                }
            }
            prop_assert_eq!(pages(&logs.collect(DirtyClient::MIGRATION, 0..u64::MAX)), want);
            prop_assert!(logs.collect(DirtyClient::MIGRATION, 0..u64::MAX).is_empty());
        }
    }

    #[test]
    fn dirty_clients_have_logs_of_their_own() {
        let logs = DirtyLogs::new(4);
        logs.logged(0, 8, || ());
        assert!(logs.collect(DirtyClient::DISPLAY, 0..u64::MAX).is_empty(), "nobody logged");
        logs.show(DirtyClient::DISPLAY.mask(), 1);
        logs.logged(0, 8, || ());
        logs.show(DirtyClient::MIGRATION.mask(), 1);
        logs.logged_by_anyone(PAGE_SIZE, 8, || ());
        assert_eq!(logs.collect(DirtyClient::DISPLAY, 0..u64::MAX), [run(0, 2)]);
        assert_eq!(logs.collect(DirtyClient::MIGRATION, 0..u64::MAX), [run(1, 2)]);
        logs.hide(DirtyClient::MIGRATION.mask(), 1);
        logs.logged(0, PAGE_SIZE * 4, || ());
        assert!(logs.collect(DirtyClient::MIGRATION, 0..u64::MAX).is_empty(), "stopped");
        assert_eq!(logs.collect(DirtyClient::DISPLAY, 2 * PAGE_SIZE..u64::MAX), [run(2, 4)]);
    }

    #[test]
    fn dirty_marks_of_writers_beside_a_collector_are_all_collected() {
        const EACH: u64 = if cfg!(miri) { 20 } else { 20_000 };
        let logs = DirtyLogs::new(PAGES);
        logs.show(1, 1);
        let counts: Vec<std::sync::atomic::AtomicU64> = (0..PAGES).map(|_| Default::default()).collect();
        let mut seen = vec![0; PAGES as usize];
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..2u64)
                .map(|writer| {
                    let (logs, counts) = (&logs, &counts);
                    scope.spawn(move || {
                        for i in 0..EACH {
                            let page = (i * 7919 + writer * 31) % PAGES;
                            let count = &counts[page as usize];
                            logs.logged(page * PAGE_SIZE, 1, || count.fetch_add(1, Ordering::Relaxed));
                        }
                    })
                })
                .collect();
            let mut look = |runs: Vec<Range<u64>>| {
                for page in pages(&runs) {
                    seen[page as usize] = counts[page as usize].load(Ordering::Relaxed);
                }
            };
            while writers.iter().any(|writer| !writer.is_finished()) {
                look(logs.collect(DirtyClient::DISPLAY, 0..u64::MAX));
            }
            look(logs.collect(DirtyClient::DISPLAY, 0..u64::MAX));
        });
        let counts: Vec<u64> = counts.into_iter().map(std::sync::atomic::AtomicU64::into_inner).collect();
        assert_eq!(seen, counts);
    }
}
