//! Who may reach which register.

use super::*;

fn readable(csrs: &CsrFile, csr: u16) -> bool {
    csrs.read(csr, Inputs::default()).is_ok()
}

fn writable(csrs: &CsrFile, csr: u16) -> bool {
    csrs.clone().write(csr, 0, Inputs::default()).is_ok()
}

/// Every address: the modes and kinds of access are those its own bits say, or it does not exist for anybody.
#[test]
fn every_address_obeys_its_own_bits() {
    let open = [(MSTATUS, 1 << 13), (MCOUNTEREN, 7), (SCOUNTEREN, 7), (MENVCFG, 1 << 63)];
    let machine = with(Privilege::Machine, &open);
    let mut existing = 0;
    for csr in 0..0x1000 {
        let exists = readable(&machine, csr);
        existing += u32::from(exists);
        for privilege in MODES {
            let csrs = with(privilege, &open);
            let programmable = (HPMCOUNTER3..=HPMCOUNTER31).contains(&csr) && privilege != Privilege::Machine;
            let allowed = exists && privilege as u16 >= csr >> 8 & 3 && !programmable;
            assert_eq!(readable(&csrs, csr), allowed, "reading {csr:#x} in {privilege:?}");
            assert_eq!(writable(&csrs, csr), allowed && csr >> 10 != 3, "writing {csr:#x} in {privilege:?}");
        }
        assert_eq!(name(csr).is_some(), exists || aia::ALL_OF_THEM.contains(&csr), "{csr:#x} is {:?}", name(csr));
    }
    // 3 float, 12 supervisor, 9 machine set-up, 29 events, 5 machine traps, 18 PMP, 5 triggers, 31 + 32 counters, 5 identity.
    assert_eq!(existing, 3 + 12 + 43 + 18 + 5 + 63 + 5);
}

#[test]
fn names_are_the_specifications() {
    let cases = [
        (0x001, "fflags"),
        (0x14d, "stimecmp"),
        (0x180, "satp"),
        (0x300, "mstatus"),
        (0x323, "mhpmevent3"),
        (0x33f, "mhpmevent31"),
        (0x351, "mireg"),
        (0x3a2, "pmpcfg2"),
        (0x3b0, "pmpaddr0"),
        (0x3b9, "pmpaddr9"),
        (0x3bf, "pmpaddr15"),
        (0x7a0, "tselect"),
        (0xb00, "mcycle"),
        (0xb0a, "mhpmcounter10"),
        (0xc01, "time"),
        (0xc1f, "hpmcounter31"),
        (0xf14, "mhartid"),
    ];
    for (csr, want) in cases {
        assert_eq!(name(csr).as_deref(), Some(want));
    }
    let mut names: Vec<_> = (0..0x1000).filter_map(name).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "each name once");
}

#[test]
fn registers_of_absent_extensions_do_not_exist() {
    let hypervisor = [0x200, 0x240, 0x280, 0x600, 0x602, 0x680];
    let debug = [0x7b0, 0x7b1];
    let others = [0x008, 0x015, 0x017, 0x310, 0x30c, 0x747, 0x3a1, 0x3a3, 0x3a4, 0x3c0, 0xb01, 0xc80, 0xda0];
    for csr in hypervisor.into_iter().chain(debug).chain(others) {
        assert!(!readable(&reset(), csr) && !writable(&reset(), csr), "{csr:#x}");
    }
}

#[test]
fn counters_are_opened_from_above() {
    for (bit, csr) in [(0, CYCLE), (1, TIME), (2, INSTRET)] {
        for enables in 0..4 {
            let (m, s) = (enables & 1, enables >> 1);
            let writes = [(MCOUNTEREN, m << bit), (SCOUNTEREN, s << bit)];
            assert!(readable(&with(Privilege::Machine, &writes), csr));
            assert_eq!(readable(&with(Privilege::Supervisor, &writes), csr), m == 1, "{csr:#x} {m} {s}");
            assert_eq!(readable(&with(Privilege::User, &writes), csr), m & s == 1, "{csr:#x} {m} {s}");
        }
    }
}

#[test]
fn stimecmp_needs_stce_and_the_time_counter_below_machine_mode() {
    for enables in 0..4 {
        let (stce, tm) = (enables & 1, enables >> 1);
        let writes = [(MENVCFG, stce << 63), (MCOUNTEREN, tm << 1)];
        for (privilege, allowed) in
            [(Privilege::Machine, true), (Privilege::Supervisor, stce & tm == 1), (Privilege::User, false)]
        {
            let csrs = with(privilege, &writes);
            assert_eq!(readable(&csrs, STIMECMP), allowed, "{privilege:?} STCE {stce} TM {tm}");
            assert_eq!(writable(&csrs, STIMECMP), allowed, "{privilege:?} STCE {stce} TM {tm}");
        }
    }
    assert!(!readable(&CsrFile::new(Config { sstc: false, ..Config::default() }), STIMECMP));
}

/// A bit of mstatus that traps the supervisor, the mode, and whether what machine mode may do is allowed there. Users may not.
const SUPERVISOR_TRAPS: [(u64, Privilege, bool); 6] = [
    (0, Privilege::Machine, true),
    (1, Privilege::Machine, true),
    (0, Privilege::Supervisor, true),
    (1, Privilege::Supervisor, false),
    (0, Privilege::User, false),
    (1, Privilege::User, false),
];

#[test]
fn tvm_traps_satp_and_sfence_in_supervisor_mode() {
    for (tvm, privilege, allowed) in SUPERVISOR_TRAPS {
        let csrs = with(privilege, &[(MSTATUS, tvm << 20)]);
        assert_eq!(readable(&csrs, SATP), allowed, "TVM {tvm} {privilege:?}");
        assert_eq!(writable(&csrs, SATP), allowed, "TVM {tvm} {privilege:?}");
        assert_eq!(csrs.check_sfence_vma().is_ok(), allowed, "TVM {tvm} {privilege:?}");
    }
}

#[test]
fn tw_traps_wfi_in_supervisor_mode() {
    for (tw, privilege, allowed) in SUPERVISOR_TRAPS {
        assert_eq!(with(privilege, &[(MSTATUS, tw << 21)]).check_wfi().is_ok(), allowed, "TW {tw} {privilege:?}");
    }
}

#[test]
fn float_registers_are_illegal_while_fs_is_off() {
    for privilege in MODES {
        for csr in [FFLAGS, FRM, FCSR] {
            for fs in 0..4 {
                let csrs = with(privilege, &[(MSTATUS, fs << 13)]);
                assert_eq!(readable(&csrs, csr), fs != 0, "{csr:#x} FS {fs}");
                assert_eq!(writable(&csrs, csr), fs != 0, "{csr:#x} FS {fs}");
                assert_eq!(csrs.float_off(), fs == 0);
            }
        }
    }
}

/// A refused access leaves everything as it was.
#[test]
fn a_read_only_register_can_be_read_by_a_set_of_nothing() {
    let mut csrs = reset();
    assert_eq!(csrs.access(MHARTID, CsrOp::Read, Inputs::default()), Ok((5, Effect::NONE)));
    for op in [CsrOp::Write(5), CsrOp::Set(0), CsrOp::Clear(0)] {
        assert_eq!(csrs.access(MHARTID, op, Inputs::default()), Err(Illegal), "{op:?}");
    }
}

#[test]
fn set_and_clear_return_the_old_value() {
    let mut csrs = with(Privilege::Machine, &[(MSCRATCH, 0b1100)]);
    for (op, old, new) in [
        (CsrOp::Set(0b0110), 0b1100, 0b1110),
        (CsrOp::Clear(0b1010), 0b1110, 0b0100),
        (CsrOp::Write(0b1), 0b0100, 0b1),
        (CsrOp::Read, 0b1, 0b1),
    ] {
        assert_eq!(csrs.access(MSCRATCH, op, Inputs::default()), Ok((old, Effect::NONE)));
        assert_eq!(get(&csrs, MSCRATCH), new, "{op:?}");
    }
}
