//! What is plugged into a machine, by name, and how it comes and goes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use manyhart_devices::pci::{BridgeKind, PciHost};
use manyhart_devices::virtio::Inside;
use manyhart_devices::virtio::pci::virtio_pci;
use manyhart_runtime::Executive;
use parking_lot::Mutex;

use super::catalogue::{self, Make};
use super::drives::Interface;
use super::functions::{self, MakeBridge};
use super::{Backends, DeviceOptions, PlugError, PlugSpec};
use crate::board::Board;

/// How long a reset waits for workers that are inside of guest memory.
const RESET_LIMIT: Duration = Duration::from_secs(10);

/// What is plugged into a machine. Cheap to clone; for control threads.
#[derive(Clone)]
pub struct Plugs(Arc<Inner>);

struct Inner {
    executive: Executive,
    pci: PciHost,
    backends: Backends,
    plugged: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    devices: BTreeMap<String, Device>,
    /// How many have come without a name.
    nameless: u64,
    /// The numbers of slots that are taken.
    slots: Vec<u16>,
}

struct Device {
    driver: &'static str,
    seat: Seat,
    is_bridge: bool,
    inside: Option<Inside>,
    properties: Vec<(String, String)>,
}

/// A device, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugged {
    /// Its name.
    pub id: String,
    /// Its driver.
    pub driver: &'static str,
    /// What it is plugged into.
    pub seat: Seat,
    /// Whether there is a bus behind it, of its name.
    pub is_bridge: bool,
    /// What was said of it, in order.
    pub properties: Vec<(String, String)>,
}

/// What a device is plugged into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// A bus of PCI.
    Pci,
    /// A virtio slot of the board.
    Virtio,
    /// A virtio console.
    Console,
}

impl Plugs {
    /// Nothing yet.
    pub fn new(executive: Executive, pci: PciHost) -> Plugs {
        Plugs(Arc::new(Inner { executive, pci, backends: Backends::default(), plugged: Mutex::default() }))
    }

    /// What devices lie on.
    pub fn backends(&self) -> &Backends {
        &self.0.backends
    }

    /// The hierarchy.
    pub fn pci(&self) -> &PciHost {
        &self.0.pci
    }

    /// Plugs in what a command line says, before the machine runs.
    pub fn plug_all(&self, board: &mut Board, spec: &PlugSpec) -> Result<(), PlugError> {
        for object in &spec.objects {
            self.0.backends.add_object(object.clone())?;
        }
        for chardev in &spec.chardevs {
            self.0.backends.chardevs.add(chardev)?;
        }
        for blockdev in &spec.blockdevs {
            self.0.backends.drives.add_blockdev(blockdev)?;
        }
        for netdev in &spec.netdevs {
            self.0.backends.netdevs.add(netdev)?;
        }
        let mut disks = Vec::new();
        for (index, drive) in spec.drives.iter().enumerate() {
            let name = self.0.backends.drives.add_drive(drive, &format!("drive{index}"))?;
            if drive.interface == Interface::Virtio {
                disks.push(name);
            }
        }
        for options in &spec.devices {
            self.plug(options.clone(), Some(board))?;
        }
        for name in disks {
            self.plug(DeviceOptions::parse(&format!("virtio-blk-pci,drive={name}"), "driver")?, Some(board))?;
        }
        Ok(())
    }

    /// Plugs a device in while the machine runs, or waits to.
    pub fn add(&self, options: DeviceOptions) -> Result<(), PlugError> {
        self.plug(options, None)
    }

    fn plug(&self, mut options: DeviceOptions, board: Option<&mut Board>) -> Result<(), PlugError> {
        let driver = catalogue::find(&options.driver)?;
        let properties = options.said();
        // One at a time, so that two of one name are told apart.
        let mut table = self.0.plugged.lock();
        let name = match options.id.take() {
            Some(id) if table.devices.contains_key(&id) => return Err(PlugError::Duplicate(id)),
            Some(id) => id,
            None => {
                table.nameless += 1;
                format!("device[{}]", table.nameless - 1)
            }
        };
        let made = self.make(&mut table, driver.make, options, &name, board);
        let inside = made.inspect_err(|_| self.0.backends.release(&name))?;
        let is_bridge = matches!(driver.make, Make::Bridge(_));
        let seat = match driver.make {
            Make::VirtioMmio(_) => Seat::Virtio,
            Make::Console => Seat::Console,
            Make::VirtioPci(_) | Make::Function(_) | Make::Bridge(_) => Seat::Pci,
        };
        table.devices.insert(name, Device { driver: driver.names[0], seat, is_bridge, inside, properties });
        Ok(())
    }

    fn make(
        &self,
        table: &mut Table,
        make: Make,
        mut options: DeviceOptions,
        name: &str,
        board: Option<&mut Board>,
    ) -> Result<Option<Inside>, PlugError> {
        let Inner { executive, pci, backends, .. } = &*self.0;
        match make {
            Make::VirtioMmio(device) => {
                let Some(board) = board else { return Err(PlugError::Cold(options.driver)) };
                let device = device(&mut options, backends, name)?;
                options.finish()?;
                board.place_virtio(executive, device)?;
                Ok(None)
            }
            Make::VirtioPci(device) => {
                let place = functions::place(&mut options)?;
                // There is only the modern way; who asks for it by name gets it.
                for key in ["disable-legacy", "disable-modern", "vectors", "iommu_platform", "packed"] {
                    options.take(key);
                }
                let device = device(&mut options, backends, name)?;
                options.finish()?;
                let port = pci.port(name)?;
                let (blueprint, inside) = virtio_pci(executive, name, &port, device);
                pci.plug(name, &place, port, blueprint)?;
                Ok(Some(inside))
            }
            Make::Console if board.is_none() => Err(PlugError::Cold(options.driver)),
            Make::Console => self.console(options, name),
            Make::Function(function) => {
                let place = functions::place(&mut options)?;
                let port = pci.port(name)?;
                let blueprint = function(&mut options, executive, name, &port)?;
                options.finish()?;
                pci.plug(name, &place, port, blueprint)?;
                Ok(None)
            }
            Make::Bridge(_) if board.is_none() => Err(PlugError::Cold(options.driver)),
            Make::Bridge(bridge) => self.bridge(table, bridge, options, name),
        }
    }

    /// At a console's port.
    fn console(&self, mut options: DeviceOptions, name: &str) -> Result<Option<Inside>, PlugError> {
        let chardev = options.text("chardev")?;
        let not_set = || PlugError::NotSet { driver: options.driver.clone(), key: "chardev" };
        let (chardev, bus) = (chardev.ok_or_else(not_set)?, options.text("bus")?);
        let driver = options.driver.clone();
        options.finish()?;
        self.0.backends.chardevs.connect(&driver, &chardev, bus.as_deref(), name)?;
        Ok(None)
    }

    /// A bridge, whose slot, if it has one, gets a number that is free.
    fn bridge(
        &self,
        table: &mut Table,
        bridge: MakeBridge,
        mut options: DeviceOptions,
        name: &str,
    ) -> Result<Option<Inside>, PlugError> {
        let place = functions::place(&mut options)?;
        let free = (0..).find(|slot| !table.slots.contains(slot)).unwrap_or_default();
        let kind = bridge(&mut options, free)?;
        let slot = match &kind {
            BridgeKind::RootPort(slot) => Some(slot.number),
            _ => None,
        };
        if slot.is_some_and(|number| table.slots.contains(&number)) {
            let why = "another root port has this number";
            return Err(PlugError::Value { driver: options.driver, key: "slot", why });
        }
        options.finish()?;
        self.0.pci.plug_bridge(name, &place, kind)?;
        table.slots.extend(slot);
        Ok(None)
    }

    /// Asks the guest to let a device go; it is gone when [`Plugs::gone`] is called.
    pub fn remove(&self, id: &str) -> Result<(), PlugError> {
        self.removable(id)?;
        Ok(self.0.pci.request_unplug(id)?)
    }

    /// Takes a device out and asks nobody.
    pub fn pull(&self, id: &str) -> Result<(), PlugError> {
        self.removable(id)?;
        Ok(self.0.pci.surprise_remove(id)?)
    }

    fn removable(&self, id: &str) -> Result<(), PlugError> {
        match self.0.plugged.lock().devices.get(id) {
            None => Err(PlugError::NotFound(id.to_owned())),
            Some(device) if device.seat != Seat::Pci || device.is_bridge => {
                Err(PlugError::Cold(device.driver.to_owned()))
            }
            Some(_) => Ok(()),
        }
    }

    /// A device is out of the hierarchy: its name and what it lay on are free.
    pub fn gone(&self, id: &str) {
        self.0.plugged.lock().devices.remove(id);
        self.0.backends.release(id);
    }

    /// After the machine's reset: waits until nobody works in guest memory for the life before.
    pub fn settle(&self) {
        let table = self.0.plugged.lock();
        for (id, device) in &table.devices {
            if device.inside.as_ref().is_some_and(|inside| !inside.wait(RESET_LIMIT)) {
                tracing::warn!(id, "a worker still writes to guest memory, long after the machine's reset");
            }
        }
    }

    /// All of them, by name.
    pub fn list(&self) -> Vec<Plugged> {
        let table = self.0.plugged.lock();
        let plugged = |(id, device): (&String, &Device)| Plugged {
            id: id.clone(),
            driver: device.driver,
            seat: device.seat,
            is_bridge: device.is_bridge,
            properties: device.properties.clone(),
        };
        table.devices.iter().map(plugged).collect()
    }
}
