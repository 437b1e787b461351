//! Slots in the hierarchy, and errors on their way up it: what the pure state of a root port's slot (`slot`) and of error reporting (`aer`) comes to.
//!
//! What is behind a port whose slot is not open does not show: the port passes nothing. When a removal is carried out everything behind the port
//! is taken out in the turn of the write that completed it, so the guest that wrote finds the map without it.

use manyhart_runtime::Context;

use super::hierarchy::BusId;
use super::turn::{Notice, Turn};
use super::{Fabric, Message};
use crate::pci::aer::{self, AerError, ErrorMessage};
use crate::pci::config::{ConfigSpace, ResetKind, Written, header};
use crate::pci::host::{PciError, PciEvent, PlugError};
use crate::pci::slot::{CANCELLED, Outcome, Slot};

/// The message that a root port signals everything with.
const PORT_VECTOR: u32 = 0;
/// How long a guest may leave an attention button unnoticed before its user hears of it, in seconds of the machine's clock.
const PATIENCE: u64 = 30;
/// What the user hears then.
const UNNOTICED: &str = "the guest has not noticed the attention button: does it serve hot-plug?";
/// How long a guest that has noticed may take: it blinks for five seconds, has a driver let go, and may be slow.
const MORE_PATIENCE: u64 = 120;
/// What the user hears then.
const STUCK: &str =
    "the guest has noticed the attention button and has not let the device go for two minutes: does its driver hang?";

/// A port's slot, and what goes with it.
pub(in crate::pci) struct PortSlot {
    pub(in crate::pci) slot: Slot,
    /// Who is to be taken out, as the host has asked.
    asked: Option<String>,
    /// How often the host has asked.
    requests: u64,
    /// The host was told that the guest has not noticed, and may ask again.
    unnoticed: bool,
    /// Whether the port's error interrupt is asserted.
    errors: bool,
}

impl PortSlot {
    pub(in crate::pci) fn new(slot: Slot) -> PortSlot {
        PortSlot { slot, asked: None, requests: 0, unnoticed: false, errors: false }
    }
}

impl Fabric {
    /// The port that a bus is behind, if it has a slot.
    fn port_of(&self, bus: BusId) -> Option<u32> {
        self.bridge_of(bus).filter(|bridge| bridge.slot().is_some()).map(|bridge| bridge.number())
    }

    fn is_hotplug(&self, bus: BusId) -> bool {
        self.bridge_of(bus).and_then(|port| port.slot()).is_some_and(|port| port.slot.is_hotplug())
    }

    /// Whether a function may come to this place while the machine runs.
    pub(in crate::pci) fn admits(&self, bus: BusId, devfn: u8) -> Result<(), PlugError> {
        if !self.is_hotplug(bus) {
            return Err(PlugError::NoHotplug(self.bus(bus).name.clone()));
        }
        match self.bus(bus).functions.get(&0).and_then(|number| self.functions.get(number)) {
            Some(first) if devfn != 0 => Err(PlugError::Refused(format!(
                "PCI: slot 0 function 0 already occupied by {}, function {devfn} cannot be exposed to the guest",
                first.id
            ))),
            _ => Ok(()),
        }
    }

    /// A function has come to a bus. Its first function makes a device be there.
    pub(in crate::pci) fn occupy(&mut self, bus: BusId, devfn: u8, turn: &mut Turn) {
        let live = self.is_live();
        if let Some(port) = self.port_of(bus).filter(|_| devfn == 0) {
            self.with_slot(port, turn, |slot, config| match live {
                true => slot.attach(config),
                false => slot.attach_cold(config),
            });
        }
    }

    /// The host wants a function out: the guest is asked, or it goes at once where nobody is to be asked.
    pub(in crate::pci) fn request_removal(
        &mut self,
        id: &str,
        turn: &mut Turn,
        cx: &mut Context<'_, Message>,
    ) -> Result<(), PlugError> {
        let number = self.removable(id)?;
        if !self.is_live() {
            return self.pull(id, turn);
        }
        let bus = self.functions.get(&number).map_or(BusId::ROOT, |function| function.bus);
        let no_slot = || PlugError::NoHotplug(self.bus(bus).name.clone());
        let port = self.port_of(bus).filter(|_| self.is_hotplug(bus)).ok_or_else(no_slot)?;
        let Some((at, config)) = self.slot_mut(port) else { return Ok(()) };
        if at.slot.is_asked() && at.slot.is_unnoticed(config) && !at.unnoticed {
            return Err(PlugError::Refused(format!("Device {id} is already in the process of unplug")));
        }
        let outcome = at.slot.press(config).map_err(|error| PlugError::Refused(error.to_string()))?;
        if at.slot.is_asked() {
            at.asked = Some(id.to_owned());
            at.requests += 1;
            at.unnoticed = false;
            let request = at.requests;
            look_later(cx, PATIENCE, move |fabric, cx| fabric.look_after(port, request, cx));
        }
        self.follow(port, outcome, turn);
        Ok(())
    }

    /// Some time after the button was pressed.
    fn look_after(&mut self, port: u32, request: u64, cx: &mut Context<'_, Message>) {
        let Some((at, config)) = self.slot_mut(port) else { return };
        if at.requests != request || !at.slot.is_asked() {
            return;
        }
        if at.slot.is_unnoticed(config) {
            at.unnoticed = true;
            self.report_patience(port, UNNOTICED);
        } else {
            look_later(cx, MORE_PATIENCE - PATIENCE, move |fabric, _| fabric.look_again(port, request));
        }
    }

    /// Long after it was pressed and noticed.
    fn look_again(&mut self, port: u32, request: u64) {
        let Some((at, _)) = self.slot_mut(port) else { return };
        if at.requests == request && at.slot.is_asked() {
            self.report_patience(port, STUCK);
        }
    }

    /// The removal may still be carried out.
    fn report_patience(&mut self, port: u32, reason: &str) {
        let asked = self.slot_mut(port).and_then(|(at, _)| at.asked.clone());
        if let Some(id) = asked {
            self.tell_host(PciEvent::UnplugRefused { id, reason: reason.to_owned() });
        }
    }

    /// Somebody takes a function out without asking; with it goes what shares its slot.
    pub(in crate::pci) fn pull(&mut self, id: &str, turn: &mut Turn) -> Result<(), PlugError> {
        let number = self.removable(id)?;
        let bus = self.functions.get(&number).map(|function| function.bus);
        match bus.and_then(|bus| self.port_of(bus)) {
            Some(port) => self.with_slot(port, turn, Slot::pull),
            None => self.leave(number, turn),
        }
        Ok(())
    }

    /// A guest has written to a port's configuration space.
    pub(in crate::pci) fn react_as_port(&mut self, number: u32, written: &Written, turn: &mut Turn) {
        self.with_slot(number, turn, |slot, config| slot.write(config, written));
        self.report_errors(number);
    }

    /// A port's configuration space has gone back to what it is after a reset.
    pub(in crate::pci) fn reset_slot(&mut self, number: u32, turn: &mut Turn) {
        self.with_slot(number, turn, Slot::reset);
        self.report_errors(number);
    }

    fn slot_mut(&mut self, port: u32) -> Option<(&mut PortSlot, &mut ConfigSpace)> {
        let function = self.functions.get_mut(&port)?;
        let slot = function.bridge.as_mut()?.slot.as_mut()?;
        Some((slot, &mut function.config))
    }

    fn with_slot(&mut self, port: u32, turn: &mut Turn, act: impl FnOnce(&mut Slot, &mut ConfigSpace) -> Outcome) {
        let Some((at, config)) = self.slot_mut(port) else { return };
        let outcome = act(&mut at.slot, config);
        self.follow(port, outcome, turn);
    }

    /// What a slot's state comes to.
    fn follow(&mut self, port: u32, outcome: Outcome, turn: &mut Turn) {
        let Outcome { open, ejected, refused, interrupt } = outcome;
        if let Some(open) = open {
            self.set_down(port, !open, turn);
        }
        if ejected {
            self.empty(port, turn);
        }
        if refused
            && let Some((at, _)) = self.slot_mut(port)
            && let Some(id) = at.asked.take()
        {
            turn.notices.push(Notice::Host(PciEvent::UnplugRefused { id, reason: CANCELLED.to_owned() }));
        }
        if let Some(asserted) = interrupt {
            self.interrupt(port, asserted);
        }
    }

    /// Everything behind a port leaves.
    fn empty(&mut self, port: u32, turn: &mut Turn) {
        let Some(bridge) = self.functions.get_mut(&port).and_then(|function| function.bridge.as_mut()) else { return };
        if let Some(at) = &mut bridge.slot {
            at.asked = None;
        }
        let bus = bridge.secondary;
        let numbers: Vec<u32> = self.bus(bus).functions.values().copied().collect();
        for number in numbers {
            self.leave(number, turn);
        }
    }

    /// A port has something to say, or not any more (PCI Express Base 5.0, 6.7.3.4 and 6.2.4.1.2): a message when it comes up, or a level.
    fn interrupt(&mut self, port: u32, rises: bool) {
        let Some(function) = self.functions.get(&port) else { return };
        let Some(at) = function.slot() else { return };
        if rises && function.port.signal(PORT_VECTOR) {
            tracing::trace!(port = function.id, "a message");
        }
        function.port.set_intx(at.slot.is_asserted() || at.errors);
    }

    fn report_errors(&mut self, port: u32) {
        let Some(function) = self.functions.get_mut(&port) else { return };
        let Some(aer) = function.layout.aer else { return };
        let Some(at) = function.bridge.as_mut().and_then(|bridge| bridge.slot.as_mut()) else { return };
        let asserted = aer::is_asserted(&function.config, aer);
        if std::mem::replace(&mut at.errors, asserted) != asserted {
            self.interrupt(port, asserted);
        }
    }

    /// A function meets an error, and tells the root port above it if the guest lets it.
    pub(in crate::pci) fn inject(&mut self, id: &str, error: AerError) -> Result<(), PciError> {
        let number = self.names.get(id).copied().ok_or_else(|| PciError::NoFunction(id.to_owned()))?;
        let silent = || PciError::Refused(format!("'{id}' does not report errors"));
        let function = self.functions.get_mut(&number).ok_or_else(silent)?;
        let (Some(at), Some(express)) = (function.layout.aer, function.layout.express) else { return Err(silent()) };
        let Some(message) = aer::meet(&mut function.config, at, express, error) else { return Ok(()) };
        let (bus, source) = (function.bus, u16::from(function.devfn));
        let source = u16::from(self.bus_number(bus)) << 8 | source;
        self.tell_root(number, bus, message, source);
        Ok(())
    }

    /// On the way up each bridge passes a message on as Bridge Control says (6.2.2.3.2); above the ports nobody collects them.
    fn tell_root(&mut self, mut number: u32, mut bus: BusId, message: ErrorMessage, source: u16) {
        while let Some(bridge) = self.bridge_of(bus) {
            if bridge.config.u16(header::BRIDGE_CONTROL) & header::BRIDGE_CONTROL_SERR == 0 {
                return;
            }
            (number, bus) = (bridge.number(), bridge.bus);
        }
        let Some(root) = self.functions.get_mut(&number).filter(|function| function.slot().is_some()) else { return };
        if let Some(at) = root.layout.aer {
            aer::hear(&mut root.config, at, message, source);
            self.report_errors(number);
        }
    }

    /// A port's link goes down, or loses its power, and takes what is behind it back to where a reset would; or comes up again.
    fn set_down(&mut self, number: u32, down: bool, turn: &mut Turn) {
        let bridge = self.functions.get_mut(&number).and_then(|function| function.bridge.as_mut());
        let Some(bridge) = bridge.filter(|bridge| bridge.down != down) else { return };
        bridge.down = down;
        let secondary = bridge.secondary;
        if down {
            for behind in self.behind(secondary) {
                self.reset_function(behind, ResetKind::PowerOn, turn);
            }
        }
        self.route();
        self.show(number, turn);
    }
}

/// Has the fabric do something after so many seconds of the machine's clock.
fn look_later(
    cx: &mut Context<'_, Message>,
    seconds: u64,
    look: impl FnOnce(&mut Fabric, &mut Context<'_, Message>) + Send + 'static,
) {
    let due = cx.clock().now().saturating_add(seconds.saturating_mul(cx.clock().frequency()));
    cx.post_at(due, Message::Command(Box::new(look)));
}
