//! Why images cannot be loaded: one line each, with the file and the cause.

use std::path::PathBuf;

use manyhart_runtime::AddrRange;

/// Why images cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{file}: cannot read: {error}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// A file is longer, or unpacks to more, than the machine has memory.
    #[error("{file}: does not fit the machine's memory")]
    TooLong {
        /// The file.
        file: String,
    },
    /// A file of no bytes.
    #[error("{file}: is empty")]
    Empty {
        /// The file.
        file: String,
    },
    /// A gzip file that does not unpack.
    #[error("{file}: broken gzip file: {error}")]
    Gzip {
        /// The file.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// An ELF file that ends before what its headers promise.
    #[error("{file}: truncated or damaged ELF file: {what}")]
    Truncated {
        /// The file.
        file: String,
        /// What is missing.
        what: String,
    },
    /// An image for another machine, or not a program.
    #[error("{file}: {what}, not a 64-bit RISC-V program")]
    Foreign {
        /// The file.
        file: String,
        /// What it is.
        what: &'static str,
    },
    /// An image, or a segment of it, where there is no RAM.
    #[error("{what} ({at}) does not fit RAM ({ram})")]
    OutsideRam {
        /// What.
        what: String,
        /// Where it should go.
        at: AddrRange,
        /// Where RAM is.
        ram: AddrRange,
    },
    /// An image that finds no place, or whose place would pass the end of the address space.
    #[error("{what} ({size} bytes) finds no place in RAM ({ram})")]
    NoPlace {
        /// What.
        what: String,
        /// Its length.
        size: u64,
        /// Where RAM is.
        ram: AddrRange,
    },
    /// Two images at one place.
    #[error("{first} ({first_at}) overlaps {second} ({second_at}){advice}")]
    Overlap {
        /// One.
        first: String,
        /// Its place.
        first_at: AddrRange,
        /// The other.
        second: String,
        /// Its place.
        second_at: AddrRange,
        /// What may help.
        advice: &'static str,
    },
    /// No OpenSBI where packages put it.
    #[error(
        "no OpenSBI found (looked at {}); install Debian's package opensbi, run 'manyhart run debian' once, or name a file with -bios",
        list(.looked_at)
    )]
    NoFirmware {
        /// Where it was looked for.
        looked_at: Vec<PathBuf>,
    },
    /// A raw image without an address.
    #[error("{file}: raw bytes need an address: addr=A")]
    NoAddress {
        /// The file.
        file: String,
    },
    /// A hart that the machine does not have.
    #[error("{file}: cpu-num={hart}, but the machine has {harts} harts")]
    NoSuchHart {
        /// The file.
        file: String,
        /// The hart.
        hart: u32,
        /// How many there are.
        harts: u32,
    },
    /// Neither firmware nor a kernel nor anything else.
    #[error("nothing to run: name a kernel with -kernel, or firmware with -bios")]
    Nothing,
    /// The board's own device tree cannot be expressed.
    #[error("device tree: {0}")]
    Board(vm_fdt::Error),
    /// A device tree blob that is none.
    #[error("{file}: not a device tree blob: {what}")]
    DeviceTree {
        /// The file.
        file: String,
        /// What is wrong.
        what: &'static str,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
