use super::super::RamBlock;
use super::*;

fn check_word<T: Word + std::fmt::Debug>(block: &RamBlock, offset: u64) {
    let background: Vec<u8> = (0..32).map(|i| 0xa0 ^ i as u8).collect();
    assert!(block.write(0, &background));
    let mut want = [0; 8];
    want[..T::SIZE].copy_from_slice(&background[offset as usize..][..T::SIZE]);
    let want = T::from_low_bits(u64::from_le_bytes(want));
    assert_eq!(block.load::<T>(offset), Some(want), "load of {} at {offset}", T::SIZE);

    let value = T::from_low_bits(0x1122_3344_5566_7788);
    assert!(block.store(offset, value));
    assert_eq!(block.load::<T>(offset), Some(value), "store of {} at {offset}", T::SIZE);
    let mut after = [0; 32];
    assert!(block.read(0, &mut after));
    for (i, (now, before)) in after.iter().zip(&background).enumerate() {
        let inside = (offset as usize..offset as usize + T::SIZE).contains(&i);
        assert!(inside || now == before, "store of {} at {offset} changed byte {i}", T::SIZE);
    }
}

#[test]
fn every_size_at_every_alignment() {
    let block = RamBlock::anonymous("ram", 4096).expect("memfd");
    for offset in 0..24 {
        check_word::<u8>(&block, offset);
        check_word::<u16>(&block, offset);
        check_word::<u32>(&block, offset);
        check_word::<u64>(&block, offset);
    }
}

#[test]
fn bulk_copies_at_every_alignment_and_length() {
    let block = RamBlock::anonymous("ram", 4096).expect("memfd");
    for start in 0..9usize {
        for len in (0..40usize).step_by(if cfg!(miri) { 7 } else { 1 }) {
            assert!(block.fill(0, 64, 0xee));
            let data: Vec<u8> = (0..len).map(|i| i as u8).collect();
            assert!(block.write(start as u64, &data));
            let mut all = [0; 64];
            assert!(block.read(0, &mut all));
            assert_eq!(&all[start..start + len], &data[..], "{start} + {len}");
            assert!(all[..start].iter().chain(&all[start + len..]).all(|&byte| byte == 0xee), "{start} + {len}");
            let mut back = vec![0; len];
            assert!(block.read(start as u64, &mut back));
            assert_eq!(back, data);
        }
    }
}

#[test]
fn read_modify_writes() {
    let block = RamBlock::anonymous("ram", 4096).expect("memfd");
    type Op = unsafe fn(*mut u8, u32, Ordering) -> u32;
    let cases: [(&str, Op, u32, u32, u32); 11] = [
        ("swap", swap, 1, 2, 2),
        ("add", fetch_add, u32::MAX, 2, 1),
        ("and", fetch_and, 0b1100, 0b1010, 0b1000),
        ("or", fetch_or, 0b1100, 0b1010, 0b1110),
        ("xor", fetch_xor, 0b1100, 0b1010, 0b0110),
        ("min, signed", fetch_min_signed, 1, u32::MAX, u32::MAX),
        ("max, signed", fetch_max_signed, 1, u32::MAX, 1),
        ("max, signed, negative", fetch_max_signed, -2i32 as u32, -1i32 as u32, -1i32 as u32),
        ("min, unsigned", fetch_min_unsigned, 1, u32::MAX, 1),
        ("max, unsigned", fetch_max_unsigned, 1, u32::MAX, u32::MAX),
        ("min, unsigned, smaller", fetch_min_unsigned, 9, 3, 3),
    ];
    for (name, op, before, operand, after) in cases {
        assert!(block.store(4, before));
        // SAFETY: four aligned bytes of a live block.
        let old = unsafe { op(block.host_base().add(4), operand, Ordering::AcqRel) };
        assert_eq!((old, block.load::<u32>(4)), (before, Some(after)), "{name}");
        assert_eq!(block.load::<u32>(0), Some(0), "{name}: the neighbour");
        assert_eq!(block.load::<u32>(8), Some(0), "{name}: the neighbour");
    }
}

#[test]
fn compare_exchange_writes_only_over_the_expected_value() {
    let block = RamBlock::anonymous("ram", 4096).expect("memfd");
    for order in [Ordering::Relaxed, Ordering::Acquire, Ordering::Release, Ordering::AcqRel, Ordering::SeqCst] {
        assert!(block.store(0, 5u64));
        // SAFETY: eight aligned bytes of a live block.
        let (wrong, right) = unsafe {
            let wrong = compare_exchange(block.host_base(), 4u64, 6, order);
            (wrong, compare_exchange(block.host_base(), 5u64, 7, order))
        };
        assert_eq!((wrong, right, block.load::<u64>(0)), (Err(5), Ok(5), Some(7)), "{order:?}");
    }
}
