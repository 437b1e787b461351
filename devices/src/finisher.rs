//! The SiFive test finisher: a guest's last word.
//!
//! Source: the `sifive,test0` and `sifive,test1` bindings. One 32-bit register at offset 0: 0x5555 asks for power-off, 0x7777
//! for a reboot, `code << 16 | 0x3333` reports failure with an exit code.

use manyhart_runtime::{Access, Answer, Context, Device, DeviceError, MmioSpec};

/// The bytes its register takes.
pub const SIZE: u64 = 0x1000;
/// Firmware writes it as 16 or 32 bits.
pub const SPEC: MmioSpec = MmioSpec::aligned(2, 4);
/// The value that powers off.
pub const POWER_OFF: u32 = 0x5555;
/// The value that reboots.
pub const REBOOT: u32 = 0x7777;
/// The low half of a value that fails; the exit code is above it.
pub const FAIL: u32 = 0x3333;

/// What the guest asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Success, and power off.
    PowerOff,
    /// Start again.
    Reboot,
    /// Failure with this exit code; a code that does not fit a process's status is 255.
    Fail(u8),
}

impl Outcome {
    /// What writing `value` asks for; most values ask for nothing.
    fn of(value: u32) -> Option<Outcome> {
        match value & 0xffff {
            POWER_OFF => Some(Outcome::PowerOff),
            REBOOT => Some(Outcome::Reboot),
            FAIL => Some(Outcome::Fail(u8::try_from(value >> 16).unwrap_or(u8::MAX))),
            _ => None,
        }
    }
}

/// The device.
pub struct Finisher {
    on_outcome: Box<dyn FnMut(Outcome) + Send>,
}

impl Finisher {
    /// `on_outcome` is told what the guest asks for, each time. It runs in the device's handler and so must not wait: it leaves a
    /// note for the thread that runs the machine.
    pub fn new(on_outcome: impl FnMut(Outcome) + Send + 'static) -> Finisher {
        Finisher { on_outcome: Box::new(on_outcome) }
    }
}

impl Device for Finisher {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        if access.offset == 0 { Ok(0) } else { Err(DeviceError::NoRegister.into()) }
    }

    fn write(&mut self, _: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        if access.offset != 0 {
            return Err(DeviceError::NoRegister.into());
        }
        if let Some(outcome) = Outcome::of(value as u32) {
            (self.on_outcome)(outcome);
        }
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_name_outcomes() {
        let cases = [
            (0x5555, Some(Outcome::PowerOff)),
            (0x7777, Some(Outcome::Reboot)),
            (0x3333, Some(Outcome::Fail(0))),
            (0x0001_3333, Some(Outcome::Fail(1))),
            (0x00ff_3333, Some(Outcome::Fail(255))),
            (0x0100_3333, Some(Outcome::Fail(255))),
            (0xffff_3333, Some(Outcome::Fail(255))),
            (0, None),
            (0x5554, None),
        ];
        for (value, want) in cases {
            assert_eq!(Outcome::of(value), want, "{value:#x}");
        }
    }
}
