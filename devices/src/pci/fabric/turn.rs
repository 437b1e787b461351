//! Everything that one message sets in motion: one transaction, and what others are told when it is published.

use std::sync::Arc;

use manyhart_runtime::{Committed, Context, Topology, TopologyError, Transaction};

use super::hierarchy::Function;
use super::{Fabric, Message};
use crate::pci::FunctionEvent;
use crate::pci::host::PciEvent;

/// What is being gathered.
pub(in crate::pci) struct Turn {
    pub(in crate::pci) map: Transaction,
    /// Whether anything is in `map`.
    pub(in crate::pci) changes_map: bool,
    pub(in crate::pci) notices: Vec<Notice>,
    /// Functions that leave.
    pub(in crate::pci) gone: Vec<Gone>,
}

/// A function that leaves: when nothing can reach it any more, and it nothing, the host hears of it.
pub(in crate::pci) struct Gone {
    pub(in crate::pci) number: u32,
    pub(in crate::pci) id: String,
}

/// Who is told what, once the map is published.
pub(in crate::pci) enum Notice {
    /// A function, by number.
    Function(u32, FunctionEvent),
    /// A function that is out of the hierarchy: it is told, and with `Retired` it is gone.
    Gone(Box<Function>),
    /// The host.
    Host(PciEvent),
}

/// Called with what became of the transaction.
pub(in crate::pci) type Then = Box<dyn FnOnce(&Result<Committed, TopologyError>) + Send>;

/// A turn whose transaction is carried out.
pub(in crate::pci) struct Settled {
    notices: Vec<Notice>,
    gone: Vec<Gone>,
    then: Then,
    result: Result<Committed, TopologyError>,
}

impl Turn {
    pub(in crate::pci) fn new(topology: &Topology) -> Turn {
        Turn { map: topology.transaction(), changes_map: false, notices: Vec::new(), gone: Vec::new() }
    }

    /// To record a change of the map.
    pub(in crate::pci) fn change(&mut self) -> &mut Transaction {
        self.changes_map = true;
        &mut self.map
    }

    pub(in crate::pci) fn tell(&mut self, number: u32, event: FunctionEvent) {
        self.notices.push(Notice::Function(number, event));
    }

    /// Whether nothing is to be waited for.
    pub(in crate::pci) fn is_over(&self) -> bool {
        !self.changes_map && self.notices.is_empty()
    }

    /// Posts the transaction; `then` is called when it is published and everybody is told. Turns end in the order in which they were posted.
    pub(in crate::pci) fn post(self, cx: &mut Context<'_, Message>, then: Then) {
        let (me, notices, gone) = (cx.me(), self.notices, self.gone);
        self.map.post(move |result| {
            if let Err(error) = &result {
                tracing::error!(%error, "the map refused what a configuration space says");
            }
            if notices.is_empty() && gone.is_empty() {
                return then(&result);
            }
            // A fabric that is gone has nobody left to tell, and whoever waits for `then` is answered by its drop.
            me.post(Message::Settled(Settled { notices, gone, then, result }));
        });
    }
}

impl Fabric {
    /// The host hears of these functions when nothing reaches them any more, and after they were told themselves. Told by the topology's
    /// actor and not by a message to this one: that runs while the machine is stopped, too.
    fn forget(&mut self, committed: &Committed, gone: Vec<Gone>) {
        let (on_release, on_event) = (Arc::clone(&self.on_release), Arc::clone(&self.on_event));
        committed.retired.on_complete(move || {
            for Gone { number, id } in gone {
                on_release(number);
                on_event(PciEvent::Deleted { id });
            }
        });
    }

    /// Tells everybody.
    pub(in crate::pci) fn settle(&mut self, settled: Settled) {
        let Settled { notices, gone, then, result } = settled;
        for notice in notices {
            match notice {
                Notice::Function(number, event) => {
                    if let Some(function) = self.functions.get(&number) {
                        (function.on_event)(event);
                    }
                }
                Notice::Gone(function) => (function.on_event)(FunctionEvent::Removed),
                Notice::Host(event) => (self.on_event)(event),
            }
        }
        if let Ok(committed) = &result
            && !gone.is_empty()
        {
            self.forget(committed, gone);
        }
        then(&result);
    }
}
