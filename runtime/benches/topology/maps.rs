//! The maps that are compared: ours, vm-memory's atomic one, and the bus that everybody writes first.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use manyhart_runtime::{AddressSpaceId, Clock, Config, Executive, Flow, Gpa, Reader, RegionId, Retired, Transaction};
use vm_memory::bitmap::BS;
use vm_memory::{
    GuestAddress, GuestAddressSpace, GuestMemoryAtomic, GuestMemoryBackend, GuestMemoryRegion, GuestMemoryRegionBytes,
    GuestRegionCollection, GuestUsize,
};

const STRIDE: u64 = 0x2000;
const SIZE: u64 = 0x1000;

/// Where the range of this number starts.
pub fn at(number: u64) -> u64 {
    number * STRIDE
}

/// Where there is room for one more, behind the range of this number.
pub fn gap(number: u64) -> u64 {
    number * STRIDE + SIZE
}

/// What is measured of each.
pub trait Map {
    /// Whose it is.
    const NAME: &str;
    /// How many changes are worth the time.
    fn changes(ranges: u64) -> u64;
    /// A reader makes sure that it has the newest map.
    fn check(&mut self) -> bool;
    /// A reader's check, and finding an address: the offset in the range.
    fn lookup(&mut self, at: u64) -> Option<u64>;
    /// The same, of one who asks for the same range again and again.
    fn lookup_hot(&mut self, at: u64) -> Option<u64> {
        self.lookup(at)
    }
    /// One more range.
    fn add(&mut self, at: u64);
    /// The range added last goes elsewhere.
    fn move_to(&mut self, from: u64, to: u64);
    /// And away.
    fn remove(&mut self, at: u64);
}

/// Ours.
pub struct Ours {
    executive: Executive,
    root: RegionId,
    space: AddressSpaceId,
    reader: Reader,
    extra: Option<RegionId>,
}

impl Ours {
    pub fn new(ranges: u64) -> Ours {
        let clock = Clock::host(10_000_000);
        let executive = Executive::new(Config { clock, on_device_failure: None }).expect("a helper thread");
        let mut tx = executive.topology().transaction();
        let root = tx.container("root", 1 << 64);
        let space = tx.address_space("memory", root);
        for number in 0..ranges {
            let region = tx.reservation("range", SIZE.into());
            tx.add_subregion(root, at(number), region);
        }
        tx.commit().expect("lawful");
        let mut reader = executive.reader("reader", None);
        assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
        Ours { executive, root, space, reader, extra: None }
    }

    /// Another reader, offline; the map's own goes offline, too.
    pub fn reader(&mut self, name: String) -> Reader {
        self.reader.go_offline();
        self.executive.reader(name, None)
    }

    /// Everything is rendered afresh, for a space that shows it read-only.
    pub fn render_again(&mut self) {
        let mut tx = self.transaction();
        let all = tx.alias("all", self.root, 0, 1 << 64);
        tx.set_read_only(all, true);
        tx.address_space("read-only", all);
        tx.commit().expect("lawful");
    }

    /// One range comes and goes, in one transaction each.
    pub fn change(&mut self, at: u64) -> Retired {
        self.add_region(at);
        self.remove_region()
    }

    /// One function with four BARs in a container of their own.
    pub fn plug(&mut self, number: u64) {
        let mut tx = self.transaction();
        let function = tx.container("function", 0x10_0000);
        for bar in 0..4 {
            let region = tx.reservation("bar", SIZE.into());
            tx.add_subregion_overlap(function, bar * STRIDE, region, 1);
        }
        tx.add_subregion_overlap(self.root, 0x4000_0000 + number * 0x10_0000, function, 1);
        tx.commit().expect("lawful");
    }

    fn transaction(&self) -> Transaction {
        self.executive.topology().transaction()
    }

    fn add_region(&mut self, at: u64) {
        let mut tx = self.transaction();
        let region = tx.reservation("extra", SIZE.into());
        tx.add_subregion(self.root, at, region);
        tx.commit().expect("lawful");
        self.extra = Some(region);
    }

    fn remove_region(&mut self) -> Retired {
        let region = self.extra.take().expect("one was added");
        let mut tx = self.transaction();
        tx.del_subregion(self.root, region).destroy(region);
        tx.commit().expect("lawful").retired
    }

    fn catch_up(&mut self) {
        if self.reader.must_check() {
            assert_eq!(self.reader.checkpoint(&mut ()), Flow::Run);
        }
    }
}

impl Map for Ours {
    const NAME: &str = "manyhart";

    fn changes(_: u64) -> u64 {
        300
    }

    #[inline]
    fn check(&mut self) -> bool {
        self.reader.must_check()
    }

    #[inline]
    fn lookup(&mut self, at: u64) -> Option<u64> {
        self.catch_up();
        let range = self.reader.view(self.space).find(Gpa(at))?;
        Some(at - range.range.start().0 + range.offset)
    }

    #[inline]
    fn lookup_hot(&mut self, at: u64) -> Option<u64> {
        self.catch_up();
        let range = self.reader.find(self.space, Gpa(at))?;
        Some(at - range.range.start().0 + range.offset)
    }

    fn add(&mut self, at: u64) {
        self.add_region(at);
    }

    fn move_to(&mut self, _: u64, to: u64) {
        let mut tx = self.transaction();
        tx.set_address(self.extra.expect("one was added"), to);
        tx.commit().expect("lawful");
    }

    fn remove(&mut self, _: u64) {
        self.remove_region();
    }
}

/// A region of vm-memory without memory: only its place is asked for.
struct Place(u64);

impl GuestMemoryRegion for Place {
    type B = ();

    fn len(&self) -> GuestUsize {
        SIZE
    }

    fn start_addr(&self) -> GuestAddress {
        GuestAddress(self.0)
    }

    fn bitmap(&self) -> BS<'_, ()> {}
}

impl GuestMemoryRegionBytes for Place {}

type Places = GuestRegionCollection<Place>;

/// vm-memory's `GuestMemoryAtomic`.
pub struct VmMemory(GuestMemoryAtomic<Places>);

impl VmMemory {
    pub fn new(ranges: u64) -> VmMemory {
        let regions = (0..ranges).map(|number| Place(at(number))).collect();
        VmMemory(GuestMemoryAtomic::new(Places::from_regions(regions).expect("sorted")))
    }

    fn update(&mut self, change: impl FnOnce(&Places) -> Places) {
        let guard = self.0.lock().expect("not poisoned");
        let map = change(&self.0.memory());
        guard.replace(map);
    }
}

fn with(map: &Places, at: u64) -> Places {
    map.insert_region(Arc::new(Place(at))).expect("room")
}

fn without(map: &Places, at: u64) -> Places {
    map.remove_region(GuestAddress(at), SIZE).expect("it is there").0
}

impl Map for VmMemory {
    const NAME: &str = "vm-memory";

    fn changes(ranges: u64) -> u64 {
        if ranges > 10_000 { 20 } else { 300 }
    }

    #[inline]
    fn check(&mut self) -> bool {
        self.0.memory().num_regions() == 0
    }

    #[inline]
    fn lookup(&mut self, at: u64) -> Option<u64> {
        let memory = self.0.memory();
        let region = memory.find_region(GuestAddress(at))?;
        Some(at - region.start_addr().0)
    }

    fn add(&mut self, at: u64) {
        self.update(|map| with(map, at));
    }

    fn move_to(&mut self, from: u64, to: u64) {
        self.update(|map| with(&without(map, from), to));
    }

    fn remove(&mut self, at: u64) {
        self.update(|map| without(map, at));
    }
}

/// A map behind a lock.
#[derive(Default)]
pub struct Bus(RwLock<BTreeMap<u64, u64>>);

impl Bus {
    pub fn new(ranges: u64) -> Bus {
        Bus(RwLock::new((0..ranges).map(|number| (at(number), SIZE)).collect()))
    }
}

impl Map for Bus {
    const NAME: &str = "RwLock<BTreeMap>";

    fn changes(_: u64) -> u64 {
        300
    }

    #[inline]
    fn check(&mut self) -> bool {
        self.0.read().expect("not poisoned").is_empty()
    }

    #[inline]
    fn lookup(&mut self, at: u64) -> Option<u64> {
        let map = self.0.read().expect("not poisoned");
        let (&start, &size) = map.range(..=at).next_back()?;
        (at - start < size).then_some(at - start)
    }

    fn add(&mut self, at: u64) {
        self.0.write().expect("not poisoned").insert(at, SIZE);
    }

    fn move_to(&mut self, from: u64, to: u64) {
        let mut map = self.0.write().expect("not poisoned");
        map.remove(&from);
        map.insert(to, SIZE);
    }

    fn remove(&mut self, at: u64) {
        self.0.write().expect("not poisoned").remove(&at);
    }
}
