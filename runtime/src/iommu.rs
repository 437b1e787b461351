//! Regions that translate: an access that such a region decodes goes on in another address space, wherever its translator says.
//!
//! A view shows the region as one terminal range and knows nothing of what lies behind: each access is translated when it is resolved, all
//! of it and everything behind it under the one snapshot that the access uses. What the translator goes by is its own, and may change at
//! any moment without a commit; [`Transaction::invalidate_translations`](crate::Transaction::invalidate_translations) says when nothing is
//! under way any more that was translated before.
//!
//! The spaces behind translating regions form no cycle: whoever would close one is refused when it is placed.
//!
//! ```
//! use std::sync::Arc;
//!
//! use manyhart_runtime::iommu::{Asked, Mapped, Translator, Untranslated};
//! use manyhart_runtime::{BusError, Clock, Config, Executive, Gpa, RamBlock, Requester};
//!
//! /// Lets device 1 read the first page, which lies at 0x8000_0000, and nobody do anything else.
//! struct OnePage;
//!
//! impl Translator for OnePage {
//!     fn translate(&self, asked: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated> {
//!         let inside = asked.offset + asked.len <= 0x1000;
//!         if asked.requester != Requester::Device(1) || asked.write || !inside {
//!             return Err(Untranslated { offset: asked.offset });
//!         }
//!         Ok(vec![Mapped { addr: Gpa(0x8000_0000 + asked.offset), len: asked.len }])
//!     }
//! }
//!
//! let executive = Executive::new(Config { clock: Clock::manual(1), on_device_failure: None })?;
//! let mut t = executive.topology().transaction();
//! let system = t.container("system", 1 << 64);
//! let memory = t.address_space("memory", system);
//! let ram = Arc::new(RamBlock::anonymous("ram", 0x10000)?);
//! let ram_region = t.ram("ram", ram.clone());
//! t.add_subregion(system, 0x8000_0000, ram_region);
//! let iommu = t.iommu("iommu", 1 << 64, Arc::new(OnePage), memory);
//! let device = t.address_space("device 1", iommu);
//! t.commit()?;
//!
//! assert!(ram.store(0x10, 42u32));
//! let device = executive.topology().address_space(device);
//! assert_eq!(device.load::<u32>(Gpa(0x10), Requester::Device(1)), Ok(42));
//! let refused = device.store(Gpa(0x10), 0u32, Requester::Device(1));
//! assert_eq!(refused, Err(BusError::Untranslated { addr: Gpa(0x10), region: "iommu".into() }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What never happens here: a cached translation, a wait (a translator is asked by readers that are online).

use std::sync::Arc;

use crate::access::resolve;
use crate::access::shape::Direction;
use crate::ram::PinCount;
use crate::ram::atomics::Word;
use crate::topology::Side;
use crate::{AddressSpaceId, BusError, FlatView, Gpa, Requester};

/// Says where an access goes on, and whether it may. Asked on whatever thread makes the access, by several at once; it must not wait, and
/// reaches tables in guest memory through [`Asked::memory`] alone.
pub trait Translator: Send + Sync {
    /// Where the bytes asked for lie in the target space: pieces in ascending order of offset, together exactly as long. All of it or
    /// nothing: an access that is not allowed everywhere is carried out nowhere.
    fn translate(&self, asked: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated>;
}

/// What a translator is asked.
pub struct Asked<'a> {
    /// The first byte, from the region's start.
    pub offset: u64,
    /// How many bytes; at least one.
    pub len: u64,
    /// Whether they are to be written.
    pub write: bool,
    /// Who asks.
    pub requester: Requester,
    /// The target space, as the access sees it.
    pub memory: TargetMemory<'a>,
}

/// A piece of what a translator answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapped {
    /// Where it lies in the target space.
    pub addr: Gpa,
    /// Bytes.
    pub len: u64,
}

/// A translator's refusal: not mapped, or not for this kind of access or for this requester.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untranslated {
    /// The first byte that is concerned, from the region's start.
    pub offset: u64,
}

/// Memory of a translator's target space, for walks through tables: of the generation of the access that is being translated.
#[derive(Clone, Copy)]
pub struct TargetMemory<'a>(&'a FlatView);

impl TargetMemory<'_> {
    /// One aligned, little-endian value (`u8` to `u64`). Anything but memory that holds all of it is a typed error.
    pub fn load<T: Word>(&self, addr: Gpa) -> Result<T, BusError> {
        let range = self.0.find(addr).ok_or(BusError::Decode(addr))?;
        let aligned = addr.0.is_multiple_of(T::SIZE as u64) && range.range.last().0 - addr.0 >= T::SIZE as u64 - 1;
        match range.target.side(Direction::Read) {
            Side::Memory(block) if aligned => {
                block.load(resolve::offset_in(range, addr)).ok_or_else(|| resolve::refused(range, addr))
            }
            Side::Nothing => Err(BusError::Decode(addr)),
            _ => Err(resolve::refused(range, addr)),
        }
    }
}

/// A translating region as the topology maps it: a translator and the space that it translates into.
#[derive(Clone)]
pub struct IommuTarget(Arc<Inner>);

struct Inner {
    name: String,
    translator: Arc<dyn Translator>,
    space: AddressSpaceId,
    /// Accesses that have been translated and outlive the look at the view.
    pins: PinCount,
}

/// Holds a translating region back from being retired, while an access that went through it is under way.
pub(crate) struct IommuPin(Arc<Inner>);

impl IommuTarget {
    pub(crate) fn new(name: &str, translator: Arc<dyn Translator>, space: AddressSpaceId) -> IommuTarget {
        IommuTarget(Arc::new(Inner { name: name.to_owned(), translator, space, pins: PinCount::new() }))
    }

    /// The same again, of which nothing is under way.
    pub(crate) fn renewed(&self) -> IommuTarget {
        IommuTarget::new(self.name(), Arc::clone(&self.0.translator), self.0.space)
    }

    /// Whether both are one, and neither was renewed since.
    pub(crate) fn is_same(&self, other: &IommuTarget) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The region's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Where accesses go on.
    pub fn space(&self) -> AddressSpaceId {
        self.0.space
    }

    /// How many accesses hold it back. A grace period asks after every reader has passed it.
    pub(crate) fn pins(&self) -> u64 {
        self.0.pins.get()
    }

    /// Holds it back. To be called online; it may be kept offline.
    pub(crate) fn pin(&self) -> IommuPin {
        IommuPin::new(Arc::clone(&self.0))
    }

    /// Asks the translator, and believes only an answer that is as long as the question and stays in the space.
    pub(crate) fn translate(
        &self,
        offset: u64,
        len: u64,
        write: bool,
        requester: Requester,
        view: &FlatView,
    ) -> Result<Vec<Mapped>, Untranslated> {
        let asked = Asked { offset, len, write, requester, memory: TargetMemory(view) };
        let pieces = self.0.translator.translate(&asked)?;
        let mut left = len;
        for piece in &pieces {
            let stays = piece.len.checked_sub(1).and_then(|last| piece.addr.checked_add(last)).is_some();
            let rest = left.checked_sub(piece.len).filter(|_| stays);
            left = rest.ok_or(Untranslated { offset: offset + (len - left) })?;
        }
        if left == 0 { Ok(pieces) } else { Err(Untranslated { offset: offset + (len - left) }) }
    }
}

impl IommuPin {
    fn new(inner: Arc<Inner>) -> IommuPin {
        inner.pins.add();
        IommuPin(inner)
    }
}

impl Clone for IommuPin {
    fn clone(&self) -> IommuPin {
        IommuPin::new(Arc::clone(&self.0))
    }
}

impl Drop for IommuPin {
    fn drop(&mut self) {
        self.0.pins.remove();
    }
}
