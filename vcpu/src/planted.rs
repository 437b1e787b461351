//! Deliberate defects, to show that the comparison with the reference can fail, and the shapes that several harts run together. Each is
//! one cfg'd line in the production code that asks `planted::is(Bug::X)`, or a row of `misdecode`; without the feature none of it is compiled at all.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::decode::{Inst, Opcode};

macro_rules! bugs {
    (alone { $($(#[$meta:meta])* $name:ident,)* } together { $($(#[$more:meta])* $other:ident,)* }) => {
        /// A defect that can be armed, named after what the code then does wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bug { $($(#[$meta])* $name,)* $($(#[$more])* $other,)* }

        impl Bug {
            /// All that one hart alone shows.
            pub const ALONE: &[Bug] = &[$(Bug::$name,)*];
        }
    };
}

bugs! {
    alone {
        /// `sra` shifts in zeroes.
        SraAsSrl,
        /// `addiw` does not sign-extend.
        AddiwAsAddi,
        /// `sltiu` compares signed numbers.
        SltiuAsSlti,
        /// `mulhsu` takes both operands for unsigned.
        MulhsuAsMulhu,
        /// `divw` divides 64 bits.
        DivwAsDiv,
        /// `rorw` rotates 64 bits.
        RorwAsRor,
        /// `clmulr` is `clmulh`.
        ClmulrAsClmulh,
        /// `bge` branches on the opposite.
        BgeAsBlt,
        /// `lwu` sign-extends.
        LwuAsLw,
        /// `amomax.w` compares unsigned numbers.
        AmoMaxAsMaxu,
        /// `fmsub.d` adds.
        FmsubAsFmadd,
        /// `csrrc` and `csrrci` set.
        CsrrcAsCsrrs,
        /// Every static rounding mode is to nearest.
        RoundsToNearest,
        /// The immediate of `c.lui` is not sign-extended.
        CLuiUnsigned,
        /// The minimum of -0 and +0 is whichever comes second.
        MinOfZeroes,
        /// A fused multiply-add rounds its product.
        FusedTwiceRounded,
        /// Flags replace those that accrued before.
        FlagsReplaced,
        /// A single whose NaN box is broken is taken for what is in it.
        BoxIgnored,
        /// What is above the greatest integer converts to the least.
        OverflowToLeast,
        /// Floating point works while FS is Off.
        OffIgnored,
        /// FS never becomes Dirty.
        NeverDirty,
        /// tval is zero.
        NoTval,
        /// `mret` leaves MPP.
        MppKept,
        /// A trap to machine mode leaves MPIE.
        MpieKept,
        /// Delegation has no effect.
        DelegationIgnored,
        /// TSR has no effect.
        TsrIgnored,
        /// TW has no effect.
        TwIgnored,
        /// TVM has no effect.
        TvmIgnored,
        /// MPRV has no effect.
        MprvIgnored,
        /// Counters are open to everybody.
        CountersOpen,
        /// Every environment call comes from user mode.
        EveryCallFromUser,
        /// A and D bits are not written.
        NoUpdate,
        /// A write sets A alone.
        NoDirtyBit,
        /// SUM has no effect: supervisors reach user pages.
        SumIgnored,
        /// MXR has no effect.
        MxrIgnored,
        /// The low page-number bits of a superpage are ignored.
        SuperpageMisaligned,
        /// Addresses need not be canonical.
        AnyAddressCanonical,
        /// The second page of a store is taken to lie behind the first.
        SecondPageNotTranslated,
        /// Protection looks at an access's first byte alone.
        ProtectionOfFirstByte,
        /// The upper bound of a TOR region belongs to it.
        TorInclusive,
        /// A store-conditional reports the opposite.
        ScInverted,
        /// A fused pair's second half has the resident registers as they were before the first.
        PairReadsStale,
        /// Where a fused pair's second half cannot be done at once (a fault, a branch that is taken), it is left out.
        PairHalfLeftOut,
        /// A fused pair goes on with its second op, not behind it.
        PairHalfRepeated,
    }
    together {
        /// A fence does not look for a newer topology.
        FenceUnpolled,
        /// An ordered atomic does not look for a newer topology.
        AtomicUnpolled,
        /// A store-conditional stores whatever has become of the reservation.
        ScUnwatched,
        /// `fence.i` compares no page with what was decoded.
        CodeKept,
        /// `sfence.vma` forgets no translation.
        TranslationsKept,
    }
}

/// The armed defect's index, plus one.
static ARMED: AtomicUsize = AtomicUsize::new(0);

/// Makes this defect happen from now on, in the whole process, and no other.
pub fn arm(bug: Bug) {
    ARMED.store(bug as usize + 1, Ordering::SeqCst);
}

/// Disarms it.
pub fn disarm() {
    ARMED.store(0, Ordering::SeqCst);
}

/// Whether this defect is armed.
#[inline]
pub(crate) fn is(bug: Bug) -> bool {
    ARMED.load(Ordering::Relaxed) == bug as usize + 1
}

/// What the decoder makes of an instruction when one of its own defects is armed.
pub(crate) fn misdecode(mut inst: Inst) -> Inst {
    const SWAPS: [(Bug, Opcode, Opcode); 11] = [
        (Bug::SraAsSrl, Opcode::Sra, Opcode::Srl),
        (Bug::AddiwAsAddi, Opcode::Addiw, Opcode::Addi),
        (Bug::SltiuAsSlti, Opcode::Sltiu, Opcode::Slti),
        (Bug::MulhsuAsMulhu, Opcode::Mulhsu, Opcode::Mulhu),
        (Bug::DivwAsDiv, Opcode::Divw, Opcode::Div),
        (Bug::RorwAsRor, Opcode::Rorw, Opcode::Ror),
        (Bug::ClmulrAsClmulh, Opcode::Clmulr, Opcode::Clmulh),
        (Bug::BgeAsBlt, Opcode::Bge, Opcode::Blt),
        (Bug::LwuAsLw, Opcode::Lwu, Opcode::Lw),
        (Bug::AmoMaxAsMaxu, Opcode::AmoMaxW, Opcode::AmoMaxuW),
        (Bug::FmsubAsFmadd, Opcode::FmsubD, Opcode::FmaddD),
    ];
    if let Some((_, _, wrong)) = SWAPS.iter().find(|(bug, right, _)| *right == inst.op && is(*bug)) {
        inst.op = *wrong;
    }
    if is(Bug::RoundsToNearest) && inst.rm <= 4 {
        inst.rm = 0;
    }
    if is(Bug::CLuiUnsigned) && inst.op == Opcode::Lui && inst.len == 2 {
        inst.imm &= 0x3_f000;
    }
    inst
}
