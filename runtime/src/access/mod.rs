//! How an access is carried out: resolved whole under one view, split at range edges, shaped to what each device implements.

use crate::{AddressSpaceId, BusError, DropCached, Gpa, Reader, Topology};

pub(crate) mod shape;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Requester {
    /// A virtual CPU, by number.
    Cpu(u32),
    /// A device's DMA, by a number its bus gives it.
    Device(u32),
    /// A debugger, a monitor, a loader.
    Debugger,
}

/// One address space as control threads and DMA see it: any length, any alignment, RAM and devices alike. Cheap to clone;
/// each call brings a reader online for its length.
#[derive(Clone)]
pub struct AddressSpace {
    topology: Topology,
    id: AddressSpaceId,
}

impl AddressSpace {
    pub(crate) fn new(topology: Topology, id: AddressSpaceId) -> AddressSpace {
        AddressSpace { topology, id }
    }

    /// Which space this is.
    pub fn id(&self) -> AddressSpaceId {
        self.id
    }

    /// Fills `buf` from `addr` on. On an error nothing, or a prefix that ends at a device, has been read.
    pub fn read(&self, addr: Gpa, buf: &mut [u8], requester: Requester) -> Result<(), BusError> {
        let _ = (addr, buf, requester);
        unimplemented!()
    }

    /// Writes `data` from `addr` on, as [`AddressSpace::read`] reads.
    pub fn write(&self, addr: Gpa, data: &[u8], requester: Requester) -> Result<(), BusError> {
        let _ = (addr, data, requester);
        unimplemented!()
    }
}

impl Reader {
    /// Reads `size` (1, 2, 4, 8) bytes at `addr`, little-endian, whatever decodes there, by the access rules. While a device makes it wait the
    /// reader is offline; before it returns it is online and has resynced, so the caller's next access sees what this one caused.
    pub fn read(
        &mut self,
        space: AddressSpaceId,
        addr: Gpa,
        size: u8,
        requester: Requester,
        caches: &mut dyn DropCached,
    ) -> Result<u64, BusError> {
        let _ = (space, addr, size, requester, caches);
        unimplemented!()
    }

    /// Writes the low `size` bytes of `value`, as [`Reader::read`] reads.
    pub fn write(
        &mut self,
        space: AddressSpaceId,
        addr: Gpa,
        size: u8,
        value: u64,
        requester: Requester,
        caches: &mut dyn DropCached,
    ) -> Result<(), BusError> {
        let _ = (space, addr, size, value, requester, caches);
        unimplemented!()
    }
}
