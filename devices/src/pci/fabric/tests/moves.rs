//! BARs move: each write is one publication, a host's change of many is one too.

use super::*;
use crate::pci::{BarChange, Change, PciError};

const AT: (u64, u64, u64) = (0, 1, 0);

fn to(id: &str, index: u8, address: Option<u64>) -> BarChange {
    BarChange { id: id.to_owned(), what: Change::Address { index, address } }
}

/// The two halves are two writes, and what lies between them is a place like any other.
#[test]
fn a_64_bit_bar_moves_by_two_writes_and_is_somewhere_in_between() {
    let lab = Lab::new();
    lab.plug("f", Place::at(ROOT_BUS, 1, 0), 7, &[(0, M64, 0x1000)]);
    lab.set(AT, BAR + 4, 4, 4);
    lab.set(AT, COMMAND, 2, MEM);
    assert_eq!(lab.at(HIGH), 0x7_0000);
    lab.set(AT, BAR, 4, 0x5000_0000);
    assert_eq!((lab.at(HIGH), lab.at(HIGH + 0x5000_0000)), (ONES, 0x7_0000));
    lab.set(AT, BAR + 4, 4, 0);
    assert_eq!((lab.at(HIGH + 0x5000_0000), lab.at(0x5000_0000)), (ONES, 0x7_0000));
}

#[test]
fn each_write_is_one_generation_and_one_that_changes_nothing_is_none() {
    let lab = Lab::new();
    lab.plug("f", Place::at(ROOT_BUS, 1, 0), 7, &[(0, M32, 0x1000), (1, M32, 0x1000), (2, M64, 0x1000)]);
    let generation = || lab.executive.topology().generation();
    let cost = |offset, size, value| {
        let before = generation();
        lab.set(AT, offset, size, value);
        generation() - before
    };
    let cases = [
        (BAR, 4, LOW, 0),
        (BAR + 4, 4, LOW + 0x1000, 0),
        (BAR + 12, 4, 4, 0),
        (COMMAND, 2, MEM, 1),
        (COMMAND, 2, MEM, 0),
        (BAR, 4, LOW + 0x8000, 1),
        (BAR, 4, LOW + 0x8000, 0),
        (0x3c, 1, 5, 0),
        (COMMAND, 2, 0, 1),
    ];
    for (offset, size, value, want) in cases {
        assert_eq!(cost(offset, size, value), want, "{value:#x} at {offset:#x}");
    }
}

/// The later plugged wins where two overlap, and what was below is there again when it goes.
#[test]
fn overlapping_bars_stack() {
    let lab = Lab::new();
    lab.plug("a", Place::at(ROOT_BUS, 1, 0), 1, &[(0, M32, 0x4000)]);
    lab.plug("b", Place::at(ROOT_BUS, 2, 0), 2, &[(0, M32, 0x1000)]);
    for device in [1, 2] {
        lab.set((0, device, 0), BAR, 4, LOW + 0x1000 * (device - 1) * 2);
        lab.set((0, device, 0), COMMAND, 2, MEM);
    }
    assert_eq!(
        [0, 0x1000, 0x2000, 0x3000].map(|offset| lab.at(LOW + offset)),
        [0x1_0000, 0x1_1000, 0x2_0000, 0x1_3000]
    );
    lab.set((0, 2, 0), COMMAND, 2, 0);
    assert_eq!(lab.at(LOW + 0x2000), 0x1_2000);
}

#[test]
fn the_host_swaps_moves_and_hides_many_at_once() {
    let lab = Lab::new();
    for (id, device) in [("a", 1u8), ("b", 2)] {
        let at = (0, device.into(), 0);
        lab.plug(id, Place::at(ROOT_BUS, device, 0), device.into(), &[(0, M32, 0x1000), (2, M64, 0x1000)]);
        lab.set(at, BAR, 4, LOW + 0x1000 * u64::from(device));
        lab.set(at, BAR + 12, 4, 4);
        lab.set(at, BAR + 8, 4, 0x1000 * u64::from(device));
        lab.set(at, COMMAND, 2, MEM);
    }
    let generation = lab.executive.topology().generation();
    let swap = vec![to("a", 0, Some(LOW + 0x2000)), to("b", 0, Some(LOW + 0x1000)), to("a", 2, None)];
    assert_eq!(lab.host.adjust(swap), Ok(generation + 1));
    assert_eq!((lab.at(LOW + 0x1000), lab.at(LOW + 0x2000)), (0x2_0000, 0x1_0000));
    assert_eq!((lab.at(HIGH + 0x1000), lab.at(HIGH + 0x2000)), (ONES, 0x2_0000));
    assert_eq!(lab.get((0, 1, 0), BAR, 4), LOW + 0x2000, "the guest sees it in the register");
    assert_eq!(lab.get((0, 1, 0), BAR + 8, 4), 0xffff_f00c);

    let what = |id: &str, what| BarChange { id: id.to_owned(), what };
    let grow = vec![
        what("b", Change::Size { index: 0, size: 0x4000 }),
        to("b", 0, Some(LOW + 0x8000)),
        what("a", Change::Memory(false)),
    ];
    assert_eq!(lab.host.adjust(grow), Ok(generation + 2));
    assert_eq!((lab.at(LOW + 0x2000), lab.at(LOW + 0x8ff0), lab.at(LOW + 0xb000)), (ONES, 0x2_0ff0, 0));

    for (changes, want) in [
        (vec![what("a", Change::Memory(true)), to("c", 0, None)], PciError::NoFunction("c".into())),
        (vec![what("a", Change::Memory(true)), to("b", 1, None)], PciError::NoBar { id: "b".into(), index: 1 }),
    ] {
        assert_eq!(lab.host.adjust(changes), Err(want));
    }
    assert_eq!(lab.executive.topology().generation(), generation + 2, "all or nothing");
}

#[test]
fn the_host_works_while_the_machine_is_paused() {
    let lab = Lab::new();
    lab.plug("f", Place::at(ROOT_BUS, 1, 0), 7, &[(0, M32, 0x1000)]);
    let paused = lab.executive.pause();
    let what = |what| BarChange { id: "f".to_owned(), what };
    lab.host.adjust(vec![to("f", 0, Some(LOW)), what(Change::Memory(true))]).expect("it does");
    lab.plug("g", Place::at(ROOT_BUS, 2, 0), 7, &[]);
    assert_eq!(lab.host.query().expect("it does")[0].functions.len(), 3);
    drop(paused);
    assert_eq!((lab.at(LOW), lab.get((0, 2, 0), 0, 2)), (0x7_0000, 0x1234));
}
