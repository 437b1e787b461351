//! All listeners of one topology: who comes and goes, and the rounds on the helper thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::listener::{End, Listener, ListenerHandle, Progress};
use super::publication::Publication;
use super::tell::{Life, Told, tell};
use super::{AddressSpaceId, RegionId, Snapshot};
use crate::grace::Graces;
use crate::helper::Crew;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::reply;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{self, Mutex};
use crate::trampoline;

/// Every listener of one topology.
pub(crate) struct Listeners {
    crew: Arc<Crew>,
    publication: Arc<Publication>,
    graces: Arc<Graces>,
    /// How many are registered and not gone. Changed and asked by read-modify-writes alone: see [`Listeners::notify`].
    count: AtomicUsize,
    inbox: Mutex<Inbox>,
    /// In ascending order of priority, then of registration. Locked by whoever runs a round, which is one at a time.
    told: Mutex<Vec<Told>>,
}

#[derive(Default)]
struct Inbox {
    coming: Vec<Told>,
    leaving: Vec<u64>,
    /// A round is under way, or on its way to the helper.
    running: bool,
    /// Something came that a round under way may not have seen.
    again: bool,
    /// How many there ever were.
    numbers: u64,
}

impl Listeners {
    pub(crate) fn new(crew: &Arc<Crew>, publication: &Arc<Publication>, graces: &Arc<Graces>) -> Listeners {
        let (crew, publication, graces) = (Arc::clone(crew), Arc::clone(publication), Arc::clone(graces));
        let (count, inbox, told) = (AtomicUsize::new(0), Mutex::default(), Mutex::default());
        Listeners { crew, publication, graces, count, inbox, told }
    }

    /// Registers one: its first round, which gives it the newest view, comes soon.
    pub(crate) fn add(
        self: &Arc<Listeners>,
        name: &str,
        space: AddressSpaceId,
        priority: i32,
        listener: Box<dyn Listener>,
    ) -> ListenerHandle {
        // Before the round is asked for: a commit that does not count it has published already, and the round loads that.
        self.count.fetch_add(1, Ordering::Acquire);
        let progress = Arc::new(Progress::default());
        let mut inbox = self.inbox.lock();
        inbox.numbers += 1;
        let number = inbox.numbers;
        let (name, has, logged, leaving, failed) = (name.into(), None, BTreeMap::new(), false, None);
        // Should it be closed before the first round, the listener hears so.
        let there = self.publication.load().view(space).is_some();
        let life = if there { Life::Open } else { Life::Awaited };
        let progress_of = Arc::clone(&progress);
        let told = Told { name, space, priority, number, listener, progress, has, logged, leaving, life, failed };
        inbox.coming.push(told);
        drop(inbox);
        self.ask_for_round();
        ListenerHandle::new(number, progress_of, Arc::downgrade(self))
    }

    pub(super) fn remove(self: &Arc<Listeners>, number: u64) {
        self.inbox.lock().leaving.push(number);
        self.ask_for_round();
    }

    /// A snapshot was published. Whether anybody has to be told; if so, a round will, and then says so to the grace periods.
    ///
    /// Both this and [`Listeners::add`] change the count by a read-modify-write after they did their part (published; nothing). If this comes
    /// first, it releases what was published, the other acquires it, and its round loads it. If the other comes first, this sees it and asks
    /// for a round. A plain load here could miss the count while the round misses the snapshot.
    pub(super) fn notify(self: &Arc<Listeners>) -> bool {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::CountByLoad) {
            let any = self.count.load(Ordering::Relaxed) > 0;
            if any {
                self.ask_for_round();
            }
            return any;
        }
        let any = self.count.fetch_add(0, Ordering::Release) > 0;
        if any {
            self.ask_for_round();
        }
        any
    }

    /// Returns when every listener has brought what it noted of writes to a region into the region's logs (control threads only, never a
    /// listener). Where there are no listeners it costs one load.
    pub(super) fn sync_log(self: &Arc<Listeners>, region: RegionId) {
        // Whoever has shown the region to somebody has been counted long before: by the commit that it was told of.
        // In a handler, which never waits, the commit that comes next is refused, and nothing is collected.
        if self.count.load(Ordering::Relaxed) == 0 || trampoline::inside_handler() {
            return;
        }
        let (replier, waiter) = reply::pair();
        let listeners = Arc::clone(self);
        self.crew.helper().run(Box::new(move || {
            let mut told = listeners.told.lock();
            told.iter_mut().for_each(|told| told.sync_log(region));
            // One that has panicked leaves in the next round, which is asked for.
            let failed = told.iter().any(|told| told.failed.is_some());
            drop(told);
            if failed {
                listeners.ask_for_round();
            }
            replier.answer(());
        }));
        if waiter.wait().is_err() {
            tracing::debug!(?region, "the helper is gone, and every listener with it");
        }
    }

    fn ask_for_round(self: &Arc<Listeners>) {
        let mut inbox = self.inbox.lock();
        inbox.again = true;
        if !std::mem::replace(&mut inbox.running, true) {
            drop(inbox);
            self.send_round();
        }
    }

    fn send_round(self: &Arc<Listeners>) {
        let listeners = Arc::clone(self);
        self.crew.helper().run(Box::new(move || listeners.run_round()));
    }

    /// One round, and another one asked for when something has come meanwhile: the helper's other work has its turn in between.
    fn run_round(self: &Arc<Listeners>) {
        let (coming, leaving) = {
            let mut inbox = self.inbox.lock();
            inbox.again = false;
            (std::mem::take(&mut inbox.coming), std::mem::take(&mut inbox.leaving))
        };
        let mut told = self.told.lock();
        told.extend(coming);
        told.sort_by_key(|told| (told.priority, told.number));
        told.iter_mut().for_each(|told| told.leaving = leaving.contains(&told.number));
        // After the inbox: what was published before the request is in it, or newer.
        self.round(&mut told, &self.publication.load());
        drop(told);
        let mut inbox = self.inbox.lock();
        inbox.running = inbox.again;
        if inbox.again {
            drop(inbox);
            self.send_round();
        }
    }

    fn round(&self, all: &mut Vec<Told>, snapshot: &Snapshot) {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::HeardBeforeTold) {
            self.graces.listeners_heard(snapshot.generation());
        }
        tell(all, snapshot);
        for told in all.extract_if(.., |told| told.is_over()) {
            self.count.fetch_sub(1, Ordering::Relaxed);
            if told.life == Life::Closed {
                told.progress.set(snapshot.generation());
            }
            self.end(told);
        }
        for told in all.iter() {
            told.progress.set(snapshot.generation());
        }
        self.graces.listeners_heard(snapshot.generation());
    }

    fn end(&self, told: Told) {
        let Told { name, listener, progress, life, failed, .. } = told;
        let dropped = sync::catch(|| drop(listener));
        let panic = failed.or(dropped.err());
        progress.end(match panic {
            Some(_) => End::Failed,
            None if life == Life::Closed => End::Closed,
            None => End::Removed,
        });
        if let Some(panic) = panic {
            self.crew.report_failure(&name, panic);
        }
    }

    /// The machine is over: every one that is left is told that all it has is gone.
    pub(crate) fn finish(self: &Arc<Listeners>) {
        let told: Vec<u64> = self.told.lock().iter().map(|told| told.number).collect();
        let mut inbox = self.inbox.lock();
        let coming: Vec<u64> = inbox.coming.iter().map(|told| told.number).collect();
        inbox.leaving.extend(told.into_iter().chain(coming));
        drop(inbox);
        self.ask_for_round();
    }
}
