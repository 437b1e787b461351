//! Functions come and go through the slots of root ports, and the guest on the other side is a daemon that polls, or pciehp, or nobody.

use manyhart_devices::pci::aer::{AerError, CorrectableError, UncorrectableError};
use manyhart_devices::pci::scratch;
use manyhart_devices::pci::{BridgeKind, PciEvent, Place, PlugError, SlotSpec};

use crate::machine::*;

const PORT: u8 = 2;
/// Slot Control, with Slot Status above it.
const SLOT_CONTROL: u64 = 0x18;
const SLOT_STATUS: u64 = 0x1a;
const LINK_CONTROL: u64 = 0x10;
const ON: u16 = 0x01c0;
const OFF: u16 = 0x07c0;
const BLINK: u16 = 0x02c0;

/// A running machine with an empty root port.
struct Lab<'a> {
    machine: &'a Machine,
    port: Function<'a>,
    express: u64,
}

impl Lab<'_> {
    fn new(machine: &Machine) -> Lab<'_> {
        let port = machine.root_port("rp", PORT);
        machine.host.go_live().unwrap();
        let express = port.capability(EXPRESS);
        port.set(express + SLOT_CONTROL, OFF);
        port.set(express + SLOT_STATUS, 0xffffu16);
        Lab { machine, port, express }
    }

    /// With a function, which is there for the guest.
    fn with_function(machine: &Machine) -> Lab<'_> {
        let lab = Lab::new(machine);
        machine.plug_scratch("x", "rp", 7).unwrap();
        lab.acknowledge();
        lab.control(ON);
        lab
    }

    fn status(&self) -> u16 {
        self.port.get(self.express + SLOT_STATUS)
    }

    fn acknowledge(&self) {
        self.port.set(self.express + SLOT_STATUS, 0xffffu16);
    }

    fn control(&self, value: u16) {
        self.port.set(self.express + SLOT_CONTROL, value);
    }

    fn vendor_behind(&self) -> u32 {
        self.machine.behind(PORT).get(0)
    }

    /// Where the scratch function's registers are once a driver has set it up.
    fn registers(&self) -> u64 {
        self.machine.window_behind(PORT)
    }

    /// A driver comes to the function.
    fn bind(&self) {
        let function = self.machine.behind(PORT);
        function.place(0, self.registers(), false);
        function.enable();
    }

    fn identity(&self) -> u64 {
        self.machine.load(self.registers() + scratch::IDENTITY)
    }
}

fn deleted(id: &str) -> PciEvent {
    PciEvent::Deleted { id: id.to_owned() }
}

/// Why the guest keeps the function, which is all that it has said.
fn refusal(events: &[PciEvent]) -> &str {
    let [PciEvent::UnplugRefused { id, reason }] = events else { panic!("{events:?}") };
    assert_eq!(id, "x");
    reason
}

/// The same once it comes; meanwhile this is done again and again.
fn refusal_after(machine: &Machine, mut meanwhile: impl FnMut()) -> String {
    let mut events = Vec::new();
    until("the report", || {
        meanwhile();
        events.extend(machine.events());
        !events.is_empty()
    });
    refusal(&events).to_owned()
}

fn wait_for(machine: &Machine, event: &PciEvent) {
    until("an event", || machine.events().contains(event));
}

#[test]
fn add_use_remove_and_add_again_in_the_same_slot() {
    let machine = Machine::new();
    let lab = Lab::new(&machine);
    let before = machine.map();
    for identity in 1..=3 {
        machine.plug_scratch("x", "rp", identity).unwrap();
        assert_eq!((lab.status() & 0x49, lab.vendor_behind()), (0x49, u32::MAX), "there, and hidden");
        lab.acknowledge();
        lab.control(ON);
        assert_eq!(lab.vendor_behind(), 0x00ff_1b36);
        lab.bind();
        assert_eq!(lab.identity(), identity);

        machine.host.request_unplug("x").unwrap();
        assert_eq!(lab.status() & 0x41, 0x41);
        lab.acknowledge();
        match identity {
            1 => lab.control(OFF),
            // pciehp: blinks, power off, indicator off.
            _ => [BLINK, BLINK | 0x0400, OFF].into_iter().for_each(|value| lab.control(value)),
        }
        assert_eq!((lab.vendor_behind(), lab.identity()), (u32::MAX, u64::MAX), "with the write that completed it");
        wait_for(&machine, &deleted("x"));
        assert_eq!(machine.map(), before, "the map is as before");
        lab.acknowledge();
    }
}

#[test]
fn what_loses_power_forgets_and_what_gets_it_is_new() {
    let machine = Machine::new();
    let lab = Lab::new(&machine);
    machine.plug_scratch("x", "rp", 7).unwrap();
    lab.control(ON);
    lab.bind();
    machine.store(lab.registers() + scratch::ECHO, 5u64);
    lab.control(OFF);
    assert_eq!(lab.identity(), u64::MAX);
    assert!(machine.events().is_empty(), "nobody has asked for a removal");
    lab.control(ON);
    assert_eq!(machine.behind(PORT).get::<u16>(4), 0, "as after power-on");
    lab.bind();
    assert_eq!(machine.load::<u64>(lab.registers() + scratch::ECHO), 0);
    // Its power is off: at once.
    lab.control(OFF);
    machine.host.request_unplug("x").unwrap();
    wait_for(&machine, &deleted("x"));
}

#[test]
fn a_guest_that_refuses_says_so() {
    let machine = Machine::new();
    let lab = Lab::new(&machine);
    machine.plug_scratch("x", "rp", 7).unwrap();
    lab.control(ON);
    machine.host.request_unplug("x").unwrap();
    lab.acknowledge();
    lab.control(BLINK);
    let busy = machine.host.request_unplug("x").unwrap_err();
    assert_eq!(busy.to_string(), "Hot-unplug failed: guest is busy (power indicator blinking)");
    lab.control(ON);
    let events = machine.events();
    assert!(refusal(&events).contains("cancelled"), "{events:?}");
    assert_eq!(lab.vendor_behind(), 0x00ff_1b36, "it stays");
    machine.host.request_unplug("x").unwrap();
    lab.control(OFF);
    wait_for(&machine, &deleted("x"));
}

/// Nobody on the guest's side, and half a minute of the machine's time.
#[test]
fn a_guest_that_does_not_notice_is_reported() {
    let clock = manyhart_runtime::Clock::manual(10);
    let machine = Machine::with_clock(clock.clone());
    let lab = Lab::with_function(&machine);
    machine.host.request_unplug("x").unwrap();
    // Nothing comes of another press on a button that nobody has looked at.
    let again = machine.host.request_unplug("x").unwrap_err();
    assert_eq!(again.to_string(), "Device x is already in the process of unplug");
    clock.advance(310);
    let reason = refusal_after(&machine, || {});
    assert!(reason.contains("attention button"), "{reason}");
    machine.host.request_unplug("x").expect("who was told may ask again");
    assert!(machine.host.request_unplug("x").is_err());
    // It may still come to its senses.
    lab.control(OFF);
    wait_for(&machine, &deleted("x"));
}

/// A driver that hangs: the button is acknowledged, the indicator blinks, and that is all.
#[test]
fn a_guest_that_notices_and_does_nothing_is_reported() {
    let clock = manyhart_runtime::Clock::manual(10);
    let machine = Machine::with_clock(clock.clone());
    let lab = Lab::with_function(&machine);
    machine.host.request_unplug("x").unwrap();
    lab.acknowledge();
    lab.control(BLINK);
    // The second look is arranged by the first.
    let reason = refusal_after(&machine, || {
        clock.advance(310);
        std::thread::sleep(std::time::Duration::from_millis(5));
    });
    assert!(reason.contains("two minutes"), "{reason}");
    lab.control(OFF);
    wait_for(&machine, &deleted("x"));
}

#[test]
fn what_is_pulled_out_is_gone_at_once() {
    let machine = Machine::new();
    let lab = Lab::new(&machine);
    machine.plug_scratch("x", "rp", 7).unwrap();
    lab.control(ON);
    lab.bind();
    lab.acknowledge();
    machine.host.surprise_remove("x").unwrap();
    assert_eq!((lab.vendor_behind(), lab.identity()), (u32::MAX, u64::MAX));
    assert_eq!(lab.status() & 0x148, 0x108, "presence and link have changed, nothing is there");
    wait_for(&machine, &deleted("x"));
    assert_eq!(machine.host.surprise_remove("x"), Err(PlugError::NoFunction("x".to_owned())));
}

#[test]
fn a_link_that_is_held_down_hides_what_is_there() {
    let machine = Machine::new();
    let lab = Lab::new(&machine);
    machine.plug_scratch("x", "rp", 7).unwrap();
    lab.control(ON);
    lab.port.set(lab.express + LINK_CONTROL, 0x0010u16);
    assert_eq!((lab.vendor_behind(), lab.status() & 0x100), (u32::MAX, 0x100));
    lab.port.set(lab.express + LINK_CONTROL, 0x0000u16);
    assert_eq!(lab.vendor_behind(), 0x00ff_1b36);
}

#[test]
fn plugging_is_refused_with_a_reason() {
    let machine = Machine::new();
    let lab = Lab::new(&machine);
    machine.plug_scratch("x", "rp", 7).unwrap();
    let cases = [
        ("y", Place::on("rp"), "all in use"),
        ("x", Place::on("rp"), "Duplicate"),
        ("y", Place::on("nowhere"), "Bus 'nowhere' not found"),
        ("y", Place::on("pcie.0"), "does not support hotplugging"),
        ("y", Place::at("rp", 0, 3), "function 0 already occupied by x"),
        ("y", Place::at("rp", 1, 0), "no slot 1"),
    ];
    for (id, at, why) in cases {
        let options = scratch::Options { identity: 0, memory: 0, vectors: 1 };
        let refused = machine
            .plug_at(id, &at, |executive, port| scratch::scratch(executive, id, port, options).unwrap().0)
            .unwrap_err();
        assert!(refused.to_string().contains(why), "{refused} for {why}");
    }
    assert_eq!(machine.host.request_unplug("rp"), Err(PlugError::NoHotplug("pcie.0".to_owned())));
    assert_eq!(machine.host.request_unplug("z"), Err(PlugError::NoFunction("z".to_owned())));
    assert_eq!(lab.vendor_behind(), u32::MAX, "its power was never on");
}

#[test]
fn a_slot_without_hotplug_keeps_what_it_was_started_with() {
    let machine = Machine::new();
    let slot = SlotSpec { number: 3, hotplug: false };
    machine.host.plug_bridge("fixed", &Place::at("pcie.0", 3, 0), BridgeKind::RootPort(slot)).unwrap();
    machine.plug_scratch("x", "fixed", 1).unwrap();
    machine.host.go_live().unwrap();
    let refused = PlugError::NoHotplug("fixed".to_owned());
    assert_eq!(machine.host.request_unplug("x"), Err(refused.clone()));
    machine.host.surprise_remove("x").unwrap();
    assert_eq!(machine.plug_scratch("y", "fixed", 2), Err(refused));
}

/// Function 0 comes last and makes the device be there; all of them leave together.
#[test]
fn a_device_of_several_functions_comes_and_goes_whole() {
    let machine = Machine::new();
    let lab = Lab::new(&machine);
    for function in [1, 0] {
        let options = scratch::Options { identity: function.into(), memory: 0, vectors: 1 };
        let id = format!("x{function}");
        machine
            .plug_at(&id, &Place::at("rp", 0, function), |executive, port| {
                scratch::scratch(executive, &id, port, options).unwrap().0
            })
            .unwrap();
        assert_eq!(lab.status() & 0x40 != 0, function == 0);
    }
    lab.control(ON);
    assert_eq!(machine.behind(PORT).get::<u8>(0x0e), 0x80, "several functions");
    machine.host.request_unplug("x0").unwrap();
    lab.control(OFF);
    let mut gone = Vec::new();
    until("both", || {
        gone.extend(machine.events());
        gone.len() == 2
    });
    assert!(gone.contains(&deleted("x0")) && gone.contains(&deleted("x1")));
}

#[test]
fn the_port_interrupts_by_pin_and_by_message() {
    let machine = Machine::new();
    let lab = Lab::new(&machine);
    // All events.
    lab.control(OFF | 0x1039);
    assert!(machine.line(2), "the command is completed");
    lab.acknowledge();
    assert!(!machine.line(2));
    machine.plug_scratch("x", "rp", 7).unwrap();
    assert!(machine.line(2));
    lab.acknowledge();
    assert!(!machine.line(2));

    // The port's own table, in its own BAR.
    let (bar, message) = (0x4200_0000, RAM + 0x80);
    lab.port.set(BAR0, bar as u32);
    machine.store(bar, message);
    machine.store(bar + 8, 0x2fu64);
    lab.port.set(lab.port.capability(MSIX) + 2, 0x8000u16);
    lab.control(ON | 0x1039);
    assert_eq!((machine.load::<u32>(message), machine.line(2)), (0x2f, false));
    machine.store(message, 0u32);
    machine.host.request_unplug("x").unwrap();
    assert_eq!(machine.load::<u32>(message), 0, "asserted still: no second message");
    lab.acknowledge();
    lab.control(OFF | 0x1039);
    assert_eq!(machine.load::<u32>(message), 0x2f);
    wait_for(&machine, &deleted("x"));
}

#[test]
fn a_reset_carries_out_a_removal_that_was_asked_for() {
    let machine = Machine::new();
    let lab = Lab::new(&machine);
    machine.plug_scratch("x", "rp", 7).unwrap();
    lab.control(ON);
    machine.host.request_unplug("x").unwrap();
    machine.host.reset().unwrap();
    wait_for(&machine, &deleted("x"));
    machine.plug_scratch("x", "rp", 8).unwrap();
    machine.host.reset().unwrap();
    // What was plugged has power after a reset, as after power-on.
    assert_eq!(lab.port.get::<u16>(lab.express + SLOT_CONTROL), ON);
}

#[test]
fn errors_go_up_to_the_root_port() {
    let machine = Machine::new();
    let lab = Lab::new(&machine);
    machine.plug_scratch("x", "rp", 7).unwrap();
    lab.control(ON);
    let error = AerError::Uncorrectable(UncorrectableError::PoisonedTlp, [1, 2, 3, 4]);
    let aer = 0x100;
    let function = machine.behind(PORT);
    let device_control = function.capability(EXPRESS) + 8;
    function.set(device_control, 0x7u16);
    lab.port.set(aer + 0x2c, 7u32);
    machine.host.inject_error("x", error).unwrap();
    assert_eq!(lab.port.get::<u32>(aer + 0x30), 0, "Bridge Control does not pass it on");
    lab.port.set(0x3e, 2u16);
    machine.host.inject_error("x", error).unwrap();
    assert_eq!((lab.port.get::<u32>(aer + 0x30), lab.port.get::<u32>(aer + 0x34)), (0x24, 0x0200_0000));
    assert!(machine.line(2));
    assert_eq!((function.get::<u32>(aer + 4), function.get::<u32>(aer + 0x1c)), (1 << 12, 1));
    lab.port.set(aer + 0x30, 0x7fu32);
    assert!(!machine.line(2));
    machine.host.inject_error("x", AerError::Correctable(CorrectableError::BadTlp)).unwrap();
    assert_eq!((lab.port.get::<u32>(aer + 0x30), machine.line(2)), (1, true));
    let refused = machine.host.inject_error("host-bridge", error).unwrap_err();
    assert_eq!(refused.to_string(), "'host-bridge' does not report errors");
}

/// A port whose function never comes to be: its way into memory is for the next.
#[test]
fn ports_that_are_never_plugged_leave_nothing() {
    let machine = Machine::new();
    let spaces = || machine.executive.topology().survey().unwrap().spaces().len();
    drop(machine.host.port("first").unwrap());
    let before = spaces();
    for _ in 0..100 {
        let port = machine.host.port("x").unwrap();
        assert!(port.dma().load::<u32>(manyhart_runtime::Gpa(RAM)).is_err(), "nothing is reached before it is plugged");
    }
    assert_eq!(spaces(), before);
}
