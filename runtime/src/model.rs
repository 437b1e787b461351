//! What the models in `loom-tests` and `shuttle-tests` need of the inside: a runtime with no helper thread, which the model drives by hand, and the
//! primitives under it. Everything else they use is the crate's public face.

use std::sync::Arc;

pub use crate::helper::Step;
pub use crate::mailbox::{Actor, AnyMailbox, Mailbox, Refusal};
pub use crate::reply::{Replier, Waiter, pair};
pub use crate::sync::SwapCell;

use crate::helper::Crew;
use crate::tunables::{Tunables, Values};
use crate::{Clock, Device, DeviceHandle, DropCached, Paused, Reader, Shadow, Topology, gate};

/// What a reader finds of a register without its device: see `actor::shadow`.
pub fn peek<A: Actor>(mailbox: &Arc<Mailbox<A>>, shadow: &Shadow, offset: u64, size: u8) -> Option<u64> {
    mailbox.peek(|| shadow.get(offset, size))
}

/// A runtime without threads.
#[derive(Clone)]
pub struct Rig {
    crew: Arc<Crew>,
    topology: Topology,
}

impl Rig {
    /// One whose drains handle `drain_bound` messages in one go.
    pub fn new(drain_bound: usize) -> Rig {
        let values = Values { drain_bound, ..Values::default() };
        let crew = Crew::new(Clock::manual(1), Tunables::new(values).0, None);
        let topology = Topology::new(&crew);
        Rig { crew, topology }
    }

    /// The topology.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// A reader, offline.
    pub fn reader(&self, name: &str) -> Reader {
        self.topology.reader(name, None)
    }

    /// A mailbox.
    pub fn mailbox<A: Actor>(&self, name: &str, actor: A) -> Arc<Mailbox<A>> {
        Mailbox::new(name, &self.crew, |_| actor)
    }

    /// A device.
    pub fn spawn<D: Device>(&self, name: &str, device: D) -> DeviceHandle<D> {
        DeviceHandle::spawn(&self.crew, self.topology.clone(), name, device)
    }

    /// What the helper thread does in one round.
    pub fn help(&self) -> Step {
        let step = self.crew.helper().step(&self.crew);
        if self.topology.graces().scan() == Step::Busy { Step::Busy } else { step }
    }

    /// The helper's rounds until there is nothing left to do at once.
    pub fn help_all(&self) {
        while self.help() == Step::Busy {}
    }

    /// As `Executive::pause`.
    pub fn pause(&self) -> Paused {
        gate::pause(&self.crew, self.topology.graces().slots())
    }

    /// As `Executive::stop`, for the readers.
    pub fn stop(&self) {
        self.crew.gate().stop();
    }

    /// Has all coalesced writes handled, and waits for that.
    pub fn flush(&self) {
        self.crew.fence_coalesced().into_iter().for_each(|waiter| drop(waiter.wait()));
    }

    /// The machine's clock.
    pub fn clock(&self) -> &Clock {
        self.crew.clock()
    }

    /// What a control thread does that helps: grace periods alone.
    pub fn scan(&self) -> Step {
        self.topology.graces().scan()
    }

    /// What the helper thread does when a round has found nothing: it sleeps until there is something. In a model no time passes.
    pub fn rest(&self) {
        self.crew.helper().sleep(&self.crew, std::time::Duration::from_secs(3600));
    }

    /// A reader's wait in the middle of an access.
    pub fn wait_in_call<T>(&self, reader: &mut Reader, caches: &mut dyn DropCached, wait: impl FnOnce() -> T) -> T {
        reader.while_waiting(caches, wait)
    }
}
