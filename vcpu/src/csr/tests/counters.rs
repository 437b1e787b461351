//! Counters against a count of retired instructions.

use super::*;

fn at(instret: u64) -> Inputs {
    Inputs { instret, time: 1000 + instret, lines: 0 }
}

#[test]
fn counters_follow_retired_instructions_and_time_follows_the_clock() {
    let csrs = reset();
    for (csr, value) in [(MCYCLE, 40), (MINSTRET, 40), (CYCLE, 40), (INSTRET, 40), (TIME, 1040)] {
        assert_eq!(csrs.read(csr, at(40)), Ok(value), "{csr:#x}");
    }
}

/// The next instruction reads what was written.
#[test]
fn a_written_counter_goes_on_from_there() {
    for (csr, view, other) in [(MCYCLE, CYCLE, MINSTRET), (MINSTRET, INSTRET, MCYCLE)] {
        for value in [0, 7, u64::MAX] {
            let mut csrs = reset();
            csrs.write(csr, value, at(100)).expect("machine mode");
            assert_eq!(csrs.read(csr, at(101)), Ok(value));
            assert_eq!(csrs.read(view, at(105)), Ok(value.wrapping_add(4)));
            assert_eq!(csrs.read(other, at(105)), Ok(105), "the other one is its own");
        }
    }
}

#[test]
fn an_inhibited_counter_stands_still() {
    for (csr, bit, other) in [(MCYCLE, 1, MINSTRET), (MINSTRET, 4, MCYCLE)] {
        let mut csrs = reset();
        csrs.write(MCOUNTINHIBIT, bit, at(10)).expect("machine mode");
        assert_eq!(csrs.read(csr, at(50)), Ok(10));
        assert_eq!(csrs.read(other, at(50)), Ok(50));
        csrs.write(csr, 3, at(60)).expect("machine mode");
        assert_eq!(csrs.read(csr, at(70)), Ok(3), "a held counter can be written");
        csrs.write(MCOUNTINHIBIT, bit, at(75)).expect("machine mode");
        csrs.write(MCOUNTINHIBIT, 0, at(80)).expect("machine mode");
        assert_eq!(csrs.read(csr, at(81)), Ok(3), "the instruction that starts it is not counted");
        assert_eq!(csrs.read(csr, at(85)), Ok(7));
    }
}

#[test]
fn programmable_counters_read_zero() {
    let csrs = reset();
    for offset in 0..29 {
        for base in [MHPMCOUNTER3, MHPMEVENT3, HPMCOUNTER3] {
            assert_eq!(csrs.read(base + offset, at(9)), Ok(0));
        }
    }
}
