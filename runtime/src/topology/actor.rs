//! The topology as an actor: the one writer. It applies transactions one after the other and publishes each as one snapshot.

use std::sync::{Arc, Weak};

use super::listeners::Listeners;
use super::op::Op;
use super::publication::Publication;
use super::retired::{Committed, Retired};
use super::{Generation, Requesters, ShownSpaces, Snapshot, State};
use crate::TopologyError;
use crate::grace::{Graces, Removed};
use crate::mailbox::{Actor, Mailbox};
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync;

/// What the topology is sent.
pub enum Message {
    /// A transaction.
    Apply(Vec<Op>, Done),
    /// A callback of a [`Retired`].
    Run(Box<dyn FnOnce() + Send>),
    /// A look at the state, which is of the given generation.
    Look(Look),
}

/// Sees the state, and its generation.
type Look = Box<dyn FnOnce(&mut State, Generation) + Send>;

/// Answers one transaction, exactly once: [`TopologyError::Closed`] where it is dropped.
pub struct Done(Option<Answer>);

type Answer = Box<dyn FnOnce(Result<Committed, TopologyError>) + Send>;

impl Done {
    pub(crate) fn new(done: impl FnOnce(Result<Committed, TopologyError>) + Send + 'static) -> Done {
        Done(Some(Box::new(done)))
    }

    fn call(mut self, result: Result<Committed, TopologyError>) {
        if let Some(done) = self.0.take() {
            carefully(|| done(result));
        }
    }
}

/// Runs what somebody else gave. Their panic must not be the topology's end.
fn carefully(callback: impl FnOnce()) {
    if let Err(panic) = sync::catch(callback) {
        tracing::error!(%panic, "a callback of the topology panicked");
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done(Err(TopologyError::Closed));
        }
    }
}

/// The writer's own: nobody else touches any of it.
pub struct TopologyActor {
    state: State,
    generation: Generation,
    /// The newest generation that had readers forget which pages they have marked.
    marks: Generation,
    publication: Arc<Publication>,
    graces: Arc<Graces>,
    listeners: Arc<Listeners>,
    me: Weak<Mailbox<TopologyActor>>,
}

impl Actor for TopologyActor {
    type Message = Message;

    /// Commits go on while the machine is paused: no reader sees them before it comes online again.
    const RUNS_WHILE_PAUSED: bool = true;

    fn handle(&mut self, message: Message) {
        match message {
            Message::Apply(ops, done) => {
                #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
                if planted::is(Bug::AnswerBeforePublish) {
                    let (generation, retired) = (self.generation + 1, Retired::new(self.me.clone()));
                    done.call(Ok(Committed { generation, retired }));
                    return drop(self.commit(ops));
                }
                let result = self.commit(ops);
                done.call(result);
            }
            Message::Run(callback) => carefully(callback),
            Message::Look(look) => look(&mut self.state, self.generation),
        }
    }

    /// An empty map, all spaces closed: what the map holds may hold a way into it, as registers do that send interrupt messages, and each would
    /// keep the other for ever.
    fn flush(&mut self) {
        let generation = self.generation + 1;
        let empty = Snapshot::new(generation, ShownSpaces::ended(generation), Requesters::default(), self.marks);
        self.publication.publish(Arc::new(empty));
    }
}

impl TopologyActor {
    pub(crate) fn new(
        publication: Arc<Publication>,
        graces: Arc<Graces>,
        listeners: Arc<Listeners>,
        me: &Weak<Mailbox<TopologyActor>>,
    ) -> TopologyActor {
        TopologyActor { state: State::new(), generation: 0, marks: 0, publication, graces, listeners, me: me.clone() }
    }

    fn commit(&mut self, ops: Vec<Op>) -> Result<Committed, TopologyError> {
        let applied = self.state.apply(ops, self.generation + 1)?;
        let superseded = applied.changed.then(|| {
            self.generation += 1;
            if applied.drop_marks {
                self.marks = self.generation;
            }
            let old = self.publication.load();
            let snapshot = Snapshot::new(self.generation, applied.spaces, applied.requesters, self.marks);
            self.publication.publish(Arc::new(snapshot));
            old
        });
        self.publication.count_commit();
        let listening = superseded.is_some() && self.listeners.notify();
        let retired = Retired::new(self.me.clone());
        // Only now: a reader that this finds offline loads the new snapshot when it comes back.
        let removed = Removed { withdrawn: applied.withdrawn, destroyed: applied.destroyed, superseded, listening };
        self.graces.begin(self.generation, removed, retired.clone());
        Ok(Committed { generation: self.generation, retired })
    }
}
