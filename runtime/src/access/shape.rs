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
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A device of plain bytes that takes what its spec implements and nothing else.
    struct Bytes {
        spec: MmioSpec,
        memory: [u8; 64],
        seen: Vec<(Direction, u64, u8)>,
    }

    impl Bytes {
        fn new(spec: MmioSpec) -> Bytes {
            Bytes { spec, memory: std::array::from_fn(|i| 0x40 + i as u8), seen: Vec::new() }
        }

        fn range(&mut self, direction: Direction, offset: u64, size: u8) -> std::ops::Range<usize> {
            assert!(self.spec.implemented.admits(offset, size), "not implemented: {size} at {offset}");
            self.seen.push((direction, offset, size));
            offset as usize..offset as usize + usize::from(size)
        }

        fn read(&mut self, offset: u64, size: u8) -> u64 {
            let range = self.range(Direction::Read, offset, size);
            let fold = |value, byte: &u8| value << 8 | u64::from(*byte);
            match self.spec.byte_order {
                ByteOrder::Big => self.memory[range].iter().fold(0, fold),
                ByteOrder::Little => self.memory[range].iter().rev().fold(0, fold),
            }
        }

        fn write(&mut self, offset: u64, size: u8, value: u64) {
            let range = self.range(Direction::Write, offset, size);
            for (i, byte) in self.memory[range].iter_mut().enumerate() {
                let place = match self.spec.byte_order {
                    ByteOrder::Big => usize::from(size) - 1 - i,
                    ByteOrder::Little => i,
                };
                *byte = (value >> (8 * place)) as u8;
            }
        }

        fn guest_read(&mut self, offset: u64, size: u8) -> u64 {
            let mut bytes = [0; 8];
            for step in Steps::new(&self.spec.clone(), offset, size) {
                let value = self.read(step.offset, step.size);
                step.extract(value, self.spec.byte_order, &mut bytes);
            }
            u64::from_le_bytes(bytes)
        }

        fn guest_write(&mut self, offset: u64, size: u8, value: u64) {
            for step in Steps::new(&self.spec.clone(), offset, size) {
                let old = if step.is_whole() { 0 } else { self.read(step.offset, step.size) };
                let new = step.compose(&value.to_le_bytes(), self.spec.byte_order, old);
                self.write(step.offset, step.size, new);
            }
        }
    }

    const ANY: AccessShape = AccessShape { min: 1, max: 8, unaligned: true };

    fn spec(min: u8, max: u8, unaligned: bool, byte_order: ByteOrder) -> MmioSpec {
        let implemented = AccessShape { min, max, unaligned };
        MmioSpec { valid: ANY, implemented, narrow_writes_by_rmw: true, byte_order }
    }

    fn any_shape() -> impl Strategy<Value = AccessShape> {
        (0u32..4, 0u32..4, any::<bool>()).prop_map(|(a, b, unaligned)| AccessShape {
            min: 1 << a.min(b),
            max: 1 << a.max(b),
            unaligned,
        })
    }

    fn any_spec() -> impl Strategy<Value = MmioSpec> {
        (any_shape(), any_shape(), any::<bool>(), any::<bool>()).prop_map(|(valid, implemented, rmw, big)| MmioSpec {
            valid,
            implemented,
            narrow_writes_by_rmw: rmw,
            byte_order: if big { ByteOrder::Big } else { ByteOrder::Little },
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 10 } else { 2000 }))]

        /// The oracle is memory of plain bytes: whatever the device implements, the guest sees that memory.
        #[test]
        fn every_shape_carries_exactly_the_guests_bytes(
            spec in any_spec(), offset in 0u64..48, log in 0u32..4, value: u64,
        ) {
            let size = 1u8 << log;
            let mut device = Bytes::new(spec);
            let mut oracle = device.memory;
            let range = offset as usize..offset as usize + usize::from(size);

            let mut want = [0; 8];
            want[..usize::from(size)].copy_from_slice(&oracle[range.clone()]);
            prop_assert_eq!(device.guest_read(offset, size), u64::from_le_bytes(want));
            prop_assert_eq!(device.memory, oracle, "a read writes nothing");

            oracle[range].copy_from_slice(&value.to_le_bytes()[..usize::from(size)]);
            device.guest_write(offset, size, value);
            prop_assert_eq!(device.memory, oracle);
        }

        #[test]
        fn steps_ascend_and_never_touch_more_than_they_must(spec in any_spec(), offset in 0u64..48, log in 0u32..4) {
            let size = 1u8 << log;
            let steps: Vec<Step> = Steps::new(&spec, offset, size).collect();
            prop_assert!(steps.windows(2).all(|pair| pair[0].offset < pair[1].offset));
            prop_assert_eq!(steps.iter().map(|step| step.len).sum::<u8>(), size);
            for step in &steps {
                prop_assert!(step.is_whole() || step.size == spec.implemented.min);
                prop_assert!(step.is_whole() || step.offset.is_multiple_of(u64::from(step.size)), "widened and misaligned");
            }
            if spec.takes_whole(offset, size) {
                prop_assert_eq!(steps.len(), 1);
            }
            let refused = !spec.narrow_writes_by_rmw && steps.iter().any(|step| !step.is_whole());
            prop_assert_eq!(spec.allows(offset, size, Direction::Write), spec.valid.admits(offset, size) && !refused);
            prop_assert_eq!(spec.allows(offset, size, Direction::Read), spec.valid.admits(offset, size));
        }

        #[test]
        fn cuts_cover_exactly(offset in any::<u64>(), len in 0u64..70, log in 0u32..4) {
            let mut next = offset;
            for (at, size) in cut(offset, len, 1 << log) {
                prop_assert_eq!(at, next);
                prop_assert!(at.is_multiple_of(u64::from(size)) && size <= 1 << log);
                next = at.wrapping_add(u64::from(size));
            }
            prop_assert_eq!(next, offset.wrapping_add(len));
        }
    }

    #[test]
    fn a2_larger_accesses_are_split_in_ascending_order() {
        let mut device = Bytes::new(spec(1, 2, false, ByteOrder::Little));
        device.guest_write(8, 8, 0x0807_0605_0403_0201);
        let want = [8, 10, 12, 14].map(|offset| (Direction::Write, offset, 2));
        assert_eq!(device.seen, want);
    }

    #[test]
    fn a2_unaligned_accesses_are_assembled_from_aligned_ones() {
        let mut device = Bytes::new(spec(1, 4, false, ByteOrder::Little));
        assert_eq!(device.guest_read(1, 8), 0x4847_4645_4443_4241);
        let want = [(1, 1), (2, 2), (4, 4), (8, 1)].map(|(offset, size)| (Direction::Read, offset, size));
        assert_eq!(device.seen, want);
    }

    #[test]
    fn a3_all_64_bits_stay_intact() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let mut device = Bytes::new(spec(1, 8, false, order));
            device.guest_write(0, 8, 0xfedc_ba98_7654_3210);
            assert_eq!(device.guest_read(0, 8), 0xfedc_ba98_7654_3210);
            assert_eq!(device.seen.len(), 2, "one access each");
        }
    }

    #[test]
    fn b23_widened_access_is_aligned() {
        let mut device = Bytes::new(spec(4, 4, false, ByteOrder::Little));
        assert_eq!(device.guest_read(6, 1), 0x46);
        assert_eq!(device.seen, [(Direction::Read, 4, 4)]);
    }

    #[test]
    fn b24_narrow_write_leaves_its_neighbours() {
        let mut device = Bytes::new(spec(4, 4, false, ByteOrder::Big));
        device.guest_write(6, 1, 0xff);
        assert_eq!(device.memory[4..8], [0x44, 0x45, 0xff, 0x47]);
        let refused = MmioSpec { narrow_writes_by_rmw: false, ..device.spec };
        assert!(!refused.allows(6, 1, Direction::Write), "where read-modify-write is not safe it is refused");
        assert!(refused.allows(6, 1, Direction::Read) && refused.allows(4, 4, Direction::Write));
        assert!(!refused.allows(5, 8, Direction::Write), "also when only its ends are narrow");
    }

    #[test]
    fn b25_partial_read_is_masked() {
        for (order, want) in [(ByteOrder::Little, 0x4544), (ByteOrder::Big, 0x4544)] {
            let mut device = Bytes::new(spec(8, 8, false, order));
            assert_eq!(device.guest_read(4, 2), want, "{order:?}");
        }
    }

    #[test]
    fn b26_odd_sizes_stay_inside_their_bytes() {
        let cuts: Vec<_> = cut(1, 7, 8).collect();
        assert_eq!(cuts, [(1, 1), (2, 2), (4, 4)]);
        let cuts: Vec<_> = cut(0, 7, 2).collect();
        assert_eq!(cuts, [(0, 2), (2, 2), (4, 2), (6, 1)]);
    }

    #[test]
    fn b27_big_endian_split_is_right() {
        let mut device = Bytes::new(spec(1, 4, false, ByteOrder::Big));
        device.guest_write(0, 8, u64::from_le_bytes([1, 2, 3, 4, 5, 6, 7, 8]));
        assert_eq!(device.memory[..8], [1, 2, 3, 4, 5, 6, 7, 8], "bytes lie as the guest wrote them");
        assert_eq!((device.read(0, 4), device.read(4, 4)), (0x0102_0304, 0x0506_0708), "and read as big-endian words");
        assert_eq!(device.guest_read(0, 8), u64::from_le_bytes([1, 2, 3, 4, 5, 6, 7, 8]));
    }

    #[test]
    fn unsound_specs_are_recognised() {
        let ok = MmioSpec::aligned(1, 8);
        assert!(ok.is_sound());
        for (min, max) in [(0, 4), (3, 4), (4, 3), (8, 4), (4, 16)] {
            assert!(!MmioSpec::aligned(min, max).is_sound(), "{min} to {max}");
        }
    }
}
