//! Everything a hart remembers of memory: translations, code, a reservation. What the runtime asks a reader to forget, it forgets here.

use manyhart_runtime::ram::monitor::{Token, Tokens};
use manyhart_runtime::{AddrRange, AddressSpaceId, DropCached, Gpa, Invalidate};

use crate::block::CodeCache;
use crate::csr::CsrFile;
use crate::keys::KeyContext;
use crate::ram::RamRange;
use crate::tlb::Tlb;
use crate::trap::Privilege;
use crate::used::UsedPages;

/// More changed ranges than this are not looked up in the TLB one by one.
const MOST_RANGES: usize = 64;

/// What a load-reserved left for a store-conditional.
#[derive(Clone, Copy)]
pub(crate) struct Reservation {
    /// The host address, which is even, and one more for eight bytes than for four.
    pub place: usize,
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
    /// For reservations to come.
    pub tokens: Tokens,
    /// The range of RAM that was looked up last.
    pub ram: Option<RamRange>,
    /// Something was dropped since the hart looked last: contexts are to be selected again, and the block that runs may be stale.
    pub dropped: bool,
    /// What the keys were taken for: `satp`, and [`CsrFile::modes`].
    selected: (u64, u64),
    space: AddressSpaceId,
    /// The guest-physical pages of which data may be remembered, or a reservation.
    used: UsedPages,
    /// The same of code.
    used_by_code: UsedPages,
}

impl Caches {
    /// Empty ones, of this address space.
    pub fn new(space: AddressSpaceId) -> Caches {
        Caches {
            tlb: Tlb::new(),
            code: CodeCache::new(),
            reservation: None,
            tokens: Tokens::default(),
            ram: None,
            dropped: true,
            selected: (0, 0),
            space,
            used: UsedPages::default(),
            used_by_code: UsedPages::default(),
        }
    }

    /// Notes that data of this page will be remembered, or a reservation.
    pub fn uses(&mut self, page: Gpa) {
        self.used.insert(page);
    }

    /// Notes that code of this page will be remembered.
    pub fn uses_code(&mut self, page: Gpa) {
        self.used_by_code.insert(page);
    }

    /// Takes the keys of the context that the hart is in now.
    #[inline]
    pub fn select(&mut self, csr: &CsrFile) {
        let selected = (csr.satp(), csr.modes());
        if self.dropped || self.selected != selected {
            self.selected = selected;
            self.take_keys(csr);
        }
    }

    /// The same in supervisor mode where nothing but SUM and MXR has changed, and their context is known; false if it has to be selected.
    #[inline(always)]
    pub fn switch(&mut self, csr: &CsrFile) -> bool {
        let privilege = csr.privilege();
        if self.dropped || privilege != Privilege::Supervisor {
            return false;
        }
        let (sum, mxr) = csr.sum_and_mxr();
        let switched = self.tlb.switch(KeyContext { satp: csr.satp(), privilege, sum, mxr });
        if switched {
            self.selected.1 = csr.modes();
        }
        switched
    }

    fn take_keys(&mut self, csr: &CsrFile) {
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

    /// Forgets everything.
    fn forget_all(&mut self) {
        self.tlb.flush();
        self.used.clear();
        self.forget_code();
    }

    /// Other bytes may answer at the addresses that code came from.
    fn forget_code(&mut self) {
        self.code.revalidate();
        self.used_by_code.clear();
        self.reservation = None;
        self.dropped = true;
    }

    /// Forgets what lies in these ranges: translations of other pages stay, and code where none of its pages is concerned.
    fn forget_physical(&mut self, ranges: &[AddrRange]) {
        if ranges.iter().any(|&range| self.used_by_code.overlaps(range)) {
            self.forget_code();
        }
        let concerned: Vec<AddrRange> = ranges.iter().copied().filter(|&range| self.used.overlaps(range)).collect();
        match concerned.len() {
            0 => {}
            1..=MOST_RANGES => {
                self.tlb.flush_physical(&concerned);
                concerned.into_iter().for_each(|range| self.used.remove(range));
                self.reservation = None;
            }
            _ => self.forget_all(),
        }
    }
}

impl DropCached for Caches {
    fn drop_cached(&mut self, what: Invalidate<'_>) {
        self.ram = None;
        match what {
            Invalidate::Marks => self.tlb.forget_marks(),
            Invalidate::Space(space) if space == self.space => self.forget_all(),
            Invalidate::Ranges(space, ranges) if space == self.space => self.forget_physical(ranges),
            Invalidate::Closed(snapshot) if snapshot.view(self.space).is_none() => self.forget_all(),
            Invalidate::Space(_) | Invalidate::Ranges(..) | Invalidate::Closed(_) => {}
        }
    }
}
