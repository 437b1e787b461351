//! How one guest access becomes device accesses: pure arithmetic over an [`MmioSpec`], which touches no device and no memory.
//!
//! `valid` decides whether an access is allowed, on the offset in the region (not on the address: an alias may lie askew). `implemented`
//! decides what the device sees:
//! * an access that it implements goes through as it is;
//! * a larger or unaligned one is split in ascending order into the largest naturally aligned accesses that it implements;
//! * bytes that are fewer than its smallest access lie in an aligned access of that size: a read is masked, a write is carried out as read,
//!   modify, write where the spec says that this is safe, and refused otherwise, before any part of it is carried out.
//!
//! Everything is reckoned in bytes, in the order in which they lie in the region, so that a device's byte order holds for split and
//! widened accesses as for whole ones.

use crate::actor::{AccessShape, ByteOrder, MmioSpec};

/// Reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// One device access, and which of the guest's bytes it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// From the start of the region.
    pub(crate) offset: u64,
    /// 1, 2, 4 or 8.
    pub(crate) size: u8,
    /// How many of its bytes come before the guest's.
    pub(crate) lead: u8,
    /// The first of the guest's bytes that it carries.
    pub(crate) first: u8,
    /// How many of the guest's bytes it carries.
    pub(crate) len: u8,
}

impl AccessShape {
    /// Whether an access of `size` (1, 2, 4, 8) at `offset` is in it.
    #[inline]
    pub(crate) fn admits(&self, offset: u64, size: u8) -> bool {
        self.min <= size && size <= self.max && (self.unaligned || offset & (u64::from(size) - 1) == 0)
    }

    const fn is_sound(&self) -> bool {
        self.min.is_power_of_two() && self.max.is_power_of_two() && self.min <= self.max && self.max <= 8
    }
}

impl MmioSpec {
    /// Whether its sizes are 1, 2, 4 or 8, the smallest first.
    pub(crate) const fn is_sound(&self) -> bool {
        self.valid.is_sound() && self.implemented.is_sound()
    }

    /// Whether the device takes this access as it is.
    #[inline]
    pub(crate) fn takes_whole(&self, offset: u64, size: u8) -> bool {
        self.implemented.admits(offset, size)
    }

    /// Whether the guest may make this access, and there is a safe way to carry it out. `size` is 1, 2, 4 or 8.
    #[inline]
    pub(crate) fn allows(&self, offset: u64, size: u8, direction: Direction) -> bool {
        self.valid.admits(offset, size)
            && (self.takes_whole(offset, size)
                || direction == Direction::Read
                || self.narrow_writes_by_rmw
                || Steps::new(self, offset, size).all(|step| step.is_whole()))
    }
}

/// The device accesses of one guest access, in ascending order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    implemented: AccessShape,
    offset: u64,
    size: u8,
    done: u8,
}

impl Steps {
    #[inline]
    pub(crate) fn new(spec: &MmioSpec, offset: u64, size: u8) -> Steps {
        Steps { implemented: spec.implemented, offset, size, done: 0 }
    }

    #[inline]
    pub(crate) fn is_finished(&self) -> bool {
        self.done == self.size
    }

    /// The size of an access at `offset` that carries guest bytes alone: the largest that is implemented, aligned, and not more than is
    /// `left`.
    fn whole_size(&self, offset: u64, left: u8) -> Option<u8> {
        let AccessShape { min, max, unaligned } = self.implemented;
        let fits = |size: &u8| *size <= left && (unaligned || offset.is_multiple_of(u64::from(*size)));
        [8, 4, 2, 1].into_iter().filter(|size| (min..=max).contains(size)).find(fits)
    }
}

impl Iterator for Steps {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.is_finished() {
            return None;
        }
        let (first, left) = (self.done, self.size - self.done);
        let offset = self.offset + u64::from(first);
        let step = match self.whole_size(offset, left) {
            Some(size) => Step { offset, size, lead: 0, first, len: size },
            None => {
                let size = self.implemented.min;
                let lead = (offset % u64::from(size)) as u8;
                Step { offset: offset - u64::from(lead), size, lead, first, len: left.min(size - lead) }
            }
        };
        self.done += step.len;
        Some(step)
    }
}

impl Step {
    /// Whether all of its bytes are the guest's.
    pub(crate) fn is_whole(&self) -> bool {
        self.len == self.size
    }

    /// Takes the guest's bytes out of what the device returned.
    pub(crate) fn extract(&self, value: u64, order: ByteOrder, guest: &mut [u8; 8]) {
        let device = to_bytes(value, self.size, order);
        guest[self.guest_bytes()].copy_from_slice(&device[self.own_bytes()]);
    }

    /// What to write to the device: the guest's bytes, over `old` where there are others.
    pub(crate) fn compose(&self, guest: &[u8; 8], order: ByteOrder, old: u64) -> u64 {
        let mut device = to_bytes(old, self.size, order);
        device[self.own_bytes()].copy_from_slice(&guest[self.guest_bytes()]);
        from_bytes(&device, self.size, order)
    }

    fn own_bytes(&self) -> std::ops::Range<usize> {
        let lead = usize::from(self.lead);
        lead..lead + usize::from(self.len)
    }

    fn guest_bytes(&self) -> std::ops::Range<usize> {
        let first = usize::from(self.first);
        first..first + usize::from(self.len)
    }
}

/// The low `size` bytes of a device's value, in the order in which they lie in the region; zeroes after them.
fn to_bytes(value: u64, size: u8, order: ByteOrder) -> [u8; 8] {
    let mut bytes = in_region_order(value, size, order).to_le_bytes();
    bytes[usize::from(size)..].fill(0);
    bytes
}

fn from_bytes(bytes: &[u8; 8], size: u8, order: ByteOrder) -> u64 {
    in_region_order(u64::from_le_bytes(*bytes), size, order)
}

/// Turns a device's value of `size` bytes into the little-endian one of the same bytes, and back.
#[inline]
pub(crate) fn in_region_order(value: u64, size: u8, order: ByteOrder) -> u64 {
    match order {
        ByteOrder::Little => value,
        ByteOrder::Big => value.swap_bytes() >> (64 - 8 * u32::from(size)),
    }
}

/// The bits of a value of `size` (1 to 8) bytes.
#[inline]
pub(crate) fn mask(size: u8) -> u64 {
    u64::MAX >> (64 - 8 * u32::from(size))
}

/// Cuts `len` bytes at `offset` into the largest naturally aligned accesses of at most `max` bytes, in ascending order: how a part of a straddling
/// access and a bulk copy arrive at a region.
pub(crate) fn cut(offset: u64, len: u64, max: u8) -> impl Iterator<Item = (u64, u8)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let (at, left) = (offset.wrapping_add(done), len - done);
        let fits = |size: &u8| u64::from(*size) <= left && *size <= max && at.is_multiple_of(u64::from(*size));
        let size = [8, 4, 2, 1].into_iter().find(fits)?;
        done += u64::from(size);
        Some((at, size))
    })
}

#[cfg(test)]
mod tests;
