//! The topology as everybody else holds it: a way to send transactions, and a way to read what they published.

use std::sync::{Arc, Weak};

use super::actor::{Done, Message, TopologyActor};
use super::listener::{Listener, ListenerHandle};
use super::listeners::Listeners;
use super::publication::Publication;
use super::retired::Committed;
use super::{
    AddressSpaceId, Finding, Generation, History, HistoryLimits, IdSource, Snapshot, State, Survey, Transaction,
};
use crate::access::ReaderPool;
use crate::grace::Graces;
use crate::helper::Crew;
use crate::mailbox::{AnyMailbox, Mailbox, Refusal};
use crate::{AddressSpace, Attention, Dma, Reader, TopologyError};

/// The topology actor's handle.
#[derive(Clone)]
pub struct Topology(Arc<Shared>);

struct Shared {
    crew: Arc<Crew>,
    mailbox: Arc<Mailbox<TopologyActor>>,
    publication: Arc<Publication>,
    graces: Arc<Graces>,
    listeners: Arc<Listeners>,
    ids: Arc<IdSource>,
    /// For control threads and DMA.
    readers: Arc<ReaderPool>,
}

impl Topology {
    /// An empty topology, of generation 0.
    pub(crate) fn new(crew: &Arc<Crew>) -> Topology {
        let publication = Arc::new(Publication::new());
        let graces = Arc::new(Graces::new(crew));
        let listeners = Arc::new(Listeners::new(crew, &publication, &graces));
        let actor = |me: &Weak<_>| {
            TopologyActor::new(Arc::clone(&publication), Arc::clone(&graces), Arc::clone(&listeners), me)
        };
        let mailbox = Mailbox::new("topology", crew, actor);
        let readers = {
            let (crew, publication, graces) = (Arc::clone(crew), Arc::clone(&publication), Arc::clone(&graces));
            ReaderPool::new(move || Reader::new(&crew, &publication, &graces, "dma".to_owned(), None))
        };
        let (crew, ids, readers) = (Arc::clone(crew), Arc::default(), Arc::new(readers));
        Topology(Arc::new(Shared { crew, mailbox, publication, graces, listeners, ids, readers }))
    }

    /// Starts a list of changes.
    pub fn transaction(&self) -> Transaction {
        Transaction::new(Arc::clone(&self.0.ids), Arc::downgrade(&self.0.mailbox), Arc::downgrade(&self.0.graces))
    }

    /// One address space, for control threads and DMA.
    pub fn address_space(&self, id: AddressSpaceId) -> AddressSpace {
        AddressSpace::new(id, Arc::clone(&self.0.readers))
    }

    /// The way of one device into memory: to the space that [`Transaction::assign_device`] gives it.
    pub fn dma(&self, device: u32) -> Dma {
        Dma::new(device, Arc::clone(&self.0.readers))
    }

    /// Registers a listener of one address space: soon, on the helper thread, it is told the whole of the newest view, and from then on what
    /// differs. Deletions go from the highest priority to the lowest, everything else the other way. The name stands in reports.
    ///
    /// The space may be one that is not committed yet. When it is closed the listener is told so and dropped; one that is registered later waits for a
    /// space that never comes again.
    pub fn add_listener(
        &self,
        name: &str,
        space: AddressSpaceId,
        priority: i32,
        listener: impl Listener,
    ) -> ListenerHandle {
        self.0.listeners.add(name, space, priority, Box::new(listener))
    }

    /// Who is told of changes.
    pub(crate) fn listeners(&self) -> &Arc<Listeners> {
        &self.0.listeners
    }

    /// The newest snapshot, for introspection.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.publication.load()
    }

    /// The newest published generation.
    pub fn generation(&self) -> Generation {
        self.0.publication.generation()
    }

    /// The topology as it is now, as plain data. Control threads only, as are the others that look at the actor's state; it costs a copy of
    /// the region tree.
    pub fn survey(&self) -> Result<Survey, TopologyError> {
        self.look(|state, generation| state.survey(generation))
    }

    /// The topology as it is now and as it was before, as far as [`Topology::keep_history`] has it reach back.
    pub fn history(&self) -> Result<History, TopologyError> {
        self.look(|state, generation| state.history(generation))
    }

    /// Has the history reach back so far from now on; what it has too much is forgotten at once.
    pub fn keep_history(&self, limits: HistoryLimits) -> Result<(), TopologyError> {
        self.look(move |state, _| state.keep_history(limits))
    }

    /// What is lawful in the tree and probably not meant.
    pub fn lint(&self) -> Result<Vec<Finding>, TopologyError> {
        self.look(|state, _| state.lint())
    }

    /// Runs `look` on the actor's state and waits for what it returns.
    pub(crate) fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut State, Generation) -> T + Send + 'static,
    ) -> Result<T, TopologyError> {
        let message = |replier: crate::reply::Replier<T>| {
            Message::Look(Box::new(|state, generation| replier.answer(look(state, generation))))
        };
        self.0.mailbox.command(message).map_err(refused)
    }

    /// Registers a reader, offline. `attention` is raised to make it come to its next checkpoint soon.
    pub(crate) fn reader(&self, name: impl Into<String>, attention: Option<Arc<Attention>>) -> Reader {
        Reader::new(&self.0.crew, &self.0.publication, &self.0.graces, name.into(), attention)
    }

    /// What waits for readers.
    pub(crate) fn graces(&self) -> &Arc<Graces> {
        &self.0.graces
    }

    /// Ends it: the map is empty, later transactions are refused as [`TopologyError::Closed`].
    pub(crate) fn close(&self) {
        Arc::clone(&self.0.mailbox).close(true);
    }

    /// Transactions carried out.
    pub(crate) fn commits(&self) -> u64 {
        self.0.publication.commits()
    }
}

fn refused(why: Refusal) -> TopologyError {
    match why {
        Refusal::Gone | Refusal::Failed => TopologyError::Closed,
        Refusal::Reentrant(path) => TopologyError::InHandler { path },
    }
}

impl Transaction {
    /// Commits and waits for the result (control threads only; in a handler it is refused).
    pub fn commit(self) -> Result<Committed, TopologyError> {
        let graces = self.graces.upgrade();
        let (ops, to) = self.into_parts();
        let mailbox = to.upgrade().ok_or(TopologyError::Closed)?;
        let message =
            |replier: crate::reply::Replier<_>| Message::Apply(ops, Done::new(|result| replier.answer(result)));
        let committed = mailbox.command(message).map_err(refused)?;
        if let Some(graces) = graces {
            graces.help();
        }
        committed
    }

    /// Commits without waiting; `done` runs on the topology actor and must not wait (a device posts to itself there).
    pub fn post(self, done: impl FnOnce(Result<Committed, TopologyError>) + Send + 'static) {
        let (ops, to) = self.into_parts();
        // Wherever this is dropped unheard, `done` learns that the topology is closed.
        let message = Message::Apply(ops, Done::new(done));
        if let Some(mailbox) = to.upgrade() {
            mailbox.post(message);
        }
    }
}
