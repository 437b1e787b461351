//! Ways into memory, one for each function: made with its port, closed when its function is gone, or its port is and never was plugged.

use std::collections::HashMap;

use manyhart_runtime::{RegionId, Topology, TopologyError, Transaction};

use parking_lot::Mutex;

use super::Port;
use super::fabric::{Grant, plug};
use super::wires::PortWatch;

/// All of them, by the number of the port that has it.
#[derive(Default)]
pub(super) struct Grants(HashMap<u32, Given>);

struct Given {
    grant: Grant,
    port: PortWatch,
    /// Its function is in the hierarchy, whose part it is to close the grant, or was.
    plugged: bool,
}

/// Makes one for a new port.
pub(super) fn give(
    grants: &Mutex<Grants>,
    topology: &Topology,
    system: RegionId,
    number: u32,
) -> Result<Port, TopologyError> {
    let mut map = topology.transaction();
    grants.lock().close_unused(&mut map);
    let grant = plug::make_grant(&mut map, system, &format!("pci dma {number}"), number);
    map.commit()?;
    let port = Port::new(topology.dma(number));
    grants.lock().0.insert(number, Given { grant, port: port.watch(), plugged: false });
    Ok(port)
}

impl Grants {
    /// The grant of a port that is to be plugged; `None` of one that has none from here, or was plugged before.
    pub(super) fn claim(&mut self, port: &Port) -> Option<Grant> {
        let given = self.0.get_mut(&port.number()).filter(|given| !given.plugged)?;
        given.plugged = true;
        Some(given.grant)
    }

    /// A function has left, and its grant is closed.
    pub(super) fn forget(&mut self, number: u32) {
        self.0.remove(&number);
    }

    /// A port was not plugged after all.
    pub(super) fn close(&mut self, number: u32, map: &mut Transaction) {
        if let Some(Given { grant, .. }) = self.0.remove(&number) {
            plug::close_grant(map, grant, number);
        }
    }

    /// Those of ports that are gone and never were plugged.
    fn close_unused(&mut self, map: &mut Transaction) {
        let gone = |(&number, given): (&u32, &Given)| (!given.plugged && given.port.is_gone()).then_some(number);
        let gone: Vec<u32> = self.0.iter().filter_map(gone).collect();
        gone.into_iter().for_each(|number| self.close(number, map));
    }
}
