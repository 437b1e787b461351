//! `info pci`: the hierarchy for a person.

use std::fmt::Write;

use manyhart_devices::pci::BarKind;
use manyhart_devices::pci::config::window::Kind;
use manyhart_devices::pci::query::{BarReport, BridgeReport, FunctionReport};

use super::table::Said;
use crate::control::Control;

/// `info pci`.
pub fn pci(control: &Control, _: &str) -> Said {
    let buses = control.plugs().pci().query().map_err(|error| error.to_string())?;
    let functions = buses.iter().flat_map(|bus| &bus.functions);
    Ok(functions.map(|function| describe(function).expect("a String takes whatever is written")).collect())
}

fn describe(function: &FunctionReport) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let (at, identity) = (function.address, function.identity);
    writeln!(out, "  Bus {:>2}, device {:>3}, function {}:", at.bus, at.device, at.function)?;
    writeln!(out, "    {}: PCI device {:04x}:{:04x}", class_name(identity.class), identity.vendor, identity.device)?;
    writeln!(out, "      PCI subsystem {:04x}:{:04x}", identity.subsystem_vendor, identity.subsystem)?;
    if let Some(pin) = function.pin {
        writeln!(out, "      IRQ {}, pin {pin:?}", function.interrupt_line)?;
    }
    if let Some(bridge) = &function.bridge {
        describe_bridge(&mut out, bridge)?;
    }
    for bar in &function.bars {
        describe_bar(&mut out, bar)?;
    }
    writeln!(out, "      id \"{}\"", function.id)?;
    Ok(out)
}

fn describe_bridge(out: &mut String, bridge: &BridgeReport) -> std::fmt::Result {
    writeln!(out, "      BUS {}.", bridge.primary)?;
    writeln!(out, "      secondary bus {}.", bridge.secondary)?;
    writeln!(out, "      subordinate bus {}.", bridge.subordinate)?;
    for (kind, range) in &bridge.windows {
        let name = match kind {
            Kind::Io => "IO",
            Kind::Memory => "memory",
            Kind::Prefetchable => "prefetchable memory",
        };
        match range {
            Some((first, last)) => writeln!(out, "      {name} range [{first:#010x}, {last:#010x}]")?,
            None => writeln!(out, "      {name} range closed")?,
        }
    }
    writeln!(out, "      link {}", if bridge.link_up { "up" } else { "down" })
}

fn describe_bar(out: &mut String, bar: &BarReport) -> std::fmt::Result {
    let kind = match bar.kind {
        None => "32 bit memory (ROM)",
        Some(BarKind::Io) => "I/O",
        Some(BarKind::Memory32 { prefetchable: false }) => "32 bit memory",
        Some(BarKind::Memory32 { prefetchable: true }) => "32 bit prefetchable memory",
        Some(BarKind::Memory64 { prefetchable: false }) => "64 bit memory",
        Some(BarKind::Memory64 { prefetchable: true }) => "64 bit prefetchable memory",
    };
    let last = |address: u64| address.saturating_add(bar.size - 1);
    match bar.address {
        Some(address) => write!(out, "      BAR{}: {kind} at {address:#010x} [{:#010x}]", bar.index, last(address))?,
        None => write!(out, "      BAR{}: {kind}, {:#x} bytes", bar.index, bar.size)?,
    }
    writeln!(out, "{}", if bar.mapped.is_some() { "." } else { ", not mapped." })
}

/// What a class code says, as far as there are such functions here.
pub fn class_name(class: u32) -> &'static str {
    match class >> 8 {
        0x0100 | 0x0180 => "SCSI controller",
        0x0200 => "Ethernet controller",
        0x0600 => "Host bridge",
        0x0604 => "PCI bridge",
        0x0780 => "Communication controller",
        _ => "Class",
    }
}
