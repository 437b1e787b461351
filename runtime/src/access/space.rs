//! The accesses of control threads and of devices.

use std::sync::Arc;

use super::carry::{Asking, Bytes, Carrier};
use super::resolve::{self, Intent, Part, Place, resolve};
use super::shape::Direction;
use super::{Hold, ReaderPool, Requester};
use crate::ram::atomics::Word;
use crate::topology::Side;
use crate::{AddressSpaceId, BusError, FlatRange, FlatView, Gpa, MmioTarget, RamBlock, Reader, Snapshot, trampoline};

/// One address space as control threads and DMA see it: any length, any alignment, RAM and devices alike. Cheap to clone;
/// each call brings a reader online for its length.
///
/// Not for a thread whose own [`Reader`] is online: a call brings another reader online and may wait, and a thread that waits must be
/// offline altogether, or grace periods and pauses wait for it in vain. Such a thread uses its reader.
///
/// While the machine is paused a call waits for it to go on, except by [`Requester::Debugger`], for whom the machine was paused perhaps.
///
/// Inside a device's handler, which never waits, memory is reached as everywhere. A write to another device is posted to it; a read from a
/// device, or a write to the very device, is a typed re-entrancy error. [`Registers`](crate::Registers) are read and written at once, there as
/// anywhere.
#[derive(Clone)]
pub struct AddressSpace {
    id: AddressSpaceId,
    door: Door,
}

impl AddressSpace {
    pub(crate) fn new(id: AddressSpaceId, readers: Arc<ReaderPool>) -> AddressSpace {
        AddressSpace { id, door: Door { space: Seen::Space(id), readers } }
    }

    /// Which space this is.
    pub fn id(&self) -> AddressSpaceId {
        self.id
    }

    /// Takes hold of the newest snapshot, for memory that is used from outside for a while. Waits while the machine is paused, as an access
    /// does; what is held already may be used then.
    pub fn hold(&self) -> Hold {
        self.door.hold()
    }

    /// Fills `buf` from `addr` on. On an error nothing, or a prefix that ends at a device, has been read.
    pub fn read(&self, addr: Gpa, buf: &mut [u8], requester: Requester) -> Result<(), BusError> {
        self.door.read(addr, buf, requester)
    }

    /// Writes `data` from `addr` on, as [`AddressSpace::read`] reads.
    pub fn write(&self, addr: Gpa, data: &[u8], requester: Requester) -> Result<(), BusError> {
        self.door.write(addr, data, requester)
    }

    /// Sets `len` bytes of memory from `addr` on to `byte`; devices' registers among them are an access error.
    pub fn fill(&self, addr: Gpa, len: u64, byte: u8, requester: Requester) -> Result<(), BusError> {
        self.door.fill(addr, len, byte, requester)
    }

    /// Reads one little-endian value (`u8` to `u64`); in memory, where it is aligned, by one access.
    pub fn load<T: Word>(&self, addr: Gpa, requester: Requester) -> Result<T, BusError> {
        self.door.load(addr, requester)
    }

    /// Writes one little-endian value (`u8` to `u64`); in memory, where it is aligned, by one access.
    pub fn store<T: Word>(&self, addr: Gpa, value: T, requester: Requester) -> Result<(), BusError> {
        self.door.store(addr, value, requester)
    }
}

impl std::fmt::Debug for AddressSpace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.id)
    }
}

/// The short way: memory of one range.
fn memory_at(view: &FlatView, addr: Gpa, len: usize, direction: Direction) -> Option<(&RamBlock, u64)> {
    let range = view.find(addr).filter(|range| len > 0 && !range.flush_coalesced)?;
    let fits = range.range.last().0 - addr.0 >= len as u64 - 1;
    let allowed = direction == Direction::Read || !range.read_only;
    match range.target.side(direction) {
        Side::Memory(block) if fits && allowed => Some((block, resolve::offset_in(range, addr))),
        _ => None,
    }
}

/// The short way to registers that take every access at once: all of it in one range. Nothing is pinned, counted or allocated, no lock is
/// taken: the reader is online until it is done.
fn registers_at(view: &FlatView, addr: Gpa, len: usize, direction: Direction) -> Option<(&FlatRange, &MmioTarget)> {
    let range = view.find(addr).filter(|range| matches!(len, 1 | 2 | 4 | 8) && !range.flush_coalesced)?;
    let fits = range.range.last().0 - addr.0 >= len as u64 - 1;
    match range.target.side(direction) {
        Side::Device(target) if fits && target.is_direct() => Some((range, target)),
        _ => None,
    }
}

/// In a handler: an access that would have to wait for a device is refused before any part of it is carried out.
fn refuse_waiting(parts: &[Part], direction: Direction) -> Result<(), BusError> {
    trampoline::with(|here| {
        for part in parts {
            let Place::Mmio(target, _) = &part.place else { continue };
            if target.is_direct() {
                continue;
            }
            let refused = direction == Direction::Read || here.is_running(target.name());
            if let Some(path) = here.path_to(target.name()).filter(|_| refused) {
                return Err(BusError::Reentrant { path });
            }
        }
        Ok(())
    })
}

/// Where the accesses go in that have no reader of their own.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) space: Seen,
    pub(super) readers: Arc<ReaderPool>,
}

/// A space by itself, or by whoever sees it.
#[derive(Clone, Copy)]
pub(super) enum Seen {
    Space(AddressSpaceId),
    ByDevice(u32),
}

impl Seen {
    /// Which space that is: to be asked of the very snapshot that the access uses.
    fn find(self, snapshot: &Snapshot) -> Option<AddressSpaceId> {
        match self {
            Seen::Space(id) => Some(id),
            Seen::ByDevice(device) => snapshot.space_of(device),
        }
    }
}

impl Door {
    pub(super) fn hold(&self) -> Hold {
        self.readers.online(false, |reader| reader.hold())
    }

    pub(super) fn read(&self, addr: Gpa, buf: &mut [u8], requester: Requester) -> Result<(), BusError> {
        self.access(addr, Bytes::Out(buf), requester)
    }

    pub(super) fn write(&self, addr: Gpa, data: &[u8], requester: Requester) -> Result<(), BusError> {
        self.access(addr, Bytes::In(data), requester)
    }

    pub(super) fn load<T: Word>(&self, addr: Gpa, requester: Requester) -> Result<T, BusError> {
        let mut bytes = [0; 8];
        self.read(addr, &mut bytes[..T::SIZE], requester)?;
        Ok(T::from_low_bits(u64::from_le_bytes(bytes)))
    }

    pub(super) fn store<T: Word>(&self, addr: Gpa, value: T, requester: Requester) -> Result<(), BusError> {
        self.write(addr, &value.to_u64().to_le_bytes()[..T::SIZE], requester)
    }

    pub(super) fn fill(&self, addr: Gpa, len: u64, byte: u8, requester: Requester) -> Result<(), BusError> {
        let len = usize::try_from(len).map_err(|_| BusError::Decode(Gpa(u64::MAX)))?;
        self.readers.online(requester == Requester::Debugger, |reader| {
            let parts = self.resolve(reader, addr, len, Intent { direction: Direction::Write, requester })?;
            let memory: Option<Vec<_>> = parts.iter().map(|part| part.memory().map(|block| (block, part))).collect();
            let memory = memory.ok_or_else(|| BusError::Access { addr, region: "what is not memory".to_owned() })?;
            for (block, part) in memory {
                let inside = block.fill(part.offset, part.len as u64, byte);
                debug_assert!(inside, "a view maps no more of a block than there is");
            }
            Ok(())
        })
    }

    /// The parts of an access, with coalesced writes handled where one of them wants that.
    fn resolve(&self, reader: &mut Reader, addr: Gpa, len: usize, intent: Intent) -> Result<Vec<Part>, BusError> {
        let now = |reader: &Reader| {
            // A device that sees no space: nothing decodes.
            let space = self.space.find(reader.held()).ok_or(BusError::Decode(addr))?;
            resolve(reader.held(), space, addr, len, intent)
        };
        let parts = now(reader)?;
        if !parts.iter().any(|part| part.flushes) {
            return Ok(parts);
        }
        drop(parts);
        match trampoline::inside_handler() {
            true => reader.handle_coalesced(),
            false => reader.flush_coalesced(&mut ()),
        }
        // All of it again: the reader may have waited, and hold another snapshot now.
        now(reader)
    }

    fn access(&self, addr: Gpa, bytes: Bytes<'_>, requester: Requester) -> Result<(), BusError> {
        let intent = Intent { direction: bytes.direction(), requester };
        let anyway = requester == Requester::Debugger;
        self.readers.online(anyway, |reader| {
            let space = self.space.find(reader.held()).ok_or(BusError::Decode(addr))?;
            let view = reader.held().view(space).ok_or(BusError::NoSpace(space.0))?;
            if let Some((block, offset)) = memory_at(view, addr, bytes.len(), intent.direction) {
                bytes.copy(block, offset);
                return Ok(());
            }
            if let Some((range, target)) = registers_at(view, addr, bytes.len(), intent.direction) {
                return bytes.go_to(range, target, addr, intent);
            }
            let parts = self.resolve(reader, addr, bytes.len(), intent)?;
            let asking = match trampoline::inside_handler() {
                true => Asking::Posting,
                false if anyway => Asking::Anyway,
                false => Asking::InCall,
            };
            if asking == Asking::Posting {
                refuse_waiting(&parts, intent.direction)?;
            }
            Carrier { reader, caches: &mut (), asking }.carry_out(&parts, bytes, intent)
        })
    }
}
