//! Which mailboxes have coalesced writes that nobody has handled yet, and how they are handled before their time is up.
//!
//! A coalesced write is in its device's own queue, so its order needs nobody's care. What is here makes somebody run the device: a reader
//! on its way offline, an access to a region that flushes, a pause, the helper.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::helper::Crew;
use crate::reply::Waiter;
use crate::sync::Mutex;

/// A coalesced write is handled within this time, whatever else happens or does not.
pub(crate) const AT_MOST: Duration = Duration::from_millis(10);
/// So many of them may wait at one device; whoever writes more waits.
pub(crate) const MOST: u64 = 128;

/// A mailbox, as far as coalesced writes go.
pub(crate) trait Coalesces: Send + Sync {
    /// Whether any have not been handled.
    fn has_coalesced(&self) -> bool;
    /// Has them handled: by this thread, after the handler that it is in, or by the one that runs the device already.
    fn handle_coalesced(self: Arc<Self>);
    /// As above; what it returns arrives when they have been.
    fn fence_coalesced(self: Arc<Self>) -> Waiter<()>;
}

/// The mailboxes that ever had any.
#[derive(Default)]
pub(crate) struct Coalescing(Mutex<Vec<Weak<dyn Coalesces>>>);

impl Coalescing {
    /// Adds one; its owner does so once.
    pub(crate) fn register(&self, mailbox: Weak<dyn Coalesces>) {
        let mut all = self.0.lock();
        all.retain(|mailbox| mailbox.strong_count() > 0);
        all.push(mailbox);
    }

    /// Those with something to handle. Not under the lock: to handle it may add others.
    fn with_mail(&self) -> Vec<Arc<dyn Coalesces>> {
        let all = self.0.lock();
        all.iter().filter_map(Weak::upgrade).filter(|mailbox| mailbox.has_coalesced()).collect()
    }
}

impl Crew {
    /// Has every coalesced write handled, without waiting for those whose device runs on another thread.
    pub(crate) fn handle_coalesced(&self) {
        self.coalescing().with_mail().into_iter().for_each(Coalesces::handle_coalesced);
    }

    /// As [`Crew::handle_coalesced`]; all have been handled when each of these has arrived.
    pub(crate) fn fence_coalesced(&self) -> Vec<Waiter<()>> {
        self.coalescing().with_mail().into_iter().map(Coalesces::fence_coalesced).collect()
    }
}
