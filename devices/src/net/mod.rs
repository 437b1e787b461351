//! What a network device's wire ends in on the host: a tap interface ([`Tap`]), a stream of frames to one peer ([`Stream`]), or datagrams
//! ([`Datagrams`]). Devices see [`NetBackend`] alone, through a [`pump`] that has a thread and queues with ends.
//!
//! A frame is an Ethernet frame without preamble and check sequence. A wire loses frames: what a backend cannot deliver because nobody is there is
//! dropped; what it cannot deliver *yet* waits, and in the end the guest's driver does.

mod datagram;
pub mod pump;
mod stream;
mod tap;
#[cfg(test)]
mod tests;

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

pub use datagram::{DatagramAddress, Datagrams};
pub use stream::{Stream, StreamAddress};
pub use tap::Tap;

/// The longest frame that goes anywhere: 64 KiB of payload, addresses, two tags.
pub const LONGEST_FRAME: usize = 65_535 + 14 + 8;
/// Addresses and type: less is no frame.
pub const SHORTEST_FRAME: usize = 14;

/// One end of a wire. Owned by one thread; nothing waits in it. What goes wrong on the host is its own matter: it says so in the log, and is
/// [down](Self::is_up) then.
pub trait NetBackend: Send + 'static {
    /// Whether the other side is there: what the guest sees as its carrier.
    fn is_up(&self) -> bool;

    /// What to wait at: readable means [`receive`](Self::receive), writable [`output`](Self::output). `None`: nothing comes until a retry.
    fn fd(&self) -> Option<BorrowedFd<'_>>;

    /// Fills `frame` with the next one that came, if one is there. Goes on with connecting, too.
    fn receive(&mut self, frame: &mut Vec<u8>) -> bool;

    /// Takes a frame; `false` when there is no room: then it stays the caller's until the descriptor is writable.
    fn send(&mut self, frame: &[u8]) -> bool;

    /// Whether something that was taken waits for the descriptor to become writable.
    fn has_output(&self) -> bool {
        false
    }

    /// Writes more of that.
    fn output(&mut self) {}

    /// Tries again to connect if it is time to; how long until the next try.
    fn retry(&mut self) -> Option<Duration> {
        None
    }
}

/// A backend that devices take and give back, so that it outlives them. Cheap to clone.
#[derive(Clone)]
pub struct Netdev(Arc<Mutex<Option<Box<dyn NetBackend>>>>);

impl Netdev {
    /// One that nobody uses.
    pub fn new(backend: impl NetBackend) -> Netdev {
        Netdev(Arc::new(Mutex::new(Some(Box::new(backend)))))
    }

    /// Takes it; `None` while somebody has it.
    pub fn take(&self) -> Option<Box<dyn NetBackend>> {
        self.0.lock().take()
    }

    /// Gives it back.
    pub fn put_back(&self, backend: Box<dyn NetBackend>) {
        *self.0.lock() = Some(backend);
    }

    /// Whether nobody has it.
    pub fn is_free(&self) -> bool {
        self.0.lock().is_some()
    }
}
