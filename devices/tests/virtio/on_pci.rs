//! A machine with one virtio function, without a hierarchy: its pages are mapped where a BAR would put them.

use std::sync::{Arc, Mutex};

use manyhart_devices::pci::msix::{MsixSetting, MsixTable};
use manyhart_devices::pci::{BarTarget, Blueprint, Port, SharedLine};
use manyhart_devices::virtio::pci::virtio_pci;
use manyhart_devices::virtio::{Inside, VirtioDevice};
use manyhart_runtime::actor::Registers;
use manyhart_runtime::{AddressSpace, Clock, Config, Executive, Gpa, Line, RamBlock};

use crate::machine::*;

pub const BAR: u64 = 0x4_0000_0000;
const ISR: u64 = BAR + 0x1000;
const CONFIG: u64 = BAR + 0x2000;
const NOTIFY: u64 = BAR + 0x3000;
/// Where messages arrive: a word of memory for each vector.
const MESSAGES: u64 = RAM + RAM_SIZE - 0x1000;
const FUNCTION: u32 = 7;

/// How the driver wants to be interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Intx,
    Msix,
}

pub struct OnPci {
    pub executive: Executive,
    pub memory: AddressSpace,
    pub port: Port,
    /// What the fabric would be told; its callback is not to be shared.
    pub blueprint: Mutex<Blueprint>,
    vectors: u16,
    pub inside: Inside,
    pub wire: Arc<Wire>,
    by: By,
}

impl OnPci {
    pub fn new(device: impl VirtioDevice, by: By) -> OnPci {
        let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None }).unwrap();
        let mut map = executive.topology().transaction();
        let root = map.container("system", 1 << 64);
        let ram = map.ram("ram", Arc::new(RamBlock::anonymous("ram", RAM_SIZE).unwrap()));
        map.add_subregion(root, RAM, ram);
        let space = map.address_space("memory", root);
        let gate = map.alias("bus master", root, 0, 1 << 64);
        let dma = map.address_space("function", gate);
        map.assign_device(FUNCTION, dma);
        map.commit().unwrap();
        let memory = executive.topology().address_space(space);

        let port = Port::new(executive.topology().dma(FUNCTION));
        let wire = Arc::new(Wire::default());
        port.connect(Arc::new(SharedLine::new(Line::new(wire.clone(), 32))));
        let (blueprint, inside) = virtio_pci(&executive, "function", &port, Box::new(device));
        port.make_msix(blueprint.msix.as_ref().expect("it has a table"));
        let mut map = executive.topology().transaction();
        for part in &blueprint.bars[1].parts {
            let BarTarget::Registers(target) = part.target.clone() else { panic!("registers") };
            let region = map.mmio("page", part.size.into(), target);
            map.add_subregion(root, BAR + part.offset, region);
        }
        map.commit().unwrap();
        let vectors = blueprint.msix.as_ref().expect("it has a table").vectors;
        let blueprint = Mutex::new(blueprint);
        let machine = OnPci { executive, memory, port, blueprint, vectors, inside, wire, by };
        machine.set_up_messages();
        machine
    }

    /// Each entry of the table writes its number to a word of its own.
    fn set_up_messages(&self) {
        if self.by == By::Intx {
            return;
        }
        let table = MsixTable::new(self.port.clone());
        for vector in 0..u64::from(self.vectors) {
            let address = MESSAGES + 4 * vector;
            let words = [address, address >> 32, 1, 0];
            for (at, word) in (0..).zip(words) {
                table.write(16 * vector + 4 * at, 4, word & 0xffff_ffff).unwrap();
            }
        }
        self.port.set_msix(MsixSetting { enabled: true, masked: false });
    }

    fn load<T: manyhart_runtime::ram::atomics::Word>(&self, at: u64) -> T {
        self.memory.load(Gpa(at), CPU).unwrap()
    }

    fn store<T: manyhart_runtime::ram::atomics::Word>(&self, at: u64, value: T) {
        self.memory.store(Gpa(at), value, CPU).unwrap();
    }

    /// Whether a message of this vector has come since the last time.
    fn take_message(&self, vector: u16) -> bool {
        let at = MESSAGES + 4 * u64::from(vector);
        let came = self.load::<u32>(at) != 0;
        self.store(at, 0u32);
        came
    }

    /// Vector 0 is the configuration's, vector n + 1 queue n's.
    fn set_vectors(&self) {
        self.store(BAR + 0x10, 0u16);
        assert_eq!(self.load::<u16>(BAR + 0x10), 0);
        for queue in 0..self.vectors - 1 {
            self.store(BAR + 0x16, queue);
            self.store(BAR + 0x1a, queue + 1);
            assert_eq!(self.load::<u16>(BAR + 0x1a), queue + 1);
        }
        // One that the table does not have is not taken.
        self.store(BAR + 0x16, 0u16);
        self.store(BAR + 0x1a, self.vectors);
        assert_eq!(self.load::<u16>(BAR + 0x1a), 0xffff);
        self.store(BAR + 0x1a, 1u16);
    }
}

impl Drop for OnPci {
    fn drop(&mut self) {
        self.executive.shutdown();
    }
}

impl Transport for OnPci {
    fn memory(&self) -> &AddressSpace {
        &self.memory
    }

    fn device_type(&self) -> u32 {
        u32::from(self.blueprint.lock().unwrap().identity.device) - 0x1040
    }

    fn offered(&self) -> u64 {
        let half = |select: u32| {
            self.store(BAR, select);
            u64::from(self.load::<u32>(BAR + 4))
        };
        half(0) | half(1) << 32
    }

    fn accept(&self, features: u64) {
        for (select, half) in [(0u32, features as u32), (1, (features >> 32) as u32)] {
            self.store(BAR + 8, select);
            self.store(BAR + 0xc, half);
            assert_eq!(self.load::<u32>(BAR + 0xc), half);
        }
    }

    fn status(&self) -> u8 {
        self.load(BAR + 0x14)
    }

    fn set_status(&self, value: u8) {
        self.store(BAR + 0x14, value);
        if self.by == By::Msix && value == ACKNOWLEDGE | DRIVER {
            self.set_vectors();
        }
    }

    fn queue_max(&self, queue: u16) -> u16 {
        self.store(BAR + 0x16, queue);
        self.load(BAR + 0x18)
    }

    fn set_queue(&self, queue: u16, size: u16, descriptors: u64, available: u64, used: u64) {
        self.store(BAR + 0x16, queue);
        self.store(BAR + 0x18, size);
        for (at, address) in [(0x20, descriptors), (0x28, available), (0x30, used)] {
            self.store(BAR + at, address);
        }
        self.store(BAR + 0x1c, 1u16);
        assert_eq!((self.load::<u16>(BAR + 0x1c), self.load::<u64>(BAR + 0x30)), (1, used));
    }

    fn notify(&self, queue: u16) {
        self.store(BAR + 0x16, queue);
        let offset: u16 = self.load(BAR + 0x1e);
        // One that does not exist notifies where it would be, as far as there is a page.
        let offset = if self.load::<u16>(BAR + 0x18) == 0 { queue.min(0x3ff) } else { offset };
        self.store(NOTIFY + 4 * u64::from(offset), queue);
    }

    fn config(&self, offset: u64, data: &mut [u8]) {
        for (at, byte) in (offset..).zip(data) {
            *byte = self.load(CONFIG + at);
        }
    }

    fn set_config(&self, offset: u64, data: &[u8]) {
        for (at, &byte) in (offset..).zip(data) {
            self.store(CONFIG + at, byte);
        }
    }

    fn generation(&self) -> u32 {
        self.load::<u8>(BAR + 0x15).into()
    }

    fn take_interrupts(&self) -> (bool, bool) {
        if self.by == By::Msix {
            assert!(!self.wire.is_high());
            self.load::<u8>(ISR);
            let used = (1..self.vectors).filter(|&vector| self.take_message(vector)).count();
            return (used > 0, self.take_message(0));
        }
        let high = self.wire.is_high();
        let isr: u8 = self.load(ISR);
        assert_eq!((high, self.wire.is_high()), (isr != 0, false));
        assert_eq!(self.load::<u8>(ISR), 0, "reading it acknowledges");
        (isr & 1 != 0, isr & 2 != 0)
    }
}
