//! Whatever a guest writes, the map says what the registers say: against a resolver that walks bridges and BARs by their registers alone.

use super::fuzz::Random;
use super::*;
use crate::pci::PowerState;
use crate::pci::config::window::Kind;
use crate::pci::query::{BusReport, FunctionReport};

/// In the order in which they are plugged, with the numbers that their registers read as. What is plugged later lies above.
const PLUGGED: [(&str, u64); 7] = [("rp1", 0), ("rp2", 0), ("b", 0), ("f0", 1), ("f1", 2), ("f2", 3), ("f3", 4)];
const BARS: [(u8, BarKind, u64); 3] = [(0, M32, 0x20_0000), (1, BarKind::Io, 0x100), (2, M64, 0x10_0000)];

fn crowd() -> Lab {
    let lab = Lab::new();
    lab.root_port("rp1", 1);
    lab.root_port("rp2", 2);
    lab.host.plug_bridge("b", &Place::at(ROOT_BUS, 3, 0), BridgeKind::Conventional).expect("it fits");
    for (index, bus) in [ROOT_BUS, "rp1", "rp2", "b"].into_iter().enumerate() {
        let (id, number) = PLUGGED[index + 3];
        lab.plug(id, Place::on(bus), number, &BARS);
    }
    lab
}

/// Who answers at an address of a bus, and where in it: the topmost that decodes it, and what a bridge does not find behind it is its
/// neighbours'.
fn resolve(buses: &[BusReport], bus: &str, io: bool, address: u64) -> Option<(u64, u64)> {
    let here = buses.iter().find(|report| report.name == bus)?;
    let topmost_first = PLUGGED.iter().rev();
    topmost_first
        .filter_map(|&(id, number)| here.functions.iter().find(|function| function.id == id).map(|f| (f, number)))
        .find_map(|(function, number)| {
            behind(buses, function, io, address).or_else(|| of(function, io, address, number))
        })
}

fn decodes(function: &FunctionReport, io: bool) -> bool {
    u64::from(function.command) & if io { IO } else { MEM } != 0 && function.power == PowerState::D0
}

fn behind(buses: &[BusReport], function: &FunctionReport, io: bool, address: u64) -> Option<(u64, u64)> {
    let bridge = function.bridge.as_ref().filter(|bridge| bridge.link_up && decodes(function, io))?;
    let mut windows =
        bridge.windows.iter().filter(|(kind, _)| (*kind == Kind::Io) == io).filter_map(|(_, window)| *window);
    let forwards = windows.any(|(first, last)| (first..=last).contains(&address));
    forwards.then(|| resolve(buses, &bridge.bus, io, address)).flatten()
}

fn of(function: &FunctionReport, io: bool, address: u64, number: u64) -> Option<(u64, u64)> {
    let bars = function.bars.iter().rev().filter(|bar| (bar.kind == Some(BarKind::Io)) == io && decodes(function, io));
    let hits = bars.filter_map(|bar| bar.address.map(|at| (at, bar.size)));
    let hit = hits.into_iter().find(|&(at, size)| address >= at && address - at < size);
    hit.map(|(at, _)| (number, address - at))
}

/// A write that has a chance of meaning something.
fn write(lab: &Lab, random: &mut Random) {
    let at = random.pick(&[(0, 1, 0), (0, 2, 0), (0, 3, 0), (0, 4, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0)]);
    let megabytes = |random: &mut Random| 0x4000 + 0x10 * random.next(8);
    let (offset, size, value) = match random.next(8) {
        0 | 1 => (COMMAND, 2, random.next(8) | MEM),
        2 => (BAR, 4, LOW + 0x10_0000 * random.next(8)),
        3 => (BAR + 4, 4, 0x100 * random.next(0x40)),
        4 => (BAR + 8, 4, random.pick(&[ONES, LOW, LOW + 0x40_0000, 0x10_0000])),
        5 => (BAR + 12, 4, random.pick(&[0, 0, 4])),
        6 => (0x20, 4, megabytes(random) << 16 | megabytes(random)),
        _ => random.pick(&[
            (0x1c, 2, 0x3000),
            (0x1c, 2, 0x1010),
            (0x24, 4, 0x0070_0000),
            (0x28, 4, 4),
            (0x2c, 4, 4),
            (0x3e, 2, 0x40),
            (0x3e, 2, 0),
        ]),
    };
    // A bridge has its bus numbers and windows where an endpoint has BARs.
    let bridge = at.0 == 0 && at.1 < 4;
    if bridge != (offset >= 0x1c) && offset != COMMAND {
        return;
    }
    lab.set(at, offset, size, value);
}

#[test]
fn the_map_says_what_the_registers_say() {
    let mut answered = [0u32; 5];
    for seed in 1..=4u64 {
        let lab = crowd();
        let mut random = Random::new(seed);
        for device in 1..=3 {
            lab.number_bus(device, device);
            lab.set((0, device, 0), COMMAND, 2, IO | MEM);
        }
        for step in 0..400 {
            write(&lab, &mut random);
            let buses = lab.host.query().expect("it runs");
            for _ in 0..6 {
                let (io, base, address) = match random.next(4) {
                    0 => (true, PIO, random.next(0x4000) & !3),
                    1 => (false, 0, HIGH + (random.next(0x80_0000) & !3)),
                    _ => (false, 0, LOW + (random.next(0xa0_0000) & !3)),
                };
                let want = resolve(&buses, ROOT_BUS, io, address);
                let value = want.map_or(ONES, |(number, offset)| number << 16 | offset & 0xffff);
                // A port's own BAR has its message table in it, and zeroes.
                if want.is_some_and(|(number, _)| number == 0) {
                    continue;
                }
                assert_eq!(lab.at(base + address), value, "seed {seed}, step {step}, io {io}, {address:#x}");
                answered[want.map_or(0, |(number, _)| number as usize)] += 1;
            }
        }
    }
    assert!(answered.iter().all(|&count| count > 20), "each of them was met: {answered:?}");
}
