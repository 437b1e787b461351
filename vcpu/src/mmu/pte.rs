//! One page-table entry: its fields and the rules that need nothing else (Sv39: Addressing and Memory Protection, Svnapot, Svpbmt).

use manyhart_runtime::Gpa;

use super::{AccessKind, Context, Translation};
#[cfg(feature = "planted-bugs")]
use crate::planted::{self, Bug};
use crate::trap::Privilege;

const V: u64 = 1 << 0;
const R: u64 = 1 << 1;
const W: u64 = 1 << 2;
const X: u64 = 1 << 3;
const U: u64 = 1 << 4;
const G: u64 = 1 << 5;
const A: u64 = 1 << 6;
const D: u64 = 1 << 7;
const PPN: u64 = (1 << 44) - 1;
/// Bits 60–54: reserved whatever the extensions.
const RESERVED: u64 = 0x7f << 54;
/// The memory type (Svpbmt); 3 is reserved.
const PBMT: u64 = 3 << 61;
/// A contiguous, naturally aligned power-of-two range (Svnapot).
const N: u64 = 1 << 63;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Pte(pub u64);

impl Pte {
    fn has(self, bits: u64) -> bool {
        self.0 & bits != 0
    }

    fn ppn(self) -> u64 {
        self.0 >> 10 & PPN
    }

    /// Where a non-leaf entry's table lies.
    pub fn target(self) -> u64 {
        self.ppn() << 12
    }

    pub fn is_leaf(self) -> bool {
        self.has(R | X)
    }

    /// Valid, and nothing reserved is set: step 3 of the walk. In a non-leaf entry D, A, U, N and PBMT are reserved too.
    pub fn well_formed(self, context: &Context) -> bool {
        if !self.has(V) || (self.has(W) && !self.has(R)) || self.has(RESERVED) {
            return false;
        }
        if !self.is_leaf() {
            return !self.has(U | A | D | PBMT | N);
        }
        let type_legal = if context.memory_types { self.0 & PBMT != PBMT } else { !self.has(PBMT) };
        type_legal && (context.napot || !self.has(N))
    }

    /// A superpage's lower page-number bits are zero (step 5). Contiguous ranges are of base pages and of 64 KiB alone.
    pub fn aligned(self, level: u32) -> bool {
        if self.has(N) {
            return level == 0 && self.ppn() & 0xf == 8;
        }
        #[cfg(feature = "planted-bugs")]
        if planted::is(Bug::SuperpageMisaligned) {
            return true;
        }
        self.ppn() & ((1 << (9 * level)) - 1) == 0
    }

    /// Step 6: the access is allowed by R, W, X and U under SUM and MXR. A and D are not looked at.
    pub fn permits(self, context: &Context, kind: AccessKind) -> bool {
        let user_rule = match (context.privilege, self.has(U)) {
            (Privilege::User, user) => user,
            // Supervisors never execute user pages, whatever SUM says.
            (_, true) => context.sum && kind != AccessKind::Execute,
            (_, false) => true,
        };
        #[cfg(feature = "planted-bugs")]
        let user_rule = user_rule || planted::is(Bug::SumIgnored) && kind != AccessKind::Execute;
        #[cfg(feature = "planted-bugs")]
        let context = &Context { mxr: context.mxr && !planted::is(Bug::MxrIgnored), ..*context };
        user_rule
            && match kind {
                AccessKind::Execute => self.has(X),
                AccessKind::Read => self.has(R) || (context.mxr && self.has(X)),
                AccessKind::Write => self.has(W),
            }
    }

    /// The entry after an access of this kind: A set, and D for a write.
    pub fn used_by(self, kind: AccessKind) -> Pte {
        #[cfg(feature = "planted-bugs")]
        if planted::is(Bug::NoDirtyBit) {
            return Pte(self.0 | A);
        }
        Pte(self.0 | A | if kind == AccessKind::Write { D } else { 0 })
    }

    /// What this leaf, its A bit set, makes of `va`.
    pub fn translation(self, context: &Context, va: u64, level: u32) -> Translation {
        let page_bits = if self.has(N) { 16 } else { 12 + 9 * level };
        let offset = (1 << page_bits) - 1;
        Translation {
            physical: Gpa((self.ppn() << 12 & !offset) | (va & offset)),
            page_bits,
            readable: self.permits(context, AccessKind::Read),
            writable: self.has(D) && self.permits(context, AccessKind::Write),
            executable: self.permits(context, AccessKind::Execute),
            user: self.has(U),
            global: self.has(G),
        }
    }
}
