//! Grace periods: how long what a commit removed, and the snapshot that it superseded, must stay.
//!
//! A grace period goes through these stages, each of which can only end after the one before:
//! 1. Every reader that the first scan found online below the generation has acknowledged it, or has been seen offline.
//! 2. Nothing pins memory or device regions that were removed, and if memory was, nobody holds a whole snapshot of before. (Pins and holds are
//!    taken online, so after stage 1 no new one can come through an old view.)
//! 3. Every listener has been told. (What it shows to others it has taken back.)
//! 4. Every device that lost an address has handled what was sent before. (Sends are made online, or by readers in a call.)
//! 5. What was removed is dropped, and [`Retired`] completes.
//!
//! The topology actor begins one with each commit; the helper thread carries it on, and control threads that commit help it. Nothing here waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::access::Holds;
use crate::actor::MmioTarget;
use crate::helper::{Crew, Step};
use crate::mailbox::AnyMailbox;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::slots::{Slot, Slots, has_passed};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::topology::{Destroyed, Generation, RegionId, Retired, Snapshot, Target};

/// What a commit took away.
#[derive(Default)]
pub(crate) struct Removed {
    /// Targets that lost an address.
    pub(crate) withdrawn: Vec<(RegionId, Target)>,
    /// Regions whose life has ended.
    pub(crate) destroyed: Vec<Destroyed>,
    /// The snapshot of before. It stays until no reader can be about to load or use it, whatever the publication does by itself.
    #[allow(dead_code)] // it is kept, not read
    pub(crate) superseded: Option<Arc<Snapshot>>,
    /// Whether there are listeners that have to be told.
    pub(crate) listening: bool,
}

impl Removed {
    fn targets(&self) -> impl Iterator<Item = &Target> {
        let destroyed = self.destroyed.iter().filter_map(|region| region.target.as_ref());
        self.withdrawn.iter().map(|(_, target)| target).chain(destroyed)
    }

    /// What still holds a target, by its name.
    fn pins(&self) -> impl Iterator<Item = (&str, u64)> {
        let memory = self.targets().filter_map(Target::memory).map(|block| (block.name(), block.pins()));
        let devices = self.targets().filter_map(Target::device).map(|device| (device.name(), device.pins()));
        let iommus = self.targets().filter_map(Target::iommu).map(|iommu| (iommu.name(), iommu.pins()));
        memory.chain(devices).chain(iommus).filter(|(_, pins)| *pins > 0)
    }

    /// The mailboxes of the devices that have one, each once.
    fn mailboxes(&self) -> Vec<Arc<dyn AnyMailbox>> {
        let mut found: Vec<Arc<dyn AnyMailbox>> = Vec::new();
        for mailbox in self.targets().filter_map(Target::device).filter_map(MmioTarget::mailbox) {
            if !found.iter().any(|other| Arc::ptr_eq(other, &mailbox)) {
                found.push(mailbox);
            }
        }
        found
    }

    /// Whether somebody who holds a snapshot of before could still reach any of it: a hold leads to memory alone.
    fn is_within_holds(&self) -> bool {
        self.targets().any(|target| target.memory().is_some() || target.iommu().is_some())
    }

    fn is_nothing(&self) -> bool {
        self.withdrawn.is_empty() && self.destroyed.is_empty()
    }
}

/// One grace period in its first three stages.
struct Grace {
    generation: Generation,
    /// The readers that have not passed yet.
    behind: Vec<Arc<Slot>>,
    removed: Removed,
    retired: Retired,
    began: Instant,
}

impl Grace {
    /// Stage 1: whether it is over.
    fn readers_have_passed(&mut self) -> bool {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::NoGrace) {
            return true;
        }
        self.behind.retain(|slot| !has_passed(slot, self.generation));
        self.behind.is_empty()
    }

    /// Stages 2 and 3, to be asked after stage 1: a pin taken by a reader that has passed was taken before it did, and so was a hold. Listeners
    /// have heard of the generation `heard`.
    fn is_let_go(&self, holds: &Holds, heard: Generation) -> bool {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::NoGrace) {
            return true;
        }
        let held = self.removed.pins().next().is_some() || self.older_holds(holds) > 0;
        !held && self.has_been_heard(heard)
    }

    fn has_been_heard(&self, heard: Generation) -> bool {
        !self.removed.listening || heard >= self.generation
    }

    /// How many hold a snapshot through which memory is reached that was removed.
    fn older_holds(&self, holds: &Holds) -> usize {
        if self.removed.is_within_holds() { holds.before(self.generation) } else { 0 }
    }

    /// Who holds it up, by name.
    fn holders(&self, holds: &Holds, heard: Generation) -> Vec<String> {
        // Some may have passed since the last scan.
        let behind = self.behind.iter().filter(|slot| !has_passed(slot, self.generation));
        let readers = behind.map(|slot| format!("reader {}", slot.name()));
        let pins = self.removed.pins().map(|(name, pins)| format!("{pins} pins of {name}"));
        let holds = Some(self.older_holds(holds)).filter(|&older| older > 0);
        let holds = holds.map(|older| format!("{older} holds of older snapshots"));
        let listeners = (!self.has_been_heard(heard)).then(|| "listeners".to_owned());
        readers.chain(pins).chain(holds).chain(listeners).collect()
    }
}

/// Stages 4 and 5, shared by the fences of one grace period.
struct Closing {
    /// Fences still to come. Under a lock, so that what was handled before any of them happens before the end.
    left: Mutex<usize>,
    waits_for: Vec<Arc<dyn AnyMailbox>>,
    generation: Generation,
    end: Mutex<Option<(Removed, Retired)>>,
    began: Instant,
}

impl Closing {
    /// One fence less. The last one has the helper drop and complete: a drop may take long, and this may run on a virtual CPU.
    fn passed(self: &Arc<Closing>, crew: &Arc<Crew>) {
        if self.is_last() {
            let closing = Arc::clone(self);
            crew.helper().run(Box::new(move || closing.finish()));
        }
    }

    /// Counts one fence, and says whether it was the last.
    fn is_last(&self) -> bool {
        let mut left = self.left.lock();
        *left -= 1;
        *left == 0
    }

    /// Stage 5. First the drop, so that whoever has waited finds it done.
    fn finish(&self) {
        let end = self.end.lock().take();
        if let Some((removed, retired)) = end {
            #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
            if planted::is(Bug::CompleteBeforeDrop) {
                retired.complete();
            }
            drop(removed);
            retired.complete();
        }
    }

    fn is_over(&self) -> bool {
        self.end.lock().is_none()
    }
}

/// What holds a grace period up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stall {
    /// Which.
    pub generation: Generation,
    /// Since when.
    pub since: Instant,
    /// Readers, pins and devices, by name.
    pub holders: Vec<String>,
}

/// All readers, and the grace periods that are not over.
pub struct Graces {
    crew: Arc<Crew>,
    slots: Slots,
    holds: Holds,
    /// In the order of their generations.
    waiting: Mutex<VecDeque<Grace>>,
    closing: Mutex<Vec<Arc<Closing>>>,
    /// The generation that every listener has been told of. The helper's round sets it with Release, after they have heard; a scan reads it
    /// with Acquire, on whatever thread it runs.
    heard: AtomicU64,
}

impl Graces {
    pub(crate) fn new(crew: &Arc<Crew>) -> Graces {
        Graces {
            crew: Arc::clone(crew),
            slots: Slots::default(),
            holds: Holds::default(),
            waiting: Mutex::default(),
            closing: Mutex::default(),
            heard: AtomicU64::new(0),
        }
    }

    /// The readers.
    pub(crate) fn slots(&self) -> &Slots {
        &self.slots
    }

    /// Who holds whole snapshots.
    pub(crate) fn holds(&self) -> &Holds {
        &self.holds
    }

    /// Every listener has been told of `generation`.
    pub(crate) fn listeners_heard(&self, generation: Generation) {
        self.heard.store(generation, Ordering::Release);
    }

    fn heard(&self) -> Generation {
        self.heard.load(Ordering::Acquire)
    }

    /// Begins one. Called by the topology actor, after it has published `generation`.
    pub(crate) fn begin(&self, generation: Generation, removed: Removed, retired: Retired) {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        let removed =
            Removed { superseded: removed.superseded.filter(|_| !planted::is(Bug::DropSuperseded)), ..removed };
        let behind = self.slots.behind(generation);
        if behind.is_empty() && removed.is_nothing() && !removed.listening {
            // The superseded snapshot shares with its successor whatever could be slow to drop.
            drop(removed);
            return retired.complete();
        }
        let grace = Grace { generation, behind, removed, retired, began: Instant::now() };
        let mut waiting = self.waiting.lock();
        let is_first = waiting.is_empty();
        waiting.push_back(grace);
        drop(waiting);
        // While any waits, the helper comes by itself (it asks under the same lock before it sleeps): only the first has to wake it.
        if is_first {
            self.crew.helper().knock();
        }
    }

    /// One round over the grace periods. Called by the helper, by control threads that help it, and by models.
    ///
    /// It ends at the first that waits for a reader: whoever is behind that generation is behind all later ones. So a round costs what
    /// has passed, however many wait. One that is held otherwise holds up nobody.
    pub fn scan(&self) -> Step {
        let mut passed = Vec::new();
        {
            let heard = self.heard();
            let mut waiting = self.waiting.lock();
            let mut held = Vec::new();
            while waiting.front_mut().is_some_and(Grace::readers_have_passed) {
                let Some(grace) = waiting.pop_front() else { break };
                let over = grace.is_let_go(&self.holds, heard);
                if over { passed.push(grace) } else { held.push(grace) }
            }
            held.into_iter().rev().for_each(|grace| waiting.push_front(grace));
        }
        if passed.is_empty() {
            return Step::Idle;
        }
        passed.into_iter().for_each(|grace| self.close(grace));
        self.closing.lock().retain(|closing| !closing.is_over());
        Step::Busy
    }

    /// For a control thread that has committed: where the helper does not keep up with whoever commits, they do its work themselves, and
    /// what is superseded does not pile up.
    pub(crate) fn help(&self) {
        const MANY: usize = 512;
        if self.waiting.lock().len() > MANY {
            self.scan();
        }
    }

    /// Begins stage 4. Outside the lock: a fence may run mail, and mail may commit.
    fn close(&self, grace: Grace) {
        let Grace { generation, removed, retired, began, .. } = grace;
        let waits_for = removed.mailboxes();
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        let waits_for = if planted::is(Bug::NoFence) { Vec::new() } else { waits_for };
        let closing = Arc::new(Closing {
            // One for this function, so that it cannot end before all fences are out.
            left: Mutex::new(waits_for.len() + 1),
            waits_for: waits_for.clone(),
            generation,
            end: Mutex::new(Some((removed, retired))),
            began,
        });
        self.closing.lock().push(Arc::clone(&closing));
        for mailbox in waits_for {
            let (closing, crew) = (Arc::clone(&closing), Arc::clone(&self.crew));
            mailbox.fence(Box::new(move || closing.passed(&crew)));
        }
        // Nobody else is to be waited for: the helper, or whoever helps it, drops and completes at once.
        if closing.is_last() {
            closing.finish();
        }
    }

    /// Whether any grace period is in its first three stages: then somebody must scan.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.lock().is_empty()
    }

    /// What has been waiting for longer than `patience`, and for whom.
    pub fn stalled(&self, patience: Duration) -> Vec<Stall> {
        let (mut stalls, heard) = (Vec::new(), self.heard());
        for grace in self.waiting.lock().iter().filter(|grace| grace.began.elapsed() > patience) {
            stalls.push(Stall {
                generation: grace.generation,
                since: grace.began,
                holders: grace.holders(&self.holds, heard),
            });
        }
        let mut closing = self.closing.lock();
        closing.retain(|closing| !closing.is_over());
        for closing in closing.iter().filter(|closing| closing.began.elapsed() > patience) {
            let holders = closing.waits_for.iter().map(|device| format!("messages to {}", device.name())).collect();
            stalls.push(Stall { generation: closing.generation, since: closing.began, holders });
        }
        stalls
    }

    /// The machine is over and its readers are gone: completes whatever is left.
    pub(crate) fn finish(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        let closing = std::mem::take(&mut *self.closing.lock());
        for grace in waiting {
            drop(grace.removed);
            grace.retired.complete();
        }
        for closing in closing {
            closing.finish();
        }
    }
}
