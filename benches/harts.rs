//! How fast harts run: loops of a few instructions, bare, in millions of instructions a second of processor time.
//!
//! `cargo bench --bench harts`. Small loops say what an operation costs; they are no measure of a guest.

use manyhart::board::Aia;
use manyhart::console::Serial;
use manyhart::control::ControlSpec;
use manyhart::load::{Firmware, Images, Source};
use manyhart::machine::{BoardSpec, Machine, MachineError, RunSpec};
use manyhart::plug::PlugSpec;

/// Instructions a hart and a run.
const INSTRUCTIONS: u64 = 100_000_000;

/// What is run, and how many harts run it. Each loop follows two instructions that put an address of its own into t0.
const LOOPS: [(&str, u32, &[u32]); 4] = [
    // addi t1, t1, 1; xor t2, t2, t1; slli t3, t1, 3; j -12
    ("integer", 1, &[0x0013_0313, 0x0063_c3b3, 0x0033_1e13, 0xff5f_f06f]),
    ("integer, two harts", 2, &[0x0013_0313, 0x0063_c3b3, 0x0033_1e13, 0xff5f_f06f]),
    // ld t1, 0(t0); addi t1, t1, 1; sd t1, 0(t0); j -12
    ("load, add, store", 1, &[0x0002_b303, 0x0013_0313, 0x0062_b023, 0xff5f_f06f]),
    // amoadd.d t1, t1, (t0); addi t1, t1, 1; j -8
    ("atomic add", 1, &[0x0062_b32f, 0x0013_0313, 0xff9f_f06f]),
];

fn main() -> Result<(), MachineError> {
    for (name, harts, code) in LOOPS {
        let summary = run(harts, code)?;
        for (hart, report) in summary.harts.iter().enumerate() {
            let seconds = report.time.as_secs_f64();
            println!("{name:<20} hart {hart}: {:>6.0} MIPS", report.statistics.instructions as f64 / seconds / 1e6);
        }
    }
    Ok(())
}

fn run(harts: u32, code: &[u32]) -> Result<manyhart::machine::Summary, MachineError> {
    // auipc t0, 16; nop
    let program = [0x0001_0297, 0x0000_0013].iter().chain(code).flat_map(|word: &u32| word.to_le_bytes());
    let kernel = Source::Memory { name: "the loop", bytes: program.collect() };
    let mut machine = Machine::build(&RunSpec {
        board: BoardSpec { harts, memory: 16 << 20, aia: Aia::None },
        images: Images {
            firmware: Firmware::None,
            kernel: Some(kernel),
            initrd: None,
            command_line: None,
            device_tree: None,
            more: Vec::new(),
        },
        dump_device_tree: None,
        serial: Serial::Null,
        reboots: false,
        limit: Some(INSTRUCTIONS),
        log_commits: None,
        signature: None,
        summary: false,
        control: ControlSpec::default(),
        plug: PlugSpec::default(),
    })?;
    machine.start()?;
    // Each hart says once that it has reached its limit.
    for _ in 0..harts {
        if machine.events().recv().is_err() {
            break;
        }
    }
    machine.stop()
}
