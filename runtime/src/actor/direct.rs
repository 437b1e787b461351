//! Registers without a mailbox: atomics that whoever reaches them touches at once, on its own thread.
//!
//! A device that is an actor has its handlers one at a time. Some registers need less and must give more: an interrupt message must arrive
//! from anywhere, also from inside another device's handler, without waiting and without a lock. Such registers are atomics, each access stands
//! for itself, and the region that maps them has no actor behind it.
//!
//! What holds for a device's region holds here as well:
//! * An access that is carried out online uses the registers of the view that it was resolved in, and its reader has not acknowledged a later
//!   generation: the first stage of a grace period waits for it.
//! * One whose access goes on after its look at the view (because another part of it waits) has pinned the region; the second stage waits.
//! * There is no mailbox, so nothing was sent that could still be under way, and the fourth stage has nothing to ask.

use std::sync::Arc;

use super::operation::{Call, Operation, Request, Verdict};
use super::target::{Detour, Port};
use crate::access::shape::Direction;
use crate::mailbox::AnyMailbox;
use crate::ram::PinCount;
use crate::{BusError, DeviceError, trampoline};

/// Registers that anybody may touch at any time, several at once: virtual CPUs, control threads, DMA, other devices' handlers.
///
/// Neither function waits or takes a lock that somebody holds for long; whoever calls may be in the middle of a handler. What a function does
/// to memory and to other registers happens at once, what it sends to a device is posted, as from a handler. Mapped by
/// [`MmioTarget::direct`](crate::actor::MmioTarget::direct).
pub trait Registers: Send + Sync + 'static {
    /// A read of `size` (1, 2, 4, 8) bytes, of a shape that the region's spec implements.
    fn read(&self, offset: u64, size: u8) -> Result<u64, DeviceError>;

    /// A write of the low `size` bytes of `value`.
    fn write(&self, offset: u64, size: u8, value: u64) -> Result<(), DeviceError>;
}

/// One region of such registers.
pub(super) struct Direct {
    name: String,
    registers: Arc<dyn Registers>,
    pins: PinCount,
}

impl Direct {
    pub(super) fn new(name: String, registers: Arc<dyn Registers>) -> Direct {
        Direct { name, registers, pins: PinCount::new() }
    }

    fn call(&self, call: &Call) -> Verdict {
        let (offset, size) = (call.access.offset, call.access.size);
        match call.direction {
            Direction::Read => self.registers.read(offset, size),
            Direction::Write => self.registers.write(offset, size, call.value).map(|()| 0),
        }
    }

    /// All of an allowed access.
    fn carry_out(&self, request: &Request) -> Verdict {
        trampoline::with(|here| {
            here.touching(&self.name, || {
                let mut operation = Operation::new(request);
                while let Some(call) = operation.next_call() {
                    operation.absorb(self.call(&call)?);
                }
                Ok(operation.outcome().unwrap_or_default())
            })
        })
    }
}

impl Port for Direct {
    fn access(&self, request: &Request) -> Result<u64, Box<Detour>> {
        self.carry_out(request).map_err(|error| Box::new(Detour::Device(error)))
    }

    fn command(&self, request: &Request) -> Result<Verdict, BusError> {
        Ok(self.carry_out(request))
    }

    fn post_write(&self, request: &Request) -> bool {
        if let Err(error) = self.carry_out(request) {
            tracing::debug!(%error, offset = request.offset, "a posted write was refused");
        }
        true
    }

    fn coalesce(&self, _: &Request) -> bool {
        false // Nobody would handle it later: it is carried out now.
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn mailbox(&self) -> Option<Arc<dyn AnyMailbox>> {
        None
    }

    fn pins(&self) -> &PinCount {
        &self.pins
    }
}
