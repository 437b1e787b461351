//! Guest memory off the fast path: translation, protection, devices, misaligned accesses. Fills the TLB.
#![allow(unsafe_code)] // Guest memory is reached by host address.

use manyhart_runtime::ram::atomics;
use manyhart_runtime::{Gpa, Requester};

use crate::hart::Hart;
use crate::mmu::{self, AccessKind, Context, Translation};
use crate::ram::{Ram, Tables, ram_at, store_at};
use crate::tlb::PageAt;
use crate::trap::{Exception, Privilege, Trap};
use crate::watch::WatchKind;

const PAGE_MASK: u64 = 0xfff;

/// Where a data access goes.
#[derive(Clone, Copy)]
struct Place {
    addr: Gpa,
    /// For a store into a page under a dirty log: what to enter into the TLB once the page is marked.
    unmarked: Option<PageAt>,
}

impl Hart {
    pub(crate) fn translate(&mut self, context: &Context, va: u64, kind: AccessKind) -> Result<Translation, Trap> {
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
        let readable = translation.readable && allowed.read;
        let writable = translation.writable && allowed.write;
        self.caches.uses(page);
        // What hits takes the guest's alignment for the host's.
        let Some(ram) = self.ram_of(page, PAGE_MASK + 1).filter(|ram| ram.is_aligned(8)) else {
            self.caches.tlb.fill_device(va, page.0, readable, writable, translation.page_bits);
            return None;
        };
        let readable = readable && self.watch.spares(va, WatchKind::Read);
        // Read-modify-writes look among the pages for stores.
        let writable = writable && !ram.read_only && self.watch.spares(va, WatchKind::Access);
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
        let value = if let Some(addr) = self.device_address(va, size, AccessKind::Read) {
            self.load_from_device(va, addr, size)?
        } else if in_page < u64::from(size) {
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
        if !addr.0.is_multiple_of(u64::from(size)) {
            return Err(Trap::exception(Exception::LoadAccessFault, va));
        }
        self.load_from_device(va, addr, size)
    }

    /// Where an aligned access to a page goes that is known not to be RAM.
    #[inline]
    fn device_address(&self, va: u64, size: u8, kind: AccessKind) -> Option<Gpa> {
        let is_aligned = va & (u64::from(size) - 1) == 0;
        self.caches.tlb.device(va, kind == AccessKind::Write).filter(|_| is_aligned && !self.caches.dropped).map(Gpa)
    }

    fn load_from_device(&mut self, va: u64, addr: Gpa, size: u8) -> Result<u64, Trap> {
        self.statistics.device_accesses += 1;
        let requester = Requester::Cpu(self.config.id);
        self.reader.read(self.config.space, addr, size, requester, &mut self.caches).map_err(|error| {
            tracing::trace!(hart = self.config.id, %addr, size, %error, "load");
            Trap::exception(Exception::LoadAccessFault, va)
        })
    }

    fn store_to_device(&mut self, va: u64, addr: Gpa, size: u8, value: u64) -> Result<(), Trap> {
        self.statistics.device_accesses += 1;
        let requester = Requester::Cpu(self.config.id);
        self.reader.write(self.config.space, addr, size, value, requester, &mut self.caches).map_err(|error| {
            tracing::trace!(hart = self.config.id, %addr, size, %error, "store");
            Trap::exception(Exception::StoreAccessFault, va)
        })
    }

    /// Stores the low `size` bytes of `value` at `va`, whatever answers there, at any alignment.
    pub(crate) fn store(&mut self, va: u64, size: u8, value: u64) -> Result<(), Trap> {
        let in_page = PAGE_MASK + 1 - (va & PAGE_MASK);
        if let Some(addr) = self.device_address(va, size, AccessKind::Write) {
            self.store_to_device(va, addr, size, value)?;
        } else if in_page < u64::from(size) {
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
                self.store_to_device(va, addr, size, value)
            }
            Some(ram) if ram.read_only => Err(fault),
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
                Ok(())
            }
            None if !addr.0.is_multiple_of(u64::from(size)) => Err(fault),
            None => self.store_to_device(va, addr, size, value),
        }
    }

    pub(crate) fn ram(&mut self, addr: Gpa, size: u8) -> Option<Ram> {
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
