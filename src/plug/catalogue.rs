//! The drivers by name: on which bus each goes, what it takes, how it is made.

use std::fmt::Write;

use super::functions::{self, MakeBridge, MakeFunction};
use super::virtio::{self, MakeVirtio};
use super::{DeviceOptions, PlugError};

/// A driver.
pub struct Driver {
    /// What users call it, and perhaps what else.
    pub names: &'static [&'static str],
    /// What it is, for people.
    pub about: &'static str,
    /// What it takes, beside what its bus takes.
    pub properties: &'static [Property],
    pub(super) make: Make,
}

/// A property, for people.
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub values: &'static str,
    /// What it says.
    pub about: &'static str,
}

/// How a device comes to be, and where.
#[derive(Clone, Copy)]
pub(super) enum Make {
    /// In a virtio-mmio slot.
    VirtioMmio(MakeVirtio),
    /// As a function of PCI.
    VirtioPci(MakeVirtio),
    /// As a function of PCI.
    Function(MakeFunction),
    /// At a virtio console.
    Console,
    /// A bridge of PCI.
    Bridge(MakeBridge),
}

impl Make {
    fn bus(self) -> &'static str {
        match self {
            Make::VirtioMmio(_) => "virtio-bus",
            Make::Console => "virtio-serial-bus",
            Make::VirtioPci(_) | Make::Function(_) | Make::Bridge(_) => "PCI",
        }
    }

    fn bus_properties(self) -> &'static [Property] {
        match self {
            Make::VirtioMmio(_) | Make::Console => &[],
            Make::VirtioPci(_) | Make::Function(_) | Make::Bridge(_) => PCI_PROPERTIES,
        }
    }
}

const fn property(name: &'static str, values: &'static str, about: &'static str) -> Property {
    Property { name, values, about }
}

const PCI_PROPERTIES: &[Property] = &[
    property("addr", "DEVICE[.FUNCTION], hexadecimal", "where on the bus (the first free)"),
    property("bus", "NAME", "the bus: pcie.0, or the id of a root port or bridge (pcie.0)"),
];

const BLK: &[Property] = &[
    property("drive", "NAME", "what the disk lies on: a -drive or a -blockdev"),
    property("logical_block_size", "BYTES", "what a guest does not go below (512)"),
    property("num-queues", "NUMBER", "how many queues (1)"),
    property("physical_block_size", "BYTES", "what a guest should not go below (512)"),
    property("queue-size", "NUMBER", "descriptors of each queue (256)"),
    property("serial", "TEXT", "the serial number, up to 20 bytes"),
    property("write-cache", "on|off", "whether the disk has a cache that the guest flushes (as the drive has)"),
];

const NET: &[Property] = &[
    property("mac", "ADDRESS", "the interface's address (52:54:00:12:34:56 and on)"),
    property("netdev", "NAME", "what it is wired to: a -netdev"),
];

const RNG: &[Property] = &[property("rng", "NAME", "an object that gives entropy (the host's)")];

const SERIAL: &[Property] = &[property("max_ports", "NUMBER", "how many ports it may have; it has one (31)")];

/// All of them, in the order of their names.
pub const DRIVERS: &[Driver] = &[
    Driver {
        names: &["edu"],
        about: "a function to learn with: factorials, a DMA engine, interrupts",
        properties: &[property("dma_mask", "MASK", "the address bits that its DMA drives (0x0fffffff)")],
        make: Make::Function(functions::edu),
    },
    Driver {
        names: &["manyhart-scratch"],
        about: "a function with registers that say who answers, and memory",
        properties: &[
            property("identity", "NUMBER", "what its first register reads (0)"),
            property("memory", "SIZE", "memory in its second BAR, a power of two, or 0 (64K)"),
            property("vectors", "NUMBER", "interrupt vectors (4)"),
        ],
        make: Make::Function(functions::scratch),
    },
    Driver {
        names: &["pci-bridge"],
        about: "a conventional bridge; its id is the name of the bus behind it",
        properties: &[property("chassis_nr", "NUMBER", "the number of its chassis")],
        make: Make::Bridge(functions::bridge),
    },
    Driver {
        names: &["pcie-root-port"],
        about: "a root port with a slot; its id is the name of the bus behind it",
        properties: &[
            property("chassis", "NUMBER", "the chassis that its slot is in (0)"),
            property("hotplug", "on|off", "whether functions come and go while the machine runs (on)"),
            property("slot", "NUMBER", "the number of its slot (the first free)"),
        ],
        make: Make::Bridge(functions::root_port),
    },
    Driver {
        names: &["virtconsole"],
        about: "the far end of a virtio console",
        properties: &[
            property("bus", "NAME", "the console's controller (the first with a free port)"),
            property("chardev", "NAME", "where it ends: a -chardev"),
        ],
        make: Make::Console,
    },
    Driver { names: &["virtio-blk-device"], about: "a disk", properties: BLK, make: Make::VirtioMmio(virtio::blk) },
    Driver {
        names: &["virtio-blk-pci", "virtio-blk"],
        about: "a disk",
        properties: BLK,
        make: Make::VirtioPci(virtio::blk),
    },
    Driver {
        names: &["virtio-net-device"],
        about: "a network interface",
        properties: NET,
        make: Make::VirtioMmio(virtio::net),
    },
    Driver {
        names: &["virtio-net-pci", "virtio-net"],
        about: "a network interface",
        properties: NET,
        make: Make::VirtioPci(virtio::net),
    },
    Driver {
        names: &["virtio-rng-device"],
        about: "a source of entropy",
        properties: RNG,
        make: Make::VirtioMmio(virtio::rng),
    },
    Driver {
        names: &["virtio-rng-pci", "virtio-rng"],
        about: "a source of entropy",
        properties: RNG,
        make: Make::VirtioPci(virtio::rng),
    },
    Driver {
        names: &["virtio-serial-device"],
        about: "a console",
        properties: SERIAL,
        make: Make::VirtioMmio(virtio::serial),
    },
    Driver {
        names: &["virtio-serial-pci", "virtio-serial"],
        about: "a console",
        properties: SERIAL,
        make: Make::VirtioPci(virtio::serial),
    },
];

impl Driver {
    /// All that it takes.
    pub fn all_properties(&self) -> impl Iterator<Item = &'static Property> + use<> {
        self.properties.iter().chain(self.make.bus_properties())
    }

    /// Whether it can be plugged in while the machine runs.
    pub fn is_hot(&self) -> bool {
        matches!(self.make, Make::VirtioPci(_) | Make::Function(_))
    }
}

/// The driver of this name.
pub(super) fn find(name: &str) -> Result<&'static Driver, PlugError> {
    let driver = DRIVERS.iter().find(|driver| driver.names.contains(&name));
    driver.ok_or_else(|| PlugError::NoDriver(name.to_owned()))
}

/// Whether there is a driver of this name.
pub fn is_driver(name: &str) -> bool {
    find(name).is_ok()
}

/// What `help`, or a driver's `help`, is answered; `None` where nobody asks.
pub fn help(options: &DeviceOptions) -> Option<Result<String, PlugError>> {
    match options.driver.as_str() {
        "help" | "?" => Some(Ok(list())),
        name if options.has("help") || options.has("?") => Some(find(name).map(describe)),
        _ => None,
    }
}

fn list() -> String {
    let line = |driver: &Driver| {
        let [name, others @ ..] = driver.names else { return String::new() };
        let alias: String = others.iter().map(|alias| format!(", alias \"{alias}\"")).collect();
        format!("name \"{name}\", bus {}{alias}, desc \"{}\"\n", driver.make.bus(), driver.about)
    };
    DRIVERS.iter().map(line).collect()
}

fn describe(driver: &Driver) -> String {
    let mut out = format!("{} options:\n", driver.names[0]);
    let mut properties: Vec<_> = driver.all_properties().collect();
    properties.sort_by_key(|property| property.name);
    for Property { name, values, about } in properties {
        writeln!(out, "  {:<40} - {about}", format!("{name}=<{values}>")).expect("a String takes whatever is written");
    }
    out
}
