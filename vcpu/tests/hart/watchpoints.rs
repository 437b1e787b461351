//! Data accesses that a debugger wants to hear of: all kinds and widths, exactly those that touch a watched byte, told when their instruction is over, at every pace.

use manyhart_vcpu::{Exit, WatchHit, WatchKind, Watchpoint};
use proptest::prelude::*;

use crate::asm::*;
use crate::machine::{BASE, Machine, VECTOR};
use crate::memory::{A, D, R, V, VIRTUAL, W, paged, pte};

use WatchKind::{Access, Read, Write};

const DATA: u64 = BASE + 0x2_0000;
/// The last bytes of a page.
const END: u64 = DATA + 0xffd;

fn one(kind: WatchKind, start: u64) -> [Watchpoint; 1] {
    [Watchpoint { kind, start, len: 1 }]
}

/// Runs the instruction with a1 at `place` and a count in s1, for ever.
fn repeating(instruction: u32, place: u64) -> Machine {
    let mut machine = Machine::with_program(&[instruction, addi(S1, S1, 1), jal(ZERO, -8)]);
    assert!(machine.hart.set_csr(0x300, 1 << 13), "the floating-point unit is on");
    machine.hart.set_x(A1 as usize, place);
    machine.hart.set_x(A2 as usize, 0x55);
    machine
}

/// Every instruction with an access, how wide that is, and what kind it is.
fn accesses() -> Vec<(u32, u64, WatchKind)> {
    let mut all = Vec::new();
    all.extend((0..7).map(|f3| (load(f3, A0, A1, 0), 1 << (f3 & 3), Read)));
    all.extend((0..4).map(|f3| (store(f3, A2, A1, 0), 1 << f3, Write)));
    for f3 in [2, 3] {
        all.push((i(0x07, f3, 1, A1, 0), 1 << f3, Read));
        all.push((s(0x27, f3, A1, 1, 0), 1 << f3, Write));
        all.push((amo(2, f3, A0, A1, ZERO), 1 << f3, Read));
        for f5 in [0, 1, 4, 28] {
            all.push((amo(f5, f3, A0, A1, A2), 1 << f3, Access));
            all.push((amo(f5, f3, ZERO, A1, A2) | 3 << 25, 1 << f3, Access));
        }
    }
    all
}

#[test]
fn every_kind_of_access_is_told_where_it_touches_a_watched_byte() {
    for (instruction, size, access) in accesses() {
        let is_atomic = instruction & 0x7f == 0x2f;
        for place in [DATA, DATA + 8, DATA + 1, END] {
            if is_atomic && !place.is_multiple_of(size) {
                continue;
            }
            for warm in [0, 3000] {
                let mut machine = repeating(instruction, place);
                machine.run(warm);
                for kind in [Write, Read, Access] {
                    let meets = kind == access || kind == Access || access == Access;
                    for at in place - 1..=place + size {
                        let rounds = machine.hart.x(S1 as usize);
                        machine.hart.set_watchpoints(one(kind, at));
                        let what = format!("{instruction:#010x} at {place:#x}, {kind:?} at {at:#x}, warm {warm}");
                        if meets && (place..place + size).contains(&at) {
                            let want = Exit::Watchpoint(WatchHit { kind, address: at });
                            assert_eq!(machine.hart.run(None), want, "{what}");
                            assert_eq!((machine.hart.pc(), machine.hart.x(S1 as usize)), (BASE + 4, rounds), "{what}");
                            assert_eq!(machine.hart.run(Some(2)), Exit::Limit, "told once: {what}");
                            assert_eq!(machine.hart.step(), want, "{what}");
                            assert_eq!(machine.hart.run(Some(2)), Exit::Limit, "{what}");
                        } else {
                            assert_eq!(machine.hart.run(Some(90)), Exit::Limit, "{what}");
                            assert_eq!(machine.hart.x(S1 as usize), rounds + 30, "{what}");
                        }
                    }
                }
                assert_eq!(machine.hart.statistics().traps, 0);
            }
        }
    }
}

#[test]
fn without_watchpoints_the_pages_are_as_fast_as_before() {
    let mut machine = repeating(sd(A2, A1, 0), DATA);
    machine.run(3000);
    let fills = machine.hart.statistics().tlb_fills;
    machine.run(3000);
    assert_eq!(machine.hart.statistics().tlb_fills, fills, "the page is known");
    // Watched somewhere else: it still is, after one miss.
    for point in [one(Access, DATA + 0x1000), one(Access, DATA - 1)] {
        machine.hart.set_watchpoints(point);
        let fills = machine.hart.statistics().tlb_fills;
        machine.run(3000);
        assert_eq!(machine.hart.statistics().tlb_fills, fills + 1, "{point:?}");
    }
    machine.hart.set_watchpoints(one(Read, DATA + 8));
    let fills = machine.hart.statistics().tlb_fills;
    machine.run(3000);
    assert!(machine.hart.statistics().tlb_fills >= fills + 1000, "every store to the page is looked at");
    machine.hart.set_watchpoints([]);
    let fills = machine.hart.statistics().tlb_fills;
    machine.run(3000);
    assert_eq!(machine.hart.statistics().tlb_fills, fills + 1);
    // Loads do not mind what is watched for stores.
    let mut machine = repeating(ld(A0, A1, 0), DATA);
    machine.hart.set_watchpoints(one(Write, DATA + 8));
    machine.run(3000);
    assert_eq!(machine.hart.statistics().tlb_fills, 1);
}

#[test]
fn a_store_conditional_is_told_only_where_it_stores() {
    let reserve = amo(2, 3, A0, A1, ZERO);
    let store_conditional = amo(3, 3, A3, A1, A2);
    let mut machine = Machine::with_program(&[store_conditional, reserve, store_conditional, SPIN]);
    machine.hart.set_x(A1 as usize, DATA);
    machine.hart.set_x(A2 as usize, 7);
    machine.hart.set_watchpoints(one(Write, DATA));
    let mut told = 0;
    // Other tests share the monitor, and may take a reservation: then nothing is stored.
    while machine.hart.pc() != BASE + 12 {
        match machine.hart.run(Some(1)) {
            Exit::Watchpoint(hit) => {
                assert_eq!((hit.address, machine.hart.pc()), (DATA, BASE + 12));
                told += 1;
            }
            exit => assert_eq!(exit, Exit::Limit),
        }
    }
    let stored = machine.hart.x(A3 as usize) == 0;
    assert_eq!((told, machine.word(DATA)), if stored { (1, 7) } else { (0, 0) });
}

#[test]
fn an_access_that_faults_is_not_told() {
    let nowhere = 0x1_0000_0000;
    for instruction in [ld(A0, A1, 0), sd(A2, A1, 0), amo(0, 3, A0, A1, A2)] {
        let mut machine = Machine::with_program(&[instruction, SPIN]);
        machine.hart.set_x(A1 as usize, nowhere);
        machine.hart.set_watchpoints([Watchpoint { kind: Access, start: 0, len: u64::MAX }]);
        assert_eq!(machine.hart.run(Some(10)), Exit::Limit);
        assert_eq!((machine.hart.pc(), machine.hart.statistics().traps), (VECTOR, 1));
    }
}

#[test]
fn addresses_are_those_that_the_program_uses() {
    let leaf = pte(DATA, V | R | W | A | D);
    let mut machine = paged(&[sd(A2, A0, 16), sd(A2, A1, 16), SPIN], &[leaf]);
    machine.hart.set_x(A0 as usize, DATA);
    machine.hart.set_x(A1 as usize, VIRTUAL);
    machine.hart.set_watchpoints(one(Write, VIRTUAL + 16));
    assert_eq!(machine.hart.run(None), Exit::Watchpoint(WatchHit { kind: Write, address: VIRTUAL + 16 }));
    assert_eq!(machine.hart.pc(), BASE + 8, "the same memory by another address is not watched");
}

#[test]
fn what_could_not_be_told_is_told_again_unless_nobody_watches_any_more() {
    let mut machine = repeating(sd(A2, A1, 0), DATA);
    let hit = WatchHit { kind: Write, address: DATA };
    machine.hart.set_watchpoints(one(Write, DATA));
    machine.hart.tell_again(hit);
    let elsewhere = Watchpoint { kind: Read, start: DATA + 64, len: 4 };
    machine.hart.set_watchpoints([one(Write, DATA)[0], elsewhere]);
    assert_eq!((machine.hart.run(None), machine.hart.instret()), (Exit::Watchpoint(hit), 0));
    machine.hart.tell_again(hit);
    machine.hart.set_watchpoints([elsewhere, Watchpoint { kind: Read, start: DATA, len: 8 }]);
    machine.run(30);
    machine.hart.tell_again(hit);
    machine.hart.reset(BASE, 0, 0, 0);
    machine.run(1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A program of loads and stores side by side, as they are fused, stops behind each that touches the range, in order, and does what it does without.
    #[test]
    fn rows_of_accesses_stop_one_by_one(
        row in prop::collection::vec((any::<bool>(), 0..4u32, 0..4i32), 1..12),
        start in 0..40u64, len in 0..20u64, warm in any::<bool>(), fuse in any::<bool>(),
    ) {
        let word = |&(stores, size, at): &(bool, u32, i32)| {
            let imm = at << size;
            if stores { store(size, A2, S0, imm) } else { load(size, A5, S0, imm) }
        };
        let mut program: Vec<u32> = row.iter().map(word).collect();
        program.push(jal(ZERO, -4 * row.len() as i32));
        let round = program.len() as u64;
        let mut machine = Machine::with_program(&program);
        machine.hart.set_fusion(fuse);
        machine.hart.set_x(S0 as usize, DATA);
        machine.hart.set_x(A2 as usize, 0x1122_3344_5566_7788);
        machine.run(if warm { 300 * round } else { 0 });
        let watched = DATA + start..DATA + start + len;
        machine.hart.set_watchpoints([Watchpoint { kind: Access, start: watched.start, len }]);
        let touched = |&(_, size, at): &(bool, u32, i32)| {
            let first = DATA + ((at as u64) << size);
            (first..first + (1 << size)).find(|byte| watched.contains(byte))
        };
        for _ in 0..2 {
            for (pc, address) in (BASE + 4..).step_by(4).zip(row.iter().map(touched)) {
                if let Some(address) = address {
                    let want = Exit::Watchpoint(WatchHit { kind: Access, address });
                    prop_assert_eq!((machine.hart.run(None), machine.hart.pc()), (want, pc));
                }
            }
        }
        if row.iter().all(|access| touched(access).is_none()) {
            prop_assert_eq!(machine.hart.run(Some(10 * round)), Exit::Limit);
        }
    }
}
