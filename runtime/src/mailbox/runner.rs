//! The owner of the run-state: it alone pops messages and touches the actor, and gives the run-state back when nothing is left.
//! The rules are numbered in `mailbox`.
#![allow(unsafe_code)] // The actor sits in a cell that the run-state guards: this is who holds it.

use std::sync::Arc;

use super::{ALIVE, Actor, FAILED, GONE, Item, MAIL, Mailbox, RUNNING, Refusal, Runnable};
use crate::helper::Crew;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync;
use crate::sync::atomic::Ordering;
use crate::trampoline::{self, Here};

impl<A: Actor> Mailbox<A> {
    /// Rule 4: only from 0, so that nothing that was sent before is overtaken.
    pub(super) fn take_idle(&self) -> bool {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::OvertakeMail) {
            return self.state.fetch_or(RUNNING, Ordering::AcqRel) & RUNNING == 0;
        }
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::ShareRunState) {
            return self.state.fetch_or(RUNNING, Ordering::AcqRel) & MAIL == 0;
        }
        // Acquire: pairs with the Release of the runner before, whose changes to the actor are then visible.
        self.state.compare_exchange(0, RUNNING, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// With the run-state: runs `inline` on the actor, then whatever came meanwhile.
    #[inline]
    pub(super) fn run_inline<R>(self: &Arc<Self>, here: &Here, inline: impl FnOnce(&mut A) -> R) -> Result<R, Refusal> {
        let handling = here.handling(&self.name);
        let result = self.with_actor(inline);
        drop(handling);
        if self.settle() {
            here.run_listed(&self.crew);
        } else {
            here.run(&self.crew, self.clone());
        }
        result
    }

    /// With the run-state: one handler, if there still is somebody to run it. A panic ends the actor's work, not the thread's.
    #[inline]
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

    /// Rule 6, then rule 3.
    #[inline]
    fn settle(&self) -> bool {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::PublishLate) {
            let released = self.release();
            self.publish();
            return released;
        }
        self.publish();
        self.release()
    }

    /// With the run-state: shows what is to be seen of the actor, if it still is there.
    #[inline]
    fn publish(&self) {
        self.actor.with_mut(|actor| {
            // SAFETY: as in `with_actor`.
            let actor = unsafe { &*actor };
            actor.as_ref().into_iter().for_each(A::publish);
        });
    }

    /// Rule 3: gives the run-state back, unless mail has come.
    pub(super) fn release(&self) -> bool {
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
            // Acquire: every push whose `MAIL` this clears is visible to the pops below, and so is all that the runners before did.
            self.state.fetch_and(!MAIL, Ordering::Acquire);
            while let Some(item) = self.queue.pop() {
                self.run_item(item);
                *budget = budget.saturating_sub(1);
                if *budget == 0 {
                    return false;
                }
            }
            if self.settle() {
                return true;
            }
        }
    }

    fn run_item(&self, item: Item<A::Message>) {
        match item {
            Item::Message(message) => self.run_message(message),
            Item::Coalesced(message) => {
                self.run_message(message);
                // Release: who finds none left goes on as if it had waited for them.
                self.coalesced.fetch_sub(1, Ordering::Release);
            }
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

impl<A: Actor> Runnable for Mailbox<A> {
    fn take(&self) -> bool {
        // Relaxed: what runs next is the drain, whose first step acquires. Whether `MAIL` is set does not matter here: the drain clears and looks.
        self.state.compare_exchange(MAIL, MAIL | RUNNING, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    fn drain(&self, budget: &mut usize) -> bool {
        trampoline::with(|here| {
            let _handling = here.handling(&self.name);
            self.drain_within(budget)
        })
    }

    fn put_down(&self) {
        // The owner alone clears bits, so the word is RUNNING or RUNNING | MAIL and one swap does both. `MAIL` because the queue may
        // hold messages whose bit was cleared already. Release: as when the run-state is given back.
        self.state.swap(MAIL, Ordering::Release);
    }

    fn runs_while_paused(&self) -> bool {
        A::RUNS_WHILE_PAUSED
    }

    fn crew(&self) -> &Arc<Crew> {
        &self.crew
    }
}
