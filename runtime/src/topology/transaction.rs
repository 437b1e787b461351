//! The transaction builder: records operations, hands out ids, decides nothing. Whether the list is lawful is found out when it is
//! applied, whole (see `apply`).

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use super::actor::TopologyActor;
use super::op::{Kind, Op, Stacking};
use super::{AddressSpaceId, Doorbell, RegionId, RomDevice, RomDeviceMode};
use crate::actor::MmioTarget;
use crate::eventfd::EventFd;
use crate::grace::Graces;
use crate::iommu::{IommuTarget, Translator};
use crate::mailbox::Mailbox;
use crate::ram::{DirtyClient, RamBlock};

/// Hands out ids, each once, to every transaction of one topology.
///
/// Plain counters in every build: nothing is published through them, they only have to differ.
#[derive(Debug, Default)]
pub(crate) struct IdSource {
    regions: AtomicU64,
    spaces: AtomicU32,
}

impl IdSource {
    fn region(&self) -> RegionId {
        RegionId(self.regions.fetch_add(1, Ordering::Relaxed))
    }

    fn space(&self) -> AddressSpaceId {
        AddressSpaceId(self.spaces.fetch_add(1, Ordering::Relaxed))
    }
}

/// Changes that are validated whole and published as one generation, or refused whole. The ids it hands out are good at once for later
/// calls on the same transaction, and for everybody once it is committed.
///
/// Operations apply in the order in which they were recorded, so a region is taken out of one parent before it is put into another; only
/// overlaps are judged at the end, so that two siblings may trade places. Recording never fails: what is unlawful, and why, is the
/// [`TopologyError`](crate::TopologyError) of the commit.
///
/// Offsets, addresses and sizes are in bytes; an offset counts from the parent's start.
#[must_use = "nothing happens before commit or post"]
pub struct Transaction {
    ops: Vec<Op>,
    ids: Arc<IdSource>,
    /// Where it is sent; it keeps no topology alive.
    to: Weak<Mailbox<TopologyActor>>,
    /// Where whoever commits helps.
    pub(super) graces: Weak<Graces>,
}

impl Transaction {
    /// An empty list.
    pub(crate) fn new(ids: Arc<IdSource>, to: Weak<Mailbox<TopologyActor>>, graces: Weak<Graces>) -> Transaction {
        Transaction { ops: Vec::new(), ids, to, graces }
    }

    /// What was recorded, and where it goes.
    pub(super) fn into_parts(self) -> (Vec<Op>, Weak<Mailbox<TopologyActor>>) {
        (self.ops, self.to)
    }

    /// What was recorded.
    #[cfg(test)]
    pub(super) fn into_ops(self) -> Vec<Op> {
        self.ops
    }

    fn create(&mut self, name: &str, size: u128, kind: Kind) -> RegionId {
        let id = self.ids.region();
        self.ops.push(Op::Create { id, name: name.into(), size, kind });
        id
    }

    pub(super) fn push(&mut self, op: Op) -> &mut Transaction {
        self.ops.push(op);
        self
    }

    /// A region that only holds others. Sizes go up to and include 2^64.
    pub fn container(&mut self, name: &str, size: u128) -> RegionId {
        self.create(name, size, Kind::Container)
    }

    /// Memory, all of `block`.
    pub fn ram(&mut self, name: &str, block: Arc<RamBlock>) -> RegionId {
        self.create(name, u128::from(block.size()), Kind::Ram(block))
    }

    /// Memory that refuses writes.
    pub fn rom(&mut self, name: &str, block: Arc<RamBlock>) -> RegionId {
        self.create(name, u128::from(block.size()), Kind::Rom(block))
    }

    /// A device's registers.
    pub fn mmio(&mut self, name: &str, size: u128, target: MmioTarget) -> RegionId {
        self.create(name, size, Kind::Mmio(target))
    }

    /// Memory to reads and a device to writes, all of `block`, in [`RomDeviceMode::Rom`] at first. The device's handlers see a switch when
    /// they ask for it: nobody else is told.
    pub fn rom_device(&mut self, name: &str, block: Arc<RamBlock>, device: MmioTarget) -> RegionId {
        let (size, both) = (u128::from(block.size()), Arc::new(RomDevice { block, device }));
        self.create(name, size, Kind::RomDevice(both, RomDeviceMode::Rom))
    }

    /// A window of `target` from `alias_offset` on.
    pub fn alias(&mut self, name: &str, target: RegionId, alias_offset: u64, size: u128) -> RegionId {
        self.create(name, size, Kind::Alias { target, offset: alias_offset })
    }

    /// Decodes and never answers.
    pub fn reservation(&mut self, name: &str, size: u128) -> RegionId {
        self.create(name, size, Kind::Reservation)
    }

    /// Translates: an access to it goes on in `space`, which is there already, wherever the translator says. To be placed where `space`
    /// does not lead back to it.
    pub fn iommu(
        &mut self,
        name: &str,
        size: u128,
        translator: Arc<dyn Translator>,
        space: AddressSpaceId,
    ) -> RegionId {
        let id = self.ids.region();
        self.ops.push(Op::CreateIommu { id, size, target: IommuTarget::new(name, translator, space) });
        id
    }

    /// To be committed after a translator was told to forget: readers drop what they cached behind the region, and `Retired` completes when
    /// no access is under way that was translated before the commit.
    pub fn invalidate_translations(&mut self, iommu: RegionId) -> &mut Transaction {
        self.push(Op::InvalidateTranslations { region: iommu })
    }

    /// An address space with this root.
    pub fn address_space(&mut self, name: &str, root: RegionId) -> AddressSpaceId {
        let id = self.ids.space();
        self.ops.push(Op::CreateSpace { id, name: name.into(), root });
        id
    }

    /// Ends an address space: refused while a device sees it or a region translates into it. Its root stays, and may be destroyed from then on. From
    /// the commit on nothing answers there ([`BusError::NoSpace`](crate::BusError::NoSpace)), what the space showed is withdrawn as if it had been
    /// unmapped, and its listeners are told so. The id is never used again.
    pub fn close_address_space(&mut self, space: AddressSpaceId) -> &mut Transaction {
        self.push(Op::CloseSpace { id: space })
    }

    /// Has the DMA of a device, by the number of [`crate::Requester::Device`], see `space`. When it saw another one before, `Retired`
    /// completes when nothing is under way there.
    pub fn assign_device(&mut self, device: u32, space: AddressSpaceId) -> &mut Transaction {
        self.push(Op::AssignDevice { device, space: Some(space) })
    }

    /// Takes a device's space away: nothing answers it any more. Otherwise as [`Transaction::assign_device`].
    pub fn unassign_device(&mut self, device: u32) -> &mut Transaction {
        self.push(Op::AssignDevice { device, space: None })
    }

    /// Places `child` in `parent`, at priority 0; refused when it overlaps a sibling and neither permits that.
    pub fn add_subregion(&mut self, parent: RegionId, offset: u64, child: RegionId) -> &mut Transaction {
        self.push(Op::Add { parent, child, offset, stacking: Stacking::Exclusive })
    }

    /// Places `child` where others may be; the higher priority wins, the later at equal priority.
    pub fn add_subregion_overlap(
        &mut self,
        parent: RegionId,
        offset: u64,
        child: RegionId,
        priority: i32,
    ) -> &mut Transaction {
        self.push(Op::Add { parent, child, offset, stacking: Stacking::Overlap(priority) })
    }

    /// Takes `child` out of `parent`.
    pub fn del_subregion(&mut self, parent: RegionId, child: RegionId) -> &mut Transaction {
        self.push(Op::Del { parent, child })
    }

    /// Shows or hides a region, its children and every alias of it.
    pub fn set_enabled(&mut self, region: RegionId, enabled: bool) -> &mut Transaction {
        self.push(Op::SetEnabled { region, enabled })
    }

    /// Moves a region inside its parent. It keeps its place among its siblings: moving is not adding.
    pub fn set_address(&mut self, region: RegionId, offset: u64) -> &mut Transaction {
        self.push(Op::SetAddress { region, offset })
    }

    /// Changes a region's size (not of RAM or ROM).
    pub fn set_size(&mut self, region: RegionId, size: u128) -> &mut Transaction {
        self.push(Op::SetSize { region, size })
    }

    /// Moves an alias's window over its target.
    pub fn set_alias_offset(&mut self, region: RegionId, alias_offset: u64) -> &mut Transaction {
        self.push(Op::SetAliasOffset { region, alias_offset })
    }

    /// Refuses or admits writes to a region and what is below it.
    pub fn set_read_only(&mut self, region: RegionId, read_only: bool) -> &mut Transaction {
        self.push(Op::SetReadOnly { region, read_only })
    }

    /// Gives a device's region a doorbell: a write of `size` bytes (of any size where there is none) of `value` (of any value) at `offset`
    /// signals `fd` and does not reach the device. Refused where one write would ring two, and where none could ring it.
    pub fn add_eventfd(
        &mut self,
        region: RegionId,
        offset: u64,
        size: Option<u8>,
        value: Option<u64>,
        fd: Arc<EventFd>,
    ) -> &mut Transaction {
        self.push(Op::AddEventfd { region, doorbell: Doorbell { offset, size, value, fd } })
    }

    /// Takes a doorbell away again. When the commit is retired no write can ring it any more.
    pub fn del_eventfd(
        &mut self,
        region: RegionId,
        offset: u64,
        size: Option<u8>,
        value: Option<u64>,
    ) -> &mut Transaction {
        self.push(Op::DelEventfd { region, offset, size, value })
    }

    /// Switches a ROM device's reads between its memory and its device.
    pub fn set_rom_device_mode(&mut self, region: RegionId, mode: RomDeviceMode) -> &mut Transaction {
        self.push(Op::SetRomDeviceMode { region, mode })
    }

    /// Says which dirty-log clients log a region and what is below it: one bit for each, see [`super::FlatRange::dirty_mask`].
    pub fn set_log(&mut self, region: RegionId, mask: u8) -> &mut Transaction {
        self.push(Op::SetLog { region, mask })
    }

    /// Starts or stops one client's log of a region and what is below it; refused when it is started and logs already. Readers mark from
    /// when they have adopted the commit: see [`Topology::start_log`](super::Topology::start_log), which waits for that.
    pub fn set_log_client(&mut self, region: RegionId, client: DirtyClient, on: bool) -> &mut Transaction {
        self.push(Op::LogFor { region, client, on })
    }

    /// Has virtual CPUs' writes to a region, and to what shows through it, be coalesced: they are queued at the device, and nobody waits for
    /// them. See [`Transaction::add_coalescing`].
    pub fn set_coalescing(&mut self, region: RegionId) -> &mut Transaction {
        self.clear_coalescing(region).add_coalescing(region, 0, super::tree::SPACE_SIZE)
    }

    /// The same for a part of a region; what passes the region's end is left out. A write that lies in it whole, in one range of the view, is a
    /// message in the device's mailbox, ahead of any later access to the device by anybody. It is handled at once when the device is accessed
    /// otherwise, a region is that [flushes](Transaction::set_flush_coalesced), a virtual CPU goes offline at a boundary, or the machine
    /// is paused; and within ten milliseconds anyway. When 128 wait at a device, the next write waits for them.
    pub fn add_coalescing(&mut self, region: RegionId, offset: u64, size: u128) -> &mut Transaction {
        self.push(Op::AddCoalescing { region, offset, size })
    }

    /// No write to the region is coalesced any more, as far as the region itself says so.
    pub fn clear_coalescing(&mut self, region: RegionId) -> &mut Transaction {
        self.push(Op::ClearCoalescing { region })
    }

    /// Whether an access to a region, and to what shows through it, first has all coalesced writes handled, whichever devices they are for.
    pub fn set_flush_coalesced(&mut self, region: RegionId, flush: bool) -> &mut Transaction {
        self.push(Op::SetFlushCoalesced { region, flush })
    }

    /// Whether a virtual CPU's access to a region, and to what shows through it, that fails is answered as on a bus where nobody is: with ones, and
    /// a write is swallowed. A device that refuses, is gone or has failed is meant, a shape that a device does not take, and a write to what is
    /// read-only. An access that leaves such regions is forgiven nothing, and neither is one where nothing decodes.
    pub fn set_forgiving(&mut self, region: RegionId, forgiving: bool) -> &mut Transaction {
        self.push(Op::SetForgiving { region, forgiving })
    }

    /// Has every reader forget which pages it has marked in dirty logs.
    pub(crate) fn drop_marks(&mut self) -> &mut Transaction {
        self.push(Op::DropMarks)
    }

    /// Ends a region's life: refused while it is mapped, aliased, a root, or has children.
    pub fn destroy(&mut self, region: RegionId) -> &mut Transaction {
        self.push(Op::Destroy { region })
    }
}
