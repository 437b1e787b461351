//! Where a UART's bytes go: a sink that never waits, and the bounded channel to the host thread that does.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};

/// What became of a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// The sink has it.
    Taken,
    /// There is no room. Whoever drains the sink posts [`UartMessage::output_room`](super::UartMessage::output_room) when there is.
    Full,
    /// Nobody will ever take it.
    Closed,
}

/// Takes what a UART sends. Called from its handlers, so it never waits, except in [`Sink::finish`].
pub trait Sink: Send {
    /// Takes one byte, or says why not.
    fn put(&mut self, byte: u8) -> Put;

    /// Nothing follows `rest`. Called once, last, by a control thread: it may wait for a while. Answers how many bytes it had to drop.
    fn finish(&mut self, rest: &[u8]) -> usize {
        rest.iter().filter(|&&byte| self.put(byte) != Put::Taken).count()
    }
}

/// How long the last bytes wait for a host that does not take them.
const FINISH: Duration = Duration::from_secs(1);
/// How long the writer gathers before it writes, so that a guest's single bytes do not become single system calls.
const GATHER: Duration = Duration::from_millis(1);

/// A sink with room for `capacity` bytes, and the end that a host thread drains by [`Output::write_to`].
pub fn channel(capacity: usize) -> (ChannelSink, Output) {
    let (sender, receiver) = bounded(capacity);
    let starved = Arc::new(AtomicBool::new(false));
    (ChannelSink { sender: Some(sender), starved: starved.clone() }, Output { receiver, starved })
}

/// The UART's end.
pub struct ChannelSink {
    /// `None` once it has finished.
    sender: Option<Sender<u8>>,
    starved: Arc<AtomicBool>,
}

impl ChannelSink {
    fn try_put(&self, byte: u8) -> Put {
        match self.sender.as_ref().map(|sender| sender.try_send(byte)) {
            Some(Ok(())) => Put::Taken,
            Some(Err(TrySendError::Full(_))) => Put::Full,
            Some(Err(TrySendError::Disconnected(_))) | None => Put::Closed,
        }
    }
}

impl Sink for ChannelSink {
    fn put(&mut self, byte: u8) -> Put {
        match self.try_put(byte) {
            Put::Full => {
                // The writer takes bytes out, then swaps the flag. If our store is first, its swap sees it and posts; if its swap is
                // first, the bytes are already out, and this second try finds the room. SeqCst, because each side stores one
                // thing and loads the other.
                self.starved.store(true, Ordering::SeqCst);
                self.try_put(byte)
            }
            other => other,
        }
    }

    fn finish(&mut self, rest: &[u8]) -> usize {
        let Some(sender) = self.sender.take() else { return rest.len() };
        let sent = rest.iter().take_while(|&&byte| sender.send_timeout(byte, FINISH).is_ok()).count();
        rest.len() - sent
    }
}

/// The host's end.
pub struct Output {
    receiver: Receiver<u8>,
    starved: Arc<AtomicBool>,
}

impl Output {
    /// Writes to `out` all that the UART sends, until the UART finishes; flushes whenever there is nothing more to write. `on_room` is
    /// called when a UART that found no room may send again. An error is the host's; the UART is then told that there is room, and
    /// finds its sink closed: it does not wait for a host that has left.
    pub fn write_to(self, mut out: impl Write, on_room: impl Fn()) -> io::Result<()> {
        let result = self.copy(&mut out, &on_room);
        drop(self);
        on_room();
        result
    }

    fn copy(&self, out: &mut impl Write, on_room: &impl Fn()) -> io::Result<()> {
        let mut buffer = Vec::new();
        while let Ok(first) = self.receiver.recv() {
            std::thread::sleep(GATHER);
            buffer.push(first);
            buffer.extend(self.receiver.try_iter());
            if self.starved.swap(false, Ordering::SeqCst) {
                on_room();
            }
            out.write_all(&buffer)?;
            out.flush()?;
            buffer.clear();
        }
        Ok(())
    }
}
