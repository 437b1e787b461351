//! Dirty logs under a hart: every kind of store marks, once for each page until the marks are collected, and a live copy of what harts
//! hammer is what memory is.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use manyhart_runtime::live_copy::Limits;
use manyhart_runtime::{Attention, DirtyClient, live_copy};
use manyhart_vcpu::Exit;
use manyhart_vcpu::trap::Privilege;

use crate::asm::*;
use crate::machine::{BASE, Machine, SIZE, hart};

const PAGE: u64 = 4096;
const DATA: u64 = BASE + 0x2_0000;
/// The page that `DATA` begins.
const FIRST: u64 = (DATA - BASE) / PAGE;

fn pages(runs: &[Range<u64>]) -> Vec<u64> {
    runs.iter().flat_map(|run| run.start / PAGE..run.end / PAGE).collect()
}

fn fsd(rs2: u32, rs1: u32, imm: i32) -> u32 {
    s(0x27, 3, rs1, rs2, imm)
}

#[test]
fn dirty_marks_come_from_every_kind_of_store() {
    // The instruction, where a1 points, the pages that it marks.
    let cases: [(&str, u32, u64, &[u64]); 10] = [
        ("a byte", store(0, A2, A1, 0), DATA, &[FIRST]),
        ("a doubleword", sd(A2, A1, 8), DATA, &[FIRST]),
        ("a misaligned one", sd(A2, A1, 0), DATA + 3, &[FIRST]),
        ("one over a page's end", sd(A2, A1, 0), DATA + PAGE - 3, &[FIRST, FIRST + 1]),
        ("a floating-point register", fsd(1, A1, 0), DATA + PAGE, &[FIRST + 1]),
        ("a read-modify-write", amo(0, 3, A0, A1, A2), DATA, &[FIRST]),
        ("an ordered one", amo(1, 2, A0, A1, A2) | 3 << 25, DATA, &[FIRST]),
        ("a load", ld(A0, A1, 0), DATA, &[]),
        ("a load-reserved", amo(2, 3, A0, A1, ZERO), DATA, &[]),
        ("a store to memory's last bytes", sd(A2, A1, 0), BASE + SIZE - 8, &[SIZE / PAGE - 1]),
    ];
    for (name, instruction, to, want) in cases {
        let mut machine = Machine::with_program(&[instruction, instruction, SPIN]);
        assert!(machine.hart.set_csr(0x300, 1 << 13), "the floating-point unit is on");
        machine.hart.set_x(A1 as usize, to);
        machine.hart.set_x(A2 as usize, 0x55);
        let log = machine.executive.topology().start_log(machine.region, DirtyClient::MIGRATION).expect("RAM");
        machine.finish();
        assert_eq!(machine.trap().0, 0, "{name}");
        assert_eq!(pages(&log.snapshot_and_clear(0..u64::MAX).expect("open")), want, "{name}");
    }
}

#[test]
fn dirty_mark_of_a_store_conditional() {
    let program = [amo(2, 3, A0, A1, ZERO), amo(3, 3, A0, A1, A2), SPIN];
    // Other tests share the monitor, and may take a reservation.
    let stored = (0..20).any(|_| {
        let mut machine = Machine::with_program(&program);
        machine.hart.set_x(A1 as usize, DATA);
        let log = machine.executive.topology().start_log(machine.region, DirtyClient::MIGRATION).expect("RAM");
        machine.finish();
        let marked = pages(&log.snapshot_and_clear(0..u64::MAX).expect("open"));
        machine.hart.x(A0 as usize) == 0 && marked == [FIRST]
    });
    assert!(stored);
}

#[test]
fn dirty_pages_are_marked_again_after_each_snapshot_and_cost_nothing_between() {
    // Stores for ever, into two pages.
    let program = [addi(A2, A2, 1), sd(A2, A1, 0), sd(A2, A3, 0), jal(ZERO, -12)];
    let mut machine = Machine::with_program(&program);
    machine.hart.set_x(A1 as usize, DATA);
    machine.hart.set_x(A3 as usize, DATA + 5 * PAGE);
    machine.run(100);
    let log = machine.executive.topology().start_log(machine.region, DirtyClient::MIGRATION).expect("RAM");
    let other = machine.executive.topology().start_log(machine.region, DirtyClient::CODE).expect("RAM");
    for round in 0..3 {
        let fills = machine.hart.statistics().tlb_fills;
        machine.run(10_000);
        let fills = machine.hart.statistics().tlb_fills - fills;
        assert!(fills <= 2, "round {round}: {fills} slow stores in 5,000");
        assert_eq!(pages(&log.snapshot_and_clear(0..u64::MAX).expect("open")), [FIRST, FIRST + 5], "round {round}");
    }
    machine.run(1000);
    assert_eq!(pages(&other.snapshot_and_clear(0..u64::MAX).expect("open")), [FIRST, FIRST + 5], "a log of its own");
    log.stop().expect("open");
    other.stop().expect("open");
    machine.run(1000);
    assert_eq!(machine.ram.dirty().active(), 0);
    let fills = machine.hart.statistics().tlb_fills;
    machine.run(100_000);
    assert_eq!(machine.hart.statistics().tlb_fills, fills, "no store leaves the fast path when nobody logs");
}

#[test]
fn dirty_marks_of_the_accessed_and_dirty_bits() {
    const ROOT: u64 = BASE + 0x4_0000;
    let mut machine = Machine::with_program(&[sd(A2, A1, 0), SPIN]);
    // Sv39: a gigabyte page of all RAM for code and data, without D; the walk sets it (menvcfg.ADUE).
    machine.set_word(ROOT + 2 * 8, BASE >> 2 | 0x4f);
    assert!(machine.hart.set_csr(0x30a, 1 << 61));
    assert!(machine.hart.set_csr(0x3b0, u64::MAX >> 10) && machine.hart.set_csr(0x3a0, 0x1f));
    assert!(machine.hart.set_csr(0x180, 8 << 60 | ROOT >> 12));
    machine.hart.set_privilege(Privilege::Supervisor);
    machine.hart.set_x(A1 as usize, DATA);
    let log = machine.executive.topology().start_log(machine.region, DirtyClient::MIGRATION).expect("RAM");
    machine.finish();
    assert_eq!(machine.trap().0, 0);
    assert_ne!(machine.word(ROOT + 2 * 8) & 0x80, 0, "D is set");
    let table = (ROOT - BASE) / PAGE;
    assert_eq!(pages(&log.snapshot_and_clear(0..u64::MAX).expect("open")), [FIRST, table]);
}

/// Stores and atomics at random places of the `size` bytes (a power of two) at `DATA`.
fn hammer() -> Vec<u32> {
    let (mul, and, srli) = (r(0x33, 0, 1, A0, A0, A3), r(0x33, 7, 0, A5, A5, S1), i(0x13, 5, A5, A0, 20));
    let around = [mul, add(A0, A0, A4), srli, and, add(A5, A5, S0), sd(A0, A5, 0), amo(0, 3, ZERO, A5, A0)];
    let back = -4 * around.len() as i32;
    around.into_iter().chain([jal(ZERO, back)]).collect()
}

#[test]
fn dirty_live_copies_of_running_harts_are_what_memory_is() {
    const HARTS: u32 = 2;
    let machine = Machine::with_program(&hammer());
    let begun = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = (0..HARTS)
        .map(|id| {
            let attention = Arc::new(Attention::new());
            let mut hart = hart(&machine.executive, machine.space, id + 1, &attention, &machine.clock);
            let registers =
                [(A0, u64::from(id)), (A3, 6364136223846793005), (A4, 1442695040888963407), (S0, DATA), (S1, 0x3_fff8)];
            for (register, value) in registers {
                hart.set_x(register as usize, value);
            }
            let (thread, begun) = (std::thread::Builder::new().stack_size(16 << 20), Arc::clone(&begun));
            let run = move || {
                assert_eq!(hart.run(Some(1000)), Exit::Limit);
                begun.fetch_add(1, Ordering::Release);
                hart.run(None)
            };
            thread.spawn(run).expect("a thread")
        })
        .collect();
    while begun.load(Ordering::Acquire) < HARTS {
        std::thread::yield_now();
    }
    // On a busy machine they may get to nothing while a copy is made.
    let (mut written_meanwhile, end) = (0, Instant::now() + Duration::from_secs(120));
    for round in 0.. {
        if round >= 8 && written_meanwhile > 0 {
            break;
        }
        assert!(Instant::now() < end, "the harts write while they are copied");
        let mut copy = vec![0; SIZE as usize];
        let limits = Limits { small: 8 * (round % 2), rounds: 4 };
        let copied = live_copy(&machine.executive, &[machine.region], limits, &mut |_, offset, bytes| {
            copy[offset as usize..][..bytes.len()].copy_from_slice(bytes);
            Ok(())
        })
        .expect("a log");
        let mut now = vec![0; copy.len()];
        assert!(machine.ram.read(0, &mut now));
        assert!(now == copy, "round {round}: the copy is not what memory is");
        assert_eq!(copied.rounds[0].pages, SIZE / PAGE);
        written_meanwhile += copied.rounds[1..].iter().map(|round| round.pages).sum::<u64>();
        drop(copied.paused);
    }
    machine.executive.stop();
    for thread in threads {
        assert_eq!(thread.join().expect("it ends"), Exit::Stopped);
    }
}
