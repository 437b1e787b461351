//! Memory accesses off the straight path: misaligned, across pages, translated, protected, unmapped.

use std::sync::Arc;

use manyhart_runtime::RamBlock;

use crate::asm::*;
use crate::machine::{BASE, Machine, SIZE, VECTOR};

/// Page tables at BASE + 0x10000: Sv39, one root and one table below it for each level.
const ROOT: u64 = BASE + 0x1_0000;
const MIDDLE: u64 = BASE + 0x1_1000;
const LEAVES: u64 = BASE + 0x1_2000;
/// The virtual page that leaf 0 maps.
pub const VIRTUAL: u64 = 0x40_0000_0000 - (1 << 30);

pub const V: u64 = 1;
pub const R: u64 = 2;
pub const W: u64 = 4;
const X: u64 = 8;
const U: u64 = 16;
pub const A: u64 = 64;
pub const D: u64 = 128;

pub fn pte(pa: u64, flags: u64) -> u64 {
    pa >> 12 << 10 | flags
}

/// A program in S-mode under Sv39: RAM mapped one to one by one large page, and `VIRTUAL` on by the leaves given.
pub fn paged(program: &[u32], leaves: &[u64]) -> Machine {
    let mut machine = Machine::with_program(program);
    let gigabyte = |va: u64| va >> 30 & 511;
    machine.set_word(ROOT + 8 * gigabyte(BASE), pte(BASE, V | R | W | X | A | D));
    machine.set_word(ROOT + 8 * gigabyte(VIRTUAL), pte(MIDDLE, V));
    machine.set_word(MIDDLE, pte(LEAVES, V));
    for (at, leaf) in (0..).zip(leaves) {
        machine.set_word(LEAVES + 8 * at, *leaf);
    }
    let hart = &mut machine.hart;
    assert!(hart.set_csr(0x3b0, u64::MAX >> 10) && hart.set_csr(0x3a0, 0x1f), "PMP is open");
    assert!(hart.set_csr(0x180, 8 << 60 | ROOT >> 12));
    hart.set_privilege(manyhart_vcpu::trap::Privilege::Supervisor);
    machine
}

#[test]
fn misaligned_accesses_at_every_offset_and_across_a_page() {
    for base in [BASE + 0x9_0000, BASE + 0x9_0ff0] {
        for offset in 0..24 {
            for (f3, size) in [(1, 2), (2, 4), (3, 8)] {
                let at = base + offset;
                let mut machine =
                    Machine::with_program(&[load(f3, A1, A0, 0), store(f3, A2, A0, 0), load(f3, A3, A0, 0), SPIN]);
                let bytes: Vec<u8> = (1..65).collect();
                assert!(machine.ram.write(base - BASE, &bytes));
                machine.hart.set_x(A0 as usize, at);
                machine.hart.set_x(A2 as usize, 0x1122_3344_5566_7788);
                machine.finish();
                let mask = u64::MAX >> (64 - 8 * size);
                let mut before = [0; 8];
                before[..size].copy_from_slice(&bytes[offset as usize..][..size]);
                assert_eq!(machine.hart.x(A1 as usize) & mask, u64::from_le_bytes(before), "load {size} at {at:#x}");
                let stored = 0x1122_3344_5566_7788 & mask;
                assert_eq!(machine.hart.x(A3 as usize) & mask, stored, "store {size} at {at:#x}");
                let mut after = vec![0; 64];
                assert!(machine.ram.read(base - BASE, &mut after));
                let mut want = bytes.clone();
                want[offset as usize..][..size].copy_from_slice(&stored.to_le_bytes()[..size]);
                assert_eq!(after, want, "store {size} at {at:#x}");
            }
        }
    }
}

#[test]
fn an_access_across_two_pages_goes_to_both_translations_or_neither() {
    let (first, second) = (BASE + 0x2_0000, BASE + 0x3_0000);
    let all = V | R | W | A | D;
    let program = [sd(A1, A0, 0), ld(A2, A0, 0), SPIN];
    let mut machine = paged(&program, &[pte(first, all), pte(second, all)]);
    machine.hart.set_x(A0 as usize, VIRTUAL + 0xffc);
    machine.hart.set_x(A1 as usize, 0x1122_3344_5566_7788);
    machine.finish();
    assert_eq!(machine.hart.x(A2 as usize), 0x1122_3344_5566_7788);
    assert_eq!(machine.word(first + 0xff8) >> 32, 0x5566_7788);
    assert_eq!(machine.word(second) as u32, 0x1122_3344);

    let mut machine = paged(&program, &[pte(first, all), pte(second, V | R | A)]);
    machine.hart.set_x(A0 as usize, VIRTUAL + 0xffc);
    machine.hart.set_x(A1 as usize, u64::MAX);
    machine.finish();
    assert_eq!(machine.trap(), (15, BASE, VIRTUAL + 0x1000), "tval is the part that faulted");
    assert_eq!(machine.word(first + 0xff8), 0, "nothing was written");
}

#[test]
fn faults_say_what_where_and_by_whom() {
    let hole = 0x4000_0000;
    let page = BASE + 0x2_0000;
    // The access stands behind two instructions that retire.
    let cases: [(&str, u64, u32, u64, u64); 9] = [
        ("load, unmapped", pte(page, 0), ld(A1, A0, 8), 13, 8),
        ("store, unmapped", pte(page, 0), sd(A1, A0, 8), 15, 8),
        ("amo, unmapped", pte(page, 0), amo(0, 3, A1, A0, A2), 15, 0),
        ("lr, unmapped", pte(page, 0), amo(2, 3, A1, A0, ZERO), 13, 0),
        ("store, read-only", pte(page, V | R | A), sd(A1, A0, 8), 15, 8),
        ("load, a user page", pte(page, V | R | U | A), ld(A1, A0, 8), 13, 8),
        ("load, nothing there", pte(hole, V | R | A), ld(A1, A0, 8), 5, 8),
        ("store, nothing there", pte(hole, V | R | W | A | D), sd(A1, A0, 8), 7, 8),
        ("amo, misaligned", pte(page, V | R | W | A | D), amo(0, 3, A1, A0, A2), 6, 0),
    ];
    for (name, leaf, access, cause, offset) in cases {
        let mut machine = paged(&[NOP, addi(A3, ZERO, 1), access, addi(A3, ZERO, 2), SPIN], &[leaf]);
        let at = VIRTUAL + if name.contains("misaligned") { 4 } else { 0 };
        machine.hart.set_x(A0 as usize, at);
        machine.hart.set_x(A1 as usize, 77);
        machine.finish();
        assert_eq!(machine.trap(), (cause, BASE + 8, at + offset), "{name}");
        assert_eq!(machine.hart.x(A3 as usize), 1, "{name}: nothing after it ran");
        assert_eq!(machine.hart.x(A1 as usize), 77, "{name}: nothing was written");
        assert_eq!(machine.hart.instret(), 999, "{name}: all but the one retired");
    }
}

#[test]
fn accessed_and_dirty_bits_follow_what_is_done() {
    let page = BASE + 0x2_0000;
    let mut machine = paged(&[ld(A1, A0, 0), NOP, sd(A1, A0, 0), SPIN], &[pte(page, V | R | W)]);
    machine.hart.set_x(A0 as usize, VIRTUAL);
    machine.run(1);
    assert_eq!(machine.word(LEAVES), pte(page, V | R | W | A));
    machine.finish();
    assert_eq!(machine.word(LEAVES), pte(page, V | R | W | A | D));
}

#[test]
fn a_page_is_remembered_until_sfence_vma_and_for_its_context() {
    let (old, new) = (BASE + 0x2_0000, BASE + 0x3_0000);
    let all = V | R | W | A | D;
    for fence in [sfence_vma(ZERO), sfence_vma(A0)] {
        let program = [
            ld(A1, A0, 0),
            // Another page under the same address.
            sd(A4, A5, 0),
            fence,
            ld(A2, A0, 0),
            SPIN,
        ];
        let mut machine = paged(&program, &[pte(old, all)]);
        machine.set_word(old, 1);
        machine.set_word(new, 2);
        machine.hart.set_x(A0 as usize, VIRTUAL);
        machine.hart.set_x(A4 as usize, pte(new, all));
        machine.hart.set_x(A5 as usize, LEAVES);
        machine.finish();
        assert_eq!((machine.hart.x(A1 as usize), machine.hart.x(A2 as usize)), (1, 2));
    }
    // SUM opens user pages to the supervisor, and closes them again although the page is in the TLB.
    let page = BASE + 0x2_0000;
    let program =
        [csrrs(ZERO, 0x100, A5), ld(A1, A0, 0), csrrc(ZERO, 0x100, A5), ld(A2, A0, 0), addi(A3, ZERO, 1), SPIN];
    let mut machine = paged(&program, &[pte(page, all | U)]);
    machine.set_word(page, 5);
    machine.hart.set_x(A0 as usize, VIRTUAL);
    machine.hart.set_x(A5 as usize, 1 << 18);
    machine.finish();
    assert_eq!(machine.hart.x(A1 as usize), 5);
    assert_eq!(machine.trap(), (13, BASE + 12, VIRTUAL));
}

#[test]
fn mprv_borrows_a_mode_for_data_alone() {
    let page = BASE + 0x2_0000;
    let mut machine = paged(&[ld(A1, A0, 0), sd(A1, A0, 8), SPIN], &[pte(page, V | R | W | A | D)]);
    machine.set_word(page, 9);
    machine.hart.set_privilege(manyhart_vcpu::trap::Privilege::Machine);
    // MPRV, MPP = S.
    assert!(machine.hart.set_csr(0x300, 1 << 17 | 1 << 11));
    machine.hart.set_x(A0 as usize, VIRTUAL);
    machine.finish();
    assert_eq!((machine.hart.x(A1 as usize), machine.word(page + 8)), (9, 9));
}

#[test]
fn protection_that_cuts_a_page_is_checked_at_every_access() {
    let data = BASE + 0x2_0000;
    let program = [ld(A1, A0, 0), ld(A2, A0, 8), SPIN];
    let mut machine = Machine::with_program(&program);
    let hart = &mut machine.hart;
    // Entry 0: the eight bytes at data + 8, nothing allowed, locked. Everything else is open to machine mode.
    assert!(hart.set_csr(0x3b0, (data + 8) >> 2) && hart.set_csr(0x3a0, 0x98));
    hart.set_x(A0 as usize, data);
    machine.set_word(data, 3);
    machine.finish();
    assert_eq!(machine.hart.x(A1 as usize), 3);
    assert_eq!(machine.trap(), (5, BASE + 4, data + 8));
}

#[test]
fn stores_to_read_only_memory_are_access_faults() {
    let mut machine = Machine::with_program(&[ld(A1, A0, 0), sd(A1, A0, 0), SPIN]);
    let rom = Arc::new(RamBlock::anonymous("rom", 4096).expect("memory"));
    assert!(rom.store(0, 42u64));
    let mut change = machine.executive.topology().transaction();
    let region = change.rom("rom", rom);
    change.add_subregion(machine.root, 0x1000, region);
    change.commit().expect("a valid map");
    machine.hart.set_x(A0 as usize, 0x1000);
    machine.finish();
    assert_eq!(machine.hart.x(A1 as usize), 42);
    assert_eq!(machine.trap(), (7, BASE + 4, 0x1000));
}

#[test]
fn a_change_of_the_map_is_seen_by_the_next_run() {
    let at = BASE + SIZE;
    let mut machine = Machine::with_program(&[ld(A1, A0, 0), jal(ZERO, -4)]);
    machine.hart.set_x(A0 as usize, at);
    let other = |value: u64| {
        let block = Arc::new(RamBlock::anonymous("more", 4096).expect("memory"));
        assert!(block.store(0, value));
        block
    };
    let mut change = machine.executive.topology().transaction();
    let first = change.ram("first", other(1));
    change.add_subregion(machine.root, at, first);
    change.commit().expect("a valid map");
    machine.run(100);
    assert_eq!(machine.hart.x(A1 as usize), 1);
    let mut change = machine.executive.topology().transaction();
    let second = change.ram("second", other(2));
    change.del_subregion(machine.root, first).add_subregion(machine.root, at, second);
    change.commit().expect("a valid map");
    machine.run(100);
    assert_eq!(machine.hart.x(A1 as usize), 2);
    let mut change = machine.executive.topology().transaction();
    change.del_subregion(machine.root, second);
    change.commit().expect("a valid map");
    machine.run(100);
    assert_eq!((machine.trap().0, machine.hart.pc()), (5, VECTOR));
}

#[test]
fn memory_may_be_shown_from_any_of_its_bytes_on() {
    // What is aligned for the guest is not so on the host: loads and stores are taken apart, atomics are refused.
    let at = 0x1_0000;
    let program = [sd(A1, A0, 0), ld(A2, A0, 0), load(2, A3, A0, 4), amo(0, 3, A4, A0, A1), SPIN];
    for offset in [1, 2, 4, 0x804] {
        let mut machine = Machine::with_program(&program);
        let mut change = machine.executive.topology().transaction();
        let block = Arc::new(RamBlock::anonymous("shifted", 4 << 12).expect("memory"));
        let region = change.ram("shifted", Arc::clone(&block));
        let window = change.alias("window", region, offset, 2 << 12);
        change.add_subregion(machine.root, at, window);
        change.commit().expect("a valid map");
        machine.hart.set_x(A0 as usize, at);
        machine.hart.set_x(A1 as usize, 0x1122_3344_5566_7788);
        machine.finish();
        assert_eq!(machine.hart.x(A2 as usize), 0x1122_3344_5566_7788, "{offset:#x}");
        assert_eq!(machine.hart.x(A3 as usize), 0x1122_3344, "{offset:#x}");
        assert_eq!(block.load::<u64>(offset), Some(0x1122_3344_5566_7788), "{offset:#x}");
        assert_eq!(machine.trap(), (7, BASE + 12, at), "{offset:#x}");
    }
}
