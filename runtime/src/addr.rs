//! Addresses and ranges. A guest-physical address is its own type, so that it is never mistaken for an offset.

use std::fmt;

/// A guest-physical address, in bytes, anywhere in `[0, 2^64)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Gpa(pub u64);

impl Gpa {
    /// The address `bytes` further on, or `None` past the end of the space.
    #[inline]
    pub fn checked_add(self, bytes: u64) -> Option<Gpa> {
        self.0.checked_add(bytes).map(Gpa)
    }
}

impl fmt::Debug for Gpa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Display for Gpa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#018x}", self.0)
    }
}

/// A non-empty range of guest-physical addresses, both ends included, so that all of `[0, 2^64)` is representable and
/// nothing wraps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddrRange {
    start: u64,
    last: u64,
}

impl AddrRange {
    /// Every address there is.
    pub const ALL: AddrRange = AddrRange { start: 0, last: u64::MAX };

    /// The range from `start` to `last`, both included; `None` where `last < start`.
    #[inline]
    pub fn new(start: Gpa, last: Gpa) -> Option<AddrRange> {
        (start.0 <= last.0).then_some(AddrRange { start: start.0, last: last.0 })
    }

    /// The range of `size` bytes at `start`; `None` where it is empty or passes the end of the space.
    pub fn with_size(start: Gpa, size: u128) -> Option<AddrRange> {
        let last = (u128::from(start.0) + size).checked_sub(1)?;
        AddrRange::new(start, Gpa(u64::try_from(last).ok()?))
    }

    /// The first address.
    #[inline]
    pub fn start(self) -> Gpa {
        Gpa(self.start)
    }

    /// The last address, which belongs to the range.
    #[inline]
    pub fn last(self) -> Gpa {
        Gpa(self.last)
    }

    /// The length in bytes, 1 to 2^64.
    #[inline]
    pub fn size(self) -> u128 {
        u128::from(self.last - self.start) + 1
    }

    /// Whether `addr` lies inside.
    #[inline]
    pub fn contains(self, addr: Gpa) -> bool {
        self.start <= addr.0 && addr.0 <= self.last
    }

    /// What both ranges share.
    #[inline]
    pub fn intersection(self, other: AddrRange) -> Option<AddrRange> {
        AddrRange::new(Gpa(self.start.max(other.start)), Gpa(self.last.min(other.last)))
    }

    /// Whether the ranges share an address.
    #[inline]
    pub fn overlaps(self, other: AddrRange) -> bool {
        self.start <= other.last && other.start <= self.last
    }
}

impl fmt::Debug for AddrRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{:016x}", self.start, self.last)
    }
}

impl fmt::Display for AddrRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_reach_the_last_byte_of_the_space() {
        let cases = [
            (0, 1u128 << 64, Some((0, u64::MAX))),
            (u64::MAX, 1, Some((u64::MAX, u64::MAX))),
            (u64::MAX, 2, None),
            (0, 0, None),
            (1, 1u128 << 64, None),
            (0x1000, 0x1000, Some((0x1000, 0x1fff))),
        ];
        for (start, size, want) in cases {
            let got = AddrRange::with_size(Gpa(start), size);
            assert_eq!(got.map(|r| (r.start().0, r.last().0)), want, "{start:#x} + {size:#x}");
            if let Some(range) = got {
                assert_eq!(range.size(), size);
            }
        }
    }
}
