//! The slot of a root port as pure state: PCI Express Base 5.0, 6.7 (hot-plug) and 7.5.3.9 to 7.5.3.11 (its registers).
//!
//! What is in the slot shows on the bus while the slot is *open*: something is plugged, its power is on, and the guest does not hold the
//! link down. Everything here answers with an [`Outcome`]: what the owner of the hierarchy is to do.
//!
//! A removal is asked for by pressing the attention button, and is carried out when Slot Control comes to *hold* power off and power indicator
//! off, whichever came first and in however many writes: a guest's daemon writes both at once, Linux' pciehp one after the other. The guest may
//! also take the indicator from blinking back to on: then it has refused.

use super::config::{ConfigSpace, Written};

/// Registers, from the start of the PCI Express capability.
const LINK_CAPABILITIES: u16 = 0x0c;
const LINK_CONTROL: u16 = 0x10;
const LINK_STATUS: u16 = 0x12;
const CAPABILITIES: u16 = 0x14;
const CONTROL: u16 = 0x18;
const STATUS: u16 = 0x1a;
const LINK_CAPABILITIES_2: u16 = 0x2c;
const LINK_CONTROL_2: u16 = 0x30;

/// Attention button, power controller, attention and power indicators, surprise removal, hot-plug, electromechanical interlock.
const HOTPLUG_CAPABLE: u32 = 0x0002_007b;
const NUMBER_SHIFT: u32 = 19;

/// 16 GT/s, 32 lanes, link-active reporting, bandwidth notification: what fits in.
const PORT_LINK: u32 = 0x0030_0604;
const PORT_SPEEDS: u32 = 0x1e;
/// The speed that the port aims at: a guest that finds less than the port can would lift it, and wait for the link to train.
const TARGET_SPEED: u16 = 4;
/// The same of an idle link; 2.5 GT/s and one lane of what is plugged, and active.
const IDLE_LINK: u16 = 0x0204;
const ACTIVE_LINK: u16 = 0x2011;
const LINK_STATUS_STATE: u16 = 0x3fff;
const LINK_DISABLE: u16 = 1 << 4;

/// Slot Control: which events interrupt, by the bits that they have in Slot Status.
const EVENT_ENABLES: u16 = 0x001f;
const INTERRUPT_ENABLE: u16 = 1 << 5;
const ATTENTION_OFF: u16 = 3 << 6;
const POWER_INDICATOR: u16 = 3 << 8;
const POWER_INDICATOR_ON: u16 = 1 << 8;
const POWER_INDICATOR_BLINK: u16 = 2 << 8;
const POWER_INDICATOR_OFF: u16 = 3 << 8;
const POWER_OFF: u16 = 1 << 10;
/// Reads as zero: a one turns the interlock.
const INTERLOCK: u16 = 1 << 11;
const LINK_EVENT_ENABLE: u16 = 1 << 12;
const CONTROL_WRITABLE: u16 = 0x17ff;

/// Slot Status.
const BUTTON_PRESSED: u16 = 1 << 0;
const PRESENCE_CHANGED: u16 = 1 << 3;
const COMMAND_COMPLETED: u16 = 1 << 4;
const PRESENCE: u16 = 1 << 6;
const INTERLOCKED: u16 = 1 << 7;
const LINK_CHANGED: u16 = 1 << 8;
const EVENTS: u16 = 0x011f;

/// What the owner of the hierarchy is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What is in the slot shows from now on, or does not: without power it loses its state.
    pub open: Option<bool>,
    /// What was in the slot is to be taken out of the hierarchy.
    pub ejected: bool,
    /// A removal that was asked for will not be.
    pub refused: bool,
    /// The port's hot-plug interrupt is asserted from now on, or not any more. A message is sent when it comes to be asserted (6.7.3.4).
    pub interrupt: Option<bool>,
}

/// Why the attention button is not pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlotError {
    /// In the words that clients look for.
    #[error("Hot-unplug failed: guest is busy (power indicator blinking)")]
    Busy,
    /// The slot has no attention button.
    #[error("the slot does not support hot-plug")]
    NoHotplug,
}

/// The text that says that a guest has taken the power indicator from blinking back to on.
pub const CANCELLED: &str = "the guest has cancelled the removal (power indicator on again)";

/// One slot. Its registers are in its port's configuration space.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Where the PCI Express capability is.
    at: u16,
    hotplug: bool,
    occupied: bool,
    /// Somebody waits for a removal.
    asked: bool,
    /// What was last said to be open, and asserted.
    open: bool,
    asserted: bool,
}

impl Slot {
    /// Adds an empty slot to a port whose PCI Express capability is at `at`.
    pub fn add(config: &mut ConfigSpace, at: u16, number: u16, hotplug: bool) -> Slot {
        config.update_u32(at + LINK_CAPABILITIES, 0x00ff_ffff, PORT_LINK);
        config.set_u32(at + LINK_CAPABILITIES_2, PORT_SPEEDS);
        config.set_u16(at + LINK_CONTROL_2, TARGET_SPEED);
        let capable = if hotplug { HOTPLUG_CAPABLE } else { 0 };
        config.set_u32(at + CAPABILITIES, capable | u32::from(number) << NUMBER_SHIFT);
        if hotplug {
            config.allow_u16(at + CONTROL, CONTROL_WRITABLE);
            config.clear_by_one_u16(at + STATUS, EVENTS);
        }
        let mut slot = Slot { at, hotplug, occupied: false, asked: false, open: false, asserted: false };
        slot.power_on(config);
        slot
    }

    /// Whether something is plugged.
    pub fn is_occupied(&self) -> bool {
        self.occupied
    }

    /// Whether it may be plugged into while the machine runs.
    pub fn is_hotplug(&self) -> bool {
        self.hotplug
    }

    /// Whether what is plugged shows.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether the guest has been asked for a removal and has not carried it out.
    pub fn is_asked(&self) -> bool {
        self.asked
    }

    /// Whether the guest has not even acknowledged that the button was pressed.
    pub fn is_unnoticed(&self, config: &ConfigSpace) -> bool {
        config.u16(self.at + STATUS) & BUTTON_PRESSED != 0
    }

    /// Whether the hot-plug interrupt is asserted.
    pub fn is_asserted(&self) -> bool {
        self.asserted
    }

    /// After the configuration space has gone back to power-on: what is plugged has power. A removal that was asked for is carried out, for the
    /// guest that was to agree is no more.
    pub fn reset(&mut self, config: &mut ConfigSpace) -> Outcome {
        let ejected = std::mem::take(&mut self.asked) && std::mem::take(&mut self.occupied);
        self.power_on(config);
        Outcome { ejected, ..self.outcome(config) }
    }

    fn power_on(&mut self, config: &mut ConfigSpace) {
        let power = if self.occupied { POWER_INDICATOR_ON } else { POWER_INDICATOR_OFF | POWER_OFF };
        if self.hotplug {
            config.set_u16(self.at + CONTROL, ATTENTION_OFF | power);
        }
        config.set_u16(self.at + STATUS, if self.occupied { PRESENCE } else { 0 });
        self.show_link(config);
    }

    /// Something is plugged before the machine runs.
    pub fn attach_cold(&mut self, config: &mut ConfigSpace) -> Outcome {
        self.occupied = true;
        self.power_on(config);
        self.outcome(config)
    }

    /// Somebody plugs something and presses the button: the guest is to switch the power on.
    pub fn attach(&mut self, config: &mut ConfigSpace) -> Outcome {
        self.occupied = true;
        config.update_u16(self.at + STATUS, PRESENCE, PRESENCE);
        self.happen(config, PRESENCE_CHANGED | BUTTON_PRESSED);
        self.show_link(config);
        self.outcome(config)
    }

    /// Somebody wants out what is plugged: presses the button. At once where the power is off already.
    pub fn press(&mut self, config: &mut ConfigSpace) -> Result<Outcome, SlotError> {
        let control = config.u16(self.at + CONTROL);
        if !self.hotplug {
            return Err(SlotError::NoHotplug);
        }
        if control & POWER_INDICATOR == POWER_INDICATOR_BLINK {
            return Err(SlotError::Busy);
        }
        if is_off(control) {
            return Ok(self.empty(config));
        }
        self.asked = true;
        self.happen(config, BUTTON_PRESSED);
        Ok(self.outcome(config))
    }

    /// Somebody pulls out what is plugged and asks nobody.
    pub fn pull(&mut self, config: &mut ConfigSpace) -> Outcome {
        self.empty(config)
    }

    /// What is plugged goes.
    fn empty(&mut self, config: &mut ConfigSpace) -> Outcome {
        self.occupied = false;
        self.asked = false;
        config.update_u16(self.at + STATUS, PRESENCE, 0);
        self.happen(config, PRESENCE_CHANGED | LINK_CHANGED);
        self.show_link(config);
        Outcome { ejected: true, ..self.outcome(config) }
    }

    /// What a guest's write to the port's configuration space comes to.
    pub fn write(&mut self, config: &mut ConfigSpace, written: &Written) -> Outcome {
        if let Some((before, after)) = written.change(self.at + LINK_CONTROL, 2)
            && (before ^ after) as u16 & LINK_DISABLE != 0
            && self.occupied
        {
            self.happen(config, LINK_CHANGED);
            self.show_link(config);
        }
        match written.change(self.at + CONTROL, 2).filter(|_| self.hotplug) {
            Some((before, after)) => self.command(config, written, before as u16, after as u16),
            None => self.outcome(config),
        }
    }

    /// Slot Control is written.
    fn command(&mut self, config: &mut ConfigSpace, written: &Written, before: u16, after: u16) -> Outcome {
        if written.ones(self.at + CONTROL, 2) as u16 & INTERLOCK != 0 {
            config.set_u16(self.at + STATUS, config.u16(self.at + STATUS) ^ INTERLOCKED);
        }
        // At once: no command takes time.
        config.update_u16(self.at + STATUS, COMMAND_COMPLETED, COMMAND_COMPLETED);
        if self.asked && self.occupied && is_off(after) && !is_off(before) {
            return self.empty(config);
        }
        let refused = self.asked
            && before & POWER_INDICATOR == POWER_INDICATOR_BLINK
            && after & (POWER_INDICATOR | POWER_OFF) == POWER_INDICATOR_ON;
        self.asked &= !refused;
        Outcome { refused, ..self.outcome(config) }
    }

    /// Events that a slot without hot-plug does not report.
    fn happen(&self, config: &mut ConfigSpace, events: u16) {
        if self.hotplug {
            config.update_u16(self.at + STATUS, events, events);
        }
    }

    /// The link is up as long as something is plugged, and is not held down.
    fn show_link(&self, config: &mut ConfigSpace) {
        let up = self.occupied && config.u16(self.at + LINK_CONTROL) & LINK_DISABLE == 0;
        config.update_u16(self.at + LINK_STATUS, LINK_STATUS_STATE, if up { ACTIVE_LINK } else { IDLE_LINK });
    }

    /// What has changed since it was last said.
    fn outcome(&mut self, config: &ConfigSpace) -> Outcome {
        let (control, status) = (config.u16(self.at + CONTROL), config.u16(self.at + STATUS));
        let held_down = config.u16(self.at + LINK_CONTROL) & LINK_DISABLE != 0;
        let open = self.occupied && control & POWER_OFF == 0 && !held_down;
        let link_event = control & LINK_EVENT_ENABLE != 0 && status & LINK_CHANGED != 0;
        let event = control & EVENT_ENABLES & status != 0 || link_event;
        let asserted = control & INTERRUPT_ENABLE != 0 && event;
        Outcome {
            open: changed(&mut self.open, open),
            interrupt: changed(&mut self.asserted, asserted),
            ..Outcome::default()
        }
    }
}

fn is_off(control: u16) -> bool {
    control & POWER_OFF != 0 && control & POWER_INDICATOR == POWER_INDICATOR_OFF
}

fn changed(last: &mut bool, now: bool) -> Option<bool> {
    (std::mem::replace(last, now) != now).then_some(now)
}

#[cfg(test)]
mod tests;
