//! Bytes as a story of one topology: transactions, lawful or not, and accesses of every size and alignment. After each chapter the views
//! must be sorted, disjoint, joined and inside of their regions, and each access must end where the view says, inside of what it reaches.

mod parts;

use std::collections::HashMap;
use std::sync::Arc;

use manyhart_runtime::{
    AddressSpaceId, BusError, Clock, Config, DeviceHandle, Executive, FlatRange, FlatView, Flow, Gpa, MmioSpec,
    RamBlock, Reader, RegionId, Requester, RomDeviceMode, Target, Transaction,
};

use parts::{Limits, Probe, Source, Through, spec};

/// The longest story: more only repeats.
const MOST_REGIONS: usize = 48;
/// Devices with a space of their own.
const DEVICES: u8 = 3;
const WHO: Requester = Requester::Cpu(0);

/// What was done, so that a run over many stories can show that they were not all about nothing.
#[derive(Debug, Default, Clone, Copy)]
pub struct Told {
    /// Transactions that were lawful.
    pub committed: u64,
    /// Those that were not.
    pub refused: u64,
    /// Accesses that were answered.
    pub answered: u64,
    /// Accesses that were errors.
    pub errors: u64,
}

/// Tells one story. Panics where something does not hold.
pub fn tell(bytes: &[u8]) -> Told {
    let clock = Clock::manual(10_000_000);
    let executive = Executive::new(Config { clock, on_device_failure: None }).expect("a helper thread");
    let limits = Limits::default();
    let device = executive.spawn("device", Probe { limits: Arc::clone(&limits) });
    let reader = executive.reader("reader", None);
    let mut story = Story {
        executive,
        device,
        limits,
        reader,
        regions: Vec::new(),
        numbers: HashMap::new(),
        sizes: HashMap::new(),
        spaces: Vec::new(),
        told: Told::default(),
    };
    story.open();
    let mut source = Source(bytes);
    while let Some(word) = source.next() {
        if word % 3 == 0 {
            story.transaction(word / 3 % 4 + 1, &mut source);
        } else {
            story.access(&mut source);
        }
    }
    assert!(!story.device.is_failed(), "the device was reached outside of its region");
    story.reader.go_offline();
    story.executive.stop();
    story.executive.shutdown();
    story.told
}

struct Story {
    executive: Executive,
    device: DeviceHandle<Probe>,
    limits: Limits,
    reader: Reader,
    /// Every region that came to be, and some that did not.
    regions: Vec<RegionId>,
    /// The numbers of those that are the device's.
    numbers: HashMap<RegionId, u32>,
    /// The size that each was last given, of those that are.
    sizes: HashMap<RegionId, u128>,
    spaces: Vec<AddressSpaceId>,
    told: Told,
}

/// What becomes of it once the transaction is lawful.
#[derive(Default)]
struct Pending {
    regions: Vec<RegionId>,
    sizes: Vec<(RegionId, u128)>,
    spaces: Vec<AddressSpaceId>,
    closed: Vec<AddressSpaceId>,
    numbers: Vec<(RegionId, u32)>,
}

impl Pending {
    fn came(&mut self, id: RegionId, size: u128) {
        self.sizes.push((id, size));
        self.regions.push(id);
    }
}

impl Story {
    /// Something to begin with: a space with memory and a device side by side.
    fn open(&mut self) {
        let mut tx = self.executive.topology().transaction();
        let mut pending = Pending::default();
        let root = tx.container("root", 1 << 64);
        pending.came(root, 1 << 64);
        pending.spaces.push(tx.address_space("memory", root));
        let ram = tx.ram("ram", Arc::new(RamBlock::anonymous("memory", 1 << 12).expect("a page")));
        pending.came(ram, 1 << 12);
        tx.add_subregion_overlap(root, 0x80, ram, 0);
        let device = tx.mmio("device", 0x41, self.device.mmio(0, MmioSpec::aligned(1, 8)));
        pending.numbers.push((device, 0));
        pending.came(device, 0x41);
        tx.add_subregion_overlap(root, 0x3f, device, 0);
        self.commit(tx, pending);
    }

    fn transaction(&mut self, operations: u8, source: &mut Source<'_>) {
        let mut tx = self.executive.topology().transaction();
        let mut pending = Pending::default();
        for _ in 0..operations {
            if self.operation(&mut tx, &mut pending, source).is_none() {
                break;
            }
        }
        self.commit(tx, pending);
    }

    fn commit(&mut self, tx: Transaction, mut pending: Pending) {
        let before = self.executive.topology().generation();
        match tx.commit() {
            Ok(committed) => {
                assert!(committed.generation >= before);
                self.told.committed += 1;
                self.regions.append(&mut pending.regions);
                self.numbers.extend(pending.numbers);
                let mut limits = self.limits.lock().expect("not poisoned");
                for (id, size) in pending.sizes {
                    self.sizes.insert(id, size);
                    limits.extend(self.numbers.get(&id).map(|&number| (number, size)));
                }
                self.spaces.append(&mut pending.spaces);
                self.spaces.retain(|space| !pending.closed.contains(space));
            }
            Err(_) => {
                assert_eq!(self.executive.topology().generation(), before, "a refusal changes nothing");
                self.told.refused += 1;
                // Some that never came to be are asked for, too.
                self.regions.extend(pending.regions.first().filter(|_| self.told.refused.is_multiple_of(8)));
            }
        }
        let snapshot = self.executive.topology().snapshot();
        for &space in &self.spaces {
            self.check_view(snapshot.view(space).expect("committed"));
        }
    }

    /// One that lives, or lived, or never came to be.
    fn region(&self, pending: &Pending, source: &mut Source<'_>) -> Option<RegionId> {
        let all = self.regions.len() + pending.regions.len();
        let index = usize::from(source.next()?).checked_rem(all)?;
        self.regions.iter().chain(&pending.regions).nth(index).copied()
    }

    /// One that there is, or will be if the transaction is lawful.
    fn space(&self, pending: &Pending, source: &mut Source<'_>) -> Option<AddressSpaceId> {
        let index = usize::from(source.next()?).checked_rem(self.spaces.len() + pending.spaces.len() + 1)?;
        self.spaces.iter().chain(&pending.spaces).nth(index).copied()
    }

    fn operation(&self, tx: &mut Transaction, pending: &mut Pending, source: &mut Source<'_>) -> Option<()> {
        let what = source.next()?;
        if what < 80 && self.regions.len() + pending.regions.len() < MOST_REGIONS {
            return self.creation(what, tx, pending, source);
        }
        let region = self.region(pending, source)?;
        match what % 16 {
            0..=2 => drop(tx.add_subregion_overlap(
                region,
                source.place()?,
                self.region(pending, source)?,
                i32::from(source.next()? % 4) - 1,
            )),
            3 => drop(tx.add_subregion(region, source.place()?, self.region(pending, source)?)),
            4 => drop(tx.del_subregion(region, self.region(pending, source)?)),
            5 => drop(tx.set_enabled(region, source.next()? % 2 == 0)),
            6 => drop(tx.set_address(region, source.place()?)),
            7 => {
                let size = source.size()?;
                pending.sizes.push((region, size));
                tx.set_size(region, size);
            }
            8 => drop(tx.set_alias_offset(region, source.place()?)),
            9 => drop(tx.set_read_only(region, source.next()? % 2 == 0)),
            10 if source.next()? % 2 == 0 => drop(tx.set_log(region, source.next()?)),
            10 => {
                let mode = if source.next()? % 2 == 0 { RomDeviceMode::Mmio } else { RomDeviceMode::Rom };
                tx.set_rom_device_mode(region, mode);
            }
            11 => drop(tx.invalidate_translations(region)),
            12 => {
                let (device, space) = (u32::from(source.next()? % DEVICES), self.space(pending, source));
                match space {
                    Some(space) => tx.assign_device(device, space),
                    None => tx.unassign_device(device),
                };
            }
            13 => drop(tx.add_coalescing(region, source.place()?, source.size()?)),
            14 => drop(tx.clear_coalescing(region).set_flush_coalesced(region, source.next()? % 2 == 0)),
            _ if source.next()? % 4 == 0 => {
                if let Some(space) = self.space(pending, source) {
                    pending.closed.push(space);
                    tx.close_address_space(space);
                }
            }
            _ => drop(tx.destroy(region)),
        }
        Some(())
    }

    fn creation(&self, what: u8, tx: &mut Transaction, pending: &mut Pending, source: &mut Source<'_>) -> Option<()> {
        let size = source.size()?;
        // Of this story alone: what was refused may use it again.
        let number = (self.numbers.len() + pending.numbers.len()) as u32;
        let id = match what % 9 {
            0 => tx.container("container", size),
            1 => tx.reservation("reservation", size),
            2 | 3 => {
                let id = tx.mmio("device", size, self.device.mmio(number, spec(source.next()?)));
                pending.numbers.push((id, number));
                id
            }
            8 => {
                let space = self.space(pending, source)?;
                tx.iommu("iommu", size, Arc::new(Through(source.next()?)), space)
            }
            4 => tx.alias("alias", self.region(pending, source)?, source.place()?, size),
            5 if self.spaces.len() < 4 => {
                let root = self.region(pending, source)?;
                pending.spaces.push(tx.address_space("space", root));
                return Some(());
            }
            kind => {
                let size = (u64::from(source.next()?) % 3 + 1) << 12;
                let block = Arc::new(RamBlock::anonymous("memory", size).expect("some pages"));
                let id = match kind {
                    6 => tx.rom("rom", block),
                    7 => tx.rom_device("rom device", block, self.device.mmio(number, spec(source.next()?))),
                    _ => tx.ram("ram", block),
                };
                pending.numbers.push((id, number));
                pending.came(id, size.into());
                return Some(());
            }
        };
        pending.came(id, size);
        Some(())
    }

    /// Sorted, disjoint, joined; and no range reaches past its region.
    fn check_view(&self, view: &FlatView) {
        let mut previous: Option<&FlatRange> = None;
        for range in view.iter() {
            if let Some(previous) = previous {
                assert!(previous.range.last() < range.range.start(), "{previous:?} overlaps {range:?}");
                let adjacent = previous.range.last().checked_add(1) == Some(range.range.start());
                let contiguous = u128::from(previous.offset) + previous.range.size() == u128::from(range.offset);
                let attributes = |r: &FlatRange| (r.read_only, r.dirty_mask, r.flush_coalesced, r.coalesced.clone());
                let alike = attributes(previous) == attributes(range);
                assert!(
                    !(adjacent && contiguous && alike && previous.region == range.region),
                    "{previous:?} and {range:?} are one"
                );
            }
            let end = u128::from(range.offset) + range.range.size();
            assert!(end <= self.sizes[&range.region], "{range:?} passes the end of its region");
            if let Target::Ram(block) = &range.target {
                assert!(end <= u128::from(block.size()), "{range:?} passes the end of its memory");
            }
            for addr in [range.range.start(), range.range.last()] {
                let found = view.find(addr).expect("what is there is found");
                assert_eq!(found.range, range.range, "at {addr:?}");
            }
            previous = Some(range);
        }
        assert_eq!(view.iter().count(), view.len());
    }

    /// One access, by a reader of one to nine bytes, by a control thread of any length, or by a device.
    fn access(&mut self, source: &mut Source<'_>) -> Option<()> {
        let whose = source.next()?;
        let space = *self.spaces.get(usize::from(whose).checked_rem(self.spaces.len())?)?;
        let (addr, size, how) = (Gpa(source.place()?), source.next()? % 33, source.next()?);
        if how >= 224 {
            return self.by_device(u32::from(whose % DEVICES), addr, size, how % 2 == 0);
        }
        let write = how % 2 == 0;
        let result = if how % 4 < 2 {
            self.by_reader(space, addr, size % 10, write)
        } else {
            let memory = self.executive.topology().address_space(space);
            let mut bytes = [how; 32];
            let bytes = &mut bytes[..usize::from(size)];
            if write { memory.write(addr, bytes, WHO) } else { memory.read(addr, bytes, WHO) }
        };
        let size = if how % 4 < 2 { size % 10 } else { size };
        self.judge(space, addr, size, write, &result);
        match result {
            Ok(()) => self.told.answered += 1,
            Err(_) => self.told.errors += 1,
        }
        Some(())
    }

    /// By a device, in whichever space it sees.
    fn by_device(&mut self, device: u32, addr: Gpa, size: u8, write: bool) -> Option<()> {
        let topology = self.executive.topology();
        let dma = topology.dma(device);
        let mut bytes = [0x5a; 32];
        let bytes = &mut bytes[..usize::from(size)];
        let result = if write { dma.write(addr, bytes) } else { dma.read(addr, bytes) };
        match topology.snapshot().space_of(device) {
            Some(space) => self.judge(space, addr, size, write, &result),
            None => assert!(result.is_err() || size == 0, "it sees nothing"),
        }
        match result {
            Ok(()) => self.told.answered += 1,
            Err(_) => self.told.errors += 1,
        }
        Some(())
    }

    fn by_reader(&mut self, space: AddressSpaceId, addr: Gpa, size: u8, write: bool) -> Result<(), BusError> {
        assert_eq!(self.reader.checkpoint(&mut ()), Flow::Run);
        let kept = self.reader.find(space, addr).map(|range| range.range);
        assert_eq!(
            kept,
            self.reader.view(space).find(addr).map(|range| range.range),
            "what is at hand is what is there"
        );
        let result = if write {
            self.reader.write(space, addr, size, 0x0123_4567_89ab_cdef, WHO, &mut ())
        } else {
            self.reader.read(space, addr, size, WHO, &mut ()).map(drop)
        };
        self.reader.go_offline();
        result
    }

    /// Whether this may be how it ended: memory answers, holes and reservations never do.
    fn judge(&self, space: AddressSpaceId, addr: Gpa, size: u8, write: bool, result: &Result<(), BusError>) {
        let snapshot = self.executive.topology().snapshot();
        let view = snapshot.view(space).expect("committed");
        let ranges: Vec<Option<&FlatRange>> =
            (0..u64::from(size)).map(|byte| addr.checked_add(byte).and_then(|addr| view.find(addr))).collect();
        let never = |range: &Option<&FlatRange>| match range {
            None => true,
            Some(range) => match range.target {
                Target::Reservation => true,
                Target::Ram(_) => write && range.read_only,
                _ => false,
            },
        };
        if ranges.iter().any(never) {
            assert!(result.is_err(), "{size} bytes at {addr:?} were answered");
        }
        let memory = |range: &Option<&FlatRange>| {
            range.is_some_and(|range| matches!(range.target, Target::Ram(_)) && !(write && range.read_only))
        };
        if matches!(size, 1 | 2 | 4 | 8) && ranges.iter().all(memory) {
            assert_eq!(*result, Ok(()), "{size} bytes at {addr:?}");
        }
    }
}
