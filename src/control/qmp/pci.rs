//! `query-pci`: the hierarchy, each bus inside of its bridge, as clients know it.

use manyhart_devices::pci::BarKind;
use manyhart_devices::pci::config::window::Kind;
use manyhart_devices::pci::query::{BarReport, BridgeReport, BusReport, FunctionReport};
use serde::Serialize;

use crate::control::monitor::pci::class_name;

/// How deep buses nest at most; no hierarchy is as deep.
const MOST_DEPTH: usize = 256;

#[derive(Debug, Serialize)]
pub struct Bus {
    bus: u8,
    devices: Vec<Device>,
}

#[derive(Debug, Serialize)]
struct Device {
    bus: u8,
    slot: u8,
    function: u8,
    class_info: ClassInfo,
    id: DeviceId,
    #[serde(skip_serializing_if = "Option::is_none")]
    irq: Option<u8>,
    irq_pin: u8,
    qdev_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pci_bridge: Option<Bridge>,
    regions: Vec<Region>,
}

#[derive(Debug, Serialize)]
struct ClassInfo {
    class: u32,
    desc: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct DeviceId {
    device: u16,
    vendor: u16,
    subsystem: u16,
    subsystem_vendor: u16,
}

#[derive(Debug, Serialize)]
struct Bridge {
    bus: BridgeBus,
    devices: Vec<Device>,
}

#[derive(Debug, Serialize)]
struct BridgeBus {
    number: u8,
    secondary: u8,
    subordinate: u8,
    io_range: Range,
    memory_range: Range,
    prefetchable_range: Range,
}

#[derive(Debug, Serialize)]
struct Range {
    base: u64,
    limit: u64,
}

#[derive(Debug, Serialize)]
struct Region {
    bar: u8,
    r#type: &'static str,
    address: i64,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefetch: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mem_type_64: Option<bool>,
}

/// All buses that are behind no bridge.
pub fn buses(all: &[BusReport]) -> Vec<Bus> {
    let behind = |name: &str| {
        let functions = all.iter().flat_map(|bus| &bus.functions);
        functions.filter_map(|function| function.bridge.as_ref()).any(|bridge| bridge.bus == name)
    };
    let roots = all.iter().filter(|bus| !behind(&bus.name));
    roots.map(|bus| Bus { bus: bus.number, devices: devices(all, bus, MOST_DEPTH) }).collect()
}

fn devices(all: &[BusReport], bus: &BusReport, depth: usize) -> Vec<Device> {
    bus.functions.iter().map(|function| device(all, function, depth)).collect()
}

fn device(all: &[BusReport], function: &FunctionReport, depth: usize) -> Device {
    let (at, identity) = (function.address, function.identity);
    Device {
        bus: at.bus,
        slot: at.device,
        function: at.function,
        class_info: ClassInfo { class: identity.class >> 8, desc: class_name(identity.class) },
        id: DeviceId {
            device: identity.device,
            vendor: identity.vendor,
            subsystem: identity.subsystem,
            subsystem_vendor: identity.subsystem_vendor,
        },
        irq: function.pin.map(|_| function.interrupt_line),
        irq_pin: function.pin.map_or(0, |pin| pin as u8 + 1),
        qdev_id: function.id.clone(),
        pci_bridge: function.bridge.as_ref().map(|bridge| self::bridge(all, bridge, depth)),
        regions: function.bars.iter().map(region).collect(),
    }
}

fn bridge(all: &[BusReport], bridge: &BridgeReport, depth: usize) -> Bridge {
    let range = |kind: Kind| {
        let found = bridge.windows.iter().find(|(other, _)| *other == kind).and_then(|(_, range)| *range);
        // Nothing is forwarded where the limit is below the base.
        found.map_or(Range { base: 1, limit: 0 }, |(base, limit)| Range { base, limit })
    };
    let behind = all.iter().find(|bus| bus.name == bridge.bus && depth > 0);
    Bridge {
        bus: BridgeBus {
            number: bridge.primary,
            secondary: bridge.secondary,
            subordinate: bridge.subordinate,
            io_range: range(Kind::Io),
            memory_range: range(Kind::Memory),
            prefetchable_range: range(Kind::Prefetchable),
        },
        devices: behind.map_or(Vec::new(), |bus| devices(all, bus, depth - 1)),
    }
}

fn region(bar: &BarReport) -> Region {
    // An address that is none reads as -1.
    let address = bar.address.map_or(-1, |address| address as i64);
    let memory = |prefetch, wide| (Some(prefetch), Some(wide));
    let (r#type, (prefetch, mem_type_64)) = match bar.kind {
        Some(BarKind::Io) => ("io", (None, None)),
        None => ("memory", memory(false, false)),
        Some(BarKind::Memory32 { prefetchable }) => ("memory", memory(prefetchable, false)),
        Some(BarKind::Memory64 { prefetchable }) => ("memory", memory(prefetchable, true)),
    };
    Region { bar: bar.index, r#type, address, size: bar.size, prefetch, mem_type_64 }
}
