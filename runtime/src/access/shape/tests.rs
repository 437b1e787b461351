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
