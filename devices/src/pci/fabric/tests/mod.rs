//! The fabric as a guest and as the host see it: through configuration space and the windows, over real devices.

mod bridges;
mod functions;
mod fuzz;
mod moves;
mod oracle;

use std::sync::Arc;

use manyhart_runtime::{
    Access, AddressSpace, Answer, BusError, Clock, Config, Context, Device, Executive, Gpa, Line, LineSink, MmioSpec,
    RamBlock, Requester,
};
use parking_lot::Mutex;

use crate::pci::{
    Address, Bar, BarKind, BarPart, BarTarget, Blueprint, BridgeKind, FunctionEvent, HostConfig, HostWindow, Identity,
    PciEvent, PciHost, Pin, Place, Port, ROOT_BUS, SlotSpec,
};

pub(super) const ECAM: u64 = 0x3000_0000;
pub(super) const LOW: u64 = 0x4000_0000;
pub(super) const HIGH: u64 = 0x4_0000_0000;
pub(super) const PIO: u64 = 0x300_0000;
pub(super) const RAM: u64 = 0x8000_0000;
const CPU: Requester = Requester::Cpu(0);

/// Registers that say which function they are of, at every offset.
struct Named(u64);

impl Device for Named {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        Ok(self.0 << 16 | access.offset & 0xffff)
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

/// The levels of the four lines.
#[derive(Default)]
struct Levels(Mutex<[bool; 4]>);

impl LineSink for Levels {
    fn set_level(&self, number: u32, level: bool) {
        self.0.lock()[number as usize] = level;
    }
}

/// A root complex with RAM beside it.
pub(super) struct Lab {
    pub(super) executive: Executive,
    pub(super) space: AddressSpace,
    pub(super) host: PciHost,
    levels: Arc<Levels>,
    pub(super) events: Arc<Mutex<Vec<PciEvent>>>,
}

/// A plugged function: its port, and what it was told.
pub(super) struct Plugged {
    pub(super) port: Port,
    pub(super) told: Arc<Mutex<Vec<String>>>,
}

impl Lab {
    pub(super) fn new() -> Lab {
        let executive = Executive::new(Config { clock: Clock::manual(1), on_device_failure: None }).expect("a helper");
        let mut map = executive.topology().transaction();
        let system = map.container("system", 1 << 64);
        let space = map.address_space("memory", system);
        let ram = map.ram("ram", Arc::new(RamBlock::anonymous("ram", 0x10000).expect("memory")));
        map.add_subregion(system, RAM, ram);
        map.commit().expect("a map");
        let (levels, events) = (Arc::new(Levels::default()), Arc::new(Mutex::new(Vec::new())));
        let told = Arc::clone(&events);
        let window = |name, base, size, bus_address| HostWindow { name, base, size, bus_address };
        let config = HostConfig {
            system,
            ecam: ECAM,
            memory: vec![window("low", LOW, 0x4000_0000, LOW), window("high", HIGH, 16 << 30, HIGH)],
            io: window("pio", PIO, 0x1_0000, 0),
            intx: [0, 1, 2, 3].map(|number| Line::new(levels.clone(), number)),
            on_event: Box::new(move |event| told.lock().push(event)),
        };
        let host = PciHost::new(&executive, config).expect("a host");
        let space = executive.topology().address_space(space);
        Lab { executive, space, host, levels, events }
    }

    pub(super) fn read(&self, address: u64, size: usize) -> Result<u64, BusError> {
        let mut bytes = [0; 8];
        self.space.read(Gpa(address), &mut bytes[..size], CPU)?;
        Ok(u64::from_le_bytes(bytes))
    }

    pub(super) fn write(&self, address: u64, size: usize, value: u64) {
        self.space.write(Gpa(address), &value.to_le_bytes()[..size], CPU).expect("no write faults");
    }

    /// Configuration space of bus, device, function.
    pub(super) fn config(&self, (bus, device, function): (u64, u64, u64), offset: u64) -> u64 {
        ECAM + (bus << 20 | device << 15 | function << 12 | offset)
    }

    pub(super) fn get(&self, at: (u64, u64, u64), offset: u64, size: usize) -> u64 {
        self.read(self.config(at, offset), size).expect("configuration space never faults")
    }

    pub(super) fn set(&self, at: (u64, u64, u64), offset: u64, size: usize, value: u64) {
        self.write(self.config(at, offset), size, value);
    }

    /// Four bytes of memory at a bus address, which the windows show at the same system address.
    pub(super) fn at(&self, address: u64) -> u64 {
        self.read(address, 4).expect("windows never fault")
    }

    pub(super) fn blueprint(
        &self,
        id: &str,
        number: u64,
        bars: &[(u8, BarKind, u64)],
    ) -> (Blueprint, Arc<Mutex<Vec<String>>>) {
        let device = self.executive.spawn(id, Named(number));
        let told = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&told);
        let bar = |&(index, kind, size): &(u8, BarKind, u64)| {
            let target = BarTarget::Registers(device.mmio(index.into(), MmioSpec::aligned(1, 8)));
            Bar { index, kind, size, parts: vec![BarPart { offset: 0, size, target }] }
        };
        let identity = Identity { vendor: 0x1234, device: 0x11e8, class: 0xff_0000, ..Identity::default() };
        let blueprint = Blueprint {
            interrupt_pin: Some(Pin::A),
            express: true,
            on_event: Box::new(move |event: FunctionEvent| note.lock().push(format!("{event:?}"))),
            ..Blueprint::new(identity, bars.iter().map(bar).collect())
        };
        (blueprint, told)
    }

    /// A function whose registers read as `number << 16 | offset`.
    pub(super) fn plug(&self, id: &str, at: Place, number: u64, bars: &[(u8, BarKind, u64)]) -> (Plugged, Address) {
        let (blueprint, told) = self.blueprint(id, number, bars);
        let port = self.host.port(id).expect("a port");
        let address = self.host.plug(id, &at, port.clone(), blueprint).expect("it fits");
        (Plugged { port, told }, address)
    }

    pub(super) fn root_port(&self, id: &str, device: u8) {
        let slot = SlotSpec { number: device.into(), hotplug: true };
        self.host.plug_bridge(id, &Place::at(ROOT_BUS, device, 0), BridgeKind::RootPort(slot)).expect("it fits");
    }

    /// Gives the bus behind the port at 00:`device`.0 a number.
    pub(super) fn number_bus(&self, device: u64, number: u64) {
        self.set((0, device, 0), 0x18, 4, number << 16 | number << 8);
    }

    /// Where a capability is.
    pub(super) fn capability(&self, at: (u64, u64, u64), id: u64) -> u64 {
        let mut next = self.get(at, 0x34, 1);
        while self.get(at, next, 1) != id {
            next = self.get(at, next + 1, 1);
            assert_ne!(next, 0, "{at:?} has no capability {id:#x}");
        }
        next
    }

    /// Waits until something has come about, within reason.
    pub(super) fn until(&self, is: impl Fn() -> bool) {
        for _ in 0..100_000 {
            if is() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        panic!("it never came about");
    }

    pub(super) fn levels(&self) -> [bool; 4] {
        *self.levels.0.lock()
    }

    /// The flat view of the system map as text.
    pub(super) fn map(&self) -> String {
        let survey = self.executive.topology().survey().expect("it runs");
        let ranges = survey.flat(self.space.id()).expect("the system's space");
        ranges.iter().map(|range| format!("{range}\n")).collect()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.executive.shutdown();
    }
}

pub(super) const M32: BarKind = BarKind::Memory32 { prefetchable: false };
pub(super) const M64: BarKind = BarKind::Memory64 { prefetchable: true };
pub(super) const ONES: u64 = 0xffff_ffff;
/// Command register bits.
pub(super) const IO: u64 = 1;
pub(super) const MEM: u64 = 2;
pub(super) const MASTER: u64 = 4;
pub(super) const COMMAND: u64 = 4;
pub(super) const BAR: u64 = 0x10;
