//! Doorbells: writes that signal an eventfd and are done with it. The device's mailbox never hears of them.
//!
//! A doorbell belongs to a region and moves with it; it rings through every alias, wherever all of its bytes are visible and writes are
//! not refused. It is ordered with nothing that goes through the mailbox: who waits for the eventfd reads the device's state for himself.

use std::fmt;
use std::sync::Arc;

use super::tree::Region;
use super::{FlatRange, RegionId};
use crate::access::shape::Direction;
use crate::eventfd::EventFd;
use crate::{Gpa, TopologyError};

/// Which write rings, and what it signals.
#[derive(Clone)]
pub struct Doorbell {
    /// From the start of the region.
    pub offset: u64,
    /// How large the write must be (1, 2, 4, 8 bytes); any size where there is none.
    pub size: Option<u8>,
    /// What must be written, little-endian; anything where there is none.
    pub value: Option<u64>,
    /// What is signalled.
    pub fd: Arc<EventFd>,
}

/// The doorbells of a region.
pub(crate) type Doorbells = Option<Arc<[Doorbell]>>;

impl Doorbell {
    fn matches(&self, offset: u64, size: u8, value: u64) -> bool {
        self.offset == offset && self.size.is_none_or(|s| s == size) && self.value.is_none_or(|v| v == value)
    }

    /// Whether some write would ring both.
    fn collides(&self, other: &Doorbell) -> bool {
        let sizes = self.size.is_none() || other.size.is_none() || self.size == other.size;
        let values = self.value.is_none() || other.value.is_none() || self.value == other.value;
        self.offset == other.offset && sizes && values
    }

    fn is_same(&self, other: &Doorbell) -> bool {
        let what = |bell: &Doorbell| (bell.offset, bell.size, bell.value);
        what(self) == what(other) && Arc::ptr_eq(&self.fd, &other.fd)
    }

    fn bytes(&self) -> u64 {
        self.size.unwrap_or(1).into()
    }
}

impl fmt::Debug for Doorbell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Doorbell { offset, size, value, .. } = self;
        write!(f, "doorbell at {offset:#x} of {size:?} bytes for {value:x?}")
    }
}

/// Signals the doorbell that this write rings, if there is one.
#[inline]
pub(crate) fn ring(doorbells: &Doorbells, offset: u64, size: u8, value: u64) -> bool {
    doorbells.as_ref().is_some_and(|doorbells| ring_one_of(doorbells, offset, size, value))
}

fn ring_one_of(doorbells: &[Doorbell], offset: u64, size: u8, value: u64) -> bool {
    let Some(bell) = doorbells.iter().find(|bell| bell.matches(offset, size, value)) else { return false };
    if let Err(error) = bell.fd.signal() {
        tracing::warn!(?bell, %error, "a doorbell cannot be rung");
    }
    true
}

/// Whether it is the same list.
pub(super) fn same(a: &Doorbells, b: &Doorbells) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// The doorbells of `range` that `before` (the same range earlier) does not have, with their addresses.
pub(super) fn beyond<'a>(range: &'a FlatRange, before: &'a FlatRange) -> impl Iterator<Item = (Gpa, &'a Doorbell)> {
    let old = before.doorbells.as_deref();
    range.visible_doorbells().filter(move |(_, bell)| old.is_none_or(|old| !old.iter().any(|o| o.is_same(bell))))
}

impl FlatRange {
    /// The doorbells that ring in this range, with their addresses.
    pub fn visible_doorbells(&self) -> impl Iterator<Item = (Gpa, &Doorbell)> {
        let rings = self.doorbells.iter().flat_map(|bells| bells.iter()).filter(|_| !self.read_only);
        rings.filter_map(|bell| {
            let addr = self.range.start().checked_add(bell.offset.checked_sub(self.offset)?)?;
            let last = addr.checked_add(bell.bytes() - 1)?;
            (self.range.contains(addr) && self.range.contains(last)).then_some((addr, bell))
        })
    }
}

/// The region's doorbells and one more.
pub(super) fn with(id: RegionId, region: &Region, new: Doorbell) -> Result<Doorbells, TopologyError> {
    let target = region.whole_target();
    let device = target.as_ref().and_then(|target| target.device()).ok_or(TopologyError::WrongKind(id))?;
    let (offset, bytes) = (new.offset, new.bytes());
    let inside = u128::from(offset) + u128::from(bytes) <= region.size;
    let possible =
        new.size.is_none_or(|size| matches!(size, 1 | 2 | 4 | 8) && device.spec.allows(offset, size, Direction::Write));
    let fits = bytes == 8 || new.size.is_none() || new.value.is_none_or(|value| value >> (8 * bytes) == 0);
    if !(inside && possible && fits) {
        return Err(TopologyError::BadDoorbell { region: id, offset });
    }
    let has = region.doorbells.as_deref().unwrap_or_default();
    if has.iter().any(|bell| bell.collides(&new)) {
        return Err(TopologyError::DoorbellExists { region: id, offset });
    }
    Ok(Some(has.iter().cloned().chain([new]).collect()))
}

/// The region's doorbells without this one.
pub(super) fn without(
    id: RegionId,
    region: &Region,
    offset: u64,
    size: Option<u8>,
    value: Option<u64>,
) -> Result<Doorbells, TopologyError> {
    let has = region.doorbells.as_deref().unwrap_or_default();
    let is_it = |bell: &Doorbell| (bell.offset, bell.size, bell.value) == (offset, size, value);
    if !has.iter().any(is_it) {
        return Err(TopologyError::NoDoorbell { region: id, offset });
    }
    let left: Arc<[Doorbell]> = has.iter().filter(|bell| !is_it(bell)).cloned().collect();
    Ok(Some(left).filter(|left| !left.is_empty()))
}
