use proptest::prelude::*;

use super::super::config::capability::Chain;
use super::super::config::express::{self, Kind};
use super::*;

/// A port's configuration space with its slot.
struct Bench {
    config: ConfigSpace,
    slot: Slot,
    at: u16,
}

impl Bench {
    fn new(hotplug: bool) -> Bench {
        let mut config = ConfigSpace::new(true);
        let at = express::add(&mut config, &mut Chain::default(), Kind::RootPort { port: 3 }).unwrap();
        let slot = Slot::add(&mut config, at, 3, hotplug);
        config.seal();
        Bench { config, slot, at }
    }

    /// Slot Control, Slot Status, Link Status.
    fn registers(&self) -> (u16, u16, u16) {
        let [control, status, link] =
            [CONTROL, STATUS, LINK_STATUS].map(|register| self.config.u16(self.at + register));
        (control, status, link)
    }

    fn write(&mut self, register: u16, size: u8, value: u32) -> Outcome {
        let written = self.config.write(self.at + register, size, value);
        self.slot.write(&mut self.config, &written)
    }

    fn act(&mut self, act: Act) -> Outcome {
        match act {
            Act::AttachCold => self.slot.attach_cold(&mut self.config),
            Act::Attach => self.slot.attach(&mut self.config),
            Act::Press => self.slot.press(&mut self.config).unwrap(),
            Act::Pull => self.slot.pull(&mut self.config),
            Act::Control(value) => self.write(CONTROL, 2, value),
            Act::Status(value) => self.write(STATUS, 2, value),
            Act::Both(value) => self.write(CONTROL, 4, value),
            Act::Link(value) => self.write(LINK_CONTROL, 2, value),
            Act::Reset => {
                self.config.reset(super::super::config::ResetKind::PowerOn);
                self.slot.reset(&mut self.config)
            }
        }
    }

    /// Each step: what is done, what comes of it, and Slot Control, Slot Status and Link Status then.
    fn run(&mut self, steps: &[(Act, Outcome, (u16, u16, u16))]) {
        for (number, &(act, outcome, registers)) in steps.iter().enumerate() {
            assert_eq!(self.act(act), outcome, "step {number}: {act:?}");
            let seen = self.registers();
            assert_eq!(seen, registers, "step {number}: {act:?}: {seen:04x?} for {registers:04x?}");
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Act {
    AttachCold,
    Attach,
    Press,
    Pull,
    Control(u32),
    Status(u32),
    /// Slot Control, and Slot Status above it.
    Both(u32),
    Link(u32),
    Reset,
}

const NOTHING: Outcome = Outcome { open: None, ejected: false, refused: false, interrupt: None };
const OPENS: Outcome = Outcome { open: Some(true), ..NOTHING };
const CLOSES: Outcome = Outcome { open: Some(false), ..NOTHING };
const EJECTS: Outcome = Outcome { ejected: true, ..NOTHING };
const RAISES: Outcome = Outcome { interrupt: Some(true), ..NOTHING };
const LOWERS: Outcome = Outcome { interrupt: Some(false), ..NOTHING };

const EMPTY: (u16, u16, u16) = (0x07c0, 0x0000, 0x0204);

#[test]
fn a_port_says_what_its_slot_can() {
    let bench = Bench::new(true);
    let capability = |register| bench.config.u32(bench.at + register);
    assert_eq!(capability(CAPABILITIES), 0x0002_007b | 3 << 19);
    assert_eq!(capability(LINK_CAPABILITIES), 0x0330_0604);
    assert_eq!(bench.config.u16(bench.at + 2), 0x0142);
    assert_eq!(bench.registers(), EMPTY);
    let bench = Bench::new(false);
    assert_eq!(bench.config.u32(bench.at + CAPABILITIES), 3 << 19);
}

/// A daemon in the guest's user space, which polls and writes whole registers.
#[test]
fn a_daemon_adds_and_removes() {
    let mut bench = Bench::new(true);
    bench.run(&[
        (Act::Control(0x07c0), NOTHING, (0x07c0, 0x0010, 0x0204)),
        (Act::Attach, NOTHING, (0x07c0, 0x0059, 0x2011)),
        (Act::Status(0x0019), NOTHING, (0x07c0, 0x0040, 0x2011)),
        (Act::Control(0x01c0), OPENS, (0x01c0, 0x0050, 0x2011)),
        (Act::Press, NOTHING, (0x01c0, 0x0051, 0x2011)),
        (Act::Status(0x0011), NOTHING, (0x01c0, 0x0040, 0x2011)),
        (Act::Control(0x07c0), Outcome { ejected: true, ..CLOSES }, (0x07c0, 0x0118, 0x0204)),
        // Again in the same slot.
        (Act::Attach, NOTHING, (0x07c0, 0x0159, 0x2011)),
        (Act::Control(0x01c0), OPENS, (0x01c0, 0x0159, 0x2011)),
    ]);
}

/// Linux' pciehp: interrupts, blinks while it works, power and indicator by a write each.
#[test]
fn pciehp_adds_and_removes() {
    let mut bench = Bench::new(true);
    bench.run(&[
        // All events, and the interrupt.
        (Act::Control(0x17f9), RAISES, (0x17f9, 0x0010, 0x0204)),
        (Act::Status(0x0010), LOWERS, (0x17f9, 0x0000, 0x0204)),
        (Act::Attach, RAISES, (0x17f9, 0x0049, 0x2011)),
        (Act::Status(0x0009), LOWERS, (0x17f9, 0x0040, 0x2011)),
        // Power on, blinking; then the indicator on.
        (Act::Control(0x12f9), Outcome { open: Some(true), ..RAISES }, (0x12f9, 0x0050, 0x2011)),
        (Act::Both(0x0010_11f9), NOTHING, (0x11f9, 0x0050, 0x2011)),
        (Act::Status(0x0010), LOWERS, (0x11f9, 0x0040, 0x2011)),
        (Act::Press, RAISES, (0x11f9, 0x0041, 0x2011)),
        (Act::Status(0x0001), LOWERS, (0x11f9, 0x0040, 0x2011)),
        (Act::Control(0x12f9), RAISES, (0x12f9, 0x0050, 0x2011)),
        // Power off alone hides it and takes nothing out.
        (Act::Control(0x16f9), CLOSES, (0x16f9, 0x0050, 0x2011)),
        (Act::Control(0x17f9), EJECTS, (0x17f9, 0x0118, 0x0204)),
    ]);
}

/// The other order: the indicator first.
#[test]
fn a_removal_completes_with_whichever_write_comes_last() {
    let mut bench = Bench::new(true);
    bench.run(&[
        (Act::AttachCold, OPENS, (0x01c0, 0x0040, 0x2011)),
        (Act::Press, NOTHING, (0x01c0, 0x0041, 0x2011)),
        (Act::Control(0x03c0), NOTHING, (0x03c0, 0x0051, 0x2011)),
        (Act::Control(0x07c0), Outcome { ejected: true, ..CLOSES }, (0x07c0, 0x0119, 0x0204)),
    ]);
}

#[test]
fn power_off_without_a_request_hides_and_takes_nothing_out() {
    let mut bench = Bench::new(true);
    bench.run(&[
        (Act::AttachCold, OPENS, (0x01c0, 0x0040, 0x2011)),
        (Act::Control(0x07c0), CLOSES, (0x07c0, 0x0050, 0x2011)),
        (Act::Control(0x01c0), OPENS, (0x01c0, 0x0050, 0x2011)),
        (Act::Control(0x07c0), CLOSES, (0x07c0, 0x0050, 0x2011)),
        // The slot is off already: at once.
        (Act::Press, EJECTS, (0x07c0, 0x0118, 0x0204)),
    ]);
}

#[test]
fn a_second_press_is_refused_while_the_indicator_blinks() {
    let mut bench = Bench::new(true);
    bench.run(&[
        (Act::AttachCold, OPENS, (0x01c0, 0x0040, 0x2011)),
        (Act::Press, NOTHING, (0x01c0, 0x0041, 0x2011)),
        (Act::Control(0x02c0), NOTHING, (0x02c0, 0x0051, 0x2011)),
    ]);
    let error = bench.slot.press(&mut bench.config).unwrap_err();
    assert_eq!(error.to_string(), "Hot-unplug failed: guest is busy (power indicator blinking)");
    bench.run(&[
        // The guest thinks better of it, and later of that.
        (Act::Control(0x01c0), Outcome { refused: true, ..NOTHING }, (0x01c0, 0x0051, 0x2011)),
        (Act::Control(0x07c0), CLOSES, (0x07c0, 0x0051, 0x2011)),
        (Act::Control(0x01c0), OPENS, (0x01c0, 0x0051, 0x2011)),
        (Act::Press, NOTHING, (0x01c0, 0x0051, 0x2011)),
        (Act::Press, NOTHING, (0x01c0, 0x0051, 0x2011)),
        (Act::Control(0x07c0), Outcome { ejected: true, ..CLOSES }, (0x07c0, 0x0119, 0x0204)),
    ]);
}

#[test]
fn what_is_pulled_out_or_cut_off_is_reported() {
    let mut bench = Bench::new(true);
    bench.run(&[
        (Act::AttachCold, OPENS, (0x01c0, 0x0040, 0x2011)),
        (Act::Control(0x11e8), NOTHING, (0x11e8, 0x0050, 0x2011)),
        (Act::Link(0x0010), Outcome { open: Some(false), ..RAISES }, (0x11e8, 0x0150, 0x0204)),
        (Act::Status(0x0110), LOWERS, (0x11e8, 0x0040, 0x0204)),
        (Act::Link(0x0000), Outcome { open: Some(true), ..RAISES }, (0x11e8, 0x0140, 0x2011)),
        (Act::Status(0x0100), LOWERS, (0x11e8, 0x0040, 0x2011)),
        (Act::Pull, Outcome { open: Some(false), ejected: true, ..RAISES }, (0x11e8, 0x0108, 0x0204)),
        // One event left: no second message, and the line stays up.
        (Act::Status(0x0100), NOTHING, (0x11e8, 0x0008, 0x0204)),
        (Act::Status(0x0008), LOWERS, (0x11e8, 0x0000, 0x0204)),
    ]);
}

#[test]
fn a_reset_gives_power_and_carries_out_what_was_asked() {
    let mut bench = Bench::new(true);
    bench.run(&[
        (Act::AttachCold, OPENS, (0x01c0, 0x0040, 0x2011)),
        (Act::Control(0x07c0), CLOSES, (0x07c0, 0x0050, 0x2011)),
        (Act::Reset, OPENS, (0x01c0, 0x0040, 0x2011)),
        (Act::Press, NOTHING, (0x01c0, 0x0041, 0x2011)),
        (Act::Reset, Outcome { ejected: true, ..CLOSES }, EMPTY),
        (Act::Reset, NOTHING, EMPTY),
    ]);
}

#[test]
fn a_slot_without_hotplug_has_power_and_no_button() {
    let mut bench = Bench::new(false);
    bench.run(&[
        (Act::AttachCold, OPENS, (0, 0x0040, 0x2011)),
        (Act::Control(0x07ff), NOTHING, (0, 0x0040, 0x2011)),
        (Act::Link(0x0010), CLOSES, (0, 0x0040, 0x0204)),
        (Act::Link(0x0000), OPENS, (0, 0x0040, 0x2011)),
    ]);
    assert_eq!(bench.slot.press(&mut bench.config), Err(SlotError::NoHotplug));
}

#[test]
fn the_interlock_turns() {
    let mut bench = Bench::new(true);
    bench.run(&[
        (Act::Control(0x0fc0), NOTHING, (0x07c0, 0x0090, 0x0204)),
        (Act::Control(0x07c0), NOTHING, (0x07c0, 0x0090, 0x0204)),
        (Act::Control(0x0fc0), NOTHING, (0x07c0, 0x0010, 0x0204)),
    ]);
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        Just(Act::AttachCold),
        Just(Act::Attach),
        Just(Act::Press),
        Just(Act::Pull),
        Just(Act::Reset),
        any::<u16>().prop_map(|value| Act::Control(value.into())),
        // What guests write.
        prop::sample::select(vec![0x01c0, 0x02c0, 0x06c0, 0x07c0, 0x01f9, 0x17f9]).prop_map(Act::Control),
        any::<u16>().prop_map(|value| Act::Status(value.into())),
        any::<u32>().prop_map(Act::Both),
        any::<u16>().prop_map(|value| Act::Link(value.into())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a guest and a host do: only what is there shows, is asked for, is taken out or is refused; what is said to have changed has; and
    /// the registers say whether something is there.
    #[test]
    fn a_slot_never_contradicts_itself(hotplug: bool, acts in prop::collection::vec(any_act(), 1..60)) {
        let mut bench = Bench::new(hotplug);
        let (mut open, mut asserted) = (false, false);
        for act in acts {
            let occupied = bench.slot.is_occupied();
            // A host plugs into what is empty, and takes out of what is not.
            let lawful = match act {
                Act::AttachCold | Act::Attach => !occupied,
                Act::Press => occupied && hotplug && bench.registers().0 & POWER_INDICATOR != POWER_INDICATOR_BLINK,
                Act::Pull => occupied,
                _ => true,
            };
            if !lawful {
                continue;
            }
            let asked = bench.slot.is_asked();
            let outcome = bench.act(act);
            for (said, known, now) in [
                (outcome.open, &mut open, bench.slot.is_open()),
                (outcome.interrupt, &mut asserted, bench.slot.is_asserted()),
            ] {
                prop_assert!(said.is_none_or(|said| said != *known), "{act:?}: said again");
                *known = said.unwrap_or(*known);
                prop_assert_eq!(*known, now, "{:?}", act);
            }
            let slot = &bench.slot;
            prop_assert!(!outcome.ejected || occupied && !slot.is_occupied(), "{act:?}");
            prop_assert!(!outcome.refused || asked && !slot.is_asked() && slot.is_occupied(), "{act:?}");
            prop_assert!(!slot.is_open() || slot.is_occupied(), "{act:?}");
            prop_assert!(!slot.is_asked() || slot.is_occupied(), "{act:?}");
            prop_assert_eq!(bench.registers().1 & PRESENCE != 0, slot.is_occupied(), "{:?}", act);
        }
    }
}
