//! What `vm_memory` calls after each write: its dirty bitmap. Here it tells whoever watches the bytes.

use std::sync::Arc;

use vm_memory::bitmap::{Bitmap, BitmapSlice, WithBitmapSlice};

use crate::RamBlock;

/// The hook of a slice of guest memory: `mark_dirty`, called after a write, ends the reservations on the bytes.
#[derive(Debug, Clone, Copy)]
pub struct Mark<'a> {
    block: &'a RamBlock,
    /// Of the slice's first byte, in the block.
    offset: u64,
}

impl<'a> Mark<'a> {
    pub(super) fn new(block: &'a RamBlock, offset: u64) -> Mark<'a> {
        Mark { block, offset }
    }

    fn at(self, offset: usize) -> Mark<'a> {
        Mark { offset: self.offset.saturating_add(offset as u64), ..self }
    }
}

impl<'a> WithBitmapSlice<'a> for Mark<'_> {
    type S = Self;
}

impl BitmapSlice for Mark<'_> {}

impl Bitmap for Mark<'_> {
    fn mark_dirty(&self, offset: usize, len: usize) {
        self.block.wrote(self.at(offset).offset, len as u64);
    }

    /// `false`: this records nothing that could be asked for.
    fn dirty_at(&self, _: usize) -> bool {
        false
    }

    fn slice_at(&self, offset: usize) -> Self {
        self.at(offset)
    }
}

/// The hook of a whole region.
#[derive(Debug, Clone)]
pub struct Marks {
    pub(super) block: Arc<RamBlock>,
    /// Of the region's first byte, in the block.
    pub(super) offset: u64,
}

impl Marks {
    pub(super) fn mark(&self) -> Mark<'_> {
        Mark::new(&self.block, self.offset)
    }
}

impl<'a> WithBitmapSlice<'a> for Marks {
    type S = Mark<'a>;
}

impl Bitmap for Marks {
    fn mark_dirty(&self, offset: usize, len: usize) {
        self.mark().mark_dirty(offset, len);
    }

    fn dirty_at(&self, offset: usize) -> bool {
        self.mark().dirty_at(offset)
    }

    fn slice_at(&self, offset: usize) -> Mark<'_> {
        self.mark().at(offset)
    }
}
