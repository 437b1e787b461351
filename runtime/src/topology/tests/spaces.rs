//! Address spaces end, too: what is refused, who hears of it, and that nothing of them stays.

use super::replay::{Copy, Replayer, snapshot, told};
use super::steps::Through;
use super::*;
use crate::topology::listener::Listener;
use crate::topology::tell::{Life, tell};
use crate::{AddrRange, BusError, DropCached, Flow, Invalidate, RamBlock, Reader, Requester};
use parking_lot::Mutex;

#[test]
fn a_closed_space_is_gone_and_its_number_never_comes_again() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let (other_root, other) = map.commit(|tx| {
        let root = tx.reservation("other", 0x1000);
        (root, tx.address_space("other", root))
    });
    assert_eq!(map.refuse(|tx| _ = tx.destroy(other_root)), TopologyError::InUse(other_root));
    let before = map.generation;
    let mut tx = map.transaction();
    tx.close_address_space(other).destroy(other_root);
    let applied = map.apply(tx).expect("nobody is in the way");
    assert!(applied.changed && map.generation == before + 1);
    assert!(applied.withdrawn.iter().any(|(region, _)| *region == other_root), "what it showed is waited for");
    assert!(applied.spaces.get(other).is_none() && applied.spaces.get(space).is_some());
    for refused in [map.refuse(|tx| _ = tx.close_address_space(other)), map.refuse(|tx| _ = tx.assign_device(1, other))]
    {
        assert_eq!(refused, TopologyError::UnknownSpace(other.number()));
    }
    let next = map.commit(|tx| tx.address_space("next", root));
    assert!(next != other && map.shows(next) == map.shows(space));
}

#[test]
fn a_space_that_somebody_would_go_on_into_is_not_closed() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let in_use = TopologyError::SpaceInUse(space.number());
    map.commit(|tx| _ = tx.assign_device(7, space));
    assert_eq!(map.refuse(|tx| _ = tx.close_address_space(space)), in_use, "a device sees it");
    map.commit(|tx| _ = tx.unassign_device(7));
    let iommu = map.commit(|tx| tx.iommu("iommu", 0x1000, Arc::new(Through), space));
    assert_eq!(map.refuse(|tx| _ = tx.close_address_space(space)), in_use, "a region translates into it");
    // All of it in one transaction, in whichever order is lawful step by step.
    map.commit(|tx| _ = tx.destroy(iommu).close_address_space(space).destroy(root));
    assert_eq!(map.state.spaces().iter().len(), 0);
    // One that is made and closed in one transaction was never there.
    let generation = map.generation;
    map.commit(|tx| {
        let root = tx.container("root", 1);
        let space = tx.address_space("short-lived", root);
        tx.close_address_space(space).destroy(root);
    });
    assert_eq!(map.generation, generation, "nobody can see a difference");
}

#[test]
fn a_refused_transaction_reopens_what_it_closed() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    map.refuse(|tx| _ = tx.close_address_space(space).set_address(root, 4));
    assert_eq!(map.at(space, 4), None, "it is there, and empty");
    map.commit(|tx| _ = tx.close_address_space(space));
    // The history knows it as it was.
    let history = map.history();
    let generation = map.generation;
    assert_eq!(history.newest().spaces(), []);
    assert_eq!(history.at(generation - 1).expect("kept").spaces().len(), 1);
}

/// Hears what it is told, and that there will be nothing more.
struct Hears(Replayer, Arc<Mutex<Option<Generation>>>);

impl Listener for Hears {
    fn begin(&mut self, generation: Generation) {
        self.0.begin(generation);
    }
    fn region_del(&mut self, range: &super::super::FlatRange) {
        self.0.region_del(range);
    }
    fn region_add(&mut self, range: &super::super::FlatRange) {
        self.0.region_add(range);
    }
    fn commit(&mut self, generation: Generation) {
        self.0.commit(generation);
    }
    fn closed(&mut self, generation: Generation) {
        assert!(self.1.lock().replace(generation).is_none(), "told once");
    }
}

#[test]
fn a_listener_is_told_of_the_end_and_only_of_that() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let (copy, closed) = (Arc::new(Mutex::new(Copy::default())), Arc::new(Mutex::new(None)));
    let mut listeners = [told(space, 0, 1, Hears(Replayer(copy.clone()), closed.clone()))];
    let early = map.transaction().address_space("never", root);
    let mut awaits = [told(early, 0, 2, Hears(Replayer(copy.clone()), closed.clone()))];
    map.commit(|tx| {
        let region = tx.reservation("region", 8);
        tx.add_subregion(root, 0, region);
    });
    tell(&mut awaits, &snapshot(&map));
    assert!(!awaits[0].is_over() && awaits[0].life == Life::Awaited, "one that is not there yet may come");
    tell(&mut listeners, &snapshot(&map));
    assert_eq!((copy.lock().ranges.len(), *closed.lock()), (1, None));
    map.commit(|tx| _ = tx.close_address_space(space));
    tell(&mut listeners, &snapshot(&map));
    assert_eq!((copy.lock().ranges.len(), *closed.lock()), (0, Some(map.generation)));
    assert!(listeners[0].is_over());
}

/// A software TLB of one entry.
struct Cached(AddressSpaceId, Option<RegionId>);

impl DropCached for Cached {
    fn drop_cached(&mut self, what: Invalidate<'_>) {
        let concerned = match what {
            Invalidate::Space(space) | Invalidate::Ranges(space, _) => space == self.0,
            Invalidate::Closed(snapshot) => snapshot.view(self.0).is_none(),
            Invalidate::Marks => false,
        };
        if concerned {
            self.1 = None;
        }
    }
}

fn online(reader: &mut Reader, caches: &mut Cached) {
    assert_eq!(reader.checkpoint(caches), Flow::Run);
}

#[test]
fn readers_devices_and_listeners_of_a_closed_space_get_typed_errors() {
    let executive = Executive::new(Config { clock: Clock::manual(1), on_device_failure: None }).expect("a helper");
    let topology = executive.topology();
    let block = Arc::new(RamBlock::anonymous("memory", 0x1000).expect("a page"));
    let mut tx = topology.transaction();
    let ram = tx.ram("ram", Arc::clone(&block));
    let kept = tx.address_space("kept", ram);
    let whole = tx.alias("whole", ram, 0, 0x1000);
    let closing = tx.address_space("closing", whole);
    tx.commit().expect("lawful");

    let memory = topology.address_space(closing);
    let holds = memory.hold();
    let (copy, heard) = (Arc::new(Mutex::new(Copy::default())), Arc::new(Mutex::new(None)));
    let handle = topology.add_listener("hears", closing, 0, Hears(Replayer(copy.clone()), heard.clone()));
    let mut reader = executive.reader("reader", None);
    let mut caches = [closing, kept].map(|space| Cached(space, Some(ram)));
    online(&mut reader, &mut caches[0]);
    assert_eq!(reader.read(closing, Gpa(0), 4, Requester::Debugger, &mut caches[0]), Ok(0));
    caches[0].1 = Some(ram);

    let mut tx = topology.transaction();
    tx.close_address_space(closing).destroy(whole);
    let committed = tx.commit().expect("nobody is in the way");
    handle.wait_for(committed.generation).expect("it has heard");
    assert_eq!((copy.lock().ranges.len(), *heard.lock()), (0, Some(committed.generation)));
    handle.wait_gone();
    assert!(handle.is_closed() && handle.wait_for(committed.generation + 1).is_err());
    assert!(!committed.retired.is_complete(), "the reader and the hold are still there");

    let none = BusError::NoSpace(closing.number());
    assert_eq!(memory.load::<u32>(Gpa(0), Requester::Debugger), Err(none.clone()));
    assert_eq!(memory.store(Gpa(0), 1u32, Requester::Debugger), Err(none.clone()));
    assert_eq!(memory.fill(Gpa(0), 8, 1, Requester::Debugger), Err(none.clone()));
    assert!(caches[0].1.is_some(), "it has not heard yet");
    online(&mut reader, &mut caches[0]);
    assert!(caches[0].1.is_none(), "what it had cached of the space is dropped");
    for size in [1, 2, 4, 8] {
        assert_eq!(reader.read(closing, Gpa(0), size, Requester::Debugger, &mut ()), Err(none.clone()));
        assert_eq!(reader.write(closing, Gpa(0), size, 0, Requester::Debugger, &mut ()), Err(none.clone()));
        assert_eq!(reader.atomic_memory(closing, Gpa(0), size), Err(none.clone()));
    }
    assert!(reader.view(closing).is_empty() && reader.find(closing, Gpa(0)).is_none());
    assert_eq!(reader.read(kept, Gpa(0), 4, Requester::Debugger, &mut ()), Ok(0));
    assert!(holds.snapshot().view(closing).is_some_and(|view| view.overlapping(AddrRange::ALL).count() == 1));
    drop(holds);
    reader.go_offline();
    committed.retired.wait();

    // Another space's cache hears nothing of it.
    let mut other = executive.reader("other", None);
    online(&mut other, &mut caches[1]);
    caches[1].1 = Some(ram);
    let mut tx = topology.transaction();
    let alias = tx.alias("whole", ram, 0, 0x1000);
    let short = tx.address_space("short", alias);
    tx.commit().expect("lawful");
    online(&mut other, &mut caches[1]);
    let mut tx = topology.transaction();
    tx.close_address_space(short);
    tx.commit().expect("lawful");
    online(&mut other, &mut caches[1]);
    assert!(caches[1].1.is_some());
    other.go_offline();
    executive.shutdown();
}

#[test]
fn a_machine_that_has_ended_shows_nothing_and_its_readers_forget() {
    let executive = Executive::new(Config { clock: Clock::manual(1), on_device_failure: None }).expect("a helper");
    let block = Arc::new(RamBlock::anonymous("memory", 0x1000).expect("a page"));
    let memory = Arc::downgrade(&block);
    let mut tx = executive.topology().transaction();
    let ram = tx.ram("ram", block);
    let space = tx.address_space("space", ram);
    tx.commit().expect("lawful");
    let (mut reader, mut caches) = (executive.reader("reader", None), Cached(space, None));
    online(&mut reader, &mut caches);
    assert_eq!(reader.read(space, Gpa(0), 4, Requester::Debugger, &mut caches), Ok(0));
    caches.1 = Some(ram);
    reader.go_offline();
    executive.shutdown();
    assert!(memory.upgrade().is_none(), "nobody holds the machine's memory");
    online(&mut reader, &mut caches);
    assert!(caches.1.is_none(), "what it had cached is dropped before it is used");
    let none = BusError::NoSpace(space.number());
    assert_eq!(reader.read(space, Gpa(0), 4, Requester::Debugger, &mut caches), Err(none));
}
