//! `vm_memory`'s IOMMUs in front of our address spaces.

use vm_memory::iommu::Error;
use vm_memory::{GuestAddress, Iommu, Permissions};

use crate::Gpa;
use crate::iommu::{Asked, Mapped, Translator, Untranslated};

/// Any `vm_memory::Iommu` as the translator of a region: an I/O virtual address is the offset in the region.
///
/// It keeps its own table; after mappings were taken out of it, commit an
/// [`invalidate_translations`](crate::Transaction::invalidate_translations) and wait for its `Retired` before their memory is used for
/// anything else.
#[derive(Debug)]
pub struct Translated<I>(pub I);

impl<I: Iommu> Translator for Translated<I> {
    fn translate(&self, asked: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated> {
        let refusal = Untranslated { offset: asked.offset };
        // `vm_memory` counts to the end, which must be an address too.
        let length = usize::try_from(asked.len).map_err(|_| refusal)?;
        asked.offset.checked_add(asked.len).ok_or(refusal)?;
        let access = if asked.write { Permissions::Write } else { Permissions::Read };
        match self.0.translate(GuestAddress(asked.offset), length, access) {
            Ok(ranges) => {
                Ok(ranges.map(|range| Mapped { addr: Gpa(range.base.0), len: range.length as u64 }).collect())
            }
            Err(Error::CannotResolve { iova_range, .. }) => Err(Untranslated { offset: iova_range.base.0 }),
            Err(_) => Err(refusal),
        }
    }
}
