//! What the loop must hold between two batches, at moments that no program can bring about by itself.

use std::sync::Arc;

use manyhart_runtime::{Attention, Executive, RamBlock, RegionId};

use super::*;
use crate::board::Board;
use crate::config::{HartConfig, Isa};

const BASE: u64 = 0x8000_0000;
const WINDOW: u64 = 0x1_0000;

fn ram(value: u32) -> Arc<RamBlock> {
    let ram = Arc::new(RamBlock::anonymous("ram", 1 << 12).expect("memory"));
    assert!(ram.store(0, value));
    ram
}

/// A hart that has not run, its program, and the root of its map.
fn machine(program: &[u32]) -> (Executive, Box<Hart>, RegionId) {
    let Board { executive, clock, ram, root, space, .. } = Board::new(BASE, 1 << 16);
    for (at, word) in (0..).step_by(4).zip(program) {
        assert!(ram.store(at, *word));
    }
    let attention = Arc::new(Attention::new());
    let reader = executive.reader("hart 0", Some(Arc::clone(&attention)));
    let config =
        HartConfig { id: 0, space, isa: Isa::default(), reset_pc: BASE, reset_args: [0; 3], interrupt_files: None };
    (executive, Hart::new(config, reader, attention, clock), root)
}

/// A block that ends in a link which leads nowhere yet sends the hart to its loop. A commit, a pause or an interrupt may end the batch
/// just there; then the hart may go on elsewhere, and that place is not the link's target.
#[test]
fn a_link_joins_nothing_that_the_hart_came_to_by_another_way() {
    const TAKEN_BRANCH_BY_16: u32 = 0x0000_0863;
    const A0_IS_1: u32 = 0x0010_0513;
    const A0_IS_2: u32 = 0x0020_0513;
    const SPIN: u32 = 0x6f;
    // The branch leads to `a0 = 2`; `a0 = 1` stands for a trap handler in the same page.
    let (executive, mut hart, _) = machine(&[TAKEN_BRANCH_BY_16, SPIN, A0_IS_1, SPIN, A0_IS_2, SPIN]);
    assert_eq!(hart.boundary(), None);
    hart.begin(1000);
    let op = hart.enter().expect("RAM");
    hart.execute(op);
    hart.settle();
    assert!(!hart.link.is_null() && hart.pc == BASE + 16, "the batch ends before the branch's target was looked up");
    hart.enter_trap(Trap::interrupt(crate::trap::Interrupt::MachineTimer), BASE + 16);
    hart.pc = BASE + 8;
    assert_eq!(hart.run(Some(100)), Exit::Limit);
    assert_eq!(hart.x(10), 1, "the handler");
    hart.set_pc(BASE);
    assert_eq!(hart.run(Some(100)), Exit::Limit);
    assert_eq!((hart.x(10), hart.pc()), (2, BASE + 20), "the branch again");
    executive.stop();
    executive.shutdown();
}

/// A commit, then an interrupt that the other hart sees in `mip` without taking it: its next access is made under the new map, though it
/// stands in the same block.
#[test]
fn an_interrupt_that_is_seen_in_a_csr_is_polled_after() {
    const CSRR_A0_MIP: u32 = 0x3440_2573;
    const LUI_A1_WINDOW: u32 = 0x0001_05b7;
    const LW_A2_A1: u32 = 0x0005_a603;
    const SPIN: u32 = 0x6f;
    let (executive, mut hart, root) = machine(&[LUI_A1_WINDOW, LW_A2_A1, CSRR_A0_MIP, LW_A2_A1, SPIN]);
    let mut change = executive.topology().transaction();
    let old = change.ram("old", ram(1));
    change.add_subregion(root, WINDOW, old);
    change.commit().expect("a valid map");
    assert_eq!(hart.run(Some(2)), Exit::Limit);
    assert_eq!(hart.x(12), 1, "the window is in the TLB");
    // In the middle of a batch, as far as the hart knows.
    assert_eq!(hart.boundary(), None);
    hart.begin(1000);
    let mut change = executive.topology().transaction();
    let new = change.ram("new", ram(2));
    change.del_subregion(root, old).add_subregion(root, WINDOW, new);
    change.commit().expect("a valid map");
    hart.attention.set_level(3, true);
    let op = hart.enter().expect("RAM");
    hart.execute(op);
    hart.settle();
    assert_eq!(hart.x(10), 1 << 3, "the interrupt is seen");
    assert_eq!(hart.run(Some(100)), Exit::Limit);
    assert_eq!(hart.x(12), 2, "and the new window with it");
    executive.stop();
    executive.shutdown();
}
