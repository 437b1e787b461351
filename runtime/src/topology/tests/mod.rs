//! The topology without threads: each rule of the contract (`r..`), each defect of the design it descends from (`b..`), and random
//! trees against a naive resolver.

mod doorbells;
mod iommu;
mod listeners;
mod model;
mod properties;
mod replay;
mod rules;
mod seed;
mod spaces;
mod steps;
mod told_parts;

use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use super::state::{Applied, State};
use super::view::{FlatView, SpaceView};
use super::{AddressSpaceId, Generation, History, IdSource, RangeInfo, RegionId, Transaction};
use crate::actor::{Access, Answer, Context, MmioTarget};
use crate::{Clock, Config, Device, Executive, Gpa, MmioSpec, TopologyError};

/// Counts what tests of cost count: steps of rendering, and ranges copied from view to view.
pub(super) mod work {
    use std::cell::Cell;

    thread_local! {
        static DONE: Cell<u64> = const { Cell::new(0) };
    }

    pub(in crate::topology) fn add(steps: usize) {
        DONE.set(DONE.get() + steps as u64);
    }

    pub(in crate::topology) fn done() -> u64 {
        DONE.get()
    }
}

/// A topology to try things on.
pub(super) struct Map {
    pub(super) state: State,
    ids: Arc<IdSource>,
    generation: Generation,
}

impl Map {
    pub(super) fn new() -> Map {
        Map { state: State::new(), ids: Arc::default(), generation: 0 }
    }

    fn transaction(&self) -> Transaction {
        Transaction::new(self.ids.clone(), std::sync::Weak::new(), std::sync::Weak::new())
    }

    fn apply(&mut self, transaction: Transaction) -> Result<Applied, TopologyError> {
        let applied = self.state.apply(transaction.into_ops(), self.generation + 1)?;
        self.generation += u64::from(applied.changed);
        Ok(applied)
    }

    /// Commits what `record` records, which must be lawful; returns what `record` returns.
    pub(super) fn commit<T>(&mut self, record: impl FnOnce(&mut Transaction) -> T) -> T {
        let mut transaction = self.transaction();
        let value = record(&mut transaction);
        self.apply(transaction).map(drop).unwrap();
        value
    }

    /// Commits what `record` records, which must be refused and leave no trace.
    fn refuse(&mut self, record: impl FnOnce(&mut Transaction)) -> TopologyError {
        let mut transaction = self.transaction();
        record(&mut transaction);
        let before = self.fingerprint();
        let error = self.apply(transaction).map(drop).unwrap_err();
        assert_eq!(self.fingerprint(), before, "after {error}");
        error
    }

    /// As [`Map::commit`]; what is unlawful is refused.
    pub(super) fn try_commit(&mut self, record: impl FnOnce(&mut Transaction)) {
        let mut transaction = self.transaction();
        record(&mut transaction);
        let before = self.fingerprint();
        if self.apply(transaction).is_err() {
            assert_eq!(self.fingerprint(), before);
        }
    }

    pub(super) fn history(&self) -> History {
        self.state.history(self.generation)
    }

    /// What a space shows, as plain data.
    pub(super) fn published(&self, space: AddressSpaceId) -> Vec<RangeInfo> {
        let survey = self.state.survey(self.generation);
        self.view(space).iter().map(|range| survey.range_info(range)).collect()
    }

    fn space(&self, space: AddressSpaceId) -> &SpaceView {
        self.state.spaces().get(space).expect("an open space")
    }

    fn view(&self, space: AddressSpaceId) -> &FlatView {
        &self.space(space).view
    }

    /// The view as text: `10-1f uart+8 ro log:1; ...`.
    fn shows(&self, space: AddressSpaceId) -> String {
        let range = |r: &super::FlatRange| {
            let mut text = format!("{:x}-{:x} {}", r.range.start().0, r.range.last().0, self.name(r.region));
            let offset = (r.offset > 0).then(|| format!("+{:x}", r.offset));
            let read_only = r.read_only.then(|| " ro".to_string());
            let log = (r.dirty_mask > 0).then(|| format!(" log:{:x}", r.dirty_mask));
            text.extend([offset, read_only, log].into_iter().flatten());
            text
        };
        self.view(space).iter().map(range).collect::<Vec<_>>().join("; ")
    }

    fn name(&self, region: RegionId) -> &str {
        &self.state.tree().get(region).unwrap().name
    }

    fn at(&self, space: AddressSpaceId, addr: u64) -> Option<(&str, u64)> {
        self.view(space).find(Gpa(addr)).map(|r| (self.name(r.region), r.offset + (addr - r.range.start().0)))
    }

    /// All there is to know of the state, for "exactly as it was".
    fn fingerprint(&self) -> String {
        let mut out = String::new();
        for id in self.state.tree().ids() {
            let r = self.state.tree().get(id).unwrap();
            let (name, size, window) = (&r.name, r.size, r.window());
            writeln!(out, "{id:?} {name} {size:#x} {window:?} {:?} {:?}", r.flags, r.placement).unwrap();
            writeln!(out, "  {:?} {:?} {}", r.children, r.aliases, r.roots).unwrap();
        }
        for (space, view) in self.state.spaces_with_views() {
            writeln!(out, "{} {:?} {:p}", space.name, space.root, Arc::as_ptr(view)).unwrap();
        }
        out
    }
}

/// Nobody asks it anything: no reader is near.
struct Unasked;

impl Device for Unasked {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, _: Access) -> Answer<u64> {
        Ok(0)
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

/// A region of a device, one for all.
pub(super) fn device() -> MmioTarget {
    static DEVICE: OnceLock<MmioTarget> = OnceLock::new();
    let make = || {
        let config = Config { clock: Clock::manual(1), on_device_failure: None };
        Executive::new(config).unwrap().spawn("device", Unasked).mmio(0, MmioSpec::aligned(1, 8))
    };
    DEVICE.get_or_init(make).clone()
}

/// A root container of all addresses, and a space with it.
pub(super) fn whole_space(map: &mut Map) -> (RegionId, AddressSpaceId) {
    map.commit(|tx| {
        let root = tx.container("root", 1 << 64);
        (root, tx.address_space("memory", root))
    })
}
