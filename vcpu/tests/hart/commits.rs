//! What commits cost a hart that runs: nothing where it is not, one miss a page where it is, and nothing for its other pages.

use std::sync::Arc;

use manyhart_runtime::{RamBlock, RegionId};

use crate::asm::*;
use crate::machine::Machine;

/// A second memory, of which the program uses the first two pages.
const OTHER: u64 = 0x4000_0000;
const AWAY: u64 = 0x5000_0000;

/// A hart that loads from one page and stores to the next, again and again, and has them both in its TLB.
fn busy() -> (Machine, RegionId) {
    let loop_body =
        [lui(A1, 0x1), add(A1, A1, A0), ld(A2, A0, 8), store(3, A2, A1, 8), addi(A2, A2, 1), jal(ZERO, -12)];
    let mut machine = Machine::with_program(&loop_body);
    let mut change = machine.executive.topology().transaction();
    let block = Arc::new(RamBlock::anonymous("other", 0x2000).expect("memory"));
    let other = change.ram("other", block);
    change.add_subregion(machine.root, OTHER, other);
    change.commit().expect("lawful");
    machine.hart.set_x(A0 as usize, OTHER);
    machine.run(1000);
    (machine, other)
}

#[test]
fn a_commit_outside_of_the_working_set_causes_no_tlb_miss() {
    let (mut machine, _) = busy();
    let before = machine.hart.statistics();
    let generation = machine.executive.statistics().generation;
    for round in 0..100 {
        let mut change = machine.executive.topology().transaction();
        let region = change.reservation("elsewhere", 0x1000);
        // Right beside the memory, too.
        let at = if round % 2 == 0 { OTHER + 0x2000 } else { 0x1000 * round };
        change.add_subregion(machine.root, at, region);
        change.commit().expect("lawful");
        machine.run(100);
        let mut change = machine.executive.topology().transaction();
        change.del_subregion(machine.root, region).destroy(region);
        let committed = change.commit().expect("lawful");
        machine.run(100);
        assert!(committed.generation > generation + round);
    }
    let after = machine.hart.statistics();
    assert_eq!(machine.executive.statistics().generation, generation + 200);
    assert_eq!(after.tlb_fills, before.tlb_fills);
    assert_eq!(after.blocks, before.blocks, "nor is any code translated anew");
    assert!(after.instructions >= before.instructions + 20_000);
}

#[test]
fn a_commit_in_the_working_set_costs_a_miss_for_each_page_of_it() {
    let (mut machine, other) = busy();
    for round in 1..=10 {
        let before = machine.hart.statistics();
        for at in [AWAY, OTHER] {
            let mut change = machine.executive.topology().transaction();
            change.set_address(other, at);
            change.commit().expect("lawful");
        }
        machine.run(100);
        assert_eq!(machine.hart.statistics().tlb_fills, before.tlb_fills + 2, "round {round}");
        assert_eq!(machine.hart.statistics().traps, before.traps);
    }
}

/// The same hart, with its two pages in two regions.
#[test]
fn a_commit_on_one_page_leaves_the_others_and_the_code() {
    let (mut machine, other) = busy();
    let mut change = machine.executive.topology().transaction();
    let first = change.alias("first page", other, 0, 0x1000);
    let second = change.alias("second page", other, 0x1000, 0x1000);
    change.del_subregion(machine.root, other);
    change.add_subregion(machine.root, OTHER, first).add_subregion(machine.root, OTHER + 0x1000, second);
    change.commit().expect("lawful");
    machine.run(100);
    for (round, moved) in [first, second, first, second].into_iter().enumerate() {
        let before = machine.hart.statistics();
        let home = if moved == first { OTHER } else { OTHER + 0x1000 };
        for at in [AWAY, home] {
            let mut change = machine.executive.topology().transaction();
            change.set_address(moved, at);
            change.commit().expect("lawful");
        }
        machine.run(100);
        let after = machine.hart.statistics();
        assert_eq!(after.tlb_fills, before.tlb_fills + 1, "round {round}");
        assert_eq!(after.blocks, before.blocks, "round {round}");
        assert_eq!(after.traps, before.traps, "round {round}");
    }
}
