//! Surveys against the live topology, and the history against what was seen at the time.

use std::sync::Arc;

use proptest::prelude::*;

use super::{History, HistoryLimits, RangeInfo, Verdict, picture};
use crate::topology::tests::{Map, device, whole_space};
use crate::topology::{AddressSpaceId, RegionId, RegionKind, Transaction};
use crate::{Gpa, RamBlock, TopologyError};

#[test]
fn dumps_name_everything_a_reader_asks_for() {
    let mut map = Map::new();
    let (root, _) = whole_space(&mut map);
    map.commit(|tx| {
        let bus = tx.container("bus", 0x1000);
        let (uart, off) = (tx.reservation("uart", 8), tx.reservation("spare", 8));
        let low = tx.alias("low", bus, 0x100, 0x100);
        tx.add_subregion(bus, 0x104, uart).add_subregion_overlap(bus, 0x80, off, -1).set_enabled(off, false);
        tx.add_subregion(root, 0x2000, low).set_read_only(low, true).set_log(low, 1);
        let master = tx.alias("master", root, 0, 1 << 64);
        tx.address_space("dma", master);
    });
    let tree = "\
address space memory
  0000000000000000-ffffffffffffffff (priority 0, container): root
    0000000000002000-00000000000020ff (priority 0, alias): low = bus 0000000000000100-00000000000001ff [read-only] [log 0x1]
address space dma
  0000000000000000-ffffffffffffffff (priority 0, alias): master = root 0000000000000000-ffffffffffffffff
region bus (mapped by aliases)
  0000000000000000-0000000000000fff (priority 0, container): bus
    0000000000000080-0000000000000087 (priority -1, reserved): spare [disabled]
    0000000000000104-000000000000010b (priority 0, reserved): uart
";
    let survey = map.history().newest().clone();
    assert_eq!(survey.tree_text(), tree);
    let flat = "\
view of memory, dma at generation 2: 1 ranges
  0000000000002004-000000000000200b reserved uart [log 0x1]
";
    assert_eq!(survey.flat_text(), flat);
}

#[test]
fn dumps_and_differences_show_how_writes_arrive() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let (uart, poll) = map.commit(|tx| {
        let (uart, poll) = (tx.mmio("uart", 0x100, device()), tx.mmio("poll", 0x10, device()));
        tx.add_subregion(root, 0x1000, uart).add_subregion(root, 0x2000, poll);
        tx.add_coalescing(uart, 0, 8).add_coalescing(uart, 0x10, 1 << 64).set_flush_coalesced(poll, true);
        (uart, poll)
    });
    let survey = map.history().newest().clone();
    let tree = survey.tree_text();
    assert!(tree.contains("mmio): uart [coalesced 0x0-0x7] [coalesced from 0x10]\n"), "{tree}");
    assert!(tree.contains("mmio): poll [flush]\n"), "{tree}");
    let flat = "\
view of memory at generation 2: 2 ranges
  0000000000001000-00000000000010ff mmio     uart [coalesced 0000000000001000-0000000000001007] \
[coalesced 0000000000001010-00000000000010ff]
  0000000000002000-000000000000200f mmio     poll [flush]
";
    assert_eq!(survey.flat_text(), flat);
    assert_eq!(map.published(space), survey.flat(space).unwrap(), "as the live view has it");
    let region = survey.region(uart).unwrap();
    assert_eq!((region.coalesced, region.flush_coalesced), (vec![(0, 8), (0x10, 1 << 64)], false));
    map.commit(|tx| _ = tx.set_coalescing(uart).set_flush_coalesced(poll, false));
    let want = "\
generation 2 to 3
  uart coalesces writes to all
  poll flushes no more
  in memory
    = 0000000000001000-00000000000010ff mmio     uart [coalesced 0000000000001000-00000000000010ff] \
(was [coalesced 0000000000001000-0000000000001007] [coalesced 0000000000001010-00000000000010ff])
    = 0000000000002000-000000000000200f mmio     poll (was [flush])
";
    assert_eq!(map.history().difference(2, 3).unwrap().to_string(), want);
}

#[test]
fn a_survey_holds_on_to_no_memory() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let block = Arc::new(RamBlock::anonymous("ram", 0x1000).unwrap());
    let weak = Arc::downgrade(&block);
    let ram = map.commit(|tx| {
        let ram = tx.rom("rom", block);
        tx.add_subregion(root, 0, ram);
        ram
    });
    let kept = map.history();
    map.commit(|tx| _ = tx.del_subregion(root, ram).destroy(ram));
    assert!(weak.upgrade().is_none(), "neither the history nor what was taken from it keeps the block");
    for history in [kept, map.history()] {
        let survey = history.at(2).unwrap();
        let [range] = survey.flat(space).unwrap().try_into().unwrap();
        assert_eq!((range.kind, range.read_only, range.name.as_str()), (RegionKind::Rom, true, "rom"));
    }
}

/// A bus with a device, in generation 2; then `change` makes generation 3.
fn bus_and_device(change: impl FnOnce(&mut Transaction, [RegionId; 3])) -> (History, AddressSpaceId) {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let ids = map.commit(|tx| {
        let (bus, device) = (tx.container("bus", 0x1000), tx.reservation("device", 0x100));
        tx.add_subregion(root, 0x4000, bus).add_subregion(bus, 0x800, device);
        [root, bus, device]
    });
    map.commit(|tx| change(tx, ids));
    (map.history(), space)
}

#[test]
fn why_nothing_decodes_is_said_in_so_many_words() {
    type Change = fn(&mut Transaction, [RegionId; 3]);
    let device = "device+0x4 (reserved, by root > bus > device)";
    let cases: [(Change, String); 5] = [
        (
            |tx, [_, bus, _]| _ = tx.set_enabled(bus, false),
            format!("  {device}: bus is disabled\n  until generation 2: {device}; then\n    bus disabled\n"),
        ),
        (
            |tx, [_, bus, _]| _ = tx.set_size(bus, 0x800),
            format!(
                "  {device}: clipped at the end of bus\n  until generation 2: {device}; then\n    \
                 bus resized from 0x1000 to 0x800\n"
            ),
        ),
        (
            |tx, [_, bus, device]| _ = tx.set_address(device, 0x100).set_log(bus, 1),
            format!(
                "  until generation 2: {device}; then\n    bus logged by 0x1, was 0x0\n    \
                 device moved from 0x800 to 0x100 in bus\n"
            ),
        ),
        (
            |tx, [_, bus, device]| _ = tx.del_subregion(bus, device).destroy(device),
            format!("  until generation 2: {device}; then\n    device destroyed\n"),
        ),
        (
            |tx, [root, bus, _]| {
                let short = tx.alias("short", bus, 0x1000 - 0x10, 0x1000);
                tx.del_subregion(root, bus).add_subregion(root, 0x4000, short);
            },
            format!(
                "  short+0x804 (alias, by root > short): past the end of bus\n  until generation 2: {device}; then\n    \
                 bus taken out of root\n    short made at 0x4000 in root\n"
            ),
        ),
    ];
    for (change, want) in cases {
        let (history, space) = bus_and_device(change);
        let why = history.why(space, Gpa(0x4804), 3).unwrap();
        let head = "0x0000000000004804 in memory at generation 3: nothing decodes it\n";
        assert_eq!(why.to_string(), format!("{head}{want}"));
    }
}

#[test]
fn why_nothing_decodes_yet_is_said_by_what_comes() {
    let (history, space) = bus_and_device(|tx, [_, bus, device]| _ = tx.set_enabled(bus, false).set_size(device, 8));
    let why = history.why(space, Gpa(0x4804), 1).unwrap();
    assert!(why.candidates.is_empty() && why.before.is_none());
    let after = why.after.unwrap();
    assert_eq!((after.generation, after.answer.name()), (2, "device"));
    let said: Vec<String> = after.changes.iter().map(|change| change.to_string()).collect();
    assert_eq!(said, ["bus made at 0x4000 in root", "device made at 0x800 in bus"]);
}

#[test]
fn who_answers_is_named_with_those_who_would() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.commit(|tx| {
        let (below, above, off) = (tx.reservation("below", 16), tx.reservation("above", 8), tx.reservation("off", 8));
        tx.add_subregion_overlap(root, 0, below, -1).add_subregion_overlap(root, 0, above, 0);
        tx.add_subregion_overlap(root, 0, off, 7).set_enabled(off, false);
    });
    let why = map.history().why(space, Gpa(4), 2).unwrap();
    let verdicts: Vec<_> = why.candidates.iter().map(|c| (c.name(), c.verdict.clone())).collect();
    let obscured = Verdict::Obscured("above".to_owned());
    let want = [("off", Verdict::Disabled("off".to_owned())), ("above", Verdict::Answers), ("below", obscured)];
    assert_eq!(verdicts, want);
    let unknown = map.history().why(AddressSpaceId(7), Gpa(4), 2);
    assert_eq!(unknown, Err(TopologyError::UnknownSpace(7)));
}

#[test]
fn the_difference_says_what_was_done_and_what_came_of_it() {
    let (history, _) = bus_and_device(|tx, [root, bus, device]| {
        let (master, spare) = (tx.alias("master", root, 0, 1 << 64), tx.reservation("spare", 0x1000));
        tx.set_read_only(bus, true).add_subregion(root, 0x8000, spare).set_log(device, 1);
        tx.address_space("dma", master);
    });
    let want = "\
generation 2 to 3
  bus made read-only
  device logged by 0x1, was 0x0
  master made
  spare made at 0x8000 in root
  in memory
    - 0000000000004800-00000000000048ff reserved device
    + 0000000000004800-00000000000048ff reserved device [log 0x1]
    + 0000000000008000-0000000000008fff reserved spare
  in dma
    + 0000000000004800-00000000000048ff reserved device [log 0x1]
    + 0000000000008000-0000000000008fff reserved spare
";
    assert_eq!(history.difference(2, 3).unwrap().to_string(), want);
    assert_eq!(history.difference(3, 3).unwrap().to_string(), "generation 3 to 3\n");
}

#[test]
fn the_history_reaches_back_as_far_as_its_limits() {
    let mut map = Map::new();
    let (root, _) = whole_space(&mut map);
    let part = map.commit(|tx| {
        let part = tx.reservation("part", 8);
        tx.add_subregion(root, 0, part);
        part
    });
    map.state.keep_history(HistoryLimits { generations: 3, steps: 100 });
    for step in 1..=6 {
        map.commit(|tx| _ = tx.set_address(part, 8 * step));
    }
    let history = map.history();
    assert_eq!(history.generations(), 5..=8);
    let refused = |generation| TopologyError::NotRetained { generation, oldest: 5, newest: 8 };
    assert_eq!(history.at(4).map(drop), Err(refused(4)));
    assert_eq!(history.difference(5, 9).map(drop), Err(refused(9)));
    map.state.keep_history(HistoryLimits { generations: 100, steps: 2 });
    assert_eq!(map.history().generations(), 6..=8);
    // What nobody sees is of the generation that it happens in, and is bounded all the same.
    let hidden = map.commit(|tx| tx.reservation("hidden", 8));
    assert_eq!(map.history().generations(), 7..=8);
    for step in 0..10 {
        map.commit(|tx| _ = tx.set_enabled(hidden, step % 2 == 1));
    }
    assert_eq!(map.history().generations(), 8..=8);
    map.state.keep_history(HistoryLimits { generations: 0, steps: 100 });
    map.commit(|tx| _ = tx.set_address(part, 0));
    assert_eq!(map.history().generations(), 9..=9);
}

#[test]
fn a_picture_shows_what_is_obscured_clipped_and_disabled() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.commit(|tx| {
        let (below, above, off) = (tx.reservation("below", 16), tx.reservation("a<b>", 16), tx.reservation("off", 8));
        tx.add_subregion_overlap(root, 0, below, -1).add_subregion_overlap(root, 4, above, 3);
        let last = tx.reservation("last", 0x100);
        tx.add_subregion(root, 0x100, off).set_enabled(off, false).add_subregion(root, u64::MAX - 7, last);
    });
    let history = map.history();
    let picture = history.newest().svg(space).unwrap();
    for want in [">below<", ">a&lt;b&gt;<", ">p3<", ">p-1<", ">off (off)<", ">last (clipped)<", "236 B of nothing"] {
        assert!(picture.contains(want), "{want} in {picture}");
    }
    assert_eq!(history.newest().svg(AddressSpaceId(1)), Err(TopologyError::UnknownSpace(1)));
}

/// Some change of some region, as the numbers have it.
fn some_change(tx: &mut Transaction, regions: &mut Vec<RegionId>, root: RegionId, (what, which, value): (u8, u8, u16)) {
    let region = regions[usize::from(which) % regions.len()];
    let value = u64::from(value);
    match what % 9 {
        0 => regions.push(tx.reservation("made", u128::from(value) + 1)),
        1 => _ = tx.add_subregion_overlap(root, value, region, (value % 5) as i32 - 2),
        2 => _ = tx.del_subregion(root, region),
        3 => _ = tx.set_address(region, value),
        4 => _ = tx.set_enabled(region, value % 2 == 0),
        5 => _ = tx.set_size(region, u128::from(value) + 1),
        6 => _ = tx.set_read_only(region, value % 2 == 0),
        7 => regions.push(tx.alias("alias", region, value % 64, 0x100)),
        _ => _ = tx.destroy(region),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 256 }))]
    #[test]
    fn every_generation_of_the_history_is_what_was_seen_at_the_time(
        changes in proptest::collection::vec(any::<(u8, u8, u16)>(), 1..60)
    ) {
        let mut map = Map::new();
        let (root, space) = whole_space(&mut map);
        let mut regions = vec![map.commit(|tx| tx.container("box", 0x4000))];
        let mut seen: Vec<(u64, String, Vec<RangeInfo>)> = Vec::new();
        for change in changes {
            // What is unlawful leaves no trace in the history either.
            map.try_commit(|tx| some_change(tx, &mut regions, root, change));
            let history = map.history();
            let newest = history.newest();
            prop_assert_eq!(map.published(space), newest.flat(space).unwrap());
            seen.retain(|(generation, ..)| *generation != newest.generation());
            seen.push((newest.generation(), newest.tree_text(), newest.flat(space).unwrap()));
        }
        let history = map.history();
        for (generation, tree, flat) in seen {
            let survey = history.at(generation).unwrap();
            prop_assert_eq!(survey.tree_text(), tree, "generation {}", generation);
            prop_assert_eq!(survey.flat(space).unwrap(), flat.clone(), "generation {}", generation);
            prop_assert!(picture::tests::is_true(&survey, space, &flat), "generation {}", generation);
            for range in flat {
                for addr in [range.range.start(), range.range.last()] {
                    let why = survey.why(space, addr).unwrap();
                    prop_assert_eq!(why.answer().map(|a| a.region), Some(range.region));
                }
            }
        }
    }
}

#[test]
fn a_step_of_the_history_takes_what_its_limits_say() {
    let (step, region) = (size_of::<crate::topology::undo::Undo>(), size_of::<crate::topology::tree::Region>());
    assert!(step <= 56, "{step}");
    assert!(region + 32 <= 300, "{region}, and its name");
}

#[test]
fn a_rom_device_that_is_switched_is_another_range() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let block = Arc::new(RamBlock::anonymous("flash", 0x1000).unwrap());
    let flash = map.commit(|tx| {
        let flash = tx.rom_device("flash", block, crate::topology::tests::device());
        tx.add_subregion(root, 0, flash);
        flash
    });
    map.commit(|tx| _ = tx.set_rom_device_mode(flash, crate::RomDeviceMode::Mmio));
    let said = "\
generation 2 to 3
  flash reads hit its device
  in memory
    - 0000000000000000-0000000000000fff rom-dev  flash
    + 0000000000000000-0000000000000fff mmio     flash
";
    assert_eq!(map.history().difference(2, 3).unwrap().to_string(), said);
    assert_eq!(map.history().at(2).unwrap().flat(space).unwrap()[0].kind.name(), "rom-dev");
}

#[test]
fn what_forgives_is_said() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.commit(|tx| {
        let poll = tx.mmio("poll", 0x10, device());
        tx.add_subregion(root, 0x2000, poll).set_forgiving(root, true);
    });
    let survey = map.history().newest().clone();
    let tree = survey.tree_text();
    assert!(tree.contains("container): root [forgiving]\n") && tree.contains("mmio): poll\n"), "{tree}");
    assert!(survey.flat(space).is_some_and(|ranges| ranges[0].forgiving), "inherited");
    map.commit(|tx| _ = tx.set_forgiving(root, false));
    let before = map.history().newest().generation() - 1;
    let said = map.history().difference(before, before + 1).map(|difference| difference.to_string());
    assert!(said.as_ref().is_ok_and(|said| said.contains("root forgives no more\n")), "{said:?}");
}
