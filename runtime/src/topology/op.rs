//! What a transaction records: one value for each thing that can be asked of the topology.

use std::sync::Arc;

use super::{AddressSpaceId, Doorbell, RegionId, RegionKind, RomDevice, RomDeviceMode};
use crate::actor::MmioTarget;
use crate::iommu::IommuTarget;
use crate::ram::{DirtyClient, RamBlock};

/// One change. The ids of what it makes were handed out when it was recorded.
pub(crate) enum Op {
    Create { id: RegionId, name: Box<str>, size: u128, kind: Kind },
    CreateIommu { id: RegionId, size: u128, target: IommuTarget },
    InvalidateTranslations { region: RegionId },
    CreateSpace { id: AddressSpaceId, name: Box<str>, root: RegionId },
    CloseSpace { id: AddressSpaceId },
    AssignDevice { device: u32, space: Option<AddressSpaceId> },
    Add { parent: RegionId, child: RegionId, offset: u64, stacking: Stacking },
    Del { parent: RegionId, child: RegionId },
    SetEnabled { region: RegionId, enabled: bool },
    SetAddress { region: RegionId, offset: u64 },
    SetSize { region: RegionId, size: u128 },
    SetAliasOffset { region: RegionId, alias_offset: u64 },
    SetReadOnly { region: RegionId, read_only: bool },
    SetLog { region: RegionId, mask: u8 },
    AddEventfd { region: RegionId, doorbell: Doorbell },
    DelEventfd { region: RegionId, offset: u64, size: Option<u8>, value: Option<u64> },
    SetRomDeviceMode { region: RegionId, mode: RomDeviceMode },
    LogFor { region: RegionId, client: DirtyClient, on: bool },
    DropMarks,
    AddCoalescing { region: RegionId, offset: u64, size: u128 },
    ClearCoalescing { region: RegionId },
    SetForgiving { region: RegionId, forgiving: bool },
    SetFlushCoalesced { region: RegionId, flush: bool },
    Destroy { region: RegionId },
}

/// What a region is.
#[derive(Clone)]
pub(crate) enum Kind {
    /// Holds others, answers nothing itself.
    Container,
    /// Memory.
    Ram(Arc<RamBlock>),
    /// Memory that refuses writes.
    Rom(Arc<RamBlock>),
    /// A device's registers.
    Mmio(MmioTarget),
    /// Memory to reads, a device to writes, or a device to both.
    RomDevice(Arc<RomDevice>, RomDeviceMode),
    /// A window of another region from `offset` on.
    Alias { target: RegionId, offset: u64 },
    /// Decodes, never answers.
    Reservation,
    /// Translates into an address space, whose root is `root`.
    Iommu { target: IommuTarget, root: RegionId },
    /// In surveys only, never in the live tree: stands for what answers, and holds on to none of it. `root` is where an IOMMU leads to.
    Shape { kind: RegionKind, root: Option<RegionId> },
}

impl Kind {
    pub(crate) fn name(&self) -> RegionKind {
        match *self {
            Kind::Container => RegionKind::Container,
            Kind::Ram(_) => RegionKind::Ram,
            Kind::Rom(_) => RegionKind::Rom,
            Kind::Mmio(_) => RegionKind::Mmio,
            Kind::RomDevice(_, mode) => RegionKind::RomDevice(mode),
            Kind::Alias { .. } => RegionKind::Alias,
            Kind::Reservation => RegionKind::Reservation,
            Kind::Iommu { .. } => RegionKind::Iommu,
            Kind::Shape { kind, .. } => kind,
        }
    }

    /// The memory that is the region, if it is memory.
    pub(crate) fn block(&self) -> Option<&Arc<RamBlock>> {
        match self {
            Kind::Ram(block) | Kind::Rom(block) => Some(block),
            Kind::RomDevice(both, _) => Some(&both.block),
            _ => None,
        }
    }
}

/// How a child takes its place among its siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stacking {
    /// At priority 0, and no other such sibling may share an address with it.
    Exclusive,
    /// Wherever it falls, at this priority.
    Overlap(i32),
}

impl Stacking {
    pub(crate) fn priority(self) -> i32 {
        match self {
            Stacking::Exclusive => 0,
            Stacking::Overlap(priority) => priority,
        }
    }
}
