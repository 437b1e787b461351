//! One round of telling listeners what differs. Knows of no threads.

use std::sync::Arc;

use super::diff::{Update, difference_within};
use super::doorbell;
use super::listener::{Listener, Progress};
use super::{AddressSpaceId, Changes, FlatRange, FlatView, Generation, Snapshot};
use crate::{AddrRange, sync};

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
    /// It is to be told that all of it is gone.
    pub(super) leaving: bool,
    /// It has panicked, and how.
    pub(super) failed: Option<String>,
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
        let nothing = || Arc::new(FlatView::empty(generation));
        let view = snapshot.view(self.space).filter(|_| !self.leaving).cloned().unwrap_or_else(nothing);
        let (windows, old) = match self.has.replace((generation, view.clone())) {
            Some((_, old)) if Arc::ptr_eq(&old, &view) => return None,
            Some((_, old)) if self.leaving => (vec![AddrRange::ALL], old),
            Some((since, old)) => match snapshot.changes_in(self.space, since) {
                Changes::Everything => (vec![AddrRange::ALL], old),
                Changes::Ranges(intervals) => (intervals, old),
            },
            None => (vec![AddrRange::ALL], nothing()),
        };
        Some(difference_within(&windows, &old, &view))
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
            updates.iter().for_each(|update| silence(listener, update));
            updates[..*deletions].iter().for_each(|update| pass_on(listener, update));
        });
    }
    for Errand { told, updates, deletions } in &mut errands {
        told.call(|listener| {
            updates[*deletions..].iter().for_each(|update| pass_on(listener, update));
            updates[*deletions..].iter().for_each(|update| hang_up(listener, update));
        });
    }
    for Errand { told, .. } in &mut errands {
        told.call(|listener| listener.commit(generation));
    }
}

fn pass_on(listener: &mut dyn Listener, update: &Update) {
    match update {
        Update::Delete(range) => listener.region_del(range),
        Update::Add(range) => listener.region_add(range),
        Update::Keep { range, old_mask, .. } => {
            listener.region_nop(range);
            if update.log_start() != 0 {
                listener.log_start(range, *old_mask);
            }
            if update.log_stop() != 0 {
                listener.log_stop(range, *old_mask);
            }
        }
    }
}

/// The doorbells that are gone.
fn silence(listener: &mut dyn Listener, update: &Update) {
    match update {
        Update::Delete(range) => range.visible_doorbells().for_each(|(addr, bell)| listener.eventfd_del(addr, bell)),
        Update::Keep { range, doorbells, .. } => {
            let old = FlatRange { doorbells: doorbells.0.clone(), ..range.clone() };
            doorbell::beyond(&old, &range.doorbells).for_each(|(addr, bell)| listener.eventfd_del(addr, bell));
        }
        Update::Add(_) => {}
    }
}

/// The doorbells that are new.
fn hang_up(listener: &mut dyn Listener, update: &Update) {
    match update {
        Update::Add(range) => range.visible_doorbells().for_each(|(addr, bell)| listener.eventfd_add(addr, bell)),
        Update::Keep { range, doorbells, .. } => {
            doorbell::beyond(range, &doorbells.0).for_each(|(addr, bell)| listener.eventfd_add(addr, bell));
        }
        Update::Delete(_) => {}
    }
}
