//! Where a case's code and scratch memory lie for it, and the page tables that say so.

use std::collections::BTreeMap;
use std::fmt;

use crate::layout::*;
use crate::rng::Rng;

const V: u64 = 1 << 0;
const R: u64 = 1 << 1;
const W: u64 = 1 << 2;
const X: u64 = 1 << 3;
const U: u64 = 1 << 4;
const G: u64 = 1 << 5;
const A: u64 = 1 << 6;
const D: u64 = 1 << 7;
const NAPOT: u64 = 1 << 63;

/// An address space of a case.
#[derive(Clone)]
pub struct Space {
    pub satp: u64,
    /// Two adjacent pages, at [`CODE_PA`].
    pub code_va: u64,
    pub stub_va: u64,
    /// The page boundary in the middle of scratch memory.
    pub data_va: u64,
    /// Physical addresses of its halves.
    pub low_pa: u64,
    pub high_pa: u64,
    /// What the frame writes before, and reads after: addresses and values.
    pub ptes: Vec<(u64, u64)>,
    /// All of scratch memory can be read, in the mode that the case starts in.
    pub readable: bool,
    /// And written.
    pub writable: bool,
}

impl Space {
    /// Whether no access will change a page-table entry of scratch memory.
    pub fn is_settled(&self) -> bool {
        self.ptes.iter().all(|(_, value)| value & W == 0 || value & (A | D) == A | D)
    }

    /// Whether a page-table entry names a memory type.
    pub fn has_memory_types(&self) -> bool {
        self.ptes.iter().any(|(_, value)| value & 3 << 61 != 0)
    }
}

impl fmt::Display for Space {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Space { code_va, stub_va, data_va, low_pa, high_pa, .. } = self;
        write!(out, "  code {code_va:#x}, stub {stub_va:#x}, data {data_va:#x} at {low_pa:#x} and {high_pa:#x}")?;
        self.ptes.iter().try_for_each(|(at, value)| write!(out, "\n  pte {at:#x} = {value:#018x}"))
    }
}

/// The page of scratch memory with this number.
fn data_page(index: usize) -> u64 {
    DATA_PA + ((index as u64) << 12)
}

/// Without translation.
pub fn bare(rng: &mut Rng) -> Space {
    let page = rng.below(15);
    Space {
        satp: 0,
        code_va: CODE_PA,
        stub_va: STUB_PA,
        data_va: data_page(page + 1),
        low_pa: data_page(page + 1) - HALF_BYTES as u64,
        high_pa: data_page(page + 1),
        ptes: Vec::new(),
        readable: true,
        writable: true,
    }
}

/// Page tables in the making.
struct Tables {
    levels: u32,
    next: u64,
    entries: BTreeMap<u64, u64>,
}

impl Tables {
    fn new(levels: u32) -> Tables {
        Tables { levels, next: TABLES_PA + 4096, entries: BTreeMap::new() }
    }

    /// Puts `leaf` at `level` on the path of `va`; returns the addresses of the entries on the way and its own.
    fn map(&mut self, va: u64, level: u32, leaf: u64) -> Vec<u64> {
        let mut table = TABLES_PA;
        let mut path = Vec::new();
        for at in (level..self.levels).rev() {
            let entry = table + (va >> (12 + 9 * at) & 0x1ff) * 8;
            path.push(entry);
            if at == level {
                self.entries.insert(entry, leaf);
            } else {
                let next = self.next;
                let value = *self.entries.entry(entry).or_insert(next >> 2 | V);
                self.next += if value == next >> 2 | V { 4096 } else { 0 };
                table = (value >> 10) << 12;
            }
        }
        path
    }
}

/// With the top index that keeps code and scratch memory in tables of their own, and the bits above it canonical.
fn canonical(levels: u32, top: u64, low: u64) -> u64 {
    let bits = 12 + 9 * levels;
    let va = top << (bits - 9) | low & ((1 << (bits - 9)) - 1);
    ((va << (64 - bits)) as i64 >> (64 - bits)) as u64
}

/// A memory type that is not reserved: the reference takes the reserved one, and the reserved bits 60 to 54, for zero.
fn memory_type(rng: &mut Rng) -> u64 {
    1 << (61 + rng.below(2))
}

/// Code in two pages and the stub in a third, from `code_va` on; the answer is the entries on the way there, which are to stay as they are.
fn map_code(rng: &mut Rng, tables: &mut Tables, code_va: u64, user: bool) -> Vec<u64> {
    let mut path = Vec::new();
    let pages = [(0, CODE_PA, user), (0x1000, CODE_PA + 0x1000, user), (0x2000, STUB_PA, false)];
    for (offset, pa, user) in pages {
        let random = rng.next() & (R | G | A | D);
        let leaf = pa >> 2 | V | X | random | if user { U } else { 0 };
        path.extend(tables.map(code_va + offset, 0, leaf));
    }
    path
}

/// The leaves by which scratch memory is reached.
struct Leaves {
    level: u32,
    napot: bool,
    /// The bits of an address that translation keeps.
    same: u64,
    user: bool,
    hostile: bool,
}

impl Leaves {
    fn draw(&self, rng: &mut Rng, pa: u64) -> u64 {
        let clean = V | R | W | if self.user { U } else { 0 };
        let mut leaf = clean | rng.next() & (A | D | G | X);
        if self.hostile {
            spoil(rng, &mut leaf);
        } else {
            leaf |= if rng.percent(50) { A | D } else { 0 };
        }
        let pa = if self.level > 0 { pa & !self.same } else { pa };
        let mut leaf = leaf | pa >> 2;
        if self.napot {
            leaf = leaf & !(0xf << 10) | NAPOT | 8 << 10;
            if self.hostile && rng.percent(20) {
                // The reference updates A and D before it looks at the range.
                leaf = leaf ^ 1 << (10 + rng.below(4)) | A | D;
            }
        }
        if self.level > 0 && self.hostile && rng.percent(20) {
            leaf |= 1 << (10 + rng.below(9 * self.level as usize));
        }
        if self.level > 0 && leaf & (R | X) == 0 {
            // Nothing that is no page table is to be used as one.
            leaf &= !V;
        }
        leaf
    }
}

/// Flags that lead to faults, more often than not.
fn spoil(rng: &mut Rng, leaf: &mut u64) {
    match rng.below(8) {
        0 => *leaf = rng.next() & 0xff,
        1 => *leaf = V | rng.next() & 0xff,
        2 => *leaf ^= 1 << rng.below(8),
        3 => *leaf |= memory_type(rng),
        4 => *leaf ^= U,
        5 => *leaf &= !W,
        _ => {}
    }
}

/// Changes a bit of an entry that is no leaf, of those on `path` that are not `spared`.
fn spoil_a_table(rng: &mut Rng, tables: &mut Tables, path: &[u64], spared: &[u64]) {
    let inner: Vec<_> =
        path.iter().copied().filter(|at| tables.entries[at] & (R | W | X) == 0 && !spared.contains(at)).collect();
    if !inner.is_empty() {
        let bit = rng.pick(&[0, 1, 2, 3, 4, 5, 6, 7, 61, 62, 63]);
        if let Some(entry) = tables.entries.get_mut(&rng.pick(&inner)) {
            *entry ^= 1 << bit;
        }
    }
}

/// With translation. `user` is the mode that runs; `hostile` asks for whatever may go wrong with scratch memory.
pub fn paged(rng: &mut Rng, user: bool, hostile: bool) -> Space {
    let levels = 3 + rng.below(3) as u32;
    let mut tables = Tables::new(levels);
    // Without translation there is nothing at the addresses either: the reference has a window of PCI at 16 GiB.
    let top = 32 + rng.below(479) as u64;
    let code_va = canonical(levels, top, (rng.next() & !0xf_ffff) | (rng.below(250) as u64) << 12);
    let spared = map_code(rng, &mut tables, code_va, user);

    let data_top = 32 + (top - 32 + 1 + rng.below(478) as u64) % 479;
    let level = if rng.percent(70) { 0 } else { rng.below(levels as usize) as u32 };
    let napot = level == 0 && rng.percent(15);
    let (low_page, high_page) = if level > 0 || napot || rng.percent(50) {
        let page = rng.below(15);
        (page, page + 1)
    } else {
        (rng.below(8), 8 + rng.below(8))
    };
    let (low, high) = (data_page(low_page), data_page(high_page));
    let same = match (level, napot) {
        (0, false) => 12,
        (0, true) => 16,
        _ => 12 + 9 * level,
    };
    let same = (1u64 << same) - 1;
    // Where the boundary may lie is the page sizes' choice; half of the others make it the boundary of greater tables too.
    let random = if same == 0xfff && rng.percent(50) {
        1 << (12 + 9 * (1 + rng.below(levels as usize - 2)))
    } else {
        rng.next()
    };
    let data_va = canonical(levels, data_top, random & !same | high & same);
    let leaves = Leaves { level, napot, same, user, hostile };
    let mut path = Vec::new();
    for (va, pa) in [(data_va.wrapping_sub(0x1000), low), (data_va, high)] {
        if level > 0 && va & same != pa & same {
            continue;
        }
        let leaf = leaves.draw(rng, pa);
        path.extend(tables.map(va, level, leaf));
    }
    if hostile && rng.percent(15) {
        spoil_a_table(rng, &mut tables, &path, &spared);
    }
    let asid = rng.next() & 0xffff;
    Space {
        satp: u64::from(levels + 5) << 60 | asid << 44 | TABLES_PA >> 12,
        code_va,
        stub_va: code_va + 0x2000,
        data_va,
        low_pa: low + 4096 - HALF_BYTES as u64,
        high_pa: high,
        ptes: tables.entries.into_iter().collect(),
        readable: !hostile,
        writable: !hostile,
    }
}
