//! The nodes of the interrupt controllers, and how others refer to them: the bindings `sifive,plic-1.0.0`, `riscv,aplic` and `riscv,imsics`.

use manyhart_devices::{aplic, imsic, plic};
use vm_fdt::{Error, FdtWriter};

use super::{M_EXTERNAL, S_EXTERNAL, device, interrupts_extended, memmap, strings, unit};
use crate::board::Aia;
use crate::board::memmap::Window;

/// The controller that wires lead to, as supervisor mode sees it.
const PHANDLE_WIRED: u32 = 1;
const PHANDLE_APLIC_M: u32 = 3;
const PHANDLE_IMSIC_M: u32 = 4;
const PHANDLE_IMSIC_S: u32 = 5;

/// "Active while high", in the cells after a source's number.
const LEVEL_HIGH: u32 = 4;

/// Who takes wires.
pub(super) const PARENT: u32 = PHANDLE_WIRED;

/// Who takes messages, if somebody does.
pub(super) fn message_parent(aia: Aia) -> Option<u32> {
    (aia == Aia::AplicImsic).then_some(PHANDLE_IMSIC_S)
}

/// A source, as the cells that the parent asks for.
pub(super) fn specifier(aia: Aia, source: u32) -> Vec<u32> {
    match aia {
        Aia::None => vec![source],
        Aia::Aplic | Aia::AplicImsic => vec![source, LEVEL_HIGH],
    }
}

/// All nodes of a board's controllers.
pub(super) fn nodes(fdt: &mut FdtWriter, aia: Aia, harts: u32) -> Result<(), Error> {
    match aia {
        Aia::None => plic_node(fdt, harts),
        Aia::Aplic => aplics(fdt, aia, harts),
        Aia::AplicImsic => {
            imsics(fdt, memmap::IMSIC_M, PHANDLE_IMSIC_M, M_EXTERNAL, harts)?;
            imsics(fdt, memmap::IMSIC_S, PHANDLE_IMSIC_S, S_EXTERNAL, harts)?;
            aplics(fdt, aia, harts)
        }
    }
}

fn plic_node(fdt: &mut FdtWriter, harts: u32) -> Result<(), Error> {
    device(fdt, Aia::None, "plic", memmap::PLIC, &["sifive,plic-1.0.0", "riscv,plic0"], |fdt| {
        fdt.property_phandle(PHANDLE_WIRED)?;
        controller(fdt, 1)?;
        fdt.property_u32("riscv,ndev", plic::SOURCES - 1)?;
        interrupts_extended(fdt, harts, &[M_EXTERNAL, S_EXTERNAL])
    })
}

fn controller(fdt: &mut FdtWriter, cells: u32) -> Result<(), Error> {
    fdt.property_u32("#address-cells", 0)?;
    fdt.property_u32("#interrupt-cells", cells)?;
    fdt.property_null("interrupt-controller")
}

/// The domain of supervisor level, and above it the root.
fn aplics(fdt: &mut FdtWriter, aia: Aia, harts: u32) -> Result<(), Error> {
    let levels = [
        (memmap::APLIC_S, PHANDLE_WIRED, PHANDLE_IMSIC_S, S_EXTERNAL),
        (memmap::APLIC_M, PHANDLE_APLIC_M, PHANDLE_IMSIC_M, M_EXTERNAL),
    ];
    for (window, phandle, messages, input) in levels {
        let node = fdt.begin_node(&unit("interrupt-controller", window.base))?;
        fdt.property_string_list("compatible", strings(&["qemu,aplic", "riscv,aplic"]))?;
        fdt.property_array_u64("reg", &[window.base, window.size])?;
        fdt.property_phandle(phandle)?;
        controller(fdt, 2)?;
        fdt.property_u32("riscv,num-sources", aplic::SOURCES)?;
        match aia {
            Aia::AplicImsic => fdt.property_u32("msi-parent", messages)?,
            Aia::None | Aia::Aplic => interrupts_extended(fdt, harts, &[input])?,
        }
        if window == memmap::APLIC_M {
            let delegated = [PHANDLE_WIRED, 1, aplic::SOURCES];
            fdt.property_u32("riscv,children", PHANDLE_WIRED)?;
            fdt.property_array_u32("riscv,delegation", &delegated)?;
            // The name of before the binding was settled, which older firmware asks for.
            fdt.property_array_u32("riscv,delegate", &delegated)?;
        }
        fdt.end_node(node)?;
    }
    Ok(())
}

/// The IMSICs of one level.
fn imsics(fdt: &mut FdtWriter, window: Window, phandle: u32, input: u32, harts: u32) -> Result<(), Error> {
    let node = fdt.begin_node(&unit("interrupt-controller", window.base))?;
    fdt.property_string_list("compatible", strings(&["qemu,imsics", "riscv,imsics"]))?;
    fdt.property_array_u64("reg", &[window.base, imsic::PAGE * u64::from(harts)])?;
    fdt.property_phandle(phandle)?;
    fdt.property_u32("#interrupt-cells", 0)?;
    fdt.property_null("interrupt-controller")?;
    fdt.property_null("msi-controller")?;
    fdt.property_u32("#msi-cells", 0)?;
    fdt.property_u32("riscv,num-ids", imsic::IDENTITIES)?;
    interrupts_extended(fdt, harts, &[input])?;
    fdt.end_node(node)
}
