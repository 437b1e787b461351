//! Guest RAM: blocks of host memory, shared with anybody. Every access to guest memory, by whomever, is made here.
//!
//! * [`atomics`]: loads, stores and read-modify-writes of 1 to 8 bytes by host address, and bulk copies made of them.
//! * [`order`]: how strongly.
//! * [`monitor`]: who watches which bytes, so that a conditional store fails when somebody else wrote in between.
//! * `dirty`: which pages were written, for those who log it. A block's own writes mark; who stores by host address does it through
//!   [`DirtyLogs::logged`] where the view says that the range is logged.
//!
//! What never happens here: a Rust reference to guest bytes, an access that is not atomic, a look at the topology.
//!
//! Guest memory is little-endian, and so must the host be.
#![allow(unsafe_code)] // Maps memory, and reaches it by raw address: the only way to share it with guests that race.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

pub mod atomics;
pub mod monitor;
pub mod order;

mod dirty;
mod mapping;
mod pin;

pub use dirty::{DirtyClient, DirtyLogs};
pub use pin::Pin;
pub(crate) use pin::PinCount;

use atomics::Word;
use mapping::Mapping;

const _: () = assert!(cfg!(target_endian = "little"), "guest memory is little-endian, and is used as it lies");

/// Sizes are multiples of this: the smallest page that guests and hosts share.
pub const PAGE_SIZE: u64 = 4096;

/// A block of guest memory, zeroed, on a memfd or a file, so that it can be shared with other processes.
///
/// Bytes are shared with guest threads that race at will: every access is a relaxed host atomic of the access's size, bulk copies are
/// relaxed atomics of at most 8 bytes. Whoever else holds the file must not shorten it: the host answers an access past its end with
/// a signal.
pub struct RamBlock {
    name: String,
    mapping: Mapping,
    file: OwnedFd,
    pins: PinCount,
    dirty: DirtyLogs,
}

impl RamBlock {
    /// `size` bytes of zeroes on a memfd; `size` is a multiple of 4096. An error is a size that is none, or the host's refusal.
    pub fn anonymous(name: &str, size: u64) -> io::Result<RamBlock> {
        RamBlock::from_fd(name, mapping::anonymous_file(size)?)
    }

    /// The file's bytes, shared with it; its size is a multiple of 4096, and it must be writable.
    pub fn from_file(path: &Path) -> io::Result<RamBlock> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        RamBlock::from_fd(&path.to_string_lossy(), file.into())
    }

    /// All of a file that is open for reading and writing, as [`RamBlock::from_file`].
    pub fn from_fd(name: &str, file: OwnedFd) -> io::Result<RamBlock> {
        let file = File::from(file);
        let mapping = Mapping::shared(&file, file.metadata()?.len())?;
        let dirty = DirtyLogs::new(mapping.size() / PAGE_SIZE);
        Ok(RamBlock { name: name.to_owned(), mapping, file: file.into(), pins: PinCount::new(), dirty })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes.
    #[inline]
    pub fn size(&self) -> u64 {
        self.mapping.size()
    }

    /// The host address of its first byte, aligned to [`PAGE_SIZE`], valid while the block lives. To be used only through [`atomics`].
    #[inline]
    pub fn host_base(&self) -> *mut u8 {
        self.mapping.base()
    }

    /// The host address of `len` bytes at `offset`; `None` when they pass the end.
    #[inline]
    pub fn host_address(&self, offset: u64, len: u64) -> Option<*mut u8> {
        let end = offset.checked_add(len)?;
        // SAFETY: `offset` is at most the size, so the address is inside the mapping or one past its end.
        (end <= self.size()).then(|| unsafe { self.host_base().add(offset as usize) })
    }

    /// One load of 1, 2, 4 or 8 bytes; `None` when it passes the end.
    #[inline]
    pub fn load<T: Word>(&self, offset: u64) -> Option<T> {
        let ptr = self.host_address(offset, T::SIZE as u64)?;
        // SAFETY: `host_address` has checked that the bytes are this block's, which lives.
        Some(unsafe { atomics::load(ptr) })
    }

    /// One store of 1, 2, 4 or 8 bytes; `false` (and nothing done) when it passes the end.
    #[inline]
    #[must_use]
    pub fn store<T: Word>(&self, offset: u64, value: T) -> bool {
        let Some(ptr) = self.host_address(offset, T::SIZE as u64) else { return false };
        // SAFETY: as in `load`.
        self.dirty.logged_by_anyone(offset, T::SIZE as u64, || unsafe { atomics::store(ptr, value) });
        true
    }

    /// Copies out; `false` (and nothing done) when it passes the end.
    #[must_use]
    pub fn read(&self, offset: u64, buf: &mut [u8]) -> bool {
        let Some(ptr) = self.host_address(offset, buf.len() as u64) else { return false };
        // SAFETY: as in `load`; `buf` is Rust's own and so is not guest memory.
        unsafe { atomics::copy_out(ptr, buf) };
        true
    }

    /// Copies in; `false` (and nothing done) when it passes the end.
    #[must_use]
    pub fn write(&self, offset: u64, data: &[u8]) -> bool {
        let Some(ptr) = self.host_address(offset, data.len() as u64) else { return false };
        // SAFETY: as in `read`.
        self.dirty.logged_by_anyone(offset, data.len() as u64, || unsafe { atomics::copy_in(ptr, data) });
        true
    }

    /// As [`RamBlock::write`], for a reader that is online: a log that starts waits for it, so it needs no fence of its own.
    #[must_use]
    pub(crate) fn write_online(&self, offset: u64, data: &[u8]) -> bool {
        let Some(ptr) = self.host_address(offset, data.len() as u64) else { return false };
        // SAFETY: as in `read`.
        self.dirty.logged(offset, data.len() as u64, || unsafe { atomics::copy_in(ptr, data) });
        true
    }

    /// Sets `len` bytes to `byte`; `false` (and nothing done) when they pass the end.
    #[must_use]
    pub fn fill(&self, offset: u64, len: u64, byte: u8) -> bool {
        let Some(ptr) = self.host_address(offset, len) else { return false };
        // SAFETY: as in `load`.
        self.dirty.logged_by_anyone(offset, len, || unsafe { atomics::fill(ptr, len as usize, byte) });
        true
    }

    /// To be called after `len` bytes at `offset` were written by somebody who does not go through this module. What passes the end is left out.
    #[cfg(feature = "vm-memory")]
    pub(crate) fn wrote(&self, offset: u64, len: u64) {
        let len = len.min(self.size().saturating_sub(offset));
        if len > 0 {
            monitor::wrote(self.host_base().addr() + offset as usize, len as usize);
            self.dirty.logged_by_anyone(offset, len, || ());
        }
    }

    /// Who logs its pages, and what was marked. Whoever writes by host address marks through [`DirtyLogs::logged`], or, when it is no
    /// reader that is online, through [`DirtyLogs::logged_by_anyone`]; the block's own methods do so themselves.
    #[inline]
    pub fn dirty(&self) -> &DirtyLogs {
        &self.dirty
    }

    /// Keeps the block from being retired. To be taken while online; it may be kept offline.
    pub fn pin(self: &Arc<RamBlock>) -> Pin {
        Pin::new(Arc::clone(self))
    }

    /// How many pins there are. A grace period asks after every reader has passed it.
    pub fn pins(&self) -> u64 {
        self.pins.get()
    }
}

impl AsFd for RamBlock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl std::fmt::Debug for RamBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RamBlock({}, {:#x} bytes)", self.name, self.size())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_sizes_are_errors() {
        for size in [0, 1, 4095, 4097, u64::MAX, !4095, 1 << 63, 1 << 62, i64::MAX as u64 & !4095] {
            assert!(RamBlock::anonymous("ram", size).is_err(), "{size:#x}");
        }
    }

    #[test]
    fn a_block_starts_as_zeroes_and_reaches_exactly_to_its_end() {
        let block = RamBlock::anonymous("ram", 8192).expect("memfd");
        let mut buf = [1; 8192];
        assert!(block.read(0, &mut buf));
        assert!(buf.iter().all(|&byte| byte == 0));
        assert!(block.write(8190, &[1, 2]));
        assert_eq!(block.load::<u16>(8190), Some(0x0201));
        for (offset, len) in [(8191, 2), (8193, 0), (u64::MAX, 2), (u64::MAX, 1)] {
            assert!(!block.write(offset, &vec![9; len]), "{offset:#x} + {len}");
            assert!(!block.fill(offset, len as u64, 9), "{offset:#x} + {len}");
        }
        assert_eq!(block.load::<u64>(8185), None);
        assert!(!block.store(8189, 7u32));
        assert_eq!(block.load::<u16>(8190), Some(0x0201), "a refused write does nothing");
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri maps no files")]
    fn a_file_is_shared_with_its_other_users() {
        let path = std::env::temp_dir().join(format!("manyhart-ram-{}", std::process::id()));
        std::fs::write(&path, vec![7; 4096]).expect("write");
        let block = RamBlock::from_file(&path).expect("map");
        assert_eq!(block.load::<u8>(4095), Some(7));
        assert!(block.write(1, b"guest"));
        assert_eq!(&std::fs::read(&path).expect("read")[..7], b"\x07guest\x07");
        std::fs::write(&path, [7]).expect("write");
        assert!(RamBlock::from_file(&path).is_err(), "not a multiple of the page size");
        std::fs::remove_file(&path).expect("remove");
        assert!(RamBlock::from_file(&path).is_err(), "no such file");
    }
}
