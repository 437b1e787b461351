//! Accesses through regions that translate (R2), by the access rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::machine::{CPU, Machine, taken};
use crate::actor::MmioSpec;
use crate::iommu::{Asked, Mapped, Translator, Untranslated};
use crate::{AddressSpace, AddressSpaceId, BusError, Gpa, RamBlock, RegionId, Requester};

const DEVICE: Requester = Requester::Device(7);
const PAGE: u64 = 0x1000;

/// Pages, each with its place and whether it may be written; for one requester only.
#[derive(Default)]
struct Pages(Mutex<BTreeMap<u64, (u64, bool)>>);

impl Pages {
    fn map(&self, page: u64, to: u64, writable: bool) {
        self.0.lock().insert(page, (to, writable));
    }
}

impl Translator for Pages {
    fn translate(&self, asked: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated> {
        let pages = self.0.lock();
        let (mut at, end) = (asked.offset, asked.offset + asked.len);
        let mut pieces = Vec::new();
        while at < end {
            let len = (PAGE - at % PAGE).min(end - at);
            match pages.get(&(at / PAGE)) {
                Some(&(to, writable)) if asked.requester == DEVICE && (writable || !asked.write) => {
                    pieces.push(Mapped { addr: Gpa(to + at % PAGE), len });
                }
                _ => return Err(Untranslated { offset: at }),
            }
            at += len;
        }
        Ok(pieces)
    }
}

/// A machine whose space has memory at 0x10000 and 0x12000 and a device at 0x20000, and a space that reaches it through an IOMMU at 0x4000.
struct Setup {
    machine: Machine,
    pages: Arc<Pages>,
    low: Arc<RamBlock>,
    high: Arc<RamBlock>,
    root: RegionId,
    iommu: RegionId,
    dma: AddressSpace,
}

fn space_through(machine: &mut Machine, translator: Arc<dyn Translator>) -> (RegionId, RegionId, AddressSpaceId) {
    let target = machine.space;
    machine.change(|t, _| {
        let root = t.container("device root", 1 << 64);
        let iommu = t.iommu("iommu", 0x10000, translator, target);
        t.add_subregion(root, 0x4000, iommu);
        (root, iommu, t.address_space("device", root))
    })
}

fn setup() -> Setup {
    let mut machine = Machine::new();
    let (low, high) = (machine.map_ram(0x10000), machine.map_ram(0x12000));
    let pages = Arc::new(Pages::default());
    let (root, iommu, space) = space_through(&mut machine, pages.clone());
    let dma = machine.executive.topology().address_space(space);
    Setup { machine, pages, low, high, root, iommu, dma }
}

#[test]
fn r02_iommu_translates_each_access() {
    let s = setup();
    s.pages.map(0, 0x10000, true);
    s.dma.store(Gpa(0x4008), 0x1122_3344u32, DEVICE).unwrap();
    assert_eq!(s.low.load::<u32>(8), Some(0x1122_3344));
    assert_eq!(s.dma.load::<u16>(Gpa(0x400a), DEVICE), Ok(0x1122));
    // Without any commit:
    s.pages.map(0, 0x12000, true);
    assert_eq!(s.dma.load::<u16>(Gpa(0x400a), DEVICE), Ok(0));
    s.dma.fill(Gpa(0x4000), 16, 0x55, DEVICE).unwrap();
    assert_eq!(s.high.load::<u64>(8), Some(0x5555_5555_5555_5555));
}

#[test]
fn r02_iommu_keeps_to_its_permissions() {
    let s = setup();
    s.pages.map(0, 0x10000, true);
    s.pages.map(1, 0x12000, false);
    let refused = |addr| Err(BusError::Untranslated { addr: Gpa(addr), region: "iommu".into() });
    assert_eq!(s.dma.load::<u8>(Gpa(0x5000), DEVICE), Ok(0));
    assert_eq!(s.dma.store(Gpa(0x5000), 1u8, DEVICE), refused(0x5000), "no right to write");
    assert_eq!(s.dma.load::<u8>(Gpa(0x6000), DEVICE), refused(0x6000).map(|()| 0), "not mapped");
    assert_eq!(s.dma.load::<u8>(Gpa(0x4000), CPU), refused(0x4000).map(|()| 0), "not for this requester");
    // All or nothing, where the access reaches into a page with fewer rights.
    assert_eq!(s.dma.write(Gpa(0x4ffc), &[9; 8], DEVICE), refused(0x5000));
    assert_eq!(s.low.load::<u32>(0xffc), Some(0), "nothing was written");
    let mut bytes = [1; 8];
    s.dma.read(Gpa(0x4ffc), &mut bytes, DEVICE).unwrap();
    assert_eq!(bytes, [0; 8]);
}

#[test]
fn a4_a_translated_access_is_split_and_refused_whole() {
    let mut s = setup();
    let (_, log) = s.machine.map_bytes("device", 0x20000, 0x1000, MmioSpec::aligned(1, 8));
    // Contiguous before, scattered behind, in another order; the last one leads to a device.
    s.pages.map(0, 0x12000, true);
    s.pages.map(1, 0x10000, true);
    s.pages.map(2, 0x20000, true);
    s.pages.map(3, 0x70000, true);
    let data: Vec<u8> = (0..0x2010).map(|i| (i / 0x800) as u8 + 1).collect();
    s.dma.write(Gpa(0x4000), &data, DEVICE).unwrap();
    assert_eq!((s.high.load::<u8>(0), s.high.load::<u8>(0x800)), (Some(1), Some(2)));
    assert_eq!((s.low.load::<u8>(0), s.low.load::<u8>(0x800)), (Some(3), Some(4)));
    assert_eq!(taken(&log).len(), 2, "sixteen bytes in two accesses");
    let mut back = vec![0; data.len()];
    s.dma.read(Gpa(0x4000), &mut back, DEVICE).unwrap();
    assert_eq!(back, data);
    taken(&log);
    assert_eq!(s.dma.write(Gpa(0x6ff8), &[0; 16], DEVICE), Err(BusError::Decode(Gpa(0x70000))));
    assert!(taken(&log).is_empty(), "a hole behind it fails the access before any side effect");
    s.dma.store(Gpa(0x6010), 0x0102_0304_0506_0708u64, DEVICE).unwrap();
    assert_eq!(taken(&log), [(0x10, 8, Some(0x0102_0304_0506_0708))], "one access stays one");
}

#[test]
fn a7_atomics_have_no_host_address_behind_an_iommu() {
    let mut s = setup();
    s.pages.map(0, 0x10000, true);
    s.machine.reader.resync(&mut ());
    let refused = s.machine.reader.atomic_memory(s.dma.id(), Gpa(0x4000), 4);
    assert_eq!(refused.unwrap_err(), BusError::Access { addr: Gpa(0x4000), region: "iommu".into() });
    // A virtual CPU's accesses go through it all the same.
    let read = s.machine.reader.read(s.dma.id(), Gpa(0x4000), 4, DEVICE, &mut ());
    assert_eq!(read, Ok(0));
    let write = s.machine.reader.write(s.dma.id(), Gpa(0x4004), 4, 77, DEVICE, &mut ());
    assert_eq!((write, s.low.load::<u32>(4)), (Ok(()), Some(77)));
}

#[test]
fn a8_a_read_only_iommu_refuses_writes() {
    let mut s = setup();
    s.pages.map(0, 0x10000, true);
    let iommu = s.iommu;
    s.machine.change(|t, _| _ = t.set_read_only(iommu, true));
    assert_eq!(s.dma.store(Gpa(0x4000), 1u8, DEVICE), Err(BusError::WriteRefused { addr: Gpa(0x4000) }));
    assert_eq!(s.dma.load::<u8>(Gpa(0x4000), DEVICE), Ok(0));
}

/// Two bits of the offset choose one of four entries in the target space's memory, at 0x10000: the page, and 1 where it is valid.
struct Walks;

impl Translator for Walks {
    fn translate(&self, asked: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated> {
        let refusal = Untranslated { offset: asked.offset };
        let entry: u64 = asked.memory.load(Gpa(0x10000 + 8 * (asked.offset / PAGE))).map_err(|_| refusal)?;
        let fits = asked.offset % PAGE + asked.len <= PAGE;
        if entry & 1 == 0 || !fits {
            return Err(refusal);
        }
        Ok(vec![Mapped { addr: Gpa((entry & !1) + asked.offset % PAGE), len: asked.len }])
    }
}

#[test]
fn r02_iommu_walks_tables_in_the_memory_it_translates_into() {
    let mut machine = Machine::new();
    let (tables, memory) = (machine.map_ram(0x10000), machine.map_ram(0x12000));
    let (_, _, space) = space_through(&mut machine, Arc::new(Walks));
    let dma = machine.executive.topology().address_space(space);
    assert!(dma.load::<u8>(Gpa(0x5000), DEVICE).is_err(), "the entry is not valid");
    assert!(tables.store(8, 0x12001u64) && memory.store(0x20, 99u8));
    assert_eq!(dma.load::<u8>(Gpa(0x5020), DEVICE), Ok(99));
}

/// Answers with pieces as it was told to.
struct Says(Vec<Mapped>);

impl Translator for Says {
    fn translate(&self, _: &Asked<'_>) -> Result<Vec<Mapped>, Untranslated> {
        Ok(self.0.clone())
    }
}

#[test]
fn r02_iommu_whose_answer_does_not_fit_the_question_is_refused() {
    let piece = |addr, len| Mapped { addr: Gpa(addr), len };
    let cases = [
        vec![],
        vec![piece(0x10000, 7)],
        vec![piece(0x10000, 9)],
        vec![piece(0x10000, 0), piece(0x10000, 8)],
        vec![piece(u64::MAX - 3, 8)],
        vec![piece(0x10000, 4), piece(0x10000, u64::MAX)],
    ];
    for pieces in cases {
        let mut machine = Machine::new();
        machine.map_ram(0x10000);
        let text = format!("{pieces:?}");
        let (_, _, space) = space_through(&mut machine, Arc::new(Says(pieces)));
        let dma = machine.executive.topology().address_space(space);
        let error = dma.load::<u64>(Gpa(0x4000), DEVICE).unwrap_err();
        assert!(matches!(error, BusError::Untranslated { .. }), "{text}: {error}");
    }
}

#[test]
fn r02_iommu_in_front_of_an_iommu() {
    let mut s = setup();
    s.pages.map(0, 0x10000, true);
    let outer = Arc::new(Pages::default());
    outer.map(2, 0x4000, true);
    let (behind, translator) = (s.dma.id(), outer.clone());
    let space = s.machine.change(|t, _| {
        let root = t.iommu("outer", 0x10000, translator, behind);
        t.address_space("nested", root)
    });
    let dma = s.machine.executive.topology().address_space(space);
    dma.store(Gpa(0x2010), 0xabu8, DEVICE).unwrap();
    assert_eq!(s.low.load::<u8>(0x10), Some(0xab));
}

#[test]
fn c5_retired_waits_for_what_went_through_an_iommu() {
    let mut s = setup();
    s.pages.map(0, 0x10000, true);
    let Setup { root, iommu, .. } = s;
    // As an access that waits in the middle holds it: resolved online, kept offline.
    let intent = crate::access::resolve::Intent { direction: crate::access::shape::Direction::Read, requester: DEVICE };
    let parts = |machine: &Machine, dma: &AddressSpace| {
        crate::access::resolve::resolve(machine.reader.held(), dma.id(), Gpa(0x4000), 8, intent).unwrap()
    };
    let before = parts(&s.machine, &s.dma);
    s.machine.reader.go_offline();
    let commit = |change: &dyn Fn(&mut crate::Transaction)| {
        let mut t = s.machine.executive.topology().transaction();
        change(&mut t);
        t.commit().unwrap().retired
    };
    let invalidated = commit(&|t| _ = t.invalidate_translations(iommu));
    s.machine.reader.checkpoint(&mut ());
    let after = parts(&s.machine, &s.dma);
    std::thread::sleep(std::time::Duration::from_millis(10));
    assert!(!invalidated.is_complete(), "something is under way that was translated before");
    drop(before);
    invalidated.wait();

    s.machine.reader.go_offline();
    let removed = commit(&|t| _ = t.del_subregion(root, iommu));
    std::thread::sleep(std::time::Duration::from_millis(10));
    assert!(!removed.is_complete());
    drop(after);
    removed.wait();
}
