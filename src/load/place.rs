//! Where images go: the firmware at RAM's start, the kernel at the next multiple of 2 MiB, the initrd 128 MiB behind it, the
//! device tree where the board says. What brings its own addresses goes there.

use manyhart_runtime::{AddrRange, Gpa};

use super::image::{Image, Symbols, recognise};
use super::{Chosen, Firmware, LoadError, Segment, Source, with_chosen};

const HUGE_PAGE: u64 = 2 << 20;
const PAGE: u64 = 4096;
/// From RAM's start: where the initrd goes when everything fits.
const INITRD: u64 = 0x820_0000;

/// What a machine is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// What runs first.
    pub firmware: Firmware,
    /// The kernel, or a bare-metal program.
    pub kernel: Option<Source>,
    /// The initial RAM disk.
    pub initrd: Option<Source>,
    /// The kernel's command line.
    pub command_line: Option<String>,
    /// A device tree in place of the board's own.
    pub device_tree: Option<Source>,
    /// More images.
    pub more: Vec<Loader>,
}

impl Images {
    /// A bare-metal program and nothing else.
    pub fn bare(program: Source) -> Images {
        Images {
            firmware: Firmware::None,
            kernel: Some(program),
            initrd: None,
            command_line: None,
            device_tree: None,
            more: Vec::new(),
        }
    }
}

/// One more image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loader {
    /// The image.
    pub source: Source,
    /// Where raw bytes go, guest-physical.
    pub addr: Option<u64>,
    /// The hart that starts at it.
    pub hart: Option<u32>,
    /// Not looked into.
    pub force_raw: bool,
}

/// Something with a place in guest memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What messages call it.
    pub what: String,
    /// Its bytes, their address, and zeroes behind them.
    pub segment: Segment,
    /// All that belongs to it, its zeroes and what it will use before it manages memory itself.
    pub range: AddrRange,
}

/// What stands where, and where harts start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Everything to be written, in this order; nothing overlaps.
    pub pieces: Vec<Piece>,
    /// Where harts go from the reset vector.
    pub entry: u64,
    /// Where the firmware goes next.
    pub next: u64,
    /// The device tree, flattened; the board puts it into its place.
    pub device_tree: Vec<u8>,
    /// Harts that start elsewhere.
    pub hart_entries: Vec<(u32, u64)>,
    /// The program's symbols.
    pub symbols: Symbols,
}

/// What the planner asks of the board.
pub trait Board {
    /// Where its RAM is.
    fn ram(&self) -> AddrRange;

    /// How many harts it has.
    fn harts(&self) -> u32;

    /// Its device tree with this in `/chosen`. The length depends on the command line and on whether there is an initrd, on nothing else.
    fn device_tree(&self, chosen: &Chosen) -> Result<Vec<u8>, LoadError>;

    /// Where a device tree of `size` bytes goes; `None` where it has no place.
    fn device_tree_place(&self, size: usize) -> Option<u64>;
}

impl Plan {
    /// Reads the images and places them on `board`.
    pub fn new(images: &Images, board: &dyn Board) -> Result<Plan, LoadError> {
        let (ram, harts) = (board.ram(), board.harts());
        let mut placer = Placer { ram, pieces: Vec::new() };
        let limit = u64::try_from(ram.size()).unwrap_or(u64::MAX);
        let read = |source: &Source| recognise(&source.name(), source.read_unpacked(limit)?);

        let firmware = match images.firmware.source()? {
            Some(source) => {
                Some(placer.place(&format!("the firmware {}", source.name()), read(&source)?, ram.start().0)?)
            }
            None => None,
        };
        let after = firmware.as_ref().map_or(ram.start().0, |firmware| firmware.end.next_multiple_of(HUGE_PAGE));
        let kernel = match &images.kernel {
            Some(source) => Some(placer.place(&format!("the kernel {}", source.name()), read(source)?, after)?),
            None => None,
        };
        let mut hart_entries = Vec::new();
        for loader in &images.more {
            hart_entries.extend(placer.load_more(loader, harts, limit)?);
        }

        let initrd =
            images.initrd.as_ref().map(|source| source.read(limit).map(|bytes| (source.name(), bytes))).transpose()?;
        let user_tree = images
            .device_tree
            .as_ref()
            .map(|source| source.read(limit).map(|bytes| (source.name(), bytes)))
            .transpose()?;
        let tree = |initrd: Option<AddrRange>| {
            let chosen = Chosen { command_line: images.command_line.clone(), initrd };
            match &user_tree {
                None => board.device_tree(&chosen),
                Some((file, blob)) => {
                    with_chosen(blob, &chosen).map_err(|what| LoadError::DeviceTree { file: file.clone(), what })
                }
            }
        };
        let tree_size = tree(initrd.as_ref().map(|_| ram))?.len();
        let tree_at =
            board.device_tree_place(tree_size).ok_or_else(|| placer.no_place("the device tree", tree_size as u64))?;
        let mut initrd_range = None;
        if let Some((name, bytes)) = initrd {
            let at = placer.initrd_place(&name, bytes.len() as u64, tree_at)?;
            initrd_range =
                Some(placer.add(&format!("the initrd {name}"), Segment { addr: at, bytes, zeroes: 0 }, 0)?);
        }
        let device_tree = tree(initrd_range)?;
        placer.check("the device tree", tree_at, device_tree.len() as u128)?;

        let symbols = |placed: &Option<Placed>| placed.as_ref().map(|placed| placed.symbols).unwrap_or_default();
        let (of_kernel, of_firmware) = (symbols(&kernel), symbols(&firmware));
        let next = kernel.map_or(after, |kernel| kernel.entry);
        Ok(Plan {
            pieces: placer.pieces,
            entry: firmware.map_or(next, |firmware| firmware.entry),
            next,
            device_tree,
            hart_entries,
            symbols: if of_kernel == Symbols::default() { of_firmware } else { of_kernel },
        })
    }
}

/// An image that has its place.
struct Placed {
    entry: u64,
    end: u64,
    symbols: Symbols,
}

struct Placer {
    ram: AddrRange,
    pieces: Vec<Piece>,
}

impl Placer {
    /// Places an image; `default` is for one that brings no address.
    fn place(&mut self, what: &str, image: Image, default: u64) -> Result<Placed, LoadError> {
        let (segment, room) = match image {
            Image::Elf { segments, entry, symbols } => {
                let mut end = 0;
                for segment in segments {
                    end = end.max(self.add(what, segment, 0)?.last().0 + 1);
                }
                return Ok(Placed { entry, end, symbols });
            }
            Image::Linux { bytes, room } => (Segment { addr: default, bytes, zeroes: 0 }, room),
            Image::Raw(bytes) => (Segment { addr: default, bytes, zeroes: 0 }, 0),
        };
        let range = self.add(what, segment, room)?;
        Ok(Placed { entry: default, end: range.last().0 + 1, symbols: Symbols::default() })
    }

    fn load_more(&mut self, loader: &Loader, harts: u32, limit: u64) -> Result<Option<(u32, u64)>, LoadError> {
        let file = loader.source.name();
        let image = match loader.force_raw {
            true => Image::Raw(loader.source.read(limit)?),
            false => recognise(&file, loader.source.read_unpacked(limit)?)?,
        };
        let addr = match (&image, loader.addr) {
            (Image::Elf { .. }, _) => 0,
            (_, Some(addr)) => addr,
            (_, None) => return Err(LoadError::NoAddress { file }),
        };
        let placed = self.place(&file, image, addr)?;
        match loader.hart {
            Some(hart) if hart >= harts => Err(LoadError::NoSuchHart { file, hart, harts }),
            hart => Ok(hart.map(|hart| (hart, placed.entry))),
        }
    }

    /// Adds a piece that fits RAM and touches no other; `room` is what it needs where that is more than it brings.
    fn add(&mut self, what: &str, segment: Segment, room: u64) -> Result<AddrRange, LoadError> {
        let size = (segment.bytes.len() as u128 + u128::from(segment.zeroes)).max(u128::from(room));
        let range = self.check(what, segment.addr, size)?;
        self.pieces.push(Piece { what: what.to_owned(), segment, range });
        Ok(range)
    }

    /// Whether something fits RAM here and touches nothing else.
    fn check(&self, what: &str, addr: u64, size: u128) -> Result<AddrRange, LoadError> {
        let range = AddrRange::with_size(Gpa(addr), size).ok_or_else(|| self.no_place(what, size as u64))?;
        if self.ram.intersection(range) != Some(range) {
            return Err(LoadError::OutsideRam { what: what.to_owned(), at: range, ram: self.ram });
        }
        let Some(other) = self.pieces.iter().find(|piece| piece.range.overlaps(range)) else { return Ok(range) };
        let bare = other.what.starts_with("the firmware") && what.starts_with("the kernel");
        Err(LoadError::Overlap {
            first: what.to_owned(),
            first_at: range,
            second: other.what.clone(),
            second_at: other.range,
            advice: if bare { "; a bare-metal program is run with -bios none" } else { "" },
        })
    }

    fn no_place(&self, what: &str, size: u64) -> LoadError {
        LoadError::NoPlace { what: what.to_owned(), size, ram: self.ram }
    }

    fn is_free(&self, addr: u64, size: u64) -> bool {
        let range = AddrRange::with_size(Gpa(addr), size.into());
        range.is_some_and(|range| {
            self.ram.intersection(range) == Some(range) && !self.pieces.iter().any(|piece| piece.range.overlaps(range))
        })
    }

    /// The usual place, or where that is taken or too small the highest multiple of 2 MiB below the device tree, or of 4 KiB.
    fn initrd_place(&self, name: &str, size: u64, device_tree: u64) -> Result<u64, LoadError> {
        let usual = self.ram.start().0 + INITRD;
        let highest = device_tree.checked_sub(size);
        let fits = |addr: &u64| highest.is_some_and(|highest| *addr <= highest) && self.is_free(*addr, size);
        let aligned = [HUGE_PAGE, PAGE].map(|align| highest.map(|highest| highest - highest % align));
        let mut candidates = std::iter::once(usual).chain(aligned.into_iter().flatten());
        candidates.find(fits).ok_or_else(|| self.no_place(&format!("the initrd {name}"), size))
    }
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
