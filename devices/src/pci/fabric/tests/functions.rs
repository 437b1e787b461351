//! One function: sizing, every kind of BAR, the command register's gates, reset, power, interrupts, DMA.

use manyhart_runtime::Requester;

use super::*;
use crate::pci::MsixSpec;

const AT: (u64, u64, u64) = (0, 1, 0);

/// Kind, bytes; what the register reads at first, after all ones, and in its upper half.
#[test]
fn sizing_says_how_much_and_of_what() {
    let prefetchable = true;
    let cases = [
        (BarKind::Io, 0x100, 1, 0xffff_ff01, None),
        (M32, 0x1000, 0, 0xffff_f000, None),
        (BarKind::Memory32 { prefetchable }, 0x10_0000, 8, 0xfff0_0008, None),
        (M64, 0x4000, 0xc, 0xffff_c00c, Some(ONES)),
        (BarKind::Memory64 { prefetchable: false }, 1 << 33, 4, 4, Some(0xffff_fffe)),
    ];
    for (kind, size, first, ones, upper) in cases {
        let lab = Lab::new();
        lab.plug("f", Place::at(ROOT_BUS, 1, 0), 1, &[(2, kind, size)]);
        let before = lab.map();
        assert_eq!(lab.get(AT, BAR + 8, 4), first, "{kind:?}");
        lab.set(AT, BAR + 8, 4, ONES);
        lab.set(AT, BAR + 12, 4, ONES);
        assert_eq!(lab.get(AT, BAR + 8, 4), ones, "{kind:?}");
        assert_eq!(lab.get(AT, BAR + 12, 4), upper.unwrap_or(0), "{kind:?}");
        lab.set(AT, COMMAND, 2, MEM | IO);
        assert_eq!(lab.map(), before, "{kind:?}: a register of all ones decodes nothing");
    }
}

/// The command register shows and hides each kind by its own bit.
#[test]
fn bars_of_every_kind_answer_where_they_are_put() {
    let lab = Lab::new();
    lab.plug("f", Place::at(ROOT_BUS, 1, 0), 7, &[(0, M32, 0x1000), (1, BarKind::Io, 0x100), (2, M64, 0x1_0000)]);
    for (offset, value) in [(0, LOW + 0x2_0000), (4, 0x400), (8, 0x8000_0000), (12, 0x6)] {
        lab.set(AT, BAR + offset, 4, value);
    }
    let places = [(LOW + 0x2_0000, MEM), (PIO + 0x400, IO), (0x6_8000_0000, MEM)];
    for command in [0, MEM, IO, MEM | IO, 0] {
        lab.set(AT, COMMAND, 2, command);
        for (address, bit) in places {
            let want = if command & bit != 0 { 0x7_0010 } else { ONES };
            assert_eq!(lab.at(address + 0x10), want, "command {command}, {address:#x}");
        }
    }
}

#[test]
fn what_is_not_there_reads_as_ones_and_never_faults() {
    let lab = Lab::new();
    lab.plug("f", Place::at(ROOT_BUS, 1, 0), 7, &[]);
    for at in [(0, 2, 0), (0, 1, 1), (1, 0, 0), (255, 31, 7)] {
        assert_eq!(lab.get(at, 0, 4), ONES, "{at:?}");
        lab.set(at, 4, 2, 7);
    }
    // Odd sizes and places, within one function and across two.
    let config = lab.config(AT, 0);
    assert_eq!(lab.read(config + 1, 2), Ok(0xe812));
    assert_eq!(lab.read(config, 8), Ok(0x0010_0000_11e8_1234));
    assert_eq!(lab.read(config + 0xffd, 8).map(|value| value >> 24), Ok(0xff_ffff_ffff));
    for address in [LOW, LOW + 0x3fff_fff8, HIGH, PIO + 0xfff8] {
        assert_eq!(lab.read(address, 8), Ok(u64::MAX), "{address:#x}");
        lab.write(address, 8, 0);
    }
}

/// Reads and writes of a part of a register are of that part.
#[test]
fn parts_of_a_register_are_written_alone() {
    let lab = Lab::new();
    lab.plug("f", Place::at(ROOT_BUS, 1, 0), 7, &[(0, M32, 0x100)]);
    for (offset, size, value, want) in
        [(0, 1, 0xff, 0), (1, 1, 0x12, 0x1200), (2, 2, 0x4000, 0x4000_1200), (1, 2, 0x1234, 0x4012_3400)]
    {
        lab.set(AT, BAR + offset, size, value);
        assert_eq!(lab.get(AT, BAR, 4), want, "{size} bytes at {offset}");
    }
}

#[test]
fn a_function_level_reset_takes_everything_back_but_what_it_is() {
    let lab = Lab::new();
    let (f, _) = lab.plug("f", Place::at(ROOT_BUS, 1, 0), 7, &[(0, M32, 0x1000)]);
    lab.set(AT, BAR, 4, LOW);
    lab.set(AT, COMMAND, 2, MEM | MASTER);
    assert_eq!(lab.at(LOW), 0x7_0000);
    let express = lab.capability(AT, 0x10);
    assert_ne!(lab.get(AT, express + 4, 4) & 1 << 28, 0, "it says that it can");
    lab.set(AT, express + 8, 2, 1 << 15);
    assert_eq!(lab.get(AT, COMMAND, 2), 0);
    assert_eq!(lab.get(AT, BAR, 4), 0);
    assert_eq!(lab.at(LOW), ONES);
    assert_eq!(lab.get(AT, 0, 4), 0x11e8_1234);
    assert_eq!(*f.told.lock(), ["BusMaster(true)", "Reset", "BusMaster(false)"]);
}

#[test]
fn in_d3hot_configuration_space_alone_answers() {
    let lab = Lab::new();
    let (f, _) = lab.plug("f", Place::at(ROOT_BUS, 1, 0), 7, &[(0, M32, 0x1000)]);
    lab.set(AT, BAR, 4, LOW);
    lab.set(AT, COMMAND, 2, MEM);
    let power = lab.capability(AT, 1) + 4;
    // D1 and D2 are not supported and not taken.
    for (state, shown, want) in
        [(3, 3, ONES), (0, 0, 0x7_0000), (1, 0, 0x7_0000), (3, 3, ONES), (2, 3, ONES), (0, 0, 0x7_0000)]
    {
        lab.set(AT, power, 2, state);
        assert_eq!(lab.get(AT, power, 2) & 3, shown, "D{state}");
        assert_eq!(lab.at(LOW), want, "D{state}");
    }
    assert_eq!(*f.told.lock(), ["Power(D3Hot)", "Power(D0)", "Power(D3Hot)", "Power(D0)"]);
}

#[test]
fn dma_goes_through_the_gate_of_bus_mastering() {
    let lab = Lab::new();
    let (f, _) = lab.plug("f", Place::at(ROOT_BUS, 1, 0), 7, &[]);
    let store = |value: u32| f.port.dma().store(Gpa(RAM), value);
    assert_eq!(store(1), Err(BusError::Decode(Gpa(RAM))));
    lab.set(AT, COMMAND, 2, MASTER);
    assert_eq!(store(2), Ok(()));
    lab.set(AT, COMMAND, 2, 0);
    assert_eq!(store(3), Err(BusError::Decode(Gpa(RAM))));
    assert_eq!(lab.read(RAM, 4), Ok(2));
}

/// Pins go round by device number, and Interrupt Disable holds them.
#[test]
fn interrupt_pins_reach_the_four_lines() {
    let lab = Lab::new();
    let ports =
        [1u8, 2, 3, 4].map(|device| lab.plug(&format!("f{device}"), Place::at(ROOT_BUS, device, 0), 7, &[]).0.port);
    for (index, port) in ports.iter().enumerate() {
        port.set_intx(true);
        let want = std::array::from_fn(|line| line == (index + 1) % 4);
        assert_eq!(lab.levels(), want, "device {}", index + 1);
        let at = (0, index as u64 + 1, 0);
        assert_eq!(lab.get(at, 6, 2) & 8, 8, "its status says so");
        lab.set(at, COMMAND, 2, 1 << 10);
        assert_eq!(lab.levels(), [false; 4]);
        assert_eq!(lab.get(at, 6, 2) & 8, 8, "also while it may not tell");
        port.set_intx(false);
        assert_eq!(lab.get(at, 6, 2) & 8, 0);
    }
}

#[test]
fn a_message_from_the_table_is_a_write_behind_the_gate() {
    let lab = Lab::new();
    let (mut blueprint, _) = lab.blueprint("f", 7, &[(0, M32, 0x1000)]);
    blueprint.msix = Some(MsixSpec { vectors: 4, table_bar: 0, table_offset: 0x800, pba_offset: 0xc00 });
    let port = lab.host.port("f").expect("a port");
    lab.host.plug("f", &Place::at(ROOT_BUS, 1, 0), port.clone(), blueprint).expect("it fits");
    lab.set(AT, BAR, 4, LOW);
    lab.set(AT, COMMAND, 2, MEM | MASTER);
    let entry = LOW + 0x810;
    assert_eq!(lab.read(entry + 12, 4), Ok(1), "masked at first");
    lab.write(entry, 8, RAM + 0x40);
    lab.write(entry + 8, 4, 0xcafe);
    lab.set(AT, lab.capability(AT, 0x11) + 2, 2, 1 << 15);
    assert!(port.signal(1));
    assert_eq!((lab.read(RAM + 0x40, 4), lab.read(LOW + 0xc00, 8)), (Ok(0), Ok(2)), "it waits under the mask");
    lab.write(entry + 12, 4, 0);
    assert_eq!((lab.read(RAM + 0x40, 4), lab.read(LOW + 0xc00, 8)), (Ok(0xcafe), Ok(0)));
    assert_eq!(lab.at(LOW + 0x20), 0x7_0020, "the function's own registers are around it");
}

#[test]
fn the_expansion_rom_has_its_own_enable_bit() {
    let lab = Lab::new();
    let (mut blueprint, _) = lab.blueprint("f", 7, &[]);
    let rom = Arc::new(RamBlock::anonymous("rom", 0x1000).expect("memory"));
    assert!(rom.write(0, &[0x55, 0xaa]));
    blueprint.rom = Some(rom);
    let port = lab.host.port("f").expect("a port");
    lab.host.plug("f", &Place::at(ROOT_BUS, 1, 0), port, blueprint).expect("it fits");
    lab.set(AT, 0x30, 4, ONES);
    assert_eq!(lab.get(AT, 0x30, 4), 0xffff_f001);
    lab.set(AT, COMMAND, 2, MEM);
    for (value, want) in [(LOW, ONES), (LOW | 1, 0xaa55), (LOW, ONES)] {
        lab.set(AT, 0x30, 4, value);
        assert_eq!(lab.at(LOW), want, "{value:#x}");
    }
}

#[test]
fn a_machine_reset_is_power_on_and_what_is_plugged_stays() {
    let lab = Lab::new();
    lab.root_port("rp", 2);
    let before = lab.map();
    let (f, _) = lab.plug("f", Place::on("rp"), 7, &[(0, M32, 0x1000)]);
    lab.number_bus(2, 1);
    lab.set((1, 0, 0), BAR, 4, LOW);
    lab.set((0, 2, 0), 0x20, 4, 0x4000_4000);
    lab.set((0, 2, 0), COMMAND, 2, MEM | MASTER);
    lab.set((1, 0, 0), COMMAND, 2, MEM | MASTER);
    f.port.set_intx(true);
    assert_eq!(lab.at(LOW), 0x7_0000);
    let paused = lab.executive.pause();
    lab.host.reset().expect("it runs");
    drop(paused);
    assert_eq!(lab.map(), before);
    assert_eq!(lab.get((1, 0, 0), 0, 4), ONES, "buses have lost their numbers");
    assert_eq!(lab.get((0, 2, 0), 0, 4), 0x000c_1b36);
    assert!(f.port.dma().load::<u32>(Gpa(RAM)).is_err());
    assert!(f.told.lock().iter().any(|event| event == "Reset"));
}

#[test]
fn two_functions_cannot_have_one_name_or_one_place() {
    let lab = Lab::new();
    lab.plug("a", Place::at(ROOT_BUS, 1, 0), 7, &[]);
    let refused = |id: &str, at: Place, bars: &[(u8, BarKind, u64)]| {
        let (blueprint, _) = lab.blueprint(id, 1, bars);
        let port = lab.host.port(id).expect("a port");
        lab.host.plug(id, &at, port, blueprint).expect_err("refused").to_string()
    };
    type Case = (&'static str, Place, &'static [(u8, BarKind, u64)], &'static str);
    let cases: [Case; 7] = [
        ("a", Place::on(ROOT_BUS), &[], "Duplicate device ID 'a'"),
        ("b", Place::on("rp7"), &[], "Bus 'rp7' not found"),
        ("b", Place::at(ROOT_BUS, 1, 0), &[], "PCI: slot 1 function 0 not available, in use by a"),
        ("b", Place::at(ROOT_BUS, 32, 0), &[], "PCI: bus 'pcie.0' has no slot 32 function 0"),
        ("b", Place::on(ROOT_BUS), &[(0, M32, 24)], "0x18 bytes is no size for a BAR of this kind"),
        ("b", Place::on(ROOT_BUS), &[(5, M64, 0x1000)], "BAR 5 is not free"),
        ("b", Place::on(ROOT_BUS), &[(1, M32, 16), (0, M64, 16)], "BAR 0 is not free"),
    ];
    for (id, at, bars, want) in cases {
        assert_eq!(refused(id, at, bars), want);
    }
    let (_, address) = lab.plug("b", Place::on(ROOT_BUS), 7, &[]);
    assert_eq!(address.to_string(), "00:02.0");
    let (_, address) = lab.plug("c", Place::at(ROOT_BUS, 1, 3), 7, &[]);
    assert_eq!(address.to_string(), "00:01.3");
    assert_eq!(lab.get(AT, 0xe, 1), 0x80, "several functions");
}

#[test]
fn what_goes_leaves_nothing_behind() {
    let lab = Lab::new();
    let count = || lab.executive.topology().survey().expect("it runs").regions().len();
    let mut regions = None;
    for round in 0..3 {
        let (f, _) = lab.plug("f", Place::at(ROOT_BUS, 1, 0), 7, &[(0, M32, 0x1000), (2, M64, 0x1000)]);
        lab.set(AT, BAR, 4, LOW);
        lab.set(AT, COMMAND, 2, MEM | MASTER);
        assert_eq!(lab.at(LOW), 0x7_0000);
        lab.host.surprise_remove("f").expect("it is there");
        assert_eq!((lab.at(LOW), lab.get(AT, 0, 4)), (ONES, ONES));
        assert!(f.port.dma().load::<u32>(Gpa(RAM)).is_err());
        lab.until(|| lab.events.lock().len() == round + 1);
        assert_eq!(*regions.get_or_insert_with(count), count(), "round {round}");
        assert_eq!(f.told.lock().last().map(String::as_str), Some("Removed"));
    }
    assert_eq!(lab.read(RAM, 4), Ok(0));
    assert_eq!(lab.host.surprise_remove("f").expect_err("gone").to_string(), "Device 'f' not found");
    assert_eq!(lab.space.load::<u8>(Gpa(LOW), Requester::Debugger), Ok(0xff));
}
