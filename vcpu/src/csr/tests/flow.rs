//! Trap entry and return.

use super::*;
use crate::trap::{Cause, Exception, Interrupt, Trap};

const EXCEPTIONS: [Exception; 14] = [
    Exception::InstructionAddressMisaligned,
    Exception::InstructionAccessFault,
    Exception::IllegalInstruction,
    Exception::Breakpoint,
    Exception::LoadAddressMisaligned,
    Exception::LoadAccessFault,
    Exception::StoreAddressMisaligned,
    Exception::StoreAccessFault,
    Exception::EnvironmentCallFromUser,
    Exception::EnvironmentCallFromSupervisor,
    Exception::EnvironmentCallFromMachine,
    Exception::InstructionPageFault,
    Exception::LoadPageFault,
    Exception::StorePageFault,
];

const VECTORS: [(u16, u64); 2] = [(MTVEC, 0x1000), (STVEC, 0x2000)];

/// Every cause from every mode, delegated and not: where it goes, and what it records.
#[test]
fn delegation_matrix() {
    let exceptions = EXCEPTIONS.map(Cause::Exception).into_iter();
    let interrupts = Interrupt::BY_PRIORITY.map(Cause::Interrupt).into_iter();
    for cause in exceptions.chain(interrupts) {
        let (register, code) = match cause {
            Cause::Exception(exception) => (MEDELEG, exception.code()),
            Cause::Interrupt(interrupt) => (MIDELEG, interrupt.code()),
        };
        for delegate in [false, true] {
            for from in MODES {
                let mut csrs = with(from, &VECTORS);
                csrs.set_privilege(Privilege::Machine);
                put(&mut csrs, register, if delegate { 1 << code } else { 0 });
                let delegable = get(&csrs, register) != 0;
                csrs.set_privilege(from);

                let pc = csrs.take_trap(Trap { cause, tval: 0x77 }, 0x4444);
                let supervisor = delegable && from != Privilege::Machine;
                let case = format!("{cause:?} from {from:?}, delegate {delegate}");
                let (mode, vector, records) = if supervisor {
                    (Privilege::Supervisor, 0x2000, [SEPC, SCAUSE, STVAL])
                } else {
                    (Privilege::Machine, 0x1000, [MEPC, MCAUSE, MTVAL])
                };
                assert_eq!((csrs.privilege(), pc), (mode, vector), "{case}");
                assert_eq!(records.map(|csr| get(&csrs, csr)), [0x4444, cause.bits(), 0x77], "{case}");
            }
        }
    }
}

#[test]
fn cause_codes() {
    assert_eq!(EXCEPTIONS.map(Exception::code), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15]);
    assert_eq!(Interrupt::BY_PRIORITY.map(Interrupt::code), [11, 3, 7, 9, 1, 5]);
    assert_eq!(Cause::Interrupt(Interrupt::MachineTimer).bits(), 1 << 63 | 7);
}

/// Vectored mode spreads interrupts, not exceptions.
#[test]
fn vectored_mode() {
    let timer = Trap::interrupt(Interrupt::SupervisorTimer);
    let fault = Trap::exception(Exception::LoadPageFault, 0);
    for (mideleg, medeleg, trap, pc) in [
        (0, 0, timer, 0x1000 + 4 * 5),
        (1 << 5, 0, timer, 0x2000 + 4 * 5),
        (0, 0, fault, 0x1000),
        (0, 1 << 13, fault, 0x2000),
    ] {
        let writes = [(MTVEC, 0x1001), (STVEC, 0x2001), (MIDELEG, mideleg), (MEDELEG, medeleg)];
        assert_eq!(with(Privilege::User, &writes).take_trap(trap, 0), pc);
    }
}

/// Mode before, enables before, and the stack fields after entry to each handler mode.
#[test]
fn entry_stacks_the_mode_and_the_enable() {
    const ECALL: Trap = Trap { cause: Cause::Exception(Exception::Breakpoint), tval: 0 };
    for from in MODES {
        for (enable, previous) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let mut csrs = with(from, &[(MSTATUS, enable << 3 | previous << 7 | 1 << 17)]);
            csrs.take_trap(ECALL, 0);
            let expected = (from as u64) << 11 | enable << 7 | 1 << 17;
            assert_eq!(get(&csrs, MSTATUS) & 0x2_1888, expected, "to M from {from:?}");

            if from == Privilege::Machine {
                continue;
            }
            let mut csrs = with(from, &[(MEDELEG, 8), (MSTATUS, enable << 1 | previous << 5 | 1 << 3)]);
            csrs.take_trap(ECALL, 0);
            let expected = (from as u64) << 8 | enable << 5 | 1 << 3;
            assert_eq!(get(&csrs, MSTATUS) & 0x12a, expected, "to S from {from:?}");
        }
    }
}

/// MPP, MPIE, MPRV before; the mode and MPRV after.
#[test]
fn mret() {
    for (mpp, mode) in [(0, Privilege::User), (1, Privilege::Supervisor), (3, Privilege::Machine)] {
        for mpie in [0, 1] {
            let mut csrs =
                with(Privilege::Machine, &[(MEPC, 0x8001_0002), (MSTATUS, mpp << 11 | mpie << 7 | 1 << 17 | 8)]);
            assert_eq!(csrs.mret(), Ok(0x8001_0002));
            assert_eq!(csrs.privilege(), mode);
            let mprv = if mode == Privilege::Machine { 1 << 17 } else { 0 };
            assert_eq!(get(&csrs, MSTATUS) & 0x2_1888, mpie << 3 | 1 << 7 | mprv, "MPP {mpp} MPIE {mpie}");
        }
    }
}

#[test]
fn sret() {
    for from in [Privilege::Supervisor, Privilege::Machine] {
        for (spp, mode) in [(0, Privilege::User), (1, Privilege::Supervisor)] {
            for spie in [0, 1] {
                let mut csrs = with(from, &[(SEPC, 0x4000_0002), (MSTATUS, spp << 8 | spie << 5 | 1 << 17 | 2)]);
                assert_eq!(csrs.sret(), Ok(0x4000_0002));
                assert_eq!(csrs.privilege(), mode);
                let status = get(&csrs, MSTATUS) & 0x2_0122;
                assert_eq!(status, spie << 1 | 1 << 5, "from {from:?} SPP {spp} SPIE {spie}");
            }
        }
    }
}

#[test]
fn returns_that_are_illegal() {
    for (privilege, tsr, mret, sret) in [
        (Privilege::Machine, 0, true, true),
        (Privilege::Machine, 1, true, true),
        (Privilege::Supervisor, 0, false, true),
        (Privilege::Supervisor, 1, false, false),
        (Privilege::User, 0, false, false),
        (Privilege::User, 1, false, false),
    ] {
        let mut csrs = with(privilege, &[(MSTATUS, tsr << 22)]);
        assert_eq!(csrs.clone().mret().is_ok(), mret, "mret in {privilege:?}");
        assert_eq!(csrs.sret().is_ok(), sret, "sret in {privilege:?} TSR {tsr}");
        if !sret {
            assert_eq!(csrs.privilege(), privilege, "a refused return changes nothing");
        }
    }
}

/// Mode, MPRV, MPP: whose rights data accesses have, and whether they are translated.
#[test]
fn contexts() {
    use Privilege::*;
    let satp = 8 << 60 | 0x1234 << 44 | 0x8_0000;
    for (privilege, mprv, mpp, data) in [
        (Machine, 0, 0, Machine),
        (Machine, 1, 0, User),
        (Machine, 1, 1, Supervisor),
        (Machine, 1, 3, Machine),
        (Supervisor, 0, 0, Supervisor),
        (User, 0, 1, User),
    ] {
        let csrs = with(privilege, &[(SATP, satp), (MSTATUS, mprv << 17 | mpp << 11 | 1 << 18)]);
        let case = format!("{privilege:?} MPRV {mprv} MPP {mpp}");
        for (context, mode) in [(csrs.data_context(), data), (csrs.fetch_context(), privilege)] {
            assert_eq!(context.privilege, mode, "{case}");
            assert_eq!(context.mode.levels(), if mode == Machine { 0 } else { 3 }, "{case}");
            assert_eq!(context.root.0, 0x8000_0000, "{case}");
            assert!(context.sum && !context.mxr && context.update_accessed_dirty && !context.memory_types, "{case}");
        }
    }
}

#[test]
fn environment_calls_name_their_mode() {
    let codes = MODES.map(|mode| mode.environment_call().code());
    assert_eq!(codes, [8, 9, 11]);
}
