//! Guest RAM: blocks of host memory, shared with anybody. Every access to guest memory, by whomever, is made here.

use std::path::Path;

/// A block of guest memory, zeroed, on a memfd or a file, so that it can be shared with other processes.
///
/// Bytes are shared with guest threads that race at will: every access is a relaxed host atomic of the access's size, bulk copies are
/// relaxed atomics of at most 8 bytes.
pub struct RamBlock {
    _todo: (),
}

/// Holds a block in memory (and its `Retired` back) while something outlives a poll.
pub struct Pin {
    _todo: (),
}

impl RamBlock {
    /// `size` bytes of zeroes on a memfd; `size` is a multiple of 4096.
    pub fn anonymous(name: &str, size: u64) -> std::io::Result<RamBlock> {
        let _ = (name, size);
        unimplemented!()
    }

    /// The file's bytes, shared with it.
    pub fn from_file(path: &Path) -> std::io::Result<RamBlock> {
        let _ = path;
        unimplemented!()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        unimplemented!()
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        unimplemented!()
    }

    /// The host address of its first byte, valid while the block lives. To be used only through [`load`] and [`store`] and their like.
    pub fn host_base(&self) -> *mut u8 {
        unimplemented!()
    }

    /// Copies out; `false` (and nothing done) when it passes the end.
    #[must_use]
    pub fn read(&self, offset: u64, buf: &mut [u8]) -> bool {
        let _ = (offset, buf);
        unimplemented!()
    }

    /// Copies in; `false` (and nothing done) when it passes the end.
    #[must_use]
    pub fn write(&self, offset: u64, data: &[u8]) -> bool {
        let _ = (offset, data);
        unimplemented!()
    }

    /// Keeps the block from being retired.
    pub fn pin(self: &std::sync::Arc<RamBlock>) -> Pin {
        unimplemented!()
    }
}
