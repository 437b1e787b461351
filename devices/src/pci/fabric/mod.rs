//! The fabric: one actor that owns the whole hierarchy — buses, bridges, every function's configuration space — and answers for the window in
//! which guests reach it.
//!
//! A write of configuration space changes pure state; what the map shows of a function is then worked out anew from that state (`mapping`), and
//! what differs from what it shows goes into one transaction, which is posted. The guest's write is answered when it is published. So no guest
//! sees half of what one write does, and none finds the map behind its own write.
//!
//! * `hierarchy`: buses, functions, and how a bus number leads to them.
//! * `build`: a configuration space from a blueprint.
//! * `plug`: functions come and go.
//! * `mapping`: what configuration space says, against what the map shows.
//! * `access`: a guest's reads and writes, and what they set in motion.
//! * `control`: what the host asks for.
//! * `slots`: what slots and errors come to in the hierarchy.
//! * `turn`: everything that one message sets in motion, published together.

mod access;
mod build;
mod control;
mod hierarchy;
mod mapping;
pub(super) mod plug;
mod query;
mod slots;
#[cfg(test)]
mod tests;
pub(super) mod turn;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use manyhart_runtime::actor::{AccessShape, MmioTarget};
use manyhart_runtime::{Access, AddressSpaceId, Answer, Context, Device, MmioSpec, RegionId};

use super::host::PciEvent;
use super::wires::SharedLine;
pub(super) use build::Draft;
use hierarchy::{Bus, BusId, Function};
use turn::Settled;

/// Bytes of configuration space of one function in the window, and of one bus.
const FUNCTION_BITS: u32 = 12;
const BUS_BITS: u32 = 20;

/// Guests may do anything in the window; what the fabric sees lies within a doubleword.
pub(super) const SPEC: MmioSpec = MmioSpec {
    valid: AccessShape { min: 1, max: 8, unaligned: true },
    implemented: AccessShape { min: 1, max: 4, unaligned: false },
    ..MmioSpec::aligned(1, 4)
};

/// What the fabric is sent.
pub(super) enum Message {
    /// Something that the host asks for.
    Command(Command),
    /// A transaction is published.
    Settled(Settled),
}

/// Runs in the fabric's handler, and never waits.
pub(super) type Command = Box<dyn FnOnce(&mut Fabric, &mut Context<'_, Message>) + Send>;

/// A function's way into memory: a space, and the gate in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) gate: RegionId,
    pub(super) space: AddressSpaceId,
}

/// Where the fabric's own things are.
pub(super) struct Parts {
    /// The root bus's memory and I/O.
    pub(super) root: (RegionId, RegionId),
    /// What answers in the gaps of BARs.
    pub(super) gaps: MmioTarget,
    /// INTA to INTD of the root complex.
    pub(super) wires: [Arc<SharedLine>; 4],
    /// Told what happens.
    pub(super) on_event: Arc<dyn Fn(PciEvent) + Send + Sync>,
    /// Told whose way into memory is closed, by its number.
    pub(super) on_release: Arc<dyn Fn(u32) + Send + Sync>,
}

/// The actor.
pub(super) struct Fabric {
    buses: Vec<Bus>,
    functions: BTreeMap<u32, Function>,
    /// Functions by their users' names for them.
    names: HashMap<String, u32>,
    /// Which bus answers to which number; behind what is down none does.
    routes: Box<[Option<BusId>; 256]>,
    gaps: MmioTarget,
    wires: [Arc<SharedLine>; 4],
    on_event: Arc<dyn Fn(PciEvent) + Send + Sync>,
    on_release: Arc<dyn Fn(u32) + Send + Sync>,
    /// Whether the machine runs: from then on functions come through slots.
    live: bool,
}

impl Fabric {
    /// With an empty root bus.
    pub(super) fn new(parts: Parts, root_name: &str) -> Fabric {
        let (memory, io) = parts.root;
        let root = Bus { name: root_name.to_owned(), memory, io, bridge: None, functions: BTreeMap::new() };
        let mut fabric = Fabric {
            buses: vec![root],
            functions: BTreeMap::new(),
            names: HashMap::new(),
            routes: Box::new([None; 256]),
            gaps: parts.gaps,
            wires: parts.wires,
            on_event: parts.on_event,
            on_release: parts.on_release,
            live: false,
        };
        fabric.route();
        fabric
    }
}

impl Device for Fabric {
    type Message = Message;

    fn read(&mut self, cx: &mut Context<'_, Message>, access: Access) -> Answer<u64> {
        self.config_read(cx, access)
    }

    fn write(&mut self, cx: &mut Context<'_, Message>, access: Access, value: u64) -> Answer<()> {
        self.config_write(cx, access, value as u32)
    }

    fn message(&mut self, cx: &mut Context<'_, Message>, message: Message) {
        match message {
            Message::Command(command) => command(self, cx),
            Message::Settled(settled) => self.settle(settled),
        }
    }

    fn reset(&mut self, cx: &mut Context<'_, Message>) {
        self.reset_all(cx);
    }
}
