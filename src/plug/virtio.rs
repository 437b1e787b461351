//! virtio devices from their properties, whatever carries them.

use manyhart_devices::uart;
use manyhart_devices::virtio::VirtioDevice;
use manyhart_devices::virtio::blk::{Blk, BlkOptions};
use manyhart_devices::virtio::console::Console;
use manyhart_devices::virtio::net::Net;
use manyhart_devices::virtio::rng::Rng;

use super::netdevs::{NetdevError, parse_mac};
use super::{Backends, DeviceOptions, PlugError};

/// Bytes between a console and the thread that writes.
const CONSOLE_ROOM: usize = 64 << 10;

/// Makes a device under this name from its properties.
pub type MakeVirtio = fn(&mut DeviceOptions, &Backends, &str) -> Result<Box<dyn VirtioDevice>, PlugError>;

/// A source of entropy.
pub fn rng(options: &mut DeviceOptions, backends: &Backends, name: &str) -> Result<Box<dyn VirtioDevice>, PlugError> {
    // A limit on how fast entropy is given out: the host's generator needs none.
    for key in ["max-bytes", "period"] {
        options.number(key, u64::MAX)?;
    }
    if let Some(source) = options.text("rng")? {
        backends.take_entropy(&options.driver, &source, name)?;
    }
    Ok(Box::new(Rng::new()))
}

/// A console, whose port waits for a `virtconsole`.
pub fn serial(
    options: &mut DeviceOptions,
    backends: &Backends,
    name: &str,
) -> Result<Box<dyn VirtioDevice>, PlugError> {
    // There is one port; who makes room for more may.
    options.number("max_ports", 31)?;
    let (sink, output) = uart::channel(CONSOLE_ROOM);
    let (console, handle) = Console::new(Box::new(sink));
    backends.chardevs.add_port(name, handle, output);
    Ok(Box::new(console))
}

/// A disk.
pub fn blk(options: &mut DeviceOptions, backends: &Backends, name: &str) -> Result<Box<dyn VirtioDevice>, PlugError> {
    let driver = options.driver.clone();
    let wrong = |key, why| PlugError::Value { driver: driver.clone(), key, why };
    let defaults = BlkOptions::default();
    let logical = options.number("logical_block_size", 32 << 10)?.unwrap_or(512);
    let physical = options.number("physical_block_size", 2 << 20)?.unwrap_or(logical);
    if !logical.is_power_of_two() || logical < 512 {
        return Err(wrong("logical_block_size", "a power of two of at least 512"));
    }
    if !physical.is_power_of_two() || physical < logical {
        return Err(wrong("physical_block_size", "a power of two, not below the logical block size"));
    }
    let queues = options.number("num-queues", 64)?.unwrap_or(defaults.queues.into());
    let queue_size = options.number("queue-size", 1024)?.unwrap_or(defaults.queue_size.into());
    if queues == 0 {
        return Err(wrong("num-queues", "at least 1"));
    }
    if !queue_size.is_power_of_two() || queue_size < 4 {
        return Err(wrong("queue-size", "a power of two of at least 4"));
    }
    let serial = options.text("serial")?;
    let write_cache = match options.text("write-cache")?.as_deref() {
        None | Some("auto") => None,
        Some("on") => Some(true),
        Some("off") => Some(false),
        Some(_) => return Err(wrong("write-cache", "'on', 'off' or 'auto'")),
    };
    let drive = options.text("drive")?.ok_or(PlugError::NotSet { driver: driver.clone(), key: "drive" })?;
    let taken = backends.drives.take(&drive, name).map_err(|error| match error {
        super::drives::DriveError::NotFound(value) => {
            PlugError::NoBackend { driver: driver.clone(), key: "drive", value }
        }
        other => other.into(),
    })?;
    let blk = BlkOptions {
        serial: serial.or(taken.serial).unwrap_or_default(),
        queues: queues as u16,
        queue_size: queue_size as u16,
        logical_block: logical as u32,
        physical_block: physical as u32,
        writeback: write_cache.unwrap_or(taken.writeback),
    };
    Ok(Box::new(Blk::new(taken.backend, blk)))
}

/// A network interface.
pub fn net(options: &mut DeviceOptions, backends: &Backends, name: &str) -> Result<Box<dyn VirtioDevice>, PlugError> {
    let driver = options.driver.clone();
    // Nothing on the board starts from a network.
    options.text("romfile")?;
    let mac = match options.text("mac")? {
        Some(text) => {
            let why = "six bytes in hexadecimal, and not a group's";
            parse_mac(&text).ok_or(PlugError::Value { driver: driver.clone(), key: "mac", why })?
        }
        None => backends.next_mac(),
    };
    let wire = options.text("netdev")?.ok_or(PlugError::NotSet { driver: driver.clone(), key: "netdev" })?;
    let netdev = backends.netdevs.take(&wire, name).map_err(|error| match error {
        NetdevError::NotFound(value) => PlugError::NoBackend { driver, key: "netdev", value },
        other => other.into(),
    })?;
    Ok(Box::new(Net::new(netdev, mac)))
}
