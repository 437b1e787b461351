//! How an access is carried out: resolved whole under one view, split at range edges, shaped to what each device implements.

use crate::{AddressSpaceId, BusError, Gpa};

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
    _todo: (),
}

impl AddressSpace {
    /// Which space this is.
    pub fn id(&self) -> AddressSpaceId {
        unimplemented!()
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
