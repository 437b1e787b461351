//! The board: devices, their places in one address space, and their wires, compatible with the `virt` board that Linux,
//! OpenSBI and U-Boot know.
//!
//! Here and nowhere else harts, devices and memory meet. The board makes no thread and loads no program: whoever runs it puts images
//! into [`Board::ram`] and runs one hart for each of [`Board::attentions`].

pub mod fdt;
mod interrupts;
pub mod memmap;
mod pci;
mod reset_vector;
#[cfg(test)]
mod tests;
mod virtio;

use std::sync::Arc;

use manyhart_devices::aclint::{self, Aclint};
use manyhart_devices::aplic;
use manyhart_devices::finisher::{self, Finisher, Outcome};
use manyhart_devices::pci::{PciEvent, PciHost, PlugError};
use manyhart_devices::rtc::{self, Rtc};
use manyhart_devices::uart::{self, Sink, Uart};
use manyhart_devices::virtio::VirtioDevice;
use manyhart_runtime::{
    AddressSpaceId, Attention, BusError, DeviceHandle, Executive, RamBlock, RegionId, TopologyError,
};

pub use interrupts::{Aia, Interrupts};
use memmap::{RAM_BASE, Window};
pub use reset_vector::{Boot, NextMode};
pub use virtio::VirtioSlots;

/// Ticks per second of the board's clock, which the guest sees as its timebase.
pub const TIMEBASE: u64 = 10_000_000;

/// What can be chosen of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardConfig {
    /// 1 to [`aclint::MAX_HARTS`].
    pub harts: u32,
    /// Bytes, a multiple of 4096.
    pub ram_size: u64,
    /// Which interrupt controllers there are.
    pub aia: Aia,
    /// What the harts start.
    pub boot: Boot,
    /// The device tree that they are handed: the board's own ([`fdt::build`]), or any other.
    pub device_tree: Vec<u8>,
}

/// The host's ends of the board's wires.
pub struct Outlets {
    /// Takes what the console prints.
    pub console: Box<dyn Sink>,
    /// Told what the guest asks of the test finisher; must not wait.
    pub on_outcome: Box<dyn FnMut(Outcome) + Send>,
    /// Told what happens to functions of PCI; must not wait.
    pub on_pci_event: Box<dyn Fn(PciEvent) + Send + Sync>,
    /// Nanoseconds since 1970.
    pub host_time: Box<dyn Fn() -> u64 + Send>,
}

/// Why a board cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// Too few or too many harts.
    #[error("a board has 1 to {max} harts, not {0}", max = aclint::MAX_HARTS)]
    Harts(u32),
    /// Too many harts for the interrupt controller's registers.
    #[error("a board with AIA has at most {max} harts, not {0}", max = aplic::MAX_HARTS)]
    AiaHarts(u32),
    /// RAM of an impossible size.
    #[error("RAM must be a non-zero multiple of 4096 bytes that ends below {RAM_LIMIT:#x}, not {0:#x} bytes")]
    RamSize(u64),
    /// The device tree does not fit into RAM.
    #[error("a device tree of {0} bytes does not fit into RAM")]
    DeviceTreeSize(usize),
    /// The host refuses memory.
    #[error("guest memory: {0}")]
    Memory(#[from] std::io::Error),
    /// All virtio-mmio slots are taken.
    #[error("all {count} virtio-mmio slots are taken", count = memmap::VIRTIO_SLOTS)]
    NoVirtioSlot,
    /// The host bridge cannot be made.
    #[error("PCI: {0}")]
    Pci(#[from] PlugError),
    /// The topology refuses the map.
    #[error("memory map: {0}")]
    Topology(#[from] TopologyError),
}

/// Where RAM must end: the harts have 56 bits of physical address.
const RAM_LIMIT: u64 = 1 << 56;

/// A board that is wired up. Cheap parts are public: whoever runs the machine needs them all.
pub struct Board {
    /// What the harts and the board's DMA see.
    pub space: AddressSpaceId,
    /// The root of that space: hot-plugged regions go here.
    pub root: RegionId,
    /// RAM, at [`RAM_BASE`].
    pub ram: Arc<RamBlock>,
    /// Where harts start: the reset vector, and the device tree.
    pub rom: Arc<RamBlock>,
    /// One for each hart, in order of their ids.
    pub attentions: Vec<Arc<Attention>>,
    /// The console: host input is posted to it.
    pub uart: DeviceHandle<Uart>,
    /// The interrupt controllers.
    pub interrupts: Interrupts,
    /// The PCI host bridge: functions are plugged into it.
    pub pci: PciHost,
    /// The device tree, flattened, and where it lies.
    pub device_tree: (u64, Vec<u8>),
    virtio: VirtioSlots,
    aclint: DeviceHandle<Aclint>,
    finisher: DeviceHandle<Finisher>,
    rtc: DeviceHandle<Rtc>,
}

impl Board {
    /// Makes the devices and publishes their places in one transaction. The executive's clock counts [`TIMEBASE`] ticks a second. Control
    /// threads only.
    pub fn new(executive: &Executive, config: BoardConfig, outlets: Outlets) -> Result<Board, BoardError> {
        check(&config)?;
        let tree = config.device_tree;
        let tree_at = device_tree_place(config.ram_size, tree.len()).ok_or(BoardError::DeviceTreeSize(tree.len()))?;
        let ram = Arc::new(RamBlock::anonymous("ram", config.ram_size)?);
        let rom = mrom(config.boot, tree_at)?;

        let attentions: Vec<_> = (0..config.harts).map(|_| Arc::new(Attention::new())).collect();
        let aclint = executive.spawn("clint", Aclint::new(attentions.clone()));
        let interrupts = Interrupts::new(executive, config.aia, &attentions);
        let line = |window: Window| interrupts.line(window.irq());
        let uart = executive.spawn("uart", Uart::new(outlets.console, line(memmap::UART)));
        let rtc = executive.spawn("rtc", Rtc::new(outlets.host_time, line(memmap::RTC)));
        let finisher = executive.spawn("test", Finisher::new(outlets.on_outcome));

        let mut map = executive.topology().transaction();
        let root = map.container("system", 1 << 64);
        let space = map.address_space("memory", root);
        let places = [
            (memmap::MROM, map.rom(memmap::MROM.name, rom.clone())),
            (memmap::FINISHER, device(&mut map, memmap::FINISHER, finisher.mmio(0, finisher::SPEC))),
            (memmap::RTC, device(&mut map, memmap::RTC, rtc.mmio(0, rtc::SPEC))),
            (memmap::CLINT, device(&mut map, memmap::CLINT, aclint.mmio(0, aclint::SPEC))),
            (memmap::UART, device(&mut map, memmap::UART, uart.mmio(0, uart::SPEC))),
        ];
        for (window, region) in places {
            map.add_subregion(root, window.base, region);
        }
        interrupts.map(&mut map, root);
        let virtio = VirtioSlots::new(executive, &mut map, root, line);
        let ram_region = map.ram("ram", ram.clone());
        map.add_subregion(root, RAM_BASE, ram_region);
        map.commit()?;
        let pci_line = |source| interrupts.line(source);
        let pci = pci::host(executive, root, config.ram_size, pci_line, outlets.on_pci_event)?;

        let device_tree = (tree_at, tree);
        let board = Board {
            space,
            root,
            ram,
            rom,
            attentions,
            uart,
            interrupts,
            pci,
            virtio,
            device_tree,
            aclint,
            finisher,
            rtc,
        };
        board.place_device_tree();
        Ok(board)
    }

    /// Puts a virtio device into the highest free virtio-mmio slot and says which it is. Before the machine runs; control threads only.
    pub fn place_virtio(&mut self, executive: &Executive, device: Box<dyn VirtioDevice>) -> Result<usize, BoardError> {
        self.virtio.place(executive, self.space, self.root, device)
    }

    /// Back to power-on, RAM excepted, in which only the device tree is written anew: images are the loader's. The machine is
    /// paused, and the harts are reset by whoever owns them.
    pub fn reset(&self) -> Result<(), BusError> {
        self.virtio.reset()?;
        self.uart.reset()?;
        self.rtc.reset()?;
        self.finisher.reset()?;
        self.pci.reset()?;
        self.interrupts.reset()?;
        self.aclint.reset()?;
        self.place_device_tree();
        Ok(())
    }

    fn place_device_tree(&self) {
        let (address, tree) = &self.device_tree;
        let fits = self.ram.write(address - RAM_BASE, tree);
        debug_assert!(fits, "its address was chosen so that it fits");
    }
}

fn check(config: &BoardConfig) -> Result<(), BoardError> {
    if !(1..=aclint::MAX_HARTS).contains(&(config.harts as usize)) {
        return Err(BoardError::Harts(config.harts));
    }
    if config.aia != Aia::None && config.harts as usize > aplic::MAX_HARTS {
        return Err(BoardError::AiaHarts(config.harts));
    }
    let size = config.ram_size;
    if size == 0 || !size.is_multiple_of(4096) || size > RAM_LIMIT - RAM_BASE {
        return Err(BoardError::RamSize(size));
    }
    Ok(())
}

/// Where a device tree of `len` bytes lies, for a loader that keeps out of its way; `None` where it does not fit.
///
/// As high as it may, in the first 3 GiB of addresses, where every loader reaches it, at a boundary that leaves firmware room to let
/// it grow.
pub fn device_tree_place(ram_size: u64, len: usize) -> Option<u64> {
    const HIGHEST: u64 = 0xc000_0000;
    let align = if ram_size >= 32 << 20 { 2 << 20 } else { 64 << 10 };
    let end = RAM_BASE.saturating_add(ram_size).min(HIGHEST);
    let highest = end.checked_sub(len as u64).map(|start| start - start % align);
    highest.filter(|&start| start >= RAM_BASE)
}

fn mrom(boot: Boot, device_tree: u64) -> Result<Arc<RamBlock>, BoardError> {
    let block = RamBlock::anonymous(memmap::MROM.name, memmap::MROM.size)?;
    let fits = block.write(0, &reset_vector::image(boot, device_tree));
    debug_assert!(fits, "the reset vector is far smaller than its ROM");
    Ok(Arc::new(block))
}

fn device(
    map: &mut manyhart_runtime::Transaction,
    window: Window,
    target: manyhart_runtime::actor::MmioTarget,
) -> RegionId {
    map.mmio(window.name, window.size.into(), target)
}
