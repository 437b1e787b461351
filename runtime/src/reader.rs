//! Readers: whoever looks addresses up. A reader is online while it uses memory and offline while it waits for anything.
//!
//! Three things are kept in step: the snapshot that is held (none while offline), the generation that the caches are good for, and the
//! slot that tells others of both. What a reader does with them is always in one of two orders:
//! * Resync: the caches drop what changed, the view is replaced, **then** the new generation is acknowledged. Whoever sees the
//!   acknowledgement knows that nothing of before is used any more.
//! * Coming online: the slot says so, **then** the newest snapshot is loaded. Whoever saw the slot offline has published before, and this
//!   load finds it (see `slots`).

use std::sync::Arc;

use crate::access::Hold;
use crate::grace::Graces;
use crate::helper::Crew;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::slots::{Slot, Standing};
use crate::sync;
use crate::sync::atomic::Ordering;
use crate::topology::{Changes, Generation, Near, Publication};
use crate::{AddrRange, AddressSpaceId, Attention, FlatRange, FlatView, Gpa, Snapshot, ram, trampoline};

/// What a reader must forget before it may use a newer snapshot.
#[derive(Clone, Copy)]
pub enum Invalidate<'a> {
    /// Every pointer it has cached of this address space.
    Space(AddressSpaceId),
    /// Whatever it has cached of these intervals of this address space.
    Ranges(AddressSpaceId, &'a [AddrRange]),
    /// Some address spaces were closed: whatever it has cached of those that this snapshot does not have.
    Closed(&'a Snapshot),
    /// Which pages it has marked in dirty logs: it stores to none of them without a mark. Nothing else has changed.
    Marks,
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

const OFFLINE: &str = "a reader that is offline has no view";

/// One registered reader, owned by one thread at a time. Dropping it unregisters it.
pub struct Reader {
    crew: Arc<Crew>,
    publication: Arc<Publication>,
    graces: Arc<Graces>,
    slot: Arc<Slot>,
    /// Held while online, and only then: a reader that waits pins nothing.
    snapshot: Option<Arc<Snapshot>>,
    /// The caches hold nothing that was not so in this generation: that of the snapshot last held.
    seen: Generation,
    /// Where the last address was found in that snapshot: it goes when the snapshot goes.
    pub(crate) near: Near,
    /// How many generations it has adopted.
    adopted: u64,
    /// It has left coalesced writes somewhere since it was last offline at a boundary.
    pub(crate) has_coalesced: bool,
}

impl Reader {
    pub(crate) fn new(
        crew: &Arc<Crew>,
        publication: &Arc<Publication>,
        graces: &Arc<Graces>,
        name: String,
        attention: Option<Arc<Attention>>,
    ) -> Reader {
        Reader {
            crew: Arc::clone(crew),
            publication: Arc::clone(publication),
            graces: Arc::clone(graces),
            slot: graces.slots().register(name, attention),
            snapshot: None,
            seen: 0,
            near: Near::default(),
            adopted: 0,
            has_coalesced: false,
        }
    }

    /// Whether a newer generation is published, or the gate wants this reader at a checkpoint. Two plain loads: a virtual CPU asks at
    /// every bounded batch; after the host fence of every guest fence; after every access that went to a device; after it took an
    /// interrupt.
    #[inline]
    pub fn must_check(&self) -> bool {
        (self.publication.generation() != self.seen) | self.crew.gate().wants_checkpoint()
    }

    /// How many generations it has adopted and acknowledged: those that came and went meanwhile are not among them.
    pub fn adopted(&self) -> u64 {
        self.adopted
    }

    /// The host's fence of this order, and then [`Reader::must_check`]: what another thread did before it signalled through memory, a commit
    /// included, is seen by the poll because the poll comes after the fence.
    ///
    /// # Panics
    /// If the order is Relaxed, of which there is no fence: a mistake in the program.
    #[inline]
    pub fn fence(&self, order: Ordering) -> bool {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::PollBeforeFence) {
            let must_check = self.must_check();
            ram::order::fence(order);
            return must_check;
        }
        ram::order::fence(order);
        self.must_check()
    }

    /// At an instruction boundary: waits offline while the machine is paused, comes online, resyncs when there is something newer.
    pub fn checkpoint(&mut self, caches: &mut dyn DropCached) -> Flow {
        loop {
            let gate = self.crew.gate();
            if gate.is_stopped() {
                self.go_offline();
                return Flow::Stop;
            }
            if gate.is_pausing() {
                self.go_offline();
                self.crew.gate().wait_for_go_or_stop();
            } else if self.is_online() {
                self.resync(caches);
                return Flow::Run;
            } else if self.try_enter(caches) {
                return Flow::Run;
            }
        }
    }

    /// Comes online at a boundary, unless the gate wants it to stay.
    fn try_enter(&mut self, caches: &mut dyn DropCached) -> bool {
        self.slot.set(self.seen, Standing::Online);
        // A pauser asks, then looks at the slots. If its look is first, the change above has seen the asking, and this goes back; if the
        // change is first, the pauser sees it online and waits.
        if self.crew.gate().wants_checkpoint() {
            self.slot.set(self.seen, Standing::Boundary);
            return false;
        }
        self.adopt_newest(caches);
        true
    }

    /// Comes online for one access of a control thread or a device. `anyway`: also while the machine is paused (a debugger, which the pausing
    /// thread speaks for); and so it is on a thread that a pause waits for already, which must not wait for the pause in turn.
    pub(crate) fn enter(&mut self, anyway: bool, caches: &mut dyn DropCached) {
        if anyway || trampoline::is_covered() {
            self.slot.set(self.seen, Standing::Online);
            return self.adopt_newest(caches);
        }
        loop {
            self.crew.gate().wait_while_paused();
            self.slot.set(self.seen, Standing::Online);
            // As in `try_enter`. A stop does not keep control threads from memory.
            if !self.crew.gate().is_pausing() {
                return self.adopt_newest(caches);
            }
            self.slot.set(self.seen, Standing::Boundary);
        }
    }

    /// Adopts the newest snapshot, in this order: `caches` drop what changed, the view is replaced, the generation is acknowledged. May be
    /// called in the middle of an instruction (after a fence, after an access), as long as no pointer of before is used after.
    #[inline]
    pub fn resync(&mut self, caches: &mut dyn DropCached) {
        if self.publication.generation() != self.seen {
            self.adopt_newest(caches);
        }
    }

    /// Online: adopts what is newest now. What it goes by afterwards is the generation of the snapshot that it *loaded*, never the
    /// word's, which may be of a later one whose changes it has not heard of.
    #[cold]
    fn adopt_newest(&mut self, caches: &mut dyn DropCached) {
        let new = self.publication.load();
        let generation = new.generation();
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::AcknowledgeFirst) {
            self.slot.set(generation, Standing::Online);
        }
        self.drop_changed(&new, caches);
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        let near = std::mem::take(&mut self.near);
        self.near.forget();
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::KeepNear) {
            self.near = near;
        }
        self.snapshot = Some(new);
        if generation != self.seen {
            self.slot.set(generation, Standing::Online);
            self.adopted += 1;
        }
        self.seen = generation;
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::IntervalsByWord) {
            self.seen = self.publication.generation();
        }
    }

    /// Has the caches forget what differs between the generation that they are good for and `new`.
    fn drop_changed(&self, new: &Snapshot, caches: &mut dyn DropCached) {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::LostWrite) {
            return;
        }
        for (space, changes) in new.changes_since(self.seen) {
            match changes {
                Changes::Everything => caches.drop_cached(Invalidate::Space(space)),
                Changes::Ranges(ranges) if ranges.is_empty() => {}
                Changes::Ranges(ranges) => caches.drop_cached(Invalidate::Ranges(space, &ranges)),
            }
        }
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        let keeps_closed = planted::is(Bug::KeepClosed);
        #[cfg(not(any(manyhart_loom, feature = "planted-bugs")))]
        let keeps_closed = false;
        if new.closes_since(self.seen) && !keeps_closed {
            caches.drop_cached(Invalidate::Closed(new));
        }
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::KeepMarks) {
            return;
        }
        if new.drops_marks_of(self.seen) {
            caches.drop_cached(Invalidate::Marks);
        }
    }

    /// Drops the view and goes offline at a boundary: before any wait. The caches keep what they hold, and hear of every change at the
    /// next [`Reader::checkpoint`], before the reader uses memory again.
    ///
    /// The coalesced writes that it has left are handled first.
    pub fn go_offline(&mut self) {
        if std::mem::take(&mut self.has_coalesced) {
            trampoline::with(|here| here.with_reader(|| self.crew.handle_coalesced()));
        }
        self.near.forget();
        if self.snapshot.take().is_some() {
            self.slot.set(self.seen, Standing::Boundary);
        }
    }

    /// Waits for something in the middle of an access: offline, but not at a boundary, so that a pause waits for the access to end. When
    /// it returns the reader is online and has resynced; nothing that was resolved before may be used but what is owned.
    pub(crate) fn while_waiting<T>(&mut self, caches: &mut dyn DropCached, wait: impl FnOnce() -> T) -> T {
        self.near.forget();
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        let before = self.snapshot.clone();
        self.snapshot = None;
        self.slot.set(self.seen, Standing::InCall);
        let result = wait();
        self.slot.set(self.seen, Standing::Online);
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::KeepViewOverWait) {
            self.snapshot = before;
            self.seen = self.publication.generation();
            return result;
        }
        self.adopt_newest(caches);
        result
    }

    /// Has all coalesced writes handled, of whomever and for whichever device, and waits for that inside its call.
    pub(crate) fn flush_coalesced(&mut self, caches: &mut dyn DropCached) {
        let crew = Arc::clone(&self.crew);
        for waiter in trampoline::with(|here| here.with_reader(|| crew.fence_coalesced())) {
            if waiter.try_take().is_none() {
                // A device that is gone or has failed has nothing left to handle.
                drop(self.while_waiting(caches, || waiter.wait()));
            }
        }
    }

    /// The same in a handler, which does not wait: they are handled after it, and before what it posts from here on.
    pub(crate) fn handle_coalesced(&self) {
        self.crew.handle_coalesced();
    }

    /// Whether it is online.
    pub fn is_online(&self) -> bool {
        self.snapshot.is_some()
    }

    /// The snapshot held; `None` while offline.
    #[inline]
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.snapshot.as_ref()
    }

    /// The view of `space` in the snapshot held; nothing decodes in a space that is not there.
    ///
    /// # Panics
    /// If the reader is offline: a mistake in the program.
    #[inline]
    pub fn view(&self, space: AddressSpaceId) -> &FlatView {
        self.held().shown(space)
    }

    /// Holds the snapshot for longer than this reader does. To be called online.
    pub(crate) fn hold(&self) -> Hold {
        Hold::new(Arc::clone(self.held()), Arc::clone(&self.graces))
    }

    /// The range that decodes `addr` in `space`, in the snapshot held. The range found last is at hand; others are searched for.
    ///
    /// # Panics
    /// As [`Reader::view`].
    #[inline]
    pub fn find(&mut self, space: AddressSpaceId, addr: Gpa) -> Option<&FlatRange> {
        let snapshot = self.snapshot.as_ref().expect(OFFLINE);
        self.near.find(snapshot, space, addr)
    }

    /// The snapshot held, of a reader that is online.
    #[inline]
    pub(crate) fn held(&self) -> &Arc<Snapshot> {
        self.snapshot.as_ref().expect(OFFLINE)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if sync::model_has_failed() {
            return;
        }
        self.go_offline();
        self.graces.slots().unregister(&self.slot);
    }
}
