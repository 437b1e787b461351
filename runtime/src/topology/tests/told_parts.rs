//! What listeners are told of the inside of a range: where writes to it are coalesced, and that its log is to be read.

use std::sync::Arc;

use parking_lot::Mutex;

use super::replay::{snapshot, told};
use super::{Map, device, whole_space};
use crate::topology::tell::tell;
use crate::topology::{FlatRange, Listener};
use crate::{AddrRange, Clock, DirtyClient, Executive, Gpa, RamBlock};

/// Writes down what it is told.
struct Scribe(Arc<Mutex<Vec<String>>>);

impl Scribe {
    fn note(&self, sign: char, range: AddrRange) {
        self.0.lock().push(format!("{sign}{:x}-{:x}", range.start().0, range.last().0));
    }
}

impl Listener for Scribe {
    fn region_del(&mut self, range: &FlatRange) {
        self.note('-', range.range);
    }

    fn region_add(&mut self, range: &FlatRange) {
        self.note('+', range.range);
    }

    fn coalesced_io_add(&mut self, range: &FlatRange, part: AddrRange) {
        assert!(range.coalesced_ranges().any(|has| has == part));
        self.note('c', part);
    }

    fn coalesced_io_del(&mut self, range: &FlatRange, part: AddrRange) {
        assert!(range.range.intersection(part) == Some(part));
        self.note('d', part);
    }
}

#[test]
fn r10_coalesced_ranges_follow_their_region_are_clipped_and_work_through_aliases() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let diary = Arc::new(Mutex::new(Vec::new()));
    let mut listener = [told(space, 0, 1, Scribe(diary.clone()))];
    let mut hears = |map: &Map| {
        tell(&mut listener, &snapshot(map));
        diary.lock().drain(..).collect::<Vec<_>>().join(" ")
    };
    let (region, alias) = map.commit(|tx| {
        let region = tx.mmio("device", 0x20, device());
        let alias = tx.alias("alias", region, 8, 8);
        tx.add_subregion(root, 0x100, region).add_subregion(root, 0x200, alias);
        tx.add_coalescing(region, 4, 8).add_coalescing(region, 0x18, 0x100);
        (region, alias)
    });
    assert_eq!(hears(&map), "+100-11f +200-207 c104-10b c118-11f c200-203", "clipped to the region and to the alias");
    map.commit(|tx| _ = tx.set_address(region, 0x140));
    let moved = "d104-10b d118-11f -100-11f +140-15f c144-14b c158-15f";
    assert_eq!(hears(&map), moved, "they go with their region; the alias's stay");
    map.commit(|tx| _ = tx.add_coalescing(region, 0x10, 4));
    assert_eq!(hears(&map), "c150-153", "kept ranges, one part more");
    map.commit(|tx| _ = tx.add_coalescing(region, 0xc, 4));
    assert_eq!(hears(&map), "d144-14b d150-153 d200-203 c144-153 c200-207", "a part that grows is another part");
    map.commit(|tx| _ = tx.add_coalescing(region, 0, 2).add_coalescing(region, 1, 2));
    assert_eq!(hears(&map), "c140-142", "parts that overlap are told once");
    map.commit(|tx| _ = tx.clear_coalescing(region));
    assert_eq!(hears(&map), "d140-142 d144-153 d158-15f d200-207");
    map.commit(|tx| _ = tx.set_coalescing(alias));
    assert_eq!(hears(&map), "c200-207", "an alias coalesces what it shows");
    map.commit(|tx| _ = tx.set_enabled(alias, false));
    assert_eq!(hears(&map), "d200-207 -200-207");
}

/// Notes elsewhere that a page of what it shows was written, as a hypervisor does, and brings it in when it is asked.
struct Elsewhere {
    asked: Arc<Mutex<Vec<Gpa>>>,
    written: Arc<Mutex<Option<u64>>>,
}

impl Listener for Elsewhere {
    fn log_sync(&mut self, range: &FlatRange) {
        self.asked.lock().push(range.range.start());
        let block = range.target.memory().expect("only memory is logged here");
        if let Some(offset) = self.written.lock().take() {
            block.dirty().mark_written(offset, 1);
        }
    }
}

#[test]
fn r10_log_sync_comes_before_a_log_is_read_for_each_range_that_is_logged() {
    let config = crate::Config { clock: Clock::manual(1), on_device_failure: None };
    let executive = Executive::new(config).expect("the helper thread starts");
    let topology = executive.topology();
    let page = || Arc::new(RamBlock::anonymous("ram", 0x4000).expect("memory"));
    let mut tx = topology.transaction();
    let (root, ram, other) = (tx.container("root", 1 << 64), tx.ram("ram", page()), tx.ram("other", page()));
    let alias = tx.alias("alias", ram, 0x1000, 0x1000);
    tx.add_subregion(root, 0x1_0000, ram).add_subregion(root, 0x2_0000, alias).add_subregion(root, 0x3_0000, other);
    let space = tx.address_space("memory", root);
    tx.commit().expect("lawful");
    let (asked, written) = (Arc::default(), Arc::default());
    let listener = Elsewhere { asked: Arc::clone(&asked), written: Arc::clone(&written) };
    let handle = topology.add_listener("elsewhere", space, 0, listener);

    let log = topology.start_log(ram, DirtyClient::MIGRATION).expect("memory");
    let other = topology.start_log(other, DirtyClient::MIGRATION).expect("memory");
    *written.lock() = Some(0x2001);
    let snapshot = |log: &crate::DirtyLog| log.snapshot_and_clear(0..u64::MAX).expect("open");
    let third_page = 0x2000..0x3000;
    assert_eq!(snapshot(&log), [third_page]);
    assert_eq!(asked.lock().drain(..).collect::<Vec<_>>(), [Gpa(0x1_0000), Gpa(0x2_0000)], "of this region alone");
    assert_eq!(snapshot(&log), []);
    asked.lock().clear();
    let mut tx = topology.transaction();
    tx.set_enabled(alias, false).set_address(ram, 0x8_0000);
    handle.wait_for(tx.commit().expect("lawful").generation).expect("it lives");
    assert_eq!(snapshot(&log), []);
    assert_eq!(asked.lock().drain(..).collect::<Vec<_>>(), [Gpa(0x8_0000)], "where it is now");
    log.stop().expect("open");
    assert_eq!(snapshot(&other), []);
    assert_eq!(asked.lock().drain(..).collect::<Vec<_>>(), [Gpa(0x3_0000)]);
    drop(handle);
    executive.shutdown();
}
