//! The accesses of virtual CPUs.

use super::Requester;
use super::carry::{Asking, Bytes, Carrier};
use super::resolve::{self, Intent, Part, resolve};
use super::shape::{Direction, mask};
use crate::actor::{Detour, MmioTarget, Verdict};
use crate::reply::Waiter;
use crate::topology::{FlatRange, Near, Side, Target, ring};
use crate::{AddressSpaceId, BusError, DropCached, FlatView, Gpa, RamBlock, Reader, Snapshot};

/// What one look at the view made of an access.
enum Begun {
    /// Memory: done.
    Done(u64),
    /// A device that answered at once.
    Answered(u64),
    /// A device that answers later, its name, and whether its errors are forgiven. Nothing holds it here: the message is on its way, and if the
    /// device goes it says so.
    Waits(Waiter<Verdict>, String, bool),
    /// More than one part, or translated.
    Parts(Vec<Part>),
    /// A write that was left in the device's mailbox.
    Coalesced,
    /// Nothing yet: coalesced writes are to be handled first.
    Flush,
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
        if let Some(value) = peek(&self.near, space, addr, size) {
            // A commit that was before what the register says is seen by the caller's next access.
            self.resync(caches);
            return Ok(value);
        }
        self.access(space, addr, size, 0, Intent { direction: Direction::Read, requester }, caches)
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
        self.access(space, addr, size, value, Intent { direction: Direction::Write, requester }, caches).map(drop)
    }

    /// The host address of `size` bytes of memory at `addr`, for an atomic read-modify-write: aligned to `size`, writable. Good until the reader's
    /// next resync. Devices' registers take none, and what is
    /// translated access by access has none: an access error, never a host address.
    pub fn atomic_memory(&self, space: AddressSpaceId, addr: Gpa, size: u8) -> Result<*mut u8, BusError> {
        let range = self.view(space).find(addr).ok_or_else(|| resolve::nowhere(self.held(), space, addr))?;
        match &range.target {
            Target::Reservation => Err(BusError::Decode(addr)),
            Target::Ram(_) if range.read_only => Err(BusError::WriteRefused { addr }),
            Target::Ram(block) if size.is_power_of_two() && reaches(range, addr, size) => {
                let host = block.host_address(resolve::offset_in(range, addr), u64::from(size));
                let aligned = |host: &*mut u8| host.addr().is_multiple_of(usize::from(size));
                host.filter(aligned).ok_or_else(|| resolve::refused(range, addr))
            }
            Target::Ram(_) | Target::Mmio(_) | Target::RomDevice(_) | Target::Iommu(_) => {
                Err(resolve::refused(range, addr))
            }
        }
    }

    fn access(
        &mut self,
        space: AddressSpaceId,
        addr: Gpa,
        size: u8,
        value: u64,
        intent: Intent,
        caches: &mut dyn DropCached,
    ) -> Result<u64, BusError> {
        match at_hand(&self.near, space, addr, size, value, intent) {
            Some(Quick::Value(value)) => {
                // Its own commit included: the caller's next access is after this.
                self.resync(caches);
                Ok(value)
            }
            Some(Quick::Detour(begun)) => self.finish(begun, space, addr, size, value, intent, caches),
            None => {
                let begun = self.begin(space, addr, size, value, intent, caches);
                self.finish(begun, space, addr, size, value, intent, caches)
            }
        }
    }

    #[inline(never)]
    fn begin(
        &mut self,
        space: AddressSpaceId,
        addr: Gpa,
        size: u8,
        value: u64,
        intent: Intent,
        caches: &mut dyn DropCached,
    ) -> Result<Begun, BusError> {
        let mut near = std::mem::take(&mut self.near);
        let mut begun = begin(self.held(), space, &mut near, addr, size, value, intent, false);
        if matches!(begun, Ok(Begun::Flush)) {
            self.flush_coalesced(caches);
            near.forget(); // It may have resynced.
            begun = begin(self.held(), space, &mut near, addr, size, value, intent, true);
        }
        self.near = near;
        begun
    }

    /// Carries what was begun to its end.
    #[inline(never)]
    #[allow(clippy::too_many_arguments)] // One call, and a struct of them would be built for each access.
    fn finish(
        &mut self,
        begun: Result<Begun, BusError>,
        space: AddressSpaceId,
        addr: Gpa,
        size: u8,
        value: u64,
        intent: Intent,
        caches: &mut dyn DropCached,
    ) -> Result<u64, BusError> {
        let (result, forgiven) = match begun {
            Ok(Begun::Done(value)) => return Ok(value),
            Ok(Begun::Coalesced) => {
                self.has_coalesced = true;
                return Ok(0);
            }
            Ok(Begun::Flush) => (Err(BusError::Decode(addr)), false), // Not possible: it has flushed.
            Ok(Begun::Answered(value)) => (Ok(value), false),
            Ok(Begun::Waits(waiter, device, forgiving)) => {
                (Carrier { reader: self, caches, asking: Asking::InCall }.wait_for(waiter, &device), forgiving)
            }
            Ok(Begun::Parts(parts)) => {
                let mut word = value.to_le_bytes();
                let forgiving = parts.iter().all(|part| part.forgiving);
                let bytes = match intent.direction {
                    Direction::Read => Bytes::Out(&mut word[..usize::from(size)]),
                    Direction::Write => Bytes::In(&word[..usize::from(size)]),
                };
                let carried = Carrier { reader: self, caches, asking: Asking::InCall }.carry_out(&parts, bytes, intent);
                (carried.map(|()| u64::from_le_bytes(word) & mask(size)), forgiving)
            }
            // Nothing has waited, so the view is still the one that it failed under.
            Err(error) => (Err(error), forgives(self.view(space), addr, size)),
        };
        // Its own commit included: the caller's next access is after this.
        self.resync(caches);
        match result {
            Err(_) if forgiven => Ok(mask(size)),
            result => result,
        }
    }
}

/// Whether all of an access lies where errors are forgiven.
#[cold]
fn forgives(view: &FlatView, addr: Gpa, size: u8) -> bool {
    let bytes = (0..u64::from(size)).map(|index| addr.checked_add(index));
    let forgiving = |addr: Option<Gpa>| addr.and_then(|addr| view.find(addr)).is_some_and(|range| range.forgiving);
    matches!(size, 1 | 2 | 4 | 8) && bytes.into_iter().all(forgiving)
}

#[inline]
fn reaches(range: &FlatRange, addr: Gpa, size: u8) -> bool {
    range.range.last().0 - addr.0 >= u64::from(size) - 1
}

/// The short way of an access that lies in one range: nothing is counted, nothing is allocated.
#[inline]
#[allow(clippy::too_many_arguments)] // One call, and a struct of them would be built for each access.
fn begin(
    snapshot: &Snapshot,
    space: AddressSpaceId,
    near: &mut Near,
    addr: Gpa,
    size: u8,
    value: u64,
    intent: Intent,
    flushed: bool,
) -> Result<Begun, BusError> {
    let range = near.find(snapshot, space, addr).ok_or_else(|| resolve::nowhere(snapshot, space, addr))?;
    if range.flush_coalesced && !flushed {
        return Ok(Begun::Flush);
    }
    if !matches!(size, 1 | 2 | 4 | 8) {
        return Err(resolve::refused(range, addr));
    }
    if !reaches(range, addr, size) {
        return in_parts(snapshot, space, addr, size, intent, flushed);
    }
    let offset = resolve::offset_in(range, addr);
    match range.target.side(intent.direction) {
        Side::Device(target) => {
            resolve::check(range, target, addr, offset, size, intent.direction)?;
            if intent.direction == Direction::Write && ring(&range.doorbells, offset, size, value & mask(size)) {
                return Ok(Begun::Done(0));
            }
            let request = intent.request(target, offset, size, value & mask(size));
            if intent.direction == Direction::Write && range.coalesces(offset, size) && target.coalesce(&request) {
                return Ok(Begun::Coalesced);
            }
            match target.access(&request) {
                Ok(value) => Ok(Begun::Answered(value)),
                Err(detour) => detoured(*detour, target, range.forgiving),
            }
        }
        Side::Memory(_) if range.read_only && intent.direction == Direction::Write => {
            Err(BusError::WriteRefused { addr })
        }
        Side::Memory(block) => Ok(Begun::Done(memory(block, offset, size, value, intent.direction))),
        Side::Elsewhere => in_parts(snapshot, space, addr, size, intent, flushed),
        Side::Nothing => Err(BusError::Decode(addr)),
    }
}

/// A register that can be read without its device, in the range found last.
#[inline]
fn peek(near: &Near, space: AddressSpaceId, addr: Gpa, size: u8) -> Option<u64> {
    let range = near.known(space, addr)?;
    let Target::Mmio(target) = &range.target else { return None };
    if !target.is_shadowed() || !matches!(size, 1 | 2 | 4) || !reaches(range, addr, size) || range.flush_coalesced {
        return None;
    }
    target.peek(resolve::offset_in(range, addr), size)
}

/// A device's registers, where the access is in the range found last and there is nothing to consider: the value, or `None` where the
/// access has to go the way of all others. Of a detour the device has been asked already.
#[inline]
fn at_hand(near: &Near, space: AddressSpaceId, addr: Gpa, size: u8, value: u64, intent: Intent) -> Option<Quick> {
    let range = near.known(space, addr)?;
    let Side::Device(target) = range.target.side(intent.direction) else { return None };
    // Before anything is reckoned with its size.
    if !matches!(size, 1 | 2 | 4 | 8) || !reaches(range, addr, size) {
        return None;
    }
    let offset = resolve::offset_in(range, addr);
    let plain = match intent.direction {
        Direction::Read => true,
        Direction::Write => !range.read_only && range.doorbells.is_none() && !range.coalesces(offset, size),
    };
    if !plain || range.flush_coalesced || !target.spec.allows(offset, size, intent.direction) {
        return None;
    }
    Some(match target.access(&intent.request(target, offset, size, value & mask(size))) {
        Ok(value) => Quick::Value(value),
        Err(detour) => Quick::Detour(detoured(*detour, target, range.forgiving)),
    })
}

/// What [`at_hand`] made of an access.
enum Quick {
    Value(u64),
    Detour(Result<Begun, BusError>),
}

/// An access that did not bring its value at once.
#[cold]
fn detoured(detour: Detour, target: &MmioTarget, forgiving: bool) -> Result<Begun, BusError> {
    match detour {
        Detour::Device(error) => target.on_bus(Err(error)).map(Begun::Answered),
        Detour::Bus(error) => Err(error),
        Detour::Later(waiter) => Ok(Begun::Waits(waiter, target.name().to_owned(), forgiving)),
    }
}

/// The long way: an access that straddles ranges, or is translated.
fn in_parts(
    snapshot: &Snapshot,
    space: AddressSpaceId,
    addr: Gpa,
    size: u8,
    intent: Intent,
    flushed: bool,
) -> Result<Begun, BusError> {
    let parts = resolve(snapshot, space, addr, size.into(), intent)?;
    let flush = !flushed && parts.iter().any(|part| part.flushes);
    Ok(if flush { Begun::Flush } else { Begun::Parts(parts) })
}

fn memory(block: &RamBlock, offset: u64, size: u8, value: u64, direction: Direction) -> u64 {
    let mut word = value.to_le_bytes();
    let bytes = &mut word[..usize::from(size)];
    match direction {
        Direction::Read => Bytes::Out(bytes).copy(block, offset),
        Direction::Write => Bytes::In(bytes).copy(block, offset),
    }
    u64::from_le_bytes(word) & mask(size)
}
