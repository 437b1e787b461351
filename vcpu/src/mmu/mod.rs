//! Address translation: the page walk of Sv39, Sv48 and Sv57 (RISC-V Privileged 20240213, Supervisor-Level ISA: Virtual
//! Address Translation Process, Sv39, Sv48, Sv57; Svnapot, Svpbmt).
//!
//! The walk reads and updates page tables through [`PteMemory`] and holds no state. What it returns is all that a TLB entry
//! needs; nothing here caches.
//!
//! **A and D bits.** With `update_accessed_dirty` the walk sets them itself, each page-table entry by one compare-exchange,
//! and goes back to that entry when it changed meanwhile (step 7 of the process): two harts, or a hart and the guest's
//! software, never lose each other's update. Without it a clear A, or a clear D at a write, is a page fault. Nothing is set
//! for accesses that do not happen.

mod pte;
#[cfg(test)]
mod tests;
use manyhart_runtime::Gpa;

pub use crate::csr::SatpMode;
#[cfg(feature = "planted-bugs")]
use crate::planted::{self, Bug};
use crate::trap::{Exception, Privilege};
use pte::Pte;

/// What an access does. Atomics, cache-block zeroing and store-conditional are writes; load-reserved is a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum AccessKind {
    /// Fetches an instruction.
    Execute = 0,
    /// Loads.
    Read = 1,
    /// Stores, or loads and stores.
    Write = 2,
}

impl AccessKind {
    /// What a failed translation raises.
    pub fn page_fault(self) -> Exception {
        match self {
            AccessKind::Execute => Exception::InstructionPageFault,
            AccessKind::Read => Exception::LoadPageFault,
            AccessKind::Write => Exception::StorePageFault,
        }
    }

    /// What a refused physical access raises.
    pub fn access_fault(self) -> Exception {
        match self {
            AccessKind::Execute => Exception::InstructionAccessFault,
            AccessKind::Read => Exception::LoadAccessFault,
            AccessKind::Write => Exception::StoreAccessFault,
        }
    }

    /// What a misaligned access raises where the access does not allow it.
    pub fn misaligned(self) -> Exception {
        match self {
            AccessKind::Execute => Exception::InstructionAddressMisaligned,
            AccessKind::Read => Exception::LoadAddressMisaligned,
            AccessKind::Write => Exception::StoreAddressMisaligned,
        }
    }
}

/// A page-table entry cannot be reached: nothing there that holds page tables, or PMP refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessFault;

/// Guest memory as the walk sees it: aligned doublewords, each access single-copy atomic.
///
/// The implementer checks PMP (and what else protects physical memory) for each access: reads as
/// [`AccessKind::Read`], exchanges as [`AccessKind::Write`], both with [`Privilege::Supervisor`] rights (3.7.2).
pub trait PteMemory {
    /// The entry at `pa`, which is a multiple of 8.
    fn load_pte(&mut self, pa: Gpa) -> Result<u64, AccessFault>;

    /// Replaces the entry at `pa` by `new` if it is still `old`; the inner error is what it is instead.
    fn compare_exchange_pte(&mut self, pa: Gpa, old: u64, new: u64) -> Result<Result<(), u64>, AccessFault>;
}

/// Everything outside the page tables that a translation depends on. Equal contexts translate equally as long as the
/// tables do not change (and no ASID is needed: the root tells the spaces apart, and a `satp` write flushes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The scheme; `Bare` for machine mode.
    pub mode: SatpMode,
    /// The root table.
    pub root: Gpa,
    /// The effective mode of the access, never that of an MPRV-less machine mode unless `mode` is `Bare`.
    pub privilege: Privilege,
    /// Supervisor loads and stores may touch user pages.
    pub sum: bool,
    /// Loads may read executable pages.
    pub mxr: bool,
    /// The walk sets A and D (Svadu) instead of faulting (Svade).
    pub update_accessed_dirty: bool,
    /// The PBMT field is defined (Svpbmt).
    pub memory_types: bool,
    /// The N bit is defined (Svnapot).
    pub napot: bool,
}

/// A successful translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Translation {
    /// Where the virtual address lies.
    pub physical: Gpa,
    /// log2 of the page's size in bytes: 12, 16 (NAPOT), 21, 30, 39, 48; 64 without translation. All of the page around the
    /// address translates alike.
    pub page_bits: u32,
    /// A load in this context succeeds without another walk.
    pub readable: bool,
    /// So does a store: D is set.
    pub writable: bool,
    /// So does a fetch.
    pub executable: bool,
    /// A user page (U).
    pub user: bool,
    /// A mapping of all address spaces (G), as far as the leaf says.
    pub global: bool,
}

impl Translation {
    fn identity(va: u64) -> Translation {
        Translation {
            physical: Gpa(va),
            page_bits: 64,
            readable: true,
            writable: true,
            executable: true,
            user: false,
            global: false,
        }
    }
}

/// Translates `va` for an access of this kind, walking the tables in `memory`. The error is the exception to raise; its tval
/// is the virtual address of the access. The caller checks PMP for the resulting physical address.
pub fn translate<M: PteMemory>(
    context: &Context,
    va: u64,
    kind: AccessKind,
    memory: &mut M,
) -> Result<Translation, Exception> {
    if context.mode == SatpMode::Bare {
        return Ok(Translation::identity(va));
    }
    if !canonical(context.mode, va) {
        return Err(kind.page_fault());
    }
    walk(context, va, kind, memory)
}

/// Whether all bits above the scheme's address equal its top bit.
fn canonical(mode: SatpMode, va: u64) -> bool {
    #[cfg(feature = "planted-bugs")]
    if planted::is(Bug::AnyAddressCanonical) {
        return true;
    }
    let unused = 64 - (12 + 9 * mode.levels());
    ((va << unused) as i64 >> unused) as u64 == va
}

/// The Virtual Address Translation Process, steps 1 to 8 in their order.
fn walk<M: PteMemory>(context: &Context, va: u64, kind: AccessKind, memory: &mut M) -> Result<Translation, Exception> {
    let mut table = context.root.0;
    let mut level = context.mode.levels() - 1;
    loop {
        let index = va >> (12 + 9 * level) & 0x1ff;
        let at = Gpa(table + index * 8);
        let pte = Pte(memory.load_pte(at).map_err(|AccessFault| kind.access_fault())?);
        if !pte.well_formed(context) {
            return Err(kind.page_fault());
        }
        if pte.is_leaf() {
            // An entry that changed under the update is looked at anew.
            if let Some(pte) = leaf(context, at, pte, level, kind, memory)? {
                return Ok(pte.translation(context, va, level));
            }
        } else {
            level = level.checked_sub(1).ok_or(kind.page_fault())?;
            table = pte.target();
        }
    }
}

/// Checks a leaf and brings its A and D bits up to date: the entry as it stands in memory then, or `None` where
/// another writer came first.
fn leaf<M: PteMemory>(
    context: &Context,
    at: Gpa,
    pte: Pte,
    level: u32,
    kind: AccessKind,
    memory: &mut M,
) -> Result<Option<Pte>, Exception> {
    if !pte.aligned(level) || !pte.permits(context, kind) {
        return Err(kind.page_fault());
    }
    let used = pte.used_by(kind);
    if used == pte {
        return Ok(Some(pte));
    }
    if !context.update_accessed_dirty {
        return Err(kind.page_fault());
    }
    #[cfg(feature = "planted-bugs")]
    if planted::is(Bug::NoUpdate) {
        return Ok(Some(used));
    }
    match memory.compare_exchange_pte(at, pte.0, used.0) {
        Ok(Ok(())) => Ok(Some(used)),
        Ok(Err(_)) => Ok(None),
        Err(AccessFault) => Err(kind.access_fault()),
    }
}
