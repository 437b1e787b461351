//! What a commit answers, in two stages: that it is published, at once; that what it removed is out of reach, later.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::Generation;
use super::actor::{Message, TopologyActor};
use crate::mailbox::Mailbox;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::{Condvar, Mutex};
use crate::trampoline::inside_handler;

/// What a successful commit returns.
#[derive(Clone)]
pub struct Committed {
    /// The generation that carries it (unchanged, when nothing visible changed).
    pub generation: Generation,
    /// Completes when nobody can reach what the commit removed.
    pub retired: Retired,
}

type Callback = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Progress {
    complete: bool,
    callbacks: Vec<Callback>,
}

struct Inner {
    progress: Mutex<Progress>,
    completed: Condvar,
    topology: Weak<Mailbox<TopologyActor>>,
}

/// Completes when no reader, pin or queued message can reach what a commit removed: every reader that was online has acknowledged the
/// commit's generation or gone offline since, every pin on memory that it removed is let go, and what was sent before to devices
/// that lost an address has been handled. So it also says that every reader sees what the commit added.
///
/// Messages wait while the machine is paused, and so does the `Retired` of a device that has some.
#[derive(Clone)]
pub struct Retired(Arc<Inner>);

impl Retired {
    pub(crate) fn new(topology: Weak<Mailbox<TopologyActor>>) -> Retired {
        Retired(Arc::new(Inner { progress: Mutex::default(), completed: Condvar::new(), topology }))
    }

    /// Whether it has completed.
    pub fn is_complete(&self) -> bool {
        self.0.progress.lock().complete
    }

    /// Waits (control threads only).
    pub fn wait(&self) {
        debug_assert!(!inside_handler(), "a handler never waits");
        let mut progress = self.0.progress.lock();
        while !progress.complete {
            self.0.completed.wait(&mut progress);
        }
    }

    /// As [`Retired::wait`], for so long at most: whether it has completed.
    pub fn wait_for(&self, patience: Duration) -> bool {
        debug_assert!(!inside_handler(), "a handler never waits");
        let end = Instant::now() + patience;
        let mut progress = self.0.progress.lock();
        while !progress.complete {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.0.completed.wait_for(&mut progress, left);
        }
        progress.complete
    }

    /// Runs `then` on the topology actor once it has completed: soon, if it has. Like a handler, it must not wait.
    pub fn on_complete(&self, then: impl FnOnce() + Send + 'static) {
        let mut progress = self.0.progress.lock();
        if !progress.complete {
            return progress.callbacks.push(Box::new(then));
        }
        drop(progress);
        self.hand_on(Box::new(then));
    }

    /// Completes it, once and for all.
    pub(crate) fn complete(&self) {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::WakeBeforeComplete) {
            self.0.completed.notify_all();
            self.0.progress.lock().complete = true;
            return;
        }
        let mut progress = self.0.progress.lock();
        progress.complete = true;
        let callbacks = std::mem::take(&mut progress.callbacks);
        drop(progress);
        self.0.completed.notify_all();
        for callback in callbacks {
            self.hand_on(callback);
        }
    }

    fn hand_on(&self, then: Callback) {
        if let Some(topology) = self.0.topology.upgrade() {
            // A topology that is gone completes nothing any more, and what would have run is dropped with what it holds.
            topology.post(Message::Run(then));
        }
    }
}
