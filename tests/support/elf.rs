//! A writer of tiny ELF programs, so that tests need no toolchain.

#![allow(dead_code, reason = "each user of this file takes what it needs")]

/// One part of a program.
pub struct Part {
    /// Its address, virtual.
    pub vaddr: u64,
    /// Its address, physical.
    pub paddr: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its length in memory.
    pub memory: u64,
}

impl Part {
    /// `bytes` at `addr`, in both spaces.
    pub fn at(addr: u64, bytes: impl Into<Vec<u8>>) -> Part {
        let bytes = bytes.into();
        Part { vaddr: addr, paddr: addr, memory: bytes.len() as u64, bytes }
    }

    /// A part of instructions.
    pub fn code(addr: u64, words: &[u32]) -> Part {
        Part::at(addr, words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>())
    }
}

/// A 64-bit little-endian RISC-V program.
pub fn program(entry: u64, parts: &[Part], symbols: &[(&str, u64)]) -> Vec<u8> {
    let (mut strings, mut table) = (vec![0], vec![0; 24]);
    for (name, value) in symbols {
        table.extend((strings.len() as u32).to_le_bytes());
        table.extend([0x10, 0, 0xf1, 0xff]); // global, in no section
        table.extend(value.to_le_bytes());
        table.extend([0; 8]);
        strings.extend(name.as_bytes());
        strings.push(0);
    }
    let parts_at = 64 + 56 * parts.len() as u64;
    let parts_size: u64 = parts.iter().map(|part| part.bytes.len() as u64).sum();
    let table_at = parts_at + parts_size;
    let strings_at = table_at + table.len() as u64;
    let sections_at = strings_at + strings.len() as u64;

    let mut out = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    out.extend(halves(&[2, 243])); // an executable for RISC-V
    out.extend(1u32.to_le_bytes());
    out.extend(words(&[entry, 64, sections_at]));
    out.extend(0u32.to_le_bytes());
    out.extend(halves(&[64, 56, parts.len() as u16, 64, 3, 2]));
    let mut at = parts_at;
    for part in parts {
        out.extend([1, 0, 0, 0, 7, 0, 0, 0]); // to be loaded
        out.extend(words(&[at, part.vaddr, part.paddr, part.bytes.len() as u64, part.memory, 1]));
        at += part.bytes.len() as u64;
    }
    parts.iter().for_each(|part| out.extend(&part.bytes));
    out.extend(&table);
    out.extend(&strings);
    out.extend([0; 64]);
    out.extend([0, 0, 0, 0, 2, 0, 0, 0]); // the symbol table, its names in section 2
    out.extend(words(&[0, 0, table_at, table.len() as u64]));
    out.extend([2, 0, 0, 0, 1, 0, 0, 0]);
    out.extend(words(&[8, 24]));
    out.extend([0, 0, 0, 0, 3, 0, 0, 0]); // the names
    out.extend(words(&[0, 0, strings_at, strings.len() as u64, 0, 1, 0]));
    out
}

fn halves(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn words(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
