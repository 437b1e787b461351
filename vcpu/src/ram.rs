//! RAM as a hart's view shows it: where guest-physical addresses lie on the host, and page tables in it.
#![allow(unsafe_code)] // Guest memory is reached by host address.

use manyhart_runtime::ram::atomics;
use manyhart_runtime::{AddrRange, AddressSpaceId, Gpa, Reader};

use crate::mmu::{AccessFault, AccessKind, PteMemory};
use crate::pmp::Pmp;
use crate::trap::Privilege;

/// RAM as the view shows it: where it lies on the host, and what may be done there. A map may show a block from any of its bytes on, so
/// what is aligned for the guest need not be so on the host.
#[derive(Clone, Copy)]
pub(crate) struct Ram {
    /// The host address. It holds as long as the reader's view.
    pub host: *mut u8,
    /// Stores do not hit this memory: they are refused, unless a device takes them.
    pub read_only: bool,
    /// Stores go to a device: this is a ROM device's memory.
    pub by_device: bool,
    /// Stores have to be logged.
    pub logged: bool,
}

/// A range of RAM in the view, remembered: page walks and TLB fills seldom leave it.
#[derive(Clone, Copy)]
pub(crate) struct RamRange {
    range: AddrRange,
    first: Ram,
}

impl RamRange {
    /// The RAM at `addr`, if all `len` bytes are of this range.
    fn get(&self, addr: Gpa, len: u64) -> Option<Ram> {
        let last = addr.checked_add(len - 1)?;
        if !self.range.contains(addr) || !self.range.contains(last) {
            return None;
        }
        let host = self.first.host.wrapping_add((addr.0 - self.range.start().0) as usize);
        Some(Ram { host, ..self.first })
    }
}

/// The RAM that holds all `len` bytes at `addr`, if it is RAM, and one range of it.
pub(crate) fn ram_at(
    reader: &Reader,
    space: AddressSpaceId,
    known: &mut Option<RamRange>,
    addr: Gpa,
    len: u64,
) -> Option<Ram> {
    if let Some(ram) = known.and_then(|range| range.get(addr, len)) {
        return Some(ram);
    }
    let found = reader.view(space).find(addr)?;
    let block = found.target.memory()?;
    let by_device = !found.read_only && found.target.device().is_some();
    // In the block: the view shows no more of a block than there is.
    let host = block.host_base().wrapping_add(found.offset as usize);
    let first = Ram { host, read_only: found.read_only || by_device, by_device, logged: found.dirty_mask != 0 };
    let range = RamRange { range: found.range, first };
    *known = Some(range);
    range.get(addr, len)
}

impl Ram {
    /// Whether the host address is.
    pub fn is_aligned(&self, to: usize) -> bool {
        self.host.addr().is_multiple_of(to)
    }
}

/// Carries a store of `len` bytes at `addr`, which is there, out; where the range is under a dirty log, its pages are marked after.
pub(crate) fn store_at<R>(
    reader: &Reader,
    space: AddressSpaceId,
    ram: Ram,
    (addr, len): (Gpa, u64),
    store: impl FnOnce(*mut u8) -> R,
) -> R {
    if ram.logged
        && let Some(found) = reader.view(space).find(addr)
        && let Some(block) = found.target.memory()
    {
        let offset = found.offset + (addr.0 - found.range.start().0);
        return block.dirty().logged(offset, len, || store(ram.host));
    }
    store(ram.host)
}

/// Page tables, as the walk sees them.
pub(crate) struct Tables<'a> {
    pub reader: &'a Reader,
    pub space: AddressSpaceId,
    pub known: &'a mut Option<RamRange>,
    pub pmp: &'a Pmp,
}

impl Tables<'_> {
    fn entry(&mut self, pa: Gpa, kind: AccessKind) -> Result<Ram, AccessFault> {
        if !self.pmp.check(pa, 8, kind, Privilege::Supervisor) {
            return Err(AccessFault);
        }
        ram_at(self.reader, self.space, self.known, pa, 8).ok_or(AccessFault)
    }
}

impl PteMemory for Tables<'_> {
    fn load_pte(&mut self, pa: Gpa) -> Result<u64, AccessFault> {
        let ram = self.entry(pa, AccessKind::Read)?;
        // SAFETY: eight bytes of a block of the view that the reader holds.
        Ok(unsafe { atomics::load::<u64>(ram.host) })
    }

    fn compare_exchange_pte(&mut self, pa: Gpa, old: u64, new: u64) -> Result<Result<(), u64>, AccessFault> {
        let ram = self.entry(pa, AccessKind::Write)?;
        if ram.read_only || !ram.is_aligned(8) {
            return Err(AccessFault);
        }
        // SAFETY: as above, and aligned.
        let exchange = |host| unsafe { atomics::compare_exchange(host, old, new, std::sync::atomic::Ordering::SeqCst) };
        Ok(store_at(self.reader, self.space, ram, (pa, 8), exchange).map(|_| ()))
    }
}
