//! A blank device: copy this file, rename it, and fill it in. It has one 32-bit register that reads back what was written and
//! raises its interrupt line while it is not zero.
//!
//! To put one on a board, spawn it on the executive, map one of its regions, and that is all:
//! `let blank = executive.spawn("blank", Blank::new(line));` then, in a transaction,
//! `let region = transaction.mmio("blank", SIZE.into(), blank.mmio(0, SPEC));` and
//! `transaction.add_subregion(root, 0x5000_0000, region);`.

use manyhart_runtime::{Access, Answer, Context, Device, DeviceError, Line, MmioSpec};

/// The bytes that its registers take: what the board maps.
pub const SIZE: u64 = 0x1000;

/// What a guest may do (aligned accesses of 4 bytes) and what the handlers below see. The runtime refuses or reshapes the rest, so no
/// handler checks sizes again.
pub const SPEC: MmioSpec = MmioSpec::aligned(4, 4);

/// Where each register lies.
const VALUE: u64 = 0x0;

/// The registers, and the outputs that were injected. No bus, no address, no thread, no lock: the runtime calls one handler at a time.
pub struct Blank {
    value: u32,
    line: Line,
}

impl Blank {
    /// A device that drives `line`.
    pub fn new(line: Line) -> Blank {
        Blank { value: 0, line }
    }
}

impl Device for Blank {
    /// What workers, timers and lines post to it. `()`: nothing does.
    type Message = ();

    /// Answers a read, or says why not; the board decides what the guest sees of a refusal. What takes long is answered later,
    /// through `Context::defer`: a handler never waits.
    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        match access.offset {
            VALUE => Ok(self.value.into()),
            _ => Err(DeviceError::NoRegister.into()),
        }
    }

    /// Carries out a write of the low `access.size` bytes of `value`.
    fn write(&mut self, _: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        match access.offset {
            VALUE => {
                self.value = value as u32;
                self.line.set(self.value != 0);
                Ok(())
            }
            _ => Err(DeviceError::NoRegister.into()),
        }
    }

    /// Back to power-on, outputs included.
    fn reset(&mut self, _: &mut Context<'_, ()>) {
        self.value = 0;
        self.line.set(false);
    }
}
