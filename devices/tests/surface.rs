//! Every device's registers under a guest that does anything: any offset, size and value, with messages in between. Nothing
//! panics, and a device that was abused still resets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use manyhart_devices::aclint::{self, Aclint};
use manyhart_devices::aplic::{self, Aplic};
use manyhart_devices::blank::{self, Blank};
use manyhart_devices::finisher::{self, Finisher};
use manyhart_devices::plic::{self, LineChange, Plic};
use manyhart_devices::rtc::{self, Rtc};
use manyhart_devices::test_window::{self, Scratch};
use manyhart_devices::uart::{self, Uart, UartMessage};
use manyhart_runtime::{
    AddressSpace, Attention, BusError, Clock, Config, Device, DeviceHandle, Executive, Gpa, InterruptFile, Line,
    LineSink, MmioSpec, Requester,
};
use proptest::prelude::*;

/// One device, alone in an address space at 0.
struct Bench<D: Device> {
    executive: Executive,
    device: DeviceHandle<D>,
    space: AddressSpace,
}

impl<D: Device> Bench<D> {
    fn new(device: D, size: u64, spec: MmioSpec) -> Bench<D> {
        Bench::with_clock(Clock::manual(10_000_000), device, size, spec)
    }

    fn with_clock(clock: Clock, device: D, size: u64, spec: MmioSpec) -> Bench<D> {
        let config = Config { clock, on_device_failure: None };
        let executive = Executive::new(config).unwrap();
        let device = executive.spawn("device", device);
        let mut map = executive.topology().transaction();
        let root = map.container("root", 1 << 64);
        let space = map.address_space("space", root);
        let region = map.mmio("device", size.into(), device.mmio(0, spec));
        map.add_subregion(root, 0, region);
        map.commit().unwrap();
        let space = executive.topology().address_space(space);
        Bench { executive, device, space }
    }

    fn read(&self, offset: u64, size: usize) -> Result<u64, BusError> {
        let mut bytes = [0; 8];
        self.space.read(Gpa(offset), &mut bytes[..size], Requester::Cpu(0))?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn write(&self, offset: u64, size: usize, value: u64) -> Result<(), BusError> {
        self.space.write(Gpa(offset), &value.to_le_bytes()[..size], Requester::Cpu(0))
    }

    /// Runs random steps, `cases` sequences of them; `message` makes a message of a random number,
    /// where the device has one that others may post.
    fn fuzz(&self, size: u64, cases: u32, message: impl Fn(u64) -> Option<D::Message>) {
        // Most registers lie at the start of a window.
        let offset = prop_oneof![0..size, 0..size.min(0x40), (0..size / 8).prop_map(|word| 8 * word)];
        let step = (offset, 0..4u32, any::<u64>(), 0..10u8);
        let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
        let steps = proptest::collection::vec(step, 1..100);
        let run = |steps| {
            self.device.reset().unwrap();
            for (offset, log_size, value, what) in steps {
                let width = 1usize << log_size;
                let refused = match what {
                    0 => {
                        assert!(message(value).is_none_or(|message| self.device.post(message)));
                        self.executive.clock().advance(value % 100_000);
                        None
                    }
                    1..=5 => self.write(offset, width, value).err(),
                    _ => self.read(offset, width).err(),
                };
                let typed = matches!(
                    refused,
                    None | Some(BusError::Access { .. } | BusError::Device { .. } | BusError::Decode(_))
                );
                prop_assert!(typed, "{refused:?}");
                prop_assert!(!self.device.is_failed());
            }
            Ok(())
        };
        proptest::test_runner::TestRunner::new(config).run(&steps, run).unwrap();
    }
}

impl<D: Device> Drop for Bench<D> {
    fn drop(&mut self) {
        self.executive.shutdown();
    }
}

fn attentions(count: usize) -> Vec<Arc<Attention>> {
    (0..count).map(|_| Arc::new(Attention::new())).collect()
}

fn nothing() -> uart::ChannelSink {
    uart::channel(1).0
}

#[test]
fn aclint() {
    let bench = Bench::new(Aclint::new(attentions(3)), aclint::SIZE, aclint::SPEC);
    bench.fuzz(aclint::SIZE, 100, |_| None);
}

#[test]
fn plic() {
    let bench = Bench::new(Plic::new(vec![Line::unconnected(); 6]), plic::SIZE, plic::SPEC);
    bench.fuzz(plic::SIZE, 100, |value| Some(LineChange { source: value as u32 % 100, level: value >> 63 != 0 }));
}

/// The root domain, and through delegation what the other does with wires.
#[test]
fn aplic() {
    let wires = || vec![Line::unconnected(); 3];
    let files = || attentions(3).into_iter().map(|hart| Arc::new(InterruptFile::new(255, hart, 9))).collect::<Vec<_>>();
    for device in [Aplic::direct(wires(), wires()), Aplic::messages(files(), files())] {
        let bench = Bench::new(device, aplic::SIZE, aplic::SPEC);
        let wire = |value: u64| LineChange { source: value as u32 % 100, level: value >> 63 != 0 };
        bench.fuzz(aplic::SIZE, 100, |value| Some(wire(value)));
    }
}

#[test]
fn uart() {
    let bench = Bench::new(Uart::new(Box::new(nothing()), Line::unconnected()), uart::SIZE, uart::SPEC);
    bench.fuzz(uart::SIZE, 100, |value| {
        Some(match value % 3 {
            0 => UartMessage::input(value.to_le_bytes().to_vec()).0,
            1 => UartMessage::line_break(),
            _ => UartMessage::output_room(),
        })
    });
}

#[test]
fn finisher() {
    let bench = Bench::new(Finisher::new(|_| ()), finisher::SIZE, finisher::SPEC);
    bench.fuzz(finisher::SIZE, 20, |_| None);
}

#[test]
fn blank() {
    let bench = Bench::new(Blank::new(Line::unconnected()), blank::SIZE, blank::SPEC);
    bench.fuzz(blank::SIZE, 20, |_| None);
}

#[test]
fn test_window() {
    let bench = Bench::new(Scratch::new(7), test_window::SIZE, test_window::SPEC);
    bench.fuzz(test_window::SIZE, 20, Some);
    bench.device.reset().unwrap();
    assert!(bench.device.post(3));
    bench.write(test_window::ECHO, 8, u64::MAX).unwrap();
    let cases =
        [(test_window::IDENTITY, 7), (test_window::EPOCH, 3), (test_window::ECHO, u64::MAX), (test_window::WRITES, 1)];
    for (register, want) in cases {
        assert_eq!(bench.read(register, 8), Ok(want), "{register:#x}");
    }
    for register in [test_window::IDENTITY, test_window::EPOCH, test_window::WRITES, 0x20] {
        assert!(bench.write(register, 8, 1).is_err(), "{register:#x}");
    }
}

#[test]
fn rtc() {
    let clock = Clock::manual(10_000_000);
    let bench = Bench::with_clock(clock.clone(), rtc_on(clock, Line::unconnected()), rtc::SIZE, rtc::SPEC);
    bench.fuzz(rtc::SIZE, 100, |_| None);
}

/// A real-time clock whose host's time is the machine's, from a millisecond after 1970 on.
fn rtc_on(clock: Clock, line: Line) -> Rtc {
    Rtc::new(move || 1_000_000 + clock.now() * 100, line)
}

#[test]
fn aclint_registers_are_the_harts_attention() {
    let harts = attentions(2);
    let bench = Bench::new(Aclint::new(harts.clone()), aclint::SIZE, aclint::SPEC);
    bench.device.reset().unwrap();
    // Offset, size, what is written, what reads back; `None`: refused.
    let cases = [
        (0x0000, 4, 1, Some(1)),
        (0x0004, 4, 0xffff_fffe, Some(0)),
        (0x0008, 4, 1, None),
        (0x0000, 8, 1, None),
        (0x4000, 8, 0x1_2345_6789, Some(0x1_2345_6789)),
        (0x4004, 4, 7, Some(7)),
        (0x4000, 4, 5, Some(5)),
        (0x4008, 8, 99, Some(99)),
        (0x4010, 8, 1, None),
        (0xbff8, 8, 1 << 40, Some(1 << 40)),
        (0xbffc, 4, 2, Some(2)),
        (0xbff8, 4, 9, Some(9)),
        (0xc000, 4, 1, None),
        (0x0000, 2, 1, None),
    ];
    for (offset, size, value, want) in cases {
        assert_eq!(bench.write(offset, size, value).is_ok(), want.is_some(), "write {offset:#x}, {size}");
        assert_eq!(bench.read(offset, size).ok(), want, "read {offset:#x}, {size}");
    }
    assert_eq!([harts[0].peek() >> 3 & 1, harts[1].peek() >> 3 & 1], [1, 0]);
    assert_eq!([harts[0].deadline(0), harts[1].deadline(0)], [7 << 32 | 5, 99]);
    assert_eq!(bench.executive.clock().now(), 2 << 32 | 9);
    bench.device.reset().unwrap();
    assert_eq!((harts[0].peek() >> 3 & 1, harts[0].deadline(0)), (0, u64::MAX));
}

/// An interrupt line that a test looks at.
#[derive(Default)]
struct Pin(AtomicBool);

impl LineSink for Pin {
    fn set_level(&self, _: u32, level: bool) {
        self.0.store(level, Ordering::SeqCst);
    }
}

impl Pin {
    fn is_high(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Timers are carried out by the runtime's helper thread.
    fn wait(&self) {
        let patience = Instant::now() + Duration::from_secs(120);
        while !self.is_high() {
            assert!(Instant::now() < patience, "the timer never came");
            std::thread::yield_now();
        }
    }
}

/// The receive timeout comes from the machine's clock.
#[test]
fn the_uart_hears_its_timer() {
    let pin = Arc::new(Pin::default());
    let bench = Bench::new(Uart::new(Box::new(nothing()), Line::new(pin.clone(), 0)), uart::SIZE, uart::SPEC);
    bench.write(2, 1, 0xc1).unwrap();
    bench.write(1, 1, 1).unwrap();
    assert!(bench.device.post(UartMessage::input(b"x".to_vec()).0));
    assert_eq!(bench.read(5, 1), Ok(0x61), "there, and below the trigger level");
    assert!(!pin.is_high());
    bench.executive.clock().advance(10_000_000);
    pin.wait();
    assert_eq!(bench.read(2, 1), Ok(0xcc));
}

/// An alarm further off than any one timer, and one that is set anew to an earlier time.
#[test]
fn the_rtc_hears_its_timers() {
    let pin = Arc::new(Pin::default());
    let clock = Clock::manual(10_000_000);
    let rtc = rtc_on(clock.clone(), Line::new(pin.clone(), 0));
    let bench = Bench::with_clock(clock.clone(), rtc, rtc::SIZE, rtc::SPEC);
    bench.write(0x10, 4, 1).unwrap();
    let set_alarm = |nanoseconds: u64| {
        bench.write(0x0c, 4, nanoseconds >> 32).unwrap();
        bench.write(0x08, 4, nanoseconds & 0xffff_ffff).unwrap();
    };
    set_alarm(5_000_000_000);
    for _ in 0..49 {
        clock.advance(1_000_000);
        assert_eq!((bench.read(0x18, 4), pin.is_high()), (Ok(1), false));
    }
    clock.advance(1_000_000);
    pin.wait();
    bench.write(0x1c, 4, 1).unwrap();
    assert!(!pin.is_high());

    let now = 1_000_000 + clock.now() * 100;
    set_alarm(now + 900_000_000);
    set_alarm(now + 10_000_000);
    clock.advance(110_000);
    pin.wait();
}
