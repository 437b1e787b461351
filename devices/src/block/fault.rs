//! A disk in memory that fails on request, for tests: it loses its power at a chosen operation, and with it what was not flushed; it runs full,
//! has bad sectors, ends early, or takes its time.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use parking_lot::{Condvar, Mutex};

use super::{BlockBackend, SECTOR};

/// What a device asks of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Flushing.
    Flush,
    /// Discarding.
    Discard,
    /// Writing zeroes.
    WriteZeroes,
}

/// A disk with a volatile cache.
pub struct FaultDisk {
    size: u64,
    read_only: bool,
    state: Mutex<State>,
    let_go: Condvar,
}

struct State {
    /// What is read.
    cache: Vec<u8>,
    /// What is there after the power was cut.
    platter: Vec<u8>,
    /// Sectors that were written since they were last flushed.
    dirty: BTreeSet<u64>,
    failing: BTreeMap<Operation, io::ErrorKind>,
    /// How many operations until the power goes.
    cut_in: Option<u64>,
    is_cut: bool,
    held: bool,
    waiting: usize,
    flushes: u64,
    random: u64,
}

impl FaultDisk {
    /// A disk of zeroes. `seed` decides what of the cache survives a cut.
    pub fn new(size: u64, seed: u64) -> FaultDisk {
        let bytes = vec![0; size as usize];
        let state = State {
            cache: bytes.clone(),
            platter: bytes,
            dirty: BTreeSet::new(),
            failing: BTreeMap::new(),
            cut_in: None,
            is_cut: false,
            held: false,
            waiting: 0,
            flushes: 0,
            random: seed,
        };
        FaultDisk { size, read_only: false, state: Mutex::new(state), let_go: Condvar::new() }
    }

    /// One that refuses to be written.
    pub fn read_only(size: u64) -> FaultDisk {
        FaultDisk { read_only: true, ..FaultDisk::new(size, 0) }
    }

    /// The power goes at the operation after `operations` more; that one and all later ones fail.
    pub fn cut_after(&self, operations: u64) {
        self.state.lock().cut_in = Some(operations);
    }

    /// Cuts the power now.
    pub fn cut(&self) {
        self.state.lock().cut();
    }

    /// What is on the disk after the cut.
    pub fn after_cut(&self) -> Option<Vec<u8>> {
        let state = self.state.lock();
        state.is_cut.then(|| state.platter.clone())
    }

    /// What a read of all of it would give.
    pub fn contents(&self) -> Vec<u8> {
        self.state.lock().cache.clone()
    }

    /// From now on this operation fails.
    pub fn fail(&self, operation: Operation, kind: io::ErrorKind) {
        self.state.lock().failing.insert(operation, kind);
    }

    /// Nothing fails any more that [`FaultDisk::fail`] made fail.
    pub fn heal(&self) {
        self.state.lock().failing.clear();
    }

    /// Makes operations wait, from now on or no longer.
    pub fn hold(&self, held: bool) {
        self.state.lock().held = held;
        self.let_go.notify_all();
    }

    /// How many operations wait.
    pub fn waiting(&self) -> usize {
        self.state.lock().waiting
    }

    /// How many flushes have succeeded.
    pub fn flushes(&self) -> u64 {
        self.state.lock().flushes
    }

    /// Carries `work` out on the state, unless something is arranged to happen first.
    fn operate<R>(&self, operation: Operation, work: impl FnOnce(&mut State) -> R) -> io::Result<R> {
        let mut state = self.state.lock();
        state.waiting += 1;
        while state.held {
            self.let_go.wait(&mut state);
        }
        state.waiting -= 1;
        match state.cut_in {
            Some(0) => state.cut(),
            Some(left) => state.cut_in = Some(left - 1),
            None => {}
        }
        if state.is_cut {
            return Err(io::Error::other("the power is gone"));
        }
        match state.failing.get(&operation) {
            Some(kind) => Err((*kind).into()),
            None => Ok(work(&mut state)),
        }
    }
}

impl State {
    fn cut(&mut self) {
        if self.is_cut {
            return;
        }
        self.is_cut = true;
        self.cut_in = None;
        // A drive writes its cache out in any order: each sector that was not flushed is there or is not.
        for sector in std::mem::take(&mut self.dirty) {
            if self.coin() {
                self.settle(sector);
            }
        }
    }

    /// Makes a sector durable.
    fn settle(&mut self, sector: u64) {
        let bytes = (sector * SECTOR) as usize..((sector + 1) * SECTOR) as usize;
        self.platter[bytes.clone()].copy_from_slice(&self.cache[bytes]);
    }

    fn put(&mut self, offset: u64, len: u64, bytes: impl Fn(usize) -> u8) {
        for (index, byte) in self.cache[offset as usize..(offset + len) as usize].iter_mut().enumerate() {
            *byte = bytes(index);
        }
        self.dirty.extend(offset / SECTOR..(offset + len).div_ceil(SECTOR));
    }

    /// SplitMix64.
    fn coin(&mut self) -> bool {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) & 1 == 1
    }
}

impl BlockBackend for FaultDisk {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_only(&self) -> bool {
        self.read_only
    }

    fn read_at(&self, offset: u64, data: &mut [u8]) -> io::Result<()> {
        self.operate(Operation::Read, |state| {
            data.copy_from_slice(&state.cache[offset as usize..offset as usize + data.len()]);
        })
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.operate(Operation::Write, |state| state.put(offset, data.len() as u64, |index| data[index]))
    }

    fn flush(&self) -> io::Result<()> {
        self.operate(Operation::Flush, |state| {
            for sector in std::mem::take(&mut state.dirty) {
                state.settle(sector);
            }
            state.flushes += 1;
        })
    }

    fn discard(&self, offset: u64, len: u64) -> io::Result<()> {
        // Anything may be read there afterwards; what a guest must not rely on is best something else than before.
        self.operate(Operation::Discard, |state| state.put(offset, len, |_| 0xdd))
    }

    fn write_zeroes(&self, offset: u64, len: u64, _unmap: bool) -> io::Result<()> {
        self.operate(Operation::WriteZeroes, |state| state.put(offset, len, |_| 0))
    }
}
