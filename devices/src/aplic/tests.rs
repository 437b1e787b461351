//! The registers one by one, the pending rules as a table, both deliveries, and a naive model of one source.

use std::sync::atomic::{AtomicU64, Ordering};

use manyhart_runtime::Attention;
use proptest::prelude::*;

use super::*;

const HARTS: usize = 3;
const DOMAINCFG: u64 = 0;
const SETIPNUM: u64 = 0x1cdc;
const CLRIPNUM: u64 = 0x1ddc;
const SETIENUM: u64 = 0x1edc;
const GENMSI: u64 = 0x3000;
const IE: u32 = 1 << 8;

fn sourcecfg(source: u64) -> u64 {
    4 * source
}

fn target(source: u64) -> u64 {
    0x3000 + 4 * source
}

fn idc(hart: u64, register: u64) -> u64 {
    0x4000 + 0x20 * hart + register
}

/// Wires to harts, one bit each.
#[derive(Default)]
struct Wires(AtomicU64);

impl LineSink for Wires {
    fn set_level(&self, number: u32, level: bool) {
        match level {
            true => self.0.fetch_or(1 << number, Ordering::Relaxed),
            false => self.0.fetch_and(!(1 << number), Ordering::Relaxed),
        };
    }
}

struct Fixture {
    aplic: Aplic,
    /// Machine level's wires are 0 to 2, supervisor level's 16 to 18.
    wires: Arc<Wires>,
    files: [Vec<Arc<InterruptFile>>; 2],
}

impl Fixture {
    fn direct() -> Fixture {
        let wires = Arc::new(Wires::default());
        let lines = |first: u32| (first..first + HARTS as u32).map(|n| Line::new(wires.clone(), n)).collect();
        Fixture { aplic: Aplic::direct(lines(0), lines(16)), wires, files: Default::default() }
    }

    fn messages() -> Fixture {
        let file = |_| Arc::new(InterruptFile::new(255, Arc::new(Attention::new()), 9));
        let files = [(); 2].map(|()| (0..HARTS).map(file).collect::<Vec<_>>());
        let aplic = Aplic::messages(files[0].clone(), files[1].clone());
        Fixture { aplic, wires: Arc::default(), files }
    }

    fn read(&mut self, region: u32, offset: u64) -> u32 {
        self.aplic.read_register(region, offset).expect("a domain")
    }

    fn write(&mut self, region: u32, offset: u64, value: u32) {
        self.aplic.write_register(region, offset, value).expect("a domain");
    }

    fn wire(&mut self, source: u32, level: bool) {
        self.aplic.set_wire(LineChange { source, level });
    }

    fn asserted(&self) -> u64 {
        self.wires.0.load(Ordering::Relaxed)
    }

    /// What has arrived, as level, hart and identity; nothing is left.
    fn arrived(&self) -> Vec<(usize, usize, u32)> {
        let mut all = Vec::new();
        for (level, files) in self.files.iter().enumerate() {
            for (hart, file) in files.iter().enumerate() {
                for word in 0..4 {
                    let pending = file.pending(word);
                    all.extend((0..64).filter(|n| pending >> n & 1 == 1).map(|n| (level, hart, 64 * word as u32 + n)));
                }
                file.reset();
            }
        }
        all
    }
}

fn both() -> [Fixture; 2] {
    [Fixture::direct(), Fixture::messages()]
}

#[test]
fn what_no_register_answers_to_reads_as_zero_and_ignores_writes() {
    for mut f in both() {
        for region in [MACHINE, SUPERVISOR] {
            for offset in (0..SIZE).step_by(4) {
                // Whatever is written nowhere but in domaincfg: nothing is active, so nothing sticks but genmsi and delivery control.
                let sticks =
                    matches!(offset, DOMAINCFG | GENMSI | 0x1bc4) || (4..0x1000).contains(&offset) || offset >= 0x4000;
                if !sticks {
                    f.write(region, offset, u32::MAX);
                    assert_eq!(f.read(region, offset), 0, "{offset:#x}");
                }
            }
        }
        assert!(f.aplic.read_register(2, 0).is_err() && f.aplic.write_register(2, 0, 0).is_err());
    }
}

#[test]
fn the_domain_configuration_says_how_interrupts_are_delivered() {
    for (mut f, mode, locked) in [(Fixture::direct(), 0, 0), (Fixture::messages(), 4, 1 << 31)] {
        for region in [MACHINE, SUPERVISOR] {
            assert_eq!(f.read(region, DOMAINCFG), 0x8000_0000 | mode);
            f.write(region, DOMAINCFG, u32::MAX);
            assert_eq!(f.read(region, DOMAINCFG), 0x8000_0000 | mode | IE);
        }
        let addresses = |f: &mut Fixture, region| [0x1bc0, 0x1bc4, 0x1bc8, 0x1bcc].map(|offset| f.read(region, offset));
        f.write(MACHINE, 0x1bc4, 0);
        assert_eq!(addresses(&mut f, MACHINE), [0, locked, 0, 0], "machine level's alone");
        assert_eq!(addresses(&mut f, SUPERVISOR), [0; 4]);
    }
}

#[test]
fn sources_are_where_they_are_delegated() {
    for mut f in both() {
        f.write(SUPERVISOR, sourcecfg(7), 6);
        assert_eq!(f.read(SUPERVISOR, sourcecfg(7)), 0, "not delegated yet");
        f.write(MACHINE, sourcecfg(7), 1 << 10 | 0x2fb);
        assert_eq!(f.read(MACHINE, sourcecfg(7)), 1 << 10, "to child 0, whatever was asked for");
        assert_eq!(f.read(SUPERVISOR, sourcecfg(7)), 0);
        f.write(SUPERVISOR, sourcecfg(7), 6);
        f.write(SUPERVISOR, SETIENUM, 7);
        f.write(SUPERVISOR, target(7), 1 << 18 | 9);
        let state = |f: &mut Fixture, region| [sourcecfg(7), 0x1c00, 0x1e00, target(7)].map(|at| f.read(region, at));
        assert_eq!(state(&mut f, SUPERVISOR), [6, 0, 1 << 7, 1 << 18 | 9]);
        f.wire(7, true);
        assert_eq!(state(&mut f, SUPERVISOR)[1], 1 << 7);
        assert_eq!(state(&mut f, MACHINE), [1 << 10, 0, 0, 0], "inactive at the root");
        f.write(MACHINE, sourcecfg(7), 6);
        assert_eq!(state(&mut f, SUPERVISOR), [0; 4], "taken back");
        assert_eq!(state(&mut f, MACHINE)[..2], [6, 1 << 7], "its level is an interrupt there");
        f.write(MACHINE, sourcecfg(7), 1 << 10);
        f.write(SUPERVISOR, sourcecfg(7), 6);
        f.write(SUPERVISOR, sourcecfg(7), 1 << 10 | 6);
        assert_eq!(f.read(SUPERVISOR, sourcecfg(7)), 0, "a leaf cannot delegate");
        for reserved in [2, 3] {
            f.write(SUPERVISOR, sourcecfg(7), reserved);
            assert_eq!(f.read(SUPERVISOR, sourcecfg(7)), 0);
        }
    }
}

/// What one source does, by 4.7 read word for word.
#[derive(Debug, Clone, Copy)]
struct Naive {
    direct: bool,
    mode: u32,
    wire: bool,
    pending: bool,
}

impl Naive {
    fn input(&self) -> bool {
        matches!(self.mode, 4..=7) && self.wire != matches!(self.mode, 5 | 7)
    }

    fn is_level(&self) -> bool {
        self.mode >= 6
    }

    fn wire(&mut self, wire: bool) {
        let before = self.input();
        self.wire = wire;
        match self.is_level() {
            true if self.direct => self.pending = self.input(),
            true => self.pending = self.input() && (self.pending || !before),
            false => self.pending |= self.input() && !before,
        }
    }

    fn set(&mut self) {
        self.pending |= match self.mode {
            0 => false,
            _ if !self.is_level() => true,
            _ => !self.direct && self.input(),
        };
    }

    fn clear(&mut self) {
        self.pending &= self.is_level() && self.direct;
    }

    fn configure(&mut self, mode: u32) {
        self.mode = mode;
        self.pending = match mode {
            0 => false,
            6 | 7 => self.input(),
            _ => self.pending,
        };
    }
}

proptest! {
    #[test]
    fn a_source_is_pending_when_the_specification_says_so(
        direct: bool, source in 1..=SOURCES, steps in prop::collection::vec((0..6u32, 0..6usize), 1..40)
    ) {
        let mut f = if direct { Fixture::direct() } else { Fixture::messages() };
        let mut naive = Naive { direct, mode: 0, wire: false, pending: false };
        let (word, bit) = (u64::from(source / 32), 1u32 << (source % 32));
        for (what, mode) in steps {
            match what {
                0 | 1 => { f.wire(source, what == 1); naive.wire(what == 1) }
                2 => { f.write(MACHINE, SETIPNUM, source); naive.set() }
                3 => { f.write(MACHINE, CLRIPNUM, source); naive.clear() }
                4 => {
                    let mode = [0, 1, 4, 5, 6, 7][mode];
                    f.write(MACHINE, sourcecfg(source.into()), mode);
                    naive.configure(mode);
                }
                _ if mode & 1 == 0 => { f.write(MACHINE, 0x1c00 + 4 * word, bit); naive.set() }
                _ => { f.write(MACHINE, 0x1d00 + 4 * word, bit); naive.clear() }
            }
            prop_assert_eq!(f.read(MACHINE, 0x1c00 + 4 * word), if naive.pending { bit } else { 0 }, "{:?}", naive);
            prop_assert_eq!(f.read(MACHINE, 0x1d00 + 4 * word), if naive.input() { bit } else { 0 }, "{:?}", naive);
        }
    }
}

#[test]
fn enables_are_set_and_cleared_by_bits_and_by_number() {
    let mut f = Fixture::direct();
    for source in [1, 31, 32, 96] {
        f.write(MACHINE, sourcecfg(source), 1);
        f.write(MACHINE, SETIENUM, source as u32);
    }
    let enabled = |f: &mut Fixture| [0, 1, 2, 3].map(|word| f.read(MACHINE, 0x1e00 + 4 * word));
    assert_eq!(enabled(&mut f), [1 << 1 | 1 << 31, 1, 0, 1]);
    f.write(MACHINE, 0x1f00, 1 << 31);
    f.write(MACHINE, 0x1fdc, 96);
    f.write(MACHINE, 0x1e04, u32::MAX);
    assert_eq!(enabled(&mut f), [1 << 1, 1, 0, 0], "only what is active");
    assert_eq!([0x1f00, 0x1fdc, SETIENUM, SETIPNUM, CLRIPNUM].map(|at| f.read(MACHINE, at)), [0; 5]);
}

/// An edge source that is enabled, for a hart with a priority.
fn edge(f: &mut Fixture, source: u64, hart: u32, priority: u32) {
    f.write(MACHINE, sourcecfg(source), 4);
    f.write(MACHINE, target(source), hart << 18 | priority);
    f.write(MACHINE, SETIENUM, source as u32);
}

#[test]
fn direct_delivery_claims_by_priority_and_holds_back_by_threshold() {
    let mut f = Fixture::direct();
    f.write(MACHINE, DOMAINCFG, IE);
    for (source, priority) in [(10, 5), (11, 3), (12, 5), (13, 0)] {
        edge(&mut f, source, 1, priority);
        f.wire(source as u32, true);
    }
    assert_eq!(f.read(MACHINE, target(13)), 1 << 18 | 1, "there is no priority 0");
    assert_eq!((f.read(MACHINE, idc(1, 0x18)), f.asserted()), (13 << 16 | 1, 0), "not delivered yet");
    f.write(MACHINE, idc(1, 0), 1);
    assert_eq!(f.asserted(), 1 << 1);
    for (threshold, top) in [(1, 0), (2, 13 << 16 | 1), (0, 13 << 16 | 1)] {
        f.write(MACHINE, idc(1, 8), threshold);
        assert_eq!((f.read(MACHINE, idc(1, 0x18)), f.asserted() != 0), (top, top != 0), "threshold {threshold}");
    }
    f.write(MACHINE, DOMAINCFG, 0);
    assert_eq!((f.asserted(), f.read(MACHINE, idc(1, 0x18))), (0, 13 << 16 | 1));
    f.write(MACHINE, DOMAINCFG, IE);
    for claimed in [13 << 16 | 1, 11 << 16 | 3, 10 << 16 | 5, 12 << 16 | 5, 0] {
        assert_eq!(f.asserted() != 0, claimed != 0);
        assert_eq!(f.read(MACHINE, idc(1, 0x1c)), claimed);
    }
}

#[test]
fn a_claimed_level_stays_until_its_wire_falls() {
    let mut f = Fixture::direct();
    f.write(MACHINE, DOMAINCFG, IE);
    edge(&mut f, 10, 2, 1);
    f.write(MACHINE, sourcecfg(10), 6);
    f.write(MACHINE, idc(2, 0), 1);
    f.wire(10, true);
    for _ in 0..2 {
        assert_eq!((f.read(MACHINE, idc(2, 0x1c)), f.asserted()), (10 << 16 | 1, 1 << 2));
    }
    f.wire(10, false);
    assert_eq!((f.read(MACHINE, idc(2, 0x1c)), f.asserted()), (0, 0));
}

#[test]
fn a_forced_interrupt_is_spurious_and_ends_with_its_claim() {
    let mut f = Fixture::direct();
    f.write(SUPERVISOR, DOMAINCFG, IE);
    f.write(SUPERVISOR, idc(0, 4), 1);
    assert_eq!(f.asserted(), 0, "not delivered");
    f.write(SUPERVISOR, idc(0, 0), 1);
    assert_eq!((f.asserted(), f.read(SUPERVISOR, idc(0, 4))), (1 << 16, 1));
    assert_eq!(f.read(SUPERVISOR, idc(0, 0x1c)), 0);
    assert_eq!((f.asserted(), f.read(SUPERVISOR, idc(0, 4))), (0, 0));
    f.write(SUPERVISOR, idc(HART_BEYOND, 0), 1);
    assert_eq!(f.read(SUPERVISOR, idc(HART_BEYOND, 0)), 0, "there is no such hart");
}

const HART_BEYOND: u64 = HARTS as u64;

#[test]
fn messages_go_to_the_target_when_all_enables_are_open() {
    let mut f = Fixture::messages();
    f.write(MACHINE, sourcecfg(9), 1 << 10);
    for (region, source, hart, identity) in [(MACHINE, 8, 2, 200), (SUPERVISOR, 9, 1, 33)] {
        f.write(region, sourcecfg(source), 4);
        f.write(region, target(source), hart << 18 | 5 << 12 | 1 << 11 | identity);
        assert_eq!(f.read(region, target(source)), hart << 18 | identity, "no guest files");
        f.wire(source as u32, true);
        f.write(region, SETIENUM, source as u32);
        assert!(f.arrived().is_empty(), "the domain is closed");
        assert_eq!(f.read(region, 0x1c00), 1 << source);
        f.write(region, DOMAINCFG, IE);
        assert_eq!(f.arrived(), [(region as usize, hart as usize, identity)]);
        assert_eq!(f.read(region, 0x1c00), 0, "sent, and so pending no more");
        f.wire(source as u32, false);
        f.wire(source as u32, true);
        assert_eq!(f.arrived(), [(region as usize, hart as usize, identity)]);
        f.write(region, target(source), 9 << 18 | identity);
        f.write(region, SETIPNUM, source as u32);
        assert_eq!((f.arrived().len(), f.read(region, 0x1c00)), (0, 0), "to nobody");
    }
}

/// 4.9.2: a level is sent once for each rise; `setipnum` sends it again where it is still there.
#[test]
fn a_level_is_sent_again_when_software_asks_and_it_is_still_high() {
    let mut f = Fixture::messages();
    f.write(MACHINE, DOMAINCFG, IE);
    edge(&mut f, 8, 0, 17);
    f.write(MACHINE, sourcecfg(8), 6);
    for offset in [SETIPNUM, 0x2000] {
        f.wire(8, true);
        assert_eq!(f.arrived(), [(0, 0, 17)]);
        f.wire(8, true);
        assert!(f.arrived().is_empty());
        f.write(MACHINE, offset, 8);
        assert_eq!(f.arrived(), [(0, 0, 17)]);
        f.wire(8, false);
        f.write(MACHINE, offset, 8);
        assert!(f.arrived().is_empty());
    }
}

#[test]
fn genmsi_sends_at_once_whatever_the_domain_s_enable() {
    for (region, level) in [(MACHINE, 0), (SUPERVISOR, 1)] {
        let mut f = Fixture::messages();
        f.write(region, GENMSI, 2 << 18 | 1 << 12 | 77);
        assert_eq!((f.arrived(), f.read(region, GENMSI)), (vec![(level, 2, 77)], 2 << 18 | 77), "never busy");
        let mut f = Fixture::direct();
        f.write(region, GENMSI, 2 << 18 | 77);
        assert_eq!(f.read(region, GENMSI), 0);
    }
}

#[test]
fn reset_is_power_on() {
    for mut f in both() {
        f.write(MACHINE, sourcecfg(3), 1 << 10);
        f.write(SUPERVISOR, sourcecfg(3), 6);
        edge(&mut f, 5, 1, 1);
        f.write(MACHINE, idc(1, 0), 1);
        f.write(MACHINE, DOMAINCFG, IE);
        f.write(MACHINE, GENMSI, 5);
        f.wire(5, true);
        f.wire(3, true);
        f.aplic.clear();
        assert_eq!(f.asserted(), 0);
        let mut fresh = if f.files[0].is_empty() { Fixture::direct() } else { Fixture::messages() };
        for region in [MACHINE, SUPERVISOR] {
            for offset in (0..SIZE).step_by(4) {
                assert_eq!(f.read(region, offset), fresh.read(region, offset), "{offset:#x}");
            }
        }
    }
}
