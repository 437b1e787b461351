//! Random operations on a topology: what a case is made of.

use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::device;
use super::model::Model;
use crate::iommu::{Asked, Mapped, Translator, Untranslated};
use crate::topology::op::Stacking;
use crate::topology::{AddressSpaceId, RegionId, RomDeviceMode, Transaction};
use crate::{Gpa, RamBlock};

/// One random operation; regions and spaces are chosen among those that live when it is recorded.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Container(u128),
    Reservation(u128),
    Device(u128),
    Memory(bool),
    RomDevice,
    Mode(Index, bool),
    Alias(Index, u64, u128),
    Iommu(Option<Index>, u128),
    Invalidate(Index),
    Space(Index),
    Close(Option<Index>),
    Assign(u32, Option<Option<Index>>),
    Add(Index, Index, u64, Option<i32>),
    Del(Index, Option<Index>),
    Enable(Index, bool),
    Address(Index, u64),
    Size(Index, u128),
    AliasOffset(Index, u64),
    ReadOnly(Index, bool),
    Log(Index, u8),
    Coalesce(Index, u64, u128),
    ClearCoalescing(Index),
    Flush(Index, bool),
    Forgive(Index, bool),
    Destroy(Index),
}

/// Most steps that the model refuses are left out, so that most transactions are lawful; the others go in as they are.
pub(super) type Recorded = (Step, bool);

/// A space that there never is.
const NO_SPACE: AddressSpaceId = AddressSpaceId(9999);

fn offset() -> impl Strategy<Value = u64> {
    prop_oneof![
        8 => 0..24u64,
        1 => select(vec![1 << 63, (1 << 63) - 4, u64::MAX - 16, u64::MAX - 3, u64::MAX]),
    ]
}

fn size() -> impl Strategy<Value = u128> {
    prop_oneof![
        10 => 1..24u128,
        2 => select(vec![1u128 << 63, (1 << 64) - 8, (1 << 64) - 1, 1 << 64]),
        1 => select(vec![0u128, (1 << 64) + 1]),
    ]
}

fn creation() -> impl Strategy<Value = Step> {
    let space = || proptest::option::weighted(0.95, any::<Index>());
    prop_oneof![
        2 => size().prop_map(Step::Container),
        2 => size().prop_map(Step::Reservation),
        2 => size().prop_map(Step::Device),
        1 => any::<bool>().prop_map(Step::Memory),
        1 => Just(Step::RomDevice),
        3 => (any::<Index>(), offset(), size()).prop_map(|(t, o, s)| Step::Alias(t, o, s)),
        2 => (space(), size()).prop_map(|(t, s)| Step::Iommu(t, s)),
        1 => any::<Index>().prop_map(Step::Space),
    ]
}

fn change() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let priority = || proptest::option::weighted(0.7, -2..3i32);
    let space = || proptest::option::weighted(0.9, proptest::option::weighted(0.95, any::<Index>()));
    prop_oneof![
        18 => (index(), index(), offset(), priority()).prop_map(|(p, c, o, s)| Step::Add(p, c, o, s)),
        4 => (index(), proptest::option::weighted(0.1, index())).prop_map(|(c, p)| Step::Del(c, p)),
        4 => (index(), any::<bool>()).prop_map(|(r, e)| Step::Enable(r, e)),
        4 => (index(), offset()).prop_map(|(r, o)| Step::Address(r, o)),
        4 => (index(), size()).prop_map(|(r, s)| Step::Size(r, s)),
        4 => (index(), any::<bool>()).prop_map(|(r, m)| Step::Mode(r, m)),
        2 => (index(), offset()).prop_map(|(r, o)| Step::AliasOffset(r, o)),
        2 => (index(), any::<bool>()).prop_map(|(r, o)| Step::ReadOnly(r, o)),
        2 => (index(), 0..4u8).prop_map(|(r, m)| Step::Log(r, m)),
        2 => (index(), offset(), size()).prop_map(|(r, o, s)| Step::Coalesce(r, o, s)),
        1 => index().prop_map(Step::ClearCoalescing),
        1 => (index(), any::<bool>()).prop_map(|(r, f)| Step::Flush(r, f)),
        1 => (index(), any::<bool>()).prop_map(|(r, f)| Step::Forgive(r, f)),
        1 => index().prop_map(Step::Invalidate),
        1 => (0..3u32, space()).prop_map(|(d, s)| Step::Assign(d, s)),
        2 => index().prop_map(Step::Destroy),
        1 => proptest::option::weighted(0.95, index()).prop_map(Step::Close),
    ]
}

pub(super) fn transactions() -> impl Strategy<Value = Vec<Vec<Recorded>>> {
    let step = prop_oneof![1 => creation(), 2 => change()];
    let recorded = (step, proptest::bool::weighted(0.97));
    proptest::collection::vec(proptest::collection::vec(recorded, 1..8), 1..9)
}

/// One block for all: what lies in it plays no part.
fn block() -> Arc<RamBlock> {
    static BLOCK: OnceLock<Arc<RamBlock>> = OnceLock::new();
    BLOCK.get_or_init(|| Arc::new(RamBlock::anonymous("topology test", 4096).unwrap())).clone()
}

/// Where every IOMMU here sends an offset; nowhere, sometimes.
pub(super) fn through(offset: u64) -> Option<u64> {
    (offset % 16 != 5).then_some(offset ^ 2)
}

/// Does so byte by byte.
pub(super) struct Through;

impl Translator for Through {
    fn translate(&self, asked: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated> {
        let byte = |offset| Ok(Mapped { addr: Gpa(through(offset).ok_or(Untranslated { offset })?), len: 1 });
        (0..asked.len).map(|at| byte(asked.offset + at)).collect()
    }
}

pub(super) fn record(tx: &mut Transaction, model: &Model, step: &Step) {
    let ids: Vec<RegionId> = model.regions.keys().copied().collect();
    let id = |index: &Index| ids[index.index(ids.len())];
    let spaces: Vec<AddressSpaceId> = model.spaces.keys().copied().map(AddressSpaceId).collect();
    let open = |index: &Index| (!spaces.is_empty()).then(|| spaces[index.index(spaces.len())]);
    let space = |index: &Option<Index>| index.as_ref().and_then(open).unwrap_or(NO_SPACE);
    match *step {
        Step::Container(size) => _ = tx.container("c", size),
        Step::Reservation(size) => _ = tx.reservation("r", size),
        Step::Device(size) => _ = tx.mmio("d", size, device()),
        Step::Memory(false) => _ = tx.ram("m", block()),
        Step::Memory(true) => _ = tx.rom("m", block()),
        Step::RomDevice => _ = tx.rom_device("f", block(), device()),
        Step::Mode(ref r, rom) => {
            let mode = if rom { RomDeviceMode::Rom } else { RomDeviceMode::Mmio };
            tx.set_rom_device_mode(id(r), mode);
        }
        Step::Alias(ref target, offset, size) => _ = tx.alias("a", id(target), offset, size),
        Step::Iommu(ref into, size) => _ = tx.iommu("i", size, Arc::new(Through), space(into)),
        Step::Invalidate(ref r) => _ = tx.invalidate_translations(id(r)),
        Step::Space(ref root) => _ = tx.address_space("s", id(root)),
        Step::Close(ref of) => _ = tx.close_address_space(space(of)),
        Step::Assign(device, None) => _ = tx.unassign_device(device),
        Step::Assign(device, Some(ref to)) => _ = tx.assign_device(device, space(to)),
        Step::Add(ref p, ref c, offset, None) => _ = tx.add_subregion(id(p), offset, id(c)),
        Step::Add(ref p, ref c, offset, Some(prio)) => _ = tx.add_subregion_overlap(id(p), offset, id(c), prio),
        Step::Del(ref child, ref parent) => {
            let real = model.regions[&id(child)].parent.map_or(id(child), |p: (RegionId, u64, Stacking)| p.0);
            tx.del_subregion(parent.as_ref().map_or(real, id), id(child));
        }
        Step::Enable(ref r, enabled) => _ = tx.set_enabled(id(r), enabled),
        Step::Address(ref r, offset) => _ = tx.set_address(id(r), offset),
        Step::Size(ref r, size) => _ = tx.set_size(id(r), size),
        Step::AliasOffset(ref r, offset) => _ = tx.set_alias_offset(id(r), offset),
        Step::ReadOnly(ref r, read_only) => _ = tx.set_read_only(id(r), read_only),
        Step::Log(ref r, mask) => _ = tx.set_log(id(r), mask),
        Step::Coalesce(ref r, offset, size) => _ = tx.add_coalescing(id(r), offset, size),
        Step::ClearCoalescing(ref r) => _ = tx.clear_coalescing(id(r)),
        Step::Forgive(ref r, forgiving) => _ = tx.set_forgiving(id(r), forgiving),
        Step::Flush(ref r, flush) => _ = tx.set_flush_coalesced(id(r), flush),
        Step::Destroy(ref r) => _ = tx.destroy(id(r)),
    }
}
