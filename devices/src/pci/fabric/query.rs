//! The hierarchy as plain data.

use super::Fabric;
use super::hierarchy::{Bridge, BusId, Function, Mapped};
use crate::pci::Identity;
use crate::pci::config::bars::{self, Slot};
use crate::pci::config::{header, window};
use crate::pci::query::{BarReport, BridgeReport, BusReport, FunctionReport};

/// The number by which the expansion ROM goes among base address registers.
const ROM_INDEX: u8 = 6;

impl Fabric {
    /// Every bus, in the order of their making.
    pub(in crate::pci) fn report(&self) -> Vec<BusReport> {
        (0..self.buses.len())
            .map(|index| {
                let bus = self.bus(BusId(index));
                let functions = bus.functions.values().filter_map(|number| self.functions.get(number));
                let functions = functions.map(|function| self.report_function(function)).collect();
                BusReport { name: bus.name.clone(), number: self.bus_number(BusId(index)), functions }
            })
            .collect()
    }

    fn report_function(&self, function: &Function) -> FunctionReport {
        let config = &function.config;
        let revision_and_class = config.u32(header::REVISION);
        let of_bridge = function.bridge.is_some();
        let subsystem = |offset| if of_bridge { 0 } else { config.u16(offset) };
        FunctionReport {
            id: function.id.clone(),
            address: self.address(function),
            identity: Identity {
                vendor: config.u16(header::VENDOR),
                device: config.u16(header::DEVICE),
                revision: revision_and_class as u8,
                class: revision_and_class >> 8,
                subsystem_vendor: subsystem(header::SUBSYSTEM_VENDOR),
                subsystem: subsystem(header::SUBSYSTEM_VENDOR + 2),
            },
            pin: function.layout.pin,
            interrupt_line: config.u8(header::INTERRUPT_LINE),
            command: config.u16(header::COMMAND),
            power: function.power,
            bars: function.registers.iter().map(|mapped| report_bar(function, mapped)).collect(),
            bridge: function.bridge.as_ref().map(|bridge| self.report_bridge(function, bridge)),
        }
    }

    fn report_bridge(&self, function: &Function, bridge: &Bridge) -> BridgeReport {
        let config = &function.config;
        let window = |kind| (kind, window::raw(config, kind).map(|window| (window.first, window.last)));
        BridgeReport {
            bus: self.bus(bridge.secondary).name.clone(),
            primary: config.u8(header::PRIMARY_BUS),
            secondary: config.u8(header::SECONDARY_BUS),
            subordinate: config.u8(header::SUBORDINATE_BUS),
            windows: window::Kind::ALL.map(window).to_vec(),
            link_up: !bridge.down,
        }
    }
}

fn report_bar(function: &Function, mapped: &Mapped) -> BarReport {
    let (index, kind) = match mapped.register.slot {
        Slot::Bar { index, kind } => (index, Some(kind)),
        Slot::Rom { .. } => (ROM_INDEX, None),
    };
    BarReport {
        index,
        kind,
        size: mapped.register.size,
        address: bars::held_address(&function.config, &mapped.register),
        mapped: mapped.at,
    }
}
