//! Functions and bridges of PCI from their properties.

use manyhart_devices::pci::{
    Blueprint, BridgeKind, Place, Port, SlotSpec, edu as edu_function, scratch as scratch_function,
};
use manyhart_runtime::Executive;
use serde_json::Value;

use super::{DeviceOptions, OptionError, PlugError};

/// Makes a function under this name, to be plugged behind the port.
pub type MakeFunction = fn(&mut DeviceOptions, &Executive, &str, &Port) -> Result<Blueprint, PlugError>;

/// Makes a bridge; where its slot has no number it gets the one that is passed.
pub type MakeBridge = fn(&mut DeviceOptions, u16) -> Result<BridgeKind, PlugError>;

/// The root bus.
const ROOT_BUS: &str = "pcie.0";

pub fn edu(
    options: &mut DeviceOptions,
    executive: &Executive,
    name: &str,
    port: &Port,
) -> Result<Blueprint, PlugError> {
    let dma_mask = options.number("dma_mask", u64::MAX)?.unwrap_or(0x0fff_ffff);
    Ok(edu_function::edu(executive, name, port, dma_mask))
}

pub fn scratch(
    options: &mut DeviceOptions,
    executive: &Executive,
    name: &str,
    port: &Port,
) -> Result<Blueprint, PlugError> {
    let identity = options.number("identity", u64::MAX)?.unwrap_or(0);
    let memory = options.number("memory", 1 << 30)?.unwrap_or(64 << 10);
    let vectors = options.number("vectors", 256)?.unwrap_or(4) as u16;
    if memory != 0 && (!memory.is_power_of_two() || memory < 4096) {
        let driver = options.driver.clone();
        return Err(PlugError::Value { driver, key: "memory", why: "a power of two of at least 4K, or 0" });
    }
    let options = scratch_function::Options { identity, memory, vectors };
    // Nobody stamps it: that is for storms.
    Ok(scratch_function::scratch(executive, name, port, options)?.0)
}

pub fn root_port(options: &mut DeviceOptions, free: u16) -> Result<BridgeKind, PlugError> {
    options.number("chassis", 255)?;
    options.number("port", 255)?;
    let number = options.number("slot", 0x1fff)?.map_or(free, |slot| slot as u16);
    let hotplug = options.switch("hotplug")?.unwrap_or(true);
    Ok(BridgeKind::RootPort(SlotSpec { number, hotplug }))
}

pub fn bridge(options: &mut DeviceOptions, _: u16) -> Result<BridgeKind, PlugError> {
    options.number("chassis_nr", 255)?;
    Ok(BridgeKind::Conventional)
}

/// Where a function goes, by what every function of PCI takes.
pub fn place(options: &mut DeviceOptions) -> Result<Place, PlugError> {
    // What firmware would make of it, and what is always so here.
    options.number("bootindex", i32::MAX as u64)?;
    options.switch("multifunction")?;
    let bus = options.text("bus")?.unwrap_or_else(|| ROOT_BUS.to_owned());
    let slot = match options.take("addr") {
        None => None,
        // As a number it is device and function in one.
        Some(Value::Number(number)) => {
            Some(number.as_u64().filter(|&devfn| devfn < 256).map(|devfn| ((devfn >> 3) as u8, (devfn & 7) as u8)))
        }
        Some(Value::String(text)) => Some(device_and_function(&text)),
        Some(_) => Some(None),
    };
    match slot {
        None => Ok(Place { bus, slot: None }),
        Some(Some(slot)) => Ok(Place { bus, slot: Some(slot) }),
        Some(None) => {
            Err(OptionError::Shape { key: "addr".to_owned(), want: "DEVICE[.FUNCTION] in hexadecimal" }.into())
        }
    }
}

fn device_and_function(text: &str) -> Option<(u8, u8)> {
    let (device, function) = text.split_once('.').unwrap_or((text, "0"));
    let hex = |text: &str, most: u8| {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        u8::from_str_radix(digits, 16).ok().filter(|&number| number <= most)
    };
    Some((hex(device, 31)?, hex(function, 7)?))
}
