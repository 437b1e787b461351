//! Images of other formats, by `imago`: that crate is kept by one of the authors of QEMU's block layer and is what other VMMs use; its
//! synchronous build needs no runtime. It opens the file a second time; ours keeps the lock.

use std::fs::File;
use std::io;

use imago::file::File as ImagoFile;
use imago::qcow2::Qcow2;
use imago::vmdk::Vmdk;
use imago::{FormatAccess, FormatDriverBuilder, PermissiveImplicitOpenGate};
use parking_lot::RwLock;

use super::{BlockBackend, Format, OpenError, OpenOptions, SECTOR, at, qcow2};

/// An image of a format with tables of its own. What it refers to (a backing file, extents) is opened too: whoever names the format trusts the
/// image.
#[derive(Debug)]
pub struct Image {
    /// Discards move data, so nobody else may be at it; reads and writes go side by side.
    access: RwLock<FormatAccess<ImagoFile>>,
    size: u64,
    read_only: bool,
    discard: bool,
    _locked: File,
}

impl Image {
    /// An opened and locked file in this format.
    pub(super) fn new(file: File, format: Format, options: &OpenOptions) -> Result<Image, OpenError> {
        let path = &options.path;
        let malformed = |error| at(path, |path| OpenError::Malformed { path, format: format.name(), error });
        let access = match format {
            Format::Vmdk => {
                let builder = Vmdk::<ImagoFile>::builder_path(path).write(!options.read_only);
                FormatAccess::new(builder.open(PermissiveImplicitOpenGate::default()).map_err(malformed)?)
            }
            _ => {
                qcow2::check(&file, path)?;
                let builder = Qcow2::<ImagoFile>::builder_path(path).write(!options.read_only);
                FormatAccess::new(builder.open(PermissiveImplicitOpenGate::default()).map_err(malformed)?)
            }
        };
        // A disk counts in sectors; what is left of a last one is not shown.
        let size = access.size() / SECTOR * SECTOR;
        if size == 0 {
            return Err(at(path, |path| OpenError::Empty { path }));
        }
        Ok(Image {
            access: RwLock::new(access),
            size,
            read_only: options.read_only,
            discard: options.discard,
            _locked: file,
        })
    }
}

impl BlockBackend for Image {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_only(&self) -> bool {
        self.read_only
    }

    fn read_at(&self, offset: u64, data: &mut [u8]) -> io::Result<()> {
        self.access.read().read(data, offset)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.access.read().write(data, offset)
    }

    /// Tables first, then the file: both are in the host's hands before it is asked to make them durable.
    fn flush(&self) -> io::Result<()> {
        if self.read_only {
            return Ok(());
        }
        let access = self.access.read();
        access.flush()?;
        access.sync()
    }

    fn discard(&self, offset: u64, len: u64) -> io::Result<()> {
        if !self.discard {
            return Ok(());
        }
        match self.access.write().discard_to_any(offset, len) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
            result => result,
        }
    }

    fn write_zeroes(&self, offset: u64, len: u64, unmap: bool) -> io::Result<()> {
        if unmap && self.discard {
            match self.access.write().discard_to_zero(offset, len) {
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
                result => return result,
            }
        }
        self.access.read().write_zeroes(offset, len)
    }
}
