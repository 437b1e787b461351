//! The registers of a function of the field: each says whose it is and where it is; some may be written; and it can be made to fail, or to
//! answer late.

use manyhart_runtime::actor::Reply;
use manyhart_runtime::{Access, Answer, Context, Device, DeviceError, MmioSpec, NoAnswer};

use super::layout::{SCRATCH, SCRATCH_SIZE, word_at};

/// Aligned accesses of 4 and 8 bytes.
pub const SPEC: MmioSpec = MmioSpec::aligned(4, 8);

/// The device.
pub struct Registers {
    identity: u32,
    /// Ticks until a read is answered; 0: at once.
    delay: u64,
    scratch: Vec<u64>,
}

/// What it is told.
pub enum Order {
    /// Fail.
    Panic,
    /// Answer reads so many ticks late.
    Delay(u64),
    /// Answer this one now.
    Answer(Reply, u64),
}

impl Registers {
    /// Registers that say this.
    pub fn new(identity: u32) -> Registers {
        Registers { identity, delay: 0, scratch: vec![0; (SCRATCH_SIZE / 8) as usize] }
    }

    fn scratch(offset: u64) -> Option<usize> {
        let offset = offset.checked_sub(SCRATCH).filter(|offset| *offset < SCRATCH_SIZE)?;
        Some((offset / 8) as usize)
    }

    fn value(&self, access: Access) -> u64 {
        match Registers::scratch(access.offset) {
            Some(index) => self.scratch[index],
            None => {
                let word = |offset| u64::from(word_at(self.identity, offset));
                let high = if access.size == 8 { word(access.offset + 4) << 32 } else { 0 };
                high | word(access.offset)
            }
        }
    }
}

impl Device for Registers {
    type Message = Order;

    fn read(&mut self, cx: &mut Context<'_, Order>, access: Access) -> Answer<u64> {
        let value = self.value(access);
        if self.delay == 0 {
            return Ok(value);
        }
        let (reply, deferred) = cx.defer();
        let at = cx.clock().now() + self.delay;
        cx.post_at(at, Order::Answer(reply, value));
        Err(NoAnswer::Deferred(deferred))
    }

    fn write(&mut self, _: &mut Context<'_, Order>, access: Access, value: u64) -> Answer<()> {
        match Registers::scratch(access.offset) {
            Some(index) if access.size == 8 => self.scratch[index] = value,
            _ => return Err(DeviceError::NoRegister.into()),
        }
        Ok(())
    }

    fn message(&mut self, _: &mut Context<'_, Order>, order: Order) {
        match order {
            // A panic as any other, but for the report on standard error: nobody has to look for its cause.
            Order::Panic => std::panic::resume_unwind(Box::new("an injected fault")),
            Order::Delay(ticks) => self.delay = ticks,
            Order::Answer(reply, value) => reply.answer(Ok(value)),
        }
    }

    fn reset(&mut self, _: &mut Context<'_, Order>) {
        *self = Registers::new(self.identity);
    }
}
