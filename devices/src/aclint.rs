//! Software and timer interrupts: the RISC-V ACLINT's MSWI and MTIMER devices in the layout of the SiFive CLINT.
//!
//! Sources: "RISC-V Advanced Core Local Interruptor Specification" 1.0-rc4, chapters 2 and 3; SiFive FU540-C000 manual,
//! chapter 9. The registers live in the harts' attention words, which is what the harts poll: this device only gives them
//! addresses, and nothing here fires a timer. A hart compares its deadline with the clock itself.

use std::sync::Arc;

use manyhart_runtime::{Access, Answer, Attention, Context, Device, DeviceError, MmioSpec};

use crate::halves;

/// The bytes its registers take.
pub const SIZE: u64 = 0x1_0000;
/// The most harts it has room for.
pub const MAX_HARTS: usize = 4095;
/// 32-bit registers whole, 64-bit ones whole or in halves.
pub const SPEC: MmioSpec = MmioSpec::aligned(4, 8);

const MTIMECMP: u64 = 0x4000;
const MTIME: u64 = 0xbff8;

/// Which of an attention's levels is the machine software interrupt, and which of its timers is mtimecmp.
const MSIP_LEVEL: u32 = 3;
const MTIMECMP_TIMER: usize = 0;

/// The device; hart `h` is the `h`th attention.
pub struct Aclint {
    harts: Vec<Arc<Attention>>,
}

/// What answers at an offset.
enum Register<'a> {
    Msip(&'a Attention),
    /// With the offset at which the register starts.
    Mtimecmp(&'a Attention, u64),
    Mtime,
}

impl Aclint {
    /// For these harts, at most [`MAX_HARTS`] of them; what is beyond has no registers.
    pub fn new(harts: Vec<Arc<Attention>>) -> Aclint {
        Aclint { harts }
    }

    fn register(&self, access: Access) -> Result<Register<'_>, DeviceError> {
        let hart = |index: u64| {
            let index = usize::try_from(index).ok().filter(|&h| h < MAX_HARTS);
            index.and_then(|h| self.harts.get(h)).map(Arc::as_ref).ok_or(DeviceError::NoRegister)
        };
        match access.offset {
            0..MTIMECMP if access.size == 4 => Ok(Register::Msip(hart(access.offset / 4)?)),
            MTIMECMP..MTIME => {
                let index = (access.offset - MTIMECMP) / 8;
                Ok(Register::Mtimecmp(hart(index)?, MTIMECMP + 8 * index))
            }
            MTIME..SIZE => Ok(Register::Mtime),
            _ => Err(DeviceError::NoRegister),
        }
    }
}

impl Device for Aclint {
    type Message = ();

    fn read(&mut self, cx: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        Ok(match self.register(access)? {
            Register::Msip(hart) => hart.peek() >> MSIP_LEVEL & 1,
            Register::Mtimecmp(hart, at) => halves::read(hart.deadline(MTIMECMP_TIMER), at, access)?,
            Register::Mtime => halves::read(cx.clock().now(), MTIME, access)?,
        })
    }

    fn write(&mut self, cx: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        match self.register(access)? {
            Register::Msip(hart) => hart.set_level(MSIP_LEVEL, value & 1 != 0),
            Register::Mtimecmp(hart, at) => {
                let deadline = halves::write(hart.deadline(MTIMECMP_TIMER), at, access, value)?;
                hart.set_deadline(MTIMECMP_TIMER, deadline);
            }
            Register::Mtime => {
                let time = halves::write(cx.clock().now(), MTIME, access, value)?;
                cx.clock().set(time);
                // Deadlines keep their ticks, so how far off they are has changed: every hart looks again.
                self.harts.iter().for_each(|hart| hart.raise());
            }
        }
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {
        for hart in &self.harts {
            hart.set_level(MSIP_LEVEL, false);
            hart.set_deadline(MTIMECMP_TIMER, u64::MAX);
        }
    }
}
