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

/// How long the last bytes wait for a host that does not take them: for a test's, which does in its own time, as long as it takes.
const FINISH: Duration = Duration::from_secs(if cfg!(test) { 120 } else { 2 });
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

#[cfg(test)]
mod tests {
    use crossbeam::channel::unbounded;
    use parking_lot::Mutex;

    use super::*;

    /// A writer that fails leaves no guest waiting for room: the UART hears of it and finds its sink closed.
    #[test]
    fn a_host_that_fails_closes_the_channel() {
        struct Broken;
        impl io::Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (mut sink, output) = channel(1);
        assert_eq!([sink.put(b'a'), sink.put(b'b')], [Put::Taken, Put::Full]);
        let told = std::cell::RefCell::new(Vec::new());
        let sink = std::cell::RefCell::new(sink);
        let error = output.write_to(Broken, || told.borrow_mut().push(sink.borrow_mut().put(b'b')));
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(told.borrow().last(), Some(&Put::Closed));
    }

    #[test]
    fn the_channel_reports_room_and_loses_nothing() {
        let (mut sink, output) = channel(2);
        let (room, told) = unbounded();
        let written = Arc::new(Mutex::new(Vec::new()));
        struct Shared(Arc<Mutex<Vec<u8>>>);
        impl io::Write for Shared {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let out = Shared(written.clone());
        let writer = std::thread::spawn(move || output.write_to(out, || room.send(()).expect("the test listens")));
        let text: Vec<u8> = (0..200).collect();
        for &byte in &text {
            while sink.put(byte) == Put::Full {
                told.recv_timeout(Duration::from_secs(120)).expect("a full sink is told when there is room");
            }
        }
        assert_eq!(sink.finish(b"end"), 0);
        writer.join().unwrap().unwrap();
        assert_eq!(*written.lock(), [&text[..], b"end"].concat());
        assert_eq!(sink.put(0), Put::Closed);
    }
}
