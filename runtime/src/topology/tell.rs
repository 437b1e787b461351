//! One round of telling listeners what differs. Knows of no threads.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::diff::{Update, difference_within};
use super::listener::{Listener, Progress};
use super::{AddressSpaceId, Changes, FlatRange, FlatView, Generation, RegionId, Snapshot};
use super::{coalesced, doorbell};
use crate::{AddrRange, Gpa, sync};

/// A listener, and what it has.
pub(crate) struct Told {
    pub(super) name: Arc<str>,
    pub(super) space: AddressSpaceId,
    pub(super) priority: i32,
    pub(super) number: u64,
    pub(super) listener: Box<dyn Listener>,
    pub(super) progress: Arc<Progress>,
    /// The view that it has, as of a generation; `None` before its first round.
    pub(super) has: Option<(Generation, Arc<FlatView>)>,
    /// The ranges that it has which somebody logs, by their first address.
    pub(super) logged: BTreeMap<Gpa, FlatRange>,
    /// It is to be told that all of it is gone.
    pub(super) leaving: bool,
    /// How far its space is, as it has heard.
    pub(super) life: Life,
    /// It has panicked, and how.
    pub(super) failed: Option<String>,
}

/// What a listener knows of its space's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It is not there yet.
    Awaited,
    /// It is there.
    Open,
    /// It was there, and is there no more: there is nothing left to be told.
    Closed,
}

/// What one listener is told in one round.
struct Errand<'a> {
    told: &'a mut Told,
    /// Deletions first.
    updates: Vec<Update>,
    deletions: usize,
}

impl Told {
    /// What leads it from what it has to `snapshot`; `None` where nothing differs.
    fn updates(&mut self, snapshot: &Snapshot) -> Option<Vec<Update>> {
        let generation = snapshot.generation();
        let there = snapshot.view(self.space);
        let closes = self.life == Life::Open && there.is_none();
        match (self.life, there) {
            (Life::Awaited, Some(_)) => self.life = Life::Open,
            (Life::Open, None) => self.life = Life::Closed,
            _ => {}
        }
        let view = Arc::clone(there.filter(|_| !self.leaving).unwrap_or(snapshot.nothing()));
        let (windows, old) = match self.has.replace((generation, view.clone())) {
            Some((_, old)) if Arc::ptr_eq(&old, &view) => return closes.then(Vec::new),
            Some((_, old)) if self.leaving => (vec![AddrRange::ALL], old),
            Some((since, old)) => match snapshot.changes_in(self.space, since) {
                Changes::Everything => (vec![AddrRange::ALL], old),
                Changes::Ranges(intervals) => (intervals, old),
            },
            None => (vec![AddrRange::ALL], Arc::clone(snapshot.nothing())),
        };
        let updates = difference_within(&windows, &old, &view);
        updates.iter().for_each(|update| self.note_log(update));
        Some(updates)
    }

    /// Whether it is to be told nothing after this round.
    pub(super) fn is_over(&self) -> bool {
        self.leaving || self.failed.is_some() || self.life == Life::Closed
    }

    fn note_log(&mut self, update: &Update) {
        let (range, stays) = match update {
            Update::Delete(range) => (range, false),
            Update::Add(range) | Update::Keep { range, .. } => (range, range.dirty_mask != 0),
        };
        match stays {
            true => drop(self.logged.insert(range.range.start(), range.clone())),
            false => drop(self.logged.remove(&range.range.start())),
        }
    }

    /// Has it bring what it has noted of a region's writes into the region's logs.
    pub(super) fn sync_log(&mut self, region: RegionId) {
        let ranges: Vec<FlatRange> = self.logged.values().filter(|range| range.region == region).cloned().collect();
        self.call(|listener| ranges.iter().for_each(|range| listener.log_sync(range)));
    }

    /// Calls it, unless it has panicked before.
    fn call(&mut self, call: impl FnOnce(&mut dyn Listener)) {
        if self.failed.is_none()
            && let Err(panic) = sync::catch(|| call(&mut *self.listener))
        {
            self.failed = Some(panic);
        }
    }
}

/// Brings all of them, in ascending order of priority, to `snapshot`.
pub(crate) fn tell(listeners: &mut [Told], snapshot: &Snapshot) {
    let generation = snapshot.generation();
    let mut errands: Vec<Errand<'_>> = Vec::new();
    for told in listeners.iter_mut() {
        if let Some(updates) = told.updates(snapshot) {
            let deletions = updates.iter().take_while(|update| matches!(update, Update::Delete(_))).count();
            errands.push(Errand { told, updates, deletions });
        }
    }
    for Errand { told, .. } in &mut errands {
        told.call(|listener| listener.begin(generation));
    }
    for Errand { told, updates, deletions } in errands.iter_mut().rev() {
        told.call(|listener| {
            updates.iter().for_each(|update| take_out(listener, update));
            updates[..*deletions].iter().for_each(|update| pass_on(listener, update));
        });
    }
    for Errand { told, updates, deletions } in &mut errands {
        told.call(|listener| {
            updates[*deletions..].iter().for_each(|update| pass_on(listener, update));
            updates[*deletions..].iter().for_each(|update| put_in(listener, update));
        });
    }
    for Errand { told, .. } in &mut errands {
        let closed = told.life == Life::Closed;
        told.call(|listener| {
            listener.commit(generation);
            if closed {
                listener.closed(generation);
            }
        });
    }
}

fn pass_on(listener: &mut dyn Listener, update: &Update) {
    match update {
        Update::Delete(range) => listener.region_del(range),
        Update::Add(range) => listener.region_add(range),
        Update::Keep { range, old } => {
            listener.region_nop(range);
            if update.log_start() != 0 {
                listener.log_start(range, old.dirty_mask);
            }
            if update.log_stop() != 0 {
                listener.log_stop(range, old.dirty_mask);
            }
        }
    }
}

/// What a range has in it — doorbells, parts to which writes are coalesced — and has no more.
fn take_out(listener: &mut dyn Listener, update: &Update) {
    match update {
        Update::Delete(range) => {
            range.visible_doorbells().for_each(|(addr, bell)| listener.eventfd_del(addr, bell));
            range.coalesced_ranges().for_each(|part| listener.coalesced_io_del(range, part));
        }
        Update::Keep { range, old } => {
            doorbell::beyond(old, range).for_each(|(addr, bell)| listener.eventfd_del(addr, bell));
            coalesced::beyond(old, range).for_each(|part| listener.coalesced_io_del(old, part));
        }
        Update::Add(_) => {}
    }
}

/// What a range has in it and did not have.
fn put_in(listener: &mut dyn Listener, update: &Update) {
    match update {
        Update::Add(range) => {
            range.visible_doorbells().for_each(|(addr, bell)| listener.eventfd_add(addr, bell));
            range.coalesced_ranges().for_each(|part| listener.coalesced_io_add(range, part));
        }
        Update::Keep { range, old } => {
            doorbell::beyond(range, old).for_each(|(addr, bell)| listener.eventfd_add(addr, bell));
            coalesced::beyond(range, old).for_each(|part| listener.coalesced_io_add(range, part));
        }
        Update::Delete(_) => {}
    }
}
