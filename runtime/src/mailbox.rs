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
//!    helper, which keeps what a pause left lying.
#![allow(unsafe_code)] // The actor sits in a cell that the run-state guards: a lock, whose unlock may fail and mean "go on".

use std::sync::Arc;
use std::sync::atomic::AtomicU64 as StdAtomicU64;

use crossbeam::utils::CachePadded;

use crate::error::BusError;
use crate::helper::Crew;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::reply::{Replier, Waiter};
use crate::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use crate::sync::{self, Queue, UnsafeCell};
use crate::trampoline::{self, Here};

/// What runs behind a mailbox.
pub trait Actor: Send + 'static {
    /// What it is sent.
    type Message: Send + 'static;

    /// Whether its handlers run while the machine is paused. True of the topology alone.
    const RUNS_WHILE_PAUSED: bool = false;

    /// One message. Never waits; a panic fails this actor and nothing else.
    fn handle(&mut self, message: Self::Message);

    /// A message that will not be handled. Dropping its [`Replier`] answers [`Refusal::Gone`]; this may say more.
    fn refuse(message: Self::Message, why: Refusal) {
        drop((message, why));
    }

    /// The machine stops: the last call, after every message sent before.
    fn flush(&mut self) {}
}

/// Why a message was not handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The actor has been closed, or dropped the question.
    Gone,
    /// One of its handlers has panicked.
    Failed,
    /// A handler asked, which must not wait: the path from the running actor to the one asked.
    Reentrant(String),
}

impl Refusal {
    /// The bus's words for it.
    pub fn on_bus(self, device: &str) -> BusError {
        let device = device.to_owned();
        match self {
            Refusal::Gone => BusError::Gone { device },
            Refusal::Failed => BusError::Failed { device },
            Refusal::Reentrant(path) => BusError::Reentrant { path },
        }
    }
}

/// An answer, or where it will arrive.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It is here.
    Now(T),
    /// Wait for it, offline.
    Later(Waiter<T>),
}

/// What is in the queue.
enum Item<M> {
    Message(M),
    Fence(Box<dyn FnOnce() + Send>),
    Close { flush: bool },
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
    /// Touched by the owner of `RUNNING` alone; `None` once closed.
    actor: UnsafeCell<Option<A>>,
}

// SAFETY: `actor` is reached by the owner of `RUNNING` alone, one thread at a time: taking the run-state acquires what the owner
// before released with it. So sharing the mailbox only sends the actor from thread to thread, and `A: Send`, `A::Message: Send`.
unsafe impl<A: Actor> Sync for Mailbox<A> {}
// SAFETY: as above; every other field is `Send` by itself.
unsafe impl<A: Actor> Send for Mailbox<A> {}

/// A mailbox of any actor, as the topology and the helper see it.
pub trait AnyMailbox: Send + Sync {
    /// The name given at its making.
    fn name(&self) -> &str;

    /// Whether a handler has panicked.
    fn is_failed(&self) -> bool;

    /// Messages handled so far.
    fn handled(&self) -> u64;

    /// Runs `done` when everything sent before this call has been handled or refused; on whatever thread, so it must be short
    /// and not wait.
    fn fence(self: Arc<Self>, done: Box<dyn FnOnce() + Send>);

    /// Closes in order: what was sent before is handled, the actor is dropped (on the helper thread), later messages are refused as gone.
    /// With `flush`, [`Actor::flush`] is its last call. Closing twice does nothing.
    fn close(self: Arc<Self>, flush: bool);
}

/// The part of a mailbox that run lists and the helper drive.
pub(crate) trait Runnable: Send + Sync {
    /// Takes the run-state if it is free and there is mail.
    fn take(&self) -> bool;
    /// With the run-state: handles mail until there is none (the run-state is given back: `true`) or `budget` is used up (`false`).
    fn drain(&self, budget: &mut usize) -> bool;
    /// With the run-state: gives it back although mail may be left; the caller has promised to come again (rule 5).
    fn put_down(&self);
    /// Whether it runs while the machine is paused.
    fn runs_while_paused(&self) -> bool;
}

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

    /// For a reader that is online: runs `inline` on the actor at once when it is idle; otherwise sends `message` and hands out where the
    /// answer will arrive. The reader must stay online, or wait inside its call, until it has the answer: that is what a pause goes by.
    ///
    /// Refused from inside a handler, which may not wait: it posts.
    pub fn call<T: Send + 'static>(
        self: &Arc<Self>,
        inline: impl FnOnce(&mut A) -> Outcome<T>,
        message: impl FnOnce(Replier<T>) -> A::Message,
    ) -> Result<Outcome<T>, Refusal> {
        trampoline::with(|here| {
            self.refuse_inside_handlers(here)?;
            if self.take_idle() {
                return here.with_reader(|| self.run_inline(here, inline));
            }
            let (replier, waiter) = crate::reply::pair();
            here.with_reader(|| self.send(Item::Message(message(replier))));
            Ok(Outcome::Later(waiter))
        })
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
        self.queue.push(message);
        self.state.fetch_or(MAIL, Ordering::AcqRel);
        self.drive(&waiter)
    }

    /// Waits for an answer while the machine is paused, when nobody else runs what is in front of it: this thread does (rule 5).
    fn drive<T>(self: &Arc<Self>, waiter: &Waiter<T>) -> Result<T, Refusal> {
        loop {
            let pass = self.crew.gate().pass_anyway();
            if self.take() {
                trampoline::with(|here| here.with_reader(|| here.run(&self.crew, self.clone())));
            }
            drop(pass);
            if let Some(answer) = waiter.try_take() {
                return answer;
            }
            sync::yield_now();
        }
    }

    /// A handler that waited for another actor could wait for ever: that one may be waiting for it.
    fn refuse_inside_handlers(&self, here: &Here) -> Result<(), Refusal> {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::CallInHandler) {
            return Ok(());
        }
        here.path_to(&self.name).map_or(Ok(()), |path| Err(Refusal::Reentrant(path)))
    }

    /// Rule 4: only from 0, so that nothing that was sent before is overtaken.
    fn take_idle(&self) -> bool {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::OvertakeMail) {
            return self.state.fetch_or(RUNNING, Ordering::AcqRel) & RUNNING == 0;
        }
        // Acquire: pairs with the Release of the runner before, whose changes to the actor are then visible.
        self.state.compare_exchange(0, RUNNING, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// With the run-state: runs `inline` on the actor, then whatever came meanwhile.
    fn run_inline<T>(
        self: &Arc<Self>,
        here: &Here,
        inline: impl FnOnce(&mut A) -> Outcome<T>,
    ) -> Result<Outcome<T>, Refusal> {
        let handling = here.handling(&self.name);
        let result = self.with_actor(inline);
        drop(handling);
        if self.release() {
            here.run_listed(&self.crew);
        } else {
            here.run(&self.crew, self.clone());
        }
        result
    }

    /// With the run-state: one handler, if there still is somebody to run it. A panic ends the actor's work, not the thread's.
    fn with_actor<R>(&self, f: impl FnOnce(&mut A) -> R) -> Result<R, Refusal> {
        match self.health.load(Ordering::Relaxed) {
            ALIVE => {}
            FAILED => return Err(Refusal::Failed),
            _ => return Err(Refusal::Gone),
        }
        self.handled.store(self.handled.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        let run = self.actor.with_mut(|actor| {
            // SAFETY: this thread owns `RUNNING` (rule 2), so nobody else holds a reference into the cell; and calls are refused inside
            // handlers, so this thread does not either.
            let actor = unsafe { &mut *actor };
            actor.as_mut().map(|actor| sync::catch(|| f(actor)))
        });
        match run {
            Some(Ok(result)) => Ok(result),
            Some(Err(panic)) => {
                self.health.store(FAILED, Ordering::Relaxed);
                self.drop_actor(); // with the replies it owes: nobody hangs on them
                self.crew.report_failure(&self.name, panic);
                Err(Refusal::Failed)
            }
            None => Err(Refusal::Gone),
        }
    }

    /// With the run-state: the actor's end, on the helper thread, since a device may join its workers there.
    fn drop_actor(&self) {
        // SAFETY: as in `with_actor`.
        let actor = self.actor.with_mut(|actor| unsafe { (*actor).take() });
        if let Some(actor) = actor {
            self.crew.helper().run(Box::new(move || drop(actor)));
        }
    }

    /// Rule 1, then rule 5.
    fn send(self: &Arc<Self>, item: Item<A::Message>) {
        self.queue.push(item);
        // AcqRel: the push before it is visible to the runner that clears this bit. If the runner's clear is later in the word's order,
        // it pops this message; if it is earlier, its compare-exchange back to 0 fails on this bit, or this sees `RUNNING` clear.
        let before = self.state.fetch_or(MAIL, Ordering::AcqRel);
        // While paused, whoever set the bit first has already left this mailbox with the helper.
        if before == 0 || before == MAIL && !self.crew.gate().is_closed() {
            trampoline::with(|here| here.schedule(&self.crew, self.clone()));
        }
    }

    /// Rule 3: gives the run-state back, unless mail has come.
    fn release(&self) -> bool {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::ForgetMail) {
            self.state.swap(0, Ordering::AcqRel);
            return true;
        }
        // Release: this handler's changes, for the next to take the run-state.
        self.state.compare_exchange(RUNNING, 0, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Rule 2.
    fn drain_within(&self, budget: &mut usize) -> bool {
        loop {
            // Acquire: every push whose `MAIL` this clears is visible to the pops below.
            self.state.fetch_and(!MAIL, Ordering::AcqRel);
            while let Some(item) = self.queue.pop() {
                self.run_item(item);
                *budget = budget.saturating_sub(1);
                if *budget == 0 {
                    return false;
                }
            }
            if self.release() {
                return true;
            }
        }
    }

    fn run_item(&self, item: Item<A::Message>) {
        match item {
            Item::Message(message) => self.run_message(message),
            Item::Fence(done) => done(),
            Item::Close { flush } => self.run_close(flush),
        }
    }

    fn run_message(&self, message: A::Message) {
        let why = match self.health.load(Ordering::Relaxed) {
            ALIVE => {
                // Its error has been reported, and whoever waits hears of it through the dropped `Replier`.
                return drop(self.with_actor(|actor| actor.handle(message)));
            }
            FAILED => Refusal::Failed,
            _ => Refusal::Gone,
        };
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::DropAfterClose) {
            return std::mem::forget(message);
        }
        A::refuse(message, why);
    }

    fn run_close(&self, flush: bool) {
        if flush {
            drop(self.with_actor(A::flush));
        }
        self.health.store(GONE, Ordering::Relaxed);
        self.drop_actor();
    }
}

impl<A: Actor> Drop for Mailbox<A> {
    fn drop(&mut self) {
        if !A::RUNS_WHILE_PAUSED {
            self.crew.count_gone(self.handled.load(Ordering::Relaxed));
        }
    }
}

impl<A: Actor> Runnable for Mailbox<A> {
    fn take(&self) -> bool {
        // Acquire as in `take_idle`. Whether `MAIL` is set does not matter here: the drain clears and looks.
        self.state.compare_exchange(MAIL, MAIL | RUNNING, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    fn drain(&self, budget: &mut usize) -> bool {
        trampoline::with(|here| {
            let _handling = here.handling(&self.name);
            self.drain_within(budget)
        })
    }

    fn put_down(&self) {
        // The owner alone clears bits, so the word is RUNNING or RUNNING | MAIL and one swap does both. `MAIL` because the queue may
        // hold messages whose bit was cleared already.
        self.state.swap(MAIL, Ordering::AcqRel);
    }

    fn runs_while_paused(&self) -> bool {
        A::RUNS_WHILE_PAUSED
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

#[cfg(all(test, not(manyhart_loom)))]
mod tests;
