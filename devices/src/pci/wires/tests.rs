use std::sync::atomic::{AtomicBool, AtomicU64};

use manyhart_runtime::actor::{MmioTarget, Registers};
use manyhart_runtime::{
    Access, Answer, Clock, Config, Context, Device, DeviceError, Executive, LineSink, MmioSpec, RegionId,
};

use super::*;
use crate::pci::msix::MsixTable;

/// A line that remembers its level, and counts its changes.
#[derive(Default)]
struct Wire {
    high: AtomicBool,
    rises: AtomicU64,
}

impl LineSink for Wire {
    fn set_level(&self, _: u32, level: bool) {
        if !self.high.swap(level, Ordering::SeqCst) && level {
            self.rises.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Wire {
    fn is_high(&self) -> bool {
        self.high.load(Ordering::SeqCst)
    }
}

/// Where messages arrive: counts them, and keeps the last.
struct Doorstep(Arc<[AtomicU64; 2]>);

impl Device for Doorstep {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, _: Access) -> Answer<u64> {
        Err(DeviceError::NoRegister.into())
    }

    fn write(&mut self, _: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        self.0[0].fetch_add(1, Ordering::SeqCst);
        self.0[1].store(access.offset << 32 | value, Ordering::SeqCst);
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

const DOORSTEP: u64 = 0x2400_0000;

struct Bench {
    executive: Executive,
    root: RegionId,
    arrived: Arc<[AtomicU64; 2]>,
}

impl Bench {
    fn new() -> Bench {
        let executive = Executive::new(Config { clock: Clock::manual(1), on_device_failure: None }).unwrap();
        let arrived = Arc::<[AtomicU64; 2]>::default();
        let device = executive.spawn("doorstep", Doorstep(Arc::clone(&arrived)));
        let mut map = executive.topology().transaction();
        let root = map.container("system", 1 << 64);
        let region = map.mmio("doorstep", 0x1000, device.mmio(0, MmioSpec::aligned(4, 4)));
        map.add_subregion(root, DOORSTEP, region);
        let gate = map.alias("gate", root, 0, 1 << 64);
        let space = map.address_space("function", gate);
        map.assign_device(1, space);
        map.commit().unwrap();
        Bench { executive, root, arrived }
    }

    fn port(&self) -> Port {
        let port = Port::new(self.executive.topology().dma(1));
        port.make_msix(&MsixSpec { vectors: 3, table_bar: 0, table_offset: 0, pba_offset: 0x800 });
        port
    }

    /// How many messages have come, and where in the page the last one was written, and what.
    fn arrived(&self) -> (u64, u64, u64) {
        let last = self.arrived[1].load(Ordering::SeqCst);
        (self.arrived[0].load(Ordering::SeqCst), last >> 32, last & 0xffff_ffff)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.executive.shutdown();
    }
}

/// A message setting whose first message is `data` at the doorstep's start.
fn msi(enabled: bool, mask: u32, data: u32) -> MsiSetting {
    MsiSetting { enabled, message: Message { address: DOORSTEP, data }, vectors: 4, mask }
}

#[test]
fn a_wire_is_high_while_any_function_may_hold_it() {
    let bench = Bench::new();
    let wire = Arc::new(Wire::default());
    let line = Arc::new(SharedLine::new(Line::new(wire.clone(), 0)));
    let ports = [bench.port(), bench.port()];
    type Step = fn(&[Port; 2], &Arc<SharedLine>);
    // What is done, whether the wire is high then, whether the first function has an interrupt pending.
    let steps: [(&str, Step, bool, bool); 15] = [
        ("raised before it is connected", |p, _| p[0].set_intx(true), false, true),
        ("connected", |p, line| p[0].connect(line.clone()), true, true),
        ("the other, too", |p, line| (p[1].connect(line.clone()), p[1].set_intx(true)).1, true, true),
        ("forbidden", |p, _| p[0].set_intx_disabled(true), true, true),
        ("forbidden twice", |p, _| p[0].set_intx_disabled(true), true, true),
        ("the other lowers", |p, _| p[1].set_intx(false), false, true),
        ("lowers twice", |p, _| p[1].set_intx(false), false, true),
        ("allowed", |p, _| p[0].set_intx_disabled(false), true, true),
        ("messages instead", |p, _| p[0].set_msi(&msi(true, 0, 0)), false, true),
        ("no messages", |p, _| p[0].set_msi(&msi(false, 0, 0)), true, true),
        ("with a table", |p, _| p[0].set_msix(MsixSetting { enabled: true, masked: true }), false, true),
        ("reset", |p, _| p[0].reset(), true, true),
        ("lowered", |p, _| p[0].set_intx(false), false, false),
        ("raised", |p, _| p[0].set_intx(true), true, true),
        ("gone", |p, _| p[0].disconnect(), false, true),
    ];
    for (what, step, high, pending) in steps {
        step(&ports, &line);
        assert_eq!((wire.is_high(), ports[0].intx_pending()), (high, pending), "{what}");
    }
}

/// Two functions and the guest's permission change one wire at once: it ends as they do, and rises again afterwards.
#[test]
fn a_wire_ends_at_what_is_true_last() {
    let bench = Bench::new();
    let wire = Arc::new(Wire::default());
    let line = Arc::new(SharedLine::new(Line::new(wire.clone(), 0)));
    let ports = [bench.port(), bench.port()];
    ports.iter().for_each(|port| port.connect(line.clone()));
    for round in 0..200 {
        let last = round % 2 == 0;
        std::thread::scope(|scope| {
            for port in &ports {
                scope.spawn(move || {
                    (0..50).for_each(|turn| port.set_intx(turn % 2 == 0));
                    port.set_intx(last);
                });
            }
            scope.spawn(|| {
                (0..50).for_each(|turn| ports[0].set_intx_disabled(turn % 2 == 0));
                ports[0].set_intx_disabled(false);
            });
        });
        assert_eq!(wire.is_high(), last, "round {round}");
    }
    assert!(wire.rises.load(Ordering::SeqCst) >= 100);
}

#[test]
fn a_function_signals_by_what_the_guest_has_enabled() {
    let bench = Bench::new();
    let port = bench.port();
    let table = MsixTable::new(port.clone());
    assert!(!port.signal(1), "INTx");
    port.set_msi(&msi(true, 0, 0x40));
    assert!(port.signal(1));
    assert_eq!(bench.arrived(), (1, 0, 0x41));
    port.set_msix(MsixSetting { enabled: true, masked: false });
    for (offset, value) in [(0x10, DOORSTEP + 0x80), (0x18, 7), (0x1c, 0)] {
        table.write(offset, 4, value).unwrap();
    }
    assert!(port.signal(1));
    assert_eq!(bench.arrived(), (2, 0x80, 7), "the table goes before");
    assert!(port.signal(9), "no such entry: nothing happens");
    port.set_msi(&msi(false, 0, 0));
    port.set_msix(MsixSetting::default());
    assert!(!port.signal(1));
    port.msix(1);
    port.msi(1);
    assert_eq!(bench.arrived().0, 2, "both are off");
}

#[test]
fn what_is_masked_waits_and_is_sent_once() {
    let bench = Bench::new();
    let port = bench.port();
    let table = MsixTable::new(port.clone());
    port.set_msi(&msi(true, 0b10, 0x40));
    port.msi(1);
    port.msi(1);
    assert_eq!((bench.arrived().0, port.msi_pending()), (0, 0b10));
    port.set_msi(&msi(true, 0, 0x80));
    assert_eq!((bench.arrived(), port.msi_pending()), ((1, 0, 0x81), 0), "by the message of now");

    table.write(0, 8, DOORSTEP).unwrap();
    table.write(8, 4, 3).unwrap();
    port.set_msix(MsixSetting { enabled: true, masked: true });
    port.msix(0);
    table.write(12, 4, 0).unwrap();
    assert_eq!(bench.arrived().0, 1, "the function's mask is left");
    port.set_msix(MsixSetting { enabled: true, masked: false });
    assert_eq!(bench.arrived(), (2, 0, 3));
    table.write(12, 4, 1).unwrap();
    port.msix(0);
    assert_eq!(bench.arrived().0, 2);
    table.write(8, 8, 4).unwrap();
    assert_eq!(bench.arrived(), (3, 0, 4), "data and mask in one write");
    port.disconnect();
    port.msix(0);
    assert_eq!(bench.arrived().0, 3, "gone");
}

#[test]
fn a_message_that_reaches_nothing_is_lost() {
    let bench = Bench::new();
    let port = bench.port();
    port.set_msi(&MsiSetting { message: Message { address: 0x10, data: 1 }, ..msi(true, 0, 0) });
    assert!(port.signal(0));
    assert_eq!((bench.arrived().0, port.msi_pending()), (0, 0));
}

/// A table whose every message unmasks the next: as deep as a table is long, without a stack of that depth.
#[test]
fn messages_that_set_one_another_off_are_sent_in_turn() {
    const TABLE: u64 = 0x5000_0000;
    const VECTORS: u16 = 2048;
    let bench = Bench::new();
    let port = Port::new(bench.executive.topology().dma(1));
    port.make_msix(&MsixSpec { vectors: VECTORS, table_bar: 0, table_offset: 0, pba_offset: 0x8000 });
    let table = Arc::new(MsixTable::new(port.clone()));
    let target = MmioTarget::direct("table", MmioSpec::aligned(4, 8), table.clone());
    let mut map = bench.executive.topology().transaction();
    let region = map.mmio("table", u128::from(VECTORS) * 16, target);
    map.add_subregion(bench.root, TABLE, region);
    map.commit().unwrap();
    port.set_msix(MsixSetting { enabled: true, masked: false });
    for vector in 0..u64::from(VECTORS) {
        let last = vector + 1 == u64::from(VECTORS);
        let next = if last { DOORSTEP } else { TABLE + (vector + 1) * 16 + 12 };
        table.write(vector * 16, 8, next).unwrap();
        port.msix(vector as u32);
    }
    let small = std::thread::Builder::new().stack_size(128 << 10);
    let thread = small.spawn(move || table.write(12, 4, 0)).unwrap();
    thread.join().unwrap().unwrap();
    assert_eq!(bench.arrived().0, 1, "the last one came");
}
