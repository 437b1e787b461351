//! What runs behind a mailbox, what comes back from it, and the two faces that a mailbox has without its actor's type.

use std::sync::Arc;

use crate::BusError;
use crate::helper::Crew;
#[cfg(doc)]
use crate::reply::Replier;

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

    /// Called after its handlers, before anybody can find it idle: shows what is to be seen of it without it.
    fn publish(&self) {}

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
    /// Who it runs among.
    fn crew(&self) -> &Arc<Crew>;
}
