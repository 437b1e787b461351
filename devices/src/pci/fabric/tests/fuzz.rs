//! Guests that write anything anywhere in configuration space.

use super::*;
use crate::pci::{MsiSpec, MsixSpec, VendorCapability};

/// A sequence that looks random and is always the same.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(super) fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.next(of.len() as u64) as usize]
    }
}

/// Ports, a bridge and functions of every kind, with all that a function can have.
fn crowd(lab: &Lab) {
    lab.root_port("rp1", 1);
    lab.root_port("rp2", 2);
    lab.host.plug_bridge("b", &Place::at(ROOT_BUS, 3, 0), BridgeKind::Conventional).expect("it fits");
    for (number, (id, at)) in
        [("f0", Place::on(ROOT_BUS)), ("f1", Place::on("rp1")), ("f2", Place::on("rp2")), ("f3", Place::on("b"))]
            .into_iter()
            .enumerate()
    {
        let bars = [(0, M32, 0x1000), (1, BarKind::Io, 0x100), (2, M64, 0x1_0000), (4, M64, 1 << 32)];
        let (mut blueprint, _) = lab.blueprint(id, number as u64, &bars);
        blueprint.msi = Some(MsiSpec { vectors: 32, per_vector_masking: true });
        blueprint.msix = Some(MsixSpec { vectors: 9, table_bar: 2, table_offset: 0x8000, pba_offset: 0x9000 });
        blueprint.vendor_capabilities =
            vec![VendorCapability { bytes: vec![0; 18], writable: vec![0xff; 18], window: true }];
        blueprint.rom = Some(Arc::new(RamBlock::anonymous("rom", 0x1000).expect("memory")));
        // Whoever asks through the window is answered by the drop.
        let port = lab.host.port(id).expect("a port");
        lab.host.plug(id, &at, port, blueprint).expect("it fits");
    }
}

/// Nothing panics, nothing hangs, nothing faults; and whatever BARs and windows say, only the host's windows show any of it.
#[test]
fn nothing_that_a_guest_writes_shows_outside_the_windows() {
    let inside = |line: &str| {
        let first = u64::from_str_radix(line.trim_start().split('-').next().unwrap_or_default(), 16).unwrap_or(0);
        (LOW..LOW + 0x4000_0000).contains(&first)
            || (HIGH..HIGH + (16 << 30)).contains(&first)
            || (PIO..PIO + 0x1_0000).contains(&first)
    };
    for seed in 1..=6u64 {
        let lab = Lab::new();
        crowd(&lab);
        let before: Vec<String> = lab.map().lines().filter(|line| !inside(line)).map(str::to_owned).collect();
        let mut random = Random::new(seed);
        // Numbers that make the buses behind reachable, most of the time.
        for (device, bus) in [(1, 1), (2, 2), (3, 3)] {
            lab.number_bus(device, bus);
        }
        for step in 0..1500 {
            let at =
                random.pick(&[(0, 1, 0), (0, 2, 0), (0, 3, 0), (0, 4, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0), (7, 9, 1)]);
            let offset = match random.next(4) {
                0 => random.pick(&[0x04, 0x06, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x3c, 0x3e]),
                1 => random.next(0x1000),
                _ => random.next(0x100),
            };
            let value = random.pick(&[0, 1, 2, 3, 7, ONES, LOW, LOW | 1, 4, 0x4010_4000, random.0, random.0 & 0xffff]);
            let address = lab.config(at, offset);
            if random.next(8) == 0 {
                lab.read(address, random.pick(&[1, 2, 4, 8])).unwrap_or_default();
            } else {
                // What a window leads to may refuse; harts are forgiven that.
                drop(lab.space.write(Gpa(address), &value.to_le_bytes()[..random.pick(&[1, 2, 4, 8])], CPU));
            }
            if step % 250 == 0 {
                let now: Vec<String> = lab.map().lines().filter(|line| !inside(line)).map(str::to_owned).collect();
                assert_eq!(now, before, "seed {seed}, step {step}");
            }
        }
        let paused = lab.executive.pause();
        lab.host.reset().expect("it runs");
        drop(paused);
        assert_eq!(lab.get((0, 4, 0), 0, 4), 0x11e8_1234, "seed {seed}: still there");
        assert_eq!(lab.get((0, 4, 0), COMMAND, 2), 0, "seed {seed}: and as at power-on");
    }
}
