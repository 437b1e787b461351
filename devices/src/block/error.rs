//! Why an image cannot be opened.

use std::io;
use std::path::PathBuf;

/// Why an image cannot be opened. Texts begin as those of the C library do, which scripts know.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The host lets us not open or read it: there is none, no permission, a broken disk.
    #[error("Could not open '{path}': {error}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The host's words.
        error: io::Error,
    },
    /// Not a file, not a block device: a directory, a pipe, a terminal.
    #[error("Could not open '{path}': it is {what}, neither a regular file nor a block device")]
    NotADisk {
        /// Which.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// Somebody else uses it.
    #[error("Failed to get a lock on '{path}': is another process using the image?")]
    Locked {
        /// Which.
        path: PathBuf,
    },
    /// A raw image that ends inside a sector.
    #[error("'{path}' is {size} bytes long, which is no multiple of 512: is it truncated?")]
    OddSize {
        /// Which.
        path: PathBuf,
        /// How long it is.
        size: u64,
    },
    /// Nothing is in it.
    #[error("'{path}' is empty")]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// An image whose own tables point past its end.
    #[error("'{path}' is truncated: {what} ends at {end}, the file at {size}")]
    Truncated {
        /// Which.
        path: PathBuf,
        /// What of it is missing.
        what: &'static str,
        /// Where that should end.
        end: u64,
        /// Where the file ends.
        size: u64,
    },
    /// No format was given, and the file is probably not raw.
    #[error("'{path}' looks like {found}: say format={found}, or format=raw if the guest is to see it as it is")]
    FormatNotGiven {
        /// Which.
        path: PathBuf,
        /// What its first bytes are those of.
        found: &'static str,
    },
    /// It is not of the format that was given, or of a kind of it that cannot be used.
    #[error("Could not open '{path}' as {format}: {error}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What it was opened as.
        format: &'static str,
        /// What is wrong with it.
        error: io::Error,
    },
}
