//! Listeners: who keeps a copy of an address space somewhere else — a hypervisor's memory slots, a device process's memory table, a display —
//! and is told what differs.
//!
//! # Where they run, and when
//! All listeners of a topology run on the helper thread, one call at a time: never on a virtual CPU's thread, so they may block. They hear
//! of commits in the order of the commits. A commit does not wait for them. One that is slow is behind for a while, and when it is done is told
//! in one go what differs between what it has and the newest snapshot: it may skip generations, and nothing queues up for it.
//! What does wait is the commit's [`Retired`](super::Retired): it completes only when every listener has been told, so what a
//! listener has shown to somebody else is not retired before it took it back. (So a listener must not wait for a `Retired`.) A slow listener also
//! delays the helper's other duties: timers, and what bounded drains leave.
//!
//! Who needs its own next step to come after the listener's, as a virtual CPU of a hypervisor does, waits with
//! [`ListenerHandle::wait_for`] for the generation of the commit.
//!
//! # Order
//! One round: every listener that is concerned hears `begin`, in ascending priority; then all deletions are told, in *descending*
//! priority; then what is new and what stays, in ascending priority; then `commit`. Who builds upon another listener has the higher
//! priority: it lets go first and takes hold last. At equal priority the earlier registered counts as the lower.

use std::sync::{Arc, Weak};

use super::listeners::Listeners;
use super::{Doorbell, FlatRange, Generation};
use crate::sync::{Condvar, Mutex};
use crate::{AddrRange, Gpa};

/// Keeps a copy of an address space. A listener that carries out what it is told ends each round with exactly the new view.
///
/// Every method does nothing by default. A listener that panics is reported like a device, and never called again.
pub trait Listener: Send + 'static {
    /// A round begins; it leads to the view of `generation`.
    fn begin(&mut self, generation: Generation) {
        let _ = generation;
    }

    /// A range of the copy is gone. All deletions of a round come before the rest, in descending order of addresses.
    fn region_del(&mut self, range: &FlatRange) {
        let _ = range;
    }

    /// A range is new; its `dirty_mask` says who logs it from now on.
    fn region_add(&mut self, range: &FlatRange) {
        let _ = range;
    }

    /// A range stays. Told of those near a change: by no means of all.
    fn region_nop(&mut self, range: &FlatRange) {
        let _ = range;
    }

    /// A range that stays (told of just before) is logged by more clients than `old_mask` says.
    fn log_start(&mut self, range: &FlatRange, old_mask: u8) {
        let _ = (range, old_mask);
    }

    /// A range that stays is logged by fewer clients than `old_mask` says.
    fn log_stop(&mut self, range: &FlatRange, old_mask: u8) {
        let _ = (range, old_mask);
    }

    /// A range that it has is logged, and somebody is about to read the log: what it has noted of writes to the range so far is to be brought
    /// into the logs of the range's memory before this returns ([`DirtyLogs::mark_written`](crate::ram::DirtyLogs::mark_written)). Comes at any time
    /// between rounds. What it notes until a `region_del`, or a `log_stop` that leaves nobody, it brings there then, by itself.
    ///
    /// There is no call for all memory at once: a live copy logs each region that it copies.
    fn log_sync(&mut self, range: &FlatRange) {
        let _ = range;
    }

    /// Writes to `part` of a range that it has are coalesced from now on.
    fn coalesced_io_add(&mut self, range: &FlatRange, part: AddrRange) {
        let _ = (range, part);
    }

    /// They are coalesced no more. Told among the deletions, before the one of its range; of a part that has grown or shrunk, too.
    fn coalesced_io_del(&mut self, range: &FlatRange, part: AddrRange) {
        let _ = (range, part);
    }

    /// A doorbell rings at `addr` from now on, in a range that it has.
    fn eventfd_add(&mut self, addr: Gpa, doorbell: &Doorbell) {
        let _ = (addr, doorbell);
    }

    /// A doorbell rings no more. Told among the deletions, before the one of its range.
    fn eventfd_del(&mut self, addr: Gpa, doorbell: &Doorbell) {
        let _ = (addr, doorbell);
    }

    /// Its address space was closed: it has been told that all it has is gone, the round is over, and it is dropped after this.
    fn closed(&mut self, generation: Generation) {
        let _ = generation;
    }

    /// The round is over: the copy is the view of `generation`.
    fn commit(&mut self, generation: Generation) {
        let _ = generation;
    }
}

/// How far a listener is.
#[derive(Default)]
pub(super) struct Progress {
    heard: Mutex<Heard>,
    changed: Condvar,
}

#[derive(Default)]
struct Heard {
    generation: Option<Generation>,
    end: Option<End>,
}

/// Why a listener is told nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Removed,
    Closed,
    Failed,
}

/// A listener that was removed, whose address space was closed, or that has panicked, hears nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the listener is gone")]
pub struct ListenerGone;

impl Progress {
    pub(super) fn set(&self, generation: Generation) {
        self.heard.lock().generation = Some(generation);
        self.changed.notify_all();
    }

    pub(super) fn end(&self, end: End) {
        self.heard.lock().end = Some(end);
        self.changed.notify_all();
    }
}

/// A registered listener. Dropping the handle removes the listener.
#[must_use = "the listener is removed when this is dropped"]
pub struct ListenerHandle {
    number: u64,
    progress: Arc<Progress>,
    listeners: Weak<Listeners>,
}

impl ListenerHandle {
    pub(super) fn new(number: u64, progress: Arc<Progress>, listeners: Weak<Listeners>) -> ListenerHandle {
        ListenerHandle { number, progress, listeners }
    }

    /// The generation whose view it has; `None` before its first round.
    pub fn generation(&self) -> Option<Generation> {
        self.progress.heard.lock().generation
    }

    /// Whether it has panicked.
    pub fn is_failed(&self) -> bool {
        self.progress.heard.lock().end == Some(End::Failed)
    }

    /// Whether its address space was closed, and it has heard so.
    pub fn is_closed(&self) -> bool {
        self.progress.heard.lock().end == Some(End::Closed)
    }

    /// Waits until it has the view of `generation` or of a later one (control threads, and readers that are offline; never a listener).
    pub fn wait_for(&self, generation: Generation) -> Result<(), ListenerGone> {
        let mut heard = self.progress.heard.lock();
        loop {
            match (heard.end, heard.generation >= Some(generation)) {
                (None | Some(End::Closed), true) => return Ok(()),
                (Some(_), _) => return Err(ListenerGone),
                (None, false) => {}
            }
            self.progress.changed.wait(&mut heard);
        }
    }

    /// Removes it, soon: it is told that all it has is gone, and dropped.
    pub fn remove(&self) {
        if let Some(listeners) = self.listeners.upgrade() {
            listeners.remove(self.number);
        }
    }

    /// Waits until it has been dropped, removed or failed (control threads only, never a listener).
    pub fn wait_gone(&self) {
        let mut heard = self.progress.heard.lock();
        while heard.end.is_none() {
            self.progress.changed.wait(&mut heard);
        }
    }
}

impl Drop for ListenerHandle {
    fn drop(&mut self) {
        if !crate::sync::model_has_failed() {
            self.remove();
        }
    }
}
