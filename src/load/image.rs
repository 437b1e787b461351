//! What kind of image some bytes are: an ELF program, a RISC-V Linux boot image, or raw.

use std::fmt;

use object::Endianness;
use object::elf::{self, FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader, Sym};

use super::LoadError;

/// Where boot images have their second magic number.
const MAGIC2: std::ops::Range<usize> = 0x38..0x3c;

/// One part of an image, at its physical address.
#[derive(Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where it goes, guest-physical.
    pub addr: u64,
    /// What goes there.
    pub bytes: Vec<u8>,
    /// How many zeroes follow.
    pub zeroes: u64,
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}: {} bytes and {} zeroes", self.addr, self.bytes.len(), self.zeroes)
    }
}

/// An address and the symbol at it, of those that mean something to the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Symbols {
    /// `tohost`: the guest's words to the host.
    pub tohost: Option<u64>,
    /// `fromhost`: the host's answers.
    pub fromhost: Option<u64>,
    /// `begin_signature`.
    pub begin_signature: Option<u64>,
    /// `end_signature`.
    pub end_signature: Option<u64>,
}

/// An image, recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// A program that brings its own addresses.
    Elf {
        /// Its parts.
        segments: Vec<Segment>,
        /// Where it starts, guest-physical.
        entry: u64,
        /// Its symbols.
        symbols: Symbols,
    },
    /// A Linux boot image: goes at a multiple of 2 MiB, and needs more room than it has bytes.
    Linux {
        /// All of it, header included.
        bytes: Vec<u8>,
        /// The room it needs, in bytes.
        room: u64,
    },
    /// Anything else.
    Raw(Vec<u8>),
}

/// Recognises `bytes`; `file` is for messages.
pub fn recognise(file: &str, bytes: Vec<u8>) -> Result<Image, LoadError> {
    if bytes.starts_with(&elf::ELFMAG) {
        return program(file, &bytes);
    }
    // Documentation/arch/riscv/boot-image-header.rst: a second magic number at 0x38, the room at 16. Its twin for ARM has the
    // same shape and its own magic number there.
    match bytes.get(MAGIC2) {
        Some(b"RSC\x05") => {
            let room = bytes[16..24].try_into().map(u64::from_le_bytes).unwrap_or(0).max(bytes.len() as u64);
            Ok(Image::Linux { bytes, room })
        }
        Some(b"ARM\x64") => Err(LoadError::Foreign { file: file.to_owned(), what: "an ARM Linux boot image" }),
        _ => Ok(Image::Raw(bytes)),
    }
}

/// Whether these bytes are a RISC-V Linux boot image.
pub fn is_linux_image(bytes: &[u8]) -> bool {
    bytes.get(MAGIC2) == Some(b"RSC\x05")
}

/// The header of a program for this machine.
pub fn elf_header<'a>(file: &str, bytes: &'a [u8]) -> Result<(&'a FileHeader64<Endianness>, Endianness), LoadError> {
    let foreign = |what| Err(LoadError::Foreign { file: file.to_owned(), what });
    let damaged = |error: object::Error| LoadError::Truncated { file: file.to_owned(), what: error.to_string() };
    // Class and byte order are looked at before the header is parsed, to call a foreign file that and not damaged.
    match (bytes.get(4), bytes.get(5)) {
        (Some(&class), _) if class == elf::ELFCLASS32.0 => return foreign("a 32-bit ELF file"),
        (_, Some(&order)) if order == elf::ELFDATA2MSB.0 => return foreign("a big-endian ELF file"),
        _ => {}
    }
    let header = FileHeader64::<Endianness>::parse(bytes).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    match (header.e_machine(endian), header.e_type(endian)) {
        (elf::EM_RISCV, elf::ET_EXEC | elf::ET_DYN) => {}
        (elf::EM_RISCV, _) => return foreign("an ELF file that is not executable"),
        _ => return foreign("an ELF file for another machine"),
    }
    Ok((header, endian))
}

fn program(file: &str, bytes: &[u8]) -> Result<Image, LoadError> {
    let foreign = |what| Err(LoadError::Foreign { file: file.to_owned(), what });
    let damaged = |error: object::Error| LoadError::Truncated { file: file.to_owned(), what: error.to_string() };
    let (header, endian) = elf_header(file, bytes)?;
    let headers = header.program_headers(endian, bytes).map_err(damaged)?;
    let loaded = || headers.iter().filter(|header| header.p_type(endian) == PT_LOAD && header.p_memsz(endian) > 0);
    let mut segments = Vec::new();
    for header in loaded() {
        let missing = || LoadError::Truncated { file: file.to_owned(), what: "a segment is cut off".to_owned() };
        let data = header.data(endian, bytes).map_err(|()| missing())?;
        let zeroes = header.p_memsz(endian).checked_sub(data.len() as u64).ok_or_else(missing)?;
        segments.push(Segment { addr: header.p_paddr(endian), bytes: data.to_vec(), zeroes });
    }
    if segments.is_empty() {
        return foreign("an ELF file with nothing to load");
    }
    let to_physical = |addr: u64| {
        let holds = |header: &&elf::ProgramHeader64<Endianness>| {
            addr.checked_sub(header.p_vaddr(endian)).is_some_and(|offset| offset < header.p_memsz(endian))
        };
        let home = loaded().find(holds);
        home.map_or(addr, |header| addr.wrapping_sub(header.p_vaddr(endian)).wrapping_add(header.p_paddr(endian)))
    };
    let symbols = symbols(header, endian, bytes).map_err(damaged)?.map(to_physical);
    Ok(Image::Elf { segments, entry: to_physical(header.e_entry(endian)), symbols })
}

impl Symbols {
    fn map(self, place: impl Fn(u64) -> u64) -> Symbols {
        Symbols {
            tohost: self.tohost.map(&place),
            fromhost: self.fromhost.map(&place),
            begin_signature: self.begin_signature.map(&place),
            end_signature: self.end_signature.map(&place),
        }
    }
}

fn symbols(header: &FileHeader64<Endianness>, endian: Endianness, bytes: &[u8]) -> object::Result<Symbols> {
    let sections = header.sections(endian, bytes)?;
    let table = sections.symbols(endian, bytes, elf::SHT_SYMTAB)?;
    let mut found = Symbols::default();
    for symbol in table.iter() {
        let slot = match symbol.name(endian, table.strings())? {
            b"tohost" => &mut found.tohost,
            b"fromhost" => &mut found.fromhost,
            b"begin_signature" => &mut found.begin_signature,
            b"end_signature" => &mut found.end_signature,
            _ => continue,
        };
        *slot = Some(symbol.st_value(endian));
    }
    Ok(found)
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
