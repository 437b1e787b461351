//! What each register keeps of what is written to it.

use super::*;
use crate::csr::SatpMode;

const ONES: u64 = u64::MAX;
const PPN: u64 = (1 << 44) - 1;
const FS: u64 = 3 << 13;

/// Register, its value at first, and what it reads after all-ones, then after zero.
const EXTREMES: &[(u16, u64, u64, u64)] = &[
    (MSTATUS, 0xa_0000_0000, 0x8000_000a_007e_79aa, 0xa_0000_0000),
    (SSTATUS, 0x2_0000_0000, 0x8000_0002_000c_6122, 0x2_0000_0000),
    (MISA, 0x8000_0000_0014_112f, 0x8000_0000_0014_112f, 0x8000_0000_0014_112f),
    (MEDELEG, 0, 0xb3ff, 0),
    (MIDELEG, 0, 0x222, 0),
    (MIE, 0, 0xaaa, 0),
    (MIP, 0, 0x222, 0),
    (SIE, 0, 0, 0),
    (SIP, 0, 0, 0),
    (MTVEC, 0, !3, 0),
    (STVEC, 0, !3, 0),
    (MCOUNTEREN, 0, 7, 0),
    (SCOUNTEREN, 0, 7, 0),
    (MCOUNTINHIBIT, 0, 5, 0),
    (MENVCFG, 1 << 61, 7 << 61 | 1, 0),
    (SENVCFG, 0, 1, 0),
    (MSCRATCH, 0, ONES, 0),
    (SSCRATCH, 0, ONES, 0),
    (MEPC, 0, !1, 0),
    (SEPC, 0, !1, 0),
    (MCAUSE, 0, ONES, 0),
    (SCAUSE, 0, ONES, 0),
    (MTVAL, 0, ONES, 0),
    (STVAL, 0, ONES, 0),
    (STIMECMP, ONES, ONES, 0),
    (SATP, 0, 0, 0),
    (PMPADDR0, 0, (1 << 54) - 1, 0),
    (PMPADDR15, 0, (1 << 54) - 1, 0),
    (MHPMEVENT3, 0, 0, 0),
    (MHPMEVENT31, 0, 0, 0),
    (MHPMCOUNTER3, 0, 0, 0),
    (MHPMCOUNTER31, 0, 0, 0),
    (TSELECT, 0, 0, 0),
    (TDATA1, 0, 0, 0),
    (TDATA2, 0, 0, 0),
    (TDATA3, 0, 0, 0),
    (TINFO, 1, 1, 1),
];

#[test]
fn extremes() {
    for &(csr, first, ones, zero) in EXTREMES {
        let mut csrs = reset();
        assert_eq!(get(&csrs, csr), first, "{csr:#x} at reset");
        put(&mut csrs, csr, ONES);
        assert_eq!(get(&csrs, csr), ones, "{csr:#x} after ones");
        put(&mut csrs, csr, 0);
        assert_eq!(get(&csrs, csr), zero, "{csr:#x} after zero");
    }
}

#[test]
fn identity_registers_are_read_only() {
    for (csr, value) in [(MVENDORID, 0), (MARCHID, 0), (MIMPID, 0), (MHARTID, 5), (MCONFIGPTR, 0)] {
        let mut csrs = reset();
        assert_eq!(get(&csrs, csr), value, "{csr:#x}");
        assert_eq!(csrs.write(csr, 1, Inputs::default()), Err(Illegal), "{csr:#x}");
    }
}

/// Register, value before, value written, value read: the fields with illegal encodings.
const FIELDS: &[(&str, u16, u64, u64, u64)] = &[
    ("MPP holds U", MSTATUS, 3 << 11, 0, 0xa_0000_0000),
    ("MPP holds S", MSTATUS, 0, 1 << 11, 0xa_0000_0000 | 1 << 11),
    ("MPP keeps M when 2 is written", MSTATUS, 3 << 11, 2 << 11, 0xa_0000_0000 | 3 << 11),
    ("MPP keeps S when 2 is written", MSTATUS, 1 << 11, 2 << 11, 0xa_0000_0000 | 1 << 11),
    ("Initial FS is not SD", MSTATUS, 0, 1 << 13, 0xa_0000_0000 | 1 << 13),
    ("Clean FS is not SD", MSTATUS, 0, 2 << 13, 0xa_0000_0000 | 2 << 13),
    ("Dirty FS is SD", MSTATUS, 0, 3 << 13, 0x8000_000a_0000_0000 | 3 << 13),
    ("SD alone does not stay", MSTATUS, 0, 1 << 63, 0xa_0000_0000),
    ("UXL and SXL are fixed", MSTATUS, 0, 1 << 32 | 1 << 34, 0xa_0000_0000),
    ("VS, XS and big endianness are absent", MSTATUS, 0, 3 << 9 | 3 << 15 | 1 << 6 | 3 << 36, 0xa_0000_0000),
    ("sstatus reaches no machine field", SSTATUS, 0, 0x79_1888, 0x2_0000_0000 | 0x8_0000),
    ("vectored", MTVEC, 0, 0x8000_0001, 0x8000_0001),
    ("reserved mode 2 keeps direct", MTVEC, 0, 0x8000_0002, 0x8000_0000),
    ("reserved mode 3 keeps vectored", STVEC, 1, 0x8000_0003, 0x8000_0001),
    ("epc drops bit 0 alone", MEPC, 0, 0x1003, 0x1002),
    ("all of an ASID", SATP, 0, 8 << 60 | 0xffff << 44 | PPN, 8 << 60 | 0xffff << 44 | PPN),
    ("Sv48", SATP, 0, 9 << 60 | 7, 9 << 60 | 7),
    ("Sv57", SATP, 0, 10 << 60 | 7, 10 << 60 | 7),
    ("mode 11 changes nothing", SATP, 8 << 60 | 5, 11 << 60 | 7, 8 << 60 | 5),
    ("mode 1 changes nothing", SATP, 8 << 60 | 5, 1 << 60 | 7, 8 << 60 | 5),
    ("back to Bare", SATP, 8 << 60 | 5, 0, 0),
    ("fcsr keeps eight bits", FCSR, 0, ONES, 0xff),
    ("frm keeps three", FRM, 0, ONES, 7),
    ("fflags keeps five", FFLAGS, 0, ONES, 0x1f),
];

#[test]
fn fields() {
    for &(name, csr, before, written, read) in FIELDS {
        let mut csrs = reset();
        if matches!(csr, FFLAGS | FRM | FCSR) {
            put(&mut csrs, MSTATUS, FS);
        }
        put(&mut csrs, csr, before);
        put(&mut csrs, csr, written);
        assert_eq!(get(&csrs, csr), read, "{name}");
    }
}

#[test]
fn the_greatest_translation_mode_is_configured() {
    use SatpMode::*;
    for (max, legal) in [(Bare, 0), (Sv39, 1), (Sv48, 2), (Sv57, 3)] {
        for (index, mode) in [Sv39, Sv48, Sv57].into_iter().enumerate() {
            let mut csrs = CsrFile::new(Config { satp_mode_max: max, ..Config::default() });
            let value = (mode as u64) << 60 | 1;
            let effect = put(&mut csrs, SATP, value);
            let stored = index < legal;
            assert_eq!(get(&csrs, SATP), if stored { value } else { 0 }, "{mode:?} of at most {max:?}");
            assert_eq!(effect.contains(Effect::TRANSLATION), stored);
        }
    }
}

#[test]
fn environment_bits_exist_with_their_extensions() {
    let none = Config { sstc: false, svadu: false, svpbmt: false, cache_blocks: false, ..Config::default() };
    for (config, menvcfg, senvcfg) in [
        (none, 1, 1),
        (Config { sstc: true, ..none }, 1 << 63 | 1, 1),
        (Config { svpbmt: true, ..none }, 1 << 62 | 1, 1),
        (Config { svadu: true, ..none }, 1 << 61 | 1, 1),
        (Config { cache_blocks: true, ..none }, 0xf1, 0xf1),
    ] {
        let mut csrs = CsrFile::new(config);
        put(&mut csrs, MENVCFG, ONES);
        put(&mut csrs, SENVCFG, ONES);
        assert_eq!((get(&csrs, MENVCFG), get(&csrs, SENVCFG)), (menvcfg, senvcfg), "{config:?}");
    }
}

#[test]
fn a_reserved_cbie_is_not_stored() {
    let mut csrs = CsrFile::new(Config { cache_blocks: true, ..Config::default() });
    put(&mut csrs, SENVCFG, 1 << 4);
    put(&mut csrs, SENVCFG, 2 << 4 | 1 << 6);
    assert_eq!(get(&csrs, SENVCFG), 1 << 4 | 1 << 6);
}

#[test]
fn without_f_there_is_no_fs() {
    let mut csrs = CsrFile::new(Config { misa_letters: 0x14_1105, ..Config::default() });
    put(&mut csrs, MSTATUS, ONES);
    assert_eq!(get(&csrs, MSTATUS) & (FS | 1 << 63), 0);
    assert_eq!(csrs.read(FCSR, Inputs::default()), Err(Illegal));
}

#[test]
fn pmp_configuration_registers_hold_eight_entries_each() {
    let mut csrs = reset();
    put(&mut csrs, PMPCFG0, 0x0f0d_0b09_0807_0605);
    put(&mut csrs, PMPCFG2, 0x1f);
    // The reserved W without R (6) has lost its W.
    assert_eq!(get(&csrs, PMPCFG0), 0x0f0d_0b09_0807_0405);
    assert_eq!(get(&csrs, PMPCFG2), 0x1f);
}

#[test]
fn parts_of_fcsr_are_one_register() {
    let mut csrs = with(Privilege::Machine, &[(MSTATUS, 1 << 13), (FCSR, 0xb5)]);
    assert_eq!((get(&csrs, FRM), get(&csrs, FFLAGS)), (5, 0x15));
    put(&mut csrs, FRM, 2);
    put(&mut csrs, FFLAGS, 1);
    assert_eq!(get(&csrs, FCSR), 0x41);
}

#[test]
fn writing_float_state_makes_it_dirty() {
    for csr in [FFLAGS, FRM, FCSR] {
        let mut csrs = with(Privilege::User, &[(MSTATUS, 1 << 13)]);
        csrs.access(csr, CsrOp::Read, Inputs::default()).expect("FS is on");
        assert_eq!(get(&csrs, MSTATUS) & FS, 1 << 13, "a read leaves FS");
        csrs.access(csr, CsrOp::Set(0), Inputs::default()).expect("FS is on");
        assert_eq!(get(&csrs, MSTATUS) & (FS | 1 << 63), FS | 1 << 63, "a write of the same value does not");
    }
}

/// Register, value before, value written, and exactly the effects.
#[test]
fn effects() {
    let (none, translation, data) = (Effect::NONE, Effect::TRANSLATION, Effect::DATA_CONTEXT);
    let (interrupts, deadline) = (Effect::INTERRUPTS, Effect::DEADLINE);
    for (csr, before, written, effect) in [
        (MSCRATCH, 0, 1, none),
        (SATP, 0, 8 << 60, translation),
        (SATP, 8 << 60, 15 << 60, none),
        (MSTATUS, 0, 1 << 18, data),
        (SSTATUS, 0, 1 << 19, data),
        (SSTATUS, 1 << 18, 1 << 18, none),
        (MSTATUS, 0, 1 << 11, none),
        (MSTATUS, 3 << 11, 1 << 11 | 1 << 17, data),
        (MSTATUS, 3 << 11, 3 << 11 | 1 << 17, none),
        (MSTATUS, 0, 1 << 3, interrupts),
        (SSTATUS, 0, 1 << 1, interrupts),
        (SSTATUS, 1 << 1, 0, none),
        (MSTATUS, 0, 1 << 13, Effect::FLOAT),
        (MSTATUS, 1 << 13, 3 << 13, none),
        (SSTATUS, 3 << 13, 0, Effect::FLOAT),
        (MIE, 0, 1, interrupts),
        (MIP, 0, 2, interrupts),
        (MIDELEG, 0, 2, interrupts),
        (STIMECMP, 0, 5, deadline | interrupts),
        (MENVCFG, 0, 1 << 63, deadline | interrupts),
        (MENVCFG, 0, 1 << 61, translation),
        (MENVCFG, 0, 1 << 62, translation),
        (MENVCFG, 0, 1, none),
        (PMPADDR0, 0, 5, Effect::PMP),
        (PMPADDR0, 5, 5, none),
        (PMPCFG0, 0, 0x1f, Effect::PMP),
        (PMPCFG0, 0x9f, 0x1f, none),
    ] {
        let mut csrs = reset();
        put(&mut csrs, csr, before);
        assert_eq!(put(&mut csrs, csr, written), effect, "{csr:#x}: {before:#x} -> {written:#x}");
    }
}
