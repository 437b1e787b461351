//! Which bits are pending, whose they are to write, and which interrupt is taken.

use proptest::prelude::*;

use super::*;
use crate::csr::bits::{ALL, MEI, MSI, MTI, SEI, SSI, STI, SUPERVISOR};
use crate::trap::Interrupt;

const STCE: (u16, u64) = (MENVCFG, 1 << 63);

fn lines(lines: u64) -> Inputs {
    Inputs { lines, ..Inputs::default() }
}

/// The bits of mip that come from the lines, from software, and from either, with and without Sstc.
#[test]
fn who_drives_which_bit() {
    for (sstc, by_lines, by_software) in [(false, MSI | MTI | MEI | SEI, SUPERVISOR), (true, ALL & !SSI, SSI | SEI)] {
        let enable = if sstc { STCE } else { (MSCRATCH, 0) };
        let mut csrs = with(Privilege::Machine, &[enable]);
        assert_eq!(csrs.read(MIP, lines(u64::MAX)), Ok(by_lines), "lines, Sstc {sstc}");
        put(&mut csrs, MIP, u64::MAX);
        assert_eq!(csrs.read(MIP, lines(0)), Ok(by_software), "software, Sstc {sstc}");
    }
}

#[test]
fn seip_is_joined_for_reads_but_not_for_modification() {
    let mut csrs = reset();
    for (op, software_after) in
        [(CsrOp::Set(SSI), SSI), (CsrOp::Set(SEI), SSI | SEI), (CsrOp::Clear(SSI), SEI), (CsrOp::Clear(SEI), 0)]
    {
        let (old, _) = csrs.access(MIP, op, lines(SEI)).expect("machine mode");
        assert_eq!(old & SEI, SEI, "{op:?} reads the line");
        assert_eq!(csrs.mip(0), software_after, "{op:?}");
    }
}

#[test]
fn supervisor_views_show_what_is_delegated() {
    for delegated in [0, SSI, STI, SEI, SSI | SEI, SUPERVISOR] {
        let mut csrs = with(Privilege::Supervisor, &[(MIE, MTI | SEI), (MIP, SUPERVISOR), (MIDELEG, delegated)]);
        assert_eq!(csrs.read(SIP, lines(ALL)), Ok(delegated));
        assert_eq!(csrs.read(SIE, lines(0)), Ok(SEI & delegated));
        put(&mut csrs, SIE, u64::MAX);
        assert_eq!(get(&csrs, MIE), MTI | SEI | delegated, "writes to sie reach the delegated bits alone");
        put(&mut csrs, SIP, 0);
        assert_eq!(csrs.mip(0), SUPERVISOR & !(SSI & delegated), "writes to sip reach SSIP alone, if delegated");
    }
}

#[test]
fn the_deadline_is_that_of_stimecmp_while_sstc_is_on() {
    let mut csrs = with(Privilege::Machine, &[(STIMECMP, 77)]);
    assert_eq!(csrs.supervisor_deadline(), u64::MAX);
    put(&mut csrs, STCE.0, STCE.1);
    assert_eq!(csrs.supervisor_deadline(), 77);
}

/// What is pending and enabled, with the order in which they are taken when nothing is delegated.
#[test]
fn priorities() {
    let mut pending = ALL;
    let csrs = with(Privilege::User, &[(MIE, ALL), STCE]);
    let mut csrs = csrs;
    csrs.set_privilege(Privilege::Machine);
    put(&mut csrs, MIP, SSI);
    csrs.set_privilege(Privilege::User);
    use Interrupt::*;
    for expected in [MachineExternal, MachineSoftware, MachineTimer, SupervisorExternal, SupervisorSoftware] {
        assert_eq!(csrs.pending_interrupt(pending), Some(expected));
        pending &= !expected.bit();
    }
    // SSIP is software's: it stays until it is written.
    csrs.set_privilege(Privilege::Machine);
    put(&mut csrs, MIP, 0);
    csrs.set_privilege(Privilege::User);
    assert_eq!(csrs.pending_interrupt(pending), Some(SupervisorTimer));
    assert_eq!(csrs.pending_interrupt(0), None);
}

/// An interrupt for M and one for S in each mode, under each global enable.
#[test]
fn global_enables_and_delegation() {
    for privilege in MODES {
        for (mie, sie) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let status = mie << 3 | sie << 1;
            let csrs = with(privilege, &[(MIE, ALL), (MIDELEG, SUPERVISOR), (MSTATUS, status)]);
            let machine_open = privilege != Privilege::Machine || mie == 1;
            let supervisor_open = privilege == Privilege::User || (privilege == Privilege::Supervisor && sie == 1);
            let case = format!("{privilege:?} MIE {mie} SIE {sie}");
            let mti = machine_open.then_some(Interrupt::MachineTimer);
            let sei = supervisor_open.then_some(Interrupt::SupervisorExternal);
            assert_eq!(csrs.pending_interrupt(MTI), mti, "{case}");
            assert_eq!(csrs.pending_interrupt(SEI), sei, "{case}");
            assert_eq!(csrs.pending_interrupt(MTI | SEI), mti.or(sei), "{case}");
            assert!(csrs.wakes(SEI) && csrs.wakes(MTI), "wfi ends whatever the global enables");
        }
    }
}

#[test]
fn an_interrupt_that_is_not_enabled_neither_interrupts_nor_wakes() {
    let csrs = with(Privilege::User, &[(MIE, MTI)]);
    assert_eq!(csrs.pending_interrupt(ALL & !MTI), None);
    assert!(!csrs.wakes(ALL & !MTI));
}

/// 3.1.9 word for word, one interrupt at a time.
fn naive(csrs: &CsrFile, mip: u64, mie: u64, mideleg: u64, status: u64) -> Option<Interrupt> {
    let taken = |interrupt: &Interrupt, to_supervisor: bool| {
        let bit = interrupt.bit();
        let (mode, enable) =
            if to_supervisor { (Privilege::Supervisor, status & 2) } else { (Privilege::Machine, status & 8) };
        let mode_open = csrs.privilege() < mode || (csrs.privilege() == mode && enable != 0);
        mip & mie & bit != 0 && (mideleg & bit != 0) == to_supervisor && mode_open
    };
    let order = Interrupt::BY_PRIORITY;
    order.into_iter().find(|i| taken(i, false)).or(order.into_iter().find(|i| taken(i, true)))
}

proptest! {
    #[test]
    fn the_choice_agrees_with_the_specification(
        level in 0..0x1000_u64, mie in 0..0x1000_u64, mideleg in 0..0x1000_u64, status in 0..16_u64, mode in 0..3_usize
    ) {
        let writes = [(MIP, level), (MIE, mie), (MIDELEG, mideleg), (MSTATUS, status)];
        let csrs = with(MODES[mode], &writes);
        let expected = naive(&csrs, csrs.mip(level), mie & ALL, mideleg & SUPERVISOR, status);
        prop_assert_eq!(csrs.pending_interrupt(level), expected);
    }
}
