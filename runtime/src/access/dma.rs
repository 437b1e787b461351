//! The accesses of one device in its own name: each goes to the address space that the device is assigned in the snapshot that the access
//! uses.
//!
//! Every device may have a space of its own, and most of them show the same: a space whose root is an alias of all of another region shares
//! that region's view, at no cost. The alias is the gate in front of the device, too: disabled (a bus's permission to master, say), nothing
//! answers.
//!
//! ```
//! use std::sync::Arc;
//!
//! use manyhart_runtime::{BusError, Clock, Config, Executive, Gpa, RamBlock};
//!
//! let executive = Executive::new(Config { clock: Clock::manual(1), on_device_failure: None })?;
//! let topology = executive.topology();
//! let mut t = topology.transaction();
//! let system = t.container("system", 1 << 64);
//! let ram = t.ram("ram", Arc::new(RamBlock::anonymous("ram", 0x10000)?));
//! t.add_subregion(system, 0x8000_0000, ram);
//! let gate = t.alias("gate of device 7", system, 0, 1 << 64);
//! t.set_enabled(gate, false);
//! let space = t.address_space("device 7", gate);
//! t.assign_device(7, space);
//! t.commit()?;
//!
//! let device = topology.dma(7);
//! assert_eq!(device.store(Gpa(0x8000_0000), 1u32), Err(BusError::Decode(Gpa(0x8000_0000))));
//! let mut t = topology.transaction();
//! t.set_enabled(gate, true);
//! t.commit()?;
//! assert_eq!(device.store(Gpa(0x8000_0000), 1u32), Ok(()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;

use super::space::{Door, Seen};
use super::{Hold, ReaderPool, Requester};
use crate::ram::atomics::Word;
use crate::{AddressSpaceId, BusError, Gpa, Snapshot};

/// A device's way into memory, by the device's number: see [`crate::Transaction::assign_device`]. A device that is assigned no space finds
/// nothing anywhere. Cheap to clone; otherwise as an [`AddressSpace`](crate::AddressSpace).
#[derive(Clone)]
pub struct Dma {
    device: u32,
    door: Door,
}

impl Dma {
    pub(crate) fn new(device: u32, readers: Arc<ReaderPool>) -> Dma {
        Dma { device, door: Door { space: Seen::ByDevice(device), readers } }
    }

    /// In whose name.
    pub fn requester(&self) -> Requester {
        Requester::Device(self.device)
    }

    /// What the device sees in a snapshot.
    pub fn space_in(&self, snapshot: &Snapshot) -> Option<AddressSpaceId> {
        snapshot.space_of(self.device)
    }

    /// As [`AddressSpace::hold`](crate::AddressSpace::hold).
    pub fn hold(&self) -> Hold {
        self.door.hold()
    }

    /// As [`AddressSpace::read`](crate::AddressSpace::read).
    pub fn read(&self, addr: Gpa, buf: &mut [u8]) -> Result<(), BusError> {
        self.door.read(addr, buf, self.requester())
    }

    /// As [`AddressSpace::write`](crate::AddressSpace::write).
    pub fn write(&self, addr: Gpa, data: &[u8]) -> Result<(), BusError> {
        self.door.write(addr, data, self.requester())
    }

    /// As [`AddressSpace::fill`](crate::AddressSpace::fill).
    pub fn fill(&self, addr: Gpa, len: u64, byte: u8) -> Result<(), BusError> {
        self.door.fill(addr, len, byte, self.requester())
    }

    /// As [`AddressSpace::load`](crate::AddressSpace::load).
    pub fn load<T: Word>(&self, addr: Gpa) -> Result<T, BusError> {
        self.door.load(addr, self.requester())
    }

    /// As [`AddressSpace::store`](crate::AddressSpace::store).
    pub fn store<T: Word>(&self, addr: Gpa, value: T) -> Result<(), BusError> {
        self.door.store(addr, value, self.requester())
    }
}

impl std::fmt::Debug for Dma {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dma of device {}", self.device)
    }
}
