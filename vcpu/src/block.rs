//! The code cache: translated blocks, the pages they came from, and the ways into them.
//!
//! Blocks belong to a *code page*: a virtual and a physical page, with a copy of the 4096 bytes that its blocks were made from. All blocks of a
//! page are made from that copy, so a page is valid or invalid as a whole, and blocks of one page may be chained to each other. The
//! first entry to a page after `fence.i` compares the copy with memory and begins the page anew where they differ. So stores cost
//! nothing here, and no hart ever tells another one about code.
//!
//! Every entry to a page from outside goes through the jump cache, keyed by the virtual address and a key that stands for the context
//! of translation and for "since the last `fence.i`".
//!
//! Ops are never freed one by one. When the arena is full all of it is dropped, between two blocks.
#![allow(unsafe_code)] // Ops are reached by raw pointers, from each other and from the jump cache.

use std::collections::{HashMap, HashSet};

use manyhart_runtime::Gpa;

use crate::keys::{KeyContext, Keys};
use crate::op::Op;
use crate::tlb::LargePages;

/// Bytes of a page.
pub(crate) const PAGE: usize = 4096;
const JUMPS: usize = 4096;
const FETCHES: usize = 256;
const SINGLES: usize = 256;
/// Keys are the 16 bits above a user-space pointer.
const KEY_SHIFT: u32 = 48;
const CHUNK_OPS: usize = 4096;
/// The arena's size in ops: 32 MiB.
const ARENA_OPS: usize = 2 << 20;
/// Code pages, at most: their copies take 64 MiB. A guest can map one page of memory at any number of addresses.
const PAGES: usize = 1 << 14;
/// The page index of blocks that belong to none.
pub(crate) const NO_PAGE: u32 = u32::MAX;

/// What is known of one op, for precise traps and for leaving a block.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    /// Its instruction's address relative to the block's page; of a link, its target's.
    pub offset: i32,
    /// How many instructions of the block come before it.
    pub retired: u8,
    /// Its instruction's length in bytes.
    pub len: u8,
    /// Its instruction's encoding.
    pub encoding: u32,
}

/// The cold side of a block: its header op points here.
pub(crate) struct Block {
    /// Its code page, or [`NO_PAGE`].
    pub page: u32,
    /// The virtual address of its page.
    pub base: u64,
    /// One for each op, the header's included.
    pub slots: Box<[Slot]>,
}

/// A page of guest code.
pub(crate) struct CodePage {
    /// Its virtual address.
    pub base: u64,
    /// What its blocks were made from.
    pub bytes: Box<[u8; PAGE]>,
    /// Since when the copy is known to equal memory.
    validated: u64,
    /// First ops of its blocks by their offset in the page, sorted.
    entries: Vec<(u16, *const Op)>,
}

impl CodePage {
    /// The two bytes at an even offset.
    pub fn half(&self, offset: usize) -> u16 {
        u16::from_le_bytes([self.bytes[offset % PAGE], self.bytes[(offset + 1) % PAGE]])
    }
}

/// A block of one instruction, remembered.
#[derive(Clone, Copy)]
struct Single {
    pc: u64,
    encoding: u32,
    op: *const Op,
}

const NO_SINGLE: Single = Single { pc: 1, encoding: 0, op: std::ptr::null() };

/// One remembered way: a virtual address, and the block there with the key above it.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Jump {
    pc: u64,
    target: u64,
}

/// One remembered code page.
#[derive(Clone, Copy)]
struct Fetch {
    base: u64,
    key: u64,
    page: u32,
}

/// Translated code of one hart.
pub(crate) struct CodeCache {
    key: u64,
    jumps: [Jump; JUMPS],
    fetches: [Fetch; FETCHES],
    keys: Keys,
    epoch: u64,
    pages: Vec<CodePage>,
    by_address: HashMap<(u64, u64), u32>,
    bases: HashSet<u64>,
    /// What was opened since the ways were forgotten.
    large: LargePages,
    /// Blocks of a single instruction that belong to no page, by address and encoding; and those of them used last.
    singles: HashMap<(u64, u32), *const Op>,
    recent: [Single; SINGLES],
    // Boxed: headers point at them.
    #[expect(clippy::vec_box, reason = "headers point at blocks, which must not move")]
    blocks: Vec<Box<Block>>,
    chunks: Vec<Vec<Op>>,
    ops: usize,
    /// Where a debugger wants the hart to stop, in order. What stands there is translated as `c.ebreak`.
    pub breakpoints: Box<[u64]>,
    /// Blocks made so far.
    pub translated: u64,
    /// How often everything was dropped because it was full.
    pub drops: u64,
}

impl CodeCache {
    /// An empty one.
    pub fn new() -> CodeCache {
        CodeCache {
            key: 0,
            jumps: [Jump { pc: 1, target: 0 }; JUMPS],
            fetches: [Fetch { base: 1, key: 0, page: 0 }; FETCHES],
            keys: Keys::new(u16::MAX),
            epoch: 1,
            pages: Vec::new(),
            by_address: HashMap::new(),
            bases: HashSet::new(),
            large: LargePages::NONE,
            singles: HashMap::new(),
            recent: [NO_SINGLE; SINGLES],
            blocks: Vec::new(),
            chunks: Vec::new(),
            ops: 0,
            breakpoints: Box::default(),
            translated: 0,
            drops: 0,
        }
    }

    /// From now on code is entered in this context.
    pub fn select(&mut self, context: KeyContext) {
        let key = self.keys.get(context).unwrap_or_else(|| {
            self.jumps.fill(Jump { pc: 1, target: 0 });
            self.fetches.fill(Fetch { base: 1, key: 0, page: 0 });
            self.keys.restart();
            // The first key after a restart always exists.
            self.keys.get(context).unwrap_or(0)
        });
        self.key = u64::from(key) << KEY_SHIFT;
    }

    /// No remembered way fits any more until the next [`CodeCache::select`].
    pub fn disable(&mut self) {
        self.key = 0;
    }

    /// Translations changed: no remembered way holds. The caller selects a context again.
    pub fn forget_ways(&mut self) {
        self.keys.forget();
        self.key = 0;
        self.large = LargePages::NONE;
    }

    /// Memory may have changed: each page is compared with memory before it is entered again. Selects nothing.
    pub fn revalidate(&mut self) {
        self.epoch += 1;
        self.forget_ways();
    }

    /// Whether a way into the page that translates `va`, however large it is, may be remembered.
    pub fn knows_page(&self, va: u64) -> bool {
        self.bases.contains(&(va & !0xfff)) || self.large.may_hold(va)
    }

    /// The block at `pc`, if the jump cache knows it.
    #[inline(always)]
    pub fn jump(&self, pc: u64) -> Option<*const Op> {
        let entry = &self.jumps[jump_index(pc)];
        if entry.pc != pc {
            return None;
        }
        // With another key something stays above the pointer.
        let target = entry.target ^ self.key;
        (target >> KEY_SHIFT == 0).then(|| std::ptr::with_exposed_provenance(target as usize))
    }

    /// Remembers the way to a block.
    pub fn remember_jump(&mut self, pc: u64, op: *const Op) {
        let address = op.expose_provenance() as u64;
        // A host whose pointers do not leave room for the key, or a key of 0, goes without.
        if address >> KEY_SHIFT == 0 && self.key != 0 {
            self.jumps[jump_index(pc)] = Jump { pc, target: address | self.key };
        }
    }

    /// The code page at `pc` in the selected context, if it is remembered as valid.
    pub fn fetch(&self, pc: u64) -> Option<u32> {
        let base = pc & !0xfff;
        let entry = &self.fetches[fetch_index(base)];
        (entry.base == base && entry.key == self.key && self.key != 0).then_some(entry.page)
    }

    /// The code page of a virtual and physical page whose bytes in memory `read` copies: a known one, begun anew if its bytes have
    /// changed, or a new one. Remembered for the selected context, in which it is part of a page of 2^`bits` bytes.
    pub fn open(&mut self, base: u64, physical: Gpa, bits: u32, read: impl FnOnce(&mut [u8; PAGE])) -> u32 {
        let epoch = self.epoch;
        self.large.note(base, bits);
        let index = match self.by_address.get(&(base, physical.0)) {
            Some(&index) => {
                let page = &mut self.pages[index as usize];
                if page.validated != epoch {
                    let mut now = [0; PAGE];
                    read(&mut now);
                    if now != *page.bytes {
                        *page.bytes = now;
                        page.entries.clear();
                    }
                    page.validated = epoch;
                }
                index
            }
            None => {
                let mut bytes = Box::new([0; PAGE]);
                read(&mut bytes);
                let index = self.pages.len() as u32;
                self.pages.push(CodePage { base, bytes, validated: epoch, entries: Vec::new() });
                self.by_address.insert((base, physical.0), index);
                self.bases.insert(base);
                index
            }
        };
        self.fetches[fetch_index(base)] = Fetch { base, key: self.key, page: index };
        index
    }

    /// A code page.
    pub fn page(&self, index: u32) -> &CodePage {
        &self.pages[index as usize]
    }

    /// The block at an offset of a page.
    pub fn entry(&self, page: u32, offset: u16) -> Option<*const Op> {
        let entries = &self.pages[page as usize].entries;
        entries.binary_search_by_key(&offset, |entry| entry.0).ok().map(|at| entries[at].1)
    }

    /// Makes a block known at an offset of a page.
    pub fn add_entry(&mut self, page: u32, offset: u16, op: *const Op) {
        let entries = &mut self.pages[page as usize].entries;
        let at = entries.partition_point(|entry| entry.0 < offset);
        entries.insert(at, (offset, op));
    }

    /// The block of this one instruction at this address.
    pub fn single(&mut self, pc: u64, encoding: u32) -> Option<*const Op> {
        let recent = self.recent[single_index(pc)];
        if recent.pc == pc && recent.encoding == encoding {
            return Some(recent.op);
        }
        let op = *self.singles.get(&(pc, encoding))?;
        self.recent[single_index(pc)] = Single { pc, encoding, op };
        Some(op)
    }

    /// Makes the block of one instruction known.
    pub fn add_single(&mut self, pc: u64, encoding: u32, op: *const Op) {
        self.singles.insert((pc, encoding), op);
        self.recent[single_index(pc)] = Single { pc, encoding, op };
    }

    /// Whether a debugger wants the hart to stop here.
    pub fn is_breakpoint(&self, pc: u64) -> bool {
        !self.breakpoints.is_empty() && self.breakpoints.binary_search(&pc).is_ok()
    }

    /// Whether the next block may not find room: the caller, between two blocks, calls [`CodeCache::drop_all`].
    pub fn is_full(&self) -> bool {
        self.ops >= ARENA_OPS || self.pages.len() >= PAGES
    }

    /// Drops every block. No op may be in use, or pointed at from outside.
    pub fn drop_all(&mut self) {
        self.drops += 1;
        self.ops = 0;
        self.pages.clear();
        self.by_address.clear();
        self.bases.clear();
        self.singles.clear();
        self.recent.fill(NO_SINGLE);
        self.blocks.clear();
        self.chunks.clear();
        self.jumps.fill(Jump { pc: 1, target: 0 });
        self.fetches.fill(Fetch { base: 1, key: 0, page: 0 });
    }

    /// Puts a block's ops into the arena, and returns where the first stands. The header is filled in here.
    pub fn place(&mut self, ops: &[Op], block: Block) -> *mut Op {
        debug_assert_eq!(ops.len(), block.slots.len());
        let fits = self.chunks.last().is_some_and(|chunk| chunk.capacity() - chunk.len() >= ops.len());
        if !fits {
            self.chunks.push(Vec::with_capacity(CHUNK_OPS.max(ops.len())));
        }
        self.ops += ops.len();
        self.translated += 1;
        self.blocks.push(Box::new(block));
        let block: *const Block = &**self.blocks.last().expect("pushed above");
        let chunk = self.chunks.last_mut().expect("pushed above");
        let at = chunk.len();
        // Within its capacity, so that nothing moves.
        chunk.extend_from_slice(ops);
        // SAFETY: `at` is inside the chunk, which has at least the header.
        let header = unsafe { chunk.as_mut_ptr().add(at) };
        // SAFETY: as above.
        unsafe { (*header).payload.block = block };
        header
    }
}

#[inline(always)]
fn jump_index(pc: u64) -> usize {
    ((pc >> 1) ^ (pc >> 13)) as usize % JUMPS
}

/// Most of them lie at the ends of pages.
fn single_index(pc: u64) -> usize {
    ((pc >> 1) ^ (pc >> 12)) as usize % SINGLES
}

fn fetch_index(base: u64) -> usize {
    (base >> 12) as usize % FETCHES
}

/// The block of an ordinary op, and the op's slot in it.
///
/// # Safety
/// `op` is an ordinary op of a live block.
pub(crate) unsafe fn locate<'a>(op: *const Op) -> (&'a Block, Slot) {
    // SAFETY: the caller's: `slot` leads to the header, and the header to the block.
    unsafe {
        let at = usize::from((*op).payload.operands.slot);
        let block = &*(*op.sub(at)).payload.block;
        (block, block.slots[at])
    }
}
