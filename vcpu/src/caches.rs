//! Everything a hart remembers of memory: translations, code, a reservation. What the runtime asks a reader to forget, it forgets here.

use manyhart_runtime::ram::monitor::Token;
use manyhart_runtime::{AddressSpaceId, DropCached, Gpa, Invalidate};

use crate::block::CodeCache;
use crate::csr::CsrFile;
use crate::keys::KeyContext;
use crate::memory::RamRange;
use crate::tlb::Tlb;
use crate::used::UsedPages;

/// What a load-reserved left for a store-conditional.
#[derive(Clone, Copy)]
pub(crate) struct Reservation {
    /// The host address.
    pub host: usize,
    /// Bytes.
    pub size: u8,
    /// What was loaded.
    pub value: u64,
    /// Proof that nobody wrote since.
    pub token: Token,
}

/// A hart's caches. They point into the snapshot that the hart's reader holds.
pub(crate) struct Caches {
    pub tlb: Tlb,
    pub code: CodeCache,
    pub reservation: Option<Reservation>,
    /// The range of RAM that was looked up last.
    pub ram: Option<RamRange>,
    /// Something was dropped since the hart looked last: contexts are to be selected again, and the block that runs may be stale.
    pub dropped: bool,
    space: AddressSpaceId,
    /// The guest-physical pages of which anything was remembered since all was dropped.
    used: UsedPages,
}

impl Caches {
    /// Empty ones, of this address space.
    pub fn new(space: AddressSpaceId) -> Caches {
        Caches {
            tlb: Tlb::new(),
            code: CodeCache::new(),
            reservation: None,
            ram: None,
            dropped: true,
            space,
            used: UsedPages::default(),
        }
    }

    /// Notes that something of this page will be remembered.
    pub fn uses(&mut self, page: Gpa) {
        self.used.insert(page);
    }

    /// Takes the keys of the context that the hart is in now.
    #[inline]
    pub fn select(&mut self, csr: &CsrFile) {
        self.dropped = false;
        let satp = csr.satp();
        let (sum, mxr) = csr.sum_and_mxr();
        self.tlb.select(KeyContext { satp, privilege: csr.data_privilege(), sum, mxr });
        // Fetches depend on neither SUM nor MXR.
        self.code.select(KeyContext { satp, privilege: csr.privilege(), sum: false, mxr: false });
    }

    /// Forgets all translations; code itself stays.
    pub fn forget_translations(&mut self) {
        self.tlb.flush();
        self.code.forget_ways();
        self.dropped = true;
    }

    /// Forgets the translation of one page.
    pub fn forget_page(&mut self, va: u64) {
        self.tlb.flush_page(va);
        if self.code.knows_page(va) {
            self.code.forget_ways();
        }
        self.dropped = true;
    }

    /// Whether a change of these ranges touches what is remembered.
    fn concerned(&self, what: Invalidate<'_>) -> bool {
        match what {
            Invalidate::Everything => true,
            Invalidate::Marks => false,
            Invalidate::Ranges(space, ranges) => {
                space == self.space && ranges.iter().any(|&range| self.used.overlaps(range))
            }
        }
    }
}

impl DropCached for Caches {
    fn drop_cached(&mut self, what: Invalidate<'_>) {
        self.ram = None;
        if matches!(what, Invalidate::Marks) {
            self.tlb.forget_marks();
        } else if self.concerned(what) {
            self.tlb.flush();
            // Other bytes may answer at the addresses that code came from.
            self.code.revalidate();
            self.reservation = None;
            self.used.clear();
            self.dropped = true;
        }
    }
}
