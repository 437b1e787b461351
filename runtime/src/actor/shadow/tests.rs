//! Registers that are read without their device, through a whole runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Shadow;
use crate::actor::{Access, Answer, Context, Device, DeviceHandle, MmioSpec};
use crate::{AddressSpaceId, BusError, Clock, Config, Executive, Gpa, Reader, Requester};

const BASE: u64 = 0x1000;
const CPU: Requester = Requester::Cpu(0);

/// Reads as what was written to it last; its copy is kept.
const PLAIN: u64 = 0x0;
/// Counts its reads, so there is no copy.
const COUNTER: u64 = 0x4;
/// A write to it panics; it reads as it was written, and lies behind the last copy.
const FATAL: u64 = 0x8;

struct Subject {
    plain: u32,
    counter: u32,
    shadow: Arc<Shadow>,
    /// How often its handlers were called for a read.
    asked: Arc<AtomicU32>,
}

impl Device for Subject {
    type Message = u32;

    fn read(&mut self, _: &mut Context<'_, u32>, access: Access) -> Answer<u64> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if access.offset == COUNTER {
            self.counter += 1;
        }
        Ok(u64::from(if access.offset == COUNTER { self.counter } else { self.plain }))
    }

    fn write(&mut self, _: &mut Context<'_, u32>, access: Access, value: u64) -> Answer<()> {
        assert_ne!(access.offset, FATAL, "as the test asked");
        self.plain = value as u32;
        Ok(())
    }

    fn message(&mut self, _: &mut Context<'_, u32>, value: u32) {
        self.plain = value;
    }

    fn shadows(&self) -> Vec<(u32, Arc<Shadow>)> {
        vec![(0, Arc::clone(&self.shadow))]
    }

    fn publish(&self) {
        self.shadow.publish(|offset| Some(self.plain).filter(|_| offset == PLAIN));
    }

    fn reset(&mut self, _: &mut Context<'_, u32>) {
        self.plain = 0;
    }
}

struct Setup {
    executive: Executive,
    space: AddressSpaceId,
    device: DeviceHandle<Subject>,
    asked: Arc<AtomicU32>,
    reader: Reader,
}

impl Setup {
    fn new() -> Setup {
        let config = Config { clock: Clock::manual(1_000), on_device_failure: None };
        let executive = Executive::new(config).expect("the helper thread starts");
        let asked = Arc::new(AtomicU32::new(0));
        let subject = Subject { plain: 0, counter: 0, shadow: Shadow::new(4, 2), asked: Arc::clone(&asked) };
        let device = executive.spawn("subject", subject);
        let mut t = executive.topology().transaction();
        let root = t.container("root", 1 << 64);
        let region = t.mmio("subject", 0x1000, device.mmio(0, MmioSpec::aligned(1, 8)));
        t.add_subregion(root, BASE, region);
        let space = t.address_space("test", root);
        t.commit().expect("a lawful map");
        let mut reader = executive.reader("cpu", None);
        reader.checkpoint(&mut ());
        Setup { executive, space, device, asked, reader }
    }

    /// What a read brings, and whether the device was asked.
    fn read(&mut self, offset: u64, size: u8) -> (Result<u64, BusError>, bool) {
        let before = self.asked.load(Ordering::Relaxed);
        let value = self.reader.read(self.space, Gpa(BASE + offset), size, CPU, &mut ());
        (value, self.asked.load(Ordering::Relaxed) > before)
    }

    fn write(&mut self, offset: u64, value: u64) -> Result<(), BusError> {
        self.reader.write(self.space, Gpa(BASE + offset), 4, value, CPU, &mut ())
    }

    fn end(self) {
        self.executive.stop();
        self.executive.shutdown();
    }
}

#[test]
fn a_copy_answers_once_a_handler_has_run_and_says_what_the_device_would() {
    let mut setup = Setup::new();
    assert_eq!(setup.read(PLAIN, 4), (Ok(0), true), "nothing is known yet");
    assert_eq!(setup.read(PLAIN, 4), (Ok(0), false));
    setup.write(PLAIN, 0xfedc_ba98).expect("a register");
    assert_eq!(setup.read(PLAIN, 4), (Ok(0xfedc_ba98), false));
    assert!(setup.device.post(7));
    assert_eq!(setup.read(PLAIN, 4), (Ok(7), false));
    setup.device.reset().expect("it runs");
    assert_eq!(setup.read(PLAIN, 4), (Ok(0), false));
    setup.end();
}

#[test]
fn other_registers_and_other_shapes_are_the_devices() {
    let mut setup = Setup::new();
    setup.write(PLAIN, 0x1234).expect("a register");
    for (offset, size, want) in [(COUNTER, 4, 1), (COUNTER, 4, 2), (PLAIN, 2, 0x1234), (PLAIN, 8, 0x1234)] {
        assert_eq!(setup.read(offset, size), (Ok(want), true), "{size} bytes at {offset}");
    }
    assert_eq!(setup.read(FATAL, 4), (Ok(0x1234), true), "behind the copies");
    for size in [0, 3, 16] {
        assert!(matches!(setup.read(PLAIN, size), (Err(BusError::Access { .. }), false)), "{size} bytes");
    }
    assert!(matches!(setup.read(PLAIN + 2, 4), (Err(BusError::Access { .. }), false)), "unaligned");
    setup.end();
}

#[test]
fn a_copy_does_not_outlive_its_device() {
    let mut setup = Setup::new();
    setup.write(PLAIN, 1).expect("a register");
    assert_eq!(setup.read(PLAIN, 4), (Ok(1), false));
    assert!(setup.write(FATAL, 0).is_err());
    assert_eq!(setup.read(PLAIN, 4), (Err(BusError::Failed { device: "subject".into() }), false));
    setup.end();

    let mut setup = Setup::new();
    setup.write(PLAIN, 1).expect("a register");
    setup.device.close();
    assert_eq!(setup.read(PLAIN, 4), (Err(BusError::Gone { device: "subject".into() }), false));
    setup.end();
}

#[test]
fn a_copy_is_behind_coalesced_writes() {
    let mut setup = Setup::new();
    let mut t = setup.executive.topology().transaction();
    let root = t.container("root", 1 << 64);
    let region = t.mmio("subject", 0x1000, setup.device.mmio(0, MmioSpec::aligned(1, 8)));
    t.add_subregion(root, BASE, region);
    t.set_coalescing(region);
    setup.space = t.address_space("coalescing", root);
    t.commit().expect("a lawful map");
    setup.reader.checkpoint(&mut ());
    for value in 1..100 {
        setup.write(PLAIN, value).expect("a register");
        assert_eq!(setup.read(PLAIN, 4).0, Ok(value));
    }
    setup.end();
}

#[test]
#[should_panic(expected = "subject")]
fn a_region_that_splits_the_registers_width_has_no_copies() {
    let setup = Setup::new();
    let implemented = MmioSpec::aligned(1, 2).implemented;
    drop(setup.device.mmio(0, MmioSpec { implemented, ..MmioSpec::aligned(1, 8) }));
}
