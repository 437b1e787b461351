//! What the tests of control share.

use crate::console::Serial;
use crate::load::{Images, Source};
use crate::machine::{BoardSpec, Machine, RunSpec};
use crate::plug::PlugSpec;

/// A machine with these devices that has not started.
pub fn machine(devices: &[&str]) -> Machine {
    let program = Source::Memory { name: "a loop", bytes: 0x0000_006f_u32.to_le_bytes().into() };
    let plug = PlugSpec { devices: devices.iter().map(|text| text.parse().unwrap()).collect(), ..PlugSpec::default() };
    let board = BoardSpec { harts: 2, memory: 1 << 20, aia: crate::board::Aia::None };
    let spec = RunSpec { reboots: true, plug, ..RunSpec::unattended(board, Images::bare(program), Serial::Null) };
    Machine::build(&spec).unwrap()
}

#[test]
fn harts_have_threads_before_they_run() {
    for _ in 0..20 {
        let machine = machine(&[]);
        let harts = machine.control().harts();
        assert!(harts.len() == 2 && harts.iter().all(|hart| hart.thread.is_some()), "{harts:?}");
        machine.stop().unwrap();
    }
}
