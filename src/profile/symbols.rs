//! Functions by their addresses: from ELF programs, from lists like a kernel's System.map, and from a Linux boot image's own tables.
//!
//! What is loaded is known by where it lies in RAM: a boot image's functions, those of the list or the program that it was made from, and those of the
//! program that a raw firmware was made from. So it does not matter for which addresses they were linked.

use object::Endianness;
use object::elf::{self, FileHeader64, PF_X, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader, Sym};

use super::{ProfileError, kallsyms};
use crate::load::{LoadError, Segment, elf_header};

const PAGE: u64 = 0xfff;
/// As many bytes of a program and of what is loaded are compared to see whether the one was made from the other.
const ALIKE: usize = 64 << 10;
/// The most bytes of a function: the last of a list does not reach to the end of the address space.
const LONGEST: u64 = 1 << 20;
/// The name of a Linux image's first byte.
const START: &str = "_start";
/// Linux is linked in the upper half.
const UPPER_HALF: u64 = 1 << 63;

/// What begins at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Symbol {
    addr: u64,
    /// Of several at one address the least counts: a name that others may use, before a local one, before anything that is no function.
    rank: u8,
    /// `None`: no function, so that the one before ends here.
    name: Option<String>,
}

/// Where something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In the function that begins here.
    Function(u64),
    /// In no function, on this page.
    Page(u64),
}

impl Place {
    /// The page that this address is on.
    pub fn page_of(addr: u64) -> Place {
        Place::Page(addr & !PAGE)
    }
}

/// A Linux boot image in RAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinuxImage {
    /// Where it lies.
    pub start: u64,
    /// How much room it takes.
    pub size: u64,
}

impl LinuxImage {
    /// How far behind its first byte this physical address lies, if it is in it.
    pub fn offset_of(self, physical: u64) -> Option<u64> {
        physical.checked_sub(self.start).filter(|offset| *offset < self.size)
    }
}

/// Functions by their addresses.
#[derive(Debug, Default)]
pub struct Symbols {
    symbols: Vec<Symbol>,
    image: Option<LinuxImage>,
}

/// Whether these bytes claim to be an ELF file.
pub fn is_program(bytes: &[u8]) -> bool {
    bytes.starts_with(&elf::ELFMAG)
}

impl Symbols {
    /// Adds a Linux boot image, and what it says about itself.
    pub fn add_image(&mut self, image: LinuxImage, bytes: &[u8]) {
        self.image = Some(image);
        let named = kallsyms::symbols(bytes).unwrap_or_default();
        let symbols = named.into_iter().map(|(offset, kind, name)| symbol(image.start + offset, kind, &name, None));
        self.symbols.extend(symbols);
    }

    /// The boot image.
    pub fn image(&self) -> Option<LinuxImage> {
        self.image
    }

    /// Adds those of an ELF program or of a list, of which there must be some.
    pub fn add(&mut self, file: &str, bytes: &[u8], loaded: &[&Segment]) -> Result<(), ProfileError> {
        let before = self.symbols.len();
        match is_program(bytes) {
            true => self.add_program(file, bytes, loaded)?,
            false => self.add_list(file, bytes)?,
        }
        match self.symbols[before..].iter().any(|symbol| symbol.name.is_some()) {
            true => Ok(()),
            false => Err(ProfileError::NoFunctions { file: file.to_owned() }),
        }
    }

    /// Adds those of an ELF program, where it is loaded: as flat bytes that were made from it; else as it is linked and where it wants to be loaded
    /// (before a kernel has turned translation on it runs at the other).
    pub fn add_program(&mut self, file: &str, bytes: &[u8], loaded: &[&Segment]) -> Result<(), LoadError> {
        let damaged = |error: object::Error| LoadError::Truncated { file: file.to_owned(), what: error.to_string() };
        let (header, endian) = elf_header(file, bytes)?;
        let segments = header.program_headers(endian, bytes).map_err(damaged)?;
        let names = functions(header, endian, bytes).map_err(damaged)?;
        let holds_bytes = |segment: &&elf::ProgramHeader64<Endianness>| {
            segment.p_type(endian) == PT_LOAD && segment.p_filesz(endian) > 0
        };
        let lowest = segments.iter().filter(holds_bytes).map(|segment| segment.p_paddr(endian)).min().unwrap_or(0);
        for segment in segments.iter().filter(holds_bytes).filter(|segment| segment.p_flags(endian).contains(PF_X)) {
            let (start, length) = (segment.p_vaddr(endian), segment.p_memsz(endian));
            let inside = |addr: u64| addr.checked_sub(start).filter(|offset| *offset < length);
            let data = segment.data(endian, bytes).unwrap_or_default();
            let flat = loaded.iter().find_map(|piece| found_at(piece, segment.p_paddr(endian) - lowest, data));
            let mut places = flat.map_or_else(|| vec![start, segment.p_paddr(endian)], |at| vec![at]);
            places.dedup();
            for base in places {
                let found = names.iter().filter_map(|(addr, rank, name)| {
                    let addr = base.wrapping_add(inside(*addr)?);
                    Some(Symbol { addr, rank: *rank, name: Some(name.clone()) })
                });
                self.symbols.extend(found);
                self.symbols.push(Symbol { addr: base.wrapping_add(length), rank: u8::MAX, name: None });
            }
        }
        Ok(())
    }

    /// Adds those of a System.map, of `nm`'s output or of /proc/kallsyms: address, letter, name, and perhaps a module.
    fn add_list(&mut self, file: &str, bytes: &[u8]) -> Result<(), ProfileError> {
        let mut list = Vec::new();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let wrong = || ProfileError::NotSymbols { file: file.to_owned(), line: index + 1 };
            let line = std::str::from_utf8(line).map_err(|_| wrong())?.trim_end();
            if !line.is_empty() {
                // Addresses that are hidden from who read the list are all 0.
                list.extend(Some(of_list(line).ok_or_else(wrong)?).filter(|symbol| symbol.addr != 0));
            }
        }
        self.move_to_image(&mut list);
        self.symbols.append(&mut list);
        Ok(())
    }

    /// What is in a Linux image by a list goes to where the image is.
    fn move_to_image(&self, list: &mut [Symbol]) {
        let is_start = |symbol: &&Symbol| symbol.addr >= UPPER_HALF && symbol.name.as_deref() == Some(START);
        let start = list.iter().find(is_start).map(|symbol| symbol.addr);
        let (Some(image), Some(start)) = (self.image, start) else { return };
        for symbol in list {
            let offset = symbol.addr.checked_sub(start).filter(|offset| *offset < image.size);
            symbol.addr = offset.map_or(symbol.addr, |offset| image.start + offset);
        }
    }

    /// Ready to be asked.
    pub fn sorted(mut self) -> Symbols {
        self.symbols.sort_by(|a, b| (a.addr, a.rank, &a.name).cmp(&(b.addr, b.rank, &b.name)));
        self.symbols.dedup_by_key(|symbol| symbol.addr);
        self
    }

    fn at(&self, addr: u64) -> Option<(u64, &str)> {
        let after = self.symbols.partition_point(|symbol| symbol.addr <= addr);
        let symbol = self.symbols[..after].last().filter(|symbol| addr - symbol.addr < LONGEST)?;
        Some((symbol.addr, symbol.name.as_deref()?))
    }

    /// The function that this address is in.
    pub fn function(&self, addr: u64) -> Option<Place> {
        self.at(addr).map(|(start, _)| Place::Function(start))
    }

    /// What stands for a place: no semicolon, no space.
    pub fn name(&self, place: Place) -> String {
        match place {
            Place::Function(start) => match self.at(start) {
                Some((_, name)) => name.replace(|c: char| c == ';' || c.is_whitespace(), "_"),
                None => format!("[{start:#x}]"),
            },
            Place::Page(page) => format!("[{page:#x}]"),
        }
    }
}

/// Where a program's segment lies if flat bytes were made from it: its code is as far behind their beginning as it is behind the program's lowest byte.
fn found_at(piece: &Segment, offset: u64, data: &[u8]) -> Option<u64> {
    let there = piece.bytes.get(usize::try_from(offset).ok()?..)?;
    let alike = data.len().min(ALIKE);
    (alike > 0 && there.get(..alike)? == &data[..alike]).then_some(piece.addr + offset)
}

/// Functions, and labels that do not say what they are, with their ranks.
fn functions(
    header: &FileHeader64<Endianness>,
    endian: Endianness,
    bytes: &[u8],
) -> object::Result<Vec<(u64, u8, String)>> {
    let sections = header.sections(endian, bytes)?;
    let table = sections.symbols(endian, bytes, elf::SHT_SYMTAB)?;
    let mut found = Vec::new();
    for symbol in table.iter().filter(|symbol| symbol.st_shndx(endian) != elf::SHN_UNDEF) {
        let name = String::from_utf8_lossy(symbol.name(endian, table.strings())?).into_owned();
        let rank = match (symbol.st_type(), symbol.st_bind()) {
            _ if !is_name(&name) => continue,
            (elf::STT_FUNC, elf::STB_GLOBAL) => 0,
            (elf::STT_FUNC, _) => 1,
            (elf::STT_NOTYPE, elf::STB_GLOBAL) => 2,
            (elf::STT_NOTYPE, _) => 3,
            _ => continue,
        };
        found.push((symbol.st_value(endian), rank, name));
    }
    Ok(found)
}

/// Not a mark of the assembler's: `$x`, `.L17`.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(['$', '.'])
}

fn of_list(line: &str) -> Option<Symbol> {
    let mut words = line.split_whitespace();
    let (addr, letter, name) = (words.next()?, words.next()?, words.next()?);
    let mut letters = letter.chars();
    let kind = letters.next().filter(|_| letters.next().is_none())?;
    Some(symbol(u64::from_str_radix(addr, 16).ok()?, kind, name, words.next()))
}

/// A symbol of a kind that `nm` knows; a module's functions say whose they are.
fn symbol(addr: u64, kind: char, name: &str, module: Option<&str>) -> Symbol {
    let rank = match kind {
        'T' => 0,
        't' | 'W' | 'w' => 1,
        _ => u8::MAX,
    };
    if rank == u8::MAX || !is_name(name) {
        return Symbol { addr, rank: u8::MAX, name: None };
    }
    Symbol { addr, rank, name: Some(module.map_or_else(|| name.to_owned(), |module| format!("{name} {module}"))) }
}

#[cfg(test)]
#[path = "symbols_tests.rs"]
mod tests;
