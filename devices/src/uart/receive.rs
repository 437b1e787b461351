//! The receiving half of a UART: the FIFO that the guest sees, and behind it the host's input, which waits and is never lost.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};

/// Host input on its way to the guest.
pub(crate) struct Chunk {
    pub(crate) bytes: VecDeque<u8>,
    /// The line-status bits that every byte of it carries.
    status: u8,
    /// Dropped with the last byte; that is what [`Taken`] waits for.
    _receipt: Sender<Infallible>,
}

impl Chunk {
    pub(crate) fn new(bytes: Vec<u8>, status: u8) -> (Chunk, Taken) {
        let (receipt, dropped) = bounded(0);
        (Chunk { bytes: bytes.into(), status, _receipt: receipt }, Taken(dropped))
    }
}

/// Tells when the UART has taken a chunk of input, all of it, into what the guest reads.
///
/// A host thread that waits for it before it posts the next chunk bounds what is under way to one chunk, and loses nothing.
pub struct Taken(Receiver<Infallible>);

impl Taken {
    /// Waits until the chunk is taken, or the UART is gone.
    pub fn wait(&self) {
        while self.0.recv().is_ok() {}
    }

    /// Waits at most `limit`; whether the chunk is taken, or the UART is gone.
    pub fn wait_timeout(&self, limit: Duration) -> bool {
        matches!(self.0.recv_timeout(limit), Err(RecvTimeoutError::Disconnected))
    }
}

/// The FIFO and what waits behind it.
#[derive(Default)]
pub(super) struct Receive {
    /// Bytes, each with the line-status bits (parity, framing, break) that came with it.
    fifo: VecDeque<(u8, u8)>,
    waiting: VecDeque<Chunk>,
}

impl Receive {
    pub(super) fn len(&self) -> usize {
        self.fifo.len()
    }

    /// The status bits of the byte that is read next.
    pub(super) fn status(&self) -> u8 {
        self.fifo.front().map_or(0, |&(_, status)| status)
    }

    /// Forgets them: they have been read.
    pub(super) fn clear_status(&mut self) {
        if let Some((_, status)) = self.fifo.front_mut() {
            *status = 0;
        }
    }

    pub(super) fn any_status(&self) -> bool {
        self.fifo.iter().any(|&(_, status)| status != 0)
    }

    pub(super) fn pop(&mut self) -> Option<u8> {
        self.fifo.pop_front().map(|(byte, _)| byte)
    }

    /// Puts a byte from the wire into the FIFO; `false` where it has no room.
    #[must_use]
    pub(super) fn push(&mut self, byte: u8, status: u8, capacity: usize) -> bool {
        let room = self.fifo.len() < capacity;
        if room {
            self.fifo.push_back((byte, status));
        }
        room
    }

    /// Empties the FIFO, not what waits behind it.
    pub(super) fn clear(&mut self) {
        self.fifo.clear();
    }

    pub(super) fn enqueue(&mut self, chunk: Chunk) {
        self.waiting.push_back(chunk);
    }

    /// Fills the FIFO from what waits; whether any byte came in.
    pub(super) fn refill(&mut self, capacity: usize) -> bool {
        let before = self.fifo.len();
        while let Some(chunk) = self.waiting.front_mut() {
            let room = capacity.saturating_sub(self.fifo.len()).min(chunk.bytes.len());
            let status = chunk.status;
            self.fifo.extend(chunk.bytes.drain(..room).map(|byte| (byte, status)));
            if !chunk.bytes.is_empty() {
                break;
            }
            self.waiting.pop_front();
        }
        self.fifo.len() > before
    }

    /// Lets go of all input: the machine stops, nobody will read it, and nobody is to wait for that.
    pub(super) fn abandon(&mut self) {
        self.waiting.clear();
    }
}
