//! A machine of two harts in a random state.

use std::sync::Arc;

use manyhart_runtime::{Attention, Clock, Config, Executive, MmioSpec, RamBlock, RegionId};
use manyhart_vcpu::trap::Privilege;
use manyhart_vcpu::{Exit, Hart, HartConfig, Isa};

use crate::chaos::Chaos;
use crate::code::{M_HANDLER, instruction};
use crate::layout::{BASE, CODE, CODE_PAGES, DATA, DEVICE, HANDLERS, ROM, SIZE, TABLES, USER_BASE, WINDOW};
use crate::random::Random;

pub struct Machine {
    pub executive: Executive,
    pub ram: Arc<RamBlock>,
    pub harts: Vec<Box<Hart>>,
    pub attentions: Vec<Arc<Attention>>,
    pub window: RegionId,
}

impl Machine {
    pub fn new(seed: u64, chaos: bool) -> Machine {
        let mut random = Random::new(seed);
        let clock = Clock::manual(10_000_000);
        clock.set(1000);
        let executive =
            Executive::new(Config { clock: clock.clone(), on_device_failure: None }).expect("a helper thread");
        let ram = Arc::new(RamBlock::anonymous("ram", SIZE).expect("memory"));
        let rom = Arc::new(RamBlock::anonymous("rom", 0x1000).expect("memory"));
        fill(&mut random, &ram, &rom);
        let attentions: Vec<_> = (0..2).map(|_| Arc::new(Attention::new())).collect();
        let mut change = executive.topology().transaction();
        let root = change.container("root", 1 << 64);
        let (memory, rom) = (change.ram("ram", Arc::clone(&ram)), change.rom("rom", rom));
        let window = change.alias("window", memory, 0, 0x2800);
        change.add_subregion(root, BASE, memory).add_subregion(root, ROM, rom).add_subregion(root, WINDOW, window);
        if chaos {
            let device = Chaos { attentions: attentions.clone(), window, random: Random::new(seed ^ 0xdef1ce) };
            let device = executive.spawn("chaos", device);
            let registers = change.mmio("chaos", 0x30, device.mmio(0, MmioSpec::aligned(1, 8)));
            change.add_subregion(root, DEVICE, registers);
        }
        let space = change.address_space("memory", root);
        change.commit().expect("a valid map");
        let harts = (0u32..)
            .zip(&attentions)
            .map(|(id, attention)| {
                let reader = executive.reader(format!("hart {id}"), Some(Arc::clone(attention)));
                let config = HartConfig {
                    id,
                    space,
                    isa: Isa::default(),
                    reset_pc: CODE,
                    reset_args: [0; 3],
                    interrupt_files: None,
                };
                let mut hart = Hart::new(config, reader, Arc::clone(attention), clock.clone());
                start(&mut random, &mut hart, chaos);
                for line in [3, 9, 11] {
                    attention.set_level(line, random.below(4) == 0);
                }
                attention.set_deadline(0, random.pick(&[0, u64::MAX]));
                hart
            })
            .collect();
        Machine { executive, ram, harts, attentions, window }
    }

    pub fn run(&mut self, hart: usize, instructions: u64) {
        run(&mut self.harts[hart], &self.attentions[hart], instructions);
    }
}

/// Runs so many instructions of one hart. A hart that waits is told to go on.
pub fn run(hart: &mut Hart, attention: &Attention, instructions: u64) {
    let over = |hart: &Hart| {
        let done = hart.statistics();
        done.instructions + done.traps - done.interrupts
    };
    let end = over(hart) + instructions;
    while over(hart) < end {
        match hart.run(Some(end - over(hart))) {
            Exit::Limit => assert_eq!(over(hart), end, "exactly as many as asked for"),
            Exit::Left => {
                attention.set_level(Hart::LEAVE, false);
                hart.set_pc(hart.pc());
            }
            Exit::Breakpoint | Exit::Watchpoint(_) => panic!("there are none"),
            Exit::Stopped => panic!("nobody stops it"),
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::env::var_os("MANYHART_FUZZ_SEEDS").is_some() {
            for hart in &self.harts {
                eprintln!("{:?}", hart.statistics());
            }
        }
        self.executive.stop();
        self.executive.shutdown();
    }
}

/// Code, page tables, data.
fn fill(random: &mut Random, ram: &RamBlock, rom: &RamBlock) {
    let put = |at: u64, words: &[u32]| {
        for (at, word) in (at - BASE..).step_by(4).zip(words) {
            assert!(ram.store(at, *word));
        }
    };
    put(HANDLERS, M_HANDLER);
    put(HANDLERS + 0x1000, &[0]);
    for at in (CODE..CODE + CODE_PAGES * 0x1000).step_by(4) {
        put(at, &[instruction(random)]);
    }
    for at in (DATA - BASE..SIZE).step_by(8) {
        assert!(ram.store(at, random.value()));
    }
    for at in (0..0x1000).step_by(4) {
        assert!(rom.store(at, instruction(random)));
    }
    // The root: RAM for supervisors, RAM for users, two tables of whatever.
    let table = |index: u64| TABLES + index * 0x1000;
    let entry = |at: u64, pte: u64| assert!(ram.store(at - BASE, pte));
    entry(table(0) + 8 * (BASE >> 30), BASE >> 2 | 0xcf);
    entry(table(0) + 8 * (USER_BASE >> 30), BASE >> 2 | 0xdf);
    entry(table(0), table(1) >> 2 | 1);
    entry(table(0) + 511 * 8, table(0) >> 2 | 1);
    for index in 0..512 {
        let target = BASE + (random.below(SIZE >> 12) << 12);
        let flags = random.next() & 0xff | 0xc1;
        entry(table(1) + 8 * index, if index & 1 == 0 { table(2) >> 2 | 1 } else { random.value() });
        entry(table(2) + 8 * index, target >> 2 | flags);
    }
}

/// A random state.
fn start(random: &mut Random, hart: &mut Hart, chaos: bool) {
    for index in 0..32 {
        hart.set_x(index, random.value());
        let float = random.next();
        hart.set_f(
            index,
            random.pick(&[float, float | 0xffff_ffff_0000_0000, 0x7ff0_0000_0000_0000, 1, 0, 0x3ff0_0000_0000_0000]),
        );
    }
    let satp = random.pick(&[0, 8 << 60, 8 << 60, 9 << 60, 10 << 60]) | TABLES >> 12;
    // Entry 0 is all below DATA; 7 is everything.
    let locked = if chaos { 0x0f } else { 0x8d };
    let csrs = [
        (0x305, HANDLERS),
        (0x105, HANDLERS + 0x1000),
        (0x180, satp),
        (0x302, random.next() & !4),
        (0x303, random.next()),
        (0x304, random.next()),
        (0x300, random.next() & !(3 << 11) | 3 << 13),
        (0x306, random.next()),
        (0x30a, random.next() | 1 << 61),
        (0x003, random.below(256)),
        (0x3b0, DATA >> 2),
        (0x3b1, random.value() >> 2),
        (0x3b7, u64::MAX),
        (0x3a0, locked | random.pick(&[0, 0x9b, 0x0b]) << 8 | 0x1f << 56),
    ];
    for (number, value) in csrs {
        assert!(hart.set_csr(number, value), "{number:#x}");
    }
    hart.set_privilege(random.pick(&[Privilege::Machine, Privilege::Supervisor, Privilege::User]));
    hart.set_pc(CODE + random.below(CODE_PAGES * 0x1000));
}
