//! Ways into memory, one for each function: lent to a port, and lent again when its function is gone. Address spaces last, so that they are used
//! over and over: there are as many as there were functions at one time.

use std::collections::HashMap;

use manyhart_runtime::{RegionId, Topology, TopologyError};

use parking_lot::Mutex;

use super::Port;
use super::fabric::{Grant, plug};
use super::wires::PortWatch;

/// All of them.
#[derive(Default)]
pub(super) struct Grants {
    /// By the number of the port that has it.
    lent: HashMap<u32, Lent>,
    spare: Vec<Spare>,
}

struct Lent {
    grant: Grant,
    port: PortWatch,
    /// Its function is, or was, in the hierarchy: the grant comes back when nothing can use it any more, not when the port is dropped.
    plugged: bool,
}

struct Spare {
    grant: Grant,
    /// Who had it.
    last: u32,
}

/// Lends one to a new port. Grants are taken back in handlers, so nobody waits for the map while they are locked.
pub(super) fn lend(
    grants: &Mutex<Grants>,
    topology: &Topology,
    system: RegionId,
    number: u32,
) -> Result<Port, TopologyError> {
    let spare = grants.lock().spare();
    let grant = match spare {
        Some(Spare { grant, last }) => {
            plug::lend_grant(topology, grant, last, number)?;
            grant
        }
        None => plug::make_grant(topology, system, &format!("pci dma {number}"), number)?,
    };
    let port = Port::new(topology.dma(number));
    grants.lock().lent.insert(number, Lent { grant, port: port.watch(), plugged: false });
    Ok(port)
}

impl Grants {
    /// The grant of a port that is to be plugged; `None` of one that has none from here, or was plugged before.
    pub(super) fn claim(&mut self, port: &Port) -> Option<Grant> {
        let lent = self.lent.get_mut(&port.number()).filter(|lent| !lent.plugged)?;
        lent.plugged = true;
        Some(lent.grant)
    }

    /// Nothing reaches memory in this port's name any more.
    pub(super) fn take_back(&mut self, number: u32) {
        if let Some(Lent { grant, .. }) = self.lent.remove(&number) {
            self.spare.push(Spare { grant, last: number });
        }
    }

    /// One that nobody has; those of ports that are gone and never were plugged among them.
    fn spare(&mut self) -> Option<Spare> {
        let gone = |(&number, lent): (&u32, &Lent)| (!lent.plugged && lent.port.is_gone()).then_some(number);
        let gone: Vec<u32> = self.lent.iter().filter_map(gone).collect();
        gone.into_iter().for_each(|number| self.take_back(number));
        self.spare.pop()
    }
}
