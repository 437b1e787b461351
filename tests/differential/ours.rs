//! The subject: the same image on a board of ours, in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use manyhart::board::{Aia, Board, BoardConfig, Boot, NextMode, Outlets, TIMEBASE};
use manyhart_devices::uart;
use manyhart_runtime::{Clock, Config, Executive};
use manyhart_vcpu::{Commit, Exit, Hart, HartConfig, Isa, Tracer};

use crate::layout::*;

/// Far more than a case takes, frame included.
const INSTRUCTIONS: u64 = 20_000;
const SLICE: u64 = 100_000;
/// How long no case may end. One takes microseconds; what never ends is a hart that sleeps.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hears of every instruction, and so makes each a block of its own.
struct Deaf;

impl Tracer for Deaf {
    fn commit(&mut self, _: &Commit) {}
}

/// How the hart executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In blocks with fused pairs: as harts do.
    Fused,
    /// In blocks, op by op.
    Unfused,
    /// Instruction by instruction, as for a commit log.
    Stepwise,
}

/// Runs the image; returns the records of so many results, or the index of the case that never
/// ended.
pub fn run(image: &[u8], cases: usize, way: Way) -> Result<Vec<u8>, usize> {
    let config = Config { clock: Clock::host(TIMEBASE), on_device_failure: None };
    let executive = Executive::new(config).expect("a thread");
    let over = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&over);
    let (sink, _output) = uart::channel(1);
    let outlets = Outlets {
        console: Box::new(sink),
        on_outcome: Box::new(move |_| told.store(true, Ordering::SeqCst)),
        on_pci_event: Box::new(|_| ()),
        host_time: Box::new(|| 0),
    };
    let boot = Boot { entry: RAM, next_addr: 0, next_mode: NextMode::Supervisor };
    let board = BoardConfig { harts: 1, ram_size: RAM_SIZE, aia: Aia::None, boot, device_tree: Vec::new() };
    let board = Board::new(&executive, board, outlets).expect("a board");
    assert!(board.ram.write(0, image), "the image fits");

    let attention = Arc::clone(&board.attentions[0]);
    let reader = executive.reader("hart0", Some(Arc::clone(&attention)));
    let config = HartConfig {
        id: 0,
        space: board.space,
        isa: Isa::default(),
        reset_pc: RAM,
        reset_args: [0; 3],
        interrupt_files: None,
    };
    let clock = executive.clock().clone();
    let limit = (cases as u64 + 10) * INSTRUCTIONS;
    let body = move || {
        let mut hart = Hart::new(config, reader, attention, clock);
        hart.set_fusion(way != Way::Unfused);
        hart.set_tracer((way == Way::Stepwise).then(|| Box::new(Deaf) as Box<dyn Tracer>));
        while !over.load(Ordering::SeqCst) && hart.instret() < limit {
            if hart.run(Some(SLICE)) == Exit::Stopped {
                break;
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(body).expect("a thread");
    let mut progress = (0, Instant::now());
    while !thread.is_finished() {
        let ended = board.ram.load::<u64>(CONTEXT - RAM).expect("in RAM");
        if ended != progress.0 {
            progress = (ended, Instant::now());
        } else if progress.1.elapsed() > PATIENCE {
            // It sleeps, and nothing will wake it.
            executive.stop();
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let ended = thread.join();
    executive.stop();
    executive.shutdown();

    let index = board.ram.load::<u64>(CONTEXT - RAM).expect("in RAM") as usize;
    let mut results = vec![0; cases * RECORD];
    assert!(board.ram.read(RESULTS - RAM, &mut results), "in RAM");
    if ended.is_ok() && index == cases { Ok(results) } else { Err(index) }
}
