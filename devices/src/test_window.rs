//! A window that says who and when it is: the device behind the stress guest's moving windows.
//!
//! A guest that reads [`IDENTITY`] and [`EPOCH`] can tell which window answered and whether the mapping that it knows of is the
//! one that it reached. All registers are 64 bits.

use manyhart_runtime::{Access, Answer, Context, Device, DeviceError, MmioSpec};

/// The bytes its registers take.
pub const SIZE: u64 = 0x1000;
/// 64-bit accesses only.
pub const SPEC: MmioSpec = MmioSpec::aligned(8, 8);
/// Reads as the number that the window was made with.
pub const IDENTITY: u64 = 0x0;
/// Reads as the last epoch that was posted to it.
pub const EPOCH: u64 = 0x8;
/// Reads back what was last written to it.
pub const ECHO: u64 = 0x10;
/// Counts the writes to [`ECHO`].
pub const WRITES: u64 = 0x18;

/// The device. Its message is the new epoch.
pub struct Scratch {
    identity: u64,
    epoch: u64,
    echo: u64,
    writes: u64,
}

impl Scratch {
    /// A window called `identity`, in epoch 0.
    pub fn new(identity: u64) -> Scratch {
        Scratch { identity, epoch: 0, echo: 0, writes: 0 }
    }
}

impl Device for Scratch {
    type Message = u64;

    fn read(&mut self, _: &mut Context<'_, u64>, access: Access) -> Answer<u64> {
        match access.offset {
            IDENTITY => Ok(self.identity),
            EPOCH => Ok(self.epoch),
            ECHO => Ok(self.echo),
            WRITES => Ok(self.writes),
            _ => Err(DeviceError::NoRegister.into()),
        }
    }

    fn write(&mut self, _: &mut Context<'_, u64>, access: Access, value: u64) -> Answer<()> {
        if access.offset != ECHO {
            return Err(DeviceError::NoRegister.into());
        }
        self.echo = value;
        self.writes += 1;
        Ok(())
    }

    fn message(&mut self, _: &mut Context<'_, u64>, epoch: u64) {
        self.epoch = epoch;
    }

    fn reset(&mut self, _: &mut Context<'_, u64>) {
        *self = Scratch::new(self.identity);
    }
}
