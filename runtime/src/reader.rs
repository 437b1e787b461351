//! Readers: whoever looks addresses up. A reader is online while it uses memory and offline while it waits for anything.

use crate::{AddrRange, AddressSpaceId, BusError, FlatView, Gpa, Requester};

/// What a reader must forget before it may use a newer snapshot.
#[derive(Debug, Clone, Copy)]
pub enum Invalidate<'a> {
    /// Every pointer it has cached.
    Everything,
    /// Whatever it has cached of these intervals of this address space.
    Ranges(AddressSpaceId, &'a [AddrRange]),
}

/// A reader's caches (a software TLB, decoded code, a reservation). Called before the reader's view is replaced and before the
/// new generation is acknowledged.
pub trait DropCached {
    /// Forget this.
    fn drop_cached(&mut self, what: Invalidate<'_>);
}

/// A reader that caches nothing.
impl DropCached for () {
    fn drop_cached(&mut self, _: Invalidate<'_>) {}
}

/// What a checkpoint tells a reader's loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Run,
    /// Leave the loop: the runtime stops.
    Stop,
}

/// One registered reader, owned by one thread at a time. Dropping it unregisters it.
pub struct Reader {
    _todo: (),
}

impl Reader {
    /// Whether a newer generation is published, or the gate wants this reader at a checkpoint. One or two relaxed-to-Acquire loads: a
    /// virtual CPU asks at every bounded batch; after the host fence of every guest fence; after every access that went to a
    /// device; after it took an interrupt.
    #[inline]
    pub fn must_check(&self) -> bool {
        unimplemented!()
    }

    /// At an instruction boundary: waits offline while the machine is paused, comes online, resyncs when there is something newer.
    pub fn checkpoint(&mut self, caches: &mut dyn DropCached) -> Flow {
        let _ = caches;
        unimplemented!()
    }

    /// Adopts the newest snapshot, in this order: `caches` drop what changed, the view is replaced, the generation is acknowledged. May be
    /// called in the middle of an instruction (after a fence, after an access), as long as no pointer of before is used after.
    pub fn resync(&mut self, caches: &mut dyn DropCached) {
        let _ = caches;
        unimplemented!()
    }

    /// Drops the view and goes offline at a boundary: before any wait. The caches keep what they hold, and hear of every change at the
    /// next [`Reader::checkpoint`], before the reader uses memory again.
    pub fn go_offline(&mut self) {
        unimplemented!()
    }

    /// Whether it is online.
    pub fn is_online(&self) -> bool {
        unimplemented!()
    }

    /// The view of `space` in the snapshot held. Panics when offline or when the space is unknown: both are the caller's error.
    #[inline]
    pub fn view(&self, space: AddressSpaceId) -> &FlatView {
        let _ = space;
        unimplemented!()
    }

    /// Reads `size` (1, 2, 4, 8) bytes at `addr`, little-endian, whatever decodes there, by the access rules. While a device makes it wait the
    /// reader is offline; before it returns it is online and has resynced, so the caller's next access sees what this one caused.
    pub fn read(
        &mut self,
        space: AddressSpaceId,
        addr: Gpa,
        size: u8,
        requester: Requester,
        caches: &mut dyn DropCached,
    ) -> Result<u64, BusError> {
        let _ = (space, addr, size, requester, caches);
        unimplemented!()
    }

    /// Writes the low `size` bytes of `value`, as [`Reader::read`] reads.
    pub fn write(
        &mut self,
        space: AddressSpaceId,
        addr: Gpa,
        size: u8,
        value: u64,
        requester: Requester,
        caches: &mut dyn DropCached,
    ) -> Result<(), BusError> {
        let _ = (space, addr, size, value, requester, caches);
        unimplemented!()
    }
}
