//! What a disk's bytes are kept in on the host: a raw file or block device ([`RawFile`]), an image of another format ([`Image`]), or memory that
//! fails on request ([`fault`]). Devices see [`BlockBackend`] alone.
//!
//! A backend is shared by the worker threads of one device, so its calls take `&self` and may come side by side. They block: no handler
//! calls them.
//!
//! # Formats
//! [`open`] takes the format as the user gives it. Where none is given, the file is looked at, and only a file that looks like no known format is
//! taken, as raw. Any other is refused with [`OpenError::FormatNotGiven`]: its contents come from a guest that may have written them to be
//! mistaken (a raw disk that begins with a qcow2 header can name any file of the host as its backing file). So there is nothing a guest can
//! write into a raw disk that makes the next run read it as anything else, and no write has to be refused.

pub mod fault;

mod error;
mod image;
mod qcow2;
mod raw;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::OpenError;
pub use image::Image;
pub use raw::RawFile;

/// What sizes and offsets count in, whatever a disk's block size is (virtio 1.2 §5.2.4).
pub const SECTOR: u64 = 512;

/// The bytes behind a disk. All errors are the host's, with its [`io::ErrorKind`]; a caller never asks for bytes past [`BlockBackend::size`].
pub trait BlockBackend: Send + Sync + 'static {
    /// In bytes, a multiple of [`SECTOR`]; does not change.
    fn size(&self) -> u64;

    /// Whether writes are refused.
    fn read_only(&self) -> bool;

    /// Fills all of `data`, or is an error.
    fn read_at(&self, offset: u64, data: &mut [u8]) -> io::Result<()>;

    /// Writes all of `data`; after an error any part of it may have been written. Durable after the next [`BlockBackend::flush`].
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Returns once all that was written before is durable on the host.
    fn flush(&self) -> io::Result<()>;

    /// The contents of these bytes are not needed any more. A backend that cannot give room back does nothing.
    fn discard(&self, offset: u64, len: u64) -> io::Result<()>;

    /// Makes these bytes zero; with `unmap` their room may be given back.
    fn write_zeroes(&self, offset: u64, len: u64, unmap: bool) -> io::Result<()>;
}

impl<B: BlockBackend + ?Sized> BlockBackend for Arc<B> {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read_only(&self) -> bool {
        (**self).read_only()
    }

    fn read_at(&self, offset: u64, data: &mut [u8]) -> io::Result<()> {
        (**self).read_at(offset, data)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        (**self).write_at(offset, data)
    }

    fn flush(&self) -> io::Result<()> {
        (**self).flush()
    }

    fn discard(&self, offset: u64, len: u64) -> io::Result<()> {
        (**self).discard(offset, len)
    }

    fn write_zeroes(&self, offset: u64, len: u64, unmap: bool) -> io::Result<()> {
        (**self).write_zeroes(offset, len, unmap)
    }
}

/// How an image file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Byte for byte.
    Raw,
    /// QEMU's copy-on-write format, versions 2 and 3.
    Qcow2,
    /// VMware's, read only as far as its extents are flat or zero.
    Vmdk,
}

impl Format {
    /// The name that options use.
    pub fn name(self) -> &'static str {
        match self {
            Format::Raw => "raw",
            Format::Qcow2 => "qcow2",
            Format::Vmdk => "vmdk",
        }
    }

    /// The format of this name.
    pub fn by_name(name: &str) -> Option<Format> {
        [Format::Raw, Format::Qcow2, Format::Vmdk].into_iter().find(|format| format.name() == name)
    }
}

/// How to open an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOptions {
    /// The file, or block device of the host.
    pub path: PathBuf,
    /// See the module's text for `None`.
    pub format: Option<Format>,
    /// Nothing is written, by anybody.
    pub read_only: bool,
    /// Whether a discard gives room back to the host.
    pub discard: bool,
    /// Whether nobody else may write the image meanwhile (or read it, unless `read_only`).
    pub lock: bool,
}

impl OpenOptions {
    /// A writable image that gives back what is discarded.
    pub fn new(path: impl Into<PathBuf>) -> OpenOptions {
        OpenOptions { path: path.into(), format: None, read_only: false, discard: true, lock: true }
    }

    /// In this format.
    pub fn format(mut self, format: Format) -> OpenOptions {
        self.format = Some(format);
        self
    }

    /// Only to be read.
    pub fn read_only(mut self) -> OpenOptions {
        self.read_only = true;
        self
    }
}

/// Opens an image.
pub fn open(options: &OpenOptions) -> Result<Arc<dyn BlockBackend>, OpenError> {
    let file = raw::open_locked(options)?;
    let format = match (options.format, raw::looks_like(&file, &options.path)?) {
        (Some(format), _) => format,
        (None, None) => Format::Raw,
        (None, Some(found)) => return Err(OpenError::FormatNotGiven { path: options.path.clone(), found }),
    };
    Ok(match format {
        Format::Raw => Arc::new(RawFile::new(file, options)?),
        Format::Qcow2 | Format::Vmdk => Arc::new(Image::new(file, format, options)?),
    })
}

/// Zeroes, for backends whose host has no shorter way.
fn write_plain_zeroes(backend: &dyn BlockBackend, offset: u64, len: u64) -> io::Result<()> {
    const CHUNK: u64 = 64 << 10;
    let zeroes = [0; CHUNK as usize];
    let mut done = 0;
    while done < len {
        let now = CHUNK.min(len - done);
        backend.write_at(offset + done, &zeroes[..now as usize])?;
        done += now;
    }
    Ok(())
}

/// Short for the error of a path.
fn at(path: &Path, error: impl FnOnce(PathBuf) -> OpenError) -> OpenError {
    error(path.to_path_buf())
}
