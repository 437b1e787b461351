//! Ranges of memory as `vm_memory`'s regions, for those who map guest memory elsewhere (other processes, the host's kernel).

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::AsFd;
use std::sync::Arc;

use vm_memory::guest_memory::FileOffset;
use vm_memory::{
    GuestAddress, GuestMemoryError, GuestMemoryRegion, GuestMemoryRegionBytes, GuestMemoryResult,
    GuestRegionCollection, GuestUsize, MemoryRegionAddress, VolatileSlice,
};

use super::mark::{Mark, Marks};
use crate::topology::Target;
use crate::{AddrRange, FlatView, RamBlock};

/// One range of a view that is memory, and may be read and written.
#[derive(Debug)]
pub struct RamRegion {
    range: AddrRange,
    marks: Marks,
    file: Option<FileOffset>,
}

/// Every range of memory that may be read and written; `None` where there is none, or where part of the space is translated.
pub(super) fn all_of(view: &FlatView) -> Option<GuestRegionCollection<RamRegion>> {
    let mut files: BTreeMap<*const RamBlock, Option<Arc<File>>> = BTreeMap::new();
    let mut regions = Vec::new();
    for range in view.iter() {
        match &range.target {
            Target::Iommu(_) => return None,
            Target::Ram(block) if !range.read_only => {
                let file = files.entry(Arc::as_ptr(block)).or_insert_with(|| file_of(block));
                let file = file.as_ref().map(|file| FileOffset::from_arc(Arc::clone(file), range.offset));
                let marks = Marks { block: Arc::clone(block), offset: range.offset };
                regions.push(RamRegion { range: range.range, marks, file });
            }
            _ => {}
        }
    }
    // A view is sorted and disjoint, so all that may be wrong is that nothing is there.
    GuestRegionCollection::from_regions(regions).ok()
}

/// Without one, those who share memory by its file find out that they cannot.
fn file_of(block: &RamBlock) -> Option<Arc<File>> {
    match block.as_fd().try_clone_to_owned() {
        Ok(fd) => Some(Arc::new(fd.into())),
        Err(error) => {
            tracing::warn!(%error, block = block.name(), "the memory's file cannot be shared");
            None
        }
    }
}

impl GuestMemoryRegion for RamRegion {
    type B = Marks;

    fn len(&self) -> GuestUsize {
        // No longer than its block, so it fits.
        self.range.size() as GuestUsize
    }

    fn start_addr(&self) -> GuestAddress {
        GuestAddress(self.range.start().0)
    }

    fn bitmap(&self) -> Mark<'_> {
        self.marks.mark()
    }

    fn get_host_address(&self, addr: MemoryRegionAddress) -> GuestMemoryResult<*mut u8> {
        let offset = self.marks.offset.checked_add(addr.0).filter(|_| addr.0 < self.len());
        let host = offset.and_then(|offset| self.marks.block.host_address(offset, 1));
        host.ok_or(GuestMemoryError::InvalidBackendAddress)
    }

    fn file_offset(&self) -> Option<&FileOffset> {
        self.file.as_ref()
    }

    fn get_slice(&self, addr: MemoryRegionAddress, count: usize) -> GuestMemoryResult<VolatileSlice<'_, Mark<'_>>> {
        let end = addr.0.checked_add(count as u64).filter(|&end| end <= self.len());
        end.ok_or(GuestMemoryError::InvalidBackendAddress)?;
        Ok(super::slice(&self.marks.block, self.marks.offset + addr.0, count))
    }
}

impl GuestMemoryRegionBytes for RamRegion {}
