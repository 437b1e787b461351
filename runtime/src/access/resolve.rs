//! Addresses to owned parts, under one view.

use super::Requester;
use super::shape::{self, Direction};
use crate::actor::{MmioPin, MmioTarget, Request};
use crate::iommu::{IommuPin, IommuTarget};
use crate::ram::{Pin, RamBlock};
use crate::topology::{Doorbells, FlatRange, Side, Target};
use crate::{AddressSpaceId, BusError, Gpa, Snapshot};

/// A part of an access: what decodes it, held back from being retired, and which of the access's bytes it has.
pub(crate) struct Part {
    pub(crate) place: Place,
    /// From the start of the block or region.
    pub(crate) offset: u64,
    /// The first of the access's bytes.
    pub(crate) first: usize,
    pub(crate) len: usize,
    /// What its writes may ring.
    pub(crate) doorbells: Doorbells,
    /// Whether it, or what has translated it, wants coalesced writes handled first.
    pub(crate) flushes: bool,
    /// Whether what fails here is answered as on a bus where nobody is.
    pub(crate) forgiving: bool,
    /// What has translated it on its way, held back likewise.
    _via: Vec<IommuPin>,
}

/// What decodes a part.
pub(crate) enum Place {
    Ram(Pin),
    Mmio(MmioPin, Cut),
}

/// How a part arrives at its device.
#[derive(Clone, Copy)]
pub(crate) enum Cut {
    /// As one access: it is all of a guest's access, of 1, 2, 4 or 8 bytes.
    Whole,
    /// As the largest naturally aligned accesses of at most this size.
    Pieces(u8),
}

impl Part {
    /// The memory that it lies in, if it does.
    pub(crate) fn memory(&self) -> Option<&RamBlock> {
        match &self.place {
            Place::Ram(pin) => Some(pin.block()),
            Place::Mmio(..) => None,
        }
    }
}

impl Cut {
    /// The accesses of `len` bytes at `offset`, as offset and size, in ascending order.
    pub(crate) fn accesses(self, offset: u64, len: usize) -> impl Iterator<Item = (u64, u8)> {
        let most = match self {
            Cut::Whole => None,
            Cut::Pieces(most) => Some(most),
        };
        let whole = most.is_none().then_some((offset, len as u8));
        whole.into_iter().chain(most.into_iter().flat_map(move |most| shape::cut(offset, len as u64, most)))
    }
}

/// Who does what.
#[derive(Clone, Copy)]
pub(crate) struct Intent {
    pub(crate) direction: Direction,
    pub(crate) requester: Requester,
}

impl Intent {
    /// The request for one access to `target`.
    #[inline]
    pub(crate) fn request(self, target: &MmioTarget, offset: u64, size: u8, value: u64) -> Request {
        let Intent { direction, requester } = self;
        Request { region: target.region, spec: target.spec, offset, size, requester, direction, value }
    }

    /// The request for one access to a pinned region.
    pub(crate) fn request_pinned(self, target: &MmioPin, offset: u64, size: u8, value: u64) -> Request {
        let Intent { direction, requester } = self;
        Request { region: target.region, spec: target.spec, offset, size, requester, direction, value }
    }
}

/// Bytes of an access on their way: contiguous in one space.
pub(crate) struct Run {
    space: AddressSpaceId,
    pub(crate) addr: Gpa,
    /// The first of the access's bytes.
    first: usize,
    pub(crate) len: usize,
    via: Vec<IommuPin>,
    /// Whether what has translated it flushes.
    flushes: bool,
}

impl Run {
    /// All but the first `len` bytes.
    fn after(&self, len: usize) -> Result<Run, BusError> {
        let addr = self.addr.checked_add(len as u64).ok_or(BusError::Decode(Gpa(u64::MAX)))?;
        let (first, len, via) = (self.first + len, self.len - len, self.via.clone());
        Ok(Run { space: self.space, addr, first, len, via, flushes: self.flushes })
    }
}

/// The parts of `len` bytes at `addr`, in ascending order, each allowed: a hole, a refused write, a shape that a device does not take or a
/// place that is not translated fails the whole. All of it, in whatever spaces, is of one snapshot. To be called online; the parts may be
/// kept offline.
pub(crate) fn resolve(
    snapshot: &Snapshot,
    space: AddressSpaceId,
    addr: Gpa,
    len: usize,
    intent: Intent,
) -> Result<Vec<Part>, BusError> {
    let mut parts = Vec::with_capacity(1);
    walk(snapshot, space, addr, len, intent, |range, run| {
        let cut = if run.len == len { cut_of_whole(len) } else { Cut::Pieces(8) };
        let offset = offset_in(range, run.addr);
        let place = place(range, run.addr, offset, run.len, cut, intent)?;
        let doorbells = range.doorbells.clone();
        let flushes = run.flushes | range.flush_coalesced;
        let (first, len, forgiving) = (run.first, run.len, range.forgiving);
        parts.push(Part { place, offset, first, len, doorbells, flushes, forgiving, _via: run.via });
        Ok(())
    })?;
    Ok(parts)
}

/// Why nothing answers at an address.
#[cold]
pub(super) fn nowhere(snapshot: &Snapshot, space: AddressSpaceId, addr: Gpa) -> BusError {
    match snapshot.view(space) {
        Some(_) => BusError::Decode(addr),
        None => BusError::NoSpace(space.0),
    }
}

/// Goes over `len` bytes at `addr` in ascending order, through whatever translates: `visit` is shown each run of bytes that one range
/// decodes at last.
pub(crate) fn walk<'a>(
    snapshot: &'a Snapshot,
    space: AddressSpaceId,
    addr: Gpa,
    len: usize,
    intent: Intent,
    mut visit: impl FnMut(&'a FlatRange, Run) -> Result<(), BusError>,
) -> Result<(), BusError> {
    // The next on top: what is translated comes before what lies behind it.
    let mut todo = Vec::new();
    let mut next = (len > 0).then_some(Run { space, addr, first: 0, len, via: Vec::new(), flushes: false });
    while let Some(mut run) = next {
        let range = snapshot.shown(run.space).find(run.addr);
        let range = range.ok_or_else(|| nowhere(snapshot, run.space, run.addr))?;
        let reach = u128::from(range.range.last().0 - run.addr.0) + 1;
        let here = usize::try_from(reach).unwrap_or(usize::MAX).min(run.len);
        if here < run.len {
            todo.push(run.after(here)?);
            run.len = here;
        }
        if let Target::Iommu(target) = &range.target {
            translate(snapshot, range, target, &run, intent, &mut todo)?;
        } else {
            visit(range, run)?;
        }
        next = todo.pop();
    }
    Ok(())
}

/// Sends a run through an IOMMU.
fn translate(
    snapshot: &Snapshot,
    range: &FlatRange,
    target: &IommuTarget,
    run: &Run,
    intent: Intent,
    todo: &mut Vec<Run>,
) -> Result<(), BusError> {
    let write = intent.direction == Direction::Write;
    if range.read_only && write {
        return Err(BusError::WriteRefused { addr: run.addr });
    }
    let view = snapshot.view(target.space()).ok_or(BusError::NoSpace(target.space().0))?;
    let offset = offset_in(range, run.addr);
    let pieces = target.translate(offset, run.len as u64, write, intent.requester, view).map_err(|refusal| {
        let addr = Gpa(run.addr.0.saturating_add(refusal.offset.saturating_sub(offset)));
        BusError::Untranslated { addr, region: target.name().to_owned() }
    })?;
    let mut end = run.first + run.len;
    for piece in pieces.iter().rev() {
        // The pieces add up to the run's length, so each of them fits.
        let len = piece.len as usize;
        end -= len;
        let mut via = run.via.clone();
        via.push(target.pin());
        let flushes = run.flushes | range.flush_coalesced;
        todo.push(Run { space: target.space(), addr: piece.addr, first: end, len, via, flushes });
    }
    Ok(())
}

fn cut_of_whole(len: usize) -> Cut {
    if matches!(len, 1 | 2 | 4 | 8) { Cut::Whole } else { Cut::Pieces(8) }
}

/// Where `addr`, which the range decodes, lies in the range's block or region.
#[inline]
pub(crate) fn offset_in(range: &FlatRange, addr: Gpa) -> u64 {
    range.offset + (addr.0 - range.range.start().0)
}

fn place(range: &FlatRange, addr: Gpa, offset: u64, len: usize, cut: Cut, intent: Intent) -> Result<Place, BusError> {
    match range.target.side(intent.direction) {
        Side::Memory(_) if range.read_only && intent.direction == Direction::Write => {
            Err(BusError::WriteRefused { addr })
        }
        Side::Memory(block) => Ok(Place::Ram(block.pin())),
        // What translates was sent through before.
        Side::Nothing | Side::Elsewhere => Err(BusError::Decode(addr)),
        Side::Device(target) => {
            let cut = match cut {
                Cut::Whole => cut,
                Cut::Pieces(most) => Cut::Pieces(most.min(target.spec.valid.max)),
            };
            for (offset, size) in cut.accesses(offset, len) {
                check(range, target, addr, offset, size, intent.direction)?;
            }
            Ok(Place::Mmio(target.pin(), cut))
        }
    }
}

/// Whether the region takes one access.
#[inline]
pub(crate) fn check(
    range: &FlatRange,
    target: &MmioTarget,
    addr: Gpa,
    offset: u64,
    size: u8,
    direction: Direction,
) -> Result<(), BusError> {
    if range.read_only && direction == Direction::Write {
        return Err(BusError::WriteRefused { addr });
    }
    if target.spec.allows(offset, size, direction) { Ok(()) } else { Err(refused(range, addr)) }
}

/// A refusal in the name of what decodes the range.
#[cold]
pub(crate) fn refused(range: &FlatRange, addr: Gpa) -> BusError {
    BusError::Access { addr, region: range.target.name().to_owned() }
}
