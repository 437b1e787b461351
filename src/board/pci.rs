//! The board's PCI: the host's windows where the memory map says, its lines at the interrupt controller.

use manyhart_devices::pci::{HostConfig, HostWindow, PciEvent, PciHost, PlugError};
use manyhart_runtime::{Executive, Line, RegionId};

use super::memmap::{self, Window};

/// Puts the host bridge on a board with `ram_size` bytes of RAM. `line` makes a line to an input of the interrupt controller.
pub(super) fn host(
    executive: &Executive,
    system: RegionId,
    ram_size: u64,
    line: impl Fn(u32) -> Line,
    on_event: Box<dyn Fn(PciEvent) + Send + Sync>,
) -> Result<PciHost, PlugError> {
    let first = memmap::PCI_ECAM.irq();
    let config = HostConfig {
        system,
        ecam: memmap::PCI_ECAM.base,
        memory: [memmap::PCI_MMIO32, memmap::pci_mmio64(ram_size)].map(|window| shown(window, window.base)).to_vec(),
        io: shown(memmap::PCI_PIO, 0),
        intx: [0, 1, 2, 3].map(|pin| line(first + pin)),
        on_event,
    };
    PciHost::new(executive, config)
}

fn shown(window: Window, bus_address: u64) -> HostWindow {
    HostWindow { name: window.name, base: window.base, size: window.size, bus_address }
}
