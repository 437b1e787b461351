//! What the tests of this folder share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::actor::{Access, Answer, Context, Device, DeviceHandle, MmioSpec};
use crate::{
    AddressSpace, AddressSpaceId, BusError, Clock, Config, Executive, Gpa, RamBlock, Reader, RegionId, Requester,
    Transaction,
};

pub(super) const CPU: Requester = Requester::Cpu(0);

/// Patience with what should take no time: a guard against hanging, on the busiest of machines.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Tells other threads to end, however the one that has it ends: a test that fails is to fail, not to wait for them.
pub(crate) struct Ends<'a>(pub(crate) &'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits for what another thread does.
pub(super) fn eventually(what: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !what() {
        assert!(Instant::now() < end, "it never happened");
        std::thread::yield_now();
    }
}

/// What a device was asked: a read's value is `None`.
pub(super) type Asked = (Access, Option<u64>);

/// What somebody wrote down.
pub(super) type Log = Arc<Mutex<Vec<Asked>>>;

/// A device of plain bytes, little-endian, that writes down what it is asked.
pub(super) struct Bytes {
    pub(super) memory: [u8; 0x1000],
    log: Log,
}

impl Device for Bytes {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        self.log.lock().push((access, None));
        let at = access.offset as usize;
        let bytes = &self.memory[at..at + usize::from(access.size)];
        Ok(bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn write(&mut self, _: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        self.log.lock().push((access, Some(value)));
        let at = access.offset as usize;
        self.memory[at..at + usize::from(access.size)]
            .copy_from_slice(&value.to_le_bytes()[..usize::from(access.size)]);
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {
        self.memory.fill(0);
    }
}

/// A runtime with one address space, and a reader that stands for a virtual CPU.
pub(super) struct Machine {
    pub(super) executive: Executive,
    pub(super) root: RegionId,
    pub(super) space: AddressSpaceId,
    pub(super) reader: Reader,
}

impl Machine {
    pub(super) fn new() -> Machine {
        let config = Config { clock: Clock::manual(1_000_000), on_device_failure: None };
        let executive = Executive::new(config).expect("the helper thread starts");
        let mut transaction = executive.topology().transaction();
        let root = transaction.container("root", 1 << 64);
        let space = transaction.address_space("test", root);
        transaction.commit().expect("a lone root");
        let mut reader = executive.reader("test", None);
        reader.checkpoint(&mut ());
        Machine { executive, root, space, reader }
    }

    /// Commits what `change` adds, and brings the reader up to date.
    pub(super) fn change<R>(&mut self, change: impl FnOnce(&mut Transaction, RegionId) -> R) -> R {
        let mut transaction = self.executive.topology().transaction();
        let result = change(&mut transaction, self.root);
        transaction.commit().expect("a lawful change");
        self.reader.resync(&mut ());
        result
    }

    /// Maps `device`'s region 0.
    pub(super) fn map<D: Device>(&mut self, device: &DeviceHandle<D>, at: u64, size: u128, spec: MmioSpec) -> RegionId {
        let target = device.mmio(0, spec);
        self.change(|t, root| {
            let region = t.mmio(device.name(), size, target);
            t.add_subregion(root, at, region);
            region
        })
    }

    /// A device of bytes 0, 1, 2, …, with its log.
    pub(super) fn spawn_bytes(&self, name: &str) -> (DeviceHandle<Bytes>, Log) {
        let log = Log::default();
        let memory = std::array::from_fn(|i| i as u8);
        (self.executive.spawn(name, Bytes { memory, log: Arc::clone(&log) }), log)
    }

    /// A device of bytes 0, 1, 2, … at `at`, with its log.
    pub(super) fn map_bytes(&mut self, name: &str, at: u64, size: u128, spec: MmioSpec) -> (RegionId, Log) {
        let (device, log) = self.spawn_bytes(name);
        (self.map(&device, at, size, spec), log)
    }

    /// A page of memory at `at`.
    pub(super) fn map_ram(&mut self, at: u64) -> Arc<RamBlock> {
        let block = Arc::new(RamBlock::anonymous("ram", 0x1000).expect("memfd"));
        let mapped = Arc::clone(&block);
        self.change(|t, root| {
            let region = t.ram("ram", mapped);
            t.add_subregion(root, at, region);
        });
        block
    }

    pub(super) fn map_rom(&mut self, at: u64, data: &[u8]) -> Arc<RamBlock> {
        let block = Arc::new(RamBlock::anonymous("rom", 0x1000).expect("memfd"));
        assert!(block.write(0, data));
        let mapped = Arc::clone(&block);
        self.change(|t, root| {
            let region = t.rom("rom", mapped);
            t.add_subregion(root, at, region);
        });
        block
    }

    pub(super) fn read(&mut self, addr: u64, size: u8) -> Result<u64, BusError> {
        self.reader.read(self.space, Gpa(addr), size, CPU, &mut ())
    }

    pub(super) fn write(&mut self, addr: u64, size: u8, value: u64) -> Result<(), BusError> {
        self.reader.write(self.space, Gpa(addr), size, value, CPU, &mut ())
    }

    pub(super) fn dma(&self) -> AddressSpace {
        self.executive.topology().address_space(self.space)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.reader.go_offline();
        self.executive.stop();
        self.executive.shutdown();
    }
}

/// The log as offset, size and value written, and empty again.
pub(super) fn taken(log: &Log) -> Vec<(u64, u8, Option<u64>)> {
    log.lock().drain(..).map(|(access, value)| (access.offset, access.size, value)).collect()
}
