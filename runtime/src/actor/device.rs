//! What a device is: registers plus injected outputs.

use std::sync::Arc;

use super::Shadow;
use super::context::{Context, Deferred};
use crate::{DeviceError, Requester};

/// One MMIO access as a device sees it, already shaped to what its [`MmioSpec`](super::MmioSpec) says it implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Which of the device's regions: the number it was mapped with.
    pub region: u32,
    /// Bytes from the start of that region.
    pub offset: u64,
    /// 1, 2, 4 or 8 bytes.
    pub size: u8,
    /// Who asks.
    pub requester: Requester,
}

/// What a handler returns: a value, or why there is none (yet).
pub type Answer<T> = Result<T, NoAnswer>;

/// Why a handler returns no value.
#[derive(Debug)]
pub enum NoAnswer {
    /// The device refuses.
    Refused(DeviceError),
    /// The answer comes later, through the [`Reply`](super::Reply) that [`Context::defer`] gave.
    Deferred(Deferred),
}

impl From<DeviceError> for NoAnswer {
    fn from(error: DeviceError) -> NoAnswer {
        NoAnswer::Refused(error)
    }
}

/// A device: registers plus injected outputs. It knows no bus, no address and no thread.
pub trait Device: Send + 'static {
    /// What its own workers, timers and lines post to it; `()` where there is none.
    type Message: Send + 'static;

    /// A read. Handlers never wait.
    fn read(&mut self, cx: &mut Context<'_, Self::Message>, access: Access) -> Answer<u64>;

    /// A write of the low `access.size` bytes of `value`.
    fn write(&mut self, cx: &mut Context<'_, Self::Message>, access: Access, value: u64) -> Answer<()>;

    /// A message that was posted.
    fn message(&mut self, cx: &mut Context<'_, Self::Message>, message: Self::Message) {
        let _ = (cx, message);
    }

    /// Where it keeps copies of registers whose reads change nothing, by region. Asked once, when it becomes an actor.
    fn shadows(&self) -> Vec<(u32, Arc<Shadow>)> {
        Vec::new()
    }

    /// Called after its handlers, before anybody finds it idle: stores those copies (see [`Shadow::publish`]).
    fn publish(&self) {}

    /// Back to the state of power-on. The machine is paused.
    fn reset(&mut self, cx: &mut Context<'_, Self::Message>);

    /// The machine stops: push out what is buffered. Called once, last.
    fn flush(&mut self, cx: &mut Context<'_, Self::Message>) {
        let _ = cx;
    }
}
