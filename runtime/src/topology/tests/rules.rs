//! The contract's rules about regions, one by one. Views are written as text: `first-last name+offset ro log:mask; ...`.

use std::sync::Arc;

use super::{Map, whole_space};
use crate::topology::diff::{Update, difference};
use crate::topology::lint::Finding;
use crate::topology::view::Changes;
use crate::topology::{RegionId, RomDeviceMode, Target, Transaction};
use crate::{AddrRange, Gpa, RamBlock, TopologyError};

fn interval(first: u64, last: u64) -> AddrRange {
    AddrRange::new(Gpa(first), Gpa(last)).unwrap()
}

#[test]
fn r01_disabling_hides_a_region_its_children_and_every_alias_of_it() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let box_ = map.commit(|tx| {
        let box_ = tx.container("box", 0x10);
        let inner = tx.reservation("inner", 4);
        let alias = tx.alias("alias", box_, 0, 0x10);
        tx.add_subregion(box_, 0, inner).add_subregion(root, 0, box_).add_subregion(root, 0x100, alias);
        box_
    });
    assert_eq!(map.shows(space), "0-3 inner; 100-103 inner");
    map.commit(|tx| _ = tx.set_enabled(box_, false));
    assert_eq!(map.shows(space), "");
    map.commit(|tx| _ = tx.set_enabled(box_, true).set_address(box_, 0x20));
    assert_eq!(map.shows(space), "20-23 inner; 100-103 inner");
}

#[test]
fn r01_read_only_and_logging_are_inherited_through_containers_and_aliases() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let (box_, alias) = map.commit(|tx| {
        let box_ = tx.container("box", 0x10);
        let inner = tx.reservation("inner", 4);
        let alias = tx.alias("alias", box_, 0, 0x10);
        tx.add_subregion(box_, 0, inner).add_subregion(root, 0, box_).add_subregion(root, 0x100, alias);
        (box_, alias)
    });
    map.commit(|tx| _ = tx.set_log(box_, 1).set_log(alias, 2).set_read_only(alias, true));
    assert_eq!(map.shows(space), "0-3 inner log:1; 100-103 inner ro log:3");
    map.commit(|tx| _ = tx.set_read_only(box_, true).set_read_only(alias, false).set_log(alias, 0));
    assert_eq!(map.shows(space), "0-3 inner ro log:1; 100-103 inner ro log:1");
}

#[test]
fn r02_a_region_that_answers_fills_the_gaps_between_its_children() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.commit(|tx| {
        let window = tx.reservation("window", 0x20);
        let (a, b) = (tx.reservation("a", 4), tx.reservation("b", 4));
        tx.add_subregion(window, 4, a).add_subregion(window, 0x1e, b).add_subregion(root, 0x100, window);
    });
    assert_eq!(map.shows(space), "100-103 window; 104-107 a; 108-11d window+8; 11e-11f b");
}

#[test]
fn r02_memory_takes_the_size_of_its_block_and_rom_refuses_writes() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let block = Arc::new(RamBlock::anonymous("r02", 0x2000).unwrap());
    let ram = map.commit(|tx| {
        let (ram, rom) = (tx.ram("ram", block.clone()), tx.rom("rom", block.clone()));
        let over = tx.reservation("over", 4);
        tx.add_subregion(root, 0, ram).add_subregion(root, 0x10000, rom).add_subregion(rom, 8, over);
        tx.set_size(ram, 0x2000).set_read_only(rom, false);
        ram
    });
    assert_eq!(map.shows(space), "0-1fff ram; 10000-10007 rom ro; 10008-1000b over ro; 1000c-11fff rom+c ro");
    assert!(map.view(space).iter().all(|r| match &r.target {
        Target::Ram(shown) => Arc::ptr_eq(shown, &block),
        _ => map.name(r.region) == "over",
    }));
    let mismatch = TopologyError::SizeMismatch { region: ram, size: 0x1000, block: 0x2000 };
    assert_eq!(map.refuse(|tx| _ = tx.set_size(ram, 0x1000)), mismatch);
}

#[test]
fn r02_rom_device_shows_memory_to_reads_until_it_is_switched() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let block = Arc::new(RamBlock::anonymous("r02", 0x2000).unwrap());
    let (flash, other) = map.commit(|tx| {
        let (flash, other) = (tx.rom_device("flash", block.clone(), super::device()), tx.reservation("other", 4));
        let again = tx.alias("again", flash, 0x1000, 0x800);
        tx.add_subregion(root, 0x10000, flash).add_subregion(root, 0x40000, again);
        tx.add_subregion(flash, 0x100, other);
        (flash, other)
    });
    let shows = "10000-100ff flash; 10100-10103 other; 10104-11fff flash+104; 40000-407ff flash+1000";
    let modes = |map: &Map| {
        assert_eq!(map.shows(space), shows);
        let of_flash: Vec<_> = map.view(space).iter().filter(|r| r.region == flash).map(|r| r.target.clone()).collect();
        let rom = of_flash.iter().all(|t| matches!(t, Target::RomDevice(both) if Arc::ptr_eq(&both.block, &block)));
        let mmio = of_flash.iter().all(|t| matches!(t, Target::Mmio(_)));
        (rom, mmio)
    };
    assert_eq!(modes(&map), (true, false));
    map.commit(|tx| _ = tx.set_rom_device_mode(flash, RomDeviceMode::Mmio));
    assert_eq!(modes(&map), (false, true));
    map.commit(|tx| _ = tx.set_rom_device_mode(flash, RomDeviceMode::Rom));
    assert_eq!(modes(&map), (true, false));

    assert_eq!(map.refuse(|tx| _ = tx.set_size(flash, 0x1000)).to_string().split_whitespace().nth(1), Some("has"));
    let wrong = map.refuse(|tx| {
        _ = tx.set_rom_device_mode(flash, RomDeviceMode::Mmio).set_rom_device_mode(other, RomDeviceMode::Mmio)
    });
    assert_eq!(wrong, TopologyError::WrongKind(other));
    assert_eq!(modes(&map), (true, false), "rolled back");
}

#[test]
fn r10_the_mode_of_a_rom_device_is_part_of_equality() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let block = Arc::new(RamBlock::anonymous("r10", 0x1000).unwrap());
    let flash = map.commit(|tx| {
        let flash = tx.rom_device("flash", block, super::device());
        tx.add_subregion(root, 0, flash);
        flash
    });
    let old = map.view(space).iter().next().unwrap().clone();
    let before = map.space(space).view.clone();
    map.commit(|tx| _ = tx.set_rom_device_mode(flash, RomDeviceMode::Mmio));
    let new = map.view(space).iter().next().unwrap();
    assert!(old.range == new.range && old.offset == new.offset && !old.is_same_range(new));
    let told = difference(&before, map.view(space));
    assert!(matches!(&told[..], [Update::Delete(_), Update::Add(_)]), "{told:?}");
    let dropped = map.space(space).changes_since(before.generation());
    assert_eq!(dropped, Changes::Ranges(vec![interval(0, 0xfff)]));
}

#[test]
fn r03_children_are_clipped_and_nothing_wraps() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.commit(|tx| {
        let outer = tx.container("outer", 0x10);
        let middle = tx.container("middle", 0x100);
        let inner = tx.reservation("inner", 1 << 64);
        let high = tx.reservation("high", 0x100);
        tx.add_subregion(outer, 4, middle).add_subregion(middle, 2, inner).add_subregion(root, 0, outer);
        tx.add_subregion(root, u64::MAX - 0xf, high);
    });
    assert_eq!(map.shows(space), "6-f inner; fffffffffffffff0-ffffffffffffffff high");
}

#[test]
fn r04_priority_is_signed_and_never_compared_across_levels() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.commit(|tx| {
        let background = tx.reservation("background", 0x40);
        let low = tx.container("low", 0x10);
        let (strong, weak) = (tx.reservation("strong", 0x10), tx.reservation("weak", 8));
        tx.add_subregion_overlap(low, 0, strong, 100).add_subregion_overlap(root, 0, low, 1);
        tx.add_subregion_overlap(root, 8, weak, 2).add_subregion_overlap(root, 0, background, -1);
    });
    assert_eq!(map.shows(space), "0-7 strong; 8-f weak; 10-3f background+10");
}

#[test]
fn r05_at_equal_priority_the_later_addition_wins_and_a_move_is_not_an_addition() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let first = map.commit(|tx| {
        let (first, second) = (tx.reservation("first", 8), tx.reservation("second", 8));
        tx.add_subregion_overlap(root, 0, first, 0).add_subregion_overlap(root, 4, second, 0);
        first
    });
    assert_eq!(map.shows(space), "0-3 first; 4-b second");
    map.commit(|tx| _ = tx.set_address(first, 2));
    assert_eq!(map.shows(space), "2-3 first; 4-b second");
    map.commit(|tx| _ = tx.del_subregion(root, first).add_subregion_overlap(root, 2, first, 0));
    assert_eq!(map.shows(space), "2-9 first; a-b second+6");
}

#[test]
fn r06_holes_expose_what_lies_below() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.commit(|tx| {
        let below = tx.reservation("below", 0x20);
        let outer = tx.container("outer", 0x20);
        let inner = tx.container("inner", 0x10);
        let (a, b) = (tx.reservation("a", 2), tx.reservation("b", 2));
        tx.add_subregion(inner, 4, a).add_subregion(outer, 0, inner).add_subregion(outer, 0x18, b);
        let seen = tx.alias("seen", outer, 0, 0x20);
        tx.add_subregion_overlap(root, 0, below, 0).add_subregion_overlap(root, 0, seen, 1);
    });
    assert_eq!(map.shows(space), "0-3 below; 4-5 a; 6-17 below+6; 18-19 b; 1a-1f below+1a");
}

#[test]
fn r07_an_alias_shows_a_window_wherever_its_target_is_mapped() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let (target, alias) = map.commit(|tx| {
        let target = tx.reservation("target", 0x100);
        let alias = tx.alias("alias", target, 0x40, 0x10);
        tx.add_subregion(root, 8, alias).add_subregion(root, 0x1000, target);
        (target, alias)
    });
    assert_eq!(map.shows(space), "8-17 target+40; 1000-10ff target");
    map.commit(|tx| _ = tx.set_address(target, 0x2000));
    assert_eq!(map.shows(space), "8-17 target+40; 2000-20ff target");
    map.commit(|tx| _ = tx.del_subregion(root, target).set_alias_offset(alias, 0xf8));
    assert_eq!(map.shows(space), "8-f target+f8");
}

#[test]
fn r08_past_its_targets_end_an_alias_is_a_hole_and_it_takes_no_children() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let (target, alias) = map.commit(|tx| {
        let below = tx.reservation("below", 0x20);
        let target = tx.reservation("target", 8);
        let alias = tx.alias("alias", target, 4, 0x10);
        tx.add_subregion_overlap(root, 0, below, -1).add_subregion(root, 0, alias);
        (target, alias)
    });
    assert_eq!(map.shows(space), "0-3 target+4; 4-1f below+4");
    assert_eq!(map.refuse(|tx| _ = tx.add_subregion(alias, 0, target)), TopologyError::ChildOfAlias(alias));
    map.commit(|tx| _ = tx.set_size(target, 0x10));
    assert_eq!(map.shows(space), "0-b target+4; c-1f below+c");
}

#[test]
fn r09_adjacent_ranges_are_joined_only_when_they_are_one() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let (middle, last) = map.commit(|tx| {
        let target = tx.reservation("target", 0x30);
        let [first, middle, last] = [0, 8, 0x10].map(|at| tx.alias("part", target, at, 8));
        let jump = tx.alias("jump", target, 0x20, 8);
        for (at, part) in [(0, first), (8, middle), (0x10, last), (0x18, jump)] {
            tx.add_subregion(root, at, part);
        }
        (middle, last)
    });
    assert_eq!(map.shows(space), "0-17 target; 18-1f target+20");
    map.commit(|tx| _ = tx.set_read_only(middle, true));
    assert_eq!(map.shows(space), "0-7 target; 8-f target+8 ro; 10-17 target+10; 18-1f target+20");
    map.commit(|tx| _ = tx.set_read_only(last, true));
    assert_eq!(map.shows(space), "0-7 target; 8-17 target+8 ro; 18-1f target+20");
    map.commit(|tx| _ = tx.set_read_only(middle, false).set_read_only(last, false));
    assert_eq!(map.shows(space), "0-17 target; 18-1f target+20");
}

#[test]
fn r09_offsets_that_wrap_are_not_contiguous() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.commit(|tx| {
        let huge = tx.reservation("huge", 1 << 64);
        let (end, start) = (tx.alias("end", huge, u64::MAX - 7, 8), tx.alias("start", huge, 0, 8));
        tx.add_subregion(root, 0, end).add_subregion(root, 8, start);
    });
    assert_eq!(map.shows(space), "0-7 huge+fffffffffffffff8; 8-f huge");
}

#[test]
fn r10_a_change_of_the_dirty_mask_keeps_the_range_and_is_told_to_readers() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let memory = map.commit(|tx| {
        let memory = tx.reservation("memory", 0x10);
        tx.add_subregion(root, 0x20, memory).set_log(memory, 0b01);
        memory
    });
    let (old, generation) = (map.space(space).clone(), map.generation);
    map.commit(|tx| _ = tx.set_log(memory, 0b10));
    let updates = difference(&old.view, map.view(space));
    let [keep @ Update::Keep { .. }] = updates.as_slice() else { panic!("{updates:?}") };
    assert_eq!((keep.log_start(), keep.log_stop()), (0b10, 0b01));
    assert_eq!(map.space(space).changes_since(generation), Changes::Ranges(vec![interval(0x20, 0x2f)]));
}

#[test]
fn r10_a_reader_is_told_what_changed_since_its_own_generation() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let parts = map.commit(|tx| {
        let parts = [0, 1, 2].map(|_| tx.reservation("part", 0x10));
        for (at, &part) in parts.iter().enumerate() {
            tx.add_subregion(root, 0x100 * at as u64, part);
        }
        parts
    });
    let before = map.generation;
    map.commit(|tx| _ = tx.set_enabled(parts[0], false));
    map.commit(|tx| _ = tx.set_enabled(parts[1], false));
    let told = |map: &Map, generation| map.space(space).changes_since(generation);
    assert_eq!(told(&map, before), Changes::Ranges(vec![interval(0, 0xf), interval(0x100, 0x10f)]));
    assert_eq!(told(&map, before + 1), Changes::Ranges(vec![interval(0x100, 0x10f)]));
    assert_eq!(told(&map, before + 2), Changes::Ranges(Vec::new()));
    for step in 0..8 {
        map.commit(|tx| _ = tx.set_enabled(parts[2], step % 2 == 1));
    }
    assert_eq!(told(&map, before), Changes::Everything);
}

#[test]
fn r10_a_commit_that_shows_nothing_new_publishes_nothing() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let (hidden, box_) = map.commit(|tx| {
        let over = tx.reservation("over", 0x20);
        let (hidden, box_) = (tx.reservation("hidden", 8), tx.container("box", 0x10));
        tx.add_subregion_overlap(root, 0, over, 1).add_subregion_overlap(root, 0, hidden, 0);
        (hidden, box_)
    });
    let old = map.space(space).view.clone();
    let mut tx = map.transaction();
    tx.set_address(hidden, 4).add_subregion(root, 0x100, box_).set_log(hidden, 1);
    assert!(!map.apply(tx).unwrap().changed);
    assert!(Arc::ptr_eq(&old, &map.space(space).view));
}

#[test]
fn r10_a_space_in_which_nothing_decodes_yet_is_published() {
    let mut map = Map::new();
    let space = map.commit(|tx| {
        let target = tx.container("target", 0x10);
        let root = tx.alias("root", target, 0, 0x10);
        tx.set_enabled(root, false);
        tx.address_space("space", root)
    });
    assert_eq!(map.generation, 1);
    assert!(map.view(space).is_empty());
}

#[test]
fn r11_every_unlawful_operation_is_a_typed_error_that_changes_nothing() {
    use TopologyError::*;
    let mut map = Map::new();
    let (root, _) = whole_space(&mut map);
    let ids @ [_, a, b, leaf, alias, gone] = map.commit(|tx| {
        let (a, b) = (tx.container("a", 0x100), tx.container("b", 0x100));
        let leaf = tx.reservation("leaf", 0x10);
        let alias = tx.alias("alias", a, 0, 0x100);
        let gone = tx.container("gone", 1);
        tx.add_subregion(root, 0, a).add_subregion(a, 0, b).add_subregion(b, 0, leaf).destroy(gone);
        [root, a, b, leaf, alias, gone]
    });
    type Record = fn(&mut Transaction, [RegionId; 6]);
    let cases: [(&str, Record, TopologyError); 13] = [
        ("itself", |tx, [_, _, b, leaf, ..]| _ = tx.del_subregion(b, leaf).add_subregion(leaf, 0, leaf), Cycle(leaf)),
        ("cycle of parents", |tx, [r, a, b, ..]| _ = tx.del_subregion(r, a).add_subregion(b, 0, a), Cycle(a)),
        ("cycle by an alias", |tx, [_, _, b, _, alias, _]| _ = tx.add_subregion(b, 0, alias), Cycle(alias)),
        ("second parent", |tx, [r, _, b, ..]| _ = tx.add_subregion(r, 0x1000, b), HasParent(b)),
        ("wrong parent", |tx, [r, _, b, ..]| _ = tx.del_subregion(r, b), NotAChild { parent: root, child: b }),
        ("no parent", |tx, [.., alias, _]| _ = tx.set_address(alias, 0), NotPlaced(alias)),
        ("dropped", |tx, [r, .., gone]| _ = tx.add_subregion(r, 0, gone), UnknownRegion(gone)),
        ("dropped parent", |tx, [.., alias, gone]| _ = tx.add_subregion(gone, 0, alias), UnknownRegion(gone)),
        ("dropped target", |tx, [.., gone]| _ = tx.alias("x", gone, 0, 1), UnknownRegion(gone)),
        ("dropped root", |tx, [.., gone]| _ = tx.address_space("x", gone), UnknownRegion(gone)),
        ("not an alias", |tx, [_, a, ..]| _ = tx.set_alias_offset(a, 0), WrongKind(a)),
        ("resized to nothing", |tx, [_, a, ..]| _ = tx.set_size(a, 0), ZeroSize(a)),
        ("resized past the end", |tx, [_, a, ..]| _ = tx.set_size(a, (1 << 64) + 1), OutOfSpace(a)),
    ];
    for (name, record, error) in cases {
        let got = map.refuse(|tx| {
            something_lawful(tx, ids);
            record(tx, ids);
        });
        assert_eq!(got, error, "{name}");
    }
}

/// A little of everything, which must be undone when something unlawful follows.
fn something_lawful(tx: &mut Transaction, [root, a, _, _, alias, _]: [RegionId; 6]) {
    let extra = tx.reservation("extra", 4);
    let short_lived = tx.alias("short-lived", alias, 0, 1);
    tx.add_subregion_overlap(root, 0x40, extra, 7).set_size(extra, 8).set_address(extra, 0x50);
    tx.destroy(short_lived).set_alias_offset(alias, 8).set_log(a, 1).set_enabled(alias, false);
    tx.address_space("another", extra);
}

#[test]
fn r11_sizes_are_at_least_one_and_at_most_all_there_is() {
    let mut map = Map::new();
    assert!(matches!(map.refuse(|tx| _ = tx.container("none", 0)), TopologyError::ZeroSize(_)));
    assert!(matches!(map.refuse(|tx| _ = tx.reservation("huge", (1 << 64) + 1)), TopologyError::OutOfSpace(_)));
    map.commit(|tx| _ = tx.container("all", 1 << 64));
}

#[test]
fn r12_overlap_is_refused_only_where_both_forbid_it() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let (first, second) = map.commit(|tx| {
        let (first, second) = (tx.reservation("first", 0x10), tx.reservation("second", 0x10));
        let bar = tx.reservation("bar", 0x10);
        tx.add_subregion(root, 0, first).add_subregion(root, 0x10, second).add_subregion_overlap(root, 8, bar, 1);
        (first, second)
    });
    assert_eq!(map.shows(space), "0-7 first; 8-17 bar; 18-1f second+8");
    let overlap = |added, existing| TopologyError::Overlap { added, existing };
    assert_eq!(map.refuse(|tx| _ = tx.set_address(second, 0xf)), overlap(second, first));
    assert_eq!(map.refuse(|tx| _ = tx.set_size(first, 0x11)), overlap(first, second));
    map.commit(|tx| _ = tx.set_address(first, 0x10).set_address(second, 0));
    assert_eq!(map.shows(space), "0-7 second; 8-17 bar; 18-1f first+8");
}

#[test]
fn r12_the_lint_finds_what_is_lawful_and_not_meant() {
    let mut map = Map::new();
    let (root, _) = whole_space(&mut map);
    map.commit(|tx| {
        let (a, b, c) = (tx.reservation("a", 0x10), tx.reservation("b", 0x10), tx.reservation("c", 0x10));
        tx.add_subregion_overlap(root, 0, a, 0).add_subregion_overlap(root, 8, b, 0);
        tx.add_subregion_overlap(root, 0, c, 1);
        let long = tx.alias("long", a, 8, 0x10);
        tx.add_subregion(root, 0x100, long);
        tx.container("lost", 1);
    });
    let expected = [
        Finding::EqualPriority { below: "a".into(), above: "b".into() },
        Finding::PastTarget { alias: "long".into(), target: "a".into() },
        Finding::Unreachable("lost".into()),
    ];
    assert_eq!(map.state.lint(), expected);
}

#[test]
fn r12_the_lint_says_nothing_of_what_is_disabled() {
    let mut map = Map::new();
    let (root, _) = whole_space(&mut map);
    let (bar, function, window) = map.commit(|tx| {
        let (fixed, bar, function) =
            (tx.reservation("fixed", 0x10), tx.reservation("bar", 0x10), tx.container("function", 0x20));
        tx.add_subregion_overlap(root, 0, fixed, 0).add_subregion_overlap(root, 8, bar, 0).set_enabled(bar, false);
        let (low, high) = (tx.reservation("low", 0x10), tx.reservation("high", 0x10));
        tx.add_subregion_overlap(function, 0, low, 0).add_subregion_overlap(function, 8, high, 0);
        tx.add_subregion(root, 0x100, function).set_enabled(function, false);
        let window = tx.alias("window", fixed, 8, 0x10);
        tx.add_subregion(root, 0x200, window).set_enabled(window, false);
        (bar, function, window)
    });
    assert_eq!(map.state.lint(), []);
    map.commit(|tx| _ = tx.set_enabled(bar, true).set_enabled(function, true).set_enabled(window, true));
    let expected = [
        Finding::EqualPriority { below: "fixed".into(), above: "bar".into() },
        Finding::EqualPriority { below: "low".into(), above: "high".into() },
        Finding::PastTarget { alias: "window".into(), target: "fixed".into() },
    ];
    assert_eq!(map.state.lint(), expected);
}
