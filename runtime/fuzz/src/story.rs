//! Bytes as a story of one topology: transactions, lawful or not, and accesses of every size and alignment. After each chapter the views
//! must be sorted, disjoint, joined and inside of their regions, and each access must end where the view says, inside of what it reaches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use manyhart_runtime::actor::{AccessShape, ByteOrder};
use manyhart_runtime::{
    Access, AddressSpaceId, Answer, BusError, Clock, Config, Context, Device, DeviceHandle, Executive, FlatRange,
    FlatView, Flow, Gpa, MmioSpec, RamBlock, Reader, RegionId, Requester, RomDeviceMode, Target, Transaction,
};

/// The longest story: more only repeats.
const MOST_REGIONS: usize = 48;
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

/// How large each of the device's regions is, by the number that accesses carry.
type Limits = Arc<Mutex<HashMap<u32, u128>>>;

/// Answers everything that is inside of the region that it came through.
struct Probe {
    limits: Limits,
}

impl Probe {
    fn check(&self, access: &Access) {
        let (start, size) = (u128::from(access.offset), u128::from(access.size));
        let limit = self.limits.lock().expect("not poisoned").get(&access.region).copied();
        // What is narrower than the device's registers is widened to a whole one, and the last one may stick out of a region of odd size.
        let register = start % size == 0 && limit.is_some_and(|limit| start < limit);
        assert!(register || limit.is_some_and(|limit| start + size <= limit), "{access:?} in a region of {limit:?}");
    }
}

impl Device for Probe {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        self.check(&access);
        Ok(access.offset)
    }

    fn write(&mut self, _: &mut Context<'_, ()>, access: Access, _: u64) -> Answer<()> {
        self.check(&access);
        Ok(())
    }

    fn message(&mut self, _: &mut Context<'_, ()>, (): ()) {}

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

/// The bytes; where they end, the story ends.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// Offsets and addresses: mostly small, so that things meet, and at the edges of the space.
    fn place(&mut self) -> Option<u64> {
        let (kind, low) = (self.next()?, u64::from(self.next()?));
        Some(match kind % 8 {
            0 => u64::MAX - low,
            1 => (1u64 << 63).wrapping_sub(0x40).wrapping_add(low),
            2 => low << 8,
            _ => low,
        })
    }

    fn size(&mut self) -> Option<u128> {
        let (kind, low) = (self.next()?, u128::from(self.next()?));
        Some(match kind % 16 {
            0 => 1 << 64,
            1 => (1 << 64) - low,
            2 => 1 << 63,
            3 => (1 << 64) + low,
            4 => low << 8,
            _ => low,
        })
    }
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

    fn operation(&self, tx: &mut Transaction, pending: &mut Pending, source: &mut Source<'_>) -> Option<()> {
        let what = source.next()?;
        if what < 80 && self.regions.len() + pending.regions.len() < MOST_REGIONS {
            return self.creation(what, tx, pending, source);
        }
        let region = self.region(pending, source)?;
        match what % 12 {
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
            _ => drop(tx.destroy(region)),
        }
        Some(())
    }

    fn creation(&self, what: u8, tx: &mut Transaction, pending: &mut Pending, source: &mut Source<'_>) -> Option<()> {
        let size = source.size()?;
        // Of this story alone: what was refused may use it again.
        let number = (self.numbers.len() + pending.numbers.len()) as u32;
        let id = match what % 8 {
            0 => tx.container("container", size),
            1 => tx.reservation("reservation", size),
            2 | 3 => {
                let id = tx.mmio("device", size, self.device.mmio(number, spec(source.next()?)));
                pending.numbers.push((id, number));
                id
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
                let alike = previous.read_only == range.read_only && previous.dirty_mask == range.dirty_mask;
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

    /// One access, by a reader of one to nine bytes, or by a control thread of any length.
    fn access(&mut self, source: &mut Source<'_>) -> Option<()> {
        let space = *self.spaces.get(usize::from(source.next()?).checked_rem(self.spaces.len())?)?;
        let (addr, size, how) = (Gpa(source.place()?), source.next()? % 33, source.next()?);
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

fn spec(choice: u8) -> MmioSpec {
    let sizes = [(1, 8), (1, 1), (4, 4), (2, 8), (8, 8), (1, 4)];
    let shape = |choice: u8| {
        let (min, max) = sizes[usize::from(choice) % sizes.len()];
        AccessShape { min, max, unaligned: choice.is_multiple_of(2) }
    };
    MmioSpec {
        valid: shape(choice % 16),
        implemented: shape(choice / 16),
        narrow_writes_by_rmw: choice % 5 < 3,
        byte_order: if choice % 7 < 4 { ByteOrder::Little } else { ByteOrder::Big },
    }
}
