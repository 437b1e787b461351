//! Functions come and go.

use std::collections::BTreeMap;
use std::sync::Arc;

use manyhart_runtime::{Context, RamBlock, RegionId, Transaction};

use super::build::Draft;
use super::hierarchy::{Bridge, Bus, BusId, Function, Mapped};
use super::slots::PortSlot;
use super::turn::{Gone, Notice, Turn};
use super::{Fabric, Grant, Message};
use crate::pci::address::{Address, Place, devfn};
use crate::pci::config::bars::{Register, Slot};
use crate::pci::config::header;
use crate::pci::config::window::Kind;
use crate::pci::host::{PciEvent, PlugError};
use crate::pci::{Bar, BarPart, BarTarget, FunctionEvent, Port, PowerState};

/// Above everything else in a BAR: its MSI-X table.
const TABLE_PRIORITY: i32 = 1;
/// Below everything else in a BAR.
const GAP_PRIORITY: i32 = -1;
/// I/O addresses have 32 bits.
const IO_SIZE: u128 = 1 << 32;
const MEMORY_SIZE: u128 = 1 << 64;
/// What an alias is while nothing shows it.
const ANY_SIZE: u128 = 0x1000;

/// What is to be plugged, once its configuration space is made.
pub(in crate::pci) struct Arrival {
    pub(in crate::pci) id: String,
    pub(in crate::pci) draft: Draft,
    pub(in crate::pci) bars: Vec<Bar>,
    /// The MSI-X table and its pending bits, and the BAR that they are in.
    pub(in crate::pci) tables: Option<(u8, Vec<BarPart>)>,
    pub(in crate::pci) rom: Option<Arc<RamBlock>>,
    pub(in crate::pci) port: Port,
    pub(in crate::pci) grant: Grant,
    pub(in crate::pci) on_event: Box<dyn Fn(FunctionEvent) + Send>,
    /// Whether there is a bus behind it.
    pub(in crate::pci) is_bridge: bool,
}

impl Fabric {
    /// Where an arrival may go, and whether it may have that name.
    pub(in crate::pci) fn find_place(&self, id: &str, at: &Place) -> Result<(BusId, u8), PlugError> {
        if self.names.contains_key(id) {
            return Err(PlugError::Duplicate(id.to_owned()));
        }
        let bus = self.bus_named(&at.bus).ok_or_else(|| PlugError::NoBus(at.bus.clone()))?;
        let (device, function) = match at.slot {
            Some(slot) => slot,
            None => (self.free_device(bus).ok_or_else(|| PlugError::Full(at.bus.clone()))?, 0),
        };
        let devices = if self.is_behind_port(bus) { 1 } else { 32 };
        if device >= devices || function >= 8 {
            return Err(PlugError::NoSlot { bus: at.bus.clone(), device, function });
        }
        let devfn = devfn(device, function);
        if let Some(number) = self.bus(bus).functions.get(&devfn) {
            let by = self.functions.get(number).map(|function| function.id.clone()).unwrap_or_default();
            return Err(PlugError::Occupied { device, function, by });
        }
        Ok((bus, devfn))
    }

    /// Puts a function in its place, as after power-on.
    pub(in crate::pci) fn arrive(&mut self, bus: BusId, devfn: u8, arrival: Arrival, turn: &mut Turn) -> Address {
        let Arrival { id, draft, mut bars, tables, rom, port, grant, on_event, is_bridge } = arrival;
        let number = port.number();
        let Draft { config, layout, registers, port_slot, .. } = draft;
        let mut mapped = Vec::new();
        for register in registers {
            let space = if register.is_io() { self.bus(bus).io } else { self.bus(bus).memory };
            let made = match register.slot {
                Slot::Bar { index, .. } => {
                    let parts =
                        bars.iter_mut().find(|bar| bar.index == index).map(|bar| std::mem::take(&mut bar.parts));
                    let tables = tables.as_ref().filter(|(bar, _)| *bar == index).map(|(_, parts)| &parts[..]);
                    let name = format!("{id} bar {index}");
                    self.bar(&name, register, &parts.unwrap_or_default(), tables.unwrap_or_default(), turn)
                }
                Slot::Rom { .. } => match rom.clone() {
                    Some(rom) => self.rom(&id, register, rom, turn),
                    None => self.bar(&id, register, &[], &[], turn),
                },
            };
            turn.change().set_enabled(made.region, false);
            turn.change().add_subregion_overlap(space, 0, made.region, 0);
            mapped.push(made);
        }
        if let Some(pin) = layout.pin {
            let root = self.root_pin(bus, devfn >> 3, pin);
            port.connect(Arc::clone(&self.wires[root.index()]));
        }
        let bridge = is_bridge.then(|| self.add_bus(&id, number, bus, port_slot, turn));
        let function = Function {
            id: id.clone(),
            bus,
            devfn,
            config,
            layout,
            registers: mapped,
            grant,
            masters: false,
            power: PowerState::D0,
            port,
            bridge,
            on_event,
        };
        let address = function.address_on(self.bus_number(bus));
        self.functions.insert(number, function);
        self.names.insert(id, number);
        self.bus_mut(bus).functions.insert(devfn, number);
        self.count_functions(bus, devfn >> 3);
        self.route();
        self.occupy(bus, devfn, turn);
        address
    }

    /// One BAR's region: its parts, and zeroes where they leave gaps.
    fn bar(&self, name: &str, register: Register, parts: &[BarPart], tables: &[BarPart], turn: &mut Turn) -> Mapped {
        let map = turn.change();
        let size = u128::from(register.size);
        let region = map.container(name, size);
        let gaps = map.mmio(&format!("{name} gaps"), size, self.gaps.clone());
        map.add_subregion_overlap(region, 0, gaps, GAP_PRIORITY);
        let mut made = vec![gaps];
        for (part, priority) in
            parts.iter().map(|part| (part, 0)).chain(tables.iter().map(|part| (part, TABLE_PRIORITY)))
        {
            let child = match &part.target {
                BarTarget::Registers(target) => map.mmio(name, part.size.into(), target.clone()),
                BarTarget::Memory(block) => map.ram(name, Arc::clone(block)),
            };
            map.add_subregion_overlap(region, part.offset, child, priority);
            made.push(child);
        }
        Mapped { register, region, parts: made, at: None }
    }

    fn rom(&self, id: &str, register: Register, rom: Arc<RamBlock>, turn: &mut Turn) -> Mapped {
        let region = turn.change().rom(&format!("{id} rom"), rom);
        Mapped { register, region, parts: Vec::new(), at: None }
    }

    /// The bus behind a bridge on `primary`, and what shows it there.
    fn add_bus(&mut self, name: &str, bridge: u32, primary: BusId, slot: Option<PortSlot>, turn: &mut Turn) -> Bridge {
        let map = turn.change();
        let memory = map.container(&format!("{name} bus memory"), MEMORY_SIZE);
        let io = map.container(&format!("{name} bus io"), IO_SIZE);
        let windows = Kind::ALL.map(|kind| {
            let (target, space) = match kind {
                Kind::Io => (io, self.bus(primary).io),
                Kind::Memory | Kind::Prefetchable => (memory, self.bus(primary).memory),
            };
            let alias = map.alias(&format!("{name} {} window", kind.name()), target, 0, ANY_SIZE);
            map.set_enabled(alias, false);
            map.add_subregion_overlap(space, 0, alias, 0);
            (alias, None)
        });
        let secondary = BusId(self.buses.len());
        let bus = Bus { name: name.to_owned(), memory, io, bridge: Some(bridge), functions: BTreeMap::new() };
        self.buses.push(bus);
        // Nothing is in a slot yet.
        Bridge { secondary, windows, down: slot.is_some(), slot }
    }

    /// Takes a function out, which is no bridge. It is told, and its regions are destroyed, when the map shows it no more.
    pub(in crate::pci) fn leave(&mut self, number: u32, turn: &mut Turn) {
        let Some(function) = self.functions.remove(&number) else { return };
        self.names.remove(&function.id);
        self.bus_mut(function.bus).functions.remove(&function.devfn);
        self.count_functions(function.bus, function.device());
        self.route();
        function.port.disconnect();
        let (memory, io) = (self.bus(function.bus).memory, self.bus(function.bus).io);
        let map = turn.change();
        for mapped in &function.registers {
            map.del_subregion(if mapped.register.is_io() { io } else { memory }, mapped.region);
            for &part in &mapped.parts {
                map.del_subregion(mapped.region, part);
                map.destroy(part);
            }
            map.destroy(mapped.region);
        }
        close_grant(map, function.grant, number);
        turn.gone.push(Gone { number, id: function.id.clone() });
        turn.notices.push(Notice::Gone(Box::new(function)));
    }

    /// A function that may be taken out, by name.
    pub(in crate::pci) fn removable(&self, id: &str) -> Result<u32, PlugError> {
        match self.named(id) {
            Some(function) if function.bridge.is_some() => {
                Err(PlugError::NoHotplug(self.bus(function.bus).name.clone()))
            }
            Some(function) => Ok(function.number()),
            None => Err(PlugError::NoFunction(id.to_owned())),
        }
    }

    /// Tells the host.
    pub(in crate::pci) fn tell_host(&self, event: PciEvent) {
        (self.on_event)(event);
    }

    /// The first function of a device says whether there are others.
    fn count_functions(&mut self, bus: BusId, device: u8) {
        let here = devfn(device, 0)..=devfn(device, 7);
        let numbers: Vec<u32> = self.bus(bus).functions.range(here).map(|(_, number)| *number).collect();
        for number in &numbers {
            if let Some(function) = self.functions.get_mut(number) {
                header::set_multifunction(&mut function.config, numbers.len() > 1);
            }
        }
    }
}

/// A gate that lets nothing pass yet, and the space behind it.
pub(in crate::pci) fn make_grant(map: &mut Transaction, system: RegionId, name: &str, number: u32) -> Grant {
    let gate = map.alias(name, system, 0, MEMORY_SIZE);
    map.set_enabled(gate, false);
    let space = map.address_space(name, gate);
    map.assign_device(number, space);
    Grant { gate, space }
}

/// Nothing reaches memory in this name any more; what is under way ends before the transaction retires.
pub(in crate::pci) fn close_grant(map: &mut Transaction, grant: Grant, number: u32) {
    map.unassign_device(number).close_address_space(grant.space).destroy(grant.gate);
}

/// A turn of the fabric.
pub(in crate::pci) fn turn(cx: &Context<'_, Message>) -> Turn {
    Turn::new(cx.topology())
}
