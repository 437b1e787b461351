//! The board's eight virtio-mmio slots. All of them are there from power-on, empty; devices take the highest first, as on the boards that guests know.

use std::time::Duration;

use manyhart_devices::virtio::mmio::{self, VirtioMmio, empty_slot, virtio_mmio};
use manyhart_devices::virtio::{Inside, VirtioDevice};
use manyhart_runtime::guest_memory::GuestSpace;
use manyhart_runtime::{
    AddressSpaceId, BusError, DeviceHandle, Executive, Line, RegionId, Requester, TopologyError, Transaction,
};

use super::BoardError;
use super::memmap::{self, Window};

/// How long a reset of the machine waits for workers that are inside of guest memory.
const RESET_LIMIT: Duration = Duration::from_secs(10);

/// The slots, by place.
pub struct VirtioSlots {
    slots: Vec<Slot>,
}

struct Slot {
    window: Window,
    region: RegionId,
    handle: DeviceHandle<VirtioMmio>,
    line: Line,
    /// Where a device is in it: who works for it.
    inside: Option<Inside>,
}

impl VirtioSlots {
    /// Empty ones, placed in `root`; `line` makes the line to an input of the interrupt controller.
    pub(super) fn new(
        executive: &Executive,
        map: &mut Transaction,
        root: RegionId,
        line: impl Fn(Window) -> Line,
    ) -> VirtioSlots {
        let make = |window: Window| {
            let handle = empty_slot(executive, window.name);
            let region = map.mmio(window.name, mmio::SIZE.into(), handle.mmio(0, mmio::SPEC));
            map.add_subregion(root, window.base, region);
            Slot { window, region, handle, line: line(window), inside: None }
        };
        VirtioSlots { slots: memmap::virtio_slots().map(make).collect() }
    }

    /// Puts a device into the highest free slot and says which. The machine has not run yet: guests look at slots once.
    pub fn place(
        &mut self,
        executive: &Executive,
        space: AddressSpaceId,
        root: RegionId,
        device: Box<dyn VirtioDevice>,
    ) -> Result<usize, BoardError> {
        let free = |(_, slot): &(usize, &mut Slot)| slot.inside.is_none();
        let found = self.slots.iter_mut().enumerate().rev().find(free);
        let (index, slot) = found.ok_or(BoardError::NoVirtioSlot)?;
        // In the name of no function of PCI: those count up from 1.
        let requester = Requester::Device(u32::MAX - index as u32);
        let memory = GuestSpace::new(executive.topology().address_space(space), requester);
        let filled = virtio_mmio(executive, slot.window.name, memory, slot.line.clone(), device);
        slot.region = replace(executive, root, slot, &filled.handle)?;
        (slot.handle, slot.inside) = (filled.handle, Some(filled.inside));
        Ok(index)
    }

    /// Back to power-on. After it nobody works in guest memory for the life before.
    pub(super) fn reset(&self) -> Result<(), BusError> {
        for slot in &self.slots {
            slot.handle.reset()?;
        }
        for inside in self.slots.iter().filter_map(|slot| slot.inside.as_ref()) {
            if !inside.wait(RESET_LIMIT) {
                tracing::warn!("a virtio device's worker still writes to guest memory, long after the machine's reset");
            }
        }
        Ok(())
    }
}

/// Has another device answer in a slot.
fn replace(
    executive: &Executive,
    root: RegionId,
    slot: &Slot,
    handle: &DeviceHandle<VirtioMmio>,
) -> Result<RegionId, TopologyError> {
    let mut map = executive.topology().transaction();
    map.del_subregion(root, slot.region).destroy(slot.region);
    let region = map.mmio(slot.window.name, mmio::SIZE.into(), handle.mmio(0, mmio::SPEC));
    map.add_subregion(root, slot.window.base, region);
    map.commit()?;
    Ok(region)
}
