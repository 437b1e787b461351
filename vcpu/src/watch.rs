//! Watchpoints: data accesses that a debugger wants to hear of.
//!
//! A page with a watchpoint has no entry in the TLB for the accesses that may meet it, so each of them takes the slow path, where its address is
//! compared. Hot handlers know nothing of it, and without watchpoints nothing is slower. What is accessed is accessed: the hart stops after the
//! instruction. Addresses are virtual ones, under whatever translation they are met.

use crate::hart::Hart;

/// Which accesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WatchKind {
    /// Stores.
    Write,
    /// Loads.
    Read,
    /// Both. An atomic read-modify-write is both, too.
    Access,
}

impl WatchKind {
    /// Whether an access of the other kind is of this one.
    fn meets(self, other: WatchKind) -> bool {
        self == other || self == WatchKind::Access || other == WatchKind::Access
    }
}

/// Addresses that are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Watchpoint {
    /// What is watched for.
    pub kind: WatchKind,
    /// The first address.
    pub start: u64,
    /// How many bytes from there.
    pub len: u64,
}

impl Watchpoint {
    /// The first of these bytes that is watched. Either range may end at the top of the address space, and go on at its bottom.
    fn first_of(&self, va: u64, len: u64) -> Option<u64> {
        let begins_inside = va.wrapping_sub(self.start) < self.len;
        let reaches_it = self.len > 0 && self.start.wrapping_sub(va) < len;
        begins_inside.then_some(va).or(reaches_it.then_some(self.start))
    }
}

/// A watchpoint was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchHit {
    /// The watchpoint's kind.
    pub kind: WatchKind,
    /// The first watched byte that was accessed.
    pub address: u64,
}

/// A hart's watchpoints.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    points: Box<[Watchpoint]>,
    /// What the last instruction met, until it is told.
    pub hit: Option<WatchHit>,
}

impl Watch {
    /// What an access of this kind to these bytes meets.
    fn find(&self, va: u64, len: u64, kind: WatchKind) -> Option<WatchHit> {
        self.points.iter().filter(|point| point.kind.meets(kind)).find_map(|point| {
            let address = point.first_of(va, len)?;
            Some(WatchHit { kind: point.kind, address })
        })
    }

    /// Whether accesses of this kind to the page may be left to the TLB.
    pub fn spares(&self, page: u64, kind: WatchKind) -> bool {
        self.find(page & !0xfff, 0x1000, kind).is_none()
    }
}

impl Hart {
    /// From now on [`Hart::run`] returns after an instruction that accesses data at one of these addresses. It costs the accesses to their pages what a miss of
    /// the TLB costs, and nothing elsewhere. Translations are dropped.
    pub fn set_watchpoints(&mut self, points: impl IntoIterator<Item = Watchpoint>) {
        self.watch.points = points.into_iter().collect();
        // What is not told yet is of no interest any more, if nobody watches for it.
        let is_watched = |hit: &WatchHit| {
            let mut same = self.watch.points.iter().filter(|point| point.kind == hit.kind);
            same.any(|point| point.first_of(hit.address, 1).is_some())
        };
        self.watch.hit = self.watch.hit.filter(is_watched);
        self.caches.forget_translations();
    }

    /// Has [`Hart::run`] return at once the next time, with this: nobody could be told before.
    pub fn tell_again(&mut self, hit: WatchHit) {
        self.watch.hit = Some(hit);
    }

    /// After an access: if it is watched, the hart leaves its loop behind the instruction.
    #[inline]
    pub(crate) fn note_watched(&mut self, va: u64, size: u8, kind: WatchKind) {
        if !self.watch.points.is_empty()
            && let Some(hit) = self.watch.find(va, size.into(), kind)
        {
            self.watch.hit.get_or_insert(hit);
            (self.leave_batch, self.caches.dropped) = (true, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_meet_where_they_share_a_byte(
            start in prop_oneof![0..40u64, u64::MAX - 40..=u64::MAX], len in 0..20u64,
            va in prop_oneof![0..40u64, u64::MAX - 40..=u64::MAX], size in prop_oneof![Just(1u64), Just(2), Just(4), Just(8)],
        ) {
            let watched = |address: u64| (0..len).any(|at| start.wrapping_add(at) == address);
            let want = (0..size).map(|at| va.wrapping_add(at)).find(|&address| watched(address));
            prop_assert_eq!(Watchpoint { kind: WatchKind::Read, start, len }.first_of(va, size), want);
        }
    }

    #[test]
    fn kinds() {
        use WatchKind::{Access, Read, Write};
        let all = [Write, Read, Access].map(|point| [Write, Read, Access].map(|access| point.meets(access)));
        assert_eq!(all, [[true, false, true], [false, true, true], [true; 3]]);
    }
}
