//! The Advanced Interrupt Architecture's CSRs, chapter by chapter: who reaches what, what each select value leads to, what a claim does.

use std::sync::Arc;

use manyhart_runtime::{Attention, InterruptFile};
use proptest::prelude::*;

use super::*;
use crate::csr::bits::{ALL, MEI, MSI, MTI, SEI, SSI, STI, SUPERVISOR};

pub(super) const ALL_OF_THEM: [u16; 10] = [MISELECT, MIREG, MTOPEI, MTOPI, MVIEN, MVIP, SISELECT, SIREG, STOPEI, STOPI];

/// A hart with files of 255 identities, and its attention.
struct Fixture {
    csrs: CsrFile,
    attention: Arc<Attention>,
    files: [Arc<InterruptFile>; 2],
}

fn fixture() -> Fixture {
    let attention = Arc::new(Attention::new());
    let files = [11, 9].map(|level| Arc::new(InterruptFile::new(255, Arc::clone(&attention), level)));
    let mut csrs = reset();
    csrs.set_interrupt_files(files.clone());
    Fixture { csrs, attention, files }
}

impl Fixture {
    fn lines(&self) -> Inputs {
        Inputs { lines: self.attention.peek() & ALL, ..Inputs::default() }
    }

    fn access(&mut self, csr: u16, op: CsrOp) -> Result<u64, Illegal> {
        let inputs = self.lines();
        self.csrs.access(csr, op, inputs).map(|(old, _)| old)
    }

    fn read(&mut self, csr: u16) -> Result<u64, Illegal> {
        self.access(csr, CsrOp::Read)
    }

    fn write(&mut self, csr: u16, value: u64) {
        assert!(self.access(csr, CsrOp::Write(value)).is_ok(), "{csr:#x}");
    }

    /// Selects and writes at machine (true) or supervisor level.
    fn set(&mut self, machine: bool, select: u64, value: u64) {
        let (window, register) = if machine { (MISELECT, MIREG) } else { (SISELECT, SIREG) };
        self.write(window, select);
        self.write(register, value);
    }
}

#[test]
fn without_interrupt_files_there_are_none_of_them() {
    for privilege in MODES {
        let mut csrs = with(privilege, &[]);
        for csr in ALL_OF_THEM {
            for op in [CsrOp::Read, CsrOp::Write(0), CsrOp::Set(1), CsrOp::Clear(1)] {
                assert_eq!(csrs.access(csr, op, Inputs::default()), Err(Illegal), "{csr:#x} {op:?} {privilege:?}");
            }
        }
    }
}

#[test]
fn each_belongs_to_its_mode_and_the_tops_are_read_only() {
    for privilege in MODES {
        let mut f = fixture();
        f.write(MISELECT, 0x70);
        f.write(SISELECT, 0x70);
        f.csrs.set_privilege(privilege);
        for csr in ALL_OF_THEM {
            let reachable = privilege as u16 >= csr >> 8 & 3;
            assert_eq!(f.read(csr).is_ok(), reachable, "{csr:#x} in {privilege:?}");
            let writable = reachable && !matches!(csr, MTOPI | STOPI);
            assert_eq!(f.access(csr, CsrOp::Set(0)).is_ok(), writable, "{csr:#x} in {privilege:?}");
        }
        // Smcsrind's further windows lead to nothing of these (2.1), and the halves are RV32's.
        for csr in [0x352, 0x353, 0x355, 0x356, 0x357, 0x152, 0x153, 0x155, 0x314, 0x354, 0x114, 0x154, 0x313, 0x318] {
            assert_eq!(f.read(csr), Err(Illegal), "{csr:#x}");
        }
    }
}

/// 2.1 and 3.8: what stands behind each value of `miselect` and `siselect`, and which bits of it are there.
#[test]
fn what_each_select_value_leads_to() {
    let stored = |select| match select {
        0x70 => Some(Some(1)),
        0x72 => Some(Some(0x7ff)),
        0x80 | 0xc0 => Some(Some(!1)),
        0x82 | 0x84 | 0x86 | 0xc2 | 0xc4 | 0xc6 => Some(Some(u64::MAX)),
        0x30..=0x3f | 0x80..=0xff if select % 2 == 1 => None,
        0x30..=0x3f | 0x71 | 0x73..=0x7f | 0x80..=0xff => Some(Some(0)),
        _ => None,
    };
    for (window, register) in [(MISELECT, MIREG), (SISELECT, SIREG)] {
        for select in 0..0x1200u64 {
            let mut f = fixture();
            f.write(window, select);
            assert_eq!(f.read(window), Ok(select & 0xfff));
            let there = stored(select & 0xfff);
            let ones = if select & 0xfff == 0x70 { 1 } else { u64::MAX };
            let written = f.access(register, CsrOp::Write(ones));
            assert_eq!(written, there.map(|_| 0).ok_or(Illegal), "{select:#x}");
            assert_eq!(f.read(register).ok(), there.flatten(), "{select:#x} after a write");
            if let Some(Some(bits)) = there {
                assert_eq!(f.access(register, CsrOp::Clear(1 << 3 | 1)), Ok(bits), "{select:#x}");
                assert_eq!(f.access(register, CsrOp::Set(1 << 3)), Ok(bits & !0b1001), "{select:#x}");
                assert_eq!(f.read(register), Ok((bits & !1).min(if select & 0xfff == 0x70 { 0 } else { u64::MAX })));
            }
        }
    }
}

#[test]
fn delivery_keeps_its_value_when_another_than_its_two_is_written() {
    let mut f = fixture();
    f.set(true, 0x70, 1);
    for illegal in [2, 3, 0x4000_0000, u64::MAX] {
        f.write(MIREG, illegal);
        assert_eq!(f.read(MIREG), Ok(1), "{illegal:#x}");
    }
    f.write(MIREG, 0);
    assert_eq!(f.read(MIREG), Ok(0));
}

#[test]
fn the_two_levels_are_apart() {
    let mut f = fixture();
    for (machine, identity, bit) in [(true, 5, MEI), (false, 7, SEI)] {
        f.set(machine, 0xc0, u64::MAX);
        f.set(machine, 0x70, 1);
        assert!(f.files[usize::from(!machine)].send(identity));
        assert_eq!(f.read(MIP).map(|mip| mip & bit), Ok(bit));
    }
    assert_eq!((f.read(MTOPEI), f.read(STOPEI)), (Ok(5 << 16 | 5), Ok(7 << 16 | 7)));
    assert_eq!(f.access(STOPEI, CsrOp::Write(0)), Ok(7 << 16 | 7));
    assert_eq!(f.read(MIP), Ok(MEI));
    assert_eq!((f.read(MTOPEI), f.read(STOPEI)), (Ok(5 << 16 | 5), Ok(0)));
}

/// 3.9: any write claims what the same instruction reads; a read alone claims nothing.
#[test]
fn a_write_claims_what_is_read() {
    for op in [CsrOp::Write(0), CsrOp::Write(u64::MAX), CsrOp::Set(1), CsrOp::Clear(1)] {
        let mut f = fixture();
        f.set(false, 0xc0, u64::MAX);
        f.set(false, 0xc6, 1 << 63);
        for identity in [9, 255, 4] {
            assert!(f.files[1].send(identity));
        }
        assert_eq!(f.read(STOPEI), Ok(4 << 16 | 4));
        for want in [4, 9, 255, 0] {
            assert_eq!(f.access(STOPEI, op), Ok(want << 16 | want), "{op:?}");
        }
        assert_eq!(f.read(MIP), Ok(0), "delivery was off all the while");
    }
}

/// 3.8.2: from the threshold on nothing is signalled or shown at the top.
#[test]
fn the_threshold_holds_back_its_number_and_above() {
    let mut f = fixture();
    f.set(false, 0x70, 1);
    f.set(false, 0xc0, u64::MAX);
    assert!(f.files[1].send(6));
    for (threshold, shown) in [(0, true), (6, false), (7, true), (1, false)] {
        f.set(false, 0x72, threshold);
        let want = if shown { (Ok(6 << 16 | 6), Ok(SEI)) } else { (Ok(0), Ok(0)) };
        assert_eq!((f.read(STOPEI), f.read(MIP)), want, "{threshold}");
    }
}

#[test]
fn pending_bits_are_software_s_to_write() {
    let mut f = fixture();
    f.set(false, 0x70, 1);
    f.set(false, 0xc0, u64::MAX);
    f.set(false, 0x80, 1 << 3 | 1);
    assert_eq!((f.read(SIREG), f.read(MIP)), (Ok(1 << 3), Ok(SEI)), "there is no identity 0");
    assert!(f.files[1].send(8));
    assert_eq!(f.access(SIREG, CsrOp::Clear(1 << 3)), Ok(1 << 8 | 1 << 3));
    assert_eq!((f.read(SIREG), f.read(MIP)), (Ok(1 << 8), Ok(SEI)));
    f.write(SIREG, 0);
    assert_eq!(f.read(MIP), Ok(0));
}

/// 5.2.2 and 5.4.2: what is pending and enabled at a level, by the default order, whatever the global enables.
#[test]
fn the_top_interrupt_of_each_level() {
    use crate::trap::Interrupt::*;
    let cases = [
        (MEI | MSI | MTI, Some(MachineExternal), None),
        (MSI | MTI | SEI, Some(MachineSoftware), Some(SupervisorExternal)),
        (MTI | SSI | STI, Some(MachineTimer), Some(SupervisorSoftware)),
        (STI, None, Some(SupervisorTimer)),
        (0, None, None),
    ];
    let value = |top: Option<crate::trap::Interrupt>| Ok(top.map_or(0, |top| top.code() << 16 | 1));
    for (pending, machine, supervisor) in cases {
        let mut csrs = fixture().csrs;
        for (csr, value) in [(MIE, ALL), (MIDELEG, SUPERVISOR), (MIP, pending & SUPERVISOR)] {
            put(&mut csrs, csr, value);
        }
        let inputs = Inputs { lines: pending & !SUPERVISOR, ..Inputs::default() };
        assert_eq!(csrs.read(MTOPI, inputs), value(machine), "{pending:#x}");
        assert_eq!(csrs.read(STOPI, inputs), value(supervisor), "{pending:#x}");
        put(&mut csrs, MIE, 0);
        assert_eq!((csrs.read(MTOPI, inputs), csrs.read(STOPI, inputs)), (Ok(0), Ok(0)), "not enabled");
        put(&mut csrs, MIE, ALL);
        put(&mut csrs, MIDELEG, 0);
        assert_eq!(csrs.read(STOPI, inputs), Ok(0), "not delegated");
    }
}

proptest! {
    /// The top interrupts name exactly what would be taken with the global enables open.
    #[test]
    fn tops_and_traps_agree(level in 0..0x1000_u64, mie in 0..0x1000_u64, mideleg in 0..0x1000_u64) {
        let mut csrs = fixture().csrs;
        for (csr, value) in [(MIP, level), (MIE, mie), (MIDELEG, mideleg)] {
            put(&mut csrs, csr, value);
        }
        let inputs = Inputs { lines: level, ..Inputs::default() };
        let [machine, supervisor] = [MTOPI, STOPI].map(|csr| csrs.read(csr, inputs).expect("machine mode") >> 16);
        csrs.set_privilege(Privilege::User);
        let taken = csrs.pending_interrupt(level).map_or(0, |interrupt| interrupt.code());
        prop_assert_eq!(taken, if machine != 0 { machine } else { supervisor });
        prop_assert_eq!(csrs.wakes(level), machine | supervisor != 0);
        prop_assert!(csrs.may_wake(level) || !csrs.wakes(level));
    }
}

/// 5.3 with `mvien` zero: `mvip` is another way to the software-writable bits of `mip`.
#[test]
fn mvip_shows_the_software_bits_of_mip() {
    for (sstc, writable) in [(0, SSI | STI | SEI), (1 << 63, SSI | SEI)] {
        let mut f = fixture();
        f.write(MENVCFG, sstc);
        f.write(MVIP, u64::MAX);
        assert_eq!((f.read(MVIP), f.csrs.mip(0)), (Ok(writable), writable));
        assert_eq!(f.access(MVIP, CsrOp::Clear(SEI)), Ok(writable));
        assert_eq!(f.csrs.mip(SEI) & SEI, SEI, "the line is joined in mip alone");
        assert_eq!(f.read(MVIP), Ok(writable & !SEI));
    }
}

/// 5.3, table 5, for the two interrupts that can be filtered: what `sip` and `sie` are, and who takes the interrupt.
#[test]
fn what_machine_mode_filters() {
    for bit in [SSI, SEI] {
        for (delegated, filtered) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut f = fixture();
            f.write(MVIEN, if filtered { u64::MAX } else { 0 });
            assert_eq!(f.read(MVIEN), Ok(if filtered { SSI | SEI } else { 0 }));
            f.write(MIDELEG, if delegated { bit } else { 0 });
            let case = format!("{bit:#x}, delegated {delegated}, filtered {filtered}");
            // Through sie: an alias of mie, a bit of its own, or nothing.
            f.write(SIE, u64::MAX);
            let others = if filtered { (SSI | SEI) & !bit } else { 0 };
            let there = if delegated || filtered { bit } else { 0 };
            assert_eq!(f.read(SIE), Ok(there | others), "{case}");
            assert_eq!(f.read(MIE), Ok(if delegated { bit } else { 0 }), "{case}");
            // mvip alone set: pending for the supervisor where it is filtered, or where mvip is mip's own bit.
            f.write(MVIP, bit);
            let in_mip = if filtered { 0 } else { bit };
            assert_eq!((f.read(MVIP), f.read(MIP)), (Ok(bit), Ok(in_mip)), "{case}");
            let shown = if delegated { in_mip } else { there };
            assert_eq!(f.read(SIP), Ok(shown), "{case}");
            let interrupt = bit.trailing_zeros() as u64;
            assert_eq!(f.read(STOPI), Ok(if shown == 0 { 0 } else { interrupt << 16 | 1 }), "{case}");
            assert_eq!((f.read(MTOPI), f.csrs.wakes(0)), (Ok(0), shown != 0), "{case}");
            f.csrs.set_privilege(Privilege::User);
            let taken = f.csrs.pending_interrupt(0).map(|interrupt| interrupt.bit());
            assert_eq!(taken, Some(shown).filter(|bits| *bits != 0), "{case}");
            f.csrs.set_privilege(Privilege::Machine);
            // sip writes what it is an alias of: of mip's bits only SSIP, of mvip's all that are filtered.
            f.write(SIP, 0);
            let written = if delegated { bit == SSI } else { filtered };
            assert_eq!(f.read(SIP), Ok(if written { 0 } else { shown }), "{case}");
        }
    }
}

/// 5.3: a filtered SEI is separate from the controller's, which goes to machine mode; the supervisor's file is out of its reach.
#[test]
fn a_filtered_external_interrupt_hides_the_file() {
    let mut f = fixture();
    f.write(MVIEN, SEI);
    f.write(MIE, SEI);
    f.set(false, 0x70, 1);
    f.set(false, 0xc0, u64::MAX);
    assert!(f.files[1].send(6));
    f.write(MIP, 0);
    f.write(MVIP, 0);
    assert_eq!((f.read(MIP), f.read(SIP), f.read(MTOPI)), (Ok(SEI), Ok(0), Ok(9 << 16 | 1)));
    assert_eq!(f.read(STOPEI), Ok(6 << 16 | 6), "machine mode reaches it");
    for (select, legal) in [(0x30, true), (0x70, false), (0x80, false), (0xc0, false), (0xfe, false)] {
        f.write(SISELECT, select);
        f.csrs.set_privilege(Privilege::Supervisor);
        assert_eq!(f.read(SIREG).is_ok(), legal, "{select:#x}");
        assert_eq!((f.read(STOPEI), f.access(STOPEI, CsrOp::Write(0))), (Err(Illegal), Err(Illegal)));
        f.csrs.set_privilege(Privilege::Machine);
    }
    assert_eq!(f.access(STOPEI, CsrOp::Write(0)), Ok(6 << 16 | 6), "nothing was claimed");
}
