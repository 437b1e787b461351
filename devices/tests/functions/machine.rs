//! A machine with a PCI host, and what a guest's drivers do with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use manyhart_devices::pci::scratch::{Options, scratch};
use manyhart_devices::pci::{
    Blueprint, BridgeKind, HostConfig, HostWindow, PciEvent, PciHost, Place, PlugError, Port, SlotSpec,
};
use manyhart_runtime::ram::atomics::Word;
use manyhart_runtime::{AddressSpace, Clock, Config, Executive, Gpa, Line, LineSink, RamBlock, Requester};
use parking_lot::Mutex;

pub const CPU: Requester = Requester::Cpu(0);
/// Memory that a DMA engine of 28 bits reaches.
pub const RAM: u64 = 0x10_0000;
const RAM_SIZE: u64 = 0x10_0000;
const ECAM: u64 = 0x3000_0000;
const WINDOW: u64 = 0x4000_0000;

/// Offsets in configuration space.
const COMMAND: u64 = 0x04;
pub const BAR0: u64 = 0x10;
const BUSES: u64 = 0x18;
const MEMORY_WINDOW: u64 = 0x20;
const PREFETCHABLE_WINDOW: u64 = 0x24;
const CAPABILITIES: u64 = 0x34;
/// Capabilities.
pub const MSI: u8 = 0x05;
pub const MSIX: u8 = 0x11;
pub const EXPRESS: u8 = 0x10;

/// The four lines of the root complex.
#[derive(Default)]
pub struct Lines([AtomicBool; 4]);

impl LineSink for Lines {
    fn set_level(&self, number: u32, level: bool) {
        self.0[number as usize].store(level, Ordering::SeqCst);
    }
}

pub struct Machine {
    pub executive: Executive,
    pub host: PciHost,
    pub memory: AddressSpace,
    pub lines: Arc<Lines>,
    events: Arc<Mutex<Vec<PciEvent>>>,
}

impl Machine {
    pub fn new() -> Machine {
        Machine::with_clock(Clock::host(10_000_000))
    }

    pub fn with_clock(clock: Clock) -> Machine {
        let executive = Executive::new(Config { clock, on_device_failure: None }).unwrap();
        let mut map = executive.topology().transaction();
        let system = map.container("system", 1 << 64);
        let ram = map.ram("ram", Arc::new(RamBlock::anonymous("ram", RAM_SIZE).unwrap()));
        map.add_subregion(system, RAM, ram);
        let space = map.address_space("memory", system);
        map.commit().unwrap();
        let (lines, events) = (Arc::new(Lines::default()), Arc::new(Mutex::new(Vec::new())));
        let window = |name, base, size, bus_address| HostWindow { name, base, size, bus_address };
        let told = Arc::clone(&events);
        let config = HostConfig {
            system,
            ecam: ECAM,
            memory: vec![
                window("pci mmio32", WINDOW, 0x4000_0000, WINDOW),
                window("pci mmio64", 0x4_0000_0000, 0x4_0000_0000, 0x4_0000_0000),
            ],
            io: window("pci io", 0x300_0000, 0x1_0000, 0),
            intx: std::array::from_fn(|pin| Line::new(lines.clone(), pin as u32)),
            on_event: Box::new(move |event| told.lock().push(event)),
        };
        let host = PciHost::new(&executive, config).unwrap();
        let memory = executive.topology().address_space(space);
        Machine { executive, host, memory, lines, events }
    }

    /// Plugs a function on the root bus, as device `device`.
    pub fn plug(&self, device: u8, make: impl FnOnce(&Executive, &Port) -> Blueprint) -> Function<'_> {
        self.plug_at(&format!("f{device}"), &Place::at("pcie.0", device, 0), make).unwrap();
        self.function(device)
    }

    /// Plugs a function anywhere.
    pub fn plug_at(
        &self,
        id: &str,
        at: &Place,
        make: impl FnOnce(&Executive, &Port) -> Blueprint,
    ) -> Result<(), PlugError> {
        let port = self.host.port(id)?;
        let blueprint = make(&self.executive, &port);
        self.host.plug(id, at, port, blueprint).map(drop)
    }

    /// Plugs a scratch function behind a root port.
    pub fn plug_scratch(&self, id: &str, port: &str, identity: u64) -> Result<(), PlugError> {
        let options = Options { identity, memory: 0x1000, vectors: 2 };
        self.plug_at(id, &Place::on(port), |executive, port| scratch(executive, id, port, options).unwrap().0)
    }

    /// The flat view, as text.
    pub fn map(&self) -> String {
        format!("{:?}", self.executive.topology().survey().unwrap().flat(self.memory.id()))
    }

    /// A root port as device `device` of the root bus, set up as firmware does: bus `device` behind it, a megabyte of each kind of memory.
    pub fn root_port(&self, name: &str, device: u8) -> Function<'_> {
        let slot = SlotSpec { number: device.into(), hotplug: true };
        self.host.plug_bridge(name, &Place::at("pcie.0", device, 0), BridgeKind::RootPort(slot)).unwrap();
        let port = self.function(device);
        port.set(BUSES, u32::from(device) << 16 | u32::from(device) << 8);
        let memory = (self.window_behind(device) >> 16) as u32;
        port.set(MEMORY_WINDOW, memory << 16 | memory);
        port.set(PREFETCHABLE_WINDOW, 0x0001_fff1u32);
        port.set(COMMAND, 0x0006u16);
        port
    }

    /// Where the memory behind a root port is.
    pub fn window_behind(&self, device: u8) -> u64 {
        WINDOW + 0x1000_0000 + u64::from(device) * 0x10_0000
    }

    /// The function that is on the root bus as device `device`, or would be.
    pub fn function(&self, device: u8) -> Function<'_> {
        Function { machine: self, at: ECAM + u64::from(device) * 0x8000 }
    }

    /// The function that is behind a root port, or would be.
    pub fn behind(&self, device: u8) -> Function<'_> {
        Function { machine: self, at: ECAM + (u64::from(device) << 20) }
    }

    pub fn load<T: Word>(&self, at: u64) -> T {
        self.memory.load(Gpa(at), CPU).unwrap()
    }

    pub fn store<T: Word>(&self, at: u64, value: T) {
        self.memory.store(Gpa(at), value, CPU).unwrap();
    }

    /// Whether a line of the root complex is high.
    pub fn line(&self, number: usize) -> bool {
        self.lines.0[number].load(Ordering::SeqCst)
    }

    /// What has been told since it was last asked.
    pub fn events(&self) -> Vec<PciEvent> {
        std::mem::take(&mut *self.events.lock())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.executive.shutdown();
    }
}

/// A function's configuration space.
#[derive(Clone, Copy)]
pub struct Function<'a> {
    machine: &'a Machine,
    at: u64,
}

impl Function<'_> {
    pub fn get<T: Word>(&self, register: u64) -> T {
        self.machine.load(self.at + register)
    }

    pub fn set<T: Word>(&self, register: u64, value: T) {
        self.machine.store(self.at + register, value);
    }

    /// Where a register is in the map.
    pub fn address(&self, register: u64) -> u64 {
        self.at + register
    }

    /// Memory space and bus mastering.
    pub fn enable(&self) {
        self.set(COMMAND, 0x0006u16);
    }

    /// Puts BAR `index` at `address`, both halves.
    pub fn place(&self, index: u64, address: u64, wide: bool) {
        self.set(BAR0 + 4 * index, address as u32);
        if wide {
            self.set(BAR0 + 4 * index + 4, (address >> 32) as u32);
        }
    }

    /// Where a capability is.
    pub fn capability(&self, id: u8) -> u64 {
        let mut at = u64::from(self.get::<u8>(CAPABILITIES));
        while at != 0 && self.get::<u8>(at) != id {
            at = self.get::<u8>(at + 1).into();
        }
        assert_ne!(at, 0, "a capability {id:#x}");
        at
    }

    /// Has the function send MSI messages to `address`.
    pub fn enable_msi(&self, address: u64, data: u16) {
        let at = self.capability(MSI);
        self.set(at + 4, address as u32);
        self.set(at + 8, (address >> 32) as u32);
        self.set(at + 0xc, data);
        self.set(at + 2, 1u16);
    }
}

/// Waits for what another thread does.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(120);
    while !done() {
        assert!(Instant::now() < patience, "{what} does not happen");
        std::thread::yield_now();
    }
}
