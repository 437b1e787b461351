//! A shared mapping of a file, for as long as the value lives.
#![allow(unsafe_code)] // mmap and munmap.

use std::fs::File;
use std::io;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::PAGE_SIZE;

/// Owns its mapping: nobody else unmaps it or maps something in its place.
pub(super) struct Mapping {
    base: NonNull<u8>,
    size: u64,
}

// SAFETY: a mapping belongs to the process, not to a thread; its bytes are reached by atomics only.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

/// What no host could map, found before the host is asked.
pub(super) fn check_size(size: u64) -> io::Result<()> {
    let invalid =
        |why: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{size:#x} bytes of RAM: {why}")));
    match size {
        0 => invalid("a block cannot be empty"),
        _ if !size.is_multiple_of(PAGE_SIZE) => invalid("not a multiple of 4096"),
        _ if size > isize::MAX as u64 => invalid("more than a host can address"),
        _ => Ok(()),
    }
}

impl Mapping {
    /// The first `size` bytes of `file`, readable and writable.
    pub(super) fn shared(file: &File, size: u64) -> io::Result<Mapping> {
        check_size(size)?;
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the host chooses the place, so nothing that exists is mapped over.
        let base = unsafe {
            mmap(std::ptr::null_mut(), size as usize, protection, MapFlags::SHARED | MapFlags::NORESERVE, file, 0)?
        };
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::other("the host mapped RAM at address 0"))?;
        Ok(Mapping { base, size })
    }

    #[inline]
    pub(super) fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    #[inline]
    pub(super) fn size(&self) -> u64 {
        self.size
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly what `shared` has mapped. Whoever holds an address into it owns the block that owns this.
        let result = unsafe { munmap(self.base.as_ptr().cast(), self.size as usize) };
        if let Err(error) = result {
            tracing::error!(%error, "RAM could not be unmapped");
        }
    }
}
