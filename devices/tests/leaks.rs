//! A thousand functions come and go, and nothing of them stays: no region, no thread, no file. Alone in its process, which it counts.

#[path = "functions/machine.rs"]
#[allow(dead_code)] // Other tests need more of it.
mod machine;

use machine::*;
use manyhart_devices::pci::PciEvent;

const CYCLES: usize = 1_000;

/// Regions and address spaces of the map; threads and open files of this process.
#[derive(Debug, PartialEq, Eq)]
struct Census {
    regions: usize,
    spaces: usize,
    threads: usize,
    files: usize,
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
    let before = settled(&machine, None);
    (0..CYCLES).for_each(|round| cycle(&machine, port, control, round));
    assert_eq!(settled(&machine, Some(&before)), before);
}

/// The helper thread drops devices soon after they are gone: when it is as is wanted, or nothing has changed for a while.
fn settled(machine: &Machine, want: Option<&Census>) -> Census {
    let (mut last, mut alike) = (census(machine), 0);
    for _ in 0..20_000 {
        std::thread::sleep(std::time::Duration::from_millis(5));
        let now = census(machine);
        alike = if now == last { alike + 1 } else { 0 };
        if want.map_or(alike == 40, |want| now == *want) {
            return now;
        }
        last = now;
    }
    last
}
