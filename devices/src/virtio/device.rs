//! What a device is, whatever transport it is behind.

use super::queue::Virtqueue;
use super::session::{Interrupts, Memory, Waker};

/// Feature bits of every device (virtio 1.2 section 6), offered by the transports.
pub mod features {
    /// A descriptor may name a table of descriptors.
    pub const INDIRECT_DESC: u64 = 1 << 28;
    /// Both sides say at which index they want to hear next.
    pub const EVENT_IDX: u64 = 1 << 29;
    /// The rules of virtio 1.0 and later; nothing works without it.
    pub const VERSION_1: u64 = 1 << 32;
    /// What a transport offers beyond the device's own bits.
    pub const OF_TRANSPORT: u64 = INDIRECT_DESC | EVENT_IDX | VERSION_1;
}

/// A virtio device. A transport actor owns it and calls it, one call at a time; no call waits.
///
/// Calls come in this order: [`attach`](Self::attach) once; then any number of times [`activate`](Self::activate), calls that use what it
/// handed over, and [`reset`](Self::reset); last [`stop`](Self::stop), if the machine stops in good order. Configuration is read and written at any time.
/// A device that is unplugged is dropped, after a `reset` if it was active.
pub trait VirtioDevice: Send + 'static {
    /// The device's number in virtio 1.2 section 5: 1 net, 2 block, 3 console, 4 entropy.
    fn device_type(&self) -> u32;

    /// The device's own feature bits; the transport adds [`features::OF_TRANSPORT`].
    fn features(&self) -> u64 {
        0
    }

    /// The largest size of each queue, powers of two up to 32768. It never changes.
    fn queue_sizes(&self) -> &[u16];

    /// Fills `data` from the device's configuration space. What lies beyond it reads as zero ([`config_bytes`]).
    fn read_config(&self, offset: u64, data: &mut [u8]) {
        let _ = offset;
        data.fill(0);
    }

    /// The driver writes to the configuration space. What cannot be written stays as it is.
    fn write_config(&mut self, offset: u64, data: &[u8]) {
        let _ = (offset, data);
    }

    /// Another number whenever the configuration has changed by other hands than the driver's, so that a driver which reads it in parts
    /// finds out (section 2.5.1). Change both in one call, then tell the driver by [`Interrupts::config_changed`].
    fn config_generation(&self) -> u32 {
        0
    }

    /// Once, before anything else: how workers and the host's side ask for a call of [`wake`](Self::wake).
    fn attach(&mut self, waker: Waker) {
        let _ = waker;
    }

    /// The driver is ready (DRIVER_OK). The queues are checked: each that is [`ready`](Virtqueue::ready) lies in memory. An error ends in DEVICE_NEEDS_RESET.
    fn activate(&mut self, activation: Activation) -> Result<(), ActivateError>;

    /// The driver has put something into the queue. Only while active.
    fn notify(&mut self, queue: u16);

    /// Somebody called [`Waker::wake`]; several calls may have become one. Also while not active.
    fn wake(&mut self) {}

    /// The activation is over: let go of queues and memory, have workers do the same, return at once. From before this call
    /// [`Memory::enter`] refuses and [`Interrupts`] are mute; whoever is inside already holds up the reset, not this call.
    fn reset(&mut self);

    /// The machine stops: push out to the host what is buffered. Called at most once, last; it may wait for a short while.
    fn stop(&mut self) {}
}

/// What a driver has agreed on and set up.
pub struct Activation {
    /// The negotiated feature bits, the transport's among them.
    pub features: u64,
    /// Guest memory, until the reset.
    pub memory: Memory,
    /// All queues by number. One that the driver has not enabled is not [`ready`](Virtqueue::ready) and never has anything in it.
    pub queues: Vec<Virtqueue>,
    /// How the driver is told, until the reset.
    pub interrupts: Interrupts,
}

impl Activation {
    /// Whether the driver has agreed on all these feature bits.
    pub fn has(&self, bits: u64) -> bool {
        self.features & bits == bits
    }
}

/// Why a device cannot start. The driver sees DEVICE_NEEDS_RESET, the log says this.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// The driver has left out a queue that the device needs.
    #[error("queue {0} is not enabled")]
    QueueMissing(u16),
    /// The host refuses.
    #[error("{0}")]
    Host(#[from] std::io::Error),
}

/// Reads `data.len()` bytes at `offset` of a configuration space whose bytes are `config`; zeroes beyond it.
pub fn config_bytes(config: &[u8], offset: u64, data: &mut [u8]) {
    let rest = usize::try_from(offset).ok().and_then(|offset| config.get(offset..)).unwrap_or_default();
    let known = rest.len().min(data.len());
    data[..known].copy_from_slice(&rest[..known]);
    data[known..].fill(0);
}
