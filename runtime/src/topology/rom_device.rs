//! ROM devices: memory to whoever reads, registers to whoever writes (flash, most of the time). Switched over, they are registers to both.

use std::sync::Arc;

use super::Target;
use crate::access::shape::Direction;
use crate::actor::MmioTarget;
use crate::iommu::IommuTarget;
use crate::ram::RamBlock;

/// How a ROM device answers. Part of what makes two flat ranges equal: a switch withdraws the one and adds the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RomDeviceMode {
    /// Reads hit the memory, and so does the execution of code; writes hit the device.
    #[default]
    Rom,
    /// Reads and writes hit the device.
    Mmio,
}

/// The two sides of a ROM device.
#[derive(Clone)]
pub struct RomDevice {
    /// What reads hit in [`RomDeviceMode::Rom`].
    pub block: Arc<RamBlock>,
    /// What writes hit, and reads in [`RomDeviceMode::Mmio`].
    pub device: MmioTarget,
}

impl RomDevice {
    /// What answers in this mode.
    pub(crate) fn target(self: &Arc<RomDevice>, mode: RomDeviceMode) -> Target {
        match mode {
            RomDeviceMode::Rom => Target::RomDevice(Arc::clone(self)),
            RomDeviceMode::Mmio => Target::Mmio(self.device.clone()),
        }
    }
}

/// What one direction of access meets.
pub(crate) enum Side<'a> {
    Memory(&'a Arc<RamBlock>),
    Device(&'a MmioTarget),
    /// An IOMMU, which sends it on.
    Elsewhere,
    Nothing,
}

impl Target {
    /// What an access in this direction meets.
    #[inline]
    pub(crate) fn side(&self, direction: Direction) -> Side<'_> {
        match (self, direction) {
            (Target::Ram(block), _) => Side::Memory(block),
            (Target::Mmio(device), _) => Side::Device(device),
            (Target::RomDevice(both), Direction::Read) => Side::Memory(&both.block),
            (Target::RomDevice(both), Direction::Write) => Side::Device(&both.device),
            (Target::Iommu(_), _) => Side::Elsewhere,
            (Target::Reservation, _) => Side::Nothing,
        }
    }

    /// The memory that reads hit, if they hit memory.
    #[inline]
    pub fn memory(&self) -> Option<&Arc<RamBlock>> {
        match self {
            Target::Ram(block) => Some(block),
            Target::RomDevice(both) => Some(&both.block),
            Target::Mmio(_) | Target::Iommu(_) | Target::Reservation => None,
        }
    }

    /// The device that writes hit, if they hit one.
    #[inline]
    pub fn device(&self) -> Option<&MmioTarget> {
        match self {
            Target::Mmio(device) => Some(device),
            Target::RomDevice(both) => Some(&both.device),
            Target::Ram(_) | Target::Iommu(_) | Target::Reservation => None,
        }
    }

    /// What translates, if it does.
    pub(crate) fn iommu(&self) -> Option<&IommuTarget> {
        match self {
            Target::Iommu(target) => Some(target),
            _ => None,
        }
    }
}
