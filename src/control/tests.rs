//! What the tests of control share.

use crate::console::Serial;
use crate::control::ControlSpec;
use crate::load::{Firmware, Images, Source};
use crate::machine::{BoardSpec, Machine, RunSpec};
use crate::plug::PlugSpec;

/// A machine with these devices that has not started.
pub fn machine(devices: &[&str]) -> Machine {
    let program = Source::Memory { name: "a loop", bytes: 0x0000_006f_u32.to_le_bytes().into() };
    let plug = PlugSpec { devices: devices.iter().map(|text| text.parse().unwrap()).collect(), ..PlugSpec::default() };
    let spec = RunSpec {
        board: BoardSpec { harts: 2, memory: 1 << 20, aia: crate::board::Aia::None },
        images: Images {
            firmware: Firmware::None,
            kernel: Some(program),
            initrd: None,
            command_line: None,
            device_tree: None,
            more: Vec::new(),
        },
        dump_device_tree: None,
        serial: Serial::Null,
        reboots: true,
        limit: None,
        log_commits: None,
        profile: None,
        signature: None,
        summary: false,
        control: ControlSpec::default(),
        plug,
    };
    Machine::build(&spec).unwrap()
}
