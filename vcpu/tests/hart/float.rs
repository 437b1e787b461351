//! F and D as far as the hart adds to the pure functions: registers, boxing, flags, FS, rounding modes.

use crate::asm::*;
use crate::machine::{BASE, Machine};

const FCSR: u32 = 3;
const MSTATUS: u16 = 0x300;
const FS: u64 = 3 << 13;
const CLEAN: u64 = 2 << 13;
const DYNAMIC: u32 = 7;

fn fadd_d(rd: u32, rs1: u32, rs2: u32, rm: u32) -> u32 {
    r(0x53, rm, 1, rd, rs1, rs2)
}

fn fadd_s(rd: u32, rs1: u32, rs2: u32) -> u32 {
    r(0x53, 0, 0, rd, rs1, rs2)
}

fn machine(program: &[u32], fs: u64) -> Machine {
    let mut machine = Machine::with_program(program);
    assert!(machine.hart.set_csr(MSTATUS, fs));
    machine
}

#[test]
fn everything_is_illegal_while_fs_is_off() {
    let cases = [
        ("fadd.d", fadd_d(1, 2, 3, 0)),
        ("fld", i(0x07, 3, 1, A0, 0)),
        ("fsd", s(0x27, 3, A0, 1, 0)),
        ("fmv.x.d", r(0x53, 0, 0x71, A1, 1, 0)),
        ("feq.d", r(0x53, 2, 0x51, A1, 1, 2)),
        ("fcsr", csrr(A1, FCSR)),
    ];
    for (name, instruction) in cases {
        let mut machine = machine(&[instruction, SPIN], 0);
        machine.hart.set_x(A0 as usize, BASE + 0x2_0000);
        machine.finish();
        assert_eq!(machine.trap(), (2, BASE, u64::from(instruction)), "{name}");
    }
}

#[test]
fn fs_becomes_dirty_with_the_first_change_and_not_before() {
    let cases = [
        ("fadd.d", fadd_d(1, 2, 3, 0), true),
        ("fld", i(0x07, 3, 1, A0, 0), true),
        ("fmv.d.x", r(0x53, 0, 0x79, 1, A0, 0), true),
        ("fsd", s(0x27, 3, A0, 1, 0), false),
        ("fmv.x.d", r(0x53, 0, 0x71, A1, 1, 0), false),
        ("feq.d without a flag", r(0x53, 2, 0x51, A1, 1, 2), false),
        ("feq.d of a signalling NaN", r(0x53, 2, 0x51, A1, 4, 2), true),
        ("reading fcsr", csrr(A1, FCSR), false),
        ("writing fcsr", csrrw(ZERO, FCSR, ZERO), true),
    ];
    for (name, instruction, dirty) in cases {
        let mut machine = machine(&[instruction, SPIN], CLEAN);
        machine.hart.set_x(A0 as usize, BASE + 0x2_0000);
        machine.hart.set_f(4, 0x7ff0_0000_0000_0001);
        machine.finish();
        let fs = machine.hart.csr(MSTATUS).expect("mstatus") & FS;
        assert_eq!(fs, if dirty { FS } else { CLEAN }, "{name}");
    }
}

#[test]
fn results_flags_and_boxes() {
    let half_ulp = (1.0f64 + f64::EPSILON / 4.0, 2f64.powi(-60));
    let one = 1f64.to_bits();
    let program = [
        fadd_d(1, 2, 3, DYNAMIC),
        csrr(A1, FCSR),
        fadd_s(4, 5, 6),
        i(0x07, 2, 7, A0, 0),
        s(0x27, 2, A0, 7, 8),
        r(0x53, 0, 0x70, A2, 7, 0),
        // fcvt.l.d towards zero, fcvt.d.l.
        r(0x53, 1, 0x61, A3, 8, 2),
        r(0x53, 7, 0x69, 9, A4, 2),
        // fmadd.d f10 = f8 * f8 + f2.
        2 << 27 | 1 << 25 | 8 << 20 | 8 << 15 | 10 << 7 | 0x43,
        SPIN,
    ];
    for fs in [CLEAN, FS] {
        let mut machine = machine(&program, fs);
        machine.set_word(BASE + 0x2_0000, 0x8765_4321);
        let hart = &mut machine.hart;
        hart.set_x(A0 as usize, BASE + 0x2_0000);
        hart.set_x(A4 as usize, -7i64 as u64);
        hart.set_f(2, half_ulp.0.to_bits());
        hart.set_f(3, half_ulp.1.to_bits());
        // Not boxed: counts as NaN.
        hart.set_f(5, u64::from(1f32.to_bits()));
        hart.set_f(6, u64::from(1f32.to_bits()) | 0xffff_ffff_0000_0000);
        hart.set_f(8, (-2.5f64).to_bits());
        machine.finish();
        let hart = &machine.hart;
        assert_eq!(hart.f(1), one);
        assert_eq!(hart.x(A1 as usize), 1, "inexact");
        assert_eq!(hart.f(4), 0xffff_ffff_7fc0_0000, "the canonical NaN, boxed");
        assert_eq!(hart.f(7), 0xffff_ffff_8765_4321, "flw boxes");
        assert_eq!(hart.x(A2 as usize), 0xffff_ffff_8765_4321, "fmv.x.w sign-extends");
        assert_eq!(hart.x(A3 as usize), -2i64 as u64);
        assert_eq!(f64::from_bits(hart.f(9)), -7.0);
        assert_eq!(f64::from_bits(hart.f(10)), 7.25);
        assert_eq!(machine.word(BASE + 0x2_0008), 0x8765_4321);
    }
}

#[test]
fn the_dynamic_rounding_mode_counts_and_its_reserved_values_are_illegal() {
    for (frm, want) in [(0, 1.0), (1, 1.0), (2, 1.0), (3, 1.0 + f64::EPSILON), (4, 1.0)] {
        let mut machine = machine(&[fadd_d(1, 2, 3, DYNAMIC), SPIN], FS);
        assert!(machine.hart.set_csr(2, frm));
        machine.hart.set_f(2, 1f64.to_bits());
        machine.hart.set_f(3, 2f64.powi(-60).to_bits());
        machine.finish();
        assert_eq!(f64::from_bits(machine.hart.f(1)), want, "frm {frm}");
    }
    for frm in 5..8 {
        let mut machine = machine(&[fadd_d(1, 2, 3, DYNAMIC), SPIN], FS);
        assert!(machine.hart.set_csr(2, frm));
        machine.finish();
        assert_eq!(machine.trap().0, 2, "frm {frm}");
    }
}
