use super::*;

const SIZE: u64 = 1 << 22;
const ROOT: u64 = RAM_BASE;
const LEAF: u64 = VALID | READ_WRITE_EXECUTE;

fn board() -> Vec<Bank> {
    let bank = |base, size, writable| {
        let block = Arc::new(RamBlock::anonymous("memory", size).expect("memory"));
        Bank { base, block, writable }
    };
    vec![bank(RAM_BASE, SIZE, true), bank(0x1000, 0x1000, false)]
}

fn set(banks: &[Bank], physical: u64, value: u64) {
    assert!(banks[0].block.write(physical - RAM_BASE, &value.to_le_bytes()));
}

fn entry(physical: u64, bits: u64) -> u64 {
    physical >> 12 << 10 | bits
}

/// The path from `tables[0]` to what `va` is, one table after the other.
fn map(banks: &[Bank], va: u64, levels: u32, tables: &[u64], last: u64) {
    for (depth, table) in (0..).zip(tables) {
        let index = va >> (12 + 9 * (levels - 1 - depth)) & 0x1ff;
        let next = tables.get(depth as usize + 1).map_or(last, |next| entry(*next, VALID));
        set(banks, table + 8 * index, next);
    }
}

fn see(banks: &[Bank], mode: u64, privilege: u8) -> Memory<'_> {
    Memory { banks, translation: Translation { satp: mode << 60 | ROOT >> 12, privilege } }
}

fn find(memory: &Memory<'_>, va: u64) -> Option<u64> {
    memory.find(va).map(|(bank, offset)| bank.base + offset)
}

#[test]
fn each_mode_finds_pages_of_each_size() {
    for (mode, levels) in [(8, 3), (9, 4), (10, 5)] {
        let tables = [0, 1, 2, 3, 4].map(|table| ROOT + table * PAGE);
        let banks = board();
        let va = 0xffff_ffff_8012_3000;
        map(&banks, va, levels, &tables[..levels as usize], entry(RAM_BASE + 0x9000, LEAF));
        map(&banks, 0x4020_0000, levels, &tables[..levels as usize - 1], entry(RAM_BASE + 0x20_0000, LEAF));
        for privilege in [0, 1, MACHINE] {
            let memory = see(&banks, mode, privilege);
            assert_eq!(find(&memory, va + 0x123), Some(RAM_BASE + 0x9123), "mode {mode}");
            assert_eq!(find(&memory, 0x4021_2345), Some(RAM_BASE + 0x21_2345), "mode {mode}");
            assert_eq!(find(&memory, va + PAGE), None);
            // Bits above the translated ones that are no copies of the highest.
            assert_eq!(find(&memory, va & !(1 << 63)), None);
        }
        // Machine mode sees memory as it lies, the others do not.
        assert_eq!(
            [1, MACHINE].map(|mode_of| find(&see(&banks, mode, mode_of), RAM_BASE + 8)),
            [None, Some(RAM_BASE + 8)]
        );
    }
    let banks = board();
    let napot = entry(RAM_BASE + 0x1_8000, LEAF) | 1 << 63;
    map(&banks, 0x1_2000, 3, &[ROOT, ROOT + PAGE, ROOT + 2 * PAGE], napot);
    assert_eq!(find(&see(&banks, 8, 1), 0x1_2345), Some(RAM_BASE + 0x1_2345));
}

#[test]
fn tables_that_lead_nowhere_end() {
    let banks = board();
    // A root that leads to itself, tables outside of memory, an unknown mode, a page where no memory is.
    set(&banks, ROOT, entry(ROOT, VALID));
    set(&banks, ROOT + 8, entry(0x7000_0000, VALID));
    set(&banks, ROOT + 16, entry(0x4000_0000, LEAF));
    let memory = see(&banks, 8, 1);
    for va in [0, 1 << 30, 2 << 30, 3 << 30] {
        assert_eq!(find(&memory, va), None, "{va:#x}");
    }
    assert_eq!(find(&see(&banks, 7, 1), 0), None);
    assert_eq!(find(&Memory { banks: &banks, translation: Translation { satp: u64::MAX, privilege: 1 } }, 0), None);
}

#[test]
fn reads_end_where_memory_does_and_rom_is_not_written() {
    let banks = board();
    let memory = see(&banks, 0, 1);
    assert!(memory.write(RAM_BASE + SIZE - 4, &[1, 2, 3, 4]));
    let mut bytes = [9; 8];
    assert_eq!((memory.read(RAM_BASE + SIZE - 4, &mut bytes), bytes), (4, [1, 2, 3, 4, 9, 9, 9, 9]));
    assert!(!memory.write(RAM_BASE + SIZE - 4, &[0; 8]));
    assert_eq!(memory.read(0x1ffe, &mut bytes), 2);
    assert!(!memory.write(0x1000, &[1]) && !memory.write(0x2000, &[1]));
    assert_eq!((memory.read(u64::MAX, &mut bytes), memory.read(0, &mut bytes)), (0, 0));
}
