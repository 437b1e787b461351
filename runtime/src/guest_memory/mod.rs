//! An address space as rust-vmm's devices see it: `vm_memory`'s traits over the memory of a held snapshot (feature `vm-memory`).
//!
//! * [`GuestSpace`] is a `GuestAddressSpace`: what a device keeps. Each `memory()` takes hold of the newest snapshot.
//! * [`GuestView`] is the `GuestMemory` behind the guard: memory of one generation, until the guard is dropped. A `Retired` waits for
//!   guards of before ([`Hold`]), so a device keeps one for a piece of work (a notification, a chain), never for its life.
//! * [`RamRegion`] is a `GuestMemoryRegion`, for those who ask for `GuestView::physical_memory`.
//! * [`Translated`] makes any `vm_memory::Iommu` a [`Translator`](crate::iommu::Translator) of ours.
//!
//! The access rules hold, as far as memory goes: an access is resolved whole, translations included, under the guard's snapshot; a hole, a
//! device's registers or a refused write anywhere in it fails all of it, so no access is partly done. Devices' registers have no host
//! address and are not reached this way.
//!
//! # Writes and reservations
//! Whoever writes guest memory must say so, or conditional stores of virtual CPUs succeed where they must not (see
//! [`ram::monitor`](crate::ram::monitor)). `vm_memory` has a hook for that in its dirty bitmap: every write by `Bytes`, a
//! `VolatileSlice`, a `VolatileRef` or a `VolatileArrayRef` calls `mark_dirty` after it, and [`Mark`] tells the monitor. A write through a
//! raw pointer (`ptr_guard_mut`, `get_atomic_ref`, `get_host_address`) is seen by no hook; `vm_memory` asks its user to call `mark_dirty` of
//! the slice's bitmap then, as its own code does after a `read(2)` into guest memory, and here too that is all it needs.
//!
//! # Known hole
//! `vm_memory` makes its accesses volatile, and only its `load` and `store` atomic. Aligned values of up to 8 bytes are one host access all
//! the same. Against racing guests that is what the hardware makes of it, as with accesses of mixed sizes.
#![allow(unsafe_code)] // Lends guest memory to `vm_memory`, which takes it by raw address.

mod mark;
mod region;
#[cfg(test)]
mod tests;
mod translated;

use std::io;
use std::iter::FusedIterator;
use std::sync::{Arc, OnceLock};

use vm_memory::guest_memory::GuestMemorySliceIterator;
use vm_memory::{
    GuestAddress, GuestAddressSpace, GuestMemory, GuestMemoryError, GuestMemoryResult, GuestRegionCollection,
    Permissions, VolatileSlice,
};

use crate::access::resolve::{Intent, offset_in, refused, walk};
use crate::access::shape::Direction;
use crate::topology::{FlatRange, Side};
use crate::{AddressSpace, AddressSpaceId, BusError, Dma, Generation, Gpa, Hold, RamBlock, Requester};

pub use mark::{Mark, Marks};
pub use region::RamRegion;
pub use translated::Translated;

/// An address space for rust-vmm's devices, in the name of one requester. Cheap to clone.
#[derive(Debug, Clone)]
pub struct GuestSpace(Of);

#[derive(Debug, Clone)]
enum Of {
    Space(AddressSpace, Requester),
    Device(Dma),
}

impl GuestSpace {
    /// `space` as `requester` reaches it.
    pub fn new(space: AddressSpace, requester: Requester) -> GuestSpace {
        GuestSpace(Of::Space(space, requester))
    }
}

/// What a device sees in its own name: the space that it is assigned when the guard is taken.
impl From<Dma> for GuestSpace {
    fn from(dma: Dma) -> GuestSpace {
        GuestSpace(Of::Device(dma))
    }
}

impl GuestAddressSpace for GuestSpace {
    type M = GuestView;
    type T = Arc<GuestView>;

    /// The newest snapshot. Waits while the machine is paused; in a device's handler it never waits.
    fn memory(&self) -> Arc<GuestView> {
        let (hold, space, requester) = match &self.0 {
            Of::Space(space, requester) => (space.hold(), Some(space.id()), *requester),
            Of::Device(dma) => {
                let hold = dma.hold();
                let space = dma.space_in(hold.snapshot());
                (hold, space, dma.requester())
            }
        };
        Arc::new(GuestView { hold, space, requester, ram: OnceLock::new() })
    }
}

/// The memory of one space in one generation, kept in place while this lives.
#[derive(Debug)]
pub struct GuestView {
    hold: Hold,
    /// Nothing answers where there is none.
    space: Option<AddressSpaceId>,
    requester: Requester,
    /// Made when it is asked for.
    ram: OnceLock<Option<GuestRegionCollection<RamRegion>>>,
}

impl GuestView {
    /// Which snapshot it is of.
    pub fn generation(&self) -> Generation {
        self.hold.snapshot().generation()
    }

    /// Shows `visit` each run of memory of an access. What it was shown is void when the result is an error.
    fn runs<'a>(
        &'a self,
        addr: GuestAddress,
        count: usize,
        access: Permissions,
        mut visit: impl FnMut(&'a RamBlock, u64, usize),
    ) -> Result<(), BusError> {
        let write = access.has_write();
        let intent = |direction| Intent { direction, requester: self.requester };
        let (snapshot, start) = (self.hold.snapshot(), Gpa(addr.0));
        let space = self.space.ok_or(BusError::Decode(start))?;
        if write && access != Permissions::Write {
            walk(snapshot, space, start, count, intent(Direction::Read), |_, _| Ok(()))?;
        }
        let direction = if write { Direction::Write } else { Direction::Read };
        walk(snapshot, space, start, count, intent(direction), |range, run| {
            let block = memory_of(range, run.addr, direction)?;
            visit(block, offset_in(range, run.addr), run.len);
            Ok(())
        })
    }
}

fn memory_of(range: &FlatRange, addr: Gpa, direction: Direction) -> Result<&RamBlock, BusError> {
    match range.target.side(direction) {
        Side::Memory(_) if range.read_only && direction == Direction::Write => Err(BusError::WriteRefused { addr }),
        Side::Memory(block) => Ok(block),
        Side::Nothing => Err(BusError::Decode(addr)),
        Side::Device(_) | Side::Elsewhere => Err(refused(range, addr)),
    }
}

impl GuestMemory for GuestView {
    type PhysicalMemory = GuestRegionCollection<RamRegion>;
    type Bitmap = Marks;

    fn check_range(&self, addr: GuestAddress, count: usize, access: Permissions) -> bool {
        self.runs(addr, count, access, |_, _, _| ()).is_ok()
    }

    fn get_slices<'a>(
        &'a self,
        addr: GuestAddress,
        count: usize,
        access: Permissions,
    ) -> GuestMemoryResult<impl GuestMemorySliceIterator<'a, Mark<'a>>> {
        let mut slices = Slices::default();
        self.runs(addr, count, access, |block, offset, len| slices.push(slice(block, offset, len)))
            .map_err(|error| in_their_words(error, addr))?;
        Ok(slices)
    }

    /// The memory that may be read and written, unless part of it is translated.
    fn physical_memory(&self) -> Option<&Self::PhysicalMemory> {
        let ram = || region::all_of(self.hold.snapshot().view(self.space?)?);
        self.ram.get_or_init(ram).as_ref()
    }
}

/// `len` bytes of a block, for as long as the block is borrowed. A view maps no more of a block than there is.
fn slice(block: &RamBlock, offset: u64, len: usize) -> VolatileSlice<'_, Mark<'_>> {
    let last = offset.checked_add(len as u64);
    assert!(last.is_some_and(|last| last <= block.size()), "{offset:#x} and {len:#x} bytes of {block:?}");
    // SAFETY: the bytes are the block's, as just checked, and the block outlives its borrow. Everybody else reaches them by atomics
    // or as `vm_memory` does; see the known hole for the difference.
    unsafe {
        let start = block.host_base().add(offset as usize);
        VolatileSlice::with_bitmap(start, len, Mark::new(block, offset), None)
    }
}

fn in_their_words(error: BusError, addr: GuestAddress) -> GuestMemoryError {
    match error {
        BusError::Decode(_) | BusError::NoSpace(_) => GuestMemoryError::InvalidGuestAddress(addr),
        BusError::Access { .. } => GuestMemoryError::HostAddressNotAvailable,
        refusal => GuestMemoryError::IOError(io::Error::new(io::ErrorKind::PermissionDenied, refusal)),
    }
}

/// The slices of an access, in ascending order: nearly always one.
#[derive(Default)]
struct Slices<'a> {
    first: Option<VolatileSlice<'a, Mark<'a>>>,
    rest: std::collections::VecDeque<VolatileSlice<'a, Mark<'a>>>,
}

impl<'a> Slices<'a> {
    fn push(&mut self, slice: VolatileSlice<'a, Mark<'a>>) {
        match self.first {
            None => self.first = Some(slice),
            Some(_) => self.rest.push_back(slice),
        }
    }
}

impl<'a> Iterator for Slices<'a> {
    type Item = GuestMemoryResult<VolatileSlice<'a, Mark<'a>>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.first.take().or_else(|| self.rest.pop_front()).map(Ok)
    }
}

impl FusedIterator for Slices<'_> {}

impl<'a> GuestMemorySliceIterator<'a, Mark<'a>> for Slices<'a> {}
