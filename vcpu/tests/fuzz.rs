//! Random code in random states. Nothing a guest does may panic, hang or reach beyond its memory; and blocks of translated code must do what the
//! same instructions do one at a time.
//!
//! Seeds are fixed. `MANYHART_FUZZ_SEEDS=first..last` runs others, and names each before it runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use manyhart_runtime::{
    Access, Answer, Attention, Clock, Config, Context, Device, DeviceError, Executive, MmioSpec, RamBlock, RegionId,
};
use manyhart_vcpu::trap::Privilege;
use manyhart_vcpu::{Commit, Exit, Hart, HartConfig, Isa, Tracer};

const BASE: u64 = 0x8000_0000;
const SIZE: u64 = 0x6_0000;
/// The handlers: M's, and one page on S's.
const HANDLERS: u64 = BASE;
/// Random code.
const CODE: u64 = BASE + 0x2000;
const CODE_PAGES: u64 = 4;
/// Sv39 tables.
const TABLES: u64 = BASE + 0x8000;
/// Below this a locked entry of PMP lets nobody write, where blocks and single instructions are compared: what was cached of code and of page
/// tables may be stale, legally.
const DATA: u64 = BASE + 0x1_0000;
const DEVICE: u64 = 0x1000_0000;
const ROM: u64 = 0x1000;
const WINDOW: u64 = 0x2000_0000;
/// All of RAM again, for users.
const USER_BASE: u64 = 0x1_4000_0000;

/// One test at a time: reservations share one table.
static ALONE: Mutex<()> = Mutex::new(());

/// xorshift64*.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
    /// A number that means something somewhere.
    fn value(&mut self) -> u64 {
        let near = self.below(32).wrapping_sub(16);
        match self.below(10) {
            0 => self.next(),
            1 => self.below(64),
            2 => near,
            3 => 1u64.wrapping_shl(self.below(64) as u32).wrapping_add(near),
            4 => DEVICE + self.below(64),
            5 => ROM + self.below(4200),
            6 => WINDOW + self.below(0x3000),
            7 => USER_BASE + self.below(SIZE),
            8 => (BASE + (self.below(SIZE >> 12) << 12)).wrapping_add(near),
            _ => DATA + self.below(SIZE + BASE - DATA),
        }
    }
    fn register(&mut self) -> u32 {
        self.below(32) as u32
    }
}

const CSRS: &[u16] = &[
    0x001, 0x002, 0x003, 0x100, 0x104, 0x105, 0x106, 0x10a, 0x140, 0x141, 0x142, 0x143, 0x144, 0x14d, 0x180, 0x300,
    0x301, 0x302, 0x303, 0x304, 0x306, 0x30a, 0x320, 0x323, 0x340, 0x341, 0x342, 0x343, 0x344, 0x3a2, 0x3b8, 0x3b9,
    0x3ba, 0x7a0, 0xb00, 0xb02, 0xb03, 0xc00, 0xc01, 0xc02, 0xf14, 0x5c0,
];

fn instruction(random: &mut Random) -> u32 {
    let (mut rd, mut rs1, rs2) = (random.register(), random.register(), random.register());
    // Addresses last longer than by chance, and are used more often.
    if random.below(4) != 0 {
        rs1 = random.pick(&[9, 10, 11]);
        rd = if matches!(rd, 9..12) { 12 } else { rd };
    }
    let (f3, any) = (random.below(8) as u32, random.next() as u32);
    let fields = rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7;
    let offset = if random.below(3) == 0 { any >> 20 } else { (any >> 20 & 0x1f) << 3 };
    match random.below(24) {
        0 => any,
        1 => any | 3,
        2..=4 => random.pick(&[0, 0, 1, 1, 1]) << 25 | fields | 0x33,
        5 => random.pick(&[0x20, 5, 4, 0x10, 0x14, 0x24, 0x30, 0x34]) << 25 | fields | random.pick(&[0x33, 0x3b]),
        6 | 7 => offset << 20 | fields & 0xf_ffff & !(5 << 12) | f3 << 12 & 0x6000 | 0x13,
        8 => offset << 20 | fields & 0xf_8fff | 0x1b,
        9..=11 => offset << 20 | fields & 0xf_ffff & !(u32::from(f3 == 7) << 14) | 0x03,
        12 => offset << 20 | fields & 0xf_8fff | random.pick(&[2, 3]) << 12 | random.pick(&[0x07, 0x27]),
        13 | 14 => offset << 25 | fields & 0x1ff_8f80 | (f3 & 3) << 12 | 0x23,
        15 | 16 => {
            let f5 = random.pick(&[0, 1, 2, 3, 4, 8, 12, 16, 20, 24, 28]);
            f5 << 27
                | any & 3 << 25
                | if f5 == 2 { 0 } else { rs2 << 20 }
                | rs1 << 15
                | (f3 & 1 | 2) << 12
                | rd << 7
                | 0x2f
        }
        // Branches and jumps of a few instructions either way.
        17 | 18 => short_branch(any) | rs2 << 20 | rs1 << 15 | random.pick(&[0, 1, 4, 5, 6, 7]) << 12 | 0x63,
        19 => jump(any) | rd << 7 | 0x6f,
        20 => random.pick(&[0x17, 0x37]) | any & 0x800f_f000 | rd << 7,
        21 => {
            let f7 = random.pick(&[0, 4, 8, 12, 0x2c, 0x10, 0x14, 0x20, 0x50, 0x60, 0x68, 0x70, 0x78]);
            (f7 | any & 1) << 25 | fields & !(4 << 12) | 0x53
        }
        22 => match any & 1 {
            0 => u32::from(random.pick(CSRS)) << 20 | fields & 0xf_ffff | 0x73,
            _ => any & 0xfa00_0000 | fields & !(4 << 12) | random.pick(&[0x43, 0x47, 0x4b, 0x4f]),
        },
        _ => random.pick(&[
            0x73,
            0x0010_0073,
            0x1050_0073,
            0x1020_0073,
            0x3020_0073,
            0x1200_0073 | rs1 << 15,
            0x1200_0073,
            0x0000_100f,
            0x0ff0_000f,
            0x0100_000f,
            0x0000_0067 | rs1 << 15,
            0x0000_00e7 | rs1 << 15 | offset << 20,
        ]),
    }
}

/// The offset of a branch, at most 64 bytes either way.
fn short_branch(any: u32) -> u32 {
    let offset = ((any >> 8 & 0x7e) as i32 - 64) as u32;
    (offset >> 12 & 1) << 31 | (offset >> 5 & 0x3f) << 25 | (offset >> 1 & 15) << 8 | (offset >> 11 & 1) << 7
}

fn jump(any: u32) -> u32 {
    let offset = ((any >> 8 & 0x7e) as i32 - 64) as u32;
    (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3ff) << 21 | (offset >> 11 & 1) << 20 | (offset >> 12 & 0xff) << 12
}

/// Back to random code, in some mode, with some registers pointing at memory again.
const M_HANDLER: &[u32] = &[
    0x3022_7073, // csrrci zero,medeleg,4
    0xb020_2ff3, // csrrs t6,minstret,zero
    0x9e37_8eb7, // lui t4,0x9e378
    0x9b9e_8e93, // addi t4,t4,-1607 # ffffffff9e3779b9
    0x03df_8fb3, // mul t6,t6,t4
    0x011f_df93, // srli t6,t6,0x11
    0x00bf_9f13, // slli t5,t6,0xb
    0x0000_2eb7, // lui t4,0x2
    0x800e_8e9b, // addiw t4,t4,-2048 # 1800
    0x300e_b073, // csrrc zero,mstatus,t4
    0x01ee_feb3, // and t4,t4,t5
    0x300e_a073, // csrrs zero,mstatus,t4
    0x004f_fe93, // andi t4,t6,4
    0x000e_8c63, // beq t4,zero,4c
    0x0010_0e93, // addi t4,zero,1
    0x03fe_9e93, // slli t4,t4,0x3f
    0x0008_0e37, // lui t3,0x80
    0x008e_0e13, // addi t3,t3,8 # 80008
    0x01ce_eeb3, // or t4,t4,t3
    0x180e_9073, // csrrw zero,satp,t4
    0x0000_4eb7, // lui t4,0x4
    0xffee_8e93, // addi t4,t4,-2 # 3ffe
    0x005f_df13, // srli t5,t6,0x5
    0x01df_7f33, // and t5,t5,t4
    0x0010_0e13, // addi t3,zero,1
    0x01fe_1e13, // slli t3,t3,0x1f
    0x0000_2eb7, // lui t4,0x2
    0x01ee_8f33, // add t5,t4,t5
    0x01ee_0f33, // add t5,t3,t5
    0x008f_fe93, // andi t4,t6,8
    0x000e_8863, // beq t4,zero,88
    0x0000_3eb7, // lui t4,0x3
    0x012e_9e93, // slli t4,t4,0x12
    0x01df_0f33, // add t5,t5,t4
    0x341f_1073, // csrrw zero,mepc,t5
    0x0001_1537, // lui a0,0x11
    0x01c5_0533, // add a0,a0,t3
    0x0000_15b7, // lui a1,0x1
    0xffc5_8593, // addi a1,a1,-4 # ffc
    0x00a5_85b3, // add a1,a1,a0
    0x0000_f4b7, // lui s1,0xf
    0x00a4_84b3, // add s1,s1,a0
    0x010f_fe93, // andi t4,t6,16
    0x000e_8a63, // beq t4,zero,c0
    0x0000_3eb7, // lui t4,0x3
    0x012e_9e93, // slli t4,t4,0x12
    0x01d5_0533, // add a0,a0,t4
    0x01d5_85b3, // add a1,a1,t4
    0x009f_de93, // srli t4,t6,0x9
    0x304e_9073, // csrrw zero,mie,t4
    0x060f_fe93, // andi t4,t6,96
    0x000e_9463, // bne t4,zero,d4
    0x1000_04b7, // lui s1,0x10000
    0x3020_0073, // mret
];

/// A device that does at once everything that devices do in time.
struct Chaos {
    attentions: Vec<Arc<Attention>>,
    window: RegionId,
    random: Random,
}

impl Device for Chaos {
    type Message = ();

    fn read(&mut self, cx: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        match self.random.below(4) {
            0 => Err(DeviceError::NoRegister.into()),
            1 => self.commit(cx),
            _ => Ok(self.random.next() >> (access.offset & 63)),
        }
    }

    fn write(&mut self, cx: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        let attention = self.random.pick(&[0, 1]);
        let attention = &self.attentions[attention];
        match access.offset & 7 {
            0 => attention.set_level(value as u32 & 15, value & 16 != 0),
            1 => attention.set_deadline(0, cx.clock().now().wrapping_add(value & 0xffff)),
            2 => cx.clock().advance(value & 0xffff),
            3 => attention.raise(),
            4 => return self.commit(cx).map(drop),
            5 => cx.clock().set(value),
            6 => return Err(DeviceError::NoRegister.into()),
            _ => {}
        }
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

impl Chaos {
    /// Moves the window, or hides it, and answers when that is published.
    fn commit(&mut self, cx: &mut Context<'_, ()>) -> Answer<u64> {
        let (reply, deferred) = cx.defer();
        let mut change = cx.topology().transaction();
        change.set_alias_offset(self.window, self.random.below(9) * 0x800);
        change.set_enabled(self.window, self.random.below(4) != 0);
        change.set_read_only(self.window, self.random.below(4) == 0);
        change.post(move |result| reply.answer(Ok(u64::from(result.is_ok()))));
        Err(manyhart_runtime::NoAnswer::Deferred(deferred))
    }
}

struct Machine {
    executive: Executive,
    ram: Arc<RamBlock>,
    harts: Vec<Box<Hart>>,
    attentions: Vec<Arc<Attention>>,
    window: RegionId,
}

impl Machine {
    fn new(seed: u64, chaos: bool) -> Machine {
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

    fn run(&mut self, hart: usize, instructions: u64) {
        run(&mut self.harts[hart], &self.attentions[hart], instructions);
    }
}

/// Runs so many instructions of one hart. A hart that waits is told to go on.
fn run(hart: &mut Hart, attention: &Attention, instructions: u64) {
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

fn seeds(usual: std::ops::Range<u64>) -> impl Iterator<Item = u64> {
    let wanted = std::env::var("MANYHART_FUZZ_SEEDS").ok().map(|range| {
        let (first, last) = range.split_once("..").expect("first..last");
        first.parse().expect("a number")..last.parse().expect("a number")
    });
    let named = wanted.is_some();
    wanted.unwrap_or(usual).inspect(move |seed| {
        if named {
            eprintln!("seed {seed}");
        }
    })
}

/// While `body` runs, harts that may be asleep are asked to leave, now and then.
fn with_a_waker(machine: &mut Machine, body: impl FnOnce(&mut Machine)) {
    let over = AtomicBool::new(false);
    let attentions = machine.attentions.clone();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_micros(300));
                for attention in &attentions {
                    attention.set_level(Hart::LEAVE, true);
                }
            }
        });
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| body(machine)));
        over.store(true, Ordering::Relaxed);
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    });
}

#[test]
fn nothing_that_a_guest_does_panics_or_hangs() {
    let _alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for seed in seeds(0..40) {
        let mut random = Random::new(!seed);
        let mut machine = Machine::new(seed, true);
        if seed % 4 == 3 {
            machine.harts[0].set_tracer(Some(Box::new(Deaf)));
        }
        with_a_waker(&mut machine, |machine| {
            for round in 0..12 {
                if round == 8 {
                    machine.harts[1].reset(CODE + random.below(0x1000), 0, 1, 2);
                }
                for hart in 0..2 {
                    machine.run(hart, random.pick(&[1, 2, 63, 64, 65, 66, 300, 3000]));
                }
            }
        });
    }
}

/// Hears everything, says nothing.
struct Deaf;

impl Tracer for Deaf {
    fn commit(&mut self, commit: &Commit) {
        assert!(matches!(commit.privilege, 0 | 1 | 3));
    }
}

/// All that software can see of a hart.
fn state(hart: &mut Hart) -> (u64, u8, Vec<u64>, Vec<Option<u64>>) {
    let registers = (0..32).flat_map(|index| [hart.x(index), hart.f(index)]).collect();
    let csrs = CSRS.iter().map(|&number| hart.csr(number)).collect();
    (hart.pc(), hart.privilege(), registers, csrs)
}

#[test]
fn blocks_do_what_single_instructions_do() {
    let _alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for seed in seeds(0..40) {
        let mut random = Random::new(!seed);
        let rounds: Vec<u64> = (0..8).map(|_| random.pick(&[65, 66, 100, 200, 500])).collect();
        // One machine after the other: the reservations of both are in one table.
        let [fused, unfused, steps] = [(true, true), (false, true), (true, false)].map(|(fuse, by_blocks)| {
            let mut machine = Machine::new(seed, false);
            machine.harts[0].set_fusion(fuse);
            let mut states = Vec::new();
            with_a_waker(&mut machine, |machine| {
                for &instructions in &rounds {
                    let piece = if by_blocks { instructions } else { 1 };
                    (0..instructions / piece).for_each(|_| machine.run(0, piece));
                    states.push(state(&mut machine.harts[0]));
                }
            });
            let memory: Vec<_> = (0..SIZE).step_by(8).map(|at| machine.ram.load::<u64>(at)).collect();
            (states, memory)
        });
        for (other, name) in [(unfused, "unfused"), (steps, "steps")] {
            assert_eq!(fused.0, other.0, "seed {seed}, {name}, after {rounds:?} instructions");
            assert!(fused.1 == other.1, "seed {seed}, {name}: memory");
        }
    }
}

/// Two harts run on threads of their own while the machine is paused, its map changed, and its devices answer late.
#[test]
fn pauses_and_commits_reach_harts_that_run_random_code() {
    let _alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for seed in seeds(0..4) {
        let mut machine = Machine::new(seed, true);
        let (executive, window) = (&machine.executive, machine.window);
        let running = AtomicU64::new(2);
        std::thread::scope(|scope| {
            for (hart, attention) in machine.harts.iter_mut().zip(&machine.attentions) {
                let running = &running;
                scope.spawn(move || {
                    run(hart, attention, 150_000);
                    running.fetch_sub(1, Ordering::Release);
                });
            }
            let mut offset = 0;
            while running.load(Ordering::Acquire) > 0 {
                let paused = executive.pause();
                offset = (offset + 0x1000) % 0x5000;
                let mut change = executive.topology().transaction();
                change.set_alias_offset(window, offset);
                if offset < 0x3000 {
                    drop(paused);
                }
                change.commit().expect("a valid map");
                for attention in &machine.attentions {
                    attention.set_level(Hart::LEAVE, true);
                }
            }
        });
    }
}
