//! The goldfish real-time clock: nanoseconds since 1970, and an alarm.
//!
//! Source: the Android emulator's "goldfish virtual hardware" document, chapter VIII (`google,goldfish-rtc`). The host's time is injected;
//! a guest that sets the clock moves its distance from that.

use manyhart_runtime::{Access, Answer, Context, Device, DeviceError, Line, MmioSpec};

/// The bytes its registers take.
pub const SIZE: u64 = 0x1000;
/// 32-bit registers.
pub const SPEC: MmioSpec = MmioSpec::aligned(4, 4);

/// Reading latches the high half; writing sets the time, with the high half as last written.
const TIME_LOW: u64 = 0x00;
const TIME_HIGH: u64 = 0x04;
/// Writing sets the alarm, with the high half as last written.
const ALARM_LOW: u64 = 0x08;
const ALARM_HIGH: u64 = 0x0c;
const IRQ_ENABLED: u64 = 0x10;
const CLEAR_ALARM: u64 = 0x14;
const ALARM_STATUS: u64 = 0x18;
const CLEAR_INTERRUPT: u64 = 0x1c;

const NANOSECONDS: u128 = 1_000_000_000;

/// Its own timer, set for this tick: time to look whether the alarm is due.
#[derive(Debug, Clone, Copy)]
pub struct Tick(u64);

/// The device.
pub struct Rtc {
    host_time: Box<dyn Fn() -> u64 + Send>,
    line: Line,
    /// Guest time minus host time, wrapping.
    distance: u64,
    /// The last time read, whose high half TIME_HIGH shows.
    latched: u64,
    time_high: u32,
    alarm: u64,
    running: bool,
    pending: bool,
    irq_enabled: bool,
    /// The earliest tick for which a timer is under way.
    timer: Option<u64>,
}

/// Whether a write may have made the alarm due earlier than it was.
#[derive(PartialEq, Eq, Debug)]
enum Alarm {
    Same,
    Moved,
}

impl Rtc {
    /// `host_time` gives nanoseconds since 1970; the alarm drives `line`.
    pub fn new(host_time: impl Fn() -> u64 + Send + 'static, line: Line) -> Rtc {
        Rtc {
            host_time: Box::new(host_time),
            line,
            distance: 0,
            latched: 0,
            time_high: 0,
            alarm: 0,
            running: false,
            pending: false,
            irq_enabled: false,
            timer: None,
        }
    }

    fn now(&self) -> u64 {
        (self.host_time)().wrapping_add(self.distance)
    }

    fn read_register(&mut self, offset: u64) -> Result<u32, DeviceError> {
        Ok(match offset {
            TIME_LOW => {
                self.latched = self.now();
                self.latched as u32
            }
            TIME_HIGH => (self.latched >> 32) as u32,
            ALARM_LOW => self.alarm as u32,
            ALARM_HIGH => (self.alarm >> 32) as u32,
            IRQ_ENABLED => self.irq_enabled.into(),
            ALARM_STATUS => self.running.into(),
            CLEAR_ALARM | CLEAR_INTERRUPT => 0,
            _ => return Err(DeviceError::NoRegister),
        })
    }

    fn write_register(&mut self, offset: u64, value: u32) -> Result<Alarm, DeviceError> {
        let mut alarm = Alarm::Same;
        match offset {
            TIME_LOW => {
                let time = u64::from(self.time_high) << 32 | u64::from(value);
                self.distance = time.wrapping_sub((self.host_time)());
                alarm = Alarm::Moved;
            }
            TIME_HIGH => self.time_high = value,
            ALARM_LOW => {
                self.alarm = self.alarm >> 32 << 32 | u64::from(value);
                self.running = true;
                alarm = Alarm::Moved;
            }
            ALARM_HIGH => self.alarm = u64::from(value) << 32 | self.alarm & 0xffff_ffff,
            IRQ_ENABLED => self.irq_enabled = value & 1 != 0,
            CLEAR_ALARM => self.running = false,
            CLEAR_INTERRUPT => self.pending = false,
            ALARM_STATUS => {}
            _ => return Err(DeviceError::NoRegister),
        }
        self.drive();
        Ok(alarm)
    }

    fn drive(&self) {
        self.line.set(self.pending && self.irq_enabled);
    }

    /// Fires the alarm if it is due. Answers after how many ticks to look again.
    fn check_alarm(&mut self, frequency: u64) -> Option<u64> {
        let now = self.now();
        if !self.running {
            return None;
        }
        if now < self.alarm {
            // At least one tick: rounded down to none it would look again at once, for ever.
            let ticks = u128::from(self.alarm - now) * u128::from(frequency) / NANOSECONDS;
            return Some(u64::try_from(ticks).unwrap_or(u64::MAX).max(1));
        }
        self.running = false;
        self.pending = true;
        self.drive();
        None
    }

    /// For which tick to set a timer so that the alarm is looked at `ticks` from now; none where an earlier one is under way.
    ///
    /// Timers cannot be taken back, and a guest may set alarms in a loop: so they stand a second ahead at most and a millisecond apart,
    /// and there are never more than a thousand of them.
    fn plan_timer(&mut self, now: u64, ticks: u64, frequency: u64) -> Option<u64> {
        let grain = (frequency / 1_000).max(1);
        let due = now.saturating_add(ticks.min(frequency)).checked_next_multiple_of(grain).unwrap_or(u64::MAX);
        let earlier = self.timer.is_none_or(|timer| due < timer);
        earlier.then(|| *self.timer.insert(due))
    }

    fn look_at_alarm(&mut self, cx: &mut Context<'_, Tick>) {
        let (now, frequency) = (cx.clock().now(), cx.clock().frequency());
        let Some(ticks) = self.check_alarm(frequency) else { return };
        if let Some(due) = self.plan_timer(now, ticks, frequency) {
            cx.post_at(due, Tick(due));
        }
    }
}

impl Device for Rtc {
    type Message = Tick;

    fn read(&mut self, _: &mut Context<'_, Tick>, access: Access) -> Answer<u64> {
        Ok(self.read_register(access.offset)?.into())
    }

    fn write(&mut self, cx: &mut Context<'_, Tick>, access: Access, value: u64) -> Answer<()> {
        if self.write_register(access.offset, value as u32)? == Alarm::Moved {
            self.look_at_alarm(cx);
        }
        Ok(())
    }

    fn message(&mut self, cx: &mut Context<'_, Tick>, Tick(due): Tick) {
        if self.timer == Some(due) {
            self.timer = None;
        }
        self.look_at_alarm(cx);
    }

    /// The time goes on: it is kept by a battery.
    fn reset(&mut self, _: &mut Context<'_, Tick>) {
        self.alarm = 0;
        (self.running, self.pending, self.irq_enabled) = (false, false, false);
        self.drive();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use manyhart_runtime::LineSink;

    use super::*;

    struct Pin(AtomicBool);

    impl LineSink for Pin {
        fn set_level(&self, _: u32, level: bool) {
            self.0.store(level, Ordering::Relaxed);
        }
    }

    /// A clock, the host's time that it follows, and its line.
    fn bench(host: u64) -> (Rtc, Arc<AtomicU64>, Arc<Pin>) {
        let host = Arc::new(AtomicU64::new(host));
        let pin = Arc::new(Pin(AtomicBool::new(false)));
        let time = host.clone();
        (Rtc::new(move || time.load(Ordering::Relaxed), Line::new(pin.clone(), 0)), host, pin)
    }

    fn time(rtc: &mut Rtc) -> u64 {
        let low = rtc.read_register(TIME_LOW).unwrap();
        u64::from(rtc.read_register(TIME_HIGH).unwrap()) << 32 | u64::from(low)
    }

    fn write64(rtc: &mut Rtc, low: u64, value: u64) {
        assert_eq!(rtc.write_register(low + 4, (value >> 32) as u32), Ok(Alarm::Same));
        assert_eq!(rtc.write_register(low, value as u32), Ok(Alarm::Moved));
    }

    #[test]
    fn time_is_the_hosts_until_it_is_set() {
        let (mut rtc, host, _) = bench(0x1_ffff_fff0);
        assert_eq!(time(&mut rtc), 0x1_ffff_fff0);
        rtc.read_register(TIME_LOW).unwrap();
        host.store(0x2_0000_0000, Ordering::Relaxed);
        assert_eq!(rtc.read_register(TIME_HIGH), Ok(1), "both halves are of one moment");
        for set in [5, u64::MAX, 0x2_0000_0000] {
            write64(&mut rtc, TIME_LOW, set);
            assert_eq!(time(&mut rtc), set);
            host.fetch_add(7, Ordering::Relaxed);
            assert_eq!(time(&mut rtc), set.wrapping_add(7));
        }
    }

    #[test]
    fn the_alarm_fires_once_and_is_cleared() {
        let (mut rtc, host, pin) = bench(1_000);
        let high = || pin.0.load(Ordering::Relaxed);
        rtc.write_register(IRQ_ENABLED, 1).unwrap();
        write64(&mut rtc, ALARM_LOW, 3_000);
        assert_eq!(rtc.check_alarm(1_000_000), Some(2), "in ticks");
        assert_eq!(rtc.read_register(ALARM_STATUS), Ok(1));
        host.store(2_999, Ordering::Relaxed);
        assert_eq!(rtc.check_alarm(1_000_000), Some(1), "never none");
        assert!(!high());
        host.store(3_000, Ordering::Relaxed);
        assert_eq!(rtc.check_alarm(1_000_000), None);
        assert!(high());
        assert_eq!(rtc.read_register(ALARM_STATUS), Ok(0));
        rtc.write_register(CLEAR_INTERRUPT, 1).unwrap();
        assert_eq!((high(), rtc.check_alarm(1_000_000)), (false, None));
    }

    #[test]
    fn timers_stay_few() {
        let (mut rtc, _, _) = bench(0);
        const FREQUENCY: u64 = 1_000_000;
        let cases = [
            (0, u64::MAX, Some(FREQUENCY)),
            (0, 2 * FREQUENCY, None),
            (0, 999_999, None),
            (0, 999_000, Some(999_000)),
            (1, 1, Some(1_000)),
            (2, 1, None),
        ];
        for (now, ticks, want) in cases {
            assert_eq!(rtc.plan_timer(now, ticks, FREQUENCY), want, "{ticks} from {now}");
        }
    }

    #[test]
    fn the_alarm_is_cleared_and_masked() {
        let (mut rtc, host, pin) = bench(0);
        write64(&mut rtc, ALARM_LOW, 10);
        rtc.write_register(CLEAR_ALARM, 1).unwrap();
        host.store(20, Ordering::Relaxed);
        assert_eq!((rtc.check_alarm(1), rtc.pending), (None, false), "cleared");
        write64(&mut rtc, ALARM_LOW, 20);
        assert_eq!((rtc.check_alarm(1), pin.0.load(Ordering::Relaxed)), (None, false), "pending, and masked");
        rtc.write_register(IRQ_ENABLED, 1).unwrap();
        assert!(pin.0.load(Ordering::Relaxed));
    }
}
