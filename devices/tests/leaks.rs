//! A thousand functions come and go, and nothing of them stays: no region, no thread, no file. Alone in its process, which it counts.

#[path = "functions/machine.rs"]
#[allow(dead_code)] // Other tests need more of it.
mod machine;

use std::time::{Duration, Instant};

use machine::*;
use manyhart_devices::pci::PciEvent;

const CYCLES: usize = 1_000;

/// Regions and address spaces of the map; threads and open files of this process.
#[derive(Debug)]
struct Census {
    regions: usize,
    spaces: usize,
    threads: usize,
    files: usize,
}

impl Census {
    fn is_within(&self, other: &Census) -> bool {
        self.regions <= other.regions
            && self.spaces <= other.spaces
            && self.threads <= other.threads
            && self.files <= other.files
    }
}

fn census(machine: &Machine) -> Census {
    let count = |dir| std::fs::read_dir(dir).unwrap().count();
    let survey = machine.executive.topology().survey().unwrap();
    Census {
        regions: survey.regions().len(),
        spaces: survey.spaces().len(),
        threads: count("/proc/self/task"),
        files: count("/proc/self/fd"),
    }
}

/// Plugs, powers, uses; takes out by the guest's leave or without it.
fn cycle(machine: &Machine, port: Function<'_>, control: u64, round: usize) {
    machine.plug_scratch("x", "rp", round as u64).unwrap();
    port.set(control, 0x01c0u16);
    let registers = machine.window_behind(2);
    machine.behind(2).place(0, registers, false);
    machine.behind(2).enable();
    assert_eq!(machine.load::<u64>(registers), round as u64);
    match round % 3 {
        0 => machine.host.surprise_remove("x").unwrap(),
        _ => machine.host.request_unplug("x").unwrap(),
    }
    port.set(control, 0x07c0u16);
    until("the deletion", || machine.events().contains(&PciEvent::Deleted { id: "x".to_owned() }));
}

#[test]
fn a_thousand_functions_come_and_go_and_leave_nothing() {
    let machine = Machine::new();
    let port = machine.root_port("rp", 2);
    machine.host.go_live().unwrap();
    let control = port.capability(EXPRESS) + 0x18;
    // The first ones make what is kept for the next: a space for DMA, readers.
    (0..10).for_each(|round| cycle(&machine, port, control, round));
    // The helper thread drops devices in its own time: here it may have some of these few left, at the end it is waited for.
    let before = census(&machine);
    (0..CYCLES).for_each(|round| cycle(&machine, port, control, round));
    let (mut after, end) = (census(&machine), Instant::now() + Duration::from_secs(120));
    while !after.is_within(&before) {
        assert!(Instant::now() < end, "{after:?}, after {before:?}");
        std::thread::yield_now();
        after = census(&machine);
    }
}
