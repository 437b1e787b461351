//! The node of the PCI host bridge: the bindings `pci-host-ecam-generic` ("PCI Bus Binding to IEEE 1275-1994", 2.1).

use vm_fdt::{Error, FdtWriter};

use super::{Description, interrupts, memmap, unit};
use crate::board::Aia;

/// The first cell of a PCI address: the space, and the device of a configuration address.
const SPACE_IO: u32 = 0x0100_0000;
const SPACE_MEMORY_32: u32 = 0x0200_0000;
const SPACE_MEMORY_64: u32 = 0x0300_0000;
const DEVICE_SHIFT: u32 = 11;
/// Pins and lines: four of each.
const PINS: u32 = 4;

/// The host bridge of this board.
pub(super) fn node(fdt: &mut FdtWriter, board: &Description) -> Result<(), Error> {
    let ecam = memmap::PCI_ECAM;
    let node = fdt.begin_node(&unit("pci", ecam.base))?;
    fdt.property_string("compatible", "pci-host-ecam-generic")?;
    fdt.property_string("device_type", "pci")?;
    fdt.property_u32("#address-cells", 3)?;
    fdt.property_u32("#size-cells", 2)?;
    fdt.property_u32("#interrupt-cells", 1)?;
    fdt.property_u32("linux,pci-domain", 0)?;
    fdt.property_array_u32("bus-range", &[0, 0xff])?;
    fdt.property_null("dma-coherent")?;
    fdt.property_array_u64("reg", &[ecam.base, ecam.size])?;
    fdt.property_array_u32("ranges", &ranges(board.ram_size))?;
    fdt.property_array_u32("interrupt-map-mask", &[(PINS - 1) << DEVICE_SHIFT, 0, 0, 7])?;
    fdt.property_array_u32("interrupt-map", &interrupt_map(board.aia))?;
    if let Some(parent) = interrupts::message_parent(board.aia) {
        fdt.property_u32("msi-parent", parent)?;
    }
    fdt.end_node(node)
}

/// What each window shows: bus address, system address, size.
fn ranges(ram_size: u64) -> Vec<u32> {
    let high = memmap::pci_mmio64(ram_size);
    let windows = [
        (SPACE_IO, 0, memmap::PCI_PIO),
        (SPACE_MEMORY_32, memmap::PCI_MMIO32.base, memmap::PCI_MMIO32),
        (SPACE_MEMORY_64, high.base, high),
    ];
    let halves = |value: u64| [(value >> 32) as u32, value as u32];
    let range = |(space, bus, window): (u32, u64, memmap::Window)| {
        [vec![space], [bus, window.base, window.size].into_iter().flat_map(halves).collect()].concat()
    };
    windows.into_iter().flat_map(range).collect()
}

/// Which line each pin of each device of the root bus drives: they go round.
fn interrupt_map(aia: Aia) -> Vec<u32> {
    let first = memmap::PCI_ECAM.irq();
    let entry = |device: u32, pin: u32| {
        let line = interrupts::specifier(aia, first + (device + pin - 1) % PINS);
        [vec![device << DEVICE_SHIFT, 0, 0, pin, interrupts::PARENT], line].concat()
    };
    (0..PINS).flat_map(|device| (1..=PINS).flat_map(move |pin| entry(device, pin))).collect()
}
