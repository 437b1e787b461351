//! Raw files and block devices.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::Path;
use std::time::Duration;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use super::{BlockBackend, OpenError, OpenOptions, SECTOR, at, write_plain_zeroes};

/// Opens what `options` name, and locks it. The lock goes with the last duplicate of the file.
pub(super) fn open_locked(options: &OpenOptions) -> Result<File, OpenError> {
    let path = &options.path;
    let unreadable = |error| at(path, |path| OpenError::Unreadable { path, error });
    let kind = std::fs::metadata(path).map_err(unreadable)?.file_type();
    let what = match () {
        () if kind.is_file() || kind.is_block_device() => None,
        () if kind.is_dir() => Some("a directory"),
        () if kind.is_fifo() => Some("a pipe"),
        () if kind.is_socket() => Some("a socket"),
        () => Some("a character device"),
    };
    if let Some(what) = what {
        return Err(at(path, |path| OpenError::NotADisk { path, what }));
    }
    let file = File::options().read(true).write(!options.read_only).open(path).map_err(unreadable)?;
    if options.lock {
        match lock(&file, options.read_only) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(at(path, |path| OpenError::Locked { path })),
            // File systems without locks: nobody can be kept out there.
            Err(TryLockError::Error(error)) => {
                tracing::warn!("{}: not locked: {error}", path.display());
            }
        }
    }
    Ok(file)
}

/// Locks a file, for readers together or for one writer. Whoever has just let go of it may not be rid of it quite: a process that is
/// being started holds every file of its maker until its own program runs, and a lock with each. So a refusal counts after a moment only.
fn lock(file: &File, shared: bool) -> Result<(), TryLockError> {
    lock_within(100, file, shared)
}

/// Tries so often.
pub(super) fn lock_within(tries: u32, file: &File, shared: bool) -> Result<(), TryLockError> {
    const REST: Duration = Duration::from_millis(5);
    let mut left = tries;
    loop {
        match if shared { file.try_lock_shared() } else { file.try_lock() } {
            Err(TryLockError::WouldBlock) if left > 0 => {
                left -= 1;
                std::thread::sleep(REST);
            }
            result => return result,
        }
    }
}

/// Which format's first bytes these are, if any's.
pub(super) fn looks_like(file: &File, path: &Path) -> Result<Option<&'static str>, OpenError> {
    const MAGICS: [(&[u8], &str); 8] = [
        (b"QFI\xfb", "qcow2"),
        (b"KDMV", "vmdk"),
        (b"COWD", "vmdk"),
        (b"# Disk DescriptorFile", "vmdk"),
        (b"vhdxfile", "vhdx"),
        (b"conectix", "vpc"),
        (b"QED\0", "qed"),
        (b"WithoutFreeSpace", "parallels"),
    ];
    let mut head = [0; 64];
    let len = read_up_to(file, &mut head).map_err(|error| OpenError::Unreadable { path: path.to_path_buf(), error })?;
    Ok(MAGICS.iter().find(|(magic, _)| head[..len].starts_with(magic)).map(|(_, name)| *name))
}

/// The first bytes of a file, as many as there are.
fn read_up_to(file: &File, head: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < head.len() {
        match file.read_at(&mut head[len..], len as u64) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

/// How long a file or block device is.
pub(super) fn length(mut file: &File) -> io::Result<u64> {
    // A block device's metadata say zero; its end is where a seek gets.
    io::Seek::seek(&mut file, io::SeekFrom::End(0))
}

/// A raw image.
#[derive(Debug)]
pub struct RawFile {
    file: File,
    size: u64,
    read_only: bool,
    discard: bool,
}

impl RawFile {
    /// An opened file, as large as it is now.
    pub(super) fn new(file: File, options: &OpenOptions) -> Result<RawFile, OpenError> {
        let path = &options.path;
        let size = length(&file).map_err(|error| at(path, |path| OpenError::Unreadable { path, error }))?;
        match size {
            0 => Err(at(path, |path| OpenError::Empty { path })),
            size if size % SECTOR != 0 => Err(at(path, |path| OpenError::OddSize { path, size })),
            size => Ok(RawFile { file, size, read_only: options.read_only, discard: options.discard }),
        }
    }

    /// Tells the host's file system about a range; whether it understood.
    fn allocate(&self, how: FallocateFlags, offset: u64, len: u64) -> io::Result<bool> {
        match rustix::io::retry_on_intr(|| rustix::fs::fallocate(&self.file, how, offset, len)) {
            Ok(()) => Ok(true),
            // Other file systems, and block devices of several kinds.
            Err(Errno::OPNOTSUPP | Errno::NODEV | Errno::NOSYS) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn punch(&self, offset: u64, len: u64) -> io::Result<bool> {
        self.allocate(FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, offset, len)
    }
}

impl BlockBackend for RawFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_only(&self) -> bool {
        self.read_only
    }

    /// A file that somebody has truncated meanwhile is an error, not zeroes.
    fn read_at(&self, offset: u64, data: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(data, offset)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write_all_at(data, offset)
    }

    fn flush(&self) -> io::Result<()> {
        if self.read_only {
            return Ok(());
        }
        self.file.sync_data()
    }

    fn discard(&self, offset: u64, len: u64) -> io::Result<()> {
        if self.discard && len > 0 {
            // What cannot be given back stays.
            self.punch(offset, len)?;
        }
        Ok(())
    }

    fn write_zeroes(&self, offset: u64, len: u64, unmap: bool) -> io::Result<()> {
        if len == 0 || unmap && self.discard && self.punch(offset, len)? {
            return Ok(());
        }
        if self.allocate(FallocateFlags::ZERO_RANGE | FallocateFlags::KEEP_SIZE, offset, len)? {
            return Ok(());
        }
        write_plain_zeroes(self, offset, len)
    }
}
