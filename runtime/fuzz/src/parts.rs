//! What a story is made of: the bytes as numbers, a device, what translates.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use manyhart_runtime::actor::{AccessShape, ByteOrder};
use manyhart_runtime::iommu::{Asked, Mapped, Translator, Untranslated};
use manyhart_runtime::{Access, Answer, Context, Device, Gpa, MmioSpec};

/// How large each of the device's regions is, by the number that accesses carry.
pub(super) type Limits = Arc<Mutex<HashMap<u32, u128>>>;

/// Sends each page on to where its number, mixed with the translator's, says; or nowhere.
pub(super) struct Through(pub(super) u8);

impl Translator for Through {
    fn translate(&self, asked: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated> {
        let (mut pieces, mut at, end) = (Vec::new(), asked.offset, asked.offset.saturating_add(asked.len));
        while at < end {
            let (page, len) = (at >> 6, (64 - at % 64).min(end - at));
            if (page ^ u64::from(self.0)).is_multiple_of(5) {
                return Err(Untranslated { offset: at });
            }
            let to = page ^ u64::from(self.0 % 4);
            pieces.push(Mapped { addr: Gpa((to << 6) | (at % 64)), len });
            at += len;
        }
        Ok(pieces)
    }
}

/// Answers everything that is inside of the region that it came through.
pub(super) struct Probe {
    pub(super) limits: Limits,
}

impl Probe {
    fn check(&self, access: &Access) {
        let (start, size) = (u128::from(access.offset), u128::from(access.size));
        let limit = self.limits.lock().expect("not poisoned").get(&access.region).copied();
        // What is narrower than the device's registers is widened to a whole one, and the last one may stick out of a region of odd size.
        let register = start % size == 0 && limit.is_some_and(|limit| start < limit);
        assert!(register || limit.is_some_and(|limit| start + size <= limit), "{access:?} in a region of {limit:?}");
    }
}

impl Device for Probe {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        self.check(&access);
        Ok(access.offset)
    }

    fn write(&mut self, _: &mut Context<'_, ()>, access: Access, _: u64) -> Answer<()> {
        self.check(&access);
        Ok(())
    }

    fn message(&mut self, _: &mut Context<'_, ()>, (): ()) {}

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

/// The bytes; where they end, the story ends.
pub(super) struct Source<'a>(pub(super) &'a [u8]);

impl Source<'_> {
    pub(super) fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// Offsets and addresses: mostly small, so that things meet, and at the edges of the space.
    pub(super) fn place(&mut self) -> Option<u64> {
        let (kind, low) = (self.next()?, u64::from(self.next()?));
        Some(match kind % 8 {
            0 => u64::MAX - low,
            1 => (1u64 << 63).wrapping_sub(0x40).wrapping_add(low),
            2 => low << 8,
            _ => low,
        })
    }

    pub(super) fn size(&mut self) -> Option<u128> {
        let (kind, low) = (self.next()?, u128::from(self.next()?));
        Some(match kind % 16 {
            0 => 1 << 64,
            1 => (1 << 64) - low,
            2 => 1 << 63,
            3 => (1 << 64) + low,
            4 => low << 8,
            _ => low,
        })
    }
}

/// How a device's registers take accesses: sound or not.
pub(super) fn spec(choice: u8) -> MmioSpec {
    let sizes = [(1, 8), (1, 1), (4, 4), (2, 8), (8, 8), (1, 4)];
    let shape = |choice: u8| {
        let (min, max) = sizes[usize::from(choice) % sizes.len()];
        AccessShape { min, max, unaligned: choice.is_multiple_of(2) }
    };
    MmioSpec {
        valid: shape(choice % 16),
        implemented: shape(choice / 16),
        narrow_writes_by_rmw: choice % 5 < 3,
        byte_order: if choice % 7 < 4 { ByteOrder::Little } else { ByteOrder::Big },
    }
}
