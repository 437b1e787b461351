//! What each device sees in its own name (A5): spaces by requester, and the gates in front of them (R1).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::machine::{Ends, Machine, PATIENCE};
use crate::iommu::{Asked, Mapped, Translator, Untranslated};
use crate::{AddressSpaceId, BusError, Gpa, RamBlock, RegionId, Requester, TopologyError, Transaction};

/// A space of its own for a device: a gate in front of all of `root`.
fn gated(t: &mut Transaction, root: RegionId, device: u32) -> (RegionId, AddressSpaceId) {
    let gate = t.alias("gate", root, 0, 1 << 64);
    let space = t.address_space("device", gate);
    t.assign_device(device, space);
    (gate, space)
}

/// A space with a page of memory at 0 that holds `tag`.
fn tagged(t: &mut Transaction, tag: u8) -> AddressSpaceId {
    let block = Arc::new(RamBlock::anonymous("tagged", 0x1000).unwrap());
    assert!(block.store(0, tag));
    let root = t.ram("tagged", block);
    t.address_space("tagged", root)
}

#[test]
fn a5_each_device_sees_the_space_that_it_is_assigned() {
    let mut machine = Machine::new();
    machine.change(|t, _| {
        let (a, b) = (tagged(t, 0xa), tagged(t, 0xb));
        t.assign_device(1, a).assign_device(2, b).assign_device(3, b);
    });
    let topology = machine.executive.topology().clone();
    let sees = |device| topology.dma(device).load::<u8>(Gpa(0));
    assert_eq!([1, 2, 3].map(sees), [Ok(0xa), Ok(0xb), Ok(0xb)]);
    assert_eq!(sees(4), Err(BusError::Decode(Gpa(0))), "who is assigned none finds nothing");
    topology.dma(2).store(Gpa(0), 0xcu8).unwrap();
    topology.dma(2).fill(Gpa(1), 3, 0xd).unwrap();
    assert_eq!(topology.dma(3).load::<u32>(Gpa(0)), Ok(0x0d0d_0d0c));
    machine.change(|t, _| _ = t.unassign_device(2));
    assert_eq!((sees(2), sees(3)), (Err(BusError::Decode(Gpa(0))), Ok(0xc)));
    assert_eq!(topology.dma(2).fill(Gpa(0), 1, 0), Err(BusError::Decode(Gpa(0))));
}

#[test]
fn r01_a_disabled_gate_hides_everything_from_one_device() {
    let mut machine = Machine::new();
    let ram = machine.map_ram(0x1000);
    let gates = machine.change(|t, root| [1, 2].map(|device| gated(t, root, device).0));
    let topology = machine.executive.topology().clone();
    let store = |device: u32| topology.dma(device).store(Gpa(0x1000), device);
    assert_eq!([1, 2].map(store), [Ok(()), Ok(())]);
    machine.change(|t, _| _ = t.set_enabled(gates[0], false));
    assert_eq!([1, 2].map(store), [Err(BusError::Decode(Gpa(0x1000))), Ok(())]);
    assert_eq!(ram.load::<u32>(0), Some(2));
    assert_eq!(machine.read(0x1000, 4), Ok(2), "a CPU goes through no gate");
    machine.change(|t, _| _ = t.set_enabled(gates[0], true));
    assert_eq!(store(1), Ok(()));
}

#[test]
fn r01_open_gates_share_one_view() {
    let mut machine = Machine::new();
    machine.map_ram(0x1000);
    let devices: Vec<_> = machine.change(|t, root| (0..256).map(|device| gated(t, root, device)).collect());
    machine.change(|t, _| _ = t.set_enabled(devices[7].0, false));
    machine.map_ram(0x4000);
    let snapshot = machine.executive.topology().snapshot();
    let system = snapshot.view(machine.space).unwrap();
    for (device, &(_, space)) in devices.iter().enumerate() {
        assert_eq!(snapshot.space_of(device as u32), Some(space));
        let view = snapshot.view(space).unwrap();
        assert_eq!(Arc::ptr_eq(view, system), device != 7, "device {device}");
        assert_eq!(view.is_empty(), device == 7);
    }
}

#[test]
fn r11_an_assignment_is_refused_with_its_whole_transaction() {
    let mut machine = Machine::new();
    let a = machine.change(|t, _| {
        let a = tagged(t, 0xa);
        t.assign_device(1, a);
        a
    });
    let topology = machine.executive.topology().clone();
    let before = topology.generation();
    let mut t = topology.transaction();
    let never = t.address_space("never", machine.root);
    drop(t);
    type Record<'a> = &'a dyn Fn(&mut Transaction);
    let cases: [(&str, TopologyError, Record<'_>); 3] = [
        ("no such space", TopologyError::UnknownSpace(never.0), &|t| _ = t.assign_device(1, never)),
        ("a later error", TopologyError::NotPlaced(machine.root), &|t| {
            t.unassign_device(1).assign_device(2, a).set_address(machine.root, 0);
        }),
        ("too early", TopologyError::UnknownSpace(never.0 + 1), &|t| {
            let later = AddressSpaceId(never.0 + 1);
            t.assign_device(1, later);
            assert_eq!(t.address_space("later", machine.root), later);
        }),
    ];
    for (name, want, record) in cases {
        let mut t = topology.transaction();
        record(&mut t);
        assert_eq!(t.commit().map(|_| ()), Err(want), "{name}");
        let snapshot = topology.snapshot();
        assert_eq!((snapshot.space_of(1), snapshot.space_of(2)), (Some(a), None), "{name}");
    }
    let mut t = topology.transaction();
    t.assign_device(1, a);
    t.commit().unwrap();
    assert_eq!(topology.generation(), before, "what changes nothing is not published");
}

#[test]
fn c3_devices_trade_spaces_in_one_publication() {
    let mut machine = Machine::new();
    let spaces = machine.change(|t, _| {
        let spaces = [tagged(t, 0), tagged(t, 1)];
        t.assign_device(0, spaces[0]).assign_device(1, spaces[1]);
        spaces
    });
    let topology = machine.executive.topology().clone();
    // A virtual CPU that stands still would hold back what the other thread waits for.
    machine.reader.go_offline();
    let (done, turns) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        // Whichever fails has the other end.
        let _ends = Ends(&done);
        scope.spawn(|| {
            let _ends = Ends(&done);
            while !done.load(Ordering::Relaxed) {
                let turn = turns.fetch_add(1, Ordering::Relaxed) + 1;
                let mut t = topology.transaction();
                t.assign_device(0, spaces[turn % 2]).assign_device(1, spaces[1 - turn % 2]);
                assert!(t.commit().unwrap().retired.wait_for(PATIENCE), "turn {turn} does not retire");
            }
        });
        let (mut seen, end) = ([0u32; 2], Instant::now() + PATIENCE);
        // Either thread may stand still for long while the other runs: until there were many turns, and both assignments were seen.
        while turns.load(Ordering::Relaxed) < 500 || seen.iter().any(|&seen| seen < 10) {
            assert!(Instant::now() < end && !done.load(Ordering::Relaxed), "{turns:?} turns, {seen:?}");
            let hold = topology.dma(0).hold();
            let pair = [0, 1].map(|device| hold.snapshot().space_of(device).unwrap());
            assert!(pair == spaces || pair == [spaces[1], spaces[0]], "{pair:?}");
            seen[usize::from(topology.dma(0).load::<u8>(Gpa(0)).unwrap())] += 1;
        }
    });
}

#[test]
fn c5_retired_of_an_assignment_waits_for_what_is_under_way() {
    let mut machine = Machine::new();
    let (a, b) = machine.change(|t, _| {
        let (a, b) = (tagged(t, 0xa), tagged(t, 0xb));
        t.assign_device(1, a);
        (a, b)
    });
    machine.reader.go_offline();
    let topology = machine.executive.topology().clone();
    let hold = topology.dma(1).hold();
    assert_eq!(topology.dma(1).space_in(hold.snapshot()), Some(a));
    let mut t = topology.transaction();
    t.assign_device(1, b);
    let left = t.commit().unwrap().retired;
    thread::sleep(Duration::from_millis(10));
    assert!(!left.is_complete());
    drop(hold);
    assert!(left.wait_for(PATIENCE));
    assert_eq!(topology.dma(1).load::<u8>(Gpa(0)), Ok(0xb));
}

/// Gives each device a page of its own.
struct PageOf;

impl Translator for PageOf {
    fn translate(&self, asked: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated> {
        let Requester::Device(device) = asked.requester else { return Err(Untranslated { offset: asked.offset }) };
        Ok(vec![Mapped { addr: Gpa(0x1_0000 + 0x1000 * u64::from(device) + asked.offset), len: asked.len }])
    }
}

#[test]
fn a5_one_iommu_tells_devices_apart() {
    let mut machine = Machine::new();
    let pages = [machine.map_ram(0x1_0000), machine.map_ram(0x1_1000)];
    let memory = machine.space;
    machine.change(|t, _| {
        let iommu = t.iommu("iommu", 0x1000, Arc::new(PageOf), memory);
        let translated = t.address_space("translated", iommu);
        t.assign_device(0, translated).assign_device(1, translated);
    });
    for device in 0..2u32 {
        machine.executive.topology().dma(device).store(Gpa(8), device + 5).unwrap();
        assert_eq!(pages[device as usize].load::<u32>(8), Some(device + 5));
    }
}
