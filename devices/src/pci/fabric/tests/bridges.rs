//! Bridges and ports: numbers, windows that clip, resets of what is behind, links.

use super::*;

const PORT: (u64, u64, u64) = (0, 2, 0);
const BEHIND: (u64, u64, u64) = (1, 0, 0);

/// A port at 00:02.0 with bus 1 behind it, and a function there whose BAR is at `LOW`.
fn port_and_function() -> (Lab, Plugged) {
    let lab = Lab::new();
    lab.root_port("rp", 2);
    let (f, _) = lab.plug("f", Place::on("rp"), 7, &[(0, M32, 0x1000), (1, BarKind::Io, 0x100), (2, M64, 0x1000)]);
    lab.number_bus(2, 1);
    lab.set(BEHIND, BAR, 4, LOW);
    lab.set(BEHIND, BAR + 4, 4, 0x1000);
    lab.set(BEHIND, BAR + 12, 4, 4);
    lab.set(BEHIND, COMMAND, 2, IO | MEM | MASTER);
    // Memory, I/O and prefetchable windows closed.
    for (offset, value) in [(0x20, 0x0000_fff0), (0x1c, 0x00f0), (0x24, 0x0000_fff0)] {
        lab.set(PORT, offset, if offset == 0x1c { 2 } else { 4 }, value);
    }
    lab.set(PORT, COMMAND, 2, IO | MEM | MASTER);
    (lab, f)
}

#[test]
fn a_bus_answers_to_the_number_that_its_bridge_gives_it() {
    let lab = Lab::new();
    lab.root_port("rp", 2);
    lab.plug("f", Place::on("rp"), 7, &[]);
    for (secondary, subordinate, answers) in [(1, 1, 1), (5, 9, 5), (9, 5, 256), (0, 0, 256), (255, 255, 255)] {
        lab.set(PORT, 0x18, 4, subordinate << 16 | secondary << 8);
        for bus in [1, 5, 9, 255] {
            let want = if bus == answers { 0x11e8_1234 } else { ONES };
            assert_eq!(lab.get((bus, 0, 0), 0, 4), want, "bus {bus} of {secondary} to {subordinate}");
        }
        assert_eq!(lab.get((0, 0, 0), 0, 4), 0x0008_1b36, "the root bus is always there");
    }
}

/// Each kind of window: closed, open, and open elsewhere.
#[test]
fn windows_show_what_is_behind_them() {
    let (lab, _f) = port_and_function();
    let open = |offset, size, value, address: u64, want: u64| {
        lab.set(PORT, offset, size, value);
        assert_eq!(lab.at(address), want, "{value:#x} at {offset:#x}");
    };
    open(0x20, 4, 0x0000_fff0, LOW, ONES);
    open(0x20, 4, 0x4000_4000, LOW, 0x7_0000);
    open(0x20, 4, 0x4020_4010, LOW, ONES);
    open(0x20, 4, 0x4020_4000, LOW + 0x10, 0x7_0010);
    open(0x1c, 2, 0x1010, PIO + 0x1000, 0x7_0000);
    open(0x1c, 2, 0x2020, PIO + 0x1000, ONES);
    // Prefetchable: base and limit, then their upper halves.
    lab.set(PORT, 0x24, 4, 0x0000_0000);
    lab.set(PORT, 0x28, 4, 4);
    open(0x2c, 4, 4, HIGH, 0x7_0000);
    open(0x2c, 4, 3, HIGH, ONES);
    open(0x2c, 4, 5, HIGH, 0x7_0000);
    lab.set(PORT, COMMAND, 2, IO);
    assert_eq!((lab.at(LOW), lab.at(HIGH)), (ONES, ONES), "a bridge that decodes no memory forwards none");
}

#[test]
fn a_window_change_clips_everything_behind_in_one_generation() {
    let (lab, _f) = port_and_function();
    lab.set(PORT, 0x20, 4, 0x4000_4000);
    let generation = lab.executive.topology().generation();
    lab.set(PORT, 0x20, 4, 0x4010_4010);
    assert_eq!(lab.executive.topology().generation(), generation + 1);
    assert_eq!(lab.at(LOW), ONES);
}

#[test]
fn every_bridge_on_the_way_must_let_dma_pass() {
    let (lab, f) = port_and_function();
    let load = || f.port.dma().load::<u32>(Gpa(RAM)).is_ok();
    assert!(load());
    lab.set(PORT, COMMAND, 2, MEM);
    assert!(!load());
    lab.set(PORT, COMMAND, 2, MASTER);
    assert!(load());
    lab.set(BEHIND, COMMAND, 2, MEM);
    assert!(!load());
    assert_eq!(f.told.lock().iter().filter(|event| event.starts_with("BusMaster")).count(), 4);
}

#[test]
fn a_secondary_bus_reset_resets_everything_behind() {
    let (lab, f) = port_and_function();
    lab.set(PORT, 0x20, 4, 0x4000_4000);
    assert_eq!(lab.at(LOW), 0x7_0000);
    lab.set(PORT, 0x3e, 2, 1 << 6);
    assert_eq!((lab.at(LOW), lab.get(BEHIND, COMMAND, 2), lab.get(BEHIND, BAR, 4)), (ONES, 0, 0));
    lab.set(PORT, 0x3e, 2, 1 << 6);
    lab.set(PORT, 0x3e, 2, 0);
    assert_eq!(f.told.lock().iter().filter(|event| *event == "Reset").count(), 1, "on its way up alone");
    assert_eq!(lab.get(PORT, 0x20, 4), 0x4000_4000, "the port itself is not reset");
}

#[test]
fn a_disabled_link_takes_what_is_behind_it_away() {
    let (lab, f) = port_and_function();
    lab.set(PORT, 0x20, 4, 0x4000_4000);
    let express = lab.capability(PORT, 0x10);
    assert_eq!(lab.get(PORT, express + 0x12, 2) & 1 << 13, 1 << 13, "active");
    lab.set(PORT, express + 0x10, 2, 1 << 4);
    assert_eq!(lab.get(PORT, express + 0x12, 2) & 1 << 13, 0);
    assert_eq!((lab.at(LOW), lab.get(BEHIND, 0, 4)), (ONES, ONES));
    assert!(f.port.dma().load::<u32>(Gpa(RAM)).is_err());
    lab.set(PORT, express + 0x10, 2, 0);
    assert_eq!((lab.get(BEHIND, 0, 4), lab.get(BEHIND, COMMAND, 2)), (0x11e8_1234, 0), "as after a reset");
}

#[test]
fn the_host_holds_a_link_down_as_the_guest_does() {
    let (lab, _f) = port_and_function();
    let express = lab.capability(PORT, 0x10);
    for (disabled, want) in [(true, ONES), (true, ONES), (false, 0x11e8_1234)] {
        lab.host.set_link_disabled("rp", disabled).expect("a port");
        assert_eq!(lab.get(BEHIND, 0, 4), want, "{disabled}");
        assert_eq!(lab.get(PORT, express + 0x10, 2) & 1 << 4 != 0, disabled);
    }
    let refused = lab.host.set_link_disabled("f", true).expect_err("an endpoint");
    assert_eq!(refused.to_string(), "'f' is no port with a link");
}

/// Behind two conventional bridges: numbers nest, windows nest, pins go round at each.
#[test]
fn bridges_nest() {
    let lab = Lab::new();
    let bridge = |id: &str, at| lab.host.plug_bridge(id, &at, BridgeKind::Conventional).expect("it fits");
    bridge("b1", Place::at(ROOT_BUS, 3, 0));
    bridge("b2", Place::at("b1", 5, 0));
    let (f, _) = lab.plug("f", Place::at("b2", 6, 0), 7, &[(0, M32, 0x1000)]);
    lab.set((0, 3, 0), 0x18, 4, 4 << 16 | 1 << 8);
    lab.set((1, 5, 0), 0x18, 4, 2 << 16 | 2 << 8 | 1);
    lab.set((2, 6, 0), BAR, 4, LOW + 0x10_0000);
    lab.set((2, 6, 0), COMMAND, 2, MEM);
    for at in [(0, 3, 0), (1, 5, 0)] {
        assert_eq!(lab.at(LOW + 0x10_0000), ONES);
        lab.set(at, 0x20, 4, 0x4010_4010);
        lab.set(at, COMMAND, 2, MEM);
    }
    assert_eq!(lab.at(LOW + 0x10_0000), 0x7_0000);
    // A to C (device 6), to D (device 5), to C (device 3).
    f.port.set_intx(true);
    assert_eq!(lab.levels(), [false, false, true, false]);
    lab.set((0, 3, 0), 0x18, 4, 1 << 16 | 1 << 8);
    assert_eq!(lab.get((2, 6, 0), 0, 4), ONES, "beyond the first bridge's last bus");
    let report = lab.host.query().expect("it runs");
    let names: Vec<_> = report.iter().map(|bus| (bus.name.as_str(), bus.number, bus.functions.len())).collect();
    assert_eq!(names, [("pcie.0", 0, 2), ("b1", 1, 1), ("b2", 2, 1)]);
}

#[test]
fn a_running_machine_has_no_slots_on_its_root_bus() {
    let lab = Lab::new();
    lab.root_port("rp", 2);
    lab.host.go_live().expect("it runs");
    let (blueprint, _) = lab.blueprint("f", 1, &[]);
    let port = lab.host.port("f").expect("a port");
    let refused = lab.host.plug("f", &Place::on(ROOT_BUS), port, blueprint).expect_err("refused");
    assert_eq!(refused.to_string(), "Bus 'pcie.0' does not support hotplugging");
    let refused = lab.host.surprise_remove("rp").expect_err("refused");
    assert_eq!(refused.to_string(), "Bus 'pcie.0' does not support hotplugging");
}
