//! The host's side of PCI: puts functions in and takes them out, moves what they decode, looks. Cheap to clone; control threads only, and also while the
//! machine is paused.

mod error;
mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use manyhart_runtime::actor::Replier;
use manyhart_runtime::{BusError, Context, DeviceHandle, Executive, Generation, RegionId, Topology};
use parking_lot::Mutex;

use super::address::{Address, Place};
use super::aer::AerError;
use super::background;
use super::fabric::plug::{self, Arrival};
use super::fabric::turn::Turn;
use super::fabric::{self, Draft, Fabric, Grant, Message, Parts};
use super::grants::{self, Grants};
use super::query::BusReport;
use super::{Blueprint, Identity, MsixSpec, Port, SharedLine, tables};

pub use error::{PciError, PlugError};
pub use words::{BarChange, BridgeKind, Change, ECAM_SIZE, HostConfig, HostWindow, PciEvent, ROOT_BUS, SlotSpec};

/// Bytes of a root port's only BAR.
pub(super) const PORT_BAR_SIZE: u64 = 0x1000;
/// A root port's one message, in that BAR.
const PORT_MESSAGE: MsixSpec = MsixSpec { vectors: 1, table_bar: 0, table_offset: 0, pba_offset: 0x800 };
/// The vendor of the generic host bridge, root port and bridge that guests know.
const GENERIC_VENDOR: u16 = 0x1b36;
const HOST_BRIDGE: u16 = 0x0008;
const ROOT_PORT: u16 = 0x000c;
const BRIDGE: u16 = 0x0001;
const SUBSYSTEM_VENDOR: u16 = 0x1af4;
const SUBSYSTEM: u16 = 0x1100;
const CLASS_HOST_BRIDGE: u32 = 0x06_0000;
const CLASS_BRIDGE: u32 = 0x06_0400;

struct Inner {
    topology: Topology,
    system: RegionId,
    fabric: DeviceHandle<Fabric>,
    numbers: AtomicU32,
    grants: Arc<Mutex<Grants>>,
}

/// The host's handle.
#[derive(Clone)]
pub struct PciHost(Arc<Inner>);

impl PciHost {
    /// Makes the root complex with its host bridge, and puts its windows into the map. Control threads only, as everything here.
    pub fn new(executive: &Executive, config: HostConfig) -> Result<PciHost, PlugError> {
        let topology = executive.topology().clone();
        let mut map = topology.transaction();
        let memory = map.container(&format!("{ROOT_BUS} memory"), 1 << 64);
        let io = map.container(&format!("{ROOT_BUS} io"), 1 << 32);
        let windows = config.memory.iter().map(|window| (window, memory)).chain([(&config.io, io)]);
        for (window, bus) in windows {
            let name = format!("{} background", window.name);
            let ones = map.mmio(&name, window.size.into(), background::ones());
            map.set_forgiving(ones, true);
            map.add_subregion_overlap(config.system, window.base, ones, -1);
            let shown = map.alias(window.name, bus, window.bus_address, window.size.into());
            map.set_forgiving(shown, true);
            map.add_subregion_overlap(config.system, window.base, shown, 0);
        }
        let grants: Arc<Mutex<Grants>> = Arc::default();
        let given = Arc::clone(&grants);
        let parts = Parts {
            root: (memory, io),
            gaps: background::zeroes(),
            wires: config.intx.map(|line| Arc::new(SharedLine::new(line))),
            on_event: config.on_event.into(),
            on_release: Arc::new(move |number| given.lock().forget(number)),
        };
        let fabric = executive.spawn("pci", Fabric::new(parts, ROOT_BUS));
        let ecam = map.mmio("pci-ecam", ECAM_SIZE.into(), fabric.mmio(0, fabric::SPEC));
        map.set_forgiving(ecam, true);
        map.add_subregion(config.system, config.ecam, ecam);
        map.commit()?;
        let inner = Inner { topology, system: config.system, fabric, numbers: AtomicU32::new(1), grants };
        let host = PciHost(Arc::new(inner));
        host.add_host_bridge()?;
        Ok(host)
    }

    fn add_host_bridge(&self) -> Result<(), PlugError> {
        let blueprint = Blueprint::new(generic(HOST_BRIDGE, CLASS_HOST_BRIDGE), Vec::new());
        let port = self.port("host bridge")?;
        self.plug("host-bridge", &Place::at(ROOT_BUS, 0, 0), port, blueprint).map(drop)
    }

    /// A function's side of the bus, before the function is made. It reaches nothing until it is plugged and the guest lets it.
    pub fn port(&self, name: &str) -> Result<Port, PlugError> {
        let number = self.0.numbers.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(name, number, "a port");
        Ok(grants::give(&self.0.grants, &self.0.topology, self.0.system, number)?)
    }

    /// Plugs a function: as at power-on before the machine runs, and through its slot after.
    pub fn plug(&self, id: &str, at: &Place, port: Port, blueprint: Blueprint) -> Result<Address, PlugError> {
        let grant = self.claim(&port)?;
        let made = self.endpoint_arrival(id, at, port.clone(), grant, blueprint);
        made.and_then(|(at, arrival)| self.send_in(at, arrival, false)).inspect_err(|_| self.return_grant(&port))
    }

    /// Puts a function in at once, as if somebody had pushed it into a bus without slots: no guest is asked, and none is told.
    pub fn surprise_plug(&self, id: &str, at: &Place, port: Port, blueprint: Blueprint) -> Result<Address, PlugError> {
        let grant = self.claim(&port)?;
        let made = self.endpoint_arrival(id, at, port.clone(), grant, blueprint);
        made.and_then(|(at, arrival)| self.send_in(at, arrival, true)).inspect_err(|_| self.return_grant(&port))
    }

    /// Plugs a bridge or a root port, whose name is that of the bus behind it too. Before the machine runs only.
    pub fn plug_bridge(&self, id: &str, at: &Place, kind: BridgeKind) -> Result<Address, PlugError> {
        let (device, msix) = match kind {
            BridgeKind::RootPort(_) => (ROOT_PORT, Some(PORT_MESSAGE)),
            BridgeKind::Conventional => (BRIDGE, None),
        };
        let draft = Draft::bridge(&generic(device, CLASS_BRIDGE), &kind, msix)?;
        let port = self.port(id)?;
        let grant = self.claim(&port)?;
        let tables = msix.map(|spec| self.tables(id, &port, spec));
        let arrival = Arrival {
            id: id.to_owned(),
            draft,
            bars: Vec::new(),
            tables,
            rom: None,
            port: port.clone(),
            grant,
            on_event: Box::new(|_| ()),
            is_bridge: true,
        };
        self.send_in(at.clone(), arrival, false).inspect_err(|_| self.return_grant(&port))
    }

    fn endpoint_arrival(
        &self,
        id: &str,
        at: &Place,
        port: Port,
        grant: Grant,
        blueprint: Blueprint,
    ) -> Result<(Place, Arrival), PlugError> {
        let draft = Draft::endpoint(&blueprint, at.bus == ROOT_BUS)?;
        let tables = blueprint.msix.map(|spec| self.tables(id, &port, spec));
        let Blueprint { bars, rom, on_event, .. } = blueprint;
        let arrival = Arrival { id: id.to_owned(), draft, bars, tables, rom, port, grant, on_event, is_bridge: false };
        Ok((at.clone(), arrival))
    }

    fn tables(&self, id: &str, port: &Port, spec: MsixSpec) -> (u8, Vec<super::BarPart>) {
        port.make_msix(&spec);
        (spec.table_bar, tables::parts(id, port, &spec))
    }

    fn send_in(&self, at: Place, arrival: Arrival, anyway: bool) -> Result<Address, PlugError> {
        self.ask(move |fabric, cx, answer| {
            let (bus, devfn) = match fabric.find_place(&arrival.id, &at) {
                Ok(place) => place,
                Err(error) => return answer.answer(Err(error)),
            };
            if fabric.is_live()
                && !anyway
                && let Err(error) = fabric.admits(bus, devfn)
            {
                return answer.answer(Err(error));
            }
            let mut turn = plug::turn(cx);
            let address = fabric.arrive(bus, devfn, arrival, &mut turn);
            turn.post(
                cx,
                Box::new(move |result| answer.answer(result.as_ref().map(|_| address).map_err(|e| e.clone().into()))),
            );
        })?
    }

    /// Asks the guest to let a function go: presses the attention button of its slot. [`PciEvent::Deleted`] says when it is gone,
    /// [`PciEvent::UnplugRefused`] that it will not be. At once where the slot's power is off, and before the machine runs.
    pub fn request_unplug(&self, id: &str) -> Result<(), PlugError> {
        let id = id.to_owned();
        self.in_turn(move |fabric, cx, turn| fabric.request_removal(&id, turn, cx))
    }

    /// Takes a function out at once, and what shares its slot, as if somebody had pulled it: no guest is asked.
    pub fn surprise_remove(&self, id: &str) -> Result<(), PlugError> {
        let id = id.to_owned();
        self.in_turn(move |fabric, _, turn| fabric.pull(&id, turn))
    }

    /// Has a function meet an error, as its hardware would.
    pub fn inject_error(&self, id: &str, error: AerError) -> Result<(), PciError> {
        let id = id.to_owned();
        self.ask(move |fabric, _, answer| answer.answer(fabric.inject(&id, error)))?
    }

    /// Holds a port's link down, or lets it come up, as if the guest had written its link control.
    pub fn set_link_disabled(&self, id: &str, disabled: bool) -> Result<(), PlugError> {
        let id = id.to_owned();
        self.in_turn(move |fabric, _, turn| fabric.disable_link(&id, disabled, turn))
    }

    /// Has the fabric do something in one turn, and waits until that is published.
    fn in_turn(
        &self,
        what: impl FnOnce(&mut Fabric, &mut Context<'_, Message>, &mut Turn) -> Result<(), PlugError> + Send + 'static,
    ) -> Result<(), PlugError> {
        self.ask(move |fabric, cx, answer| {
            let mut turn = plug::turn(cx);
            match what(fabric, cx, &mut turn) {
                Ok(()) => turn.post(
                    cx,
                    Box::new(move |result| answer.answer(result.as_ref().map(drop).map_err(|e| e.clone().into()))),
                ),
                Err(error) => answer.answer(Err(error)),
            }
        })?
    }

    /// Moves, resizes, shows or hides what functions decode: all of it in one publication, or nothing.
    pub fn adjust(&self, changes: Vec<BarChange>) -> Result<Generation, PciError> {
        self.ask(move |fabric, cx, answer| {
            let mut turn = plug::turn(cx);
            match fabric.adjust(&changes, &mut turn) {
                Ok(()) => turn.post(
                    cx,
                    Box::new(move |result| {
                        let result = result.as_ref().map(|committed| committed.generation);
                        answer.answer(result.map_err(|error| error.clone().into()));
                    }),
                ),
                Err(error) => answer.answer(Err(error)),
            }
        })?
    }

    /// The hierarchy as it is.
    pub fn query(&self) -> Result<Vec<BusReport>, BusError> {
        self.ask(|fabric, _, answer| answer.answer(fabric.report()))
    }

    /// The machine runs: from now on functions come and go through slots.
    pub fn go_live(&self) -> Result<(), BusError> {
        self.ask(|fabric, _, answer| {
            fabric.go_live();
            answer.answer(());
        })
    }

    /// Back to power-on; what is plugged stays. The machine is paused.
    pub fn reset(&self) -> Result<(), BusError> {
        self.0.fabric.reset()?;
        // Behind the fabric's own transaction in the topology's queue: when this is carried out, so is that.
        if let Err(error) = self.0.topology.transaction().commit() {
            tracing::error!(%error, "a reset of PCI is not published");
        }
        Ok(())
    }

    /// Has the fabric do something that it answers, now or when its turn is published.
    fn ask<T: Send + 'static>(
        &self,
        what: impl FnOnce(&mut Fabric, &mut Context<'_, Message>, Replier<T>) + Send + 'static,
    ) -> Result<T, BusError> {
        self.0.fabric.ask(|answer| Message::Command(Box::new(move |fabric, cx| what(fabric, cx, answer))))
    }

    fn claim(&self, port: &Port) -> Result<Grant, PlugError> {
        let grant = self.0.grants.lock().claim(port);
        grant.ok_or_else(|| PlugError::Blueprint("a port of another host, or one that was plugged before".to_owned()))
    }

    /// Of a port that was not plugged after all.
    fn return_grant(&self, port: &Port) {
        let mut map = self.0.topology.transaction();
        self.0.grants.lock().close(port.number(), &mut map);
        map.post(|closed| {
            if let Err(error) = closed {
                tracing::error!(%error, "the map refused to close a function's way into memory");
            }
        });
    }
}

fn generic(device: u16, class: u32) -> Identity {
    Identity {
        vendor: GENERIC_VENDOR,
        device,
        revision: 0,
        class,
        subsystem_vendor: SUBSYSTEM_VENDOR,
        subsystem: SUBSYSTEM,
    }
}
