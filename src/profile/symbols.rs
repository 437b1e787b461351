//! Functions by their addresses: from ELF programs and from lists like a kernel's System.map.

use object::Endianness;
use object::elf::{self, FileHeader64, PF_X, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader, Sym};

use super::ProfileError;
use crate::load::{LoadError, elf_header};

const PAGE: u64 = 0xfff;

/// What begins at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Symbol {
    addr: u64,
    /// Of several at one address the least counts: a name that others may use, before a local one, before anything that is no function.
    rank: u8,
    /// `None`: no function, so that the one before ends here.
    name: Option<String>,
}

/// Functions by their addresses.
#[derive(Debug, Default)]
pub struct Symbols {
    symbols: Vec<Symbol>,
}

/// Whether these bytes claim to be an ELF file.
pub fn is_program(bytes: &[u8]) -> bool {
    bytes.starts_with(&elf::ELFMAG)
}

impl Symbols {
    /// Adds those of an ELF program or of a list, of which there must be some.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> Result<(), ProfileError> {
        let before = self.symbols.len();
        match is_program(bytes) {
            true => self.add_program(file, bytes)?,
            false => self.add_list(file, bytes)?,
        }
        match self.symbols[before..].iter().any(|symbol| symbol.name.is_some()) {
            true => Ok(()),
            false => Err(ProfileError::NoFunctions { file: file.to_owned() }),
        }
    }

    /// Adds those of an ELF program, as it is linked and as it is loaded: before a kernel has turned translation on it runs at the other.
    pub fn add_program(&mut self, file: &str, bytes: &[u8]) -> Result<(), LoadError> {
        let damaged = |error: object::Error| LoadError::Truncated { file: file.to_owned(), what: error.to_string() };
        let (header, endian) = elf_header(file, bytes)?;
        let segments = header.program_headers(endian, bytes).map_err(damaged)?;
        let names = functions(header, endian, bytes).map_err(damaged)?;
        let code = |segment: &&elf::ProgramHeader64<Endianness>| {
            segment.p_type(endian) == PT_LOAD && segment.p_flags(endian).contains(PF_X)
        };
        for segment in segments.iter().filter(code) {
            let (start, length) = (segment.p_vaddr(endian), segment.p_memsz(endian));
            let inside = |addr: u64| addr.checked_sub(start).filter(|offset| *offset < length);
            let mut places = vec![start, segment.p_paddr(endian)];
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
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let wrong = || ProfileError::NotSymbols { file: file.to_owned(), line: index + 1 };
            let line = std::str::from_utf8(line).map_err(|_| wrong())?.trim_end();
            if !line.is_empty() {
                // Addresses that are hidden from who read the list are all 0.
                self.symbols.extend(Some(of_list(line).ok_or_else(wrong)?).filter(|symbol| symbol.addr != 0));
            }
        }
        Ok(())
    }

    /// Ready to be asked.
    pub fn sorted(mut self) -> Symbols {
        self.symbols.sort_by(|a, b| (a.addr, a.rank, &a.name).cmp(&(b.addr, b.rank, &b.name)));
        self.symbols.dedup_by_key(|symbol| symbol.addr);
        self
    }

    fn at(&self, addr: u64) -> Option<(u64, &str)> {
        let after = self.symbols.partition_point(|symbol| symbol.addr <= addr);
        let symbol = &self.symbols[after.checked_sub(1)?];
        Some((symbol.addr, symbol.name.as_deref()?))
    }

    /// Where the function begins that this address is in.
    pub fn function(&self, addr: u64) -> Option<u64> {
        self.at(addr).map(|(start, _)| start)
    }

    /// The same, or the page where it is in none.
    pub fn place(&self, addr: u64) -> u64 {
        self.function(addr).unwrap_or(addr & !PAGE)
    }

    /// What stands for a place: no semicolon, no space.
    pub fn name(&self, place: u64) -> String {
        match self.at(place) {
            Some((_, name)) => name.replace(|c: char| c == ';' || c.is_whitespace(), "_"),
            None => format!("[{place:#x}]"),
        }
    }
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
    let addr = u64::from_str_radix(addr, 16).ok()?;
    let rank = match letter {
        "T" => 0,
        "t" | "W" | "w" => 1,
        other if other.len() == 1 => u8::MAX,
        _ => return None,
    };
    let function = rank < u8::MAX && is_name(name);
    let rank = if function { rank } else { u8::MAX };
    Some(Symbol { addr, rank, name: function.then(|| line_name(name, words.next())) })
}

/// A module's functions say whose they are.
fn line_name(name: &str, module: Option<&str>) -> String {
    module.map_or_else(|| name.to_owned(), |module| format!("{name} {module}"))
}

#[cfg(test)]
#[path = "symbols_tests.rs"]
mod tests;
