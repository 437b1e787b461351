//! The defects of the design that this one descends from, as far as they concern the tree and its views: none may come back.

use super::{Map, whole_space};
use crate::topology::diff::{Update, difference};
use crate::topology::tests::work;
use crate::topology::{AddressSpaceId, RegionId};
use crate::{AddrRange, TopologyError};

/// Reservations in a fresh root: name, offset, size, priority.
fn stacked(regions: &[(&str, u64, u128, i32)]) -> (Map, AddressSpaceId) {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.commit(|tx| {
        for &(name, offset, size, priority) in regions {
            let region = tx.reservation(name, size);
            tx.add_subregion_overlap(root, offset, region, priority);
        }
    });
    (map, space)
}

#[test]
fn b01_a_filler_that_begins_inside_an_existing_range_leaves_it_whole() {
    let (map, space) = stacked(&[("over", 0x10, 0x20, 1), ("under", 0x18, 0x30, 0)]);
    assert_eq!(map.shows(space), "10-2f over; 30-47 under+18");
}

#[test]
fn b02_an_alias_mapped_below_its_offset_is_there() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.commit(|tx| {
        let target = tx.reservation("target", 1 << 64);
        let alias = tx.alias("alias", target, u64::MAX - 0xf, 0x10);
        tx.add_subregion(root, 0, alias);
    });
    assert_eq!(map.shows(space), "0-f target+fffffffffffffff0");
}

#[test]
fn b03_a_region_that_passes_the_end_of_the_space_is_clipped() {
    let (map, space) = stacked(&[("high", u64::MAX - 7, 0x100, 0), ("whole", 1, 1 << 64, -1)]);
    assert_eq!(map.shows(space), "1-fffffffffffffff7 whole; fffffffffffffff8-ffffffffffffffff high");
    assert_eq!(map.at(space, 0), None);
}

#[test]
fn b04_the_last_byte_of_the_space_is_reachable() {
    let (map, space) = stacked(&[("all", 0, 1 << 64, -1), ("last", u64::MAX, 1, 0)]);
    assert_eq!(map.at(space, u64::MAX), Some(("last", 0)));
    assert_eq!(map.at(space, u64::MAX - 1), Some(("all", u64::MAX - 1)));
}

#[test]
fn b05_a_region_of_zero_size_is_refused() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let parent = map.commit(|tx| {
        let parent = tx.reservation("parent", 0x10);
        tx.add_subregion(root, 0, parent);
        parent
    });
    let error = map.refuse(|tx| {
        let empty = tx.reservation("empty", 0);
        tx.add_subregion(parent, 0, empty);
    });
    assert!(matches!(error, TopologyError::ZeroSize(_)));
    assert_eq!(map.shows(space), "0-f parent");
}

#[test]
fn b06_a_cycle_through_aliases_or_parents_is_refused() {
    let mut map = Map::new();
    let (root, _) = whole_space(&mut map);
    let (a, b, to_a, to_b) = map.commit(|tx| {
        let (a, b) = (tx.container("a", 0x10), tx.container("b", 0x10));
        let (to_a, to_b) = (tx.alias("to a", a, 0, 0x10), tx.alias("to b", b, 0, 0x10));
        tx.add_subregion(root, 0, a).add_subregion(a, 0, to_b);
        (a, b, to_a, to_b)
    });
    assert_eq!(map.refuse(|tx| _ = tx.add_subregion(b, 0, to_a)), TopologyError::Cycle(to_a));
    assert_eq!(map.refuse(|tx| _ = tx.add_subregion(b, 0, root)), TopologyError::Cycle(root));
    map.commit(|tx| _ = tx.del_subregion(a, to_b).add_subregion(b, 0, to_a));
}

#[test]
fn b08_adjacent_parts_of_one_region_are_one_range() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let over = map.commit(|tx| {
        let (under, over) = (tx.reservation("under", 0x30), tx.reservation("over", 0x10));
        tx.add_subregion_overlap(root, 0, under, 0).add_subregion_overlap(root, 0x10, over, 1);
        over
    });
    assert_eq!(map.shows(space), "0-f under; 10-1f over; 20-2f under+20");
    map.commit(|tx| _ = tx.set_enabled(over, false));
    assert_eq!(map.shows(space), "0-2f under");
}

/// What it costs to add `count` siblings, one transaction each: steps of rendering plus ranges copied.
fn cost_of_single_additions(count: u64, add: fn(&mut super::Transaction, RegionId, u64)) -> u64 {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let before = work::done();
    for index in 0..count {
        // Neither ascending nor descending.
        let place = index.wrapping_mul(0x9e37_79b9) % count;
        map.commit(|tx| add(tx, root, place * 0x2000));
    }
    assert_eq!(map.view(space).len() as u64, count);
    work::done() - before
}

#[test]
#[cfg_attr(miri, ignore = "counts steps, of which there are too many for an interpreter")]
fn b09_the_cost_of_an_addition_does_not_grow_with_the_number_of_siblings() {
    let exclusive = |tx: &mut super::Transaction, root, at| {
        let region = tx.reservation("region", 0x1000);
        tx.add_subregion(root, at, region);
    };
    let overlap = |tx: &mut super::Transaction, root, at| {
        let region = tx.reservation("region", 0x1000);
        tx.add_subregion_overlap(root, at, region, 1);
    };
    for add in [exclusive as fn(&mut super::Transaction, RegionId, u64), overlap] {
        let (few, many) = (cost_of_single_additions(256, add), cost_of_single_additions(2048, add));
        assert!(many <= 10 * few, "{few} for 256, {many} for 2048");
    }
}

#[test]
fn b09_rendering_a_hundred_thousand_siblings_takes_a_few_steps_for_each() {
    const COUNT: u64 = if cfg!(miri) { 50 } else { 100_000 };
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let before = work::done();
    map.commit(|tx| {
        let window = tx.reservation("window", 1 << 40);
        tx.add_subregion_overlap(root, 0, window, -1);
        for index in 0..COUNT {
            let region = tx.reservation("region", 0x1000);
            tx.add_subregion(window, index * 0x2000, region);
        }
    });
    assert_eq!(map.view(space).len() as u64, 2 * COUNT);
    assert!(work::done() - before < 10 * COUNT, "{} steps", work::done() - before);
}

#[test]
fn b10_a_listener_ends_at_the_new_view_also_when_many_ranges_become_one() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let parts = map.commit(|tx| {
        let parts = [0x0, 0x10, 0x20].map(|at| (at, tx.reservation("part", 0x10)));
        for (at, part) in parts {
            tx.add_subregion(root, at, part);
        }
        parts
    });
    let old = map.space(space).view.clone();
    map.commit(|tx| {
        let one = tx.reservation("one", 0x30);
        for (_, part) in parts {
            tx.del_subregion(root, part);
        }
        tx.add_subregion(root, 0, one);
    });
    let updates = difference(&old, map.view(space));
    assert!(updates[..3].iter().all(|u| matches!(u, Update::Delete(_))), "{updates:?}");
    assert!(matches!(&updates[3..], [Update::Add(one)] if one.range.size() == 0x30), "{updates:?}");
}

#[test]
fn b11_a_move_a_swap_and_a_replacement_are_one_view_each() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let (a, b) = map.commit(|tx| {
        let (a, b) = (tx.reservation("a", 0x10), tx.reservation("b", 0x10));
        tx.add_subregion(root, 0, a).add_subregion(root, 0x10, b);
        (a, b)
    });
    let generation = map.generation;
    map.commit(|tx| {
        let c = tx.reservation("c", 0x10);
        tx.set_address(a, 0x10).del_subregion(root, b).destroy(b).add_subregion(root, 0, c);
    });
    assert_eq!((map.generation, map.shows(space)), (generation + 1, "0-f c; 10-1f a".into()));
}

#[test]
fn b12_any_region_can_be_a_root_and_many_spaces_may_share_one() {
    let mut map = Map::new();
    let (root, memory) = whole_space(&mut map);
    let (same, alias, masters, io) = map.commit(|tx| {
        let io = tx.reservation("io", 0x10000);
        let alias = tx.alias("bus master", root, 0, 1 << 64);
        tx.add_subregion(root, 0x1000, io);
        (tx.address_space("same", root), alias, tx.address_space("dma", alias), tx.address_space("io", io))
    });
    assert_eq!(map.shows(io), "0-ffff io");
    let shared = |map: &Map, a, b| std::sync::Arc::ptr_eq(&map.space(a).view, &map.space(b).view);
    assert!(shared(&map, memory, same) && shared(&map, memory, masters), "a whole alias shares the view");
    map.commit(|tx| _ = tx.set_enabled(alias, false));
    assert_eq!((map.shows(masters), shared(&map, memory, masters)), (String::new(), false));
    map.commit(|tx| _ = tx.set_enabled(alias, true));
    assert!(shared(&map, memory, masters), "and shares it again once it is enabled again");
}

#[test]
fn b16_collisions_are_judged_by_where_children_are_mapped() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    // Windows of one target at one offset: the same to the device, apart in the parent.
    map.commit(|tx| {
        let target = tx.reservation("target", 0x10);
        let (first, second) = (tx.alias("first", target, 0, 0x10), tx.alias("second", target, 0, 0x10));
        tx.add_subregion(root, 0, first).add_subregion(root, 0x20, second);
    });
    assert_eq!(map.shows(space), "0-f target; 20-2f target");
    let error = map.refuse(|tx| {
        let clash = tx.reservation("clash", 0x10);
        tx.add_subregion(root, 0x28, clash);
    });
    assert!(matches!(error, TopologyError::Overlap { .. }));
}

#[test]
fn b17_the_collision_test_does_not_overflow_and_changes_nothing() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.commit(|tx| {
        let high = tx.reservation("high", 1 << 64);
        let low = tx.reservation("low", 0x10);
        tx.add_subregion(root, u64::MAX - 0xff, high).add_subregion(root, 0, low);
    });
    assert_eq!(map.shows(space), "0-f low; ffffffffffffff00-ffffffffffffffff high");
    let error = map.refuse(|tx| {
        let clash = tx.reservation("clash", 1 << 64);
        tx.add_subregion(root, u64::MAX, clash);
    });
    assert!(matches!(error, TopologyError::Overlap { .. }));
}

#[test]
fn b18_a_child_under_an_alias_is_refused() {
    let mut map = Map::new();
    let (_, space) = whole_space(&mut map);
    let error = map.refuse(|tx| {
        let target = tx.container("target", 0x10);
        let alias = tx.alias("alias", target, 0, 0x10);
        let child = tx.reservation("child", 4);
        tx.add_subregion(alias, 0, child);
    });
    assert!(matches!(error, TopologyError::ChildOfAlias(_)));
    assert!(map.view(space).overlapping(AddrRange::ALL).next().is_none());
}

#[test]
fn b20_a_region_in_use_cannot_be_destroyed() {
    let mut map = Map::new();
    let (root, _) = whole_space(&mut map);
    let (parent, child, alias) = map.commit(|tx| {
        let (parent, child) = (tx.container("parent", 0x10), tx.reservation("child", 4));
        tx.add_subregion(parent, 0, child);
        (parent, child, tx.alias("alias", child, 0, 4))
    });
    for (region, why) in [(root, "a root"), (parent, "a parent"), (child, "mapped and aliased")] {
        assert_eq!(map.refuse(|tx| _ = tx.destroy(region)), TopologyError::InUse(region), "{why}");
    }
    map.commit(|tx| _ = tx.del_subregion(parent, child));
    assert_eq!(map.refuse(|tx| _ = tx.destroy(child)), TopologyError::InUse(child), "aliased");
    let mut tx = map.transaction();
    tx.destroy(alias).destroy(child).destroy(parent);
    let targets: Vec<_> = map.apply(tx).unwrap().destroyed.into_iter().map(|d| d.target.is_some()).collect();
    assert_eq!(targets, [false, true, false]);
    assert_eq!(map.refuse(|tx| _ = tx.destroy(child)), TopologyError::UnknownRegion(child));
}
