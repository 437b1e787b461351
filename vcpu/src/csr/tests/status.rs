//! The short way to `mstatus` and `sstatus` does what the long one does, or nothing.

use proptest::prelude::*;

use super::super::status::mstatus;
use super::*;

/// Everything that a write can change: any two of equal state show it alike.
fn state(csrs: &CsrFile) -> String {
    format!("{csrs:?}")
}

fn ops() -> impl Strategy<Value = CsrOp> {
    // Single bits and whole values: most changes of many bits are not simple.
    let operand =
        prop_oneof![any::<u64>(), (0..64u32).prop_map(|bit| 1 << bit), Just(0), any::<u8>().prop_map(u64::from)];
    (0..4u8, operand).prop_map(|(kind, operand)| match kind {
        0 => CsrOp::Read,
        1 => CsrOp::Write(operand),
        2 => CsrOp::Set(operand),
        _ => CsrOp::Clear(operand),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn the_short_way_is_the_long_way_or_none(
        before: u64, mode in 0..3usize, machine: bool, op in ops(), rewrite: bool, mie: u64, mideleg: u64, lines: u64,
    ) {
        let mut long = with(MODES[mode], &[(MIE, mie), (MIDELEG, mideleg), (MSTATUS, before)]);
        let number = if machine { MSTATUS } else { SSTATUS };
        // A write of nearly what is there, as a return from a trap makes.
        let op = match op {
            CsrOp::Write(value) if rewrite => CsrOp::Write(long.mstatus() ^ value & 0x1aa),
            op => op,
        };
        let inputs = Inputs { lines, ..Inputs::default() };
        let mut short = long.clone();
        let unchanged = state(&short);
        let access = short.access_status(machine, op, lines);
        let expected = long.access(number, op, inputs);
        let Some(access) = access else {
            prop_assert_eq!(state(&short), unchanged);
            let rights = mstatus::SUM | mstatus::MXR;
            let simple = mstatus::SIE | mstatus::SPIE | mstatus::SPP | rights;
            let easy = match op {
                CsrOp::Read => true,
                CsrOp::Clear(bits) => bits & !simple == 0,
                CsrOp::Set(bits) => bits & !rights == 0,
                CsrOp::Write(_) => false,
            };
            prop_assert!(!easy || expected.is_err(), "the long way for {op:?} of {number:#x}");
            return Ok(());
        };
        let (value, effect) = expected.expect("the short way found it legal");
        prop_assert_eq!(access.old, value);
        prop_assert_eq!(state(&short), state(&long));
        prop_assert_eq!(access.switches, effect.contains(Effect::DATA_CONTEXT));
        prop_assert!(!effect.contains(Effect::INTERRUPTS) || long.pending_interrupt(lines).is_none());
    }
}
