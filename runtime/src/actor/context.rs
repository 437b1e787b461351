//! What a handler may use of the runtime, and answers that come later.

use std::sync::Arc;

use super::handle::Poster;
use super::operation::{Operation, Request, Verdict};
use crate::helper::Crew;
use crate::reply::{self, Replier, Waiter};
use crate::{Clock, DeviceError, Topology};

/// What a device's handlers are given, for all of its life.
pub(crate) struct Services<M> {
    pub(crate) crew: Arc<Crew>,
    pub(crate) topology: Topology,
    pub(crate) me: Poster<M>,
}

/// The access that a handler is called for.
#[derive(Clone, Copy)]
pub(crate) enum Serving<'a> {
    /// None: a message, a reset.
    Nobody,
    /// One that the device implements as it is.
    Whole(&'a Request),
    /// One of several.
    Part(&'a Operation),
}

/// What a handler may use of the runtime.
pub struct Context<'a, M> {
    services: &'a Services<M>,
    serving: Serving<'a>,
    /// Where the answer goes, if a caller waits already.
    replier: Option<Replier<Verdict>>,
    /// Where the answer will arrive, if the caller is this thread and the handler has deferred.
    waiter: Option<Waiter<Verdict>>,
    deferred: bool,
}

/// Proof that [`Context::defer`] was called; only it makes one.
#[derive(Debug)]
pub struct Deferred(());

/// How the access ends that a handler was called for.
pub(crate) enum Ending {
    /// By what the handler returned.
    ByReturn(Option<Replier<Verdict>>),
    /// By the [`Reply`]; its other end, if nobody had one yet.
    ByReply(Option<Waiter<Verdict>>),
}

impl<'a, M: Send + 'static> Context<'a, M> {
    #[inline]
    pub(crate) fn new(
        services: &'a Services<M>,
        serving: Serving<'a>,
        replier: Option<Replier<Verdict>>,
    ) -> Context<'a, M> {
        Context { services, serving, replier, waiter: None, deferred: false }
    }

    /// The machine's clock.
    pub fn clock(&self) -> &Clock {
        self.services.crew.clock()
    }

    /// The topology, for transactions that are posted (see `Topology::post`); a handler must not wait for one.
    pub fn topology(&self) -> &Topology {
        &self.services.topology
    }

    /// Answers this access later. From here on the [`Reply`] alone answers it: what the handler returns besides is not heard. In a
    /// handler that serves no access the reply reaches nobody.
    pub fn defer(&mut self) -> (Reply, Deferred) {
        let replier = self.replier.take().unwrap_or_else(|| {
            let (replier, waiter) = reply::pair();
            self.waiter = Some(waiter);
            replier
        });
        self.deferred = true;
        let operation = match self.serving {
            Serving::Nobody => None,
            Serving::Part(operation) => Some(operation.clone()),
            Serving::Whole(request) => {
                let mut operation = Operation::new(request);
                // The call that the handler is in.
                operation.next_call();
                Some(operation)
            }
        };
        let me = self.services.me.clone();
        let resume = move |operation, replier| me.resume(operation, replier);
        let rest = operation.map(|operation| Rest { operation, resume: Box::new(resume) });
        (Reply { replier, rest }, Deferred(()))
    }

    /// A handle to post to this device, for workers, timers and completions.
    pub fn me(&self) -> Poster<M> {
        self.services.me.clone()
    }

    /// Posts `message` to this device once the clock has passed `ticks`.
    pub fn post_at(&mut self, ticks: u64, message: M) {
        let me = self.me();
        let deliver = move || {
            // A device that is gone by then needs no timers.
            me.post(message);
        };
        self.services.crew.helper().run_at(ticks, Box::new(deliver));
    }

    /// Whether [`Context::defer`] was called.
    #[inline]
    pub(crate) fn is_deferred(&self) -> bool {
        self.deferred
    }

    /// How the access ends, once the handler has returned.
    #[inline]
    pub(crate) fn ending(self) -> Ending {
        if self.deferred { Ending::ByReply(self.waiter) } else { Ending::ByReturn(self.replier) }
    }
}

/// Carries on with an operation whose device has answered late.
type Resume = Box<dyn FnOnce(Operation, Replier<Verdict>) + Send>;

struct Rest {
    operation: Operation,
    resume: Resume,
}

/// Answers one deferred access, from any thread. Dropping it unanswered answers [`BusError::Gone`](crate::BusError::Gone): no caller hangs.
pub struct Reply {
    replier: Replier<Verdict>,
    rest: Option<Rest>,
}

impl Reply {
    /// Answers a read with its value, a write with any value. If the guest's access is larger than what the device was asked for, the device
    /// is called again for the rest of it.
    pub fn answer(self, value: Result<u64, DeviceError>) {
        let Reply { replier, rest } = self;
        match (value, rest) {
            (Ok(value), Some(Rest { mut operation, resume })) => {
                operation.absorb(value);
                match operation.outcome() {
                    Some(value) => replier.answer(Ok(value)),
                    None => resume(operation, replier),
                }
            }
            (value, _) => replier.answer(value),
        }
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reply")
    }
}
