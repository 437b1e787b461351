//! Which interrupt controllers the board has, and how wires and messages reach harts through them.
//!
//! Sources have the same numbers whatever the controller is. At each hart external interrupts are bits of `mip`: machine mode's 11,
//! supervisor mode's 9.

use std::sync::Arc;

use manyhart_devices::aplic::{self, Aplic};
use manyhart_devices::imsic;
use manyhart_devices::plic::{self, Plic};
use manyhart_runtime::{
    Attention, BusError, DeviceHandle, Executive, InterruptFile, Line, LineSink, RegionId, Transaction,
};

use super::fdt::{M_EXTERNAL, S_EXTERNAL};
use super::memmap::{self, Window};

/// How much of the Advanced Interrupt Architecture the board has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aia {
    /// Nothing: a PLIC.
    #[default]
    None,
    /// An APLIC that drives a wire to each hart.
    Aplic,
    /// An APLIC that sends messages, and an IMSIC at each hart.
    AplicImsic,
}

/// What wires lead to.
enum Wired {
    Plic(DeviceHandle<Plic>),
    Aplic(DeviceHandle<Aplic>),
}

/// The board's interrupt controllers.
pub struct Interrupts {
    wired: Wired,
    inputs: Arc<dyn LineSink>,
    /// Each hart's interrupt files, machine mode's and supervisor mode's; none without IMSICs.
    files: Vec<[Arc<InterruptFile>; 2]>,
}

impl Interrupts {
    /// The controllers of harts with these attentions.
    pub(super) fn new(executive: &Executive, aia: Aia, attentions: &[Arc<Attention>]) -> Interrupts {
        match aia {
            Aia::None => {
                let plic = executive.spawn("plic", Plic::new(outputs(attentions)));
                Interrupts { inputs: plic::inputs(&plic), wired: Wired::Plic(plic), files: Vec::new() }
            }
            Aia::Aplic => {
                let wires = |bit| attentions.iter().map(|hart| Line::new(hart.clone(), bit)).collect();
                Interrupts::by_aplic(executive, Aplic::direct(wires(M_EXTERNAL), wires(S_EXTERNAL)), Vec::new())
            }
            Aia::AplicImsic => {
                let file =
                    |hart: &Arc<Attention>, bit| Arc::new(InterruptFile::new(imsic::IDENTITIES, Arc::clone(hart), bit));
                let files: Vec<_> =
                    attentions.iter().map(|hart| [M_EXTERNAL, S_EXTERNAL].map(|bit| file(hart, bit))).collect();
                let aplic = Aplic::messages(of_level(&files, 0), of_level(&files, 1));
                Interrupts::by_aplic(executive, aplic, files)
            }
        }
    }

    fn by_aplic(executive: &Executive, aplic: Aplic, files: Vec<[Arc<InterruptFile>; 2]>) -> Interrupts {
        let aplic = executive.spawn("aplic", aplic);
        Interrupts { inputs: aplic::inputs(&aplic), wired: Wired::Aplic(aplic), files }
    }

    /// A wire to a source.
    pub fn line(&self, source: u32) -> Line {
        Line::new(Arc::clone(&self.inputs), source)
    }

    /// What a hart with this number is given, where there are IMSICs.
    pub fn files_of(&self, hart: u32) -> Option<[Arc<InterruptFile>; 2]> {
        self.files.get(hart as usize).cloned()
    }

    /// Puts the controllers' registers in their places.
    pub(super) fn map(&self, map: &mut Transaction, root: RegionId) {
        let mut place = |window: Window, size: u64, target| {
            let region = map.mmio(window.name, size.into(), target);
            map.add_subregion(root, window.base, region);
        };
        match &self.wired {
            Wired::Plic(plic) => place(memmap::PLIC, plic::SIZE, plic.mmio(0, plic::SPEC)),
            Wired::Aplic(aplic) => {
                place(memmap::APLIC_M, aplic::SIZE, aplic.mmio(aplic::MACHINE, aplic::SPEC));
                place(memmap::APLIC_S, aplic::SIZE, aplic.mmio(aplic::SUPERVISOR, aplic::SPEC));
            }
        }
        if !self.files.is_empty() {
            let size = imsic::PAGE * self.files.len() as u64;
            for (window, level) in [(memmap::IMSIC_M, 0), (memmap::IMSIC_S, 1)] {
                place(window, size, imsic::pages(window.name, of_level(&self.files, level)));
            }
        }
    }

    /// Back to power-on. The machine is paused, and who drives wires is reset already.
    pub(super) fn reset(&self) -> Result<(), BusError> {
        match &self.wired {
            Wired::Plic(plic) => plic.reset()?,
            Wired::Aplic(aplic) => aplic.reset()?,
        }
        self.files.iter().flatten().for_each(|file| file.reset());
        Ok(())
    }
}

fn of_level(files: &[[Arc<InterruptFile>; 2]], level: usize) -> Vec<Arc<InterruptFile>> {
    files.iter().map(|levels| Arc::clone(&levels[level])).collect()
}

/// The PLIC's contexts: of each hart first M-mode's, then S-mode's, as the device tree says.
fn outputs(attentions: &[Arc<Attention>]) -> Vec<Line> {
    let lines = |hart: &Arc<Attention>| [M_EXTERNAL, S_EXTERNAL].map(|bit| Line::new(hart.clone(), bit));
    attentions.iter().flat_map(lines).collect()
}
