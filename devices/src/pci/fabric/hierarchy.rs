//! Buses and functions, and how a bus number leads to them.

use std::collections::BTreeMap;

use manyhart_runtime::RegionId;

use super::build::Layout;
use super::slots::PortSlot;
use super::{Fabric, Grant};
use crate::pci::address::{Address, devfn};
use crate::pci::config::bars::Register;
use crate::pci::config::window::Window;
use crate::pci::config::{ConfigSpace, header};
use crate::pci::{FunctionEvent, Pin, Port, PowerState};

/// Which bus, in the order of their making. Buses are not taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pci) struct BusId(pub(in crate::pci) usize);

impl BusId {
    /// The root bus.
    pub(in crate::pci) const ROOT: BusId = BusId(0);
}

/// A bus: two address spaces of its own, and who is on it.
pub(in crate::pci) struct Bus {
    pub(in crate::pci) name: String,
    pub(in crate::pci) memory: RegionId,
    pub(in crate::pci) io: RegionId,
    /// The bridge that it is behind, by number.
    pub(in crate::pci) bridge: Option<u32>,
    /// Functions by device and function number.
    pub(in crate::pci) functions: BTreeMap<u8, u32>,
}

/// A base address register in the map.
pub(in crate::pci) struct Mapped {
    pub(in crate::pci) register: Register,
    /// Holds `parts`; placed on the bus all the time, and enabled while the register decodes.
    pub(in crate::pci) region: RegionId,
    pub(in crate::pci) parts: Vec<RegionId>,
    /// Where the map shows it.
    pub(in crate::pci) at: Option<u64>,
}

/// What a bridge has besides.
pub(in crate::pci) struct Bridge {
    pub(in crate::pci) secondary: BusId,
    /// An alias for each window, and what the map shows of it.
    pub(in crate::pci) windows: [(RegionId, Option<Window>); 3],
    /// Nothing passes: the link is down, or the other side has no power.
    pub(in crate::pci) down: bool,
    /// A port's.
    pub(in crate::pci) slot: Option<PortSlot>,
}

/// A function in the hierarchy.
pub(in crate::pci) struct Function {
    pub(in crate::pci) id: String,
    pub(in crate::pci) bus: BusId,
    pub(in crate::pci) devfn: u8,
    pub(in crate::pci) config: ConfigSpace,
    pub(in crate::pci) layout: Layout,
    pub(in crate::pci) registers: Vec<Mapped>,
    pub(in crate::pci) grant: Grant,
    /// Whether its gate is open in the map.
    pub(in crate::pci) masters: bool,
    pub(in crate::pci) power: PowerState,
    pub(in crate::pci) port: Port,
    pub(in crate::pci) bridge: Option<Bridge>,
    pub(in crate::pci) on_event: Box<dyn Fn(FunctionEvent) + Send>,
}

impl Function {
    /// Its number, by which the runtime knows its DMA.
    pub(in crate::pci) fn number(&self) -> u32 {
        self.port.number()
    }

    /// Its slot, if it is a port.
    pub(in crate::pci) fn slot(&self) -> Option<&PortSlot> {
        self.bridge.as_ref().and_then(|bridge| bridge.slot.as_ref())
    }

    pub(in crate::pci) fn device(&self) -> u8 {
        self.devfn >> 3
    }

    /// Its bus's number is its bridge's to say.
    pub(in crate::pci) fn address_on(&self, bus: u8) -> Address {
        Address { bus, device: self.device(), function: self.devfn & 7 }
    }
}

impl Fabric {
    pub(in crate::pci) fn bus(&self, id: BusId) -> &Bus {
        &self.buses[id.0]
    }

    pub(in crate::pci) fn bus_mut(&mut self, id: BusId) -> &mut Bus {
        &mut self.buses[id.0]
    }

    pub(in crate::pci) fn bus_named(&self, name: &str) -> Option<BusId> {
        self.buses.iter().position(|bus| bus.name == name).map(BusId)
    }

    /// The bridge that a bus is behind.
    pub(in crate::pci) fn bridge_of(&self, bus: BusId) -> Option<&Function> {
        self.bus(bus).bridge.and_then(|number| self.functions.get(&number))
    }

    /// The number that the guest has given a bus; 0 of one that it has not numbered.
    pub(in crate::pci) fn bus_number(&self, bus: BusId) -> u8 {
        self.bridge_of(bus).map_or(0, |bridge| bridge.config.u8(header::SECONDARY_BUS))
    }

    pub(in crate::pci) fn address(&self, function: &Function) -> Address {
        function.address_on(self.bus_number(function.bus))
    }

    /// The line of the root complex that a pin ends at, by every bridge on the way.
    pub(in crate::pci) fn root_pin(&self, mut bus: BusId, mut device: u8, mut pin: Pin) -> Pin {
        loop {
            pin = pin.swizzled(device);
            let Some(bridge) = self.bridge_of(bus) else { return pin };
            (bus, device) = (bridge.bus, bridge.device());
        }
    }

    /// Every function behind a bus, its bridges before what is behind them.
    pub(in crate::pci) fn behind(&self, bus: BusId) -> Vec<u32> {
        let mut found: Vec<u32> = self.bus(bus).functions.values().copied().collect();
        let mut next = 0;
        while let Some(&number) = found.get(next) {
            if let Some(bridge) = self.functions.get(&number).and_then(|function| function.bridge.as_ref()) {
                found.extend(self.bus(bridge.secondary).functions.values());
            }
            next += 1;
        }
        found
    }

    /// Works out anew which bus answers to which number.
    pub(in crate::pci) fn route(&mut self) {
        let mut routes = Box::new([None; 256]);
        routes[0] = Some(BusId::ROOT);
        self.route_behind(BusId::ROOT, 1, u8::MAX, &mut routes);
        self.routes = routes;
    }

    /// The buses behind `bus`, of those numbers that reach it. A bridge takes the numbers from its secondary to its subordinate bus's; where
    /// two claim one, the first has it.
    fn route_behind(&self, bus: BusId, first: u8, last: u8, routes: &mut [Option<BusId>; 256]) {
        for function in self.bus(bus).functions.values().filter_map(|number| self.functions.get(number)) {
            let Some(bridge) = function.bridge.as_ref().filter(|bridge| !bridge.down) else { continue };
            let secondary = function.config.u8(header::SECONDARY_BUS);
            let subordinate = function.config.u8(header::SUBORDINATE_BUS).min(last);
            if secondary < first || secondary > subordinate || function.power != PowerState::D0 {
                continue;
            }
            let route = &mut routes[usize::from(secondary)];
            if route.is_none() {
                *route = Some(bridge.secondary);
                if let Some(beyond) = secondary.checked_add(1) {
                    self.route_behind(bridge.secondary, beyond, subordinate, routes);
                }
            }
        }
    }

    /// The function that an offset into the window leads to, and the offset in its configuration space.
    pub(in crate::pci) fn decode(&self, offset: u64) -> Option<(u32, u16)> {
        let bus = self.routes[(offset >> super::BUS_BITS & 0xff) as usize]?;
        let number = self.bus(bus).functions.get(&((offset >> super::FUNCTION_BITS) as u8))?;
        Some((*number, offset as u16 & 0xfff))
    }

    /// The first device number of a bus that nobody has. Behind a port there is but one.
    pub(in crate::pci) fn free_device(&self, bus: BusId) -> Option<u8> {
        let devices = if self.is_behind_port(bus) { 1 } else { 32 };
        let taken = |device: u8| self.bus(bus).functions.range(devfn(device, 0)..=devfn(device, 7)).next().is_some();
        (0..devices).find(|&device| !taken(device))
    }

    /// Whether a bus is a link: a port's other side.
    pub(in crate::pci) fn is_behind_port(&self, bus: BusId) -> bool {
        self.bridge_of(bus).is_some_and(|bridge| bridge.layout.express.is_some())
    }

    pub(in crate::pci) fn named(&self, id: &str) -> Option<&Function> {
        self.names.get(id).and_then(|number| self.functions.get(number))
    }
}
