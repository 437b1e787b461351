//! Random cases. Each has a theme, which says how often which kind of instruction comes and how odd the state is.
//!
//! What keeps a case finite and harmless: jumps go forward, to units or to the end; whatever holds an address for a load, a
//! store or a jump is never written; what the frame stands on (trap vectors, delegation, protection) is written only
//! in a unit that puts it back.

mod arithmetic;
mod flow;
mod memory;
mod system;
pub mod values;

pub use memory::width;

use crate::case::{Aim, Case, Item, Unit, csr_slot};
use crate::layout::*;
use crate::paging::{self, Space};
use crate::rng::Rng;

/// Kinds of instruction, as the weights of a theme are listed.
const KINDS: [fn(&mut Maker) -> Unit; 9] = [
    arithmetic::integer,
    arithmetic::float,
    memory::plain,
    memory::atomic,
    flow::jump,
    arithmetic::compressed,
    system::csr,
    system::other,
    arithmetic::unknown,
];

/// A theme: its name, how often it comes, and the weights of [`KINDS`].
const THEMES: [(&str, usize, [usize; 9]); 10] = [
    ("integer", 24, [20, 0, 1, 0, 2, 2, 0, 0, 0]),
    ("float", 22, [1, 20, 1, 0, 1, 0, 1, 0, 0]),
    ("memory", 14, [1, 0, 20, 3, 1, 2, 1, 1, 0]),
    ("paging", 14, [0, 0, 20, 4, 1, 1, 1, 1, 0]),
    ("atomic", 8, [1, 0, 2, 20, 1, 0, 0, 0, 0]),
    ("flow", 6, [4, 0, 1, 0, 20, 2, 0, 1, 0]),
    ("compressed", 6, [1, 0, 1, 0, 2, 20, 0, 0, 1]),
    ("csr", 8, [2, 1, 1, 0, 0, 0, 20, 1, 0]),
    ("system", 8, [2, 0, 2, 0, 2, 0, 4, 20, 0]),
    ("unknown", 4, [1, 0, 0, 0, 0, 2, 0, 0, 20]),
];

/// The mstatus bits that cases start with.
mod mstatus {
    pub const SIE: u64 = 1 << 1;
    pub const MPIE: u64 = 1 << 7;
    pub const SPIE: u64 = 1 << 5;
    pub const SPP: u64 = 1 << 8;
    pub const MPRV: u64 = 1 << 17;
    pub const SUM: u64 = 1 << 18;
    pub const MXR: u64 = 1 << 19;
    pub const TVM: u64 = 1 << 20;
    pub const TW: u64 = 1 << 21;
    pub const TSR: u64 = 1 << 22;
}

/// A case in the making.
pub struct Maker {
    pub rng: Rng,
    pub case: Case,
    /// 0, 1 or 3.
    pub privilege: u64,
    /// Registers that no instruction may write.
    kept: u32,
    /// Registers with addresses in or around scratch memory.
    pointers: Vec<u8>,
    /// The last destination.
    last: u8,
    /// A load-reserved stands somewhere before: no lone store-conditional may follow.
    pub reserved: bool,
    /// The one interrupt that may be enabled: of several that are pending the reference takes the wrong one first.
    pub interrupt: u64,
    /// `stimecmp` is the supervisor's timer.
    pub sstc: bool,
    /// FS starts as Initial or Clean, which the reference does not always leave when it should.
    pub imprecise: bool,
    /// The case begins by setting MPRV.
    pub borrowed: bool,
    /// Physical memory protection is on.
    pub protected: bool,
    /// How many units there will be.
    pub planned: usize,
}

/// The case with this number under this seed.
pub fn case(seed: u64, number: u64) -> Case {
    let mut rng = Rng::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ number.wrapping_mul(0xd134_2543_de82_ef95));
    rng.next();
    let theme = rng.weighted(&THEMES.map(|(_, weight, _)| weight));
    let (name, _, weights) = THEMES[theme];
    let mut maker = start(rng, name);
    maker.planned = 1 + maker.rng.below(12);
    if name == "system" && maker.rng.percent(25) {
        let unit = system::wait(&mut maker);
        maker.case.units.push(unit);
        maker.planned += 1;
    }
    while maker.case.units.len() < maker.planned {
        let kind = maker.rng.weighted(&weights);
        let unit = KINDS[kind](&mut maker);
        maker.case.units.push(unit);
        // One unit adds at most 12 bytes; the end marker is 4 more.
        if maker.case.code_len() > CODE_BYTES as u64 - 40 {
            maker.planned = maker.case.units.len();
            clamp(&mut maker.case);
        }
    }
    place(&mut maker);
    maker.case
}

/// Jumps past the last unit go to the end.
fn clamp(case: &mut Case) {
    let last = case.units.len();
    let items = case.units.iter_mut().flatten();
    let targets = items.filter_map(|item| match item {
        Item::Branch { to, .. } | Item::Jal { to, .. } | Item::CBranch { to, .. } | Item::CJump { to } => Some(to),
        Item::Word(_) | Item::Half(_) => None,
    });
    for to in targets.chain(case.aims.iter_mut().map(|aim| &mut aim.to)) {
        *to = (*to).min(last);
    }
}

/// Where the code lies in its two pages: anywhere, or across their boundary.
fn place(maker: &mut Maker) {
    let len = maker.case.code_len() + 8;
    let at = if maker.rng.percent(20) {
        4096 - maker.rng.below(len as usize + 4) as u64
    } else {
        maker.rng.below(8192 - CODE_BYTES) as u64
    };
    maker.case.offset = at.min(8192 - CODE_BYTES as u64) & !1;
}

fn start(mut rng: Rng, theme: &'static str) -> Maker {
    let privilege = match theme {
        "csr" | "system" => rng.pick(&[0, 1, 1, 3, 3, 3]),
        "paging" => rng.pick(&[0, 1, 1, 3]),
        _ => rng.pick(&[0, 1, 3]),
    };
    let translated = theme == "paging" || (privilege < 3 && rng.percent(15));
    let borrowed = theme == "paging" && privilege == 3;
    let space = if translated && !borrowed {
        let hostile = theme == "paging" && rng.percent(70);
        paging::paged(&mut rng, privilege == 0, hostile)
    } else if borrowed {
        borrowed_space(&mut rng)
    } else {
        paging::bare(&mut rng)
    };
    let case = Case {
        theme,
        x: std::array::from_fn(|_| values::integer(&mut rng)),
        f: std::array::from_fn(|_| values::float(&mut rng)),
        mstatus: 0,
        fcsr: 0,
        csrs: [0; CASE_CSRS.len()],
        space,
        offset: 0,
        data: std::array::from_fn(|_| rng.next() as u8),
        units: Vec::new(),
        aims: Vec::new(),
    };
    let sstc = rng.percent(20);
    // A deadline that is over is an interrupt soon, and not at an exact instruction.
    let interrupt = if sstc { rng.pick(&[1 << 1, 1 << 9]) } else { rng.pick(&[1 << 1, 1 << 5, 1 << 9]) };
    let mut case = case;
    case.f[..4].copy_from_slice(&values::FLOAT_ZEROES);
    let mut maker = Maker {
        interrupt,
        sstc,
        borrowed,
        imprecise: false,
        last: 10,
        protected: false,
        rng,
        case,
        privilege,
        kept: 1,
        pointers: Vec::new(),
        reserved: false,
        planned: 0,
    };
    state(&mut maker);
    pointers(&mut maker);
    if borrowed {
        let borrow = system::borrow(&mut maker);
        maker.case.units.push(borrow);
    }
    maker
}

/// Machine mode without translation, whose loads and stores are translated by MPRV.
fn borrowed_space(rng: &mut Rng) -> Space {
    let user = rng.percent(50);
    let hostile = rng.percent(70);
    let mut space = paging::paged(rng, user, hostile);
    (space.code_va, space.stub_va) = (CODE_PA, STUB_PA);
    // What it may do depends on the mode borrowed.
    (space.readable, space.writable) = (false, false);
    space
}

fn state(maker: &mut Maker) {
    use mstatus::*;
    let rng = &mut maker.rng;
    let random = rng.next() & (MPIE | SPIE | SPP | SUM | MXR);
    let traps = if rng.percent(20) { rng.next() & (TVM | TW | TSR) } else { 0 };
    let sie = if rng.percent(50) { SIE } else { 0 };
    let float = match rng.below(20) {
        0 => 0,
        1 => 1,
        2 => 2,
        _ => 3,
    };
    maker.imprecise = float == 1 || float == 2;
    maker.case.mstatus = random | traps | sie | maker.privilege << 11 | float << 13;
    maker.case.fcsr = match rng.below(8) {
        0 => rng.next() & 0xff,
        1..=3 => (rng.below(5) as u64) << 5 | rng.next() & 0x1f,
        _ => (rng.below(5) as u64) << 5,
    };
    // Never delegated: fetches that fail, which would repeat for ever, and the supervisor's own calls, which end its handler.
    let delegated = if rng.percent(40) { rng.next() & 0xb3ff & !(1 << 0 | 1 << 1 | 1 << 9 | 1 << 12) } else { 0 };
    let mut set = |name: &str, value: u64| maker.case.csrs[csr_slot(name)] = value;
    set("medeleg", delegated);
    set("satp", maker.case.space.satp);
    set("mcounteren", rng.next() & 7);
    set("scounteren", rng.next() & 7);
    // ADUE, which the reference has no bit for: it always updates A and D. Nor does it look at PBMTE.
    let types = maker.case.space.has_memory_types() || rng.percent(30);
    set("0x30a", 1 << 61 | u64::from(types) << 62 | u64::from(maker.sstc) << 63);
    set("sepc", rng.next() & !1);
    set("scause", rng.next());
    set("stval", rng.next());
    set("sscratch", rng.next());
    let protected = matches!(maker.case.theme, "memory" | "paging" | "atomic") && rng.percent(20);
    let (cfg, addresses) = if protected { protection(rng, &maker.case.space) } else { (0, [0; 4]) };
    maker.protected = protected;
    if protected {
        (maker.case.space.readable, maker.case.space.writable) = (false, false);
    }
    for (name, value) in ["pmpaddr0", "pmpaddr1", "pmpaddr2", "pmpaddr3"].into_iter().zip(addresses) {
        set(name, value);
    }
    set("pmpaddr7", (1 << 54) - 1);
    set("pmpcfg0", 0x1f << 56 | cfg);
    if matches!(maker.case.theme, "csr" | "system") && rng.percent(25) {
        // SSIP, STIP, SEIP.
        set("mip", rng.next() & 0x222);
        set("mie", maker.interrupt);
        set("mideleg", rng.next() & 0x222);
    }
}

/// Up to four regions with random rights around the boundary of scratch memory, and sometimes over the page tables.
fn protection(rng: &mut Rng, space: &Space) -> (u64, [u64; 4]) {
    let mut cfg = 0;
    let mut addresses = [0; 4];
    // The reference updates A and D in page tables whatever protects them: what can be read there can be written.
    let tables = rng.percent(30);
    for (entry, address) in addresses.iter_mut().enumerate() {
        let base = match rng.below(10) {
            0 | 1 if tables => TABLES_PA + (rng.below(8) as u64) * 0x1000,
            0..=5 => space.high_pa,
            _ => space.low_pa + HALF_BYTES as u64,
        };
        let near = base.wrapping_add_signed(rng.between(-8, 8) * 4);
        let mode = rng.below(4) as u64;
        *address = match mode {
            3 => {
                let ones = rng.below(10);
                near >> 2 & !((1 << (ones + 1)) - 1) | ((1 << ones) - 1)
            }
            _ => near >> 2,
        };
        let rights = if tables { rng.pick(&[0, 3, 7]) } else { rng.pick(&[0, 1, 3, 4, 5, 7]) };
        cfg |= (mode << 3 | rights) << (8 * entry);
    }
    (cfg, addresses)
}

/// Three registers with addresses in scratch memory, and one with an address where there is nothing.
fn pointers(maker: &mut Maker) {
    let low = 8 + maker.rng.below(8) as u8;
    let candidates = [low, 2, 1 + maker.rng.below(31) as u8];
    for register in candidates {
        if maker.kept >> register & 1 == 0 {
            let delta = maker.rng.between(-96, 24);
            maker.keep(register, maker.case.space.data_va.wrapping_add_signed(delta));
            maker.pointers.push(register);
        }
    }
}

impl Maker {
    /// Gives a register a value that stays.
    pub fn keep(&mut self, register: u8, value: u64) {
        self.kept |= 1 << register;
        self.case.x[usize::from(register)] = value;
    }

    /// A register that may be kept from now on: not written by what stands already. `None` when there is none left to choose.
    pub fn fresh(&mut self) -> Option<u8> {
        let written = self.written();
        let free: Vec<u8> = (1..32).filter(|register| (self.kept | written) >> register & 1 == 0).collect();
        (free.len() > 8).then(|| self.rng.pick(&free))
    }

    fn written(&self) -> u32 {
        let decoded = self.case.units.iter().flatten().filter_map(|item| match item {
            Item::Word(word) => manyhart_vcpu::decode::decode32(*word),
            Item::Half(half) => manyhart_vcpu::decode::decode16(*half),
            _ => None,
        });
        // Whatever else has a destination: jumps by name.
        let jumps = self.case.units.iter().flatten().filter_map(|item| match item {
            Item::Jal { rd, .. } => Some(*rd),
            _ => None,
        });
        decoded.map(|inst| inst.rd).chain(jumps).fold(0, |all, rd| all | 1 << rd)
    }

    /// A destination.
    pub fn rd(&mut self) -> u8 {
        loop {
            let register = self.rs();
            if register == 0 || self.kept >> register & 1 == 0 {
                self.last = register;
                return register;
            }
        }
    }

    /// A source: any register, but often the last destination, so that instructions follow on one another as in programs; and often
    /// one of those that programs, and so the hart, use most.
    pub fn rs(&mut self) -> u8 {
        match self.rng.below(10) {
            0..=2 => self.last,
            3 | 4 => self.rng.pick(&[2, 8, 9, 10, 11, 12, 13, 14, 15]),
            _ => self.rng.below(32) as u8,
        }
    }

    /// Whether nothing may write the register.
    pub fn is_kept(&self, register: u8) -> bool {
        register != 0 && self.kept >> register & 1 != 0
    }

    /// A register with an address in scratch memory, and the address.
    pub fn pointer(&mut self) -> (u8, u64) {
        let register = self.rng.pick(&self.pointers);
        (register, self.case.x[usize::from(register)])
    }

    /// Registers with addresses in scratch memory.
    pub fn pointers(&self) -> &[u8] {
        &self.pointers
    }

    /// A later unit, or the end.
    pub fn target(&mut self) -> usize {
        let here = self.case.units.len();
        let last = self.planned.max(here + 1);
        (here + 1 + self.rng.below(4)).min(last)
    }

    /// A fresh register that will hold the address of a later unit.
    pub fn aim(&mut self, bias: i64) -> Option<u8> {
        let register = self.fresh()?;
        let to = self.target();
        self.keep(register, 0);
        self.case.aims.push(Aim { register, to, bias });
        Some(register)
    }
}
