//! The device tree of the actual board: nodes for what is there and for nothing else.
//!
//! Sources: Devicetree Specification 0.4; the bindings in Linux's `Documentation/devicetree/bindings` that each `compatible`
//! names. The tree is what Linux, OpenSBI and U-Boot expect of a `virt` board.

mod interrupts;
mod pci;
#[cfg(test)]
mod tests;

use std::ops::Range;

use manyhart_devices::{finisher, uart};
use vm_fdt::{Error, FdtWriter};

use super::memmap::{self, Window};
use super::{Aia, TIMEBASE};

/// What a device tree tells beyond the memory map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// How many harts there are.
    pub harts: u32,
    /// Bytes of RAM.
    pub ram_size: u64,
    /// Which interrupt controllers there are.
    pub aia: Aia,
    /// The kernel's command line.
    pub bootargs: Option<String>,
    /// Where the initial ramdisk lies.
    pub initrd: Option<Range<u64>>,
    /// Entropy for the kernel's generator.
    pub rng_seed: Option<[u8; 32]>,
}

/// The extensions that every hart implements, in canonical order: single letters first.
pub const EXTENSIONS: &[&str] =
    &["i", "m", "a", "f", "d", "c", "zicntr", "zicsr", "zifencei", "zba", "zbb", "zbc", "zbs", "sstc"];
/// Those that come with an IMSIC, behind [`WITH_IMSIC_AFTER`].
const WITH_IMSIC: &[&str] = &["smaia", "ssaia"];
const WITH_IMSIC_AFTER: &str = "zbs";
/// The largest translation mode the harts implement.
const MMU_TYPE: &str = "riscv,sv57";

/// Phandles 1 and 3 to 5 are the interrupt controllers'.
const PHANDLE_FINISHER: u32 = 2;

fn phandle_cpu(hart: u32) -> u32 {
    0x10 + 2 * hart
}

fn phandle_intc(hart: u32) -> u32 {
    phandle_cpu(hart) + 1
}

/// Interrupt numbers at a hart's own controller are bits of mip.
pub(super) const M_SOFTWARE: u32 = 3;
pub(super) const M_TIMER: u32 = 7;
pub(super) const S_EXTERNAL: u32 = 9;
pub(super) const M_EXTERNAL: u32 = 11;

/// The whole tree, flattened.
pub fn build(board: &Description) -> Result<Vec<u8>, Error> {
    let mut fdt = FdtWriter::new()?;
    let root = fdt.begin_node("")?;
    fdt.property_u32("#address-cells", 2)?;
    fdt.property_u32("#size-cells", 2)?;
    fdt.property_string("compatible", "riscv-virtio")?;
    fdt.property_string("model", "manyhart,virt")?;
    chosen(&mut fdt, board)?;
    memory(&mut fdt, board.ram_size)?;
    cpus(&mut fdt, board)?;
    power(&mut fdt, "poweroff", finisher::POWER_OFF)?;
    power(&mut fdt, "reboot", finisher::REBOOT)?;
    soc(&mut fdt, board)?;
    fdt.end_node(root)?;
    fdt.finish()
}

/// What the harts of a board with these interrupt controllers implement.
fn extensions(aia: Aia) -> Vec<&'static str> {
    let with_imsic = |name: &&str| aia == Aia::AplicImsic && *name == WITH_IMSIC_AFTER;
    let more = |name: &&'static str| if with_imsic(name) { WITH_IMSIC } else { &[] };
    EXTENSIONS.iter().flat_map(|name| std::iter::once(name).chain(more(name))).copied().collect()
}

/// The ISA string of the older `riscv,isa` property.
fn isa_string(extensions: &[&str]) -> String {
    let (letters, names): (Vec<&str>, Vec<&str>) = extensions.iter().partition(|name| name.len() == 1);
    format!("rv64{}_{}", letters.concat(), names.join("_"))
}

fn unit(kind: &str, address: u64) -> String {
    format!("{kind}@{address:x}")
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|&text| text.to_owned()).collect()
}

fn console_path() -> String {
    format!("/soc/{}", unit("serial", memmap::UART.base))
}

fn chosen(fdt: &mut FdtWriter, board: &Description) -> Result<(), Error> {
    let aliases = fdt.begin_node("aliases")?;
    fdt.property_string("serial0", &console_path())?;
    fdt.end_node(aliases)?;

    let chosen = fdt.begin_node("chosen")?;
    fdt.property_string("stdout-path", &console_path())?;
    if let Some(bootargs) = &board.bootargs {
        fdt.property_string("bootargs", bootargs)?;
    }
    if let Some(initrd) = &board.initrd {
        fdt.property_u64("linux,initrd-start", initrd.start)?;
        fdt.property_u64("linux,initrd-end", initrd.end)?;
    }
    if let Some(seed) = &board.rng_seed {
        fdt.property("rng-seed", seed)?;
    }
    fdt.end_node(chosen)
}

fn memory(fdt: &mut FdtWriter, size: u64) -> Result<(), Error> {
    let node = fdt.begin_node(&unit("memory", memmap::RAM_BASE))?;
    fdt.property_string("device_type", "memory")?;
    fdt.property_array_u64("reg", &[memmap::RAM_BASE, size])?;
    fdt.end_node(node)
}

fn cpus(fdt: &mut FdtWriter, board: &Description) -> Result<(), Error> {
    let cpus = fdt.begin_node("cpus")?;
    fdt.property_u32("#address-cells", 1)?;
    fdt.property_u32("#size-cells", 0)?;
    fdt.property_u32("timebase-frequency", TIMEBASE as u32)?;
    for hart in 0..board.harts {
        cpu(fdt, hart, &extensions(board.aia))?;
    }
    cpu_map(fdt, board.harts)?;
    fdt.end_node(cpus)
}

fn cpu(fdt: &mut FdtWriter, hart: u32, extensions: &[&str]) -> Result<(), Error> {
    let cpu = fdt.begin_node(&unit("cpu", hart.into()))?;
    fdt.property_string("device_type", "cpu")?;
    fdt.property_u32("reg", hart)?;
    fdt.property_string("status", "okay")?;
    fdt.property_string("compatible", "riscv")?;
    fdt.property_string("riscv,isa", &isa_string(extensions))?;
    fdt.property_string("riscv,isa-base", "rv64i")?;
    fdt.property_string_list("riscv,isa-extensions", strings(extensions))?;
    fdt.property_string("mmu-type", MMU_TYPE)?;
    fdt.property_phandle(phandle_cpu(hart))?;

    let intc = fdt.begin_node("interrupt-controller")?;
    fdt.property_string("compatible", "riscv,cpu-intc")?;
    fdt.property_u32("#interrupt-cells", 1)?;
    fdt.property_null("interrupt-controller")?;
    fdt.property_phandle(phandle_intc(hart))?;
    fdt.end_node(intc)?;
    fdt.end_node(cpu)
}

/// All harts are cores of one cluster.
fn cpu_map(fdt: &mut FdtWriter, harts: u32) -> Result<(), Error> {
    let map = fdt.begin_node("cpu-map")?;
    let cluster = fdt.begin_node("cluster0")?;
    for hart in 0..harts {
        let core = fdt.begin_node(&format!("core{hart}"))?;
        fdt.property_u32("cpu", phandle_cpu(hart))?;
        fdt.end_node(core)?;
    }
    fdt.end_node(cluster)?;
    fdt.end_node(map)
}

/// A value that the test finisher is to be written.
fn power(fdt: &mut FdtWriter, name: &str, value: u32) -> Result<(), Error> {
    let node = fdt.begin_node(name)?;
    fdt.property_string("compatible", &format!("syscon-{name}"))?;
    fdt.property_u32("regmap", PHANDLE_FINISHER)?;
    fdt.property_u32("offset", 0)?;
    fdt.property_u32("value", value)?;
    fdt.end_node(node)
}

fn soc(fdt: &mut FdtWriter, board: &Description) -> Result<(), Error> {
    let (harts, aia) = (board.harts, board.aia);
    let soc = fdt.begin_node("soc")?;
    fdt.property_u32("#address-cells", 2)?;
    fdt.property_u32("#size-cells", 2)?;
    fdt.property_string("compatible", "simple-bus")?;
    fdt.property_null("ranges")?;

    device(fdt, aia, "test", memmap::FINISHER, &["sifive,test1", "sifive,test0", "syscon"], |fdt| {
        fdt.property_phandle(PHANDLE_FINISHER)
    })?;
    device(fdt, aia, "rtc", memmap::RTC, &["google,goldfish-rtc"], |_| Ok(()))?;
    device(fdt, aia, "serial", memmap::UART, &["ns16550a"], |fdt| {
        fdt.property_u32("clock-frequency", uart::CLOCK_HZ as u32)
    })?;
    // In the order in which devices take them, which is the order in which guests then name them.
    for slot in memmap::virtio_slots().rev() {
        device(fdt, aia, "virtio_mmio", slot, &["virtio,mmio"], |_| Ok(()))?;
    }
    device(fdt, aia, "clint", memmap::CLINT, &["sifive,clint0", "riscv,clint0"], |fdt| {
        interrupts_extended(fdt, harts, &[M_SOFTWARE, M_TIMER])
    })?;
    interrupts::nodes(fdt, aia, harts)?;
    pci::node(fdt, board)?;
    fdt.end_node(soc)
}

/// A device with its window, its interrupts and whatever else its binding asks for.
fn device(
    fdt: &mut FdtWriter,
    aia: Aia,
    kind: &str,
    window: Window,
    compatible: &[&str],
    more: impl FnOnce(&mut FdtWriter) -> Result<(), Error>,
) -> Result<(), Error> {
    let node = fdt.begin_node(&unit(kind, window.base))?;
    fdt.property_string_list("compatible", strings(compatible))?;
    fdt.property_array_u64("reg", &[window.base, window.size])?;
    if let Some((first, count)) = window.irqs {
        let sources: Vec<u32> = (first..first + count).flat_map(|n| interrupts::specifier(aia, n)).collect();
        fdt.property_u32("interrupt-parent", interrupts::PARENT)?;
        fdt.property_array_u32("interrupts", &sources)?;
    }
    more(fdt)?;
    fdt.end_node(node)
}

/// Inputs of every hart, in the order of the controller's own registers.
fn interrupts_extended(fdt: &mut FdtWriter, harts: u32, inputs: &[u32]) -> Result<(), Error> {
    let of = |hart| inputs.iter().flat_map(move |&input| [phandle_intc(hart), input]);
    fdt.property_array_u32("interrupts-extended", &(0..harts).flat_map(of).collect::<Vec<_>>())
}
