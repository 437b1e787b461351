//! Which guest-physical pages a hart remembers anything of: asked when the map changes, so that what changes elsewhere costs it nothing.

use std::collections::BTreeMap;

use manyhart_runtime::{AddrRange, Gpa};

/// More runs than this are not told apart: a page is joined to its neighbour, with what lies between.
const MOST_RUNS: usize = 512;
const PAGE_BITS: u32 = 12;

/// A set of pages, which may come to hold more than was put in and never holds less.
#[derive(Debug, Default)]
pub(crate) struct UsedPages {
    /// Disjoint runs that do not touch: the first page of each, and the last.
    runs: BTreeMap<u64, u64>,
}

impl UsedPages {
    /// Puts the page of an address in.
    pub fn insert(&mut self, addr: Gpa) {
        let page = addr.0 >> PAGE_BITS;
        let below = self.runs.range(..=page).next_back().map(|(&first, &last)| (first, last));
        if below.is_some_and(|(_, last)| page <= last) {
            return;
        }
        let (mut first, mut last) = (page, page);
        if let Some((below, end)) = below
            && (end + 1 == page || self.runs.len() >= MOST_RUNS)
        {
            first = below;
        }
        if let Some(end) = self.runs.remove(&(page + 1)) {
            last = end;
        } else if below.is_none()
            && self.runs.len() >= MOST_RUNS
            && let Some((_, end)) = self.runs.pop_first()
        {
            last = end;
        }
        self.runs.insert(first, last);
    }

    /// Whether any page of it has an address in `range`.
    pub fn overlaps(&self, range: AddrRange) -> bool {
        let (first, last) = (range.start().0 >> PAGE_BITS, range.last().0 >> PAGE_BITS);
        self.runs.range(..=last).next_back().is_some_and(|(_, &end)| first <= end)
    }

    /// Takes out the pages that have an address in `range`; some stay where they stand in the middle of a run and there are too many.
    pub fn remove(&mut self, range: AddrRange) {
        let (first, last) = (range.start().0 >> PAGE_BITS, range.last().0 >> PAGE_BITS);
        let touched = self.runs.range(..=last).rev().take_while(|&(_, &end)| first <= end);
        for (begin, end) in touched.map(|(&begin, &end)| (begin, end)).collect::<Vec<_>>() {
            let is_split = begin < first && last < end;
            if is_split && self.runs.len() >= MOST_RUNS {
                return;
            }
            self.runs.remove(&begin);
            if begin < first {
                self.runs.insert(begin, first - 1);
            }
            if last < end {
                self.runs.insert(last + 1, end);
            }
        }
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.runs.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(pages: &[u64]) -> UsedPages {
        let mut used = UsedPages::default();
        pages.iter().for_each(|page| used.insert(Gpa(page << 12 | 0x123)));
        used
    }

    fn range(first: u64, last: u64) -> AddrRange {
        AddrRange::new(Gpa(first), Gpa(last)).expect("not empty")
    }

    #[test]
    fn pages_join_to_runs_from_both_sides() {
        type Case = (&'static [u64], &'static [(u64, u64)]);
        let cases: [Case; 5] = [
            (&[], &[]),
            (&[5, 5], &[(5, 5)]),
            (&[5, 7, 6], &[(5, 7)]),
            (&[7, 6, 9, 5], &[(5, 7), (9, 9)]),
            (&[0, 0xf_ffff_ffff_ffff], &[(0, 0), (0xf_ffff_ffff_ffff, 0xf_ffff_ffff_ffff)]),
        ];
        for (put, want) in cases {
            let runs: Vec<(u64, u64)> = pages(put).runs.into_iter().collect();
            assert_eq!(runs, want, "{put:?}");
        }
    }

    #[test]
    fn a_range_overlaps_only_what_is_used() {
        let used = pages(&[2, 3, 8]);
        let cases = [
            (range(0, 0x1fff), false),
            (range(0, 0x2000), true),
            (range(0x3fff, 0x3fff), true),
            (range(0x4000, 0x7fff), false),
            (range(0x4000, 0x8000), true),
            (range(0x9000, u64::MAX), false),
            (range(0, u64::MAX), true),
        ];
        for (range, want) in cases {
            assert_eq!(used.overlaps(range), want, "{range}");
        }
        assert!(!pages(&[]).overlaps(range(0, u64::MAX)));
    }

    #[test]
    fn removal_takes_pages_out_of_the_middle_and_from_both_ends() {
        type Case = (&'static [u64], (u64, u64), &'static [(u64, u64)]);
        let cases: [Case; 6] = [
            (&[], (0, u64::MAX), &[]),
            (&[1, 2, 3], (0x2000, 0x2000), &[(1, 1), (3, 3)]),
            (&[1, 2, 3], (0x1fff, 0x2000), &[(3, 3)]),
            (&[1, 2, 3], (0x3000, 0x9000), &[(1, 2)]),
            (&[1, 5, 9, 12], (0x4000, 0x9fff), &[(1, 1), (12, 12)]),
            (&[0, 0xf_ffff_ffff_ffff], (0, u64::MAX), &[]),
        ];
        for (put, (first, last), want) in cases {
            let mut used = pages(put);
            used.remove(range(first, last));
            let runs: Vec<(u64, u64)> = used.runs.into_iter().collect();
            assert_eq!(runs, want, "{put:?} without {first:#x}..={last:#x}");
        }
    }

    #[test]
    fn too_many_runs_become_coarse_and_lose_nothing() {
        let mut put: Vec<u64> = (0..2 * MOST_RUNS as u64).map(|index| index * 3).collect();
        for _ in ["ascending", "descending"] {
            let used = pages(&put);
            assert!(used.runs.len() <= MOST_RUNS);
            assert!(put.iter().all(|page| used.overlaps(range(page << 12, page << 12))));
            put.reverse();
        }
    }

    #[test]
    fn removals_do_not_make_too_many_runs() {
        let mut used = UsedPages::default();
        used.runs.insert(0, u64::MAX >> PAGE_BITS);
        for page in (1..4 * MOST_RUNS as u64).map(|index| index * 2) {
            used.remove(range(page << 12, page << 12));
            assert!(used.runs.len() <= MOST_RUNS);
            assert!(used.overlaps(range((page + 1) << 12, (page + 1) << 12)));
        }
    }
}
