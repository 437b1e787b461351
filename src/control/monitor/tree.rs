//! `info qtree`: what is plugged in, bus by bus, with what was said of each.

use std::fmt::Write;

use manyhart_devices::pci::query::BusReport;

use super::table::Said;
use crate::control::Control;
use crate::plug::{Plugged, Seat};

/// Buses that are no PCI bus, and what they hold.
const BUSES: [(&str, &str, Seat); 2] =
    [("virtio-mmio", "virtio-bus", Seat::Virtio), ("virtio-serial", "virtio-serial-bus", Seat::Console)];

/// `info qtree`.
pub fn tree(control: &Control, _: &str) -> Said {
    let buses = control.plugs().pci().query().map_err(|error| error.to_string())?;
    let plugged = control.plugs().list();
    let mut out = String::new();
    draw(&mut out, &buses, &plugged).expect("a String takes whatever is written");
    Ok(out)
}

fn draw(out: &mut String, buses: &[BusReport], plugged: &[Plugged]) -> std::fmt::Result {
    // What is behind a bridge is drawn with the bridge.
    if let Some(root) = buses.first() {
        bus(out, root, buses, plugged, 0)?;
    }
    for (name, kind, seat) in BUSES {
        let mut here = plugged.iter().filter(|device| device.seat == seat).peekable();
        if here.peek().is_some() {
            writeln!(out, "bus: {name}\n  type {kind}")?;
        }
        here.try_for_each(|device| self::device(out, device, None, 1))?;
    }
    Ok(())
}

fn bus(out: &mut String, here: &BusReport, buses: &[BusReport], plugged: &[Plugged], depth: usize) -> std::fmt::Result {
    let indent = "  ".repeat(depth);
    writeln!(out, "{indent}bus: {}\n{indent}  type PCI", here.name)?;
    for function in &here.functions {
        let Some(device) = plugged.iter().find(|device| device.id == function.id) else { continue };
        let at = format!("{:02x}.{}", function.address.device, function.address.function);
        self::device(out, device, Some(at), depth + 1)?;
        // The bus behind a bridge has the bridge's name.
        if let Some(behind) = buses.iter().find(|bus| bus.name == function.id) {
            bus(out, behind, buses, plugged, depth + 2)?;
        }
    }
    Ok(())
}

fn device(out: &mut String, device: &Plugged, addr: Option<String>, depth: usize) -> std::fmt::Result {
    let indent = "  ".repeat(depth);
    writeln!(out, "{indent}dev: {}, id \"{}\"", device.driver, device.id)?;
    let said = device.properties.iter().filter(|(key, _)| key != "addr" && key != "bus");
    let addr = addr.map(|addr| ("addr".to_owned(), addr));
    addr.iter().chain(said).try_for_each(|(key, value)| writeln!(out, "{indent}  {key} = \"{value}\""))
}
