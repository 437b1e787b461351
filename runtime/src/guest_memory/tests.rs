//! What the traits promise, over a small machine. A queue of rust-vmm's is in `tests/virtqueue.rs`.

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use vm_memory::bitmap::Bitmap;
use vm_memory::iommu::{Error as IommuError, Iotlb, IotlbIterator, IovaRange};
use vm_memory::{
    Bytes, GuestMemoryBackend, GuestMemoryRegion, Iommu, MemoryRegionAddress, ReadVolatile, VolatileMemory,
};

use super::*;
use crate::access::tests::machine::{Ends, PATIENCE};
use crate::iommu::{Asked, Mapped, Translator, Untranslated};
use crate::ram::monitor;
use crate::{Clock, Config, Executive, RegionId};

const DEVICE: Requester = Requester::Device(3);

/// Memory at 0x1000 and 0x3000 (one block each, of a page) with nothing between, ROM at 0x4000, a reservation at 0x5000.
struct Machine {
    executive: Executive,
    root: RegionId,
    low: (RegionId, Arc<RamBlock>),
    high: Arc<RamBlock>,
    space: AddressSpaceId,
}

fn machine() -> Machine {
    let executive = Executive::new(Config { clock: Clock::manual(1), on_device_failure: None }).unwrap();
    let mut t = executive.topology().transaction();
    let block = |name| Arc::new(RamBlock::anonymous(name, 0x1000).unwrap());
    let (low, high, rom) = (block("low"), block("high"), block("rom"));
    assert!(rom.store(8, 0x77u8));
    let root = t.container("root", 1 << 64);
    let (low_region, high_region) = (t.ram("low", low.clone()), t.ram("high", high.clone()));
    let (rom_region, reserved) = (t.rom("rom", rom), t.reservation("reserved", 0x1000));
    t.add_subregion(root, 0x1000, low_region).add_subregion(root, 0x3000, high_region);
    t.add_subregion(root, 0x4000, rom_region).add_subregion(root, 0x5000, reserved);
    let space = t.address_space("memory", root);
    t.commit().unwrap();
    Machine { executive, root, low: (low_region, low), high, space }
}

impl Machine {
    fn memory_of(&self, space: AddressSpaceId) -> GuestSpace {
        GuestSpace::new(self.executive.topology().address_space(space), DEVICE)
    }

    fn view(&self) -> Arc<GuestView> {
        self.memory_of(self.space).memory()
    }
}

#[test]
fn bytes_reach_memory_and_only_memory() {
    let machine = machine();
    let view = machine.view();
    view.write_obj(0x1122_3344_5566_7788u64, GuestAddress(0x1008)).unwrap();
    assert_eq!(machine.low.1.load::<u64>(8), Some(0x1122_3344_5566_7788));
    assert_eq!(view.load::<u16>(GuestAddress(0x100a), Ordering::Acquire).unwrap(), 0x5566);
    view.store(9u32, GuestAddress(0x3000), Ordering::Release).unwrap();
    assert_eq!(machine.high.load::<u32>(0), Some(9));
    assert_eq!(view.read_obj::<u8>(GuestAddress(0x4008)).unwrap(), 0x77);
    for addr in [0, 0x2000, 0x5000, u64::MAX] {
        let error = view.read_obj::<u8>(GuestAddress(addr)).unwrap_err();
        assert!(matches!(error, GuestMemoryError::InvalidGuestAddress(_)), "{addr:#x}: {error}");
    }
    let mut file = &[7u8; 16][..];
    let slice = view.get_slices(GuestAddress(0x1100), 16, Permissions::Write).unwrap().next().unwrap().unwrap();
    assert_eq!(file.read_volatile(&mut slice.subslice(0, 16).unwrap()).unwrap(), 16);
    assert_eq!(machine.low.1.load::<u8>(0x10f), Some(7));
}

#[test]
fn a4_an_access_is_whole_or_not_at_all() {
    let machine = machine();
    let view = machine.view();
    assert!(view.write(&[9; 16], GuestAddress(0x1ff8)).is_err(), "a hole follows");
    assert_eq!(machine.low.1.load::<u64>(0xff8), Some(0), "nothing was written");
    let mut bytes = [1; 16];
    assert_eq!(view.read(&mut bytes, GuestAddress(0x3ff8)).unwrap(), 16, "across two blocks");
    assert_eq!(bytes, [[0; 8], [0, 0, 0, 0, 0, 0, 0, 0]].concat()[..]);
    let lens: Vec<usize> =
        view.get_slices(GuestAddress(0x3ff8), 16, Permissions::Read).unwrap().map(|s| s.unwrap().len()).collect();
    assert_eq!(lens, [8, 8]);
    assert_eq!(view.get_slices(GuestAddress(0), 0, Permissions::Read).unwrap().count(), 0);
}

#[test]
fn a8_what_is_read_only_is_not_lent_for_writes() {
    let machine = machine();
    let view = machine.view();
    let error = view.write_obj(1u8, GuestAddress(0x4008)).unwrap_err();
    assert!(matches!(error, GuestMemoryError::IOError(e) if e.kind() == io::ErrorKind::PermissionDenied));
    let cases = [
        (0x4000, 0x1000, Permissions::Read, true),
        (0x4000, 1, Permissions::Write, false),
        (0x4000, 1, Permissions::ReadWrite, false),
        (0x3000, 0x1000, Permissions::ReadWrite, true),
        (0x3000, 0x1001, Permissions::Write, false),
        (0x3000, 0x2001, Permissions::Read, false),
        (0x1000, 0x1001, Permissions::No, false),
        (0xffff_ffff_ffff_fff0, 0x20, Permissions::Read, false),
    ];
    for (addr, count, access, want) in cases {
        assert_eq!(view.check_range(GuestAddress(addr), count, access), want, "{addr:#x}, {count:#x}, {access:?}");
    }
}

/// Whether a reservation on low memory's 0x40 outlives `write`. Tests share the one table of reservations, whose entries are shared by
/// lines in turn: one lost to a neighbour is tried again.
fn outlives(machine: &Machine, write: impl Fn(&GuestView)) -> bool {
    let view = machine.view();
    let host = machine.low.1.host_address(0x40, 8).unwrap().addr();
    let mut tokens = monitor::Tokens::default();
    (0..100).any(|_| {
        let token = monitor::watch(host, &mut tokens);
        write(&view);
        monitor::claim(host, token)
    })
}

#[test]
fn a7_every_write_ends_reservations() {
    let machine = machine();
    let addr = GuestAddress(0x1040);
    assert!(outlives(&machine, |_| ()));
    assert!(outlives(&machine, |view| _ = view.read_obj::<u64>(addr).unwrap()));
    assert!(outlives(&machine, |view| view.write_obj(1u64, GuestAddress(0x3100)).unwrap()), "another line");
    type Write = fn(&GuestView, GuestAddress);
    let writes: [(&str, Write); 7] = [
        ("write", |view, addr| _ = view.write(&[1; 8], addr).unwrap()),
        ("write_obj", |view, addr| view.write_obj(1u16, addr).unwrap()),
        ("store", |view, addr| view.store(1u32, addr, Ordering::Relaxed).unwrap()),
        ("a long write", |view, addr| view.write_slice(&[2; 0x80], GuestAddress(addr.0 - 0x40)).unwrap()),
        ("a reference", |view, addr| {
            let slice = view.get_slices(addr, 8, Permissions::Write).unwrap().next().unwrap().unwrap();
            slice.get_ref::<u32>(4).unwrap().store(3);
        }),
        ("a region", |view, addr| {
            let ram = view.physical_memory().unwrap();
            ram.find_region(addr).unwrap().write_obj(5u8, MemoryRegionAddress(0x40)).unwrap();
        }),
        ("a raw pointer, by vm_memory's rule", |view, addr| {
            let slice = view.get_slices(addr, 8, Permissions::Write).unwrap().next().unwrap().unwrap();
            // SAFETY: the slice's own byte.
            unsafe { slice.ptr_guard_mut().as_ptr().write_volatile(1) };
            slice.bitmap().mark_dirty(0, 1);
        }),
    ];
    for (name, write) in writes {
        assert!(!outlives(&machine, |view| write(view, addr)), "{name}");
    }
}

#[test]
fn c5_retired_waits_for_guards_of_before() {
    let machine = machine();
    let memory = machine.memory_of(machine.space);
    let guard = memory.memory();
    let second = guard.clone();
    let mut t = machine.executive.topology().transaction();
    t.del_subregion(machine.root, machine.low.0);
    let removed = t.commit().unwrap().retired;
    std::thread::sleep(Duration::from_millis(20));
    assert!(!removed.is_complete());
    guard.write_obj(5u8, GuestAddress(0x1000)).unwrap();
    assert_eq!(machine.low.1.load::<u8>(0), Some(5), "it is where it was");
    let stalled = machine.executive.stalled(Duration::ZERO);
    assert_eq!(stalled[0].holders, ["1 holds of older snapshots"]);

    let later = memory.memory();
    assert!(!later.check_range(GuestAddress(0x1000), 1, Permissions::Read), "who comes later does not see it");
    // What is no memory is out of a guard's reach, and waits for none.
    let mut t = machine.executive.topology().transaction();
    let reserved = t.reservation("other", 0x1000);
    t.add_subregion(machine.root, 0x8000, reserved);
    t.commit().unwrap();
    let mut t = machine.executive.topology().transaction();
    t.del_subregion(machine.root, reserved);
    t.commit().unwrap().retired.wait();

    drop(guard);
    std::thread::sleep(Duration::from_millis(20));
    assert!(!removed.is_complete(), "a clone is a guard");
    drop(second);
    removed.wait();
    drop(later);
}

#[test]
fn physical_memory_is_what_others_may_map() {
    let machine = machine();
    let view = machine.view();
    let ram = view.physical_memory().expect("nothing is translated");
    let starts: Vec<(u64, u64)> = ram.iter().map(|region| (region.start_addr().0, region.len())).collect();
    assert_eq!(starts, [(0x1000, 0x1000), (0x3000, 0x1000)], "not what is read-only");
    let (region, at) = ram.to_region_addr(GuestAddress(0x3010)).unwrap();
    assert_eq!(region.get_host_address(at).unwrap(), machine.high.host_address(0x10, 1).unwrap());
    assert!(region.get_slice(MemoryRegionAddress(0xfff), 2).is_err());
    assert!(region.get_slice(MemoryRegionAddress(u64::MAX), 2).is_err());
    assert!(region.get_host_address(MemoryRegionAddress(0x1000)).is_err());
    // By its file, as another process would.
    let file = region.file_offset().expect("a memfd");
    assert!(machine.high.store(0x20, 0xabu8));
    let mut byte = [0];
    std::os::unix::fs::FileExt::read_exact_at(file.file(), &mut byte, file.start() + 0x20).unwrap();
    assert_eq!(byte, [0xab]);
}

/// A table that its owner fills.
#[derive(Debug, Default)]
struct Table(RwLock<Iotlb>);

impl Iommu for Table {
    type IotlbGuard<'a> = std::sync::RwLockReadGuard<'a, Iotlb>;

    fn translate(
        &self,
        iova: GuestAddress,
        length: usize,
        access: Permissions,
    ) -> Result<IotlbIterator<Self::IotlbGuard<'_>>, IommuError> {
        let table = self.0.read().expect("no writer panics");
        Iotlb::lookup(table, iova, length, access).map_err(|fails| IommuError::CannotResolve {
            iova_range: fails
                .misses
                .first()
                .or(fails.access_fails.first())
                .cloned()
                .unwrap_or(IovaRange { base: iova, length }),
            reason: "not mapped so".to_owned(),
        })
    }
}

#[test]
fn r02_iommu_of_vm_memory_translates_for_everybody() {
    let machine = machine();
    let table = Table::default();
    let mut map = table.0.write().unwrap();
    map.set_mapping(GuestAddress(0), GuestAddress(0x3000), 0x800, Permissions::ReadWrite).unwrap();
    map.set_mapping(GuestAddress(0x800), GuestAddress(0x1000), 0x800, Permissions::Read).unwrap();
    drop(map);
    let mut t = machine.executive.topology().transaction();
    let iommu = t.iommu("iommu", 1 << 64, Arc::new(Translated(table)), machine.space);
    let space = t.address_space("device", iommu);
    t.commit().unwrap();

    let dma = machine.executive.topology().address_space(space);
    dma.store(Gpa(0x7f8), 0x0102_0304_0506_0708u64, DEVICE).unwrap();
    assert_eq!(machine.high.load::<u8>(0x7f8), Some(8));
    let untranslated = |addr| BusError::Untranslated { addr: Gpa(addr), region: "iommu".into() };
    assert_eq!(dma.write(Gpa(0x7fc), &[0; 8], DEVICE), Err(untranslated(0x800)));
    assert_eq!(dma.load::<u8>(Gpa(u64::MAX), DEVICE), Err(untranslated(u64::MAX)), "the very last byte");

    let view = machine.memory_of(space).memory();
    assert!(view.physical_memory().is_none(), "what is translated is no physical memory");
    assert!(view.check_range(GuestAddress(0x7f0), 0x20, Permissions::Read));
    assert!(!view.check_range(GuestAddress(0x7f0), 0x20, Permissions::Write));
    assert_eq!(view.read_obj::<u64>(GuestAddress(0x7f8)).unwrap(), 0x0102_0304_0506_0708);
    let mut bytes = [1; 0x20];
    view.read_slice(&mut bytes, GuestAddress(0x7f0)).unwrap();
    assert_eq!(bytes[0x10..], [0; 0x10]);
    let error = view.write_obj(0u8, GuestAddress(0x800)).unwrap_err();
    assert!(matches!(error, GuestMemoryError::IOError(e) if e.to_string().contains("does not translate")));
}

#[test]
fn a5_a_device_sees_the_space_that_it_is_assigned_when_the_guard_is_taken() {
    let machine = machine();
    let topology = machine.executive.topology();
    let memory = GuestSpace::from(topology.dma(3));
    let nothing = memory.memory();
    assert!(nothing.read_obj::<u8>(GuestAddress(0x1000)).is_err() && nothing.physical_memory().is_none());
    let mut t = topology.transaction();
    t.assign_device(3, machine.space);
    t.commit().unwrap();
    memory.memory().write_obj(7u8, GuestAddress(0x1000)).unwrap();
    assert_eq!(machine.low.1.load::<u8>(0), Some(7));
    assert!(nothing.read_obj::<u8>(GuestAddress(0x1000)).is_err(), "a guard is of one generation");
}

/// One page, which may be moved at any time.
struct Movable(AtomicU64);

impl Translator for Movable {
    fn translate(&self, asked: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated> {
        Ok(vec![Mapped { addr: Gpa(self.0.load(Ordering::Acquire) + asked.offset), len: asked.len }])
    }
}

#[test]
fn c5_nothing_goes_by_an_invalidated_translation_once_retired() {
    let machine = machine();
    let topology = machine.executive.topology();
    let places = [(0x1000, machine.low.1.clone()), (0x3000, machine.high.clone())];
    let page = Arc::new(Movable(AtomicU64::new(places[0].0)));
    let mut t = topology.transaction();
    let iommu = t.iommu("iommu", 0x1000, page.clone(), machine.space);
    let space = t.address_space("device", iommu);
    t.commit().unwrap();
    let memory = machine.memory_of(space);
    let (dma, done) = (topology.address_space(space), AtomicBool::new(false));
    std::thread::scope(|scope| {
        // Also when an assertion below fails: the scope waits for both.
        let _ends = Ends(&done);
        // One keeps a slice for a while, the other has each access translated.
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let view = memory.memory();
                let slice = view.get_slices(GuestAddress(0), 8, Permissions::Write).unwrap().next().unwrap().unwrap();
                for value in 1..20u64 {
                    slice.write_obj(value, 0).unwrap();
                    std::thread::yield_now();
                }
            }
        });
        scope.spawn(|| {
            for value in 1u64.. {
                if done.load(Ordering::Relaxed) {
                    return;
                }
                dma.store(Gpa(8), value, DEVICE).unwrap();
            }
        });
        for turn in 1..=10 {
            let (old, (new, _)) = (&places[(turn + 1) % 2].1, &places[turn % 2]);
            page.0.store(*new, Ordering::Release);
            let mut t = topology.transaction();
            t.invalidate_translations(iommu);
            assert!(t.commit().unwrap().retired.wait_for(PATIENCE));
            // From here on the old page is free for anything else.
            assert!(old.store(0, u64::MAX) && old.store(8, u64::MAX));
            std::thread::sleep(Duration::from_millis(2));
            assert_eq!([0, 8].map(|at| old.load::<u64>(at)), [Some(u64::MAX); 2], "turn {turn}");
        }
    });
}
