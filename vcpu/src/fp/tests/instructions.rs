//! Instructions on raw registers: each meets its operation, its operand files and its boxing.

use proptest::prelude::*;

use super::operands::{any_bits, cases};
use crate::decode::{Format as Operands, Opcode};
use crate::fp::{self, F32, F64, Flags, Format, Rounding};

fn run(op: Opcode, sources: [u64; 3]) -> (u64, u8) {
    let mut flags = Flags::default();
    let value = fp::compute(op, sources, Rounding::Rne, &mut flags).unwrap_or_else(|| panic!("{op:?}"));
    (value, flags.0)
}

fn single(value: f32) -> u64 {
    F32::boxed(value.to_bits().into())
}

#[test]
fn every_computational_instruction_and_no_other_is_there() {
    use Operands::*;
    for &op in Opcode::ALL {
        let float = matches!(op.format(), Fma | FffRm | FfRm | Fff | Xff | Xf | Fx | XfRm | FxRm);
        let value = fp::compute(op, [0; 3], Rounding::Rne, &mut Flags::default());
        assert_eq!(value.is_some(), float, "{op:?}");
    }
}

#[test]
fn each_instruction_is_the_operation_of_its_name() {
    use Opcode::*;
    let d = f64::to_bits;
    let int = |value: i64| value as u64;
    let cases = [
        (FaddS, [single(1.5), single(2.0), 0], single(3.5)),
        (FsubS, [single(1.5), single(2.0), 0], single(-0.5)),
        (FmulS, [single(1.5), single(2.0), 0], single(3.0)),
        (FdivS, [single(1.5), single(2.0), 0], single(0.75)),
        (FsqrtS, [single(2.25), 0, 0], single(1.5)),
        (FmaddS, [single(2.0), single(3.0), single(4.0)], single(10.0)),
        (FmsubS, [single(2.0), single(3.0), single(4.0)], single(2.0)),
        (FnmsubS, [single(2.0), single(3.0), single(4.0)], single(-2.0)),
        (FnmaddS, [single(2.0), single(3.0), single(4.0)], single(-10.0)),
        (FsgnjS, [single(2.0), single(-3.0), 0], single(-2.0)),
        (FsgnjnS, [single(2.0), single(-3.0), 0], single(2.0)),
        (FsgnjxS, [single(-2.0), single(-3.0), 0], single(2.0)),
        (FminS, [single(2.0), single(-3.0), 0], single(-3.0)),
        (FmaxS, [single(2.0), single(-3.0), 0], single(2.0)),
        (FeqS, [single(2.0), single(2.0), 0], 1),
        (FltS, [single(2.0), single(2.0), 0], 0),
        (FleS, [single(2.0), single(2.0), 0], 1),
        (FclassS, [single(-0.0), 0, 0], 1 << 3),
        (FaddD, [d(1.5), d(2.0), 0], d(3.5)),
        (FsubD, [d(1.5), d(2.0), 0], d(-0.5)),
        (FmulD, [d(1.5), d(2.0), 0], d(3.0)),
        (FdivD, [d(1.5), d(2.0), 0], d(0.75)),
        (FsqrtD, [d(2.25), 0, 0], d(1.5)),
        (FmaddD, [d(2.0), d(3.0), d(4.0)], d(10.0)),
        (FmsubD, [d(2.0), d(3.0), d(4.0)], d(2.0)),
        (FnmsubD, [d(2.0), d(3.0), d(4.0)], d(-2.0)),
        (FnmaddD, [d(2.0), d(3.0), d(4.0)], d(-10.0)),
        (FsgnjD, [d(2.0), d(-3.0), 0], d(-2.0)),
        (FsgnjnD, [d(2.0), d(-3.0), 0], d(2.0)),
        (FsgnjxD, [d(-2.0), d(-3.0), 0], d(2.0)),
        (FminD, [d(2.0), d(-3.0), 0], d(-3.0)),
        (FmaxD, [d(2.0), d(-3.0), 0], d(2.0)),
        (FeqD, [d(2.0), d(3.0), 0], 0),
        (FltD, [d(2.0), d(3.0), 0], 1),
        (FleD, [d(2.0), d(3.0), 0], 1),
        (FclassD, [d(f64::INFINITY), 0, 0], 1 << 7),
        (FcvtSD, [d(1.5), 0, 0], single(1.5)),
        (FcvtDS, [single(1.5), 0, 0], d(1.5)),
        (FcvtWS, [single(-7.0), 0, 0], int(-7)),
        (FcvtWuS, [single(4294967040.0), 0, 0], 0xffff_ffff_ffff_ff00),
        (FcvtLS, [single(-7.0), 0, 0], int(-7)),
        (FcvtLuS, [single(9223372036854775808.0), 0, 0], 1 << 63),
        (FcvtWD, [d(-7.0), 0, 0], int(-7)),
        (FcvtWuD, [d(4294967295.0), 0, 0], u64::MAX),
        (FcvtLD, [d(-7.0), 0, 0], int(-7)),
        (FcvtLuD, [d(9223372036854775808.0), 0, 0], 1 << 63),
        (FcvtSW, [0xffff_fffe, 0, 0], single(-2.0)),
        (FcvtSWu, [0xffff_ffff_0000_0002, 0, 0], single(2.0)),
        (FcvtSL, [int(-2), 0, 0], single(-2.0)),
        (FcvtSLu, [1 << 63, 0, 0], single(9223372036854775808.0)),
        (FcvtDW, [0xffff_fffe, 0, 0], d(-2.0)),
        (FcvtDWu, [0xffff_ffff_ffff_ffff, 0, 0], d(4294967295.0)),
        (FcvtDL, [int(-2), 0, 0], d(-2.0)),
        (FcvtDLu, [1 << 63, 0, 0], d(9223372036854775808.0)),
        (FmvXW, [0x0123_4567_8000_0000, 0, 0], 0xffff_ffff_8000_0000),
        (FmvWX, [0x0123_4567_8000_0000, 0, 0], 0xffff_ffff_8000_0000),
        (FmvXD, [0x0123_4567_8000_0000, 0, 0], 0x0123_4567_8000_0000),
        (FmvDX, [0x0123_4567_8000_0000, 0, 0], 0x0123_4567_8000_0000),
    ];
    for (op, sources, value) in cases {
        assert_eq!(run(op, sources), (value, 0), "{op:?} {sources:x?}");
    }
    // Not boxed: a quiet NaN, so arithmetic is not invalid, and a sign injected goes to the canonical NaN.
    let bare = u64::from(1f32.to_bits());
    assert_eq!(run(FaddS, [bare, single(1.0), 0]), (F32::boxed(F32::NAN), 0));
    assert_eq!(run(FsgnjnS, [bare, single(1.0), 0]), (F32::boxed(F32::NAN | F32::SIGN), 0));
    assert_eq!(run(FclassS, [bare, 0, 0]), (1 << 9, 0));
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn the_quick_way_is_the_same_where_it_goes(
        double in [any_bits::<F64>(), any_bits::<F64>()],
        float in [any_bits::<F32>(), any_bits::<F32>()],
        integer in any::<u64>(),
        rm in 0..5usize,
        before in 0..2u8,
    ) {
        let rm = Rounding::ALL[rm];
        for &op in Opcode::ALL {
            for [a, b] in [double, float.map(F32::boxed), [integer, 0]] {
                let is_boxed = |source| source & F32::BOX == F32::BOX;
                if ![a, b, 0][..fp::singles(op)].iter().all(|&source| is_boxed(source)) {
                    continue;
                }
                let mut flags = Flags(before);
                if let Some(quick) = fp::quick(op, a, b, rm, flags) {
                    prop_assert_eq!(Some(quick), fp::compute(op, [a, b, 0], rm, &mut flags), "{:?}", op);
                    prop_assert_eq!(Flags(before), flags, "{:?}", op);
                }
            }
        }
    }
}
