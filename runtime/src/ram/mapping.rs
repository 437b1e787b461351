//! A shared mapping of a file, for as long as the value lives.
#![allow(unsafe_code)] // mmap and munmap.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;

#[cfg(not(miri))]
use host::{map, memory_file, unmap};
#[cfg(miri)]
use interpreted::{map, memory_file, unmap};

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

/// A file of `size` zeroes that has no name.
pub(super) fn anonymous_file(size: u64) -> io::Result<OwnedFd> {
    check_size(size)?;
    memory_file(size)
}

impl Mapping {
    /// The first `size` bytes of `file`, readable and writable.
    pub(super) fn shared(file: &File, size: u64) -> io::Result<Mapping> {
        check_size(size)?;
        let base =
            NonNull::new(map(file, size)?).ok_or_else(|| io::Error::other("the host mapped RAM at address 0"))?;
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
        if let Err(error) = unsafe { unmap(self.base, self.size) } {
            tracing::error!(%error, "RAM could not be unmapped");
        }
    }
}

#[cfg(not(miri))]
mod host {
    use super::*;
    use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
    use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

    pub(super) fn memory_file(size: u64) -> io::Result<OwnedFd> {
        let file = memfd_create(c"guest-ram", MemfdFlags::CLOEXEC)?;
        ftruncate(&file, size)?;
        Ok(file)
    }

    pub(super) fn map(file: &File, size: u64) -> io::Result<*mut u8> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::SHARED | MapFlags::NORESERVE;
        // SAFETY: the host chooses the place, so nothing that exists is mapped over.
        Ok(unsafe { mmap(std::ptr::null_mut(), size as usize, protection, flags, file, 0)? }.cast())
    }

    /// # Safety
    /// Nobody uses what [`map`] has mapped there any more.
    pub(super) unsafe fn unmap(base: NonNull<u8>, size: u64) -> io::Result<()> {
        // SAFETY: the caller's promise.
        unsafe { munmap(base.as_ptr().cast(), size as usize)? };
        Ok(())
    }
}

/// Miri maps no files: there a block is heap memory of zeroes, which Miri watches like any other, and the
/// file is not shared.
#[cfg(miri)]
mod interpreted {
    use super::*;
    use std::alloc::Layout;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn layout(size: u64) -> Layout {
        Layout::from_size_align(size as usize, PAGE_SIZE as usize).expect("checked")
    }

    pub(super) fn memory_file(size: u64) -> io::Result<OwnedFd> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("manyhart-miri-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let file = File::create_new(&path)?;
        file.set_len(size)?;
        std::fs::remove_file(path)?;
        Ok(file.into())
    }

    pub(super) fn map(_: &File, size: u64) -> io::Result<*mut u8> {
        // SAFETY: the size is not zero.
        Ok(unsafe { std::alloc::alloc_zeroed(layout(size)) })
    }

    /// # Safety
    /// Nobody uses what [`map`] has made there any more.
    pub(super) unsafe fn unmap(base: NonNull<u8>, size: u64) -> io::Result<()> {
        // SAFETY: the caller's promise; allocated with this layout.
        unsafe { std::alloc::dealloc(base.as_ptr(), layout(size)) };
        Ok(())
    }
}
