//! Regions that translate, as the tree and the views know them: terminal ranges, and roads into other spaces that must not lead back.

use std::sync::Arc;

use super::{Map, whole_space};
use crate::iommu::{Asked, Mapped, Translator, Untranslated};
use crate::topology::{Changes, RegionId, Target};
use crate::{AddrRange, AddressSpaceId, Gpa, TopologyError, Transaction};

struct Nowhere;

impl Translator for Nowhere {
    fn translate(&self, asked: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated> {
        Err(Untranslated { offset: asked.offset })
    }
}

fn iommu(tx: &mut Transaction, name: &str, size: u128, space: AddressSpaceId) -> RegionId {
    tx.iommu(name, size, Arc::new(Nowhere), space)
}

#[test]
fn r02_iommu_is_a_terminal_range_of_its_view() {
    let mut map = Map::new();
    let (_, memory) = whole_space(&mut map);
    let space = map.commit(|tx| {
        let root = tx.container("root", 1 << 64);
        let (translates, over) = (iommu(tx, "iommu", 0x1000, memory), tx.reservation("over", 0x10));
        tx.add_subregion(root, 0x4000, translates).add_subregion(translates, 0x100, over);
        tx.set_read_only(translates, true);
        tx.address_space("device", root)
    });
    let want = "4000-40ff iommu ro; 4100-410f over ro; 4110-4fff iommu+110 ro";
    assert_eq!(map.shows(space), want, "children obscure it, it fills the gaps");
    assert!(matches!(&map.view(space).find(Gpa(0x4fff)).unwrap().target, Target::Iommu(t) if t.space() == memory));
    assert!(map.history().newest().tree_text().contains("(priority 0, iommu): iommu into root [read-only]"));
    assert!(map.history().newest().flat_text().contains("0000000000004110-0000000000004fff iommu    iommu from 0x110"));
}

#[test]
fn r11_spaces_that_translate_into_each_other_are_a_typed_error() {
    let mut map = Map::new();
    let (root, memory) = whole_space(&mut map);
    let into_itself = map.refuse(|tx| {
        let loops = iommu(tx, "iommu", 0x1000, memory);
        tx.add_subregion(root, 0, loops);
    });
    assert!(matches!(into_itself, TopologyError::Cycle(_)));

    // memory <- device: `device` translates into `memory`. Then `memory` may not, by whatever detour, lead to `device`.
    let (device_root, device) = map.commit(|tx| {
        let device_root = tx.container("device root", 1 << 64);
        let down = iommu(tx, "down", 0x1000, memory);
        tx.add_subregion(device_root, 0, down);
        (device_root, tx.address_space("device", device_root))
    });
    let detours: [fn(&mut Transaction, RegionId, RegionId, AddressSpaceId); 4] = [
        |tx, root, _, device| {
            let up = iommu(tx, "up", 0x1000, device);
            tx.add_subregion(root, 0, up);
        },
        |tx, root, _, device| {
            let (shelf, up) = (tx.container("shelf", 0x1000), iommu(tx, "up", 0x1000, device));
            tx.add_subregion(shelf, 0, up).add_subregion(root, 0, shelf);
        },
        |tx, root, device_root, _| {
            let alias = tx.alias("alias", device_root, 0, 0x1000);
            tx.add_subregion(root, 0, alias);
        },
        |tx, root, _, device| {
            let (middle_root, on) = (tx.container("middle", 0x1000), iommu(tx, "on", 0x1000, device));
            tx.add_subregion(middle_root, 0, on);
            let middle = tx.address_space("middle", middle_root);
            let up = iommu(tx, "up", 0x1000, middle);
            tx.add_subregion(root, 0, up);
        },
    ];
    for (index, detour) in detours.into_iter().enumerate() {
        let error = map.refuse(|tx| detour(tx, root, device_root, device));
        assert!(matches!(error, TopologyError::Cycle(_)), "detour {index}: {error}");
    }
    map.commit(|tx| {
        let deeper = iommu(tx, "deeper", 0x1000, device);
        let outer = tx.container("outer", 0x1000);
        tx.add_subregion(outer, 0, deeper);
        tx.address_space("outer", outer);
    });
}

#[test]
fn r11_iommu_operations_on_the_wrong_things_are_typed_errors() {
    let mut map = Map::new();
    let (root, memory) = whole_space(&mut map);
    let nowhere = AddressSpaceId(99);
    assert_eq!(map.refuse(|tx| _ = iommu(tx, "iommu", 1, nowhere)), TopologyError::UnknownSpace(99));
    assert!(matches!(map.refuse(|tx| _ = iommu(tx, "iommu", 0, memory)), TopologyError::ZeroSize(_)));
    assert_eq!(map.refuse(|tx| _ = tx.invalidate_translations(root)), TopologyError::WrongKind(root));
    let gone = map.commit(|tx| {
        let gone = iommu(tx, "iommu", 1, memory);
        tx.destroy(gone);
        gone
    });
    assert_eq!(map.refuse(|tx| _ = tx.invalidate_translations(gone)), TopologyError::UnknownRegion(gone));
    let kept = map.commit(|tx| iommu(tx, "kept", 1, memory));
    map.refuse(|tx| _ = tx.invalidate_translations(kept).set_size(kept, 0));
}

#[test]
fn r02_invalidated_translations_are_a_change_that_readers_hear_of() {
    let mut map = Map::new();
    let (_, memory) = whole_space(&mut map);
    let (translates, space) = map.commit(|tx| {
        let root = tx.container("root", 1 << 64);
        let translates = iommu(tx, "iommu", 0x1000, memory);
        tx.add_subregion(root, 0x4000, translates);
        (translates, tx.address_space("device", root))
    });
    let (before, shown) = (map.generation, map.shows(space));
    let mut tx = map.transaction();
    tx.invalidate_translations(translates);
    let applied = map.apply(tx).unwrap();
    assert!(applied.changed);
    assert_eq!(applied.withdrawn.len(), 1, "the grace period asks after what was translated before");
    assert_eq!(map.shows(space), shown, "the map is what it was");
    let changed = Changes::Ranges(vec![AddrRange::new(Gpa(0x4000), Gpa(0x4fff)).unwrap()]);
    assert_eq!(map.space(space).changes_since(before), changed);
    assert_eq!(map.space(memory).changes_since(before), Changes::Ranges(vec![]));
}
