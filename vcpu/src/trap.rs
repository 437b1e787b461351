//! Privilege modes and the causes of traps: names and codes only. What a trap does to the CSRs is in [`crate::csr`].
//!
//! Codes: RISC-V Privileged 20240213, 3.1.15 (`mcause`).

/// A privilege mode, in its encoding (1.2). Ordered: a greater mode may do more.
// As wide as the loads that compilers make of it: a wide load of what a narrow store just wrote stalls the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Privilege {
    /// U: applications.
    User = 0,
    /// S: operating systems.
    Supervisor = 1,
    /// M: firmware; the mode after reset.
    #[default]
    Machine = 3,
}

impl Privilege {
    /// The mode with this two-bit encoding; `None` for the reserved 2.
    pub fn from_bits(bits: u64) -> Option<Privilege> {
        match bits {
            0 => Some(Privilege::User),
            1 => Some(Privilege::Supervisor),
            3 => Some(Privilege::Machine),
            _ => None,
        }
    }

    /// What an `ecall` executed in this mode raises.
    pub fn environment_call(self) -> Exception {
        #[cfg(feature = "planted-bugs")]
        if crate::planted::is(crate::planted::Bug::EveryCallFromUser) {
            return Exception::EnvironmentCallFromUser;
        }
        match self {
            Privilege::User => Exception::EnvironmentCallFromUser,
            Privilege::Supervisor => Exception::EnvironmentCallFromSupervisor,
            Privilege::Machine => Exception::EnvironmentCallFromMachine,
        }
    }
}

/// A synchronous exception, in its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub enum Exception {
    InstructionAddressMisaligned = 0,
    InstructionAccessFault = 1,
    IllegalInstruction = 2,
    Breakpoint = 3,
    LoadAddressMisaligned = 4,
    LoadAccessFault = 5,
    StoreAddressMisaligned = 6,
    StoreAccessFault = 7,
    EnvironmentCallFromUser = 8,
    EnvironmentCallFromSupervisor = 9,
    EnvironmentCallFromMachine = 11,
    InstructionPageFault = 12,
    LoadPageFault = 13,
    StorePageFault = 15,
}

impl Exception {
    /// The code as `mcause` holds it.
    pub fn code(self) -> u64 {
        self as u64
    }
}

/// An interrupt, in its code, which is also its bit in `mip` and `mie`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub enum Interrupt {
    SupervisorSoftware = 1,
    MachineSoftware = 3,
    SupervisorTimer = 5,
    MachineTimer = 7,
    SupervisorExternal = 9,
    MachineExternal = 11,
}

impl Interrupt {
    /// All of them, most urgent first (3.1.9: external, software, timer; machine before supervisor).
    pub const BY_PRIORITY: [Interrupt; 6] = [
        Interrupt::MachineExternal,
        Interrupt::MachineSoftware,
        Interrupt::MachineTimer,
        Interrupt::SupervisorExternal,
        Interrupt::SupervisorSoftware,
        Interrupt::SupervisorTimer,
    ];

    /// The code as `mcause` holds it beside its top bit.
    pub const fn code(self) -> u64 {
        self as u64
    }

    /// The bit in `mip`, `mie` and `mideleg`.
    pub const fn bit(self) -> u64 {
        1 << self as u64
    }
}

/// Why a hart traps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// An instruction could not complete.
    Exception(Exception),
    /// An enabled interrupt is taken between two instructions.
    Interrupt(Interrupt),
}

impl Cause {
    /// The value of `mcause` or `scause`.
    pub fn bits(self) -> u64 {
        match self {
            Cause::Exception(exception) => exception.code(),
            Cause::Interrupt(interrupt) => 1 << 63 | interrupt.code(),
        }
    }
}

/// A trap to be taken: its cause, and the value for `mtval` or `stval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trap {
    /// Why.
    pub cause: Cause,
    /// The faulting virtual address, the illegal instruction's bits, or zero (3.1.16).
    pub tval: u64,
}

impl Trap {
    /// A synchronous exception.
    pub fn exception(exception: Exception, tval: u64) -> Trap {
        Trap { cause: Cause::Exception(exception), tval }
    }

    /// An interrupt; its tval is zero.
    pub fn interrupt(interrupt: Interrupt) -> Trap {
        Trap { cause: Cause::Interrupt(interrupt), tval: 0 }
    }
}
