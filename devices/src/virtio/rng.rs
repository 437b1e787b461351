//! The entropy device (virtio 1.2 section 5.4): one queue of buffers, which it fills with random bytes.

use std::io;

use rustix::rand::{GetRandomFlags, getrandom};

use super::device::{ActivateError, Activation, VirtioDevice};
use super::queue::{Chain, Virtqueue};
use super::session::Waker;

/// Its number.
pub const DEVICE_TYPE: u32 = 4;

const QUEUES: [u16; 1] = [8];
/// Bytes that one buffer gets at most; the device may give fewer than there is room for (section 5.4.6.2).
const CHUNK: usize = 4096;

/// Where random bytes come from: fills the whole slice, without waiting.
pub type Source = Box<dyn FnMut(&mut [u8]) -> io::Result<()> + Send>;

/// The device.
pub struct Rng {
    source: Source,
    queue: Option<Virtqueue>,
    waker: Option<Waker>,
}

impl Rng {
    /// Gives out the host's entropy.
    pub fn new() -> Rng {
        Rng::with_source(Box::new(host_entropy))
    }

    /// Gives out what `source` makes.
    pub fn with_source(source: Source) -> Rng {
        Rng { source, queue: None, waker: None }
    }

    /// Fills what is there. A driver that adds as fast as buffers are used does not keep this thread: after a round it is served by another message.
    fn serve(&mut self) {
        let Some(queue) = &mut self.queue else { return };
        let Some(guard) = queue.enter() else { return };
        let mut served = 0;
        let more = loop {
            if served == queue.size() {
                break true;
            }
            match queue.pop(&guard) {
                Some(chain) => match fill(&mut self.source, &chain) {
                    Ok(written) => queue.add_used(&guard, chain.head(), written),
                    Err(error) => queue.interrupts().needs_reset(&format!("no entropy: {error}")),
                },
                None if queue.enable_notifications(&guard) => {}
                None => break false,
            }
            served += 1;
        };
        queue.signal(&guard);
        if let (true, Some(waker)) = (more, &self.waker) {
            waker.wake();
        }
    }
}

impl Default for Rng {
    fn default() -> Rng {
        Rng::new()
    }
}

/// How many bytes it has written.
fn fill(source: &mut Source, chain: &Chain) -> io::Result<u32> {
    let mut writer = chain.writer().map_err(|error| io::Error::other(error.to_string()))?;
    let mut bytes = [0; CHUNK];
    let bytes = &mut bytes[..CHUNK.min(writer.available_bytes())];
    source(bytes)?;
    io::Write::write_all(&mut writer, bytes)?;
    Ok(bytes.len() as u32)
}

/// The host's generator. It waits for nothing: an error where the host has only just started and has no entropy yet.
fn host_entropy(mut bytes: &mut [u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match getrandom(&mut *bytes, GetRandomFlags::NONBLOCK) {
            Ok(count) => bytes = &mut bytes[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

impl VirtioDevice for Rng {
    fn device_type(&self) -> u32 {
        DEVICE_TYPE
    }

    fn queue_sizes(&self) -> &[u16] {
        &QUEUES
    }

    fn attach(&mut self, waker: Waker) {
        self.waker = Some(waker);
    }

    fn activate(&mut self, mut activation: Activation) -> Result<(), ActivateError> {
        let queue = activation.queues.swap_remove(0);
        if !queue.ready() {
            return Err(ActivateError::QueueMissing(0));
        }
        self.queue = Some(queue);
        // What the driver has added before it was ready.
        self.serve();
        Ok(())
    }

    fn notify(&mut self, _: u16) {
        self.serve();
    }

    fn wake(&mut self) {
        self.serve();
    }

    fn reset(&mut self) {
        self.queue = None;
    }
}
