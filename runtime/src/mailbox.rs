//! Mailboxes: one handler at a time, messages in one order, and no thread behind them.
//!
//! A sender that finds an actor idle takes its run-state with one compare-exchange and runs the handler itself; otherwise the
//! message queues, and whoever runs the actor drains it. Nobody waits in here: who needs an answer gets a [`Waiter`], and waits
//! for it where it may.
//!
//! # The state word and who may touch what
//! `RUNNING`: a thread owns the actor, the queue's front, and the duty to drain. `MAIL`: something has been sent that the owner of
//! `RUNNING` has not looked for yet.
//! 1. A send is complete when its message is in the queue *and* `MAIL` is set, in this order.
//! 2. Only the owner of `RUNNING` pops, and touches `actor`. It clears `MAIL` *before* it pops, and pops until the queue is empty.
//! 3. `RUNNING` is given back by a compare-exchange from exactly `RUNNING` to 0, so it fails when `MAIL` came meanwhile.
//! 4. So a word of 0 means: every message whose send is complete has been handled. The fast path starts from 0 alone, and never overtakes
//!    a send that happened before it, whoever made that.
//! 5. `MAIL` without `RUNNING` means that somebody is about to take the run-state: the sender that set it, a thread's run list, or the
//!    helper, which keeps what a pause left lying, and comes for coalesced messages in time.
//! 6. The owner of `RUNNING` has the actor publish before it gives the word back as 0: what a [`Mailbox::peek`] finds is of no handler that rule 4
//!    counts out. `actor::shadow` argues the rest.
//!
//! This file holds the senders' side, [`runner`] that of the owner of `RUNNING`.
#![allow(unsafe_code)] // The actor sits in a cell that the run-state guards: a lock, whose unlock may fail and mean "go on".

mod actor;
mod runner;

use std::sync::atomic::AtomicU64 as StdAtomicU64;
use std::sync::{Arc, Weak};

use crossbeam::utils::CachePadded;

pub(crate) use actor::Runnable;
pub use actor::{Actor, AnyMailbox, Refusal};

use crate::coalescing::{self, Coalesces};
use crate::helper::Crew;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::reply::{Replier, Waiter};
use crate::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use crate::sync::{self, Queue, UnsafeCell};
use crate::trampoline::{self, Here};

/// What is in the queue.
enum Item<M> {
    Message(M),
    /// One that nobody waits for, and that nobody was made to run the actor for.
    Coalesced(M),
    Fence(Box<dyn FnOnce() + Send>),
    Close {
        flush: bool,
    },
}

const RUNNING: u64 = 1;
const MAIL: u64 = 2;

const ALIVE: u8 = 0;
const FAILED: u8 = 1;
const GONE: u8 = 2;

/// An actor with its queue. Senders share it by `Arc`; it outlives the actor, to answer [`Refusal::Gone`].
pub struct Mailbox<A: Actor> {
    name: Arc<str>,
    crew: Arc<Crew>,
    state: CachePadded<AtomicU64>,
    /// `ALIVE`, `FAILED` or `GONE`; written by the owner of `RUNNING`, read by anybody as a hint.
    health: AtomicU8,
    /// Handled messages; written by the owner of `RUNNING`. A statistic, which no model looks at.
    handled: StdAtomicU64,
    queue: Queue<Item<A::Message>>,
    /// Coalesced messages that have not been handled: a bound, and a hint. The order of the queue does not lean on it.
    coalesced: AtomicU64,
    /// Whether the crew knows that this mailbox has some now and then.
    registered: sync::Once,
    /// Touched by the owner of `RUNNING` alone; `None` once closed.
    actor: UnsafeCell<Option<A>>,
}

// SAFETY: `actor` is reached by the owner of `RUNNING` alone, one thread at a time: taking the run-state acquires what the owner
// before released with it. So sharing the mailbox only sends the actor from thread to thread, and `A: Send`, `A::Message: Send`.
unsafe impl<A: Actor> Sync for Mailbox<A> {}
// SAFETY: as above; every other field is `Send` by itself.
unsafe impl<A: Actor> Send for Mailbox<A> {}

impl<A: Actor> Mailbox<A> {
    /// A mailbox with an actor that may keep a way to post to itself.
    pub fn new(name: &str, crew: &Arc<Crew>, make: impl FnOnce(&std::sync::Weak<Mailbox<A>>) -> A) -> Arc<Mailbox<A>> {
        Arc::new_cyclic(|me| Mailbox {
            name: name.into(),
            crew: Arc::clone(crew),
            state: CachePadded::new(AtomicU64::new(0)),
            health: AtomicU8::new(ALIVE),
            handled: StdAtomicU64::new(0),
            queue: Queue::new(),
            coalesced: AtomicU64::new(0),
            registered: sync::Once::new(),
            actor: UnsafeCell::new(Some(make(me))),
        })
    }

    /// Sends without waiting. `false` when the actor is gone already; `true` is no promise that it is not gone when the message's
    /// turn comes.
    pub fn post(self: &Arc<Self>, message: A::Message) -> bool {
        if self.health.load(Ordering::Relaxed) == GONE {
            return false;
        }
        self.send(Item::Message(message));
        true
    }

    /// Queues a message and leaves it there, until somebody runs the actor for another reason, or is made to (see `coalescing`). `false` when
    /// the actor is not alive, or too many wait: then the caller sends it otherwise, and waits.
    pub fn coalesce(self: &Arc<Self>, message: A::Message) -> bool {
        if self.health.load(Ordering::Relaxed) != ALIVE {
            return false;
        }
        if self.coalesced.fetch_add(1, Ordering::Relaxed) >= coalescing::MOST {
            self.coalesced.fetch_sub(1, Ordering::Relaxed);
            return false;
        }
        self.registered.call_once(|| {
            let me: Weak<Self> = Arc::downgrade(self);
            self.crew.coalescing().register(me);
        });
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::CoalesceUnannounced) {
            self.queue.push(Item::Coalesced(message));
            return true;
        }
        // As in `send`, but for the scheduling. With a word of 0 before, nobody is about to take the run-state: the helper will (rule 5).
        if self.complete(Item::Coalesced(message)) == 0 {
            self.crew.helper().linger();
        }
        true
    }

    /// For a reader that is online: runs `inline` on the actor at once when it is idle; otherwise sends `message`, and `later` says
    /// where the answer will arrive. The reader must stay online, or wait inside its call, until it has the answer: that is what a pause goes by.
    ///
    /// Refused from inside a handler, which may not wait: it posts.
    ///
    /// A result that fits two registers costs least: the way back is as long as the way in.
    #[inline]
    pub fn call<T: Send + 'static, R>(
        self: &Arc<Self>,
        inline: impl FnOnce(&mut A) -> R,
        message: impl FnOnce(Replier<T>) -> A::Message,
        later: impl FnOnce(Waiter<T>) -> R,
    ) -> Result<R, Refusal> {
        trampoline::with(|here| {
            self.refuse_inside_handlers(here)?;
            if self.take_idle() {
                return here.with_reader(|| self.run_inline(here, inline));
            }
            let (replier, waiter) = crate::reply::pair();
            here.with_reader(|| self.send(Item::Message(message(replier))));
            Ok(later(waiter))
        })
    }

    /// For a reader that is online: what `look` finds of what the actor has published, if the actor is idle, and alive. Runs nothing, and writes
    /// nothing.
    #[inline]
    pub fn peek<T>(&self, look: impl Fn() -> Option<T>) -> Option<T> {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::PeekUnasked) {
            return look();
        }
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::PeekBeforeWord) {
            let found = look();
            return found.filter(|_| self.state.load(Ordering::Acquire) == 0);
        }
        // Acquire: pairs with the Release of the runner before, which has published, and has written down the actor's end.
        if self.state.load(Ordering::Acquire) != 0 || self.health.load(Ordering::Relaxed) != ALIVE {
            return None;
        }
        look()
    }

    /// For a control thread: sends `message` and waits for the answer. Works while the machine is paused, since the thread that paused it
    /// asks for a reset with it. Refused from inside a handler.
    pub fn command<T: Send + 'static>(
        self: &Arc<Self>,
        message: impl FnOnce(Replier<T>) -> A::Message,
    ) -> Result<T, Refusal> {
        trampoline::with(|here| self.refuse_inside_handlers(here))?;
        let (replier, waiter) = crate::reply::pair();
        let message = Item::Message(message(replier));
        if A::RUNS_WHILE_PAUSED {
            self.send(message);
            return waiter.wait();
        }
        let pass = self.crew.gate().try_pass();
        if pass.is_some() {
            trampoline::with(|here| here.with_reader(|| self.send(message)));
            drop(pass);
            return waiter.wait();
        }
        self.complete(message);
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::WaitWhilePaused) {
            return waiter.wait();
        }
        self.drive(&waiter)
    }

    /// Waits for an answer while the machine is paused, when nobody else runs what is in front of it: this thread does (rule 5).
    fn drive<T>(self: &Arc<Self>, waiter: &Waiter<T>) -> Result<T, Refusal> {
        let mut round = 0u32;
        loop {
            let pass = self.crew.gate().pass_anyway();
            if self.take() {
                trampoline::with(|here| here.with_reader(|| here.run(&self.crew, self.clone())));
            }
            drop(pass);
            if let Some(answer) = waiter.try_take() {
                return answer;
            }
            sync::back_off(round);
            round = round.saturating_add(1);
        }
    }

    /// A handler that waited for another actor could wait for ever: that one may be waiting for it.
    #[inline]
    fn refuse_inside_handlers(&self, here: &Here) -> Result<(), Refusal> {
        if !here.is_inside() {
            return Ok(());
        }
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::CallInHandler) {
            return Ok(());
        }
        here.path_to(&self.name).map_or(Ok(()), |path| Err(Refusal::Reentrant(path)))
    }

    /// Rule 1. Returns the word of before.
    fn complete(&self, item: Item<A::Message>) -> u64 {
        self.queue.push(item);
        // Release: the push before it is visible to the runner that clears this bit. If the runner's clear is later in the word's order,
        // it pops this message; if it is earlier, its compare-exchange back to 0 fails on this bit, or this sees `RUNNING` clear.
        self.state.fetch_or(MAIL, Ordering::Release)
    }

    /// Rule 1, then rule 5.
    fn send(self: &Arc<Self>, item: Item<A::Message>) {
        let before = self.complete(item);
        // While paused, whoever set the bit first has already left this mailbox with the helper.
        if before == 0 || before == MAIL && !self.crew.gate().is_closed() {
            trampoline::with(|here| here.schedule(&self.crew, self.clone()));
        }
    }
}

impl<A: Actor> Drop for Mailbox<A> {
    fn drop(&mut self) {
        if !A::RUNS_WHILE_PAUSED {
            self.crew.count_gone(self.handled.load(Ordering::Relaxed));
        }
    }
}

impl<A: Actor> Coalesces for Mailbox<A> {
    fn has_coalesced(&self) -> bool {
        self.coalesced.load(Ordering::Acquire) != 0
    }

    fn handle_coalesced(self: Arc<Self>) {
        let crew = Arc::clone(&self.crew);
        trampoline::with(|here| here.schedule(&crew, self));
    }

    fn fence_coalesced(self: Arc<Self>) -> Waiter<()> {
        let (replier, waiter) = crate::reply::pair();
        self.fence(Box::new(move || replier.answer(())));
        waiter
    }
}

impl<A: Actor> AnyMailbox for Mailbox<A> {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_failed(&self) -> bool {
        self.health.load(Ordering::Relaxed) == FAILED
    }

    fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    fn fence(self: Arc<Self>, done: Box<dyn FnOnce() + Send>) {
        if !self.take_idle() {
            return self.send(Item::Fence(done));
        }
        // Nothing is in front of it, and it is no handler: a pause need not be over.
        done();
        if !self.release() {
            trampoline::with(|here| here.continue_with(&self.crew, self.clone()));
        }
    }

    fn close(self: Arc<Self>, flush: bool) {
        self.send(Item::Close { flush });
    }
}

#[cfg(all(test, not(any(manyhart_loom, manyhart_shuttle))))]
mod tests;
