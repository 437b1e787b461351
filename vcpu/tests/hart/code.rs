//! Code: changed, moved, across pages, and away.

use crate::asm::*;
use crate::machine::{BASE, Machine, SIZE};

#[test]
fn changed_code_is_seen_after_fence_i() {
    let target = 24;
    // Calls the target, changes it, calls it again. All in one page.
    let program = [
        jal(RA, target),
        addi(A1, A0, 0),
        store(2, A5, A4, 0),
        FENCE_I,
        jal(RA, target - 16),
        SPIN,
        addi(A0, ZERO, 1),
        jalr(ZERO, RA, 0),
    ];
    let mut machine = Machine::with_program(&program);
    machine.hart.set_x(A4 as usize, BASE + target as u64);
    machine.hart.set_x(A5 as usize, addi(A0, ZERO, 2).into());
    machine.finish();
    assert_eq!(machine.hart.x(A1 as usize), 1, "before");
    assert_eq!(machine.hart.x(A0 as usize), 2, "after");
}

#[test]
fn unchanged_pages_keep_their_blocks_across_fence_i() {
    let mut machine = Machine::with_program(&[FENCE_I, addi(A0, A0, 1), jal(ZERO, -8)]);
    machine.run(3000);
    let blocks = machine.hart.statistics().blocks;
    machine.run(3000);
    assert_eq!(machine.hart.statistics().blocks, blocks, "nothing is translated again");
    assert_eq!(machine.hart.x(A0 as usize), 2000);
}

#[test]
fn an_instruction_may_lie_in_two_pages() {
    // A compressed nop moves the instruction onto the boundary.
    let boundary = BASE + 0x1000;
    let mut machine = Machine::new();
    let code = addi(A0, A0, 1).to_le_bytes();
    assert!(machine.ram.write(boundary - 2 - BASE, &code));
    machine.put(boundary + 4, &[SPIN]);
    assert!(machine.ram.write(boundary + 2 - BASE, &[0x01, 0x00]));
    machine.put(BASE, &[jalr(ZERO, T0, -2)]);
    machine.hart.set_x(T0 as usize, boundary);
    machine.hart.set_x(A0 as usize, 4);
    machine.finish();
    assert_eq!((machine.hart.x(A0 as usize), machine.hart.pc()), (5, boundary + 4));
    // As with all code, a change shows after fence.i, or when whoever made it says so.
    assert!(machine.ram.write(boundary - 2 - BASE, &addi(A0, A0, 16).to_le_bytes()));
    machine.hart.set_pc(BASE);
    machine.finish();
    assert_eq!(machine.hart.x(A0 as usize), 6);
    machine.hart.set_pc(BASE);
    machine.hart.synchronize_code();
    machine.finish();
    assert_eq!(machine.hart.x(A0 as usize), 22);
}

#[test]
fn code_ends_where_memory_ends() {
    let last = BASE + SIZE - 4;
    let mut machine = Machine::with_program(&[jalr(ZERO, T0, 0)]);
    machine.hart.set_x(T0 as usize, last);
    machine.put(last, &[addi(A0, ZERO, 1)]);
    machine.finish();
    assert_eq!(machine.hart.x(A0 as usize), 1);
    assert_eq!(machine.trap(), (1, BASE + SIZE, BASE + SIZE));
    assert_eq!(machine.hart.instret(), 999, "a fetch that failed is no retired instruction");
}

#[test]
fn illegal_instructions_say_their_encoding() {
    let cases = [
        (0xffff_ffff_u32, 0xffff_ffff_u64),
        (0x0000_0000, 0),
        // A reserved compressed encoding; what follows it is not shown.
        (0x1111_0004, 4),
        // A CSR that is not there.
        (csrr(A0, 0x5c0), u64::from(csrr(A0, 0x5c0))),
        // A write to a read-only one.
        (csrrw(A0, 0xc00, A0), u64::from(csrrw(A0, 0xc00, A0))),
    ];
    for (encoding, tval) in cases {
        let mut machine = Machine::with_program(&[NOP, encoding, SPIN]);
        machine.finish();
        assert_eq!(machine.trap(), (2, BASE + 4, tval), "{encoding:08x}");
    }
}

#[test]
fn a_long_run_of_code_goes_on_from_block_to_block_and_page_to_page() {
    let count = 5000;
    let mut program = vec![addi(A0, A0, 1); count];
    program.push(SPIN);
    let mut machine = Machine::new();
    machine.put(BASE, &program);
    machine.run(count as u64 + 100);
    assert_eq!(machine.hart.x(A0 as usize), count as u64);
    assert_eq!(machine.hart.pc(), BASE + 4 * count as u64);
}

#[test]
fn two_virtual_pages_of_one_physical_page_are_two_programs() {
    // auipc shows where the code runs: bare under machine mode, mapped in supervisor mode.
    let mut machine = Machine::with_program(&[auipc(A0, 0), SPIN]);
    machine.finish();
    assert_eq!(machine.hart.x(A0 as usize), BASE);
    let (root, virtual_base) = (BASE + 0x1_0000, 0x1_0000_0000_u64);
    machine.set_word(root + 8 * (virtual_base >> 30), BASE >> 12 << 10 | 0xcf);
    let hart = &mut machine.hart;
    assert!(hart.set_csr(0x3b0, u64::MAX >> 10) && hart.set_csr(0x3a0, 0x1f));
    assert!(hart.set_csr(0x180, 8 << 60 | root >> 12));
    hart.set_privilege(manyhart_vcpu::trap::Privilege::Supervisor);
    hart.set_pc(virtual_base);
    machine.finish();
    assert_eq!(machine.hart.x(A0 as usize), virtual_base);
}

#[test]
fn one_page_of_code_at_many_addresses_does_not_fill_the_host() {
    // Every entry of the middle table leads to one table, and every entry of that one to one page, which jumps to the same place of
    // the next page: 262,144 pages of code for three of memory.
    let (root, middle, leaves, page) = (BASE + 0x1_0000, BASE + 0x1_1000, BASE + 0x1_2000, BASE + 0x1_3000);
    let virtual_base = 0x1_0000_0000_u64;
    let mut machine = Machine::with_program(&[]);
    machine.set_word(root + 8 * (virtual_base >> 30), middle >> 12 << 10 | 1);
    for entry in 0..512 {
        machine.set_word(middle + 8 * entry, leaves >> 12 << 10 | 1);
        machine.set_word(leaves + 8 * entry, page >> 12 << 10 | 0xcf);
    }
    machine.put(page, &[auipc(T0, 1), jalr(ZERO, T0, 0)]);
    let hart = &mut machine.hart;
    assert!(hart.set_csr(0x3b0, u64::MAX >> 10) && hart.set_csr(0x3a0, 0x1f));
    assert!(hart.set_csr(0x180, 8 << 60 | root >> 12));
    hart.set_privilege(manyhart_vcpu::trap::Privilege::Supervisor);
    hart.set_pc(virtual_base);
    let pages = 20_000;
    machine.run(2 * pages);
    assert_eq!(machine.hart.pc(), virtual_base + 4096 * pages);
    assert!(machine.hart.statistics().code_flushes > 0, "{:?}", machine.hart.statistics());
}
