//! Coalesced writes: nobody waits for them, nothing overtakes them, and they are handled when they must be.

mod common;

use std::sync::{Arc, Mutex};

use common::{CPU, Machine, Scripted, soon};
use manyhart_runtime::iommu::{Asked, Mapped, Translator, Untranslated};
use manyhart_runtime::{
    DeviceHandle, FlatRange, Flow, Gpa, MmioSpec, RamBlock, Reader, RegionId, Requester, TopologyError,
};

const AT: u64 = 0x1_0000;

/// What was written or read.
type Notes = Arc<Mutex<Vec<u64>>>;

/// A device that writes down what it is written, and 1000 for a read.
fn scribe(machine: &Machine, name: &str) -> (DeviceHandle<Scripted>, Notes) {
    let notes = Notes::default();
    let (writes, reads) = (Arc::clone(&notes), Arc::clone(&notes));
    let mut device = Scripted::new();
    device.on_write = Box::new(move |_, value| {
        writes.lock().expect("never poisoned").push(value);
        Ok(())
    });
    device.on_read = Box::new(move |_, _| {
        reads.lock().expect("never poisoned").push(1000);
        Ok(7)
    });
    (machine.executive.spawn(name, device), notes)
}

struct At {
    machine: Machine,
    device: DeviceHandle<Scripted>,
    notes: Notes,
    region: RegionId,
    reader: Reader,
}

fn at() -> At {
    let machine = Machine::new();
    let (device, notes) = scribe(&machine, "scribe");
    let region = machine.map(&device, AT);
    let mut reader = machine.executive.reader("cpu", None);
    assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
    At { machine, device, notes, region, reader }
}

impl At {
    fn change(&mut self, record: impl FnOnce(&mut manyhart_runtime::Transaction)) {
        let mut t = self.machine.transaction();
        record(&mut t);
        t.commit().expect("lawful");
        assert_eq!(self.reader.checkpoint(&mut ()), Flow::Run);
    }

    fn write(&mut self, addr: u64, value: u64) {
        self.reader.write(self.machine.space, Gpa(addr), 4, value, CPU, &mut ()).expect("a register");
    }

    /// Writes, and whether the device has not handled that when the write is over. The helper, which would come for it later, is kept away.
    fn is_coalesced(&mut self, addr: u64) -> bool {
        let _held = self.machine.hold_helper();
        let before = self.handled().len();
        self.write(addr, 1);
        let waits = self.handled().len() == before;
        self.reader.read(self.machine.space, Gpa(addr), 4, CPU, &mut ()).expect("a register");
        assert_eq!(self.handled().len(), before + 2, "once, and in front of the read");
        waits
    }

    fn handled(&self) -> Vec<u64> {
        self.notes.lock().expect("never poisoned").clone()
    }

    fn range(&self, addr: u64) -> FlatRange {
        let snapshot = self.machine.executive.topology().snapshot();
        snapshot.view(self.machine.space).expect("a view").find(Gpa(addr)).expect("a range").clone()
    }

    fn coalesced(&self, addr: u64) -> Vec<(u64, u64)> {
        self.range(addr).coalesced_ranges().map(|range| (range.start().0, range.last().0)).collect()
    }
}

#[test]
fn coalesced_writes_are_ahead_of_any_later_access() {
    let mut at = at();
    assert!(!at.is_coalesced(AT), "not before it is asked for");
    let region = at.region;
    at.change(|t| _ = t.set_coalescing(region));
    assert!(at.is_coalesced(AT) && at.is_coalesced(AT + 0xffc));
    at.notes.lock().expect("never poisoned").clear();
    for value in 1..=3 {
        at.write(AT, value);
    }
    // By somebody else, another way.
    let space = at.machine.executive.topology().address_space(at.machine.space);
    space.store(Gpa(AT), 4u32, Requester::Debugger).expect("a register");
    assert_eq!(at.handled(), [1, 2, 3, 4]);
    at.change(|t| _ = t.clear_coalescing(region));
    assert!(!at.is_coalesced(AT), "not after it is taken back");
}

#[test]
fn coalesced_writes_are_handled_when_they_must_be() {
    let mut at = at();
    let region = at.region;
    at.change(|t| _ = t.set_coalescing(region));
    let held = at.machine.hold_helper();
    at.write(AT, 1);
    at.reader.go_offline();
    assert_eq!(at.handled(), [1], "before the reader parks, and by it");
    drop(held);

    assert_eq!(at.reader.checkpoint(&mut ()), Flow::Run);
    at.write(AT, 2);
    assert!(soon(|| at.handled() == [1, 2]), "in time");

    at.write(AT, 3);
    let parked = {
        let paused = {
            at.reader.go_offline();
            at.machine.executive.pause()
        };
        let handled = at.handled();
        drop(paused);
        handled
    };
    assert_eq!(parked, [1, 2, 3], "before a pause is complete");

    assert_eq!(at.reader.checkpoint(&mut ()), Flow::Run);
    at.write(AT, 4);
    let (root, region) = (at.machine.root, at.region);
    let mut t = at.machine.transaction();
    t.del_subregion(root, region).destroy(region);
    let retired = t.commit().expect("lawful").retired;
    assert_eq!(at.reader.checkpoint(&mut ()), Flow::Run);
    retired.wait();
    assert_eq!(at.handled(), [1, 2, 3, 4], "before its region is retired");
    at.device.close();
}

#[test]
fn coalesced_writes_of_all_devices_come_before_an_access_that_flushes() {
    let mut at = at();
    let (other, _) = scribe(&at.machine, "other");
    let flushing = at.machine.map(&other, 2 * AT);
    let region = at.region;
    at.change(|t| _ = t.set_coalescing(region).set_flush_coalesced(flushing, true));
    for value in 1..=50 {
        at.write(AT, value);
        at.reader.read(at.machine.space, Gpa(2 * AT), 4, CPU, &mut ()).expect("a register");
        assert_eq!(at.handled().len() as u64, value);
    }
    at.write(AT, 51);
    let space = at.machine.executive.topology().address_space(at.machine.space);
    space.store(Gpa(2 * AT), 1u32, Requester::Device(1)).expect("a register");
    assert_eq!(at.handled().len(), 51, "whoever it is that flushes");
}

/// Translates nothing away.
struct Straight;

impl Translator for Straight {
    fn translate(&self, asked: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated> {
        Ok(vec![Mapped { addr: Gpa(asked.offset), len: asked.len }])
    }
}

#[test]
fn coalesced_writes_come_before_an_access_that_flushes_behind_an_iommu() {
    let mut at = at();
    let (other, _) = scribe(&at.machine, "other");
    let flushing = at.machine.map(&other, 2 * AT);
    let (region, memory) = (at.region, at.machine.space);
    let mut made = None;
    at.change(|t| {
        t.set_coalescing(region).set_flush_coalesced(flushing, true);
        let root = t.container("root", 1 << 64);
        let ram = t.ram("ram", Arc::new(RamBlock::anonymous("ram", 0x1000).expect("memory")));
        let iommu = t.iommu("iommu", 16 * u128::from(AT), Arc::new(Straight), memory);
        t.add_subregion(root, 0, iommu).add_subregion(root, 16 * AT, ram);
        made = Some((t.address_space("device", root), iommu, ram));
    });
    let (device, iommu, ram) = made.expect("made");
    let space = at.machine.executive.topology().address_space(device);
    let by = Requester::Device(1);
    // Each by one that has no reader of its own, then by a reader.
    let flushed = |at: &mut At, addr: u64| {
        let before = at.handled().len();
        at.write(AT, 1);
        space.load::<u32>(Gpa(addr), by).expect("it answers");
        let first = at.handled().len() == before + 1;
        at.write(AT, 2);
        at.reader.read(device, Gpa(addr), 4, CPU, &mut ()).expect("it answers");
        first && at.handled().len() == before + 2
    };
    assert!(flushed(&mut at, 2 * AT), "the region behind it flushes");
    at.change(|t| _ = t.set_flush_coalesced(flushing, false).set_flush_coalesced(iommu, true));
    assert!(flushed(&mut at, 2 * AT), "what translates flushes");
    at.change(|t| _ = t.set_flush_coalesced(iommu, false).set_flush_coalesced(ram, true));
    assert!(flushed(&mut at, 16 * AT), "memory, too, where it is asked to");
    let before = at.handled().len();
    at.write(AT, 1);
    space.fill(Gpa(16 * AT), 8, 0, by).expect("memory");
    assert_eq!(at.handled().len(), before + 1, "and when it is filled");
}

#[test]
fn coalesced_writes_are_bounded_and_each_is_handled_once() {
    let mut at = at();
    let region = at.region;
    at.change(|t| _ = t.set_coalescing(region).add_coalescing(region, 0, 8).add_coalescing(region, 4, 8));
    for value in 0..1000 {
        at.write(AT, value);
        assert!(at.handled().len() as u64 + 128 > value, "no more than 128 wait");
    }
    // What one thread handles in one go is bounded, too: the helper has the rest.
    at.reader.go_offline();
    assert!(soon(|| at.handled().len() >= 1000));
    assert_eq!(at.handled(), (0..1000).collect::<Vec<u64>>());
}

#[test]
fn coalesced_writes_of_no_size_or_past_the_end_are_errors() {
    let mut at = at();
    let region = at.region;
    let top = u64::MAX - 0xfff;
    at.change(|t| _ = t.set_coalescing(region).set_address(region, top));
    for (addr, size) in [(top, 0), (top, 3), (u64::MAX, 8)] {
        // Found, so that it is at hand.
        at.write(top, 1);
        let result = at.reader.write(at.machine.space, Gpa(addr), size, 1, CPU, &mut ());
        assert!(result.is_err(), "{size} bytes at {addr:#x}");
    }
}

#[test]
fn coalesced_writes_to_a_device_that_is_gone_are_errors() {
    let mut at = at();
    let region = at.region;
    at.change(|t| _ = t.set_coalescing(region));
    at.device.close();
    let (space, reader) = (at.machine.space, std::cell::RefCell::new(at.reader));
    assert!(soon(|| reader.borrow_mut().write(space, Gpa(AT), 4, 1, CPU, &mut ()).is_err()));
}

#[test]
fn b14_coalesced_ranges_follow_their_region_when_it_moves() {
    let mut at = at();
    let region = at.region;
    at.change(|t| _ = t.add_coalescing(region, 0x10, 0x10));
    assert_eq!(at.coalesced(AT), [(AT + 0x10, AT + 0x1f)]);
    at.change(|t| _ = t.set_address(region, 4 * AT));
    assert_eq!(at.coalesced(4 * AT), [(4 * AT + 0x10, 4 * AT + 0x1f)]);
    assert!(at.is_coalesced(4 * AT + 0x1c));
    assert!(!at.is_coalesced(4 * AT + 0x20) && !at.is_coalesced(4 * AT + 0xc));
}

#[test]
fn b15_coalescing_on_an_alias_and_through_one_works() {
    let mut at = at();
    let (region, root) = (at.region, at.machine.root);
    let mut alias = None;
    at.change(|t| {
        let new = t.alias("alias", region, 0x800, 0x100);
        t.add_subregion(root, 4 * AT, new).add_coalescing(new, 0x10, 0x10).add_coalescing(region, 0x880, 0x10);
        alias = Some(new);
    });
    assert_eq!(at.coalesced(4 * AT), [(4 * AT + 0x10, 4 * AT + 0x1f), (4 * AT + 0x80, 4 * AT + 0x8f)]);
    assert_eq!(at.coalesced(AT), [(AT + 0x880, AT + 0x88f)], "the region itself knows nothing of its alias");
    assert!(at.is_coalesced(4 * AT + 0x10) && at.is_coalesced(4 * AT + 0x84));
    assert!(!at.is_coalesced(AT + 0x810) && !at.is_coalesced(4 * AT));
    at.change(|t| _ = t.set_alias_offset(alias.expect("made"), 0));
    assert_eq!(at.coalesced(4 * AT), [(4 * AT + 0x10, 4 * AT + 0x1f)], "its own stay where they are in it");
}

#[test]
fn coalesced_ranges_are_clipped_to_what_is_visible_and_joined() {
    let mut at = at();
    let (region, root) = (at.region, at.machine.root);
    let target = at.device.mmio(1, MmioSpec::aligned(1, 8));
    at.change(|t| {
        let hole = t.mmio("hole", 0x10, target);
        t.add_subregion_overlap(root, AT + 0x18, hole, 1);
        t.add_coalescing(region, 0x10, 0x10).add_coalescing(region, 0x10, 0x20).add_coalescing(region, 0xff0, 0x1000);
    });
    assert_eq!(at.coalesced(AT), [(AT + 0x10, AT + 0x17)]);
    assert_eq!(at.coalesced(AT + 0x28), [(AT + 0x28, AT + 0x2f), (AT + 0xff0, AT + 0xfff)]);
    let mut t = at.machine.transaction();
    t.add_coalescing(region, 0, 0);
    assert_eq!(t.commit().map(drop), Err(TopologyError::ZeroSize(region)));
}
