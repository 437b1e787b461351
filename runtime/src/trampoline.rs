//! What one thread is in the middle of: the handler it runs, whether a pause already waits for it, and the actors it has taken
//! and not run yet.
//!
//! A post from inside a handler never runs the other handler at once: the actor is taken, listed, and run when the current
//! handler has returned. So handlers do not nest, the stack does not grow with a chain of devices, and no handler waits.
#![allow(unsafe_code)] // The running actor's name is a pointer: it is read on an error path only, and counting it would cost every access.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::helper::Crew;
use crate::mailbox::Runnable;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::thread_local;

/// One thread's state.
pub(crate) struct Here {
    /// The actor whose handler runs on this thread.
    running: Cell<Option<NonNull<str>>>,
    /// Whether a pause waits for this thread anyway: its reader is not at a boundary.
    covered: Cell<bool>,
    /// Actors whose run-state this thread holds, to be run after the current handler.
    listed: RefCell<VecDeque<Arc<dyn Runnable>>>,
}

thread_local! {
    static HERE: Here = Here {
        running: Cell::new(None),
        covered: Cell::new(false),
        listed: RefCell::new(VecDeque::new()),
    };
}

/// Runs `f` with this thread's state.
pub(crate) fn with<R>(f: impl FnOnce(&Here) -> R) -> R {
    HERE.with(f)
}

/// Whether this thread is inside a handler, where nothing may wait.
pub fn inside_handler() -> bool {
    with(|here| here.running.get().is_some())
}

/// Whether a pause waits for what this thread does: it is inside a handler, or its reader is inside a call.
pub fn is_covered() -> bool {
    with(|here| here.covered.get() || here.running.get().is_some())
}

/// While it lives, this thread runs a handler of the named actor.
pub(crate) struct Handling<'a> {
    here: &'a Here,
    before: Option<NonNull<str>>,
}

impl Drop for Handling<'_> {
    fn drop(&mut self) {
        self.here.running.set(self.before);
    }
}

impl Here {
    /// Marks this thread as inside a handler of `name`.
    pub(crate) fn handling<'a>(&'a self, name: &'a str) -> Handling<'a> {
        Handling { here: self, before: self.running.replace(Some(NonNull::from(name))) }
    }

    /// Whether this thread is inside a handler.
    #[inline]
    pub(crate) fn is_inside(&self) -> bool {
        self.running.get().is_some()
    }

    /// From the running actor to `name`; `None` outside handlers.
    #[cold]
    pub(crate) fn path_to(&self, name: &str) -> Option<String> {
        let running = self.running.get()?;
        // SAFETY: `Handling` borrows the name for as long as it stands in `running`, and takes it out when it is dropped.
        let running = unsafe { running.as_ref() };
        Some(format!("{running} -> {name}"))
    }

    /// Whether the handler that runs is of the very actor whose name this is.
    pub(crate) fn is_running(&self, name: &str) -> bool {
        self.running.get().is_some_and(|running| std::ptr::eq(running.as_ptr(), name))
    }

    /// Runs `f` as part of a reader's call.
    pub(crate) fn with_reader<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Restore<'a>(&'a Cell<bool>, bool);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.set(self.1);
            }
        }
        let _restore = Restore(&self.covered, self.covered.replace(true));
        f()
    }

    /// An actor has mail and nobody runs it: this thread does, now or after its current handler.
    pub(crate) fn schedule(&self, crew: &Crew, actor: Arc<dyn Runnable>) {
        if actor.take() {
            self.continue_with(crew, actor);
        } // else somebody else did, and drains what was sent
    }

    /// As [`Here::schedule`], with an actor that was taken.
    pub(crate) fn continue_with(&self, crew: &Crew, actor: Arc<dyn Runnable>) {
        if self.running.get().is_some() {
            self.listed.borrow_mut().push_back(actor);
        } else {
            self.run(crew, actor);
        }
    }

    /// Runs what the handler that just returned has listed.
    #[inline]
    pub(crate) fn run_listed(&self, crew: &Crew) {
        let first = self.listed.borrow_mut().pop_front();
        if let Some(first) = first {
            self.run(crew, first);
        }
    }

    /// Runs `f`, which touches registers that no actor is behind, as a handler of `name`: what it reaches besides it posts to, and that runs
    /// after it. A pause waits for whoever touches them, so what `f` does itself never waits for a pause in turn.
    #[inline]
    pub(crate) fn touching<R>(&self, name: &str, f: impl FnOnce() -> R) -> R {
        let handling = self.handling(name);
        let result = f();
        drop(handling);
        if self.running.get().is_none() {
            let first = self.listed.borrow_mut().pop_front();
            if let Some(first) = first {
                let crew = Arc::clone(first.crew());
                self.run(&crew, first);
            }
        }
        result
    }

    /// Runs an actor that was taken, and whatever its handlers list, within the bound; the helper gets what is left.
    pub(crate) fn run(&self, crew: &Crew, first: Arc<dyn Runnable>) {
        let mut budget = crew.drain_bound();
        let mut pass = None;
        let mut next = Some(first);
        while let Some(actor) = next {
            if !self.covered.get() && pass.is_none() && !actor.runs_while_paused() {
                pass = crew.gate().try_pass();
            }
            if !self.covered.get() && pass.is_none() && !actor.runs_while_paused() {
                // Paused: the mail stays where it is. Not held, so that the pausing thread can still ask this actor for a reset.
                actor.put_down();
                crew.helper().leave(actor);
            } else if (budget == 0 || !actor.drain(&mut budget))
                && let Some(back) = hand_over(crew, actor)
            {
                self.listed.borrow_mut().push_back(back);
                budget = crew.drain_bound();
            }
            next = self.listed.borrow_mut().pop_front();
        }
    }
}

/// What a bounded drain leaves goes to the helper; it comes back when that has ended.
fn hand_over(crew: &Crew, actor: Arc<dyn Runnable>) -> Option<Arc<dyn Runnable>> {
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    if planted::is(Bug::ForgetLeftover) {
        actor.put_down();
        return None;
    }
    crew.helper().adopt(actor)
}
