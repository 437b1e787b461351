//! Guest memory off the fast path: translation, protection, devices, misaligned accesses. Fills the TLB.
#![allow(unsafe_code)] // Guest memory is reached by host address.

use manyhart_runtime::ram::atomics;
use manyhart_runtime::{AddrRange, AddressSpaceId, Gpa, Reader, Requester};

use crate::hart::Hart;
use crate::mmu::{self, AccessFault, AccessKind, Context, PteMemory, Translation};
use crate::pmp::Pmp;
use crate::tlb::PageAt;
use crate::trap::{Exception, Privilege, Trap};

const PAGE_MASK: u64 = 0xfff;

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
fn ram_at(reader: &Reader, space: AddressSpaceId, known: &mut Option<RamRange>, addr: Gpa, len: u64) -> Option<Ram> {
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
    fn is_aligned(&self, to: usize) -> bool {
        self.host.addr().is_multiple_of(to)
    }
}

/// Carries a store of `len` bytes at `addr`, which is there, out; where the range is under a dirty log, its pages are marked after.
fn store_at<R>(
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
struct Tables<'a> {
    reader: &'a Reader,
    space: AddressSpaceId,
    known: &'a mut Option<RamRange>,
    pmp: &'a Pmp,
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

/// Where a data access goes.
#[derive(Clone, Copy)]
struct Place {
    addr: Gpa,
    /// For a store into a page under a dirty log: what to enter into the TLB once the page is marked.
    unmarked: Option<PageAt>,
}

impl Hart {
    fn translate(&mut self, context: &Context, va: u64, kind: AccessKind) -> Result<Translation, Trap> {
        let known = &mut self.caches.ram;
        let mut tables = Tables { reader: &self.reader, space: self.config.space, known, pmp: &self.csr.pmp };
        mmu::translate(context, va, kind, &mut tables).map_err(|exception| Trap::exception(exception, va))
    }

    /// Where `len` bytes at `va`, which lie in one page, are for data accesses of this kind, after all checks. Enters the page into
    /// the TLB where that is possible.
    fn data_address(&mut self, va: u64, len: u64, kind: AccessKind) -> Result<Place, Trap> {
        if self.caches.dropped {
            self.privilege_changed();
        }
        let context = self.csr.data_context();
        let translation = self.translate(&context, va, kind)?;
        if !self.csr.pmp.check(translation.physical, len, kind, context.privilege) {
            return Err(Trap::exception(kind.access_fault(), va));
        }
        let unmarked = self.fill(va, &translation, context.privilege).filter(|_| kind == AccessKind::Write);
        Ok(Place { addr: translation.physical, unmarked })
    }

    /// Enters a page into the TLB; for stores only where they need no mark. Otherwise returns what to enter once the page is marked.
    fn fill(&mut self, va: u64, translation: &Translation, privilege: Privilege) -> Option<PageAt> {
        let page = Gpa(translation.physical.0 & !PAGE_MASK);
        let allowed = self.csr.pmp.uniform_over_page(page, privilege)?;
        // What hits takes the guest's alignment for the host's.
        let ram = self.ram_of(page, PAGE_MASK + 1).filter(|ram| ram.is_aligned(8))?;
        let readable = translation.readable && allowed.read;
        let writable = translation.writable && allowed.write && !ram.read_only;
        self.caches.uses(page);
        self.statistics.tlb_fills += 1;
        let entry = PageAt::new(va, page.0, ram.host.expose_provenance() as u64);
        self.caches.tlb.fill(entry, readable, writable && !ram.logged, translation.page_bits);
        (writable && ram.logged).then_some(entry)
    }

    /// After a store through `place`: its page is marked now, if it is under a dirty log.
    fn is_marked(&mut self, place: Place) {
        if let Some(page) = place.unmarked {
            self.caches.tlb.fill_marked(page);
        }
    }

    /// Loads `size` bytes at `va`, zero-extended, whatever answers there, at any alignment.
    pub(crate) fn load(&mut self, va: u64, size: u8) -> Result<u64, Trap> {
        let in_page = PAGE_MASK + 1 - (va & PAGE_MASK);
        let value = if in_page < u64::from(size) {
            self.load_across(va, size, in_page as u8)?
        } else {
            let addr = self.data_address(va, u64::from(size), AccessKind::Read)?.addr;
            self.load_physical(va, addr, size)?
        };
        self.note_memory(va, size, None);
        Ok(value)
    }

    /// A load that begins `first` bytes before the end of a page: both pages are translated before either is read.
    fn load_across(&mut self, va: u64, size: u8, first: u8) -> Result<u64, Trap> {
        let second = size - first;
        let next_page = va.wrapping_add(u64::from(first));
        let low = self.data_address(va, u64::from(first), AccessKind::Read)?.addr;
        let high = self.data_address(next_page, u64::from(second), AccessKind::Read)?.addr;
        let fault = |va| move || Trap::exception(Exception::LoadAccessFault, va);
        let low = self.ram(low, first).ok_or_else(fault(va))?;
        let high = self.ram(high, second).ok_or_else(fault(next_page))?;
        let mut bytes = [0; 8];
        // SAFETY: that many bytes of blocks of the view that the reader holds.
        unsafe {
            atomics::copy_out(low.host, &mut bytes[..usize::from(first)]);
            atomics::copy_out(high.host, &mut bytes[usize::from(first)..usize::from(size)]);
        }
        Ok(u64::from_le_bytes(bytes))
    }

    fn load_physical(&mut self, va: u64, addr: Gpa, size: u8) -> Result<u64, Trap> {
        if let Some(ram) = self.ram(addr, size) {
            // SAFETY: that many bytes of a block of the view that the reader holds; misaligned loads are assembled there.
            return Ok(unsafe {
                match size {
                    1 => atomics::load::<u8>(ram.host).into(),
                    2 => atomics::load::<u16>(ram.host).into(),
                    4 => atomics::load::<u32>(ram.host).into(),
                    _ => atomics::load::<u64>(ram.host),
                }
            });
        }
        let fault = Trap::exception(Exception::LoadAccessFault, va);
        if !addr.0.is_multiple_of(u64::from(size)) {
            return Err(fault);
        }
        self.statistics.device_accesses += 1;
        let requester = Requester::Cpu(self.config.id);
        self.reader.read(self.config.space, addr, size, requester, &mut self.caches).map_err(|error| {
            tracing::trace!(hart = self.config.id, %addr, size, %error, "load");
            fault
        })
    }

    /// Stores the low `size` bytes of `value` at `va`, whatever answers there, at any alignment.
    pub(crate) fn store(&mut self, va: u64, size: u8, value: u64) -> Result<(), Trap> {
        let in_page = PAGE_MASK + 1 - (va & PAGE_MASK);
        if in_page < u64::from(size) {
            self.store_across(va, size, in_page as u8, value)?;
        } else {
            let place = self.data_address(va, u64::from(size), AccessKind::Write)?;
            self.store_physical(va, place, size, value)?;
        }
        self.note_memory(va, size, Some(value));
        Ok(())
    }

    /// A store that begins `first` bytes before the end of a page: both pages are translated before either is written.
    fn store_across(&mut self, va: u64, size: u8, first: u8, value: u64) -> Result<(), Trap> {
        let second = size - first;
        let next_page = va.wrapping_add(u64::from(first));
        let low = self.data_address(va, u64::from(first), AccessKind::Write)?;
        #[cfg(feature = "planted-bugs")]
        if crate::planted::is(crate::planted::Bug::SecondPageNotTranslated) {
            return self.store_physical(va, low, size, value);
        }
        let high = self.data_address(next_page, u64::from(second), AccessKind::Write)?;
        let check = |hart: &mut Hart, va, addr, len| match hart.ram(addr, len) {
            Some(ram) if !ram.read_only => Ok(()),
            _ => Err(Trap::exception(Exception::StoreAccessFault, va)),
        };
        check(self, va, low.addr, first)?;
        check(self, next_page, high.addr, second)?;
        let bytes = value.to_le_bytes();
        let (first_bytes, second_bytes) = bytes[..usize::from(size)].split_at(usize::from(first));
        for (va, place, bytes) in [(va, low, first_bytes), (next_page, high, second_bytes)] {
            for (at, byte) in (0..).zip(bytes) {
                self.store_physical(va, Place { addr: Gpa(place.addr.0 + at), ..place }, 1, u64::from(*byte))?;
            }
        }
        Ok(())
    }

    fn store_physical(&mut self, va: u64, place: Place, size: u8, value: u64) -> Result<(), Trap> {
        let addr = place.addr;
        let fault = Trap::exception(Exception::StoreAccessFault, va);
        match self.ram(addr, size) {
            Some(ram) if ram.by_device && addr.0.is_multiple_of(u64::from(size)) => {
                self.statistics.device_accesses += 1
            }
            Some(ram) if ram.read_only => return Err(fault),
            Some(ram) => {
                // SAFETY: that many bytes of a block of the view that the reader holds; misaligned stores are taken apart there.
                let store = |host| unsafe {
                    match size {
                        1 => atomics::store(host, value as u8),
                        2 => atomics::store(host, value as u16),
                        4 => atomics::store(host, value as u32),
                        _ => atomics::store(host, value),
                    }
                };
                store_at(&self.reader, self.config.space, ram, (addr, size.into()), store);
                self.is_marked(place);
                return Ok(());
            }
            None if !addr.0.is_multiple_of(u64::from(size)) => return Err(fault),
            None => self.statistics.device_accesses += 1,
        }
        let requester = Requester::Cpu(self.config.id);
        self.reader.write(self.config.space, addr, size, value, requester, &mut self.caches).map_err(|error| {
            tracing::trace!(hart = self.config.id, %addr, size, %error, "store");
            fault
        })
    }

    fn ram(&mut self, addr: Gpa, size: u8) -> Option<Ram> {
        self.ram_of(addr, u64::from(size))
    }

    fn ram_of(&mut self, addr: Gpa, len: u64) -> Option<Ram> {
        ram_at(&self.reader, self.config.space, &mut self.caches.ram, addr, len)
    }

    /// The host address that an aligned load-reserved reads. Atomics on anything but RAM are access faults.
    #[cold]
    #[inline(never)]
    pub(crate) fn reserved_address(&mut self, va: u64, size: u8) -> Result<*mut u8, Trap> {
        self.atomic_place(va, size, AccessKind::Read).map(|(_, ram)| ram.host)
    }

    /// Carries an aligned read-modify-write out on a page that the TLB does not have for stores.
    #[cold]
    #[inline(never)]
    pub(crate) fn atomic_store<R>(&mut self, va: u64, size: u8, store: impl FnOnce(*mut u8) -> R) -> Result<R, Trap> {
        let (place, ram) = self.atomic_place(va, size, AccessKind::Write)?;
        let result = store_at(&self.reader, self.config.space, ram, (place.addr, size.into()), store);
        self.is_marked(place);
        Ok(result)
    }

    fn atomic_place(&mut self, va: u64, size: u8, kind: AccessKind) -> Result<(Place, Ram), Trap> {
        if !va.is_multiple_of(u64::from(size)) {
            return Err(Trap::exception(kind.misaligned(), va));
        }
        let place = self.data_address(va, u64::from(size), kind)?;
        // A reservation ends with the map that it was made under, also where the page has no place in the TLB.
        self.caches.uses(place.addr);
        match self.ram(place.addr, size) {
            Some(ram) if ram.is_aligned(size.into()) && (kind == AccessKind::Read || !ram.read_only) => {
                Ok((place, ram))
            }
            _ => Err(Trap::exception(kind.access_fault(), va)),
        }
    }

    /// The code page at the program counter; `None` where code cannot be cached and is fetched one instruction at a time.
    pub(crate) fn open_page(&mut self, pc: u64) -> Result<Option<u32>, Trap> {
        let context = self.csr.fetch_context();
        let translation = self.translate(&context, pc, AccessKind::Execute)?;
        let page = Gpa(translation.physical.0 & !PAGE_MASK);
        match self.csr.pmp.uniform_over_page(page, context.privilege) {
            None => return Ok(None),
            Some(allowed) if !allowed.execute => {
                return Err(Trap::exception(Exception::InstructionAccessFault, pc));
            }
            Some(_) => {}
        }
        let Some(ram) = self.ram_of(page, PAGE_MASK + 1) else { return Ok(None) };
        self.caches.uses_code(page);
        let index = self.caches.code.open(pc & !PAGE_MASK, page, translation.page_bits, |bytes| {
            // SAFETY: a whole page of a block of the view that the reader holds.
            unsafe { atomics::copy_out(ram.host, bytes) }
        });
        Ok(Some(index))
    }

    /// The encoding at an address whose page cannot be cached, or that ends in the next page.
    pub(crate) fn fetch_encoding(&mut self, pc: u64) -> Result<u32, Trap> {
        let low = self.fetch_half(pc)?;
        if !crate::decode::is_long(low) {
            return Ok(low.into());
        }
        let high = self.fetch_half(pc.wrapping_add(2))?;
        Ok(u32::from(high) << 16 | u32::from(low))
    }

    fn fetch_half(&mut self, va: u64) -> Result<u16, Trap> {
        let page = match self.caches.code.fetch(va) {
            Some(page) => Some(page),
            None => self.open_page(va)?,
        };
        match page {
            Some(page) => Ok(self.caches.code.page(page).half((va & PAGE_MASK) as usize)),
            None => self.fetch_uncached(va),
        }
    }

    /// Two bytes of code from memory itself.
    fn fetch_uncached(&mut self, va: u64) -> Result<u16, Trap> {
        let context = self.csr.fetch_context();
        let fault = Trap::exception(Exception::InstructionAccessFault, va);
        let addr = self.translate(&context, va, AccessKind::Execute)?.physical;
        if !self.csr.pmp.check(addr, 2, AccessKind::Execute, context.privilege) {
            return Err(fault);
        }
        if let Some(ram) = self.ram(addr, 2) {
            // SAFETY: two bytes of a block of the view that the reader holds.
            return Ok(unsafe { atomics::load::<u16>(ram.host) });
        }
        let requester = Requester::Cpu(self.config.id);
        let value = self.reader.read(self.config.space, addr, 2, requester, &mut self.caches);
        value.map(|half| half as u16).map_err(|_| fault)
    }
}
