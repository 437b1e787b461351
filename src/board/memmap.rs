//! The board's memory map: the one table from which the address space, the device tree and the documentation come.
//!
//! Addresses are guest-physical, sizes in bytes; interrupt numbers are inputs of the PLIC, or of the APLIC in its place. The layout is that of the `virt`
//! board which Linux, OpenSBI and U-Boot know.

/// One window of the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its name in the region tree.
    pub name: &'static str,
    /// Its first address.
    pub base: u64,
    /// Its length in bytes.
    pub size: u64,
    /// The PLIC inputs that belong to it: the first, and how many.
    pub irqs: Option<(u32, u32)>,
}

impl Window {
    const fn new(name: &'static str, base: u64, size: u64) -> Window {
        Window { name, base, size, irqs: None }
    }

    const fn irqs(self, first: u32, count: u32) -> Window {
        Window { irqs: Some((first, count)), ..self }
    }

    /// The first of its PLIC inputs; 0, which no device has, where there is none.
    pub const fn irq(self) -> u32 {
        match self.irqs {
            Some((first, _)) => first,
            None => 0,
        }
    }

    /// Its last address.
    pub const fn last(self) -> u64 {
        self.base + (self.size - 1)
    }
}

/// The reset vector and its data.
pub const MROM: Window = Window::new("mrom", 0x1000, 0xf000);
/// The SiFive test finisher: power-off, reboot, exit codes.
pub const FINISHER: Window = Window::new("test", 0x10_0000, 0x1000);
/// The goldfish real-time clock.
pub const RTC: Window = Window::new("rtc", 0x10_1000, 0x1000).irqs(11, 1);
/// MSIP, MTIMECMP and MTIME in the layout of the SiFive CLINT.
pub const CLINT: Window = Window::new("clint", 0x200_0000, 0x1_0000);
/// PCI port I/O.
pub const PCI_PIO: Window = Window::new("pci-pio", 0x300_0000, 0x1_0000);
/// The PLIC, with room for as many contexts as its register layout has.
pub const PLIC: Window = Window::new("plic", 0xc00_0000, 0x400_0000);
/// The APLIC's domain at machine level, and that at supervisor level: in the PLIC's place.
pub const APLIC_M: Window = Window::new("aplic-m", 0xc00_0000, 0x8000);
/// See [`APLIC_M`].
pub const APLIC_S: Window = Window::new("aplic-s", 0xd00_0000, 0x8000);
/// The console.
pub const UART: Window = Window::new("uart", 0x1000_0000, 0x100).irqs(10, 1);
/// Eight virtio-mmio slots of 4 KiB.
pub const VIRTIO: Window = Window::new("virtio-mmio", 0x1000_1000, 0x8000).irqs(1, 8);
/// How many slots there are.
pub const VIRTIO_SLOTS: u32 = 8;
/// The firmware configuration device.
pub const FW_CFG: Window = Window::new("fw-cfg", 0x1010_0000, 0x18);
/// Two banks of flash, 32 MiB each.
pub const FLASH: Window = Window::new("flash", 0x2000_0000, 0x400_0000);
/// The IMSICs' pages at machine level, 4 KiB for each hart.
pub const IMSIC_M: Window = Window::new("imsic-m", 0x2400_0000, 0x400_0000);
/// The same at supervisor level.
pub const IMSIC_S: Window = Window::new("imsic-s", 0x2800_0000, 0x400_0000);
/// PCI configuration space: 256 buses of 1 MiB.
pub const PCI_ECAM: Window = Window::new("pci-ecam", 0x3000_0000, 0x1000_0000).irqs(32, 4);
/// PCI memory below 4 GiB.
pub const PCI_MMIO32: Window = Window::new("pci-mmio32", 0x4000_0000, 0x4000_0000);
/// Where RAM starts; its size is the user's.
pub const RAM_BASE: u64 = 0x8000_0000;
/// The size of the 64-bit PCI window, and what its start is rounded up to (see [`pci_mmio64`]).
pub const PCI_MMIO64_SIZE: u64 = 16 << 30;

/// Every window whose place is fixed, in ascending order.
pub const FIXED: &[Window] =
    &[MROM, FINISHER, RTC, CLINT, PCI_PIO, PLIC, UART, VIRTIO, FW_CFG, FLASH, PCI_ECAM, PCI_MMIO32];

/// Each virtio-mmio slot, with its own input of the PLIC, in ascending order.
pub fn virtio_slots() -> impl DoubleEndedIterator<Item = Window> {
    let size = VIRTIO.size / u64::from(VIRTIO_SLOTS);
    (0..VIRTIO_SLOTS).map(move |slot| {
        Window::new(VIRTIO.name, VIRTIO.base + u64::from(slot) * size, size).irqs(VIRTIO.irq() + slot, 1)
    })
}

/// What there is of the Advanced Interrupt Architecture, on a board without a PLIC, in ascending order.
pub const AIA: &[Window] = &[APLIC_M, APLIC_S, IMSIC_M, IMSIC_S];

/// PCI memory above RAM: the first 16 GiB boundary at or after its end.
pub fn pci_mmio64(ram_size: u64) -> Window {
    let base = (RAM_BASE + ram_size).next_multiple_of(PCI_MMIO64_SIZE);
    Window::new("pci-mmio64", base, PCI_MMIO64_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_ascend_and_stay_apart() {
        let mut with_aia: Vec<Window> = FIXED.iter().chain(AIA).copied().filter(|window| *window != PLIC).collect();
        with_aia.sort_by_key(|window| window.base);
        for pair in FIXED.windows(2).chain(AIA.windows(2)).chain(with_aia.windows(2)) {
            assert!(pair[0].last() < pair[1].base, "{} runs into {}", pair[0].name, pair[1].name);
        }
        assert!(FIXED.last().is_some_and(|w| w.last() < RAM_BASE));
    }

    #[test]
    fn each_interrupt_belongs_to_one_window() {
        let mut owner = [None; manyhart_devices::plic::SOURCES as usize];
        for window in FIXED {
            let Some((first, count)) = window.irqs else { continue };
            for irq in first..first + count {
                assert_ne!(irq, 0, "source 0 does not exist");
                assert_eq!(owner[irq as usize].replace(window.name), None, "interrupt {irq}");
            }
        }
    }

    #[test]
    fn the_64_bit_window_follows_ram() {
        let cases = [(512 << 20, 0x4_0000_0000), (14 << 30, 0x4_0000_0000), (15 << 30, 0x8_0000_0000)];
        for (ram, want) in cases {
            assert_eq!(pci_mmio64(ram).base, want, "{ram:#x}");
        }
    }
}
