//! What a client is to hear, written by a thread of its own, so that a client that does not listen holds up nobody but itself.

use std::io;
use std::os::fd::OwnedFd;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded, never, select};
use rustix::event::PollFlags;
use rustix::io::Errno;

use super::notice::Stamped;
use super::server::{End, Ready, is_ready};

/// How many answers wait for a client before its next command does.
const ANSWERS: usize = 64;
/// How long a client that does not listen may keep the machine's end waiting.
const LAST_WORDS: Duration = Duration::from_secs(2);

enum Item {
    Bytes(Vec<u8>),
    /// From now on notices are told, too.
    Notices(Receiver<Stamped>),
    /// Answer, once all before is written.
    Flush(Sender<()>),
}

/// The client's side of the conversation is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

/// Writes to one client. Dropping this waits until what was said is written, or the client has been too slow for that.
pub struct Outbox {
    items: Option<Sender<Item>>,
    thread: Option<JoinHandle<()>>,
}

impl Outbox {
    /// Starts the thread; `spell` puts a notice into the client's language.
    pub fn start(
        output: OwnedFd,
        end: End,
        spell: impl Fn(&Stamped) -> Vec<u8> + Send + 'static,
    ) -> io::Result<Outbox> {
        let (items, queue) = bounded(ANSWERS);
        let body = move || {
            let mut writer = Writer { output, end, since_the_end: None };
            if let Err(error) = writer.run(&queue, &spell) {
                tracing::debug!(%error, "a client is gone");
            }
            // Whoever reads from it learns of it, too.
            if let Err(error) = rustix::net::shutdown(&writer.output, rustix::net::Shutdown::Both) {
                tracing::trace!(%error, "not a socket, or closed");
            }
        };
        let thread = std::thread::Builder::new().name("outbox".to_owned()).spawn(body)?;
        Ok(Outbox { items: Some(items), thread: Some(thread) })
    }

    /// Says this next.
    pub fn say(&self, bytes: Vec<u8>) -> Result<(), Gone> {
        self.put(Item::Bytes(bytes))
    }

    /// From now on what happens is said as well.
    pub fn tell_notices(&self, notices: Receiver<Stamped>) -> Result<(), Gone> {
        self.put(Item::Notices(notices))
    }

    /// Waits until all is written, or the client has been too slow for that: it hears the rest all the same, once it listens.
    pub fn flush(&self) -> Result<(), Gone> {
        let (written, wait) = bounded(1);
        self.put(Item::Flush(written))?;
        match wait.recv_timeout(LAST_WORDS) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => Err(Gone),
        }
    }

    fn put(&self, item: Item) -> Result<(), Gone> {
        self.items.as_ref().ok_or(Gone)?.send(item).map_err(|_| Gone)
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        drop(self.items.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a client's outbox has panicked");
        }
    }
}

struct Writer {
    output: OwnedFd,
    end: End,
    /// When the end was noticed.
    since_the_end: Option<Instant>,
}

impl Writer {
    fn run(&mut self, items: &Receiver<Item>, spell: &impl Fn(&Stamped) -> Vec<u8>) -> io::Result<()> {
        let mut notices = never();
        loop {
            select! {
                recv(items) -> item => {
                    // What happened before an answer is told before it.
                    for notice in notices.try_iter() {
                        self.write(&spell(&notice))?;
                    }
                    match item {
                        Ok(Item::Bytes(bytes)) => self.write(&bytes)?,
                        Ok(Item::Notices(more)) => notices = more,
                        Ok(Item::Flush(written)) => drop(written.try_send(())),
                        Err(_) => return Ok(()),
                    }
                }
                recv(notices) -> notice => match notice {
                    Ok(notice) => self.write(&spell(&notice))?,
                    Err(_) => return Err(io::Error::other("it did not keep up with what happened")),
                }
            }
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.wait()?;
            // A pipe that is ready takes this much without blocking, even where nobody could make it non-blocking.
            let next = bytes.len().min(4096);
            match rustix::io::write(&self.output, &bytes[..next]) {
                Ok(written) => bytes = &bytes[written..],
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits until there is room: as long as it takes, until the machine's end, and then a moment.
    fn wait(&mut self) -> io::Result<()> {
        if self.since_the_end.is_none() {
            match self.end.wait(&self.output, PollFlags::OUT, None)? {
                Ready::End => self.since_the_end = Some(Instant::now()),
                Ready::Stream | Ready::Nothing => return Ok(()),
            }
        }
        let since = self.since_the_end.map_or(Duration::ZERO, |since| since.elapsed());
        // Also when the time is up, as long as the client takes it at once.
        match is_ready(&self.output, PollFlags::OUT, LAST_WORDS.saturating_sub(since))? {
            true => Ok(()),
            false => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::control::{Notice, Notices};

    fn pair() -> (UnixStream, Outbox, End) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let end = End::new().unwrap();
        let outbox = Outbox::start(ours.into(), end.clone(), |stamped| format!("{:?}\n", stamped.notice).into());
        (theirs, outbox.unwrap(), end)
    }

    #[test]
    fn what_happened_before_an_answer_is_told_before_it() {
        for _ in 0..50 {
            let (mut client, outbox, _) = pair();
            let notices = Notices::default();
            outbox.tell_notices(notices.listen()).unwrap();
            notices.tell(&Notice::Stop);
            outbox.say(b"answer\n".to_vec()).unwrap();
            // Behind the answer, and not before it.
            let (written, wait) = bounded(1);
            outbox.put(Item::Flush(written)).unwrap();
            wait.recv_timeout(Duration::from_secs(120)).unwrap();
            notices.tell(&Notice::Resume);
            drop(outbox);
            let mut said = String::new();
            client.read_to_string(&mut said).unwrap();
            assert_eq!(said, "Stop\nanswer\nResume\n");
        }
    }

    #[test]
    fn a_client_that_does_not_listen_keeps_the_end_waiting_for_a_moment_only() {
        let (client, outbox, end) = pair();
        for _ in 0..8 {
            outbox.say(vec![b'x'; 1 << 20]).unwrap();
        }
        end.tell();
        let before = Instant::now();
        drop(outbox);
        assert!(before.elapsed() < Duration::from_secs(120));
        drop(client);
    }

    #[test]
    fn a_client_that_is_slow_is_not_taken_for_one_that_has_gone() {
        let (mut client, outbox, _) = pair();
        outbox.say(vec![b'x'; 4 << 20]).unwrap();
        assert_eq!(outbox.flush(), Ok(()), "it has not read yet");
        let notices = Notices::default();
        outbox.tell_notices(notices.listen()).unwrap();
        notices.tell(&Notice::Stop);
        let reads = std::thread::spawn(move || {
            let mut said = Vec::new();
            client.read_to_end(&mut said).unwrap();
            said
        });
        drop(outbox);
        assert!(reads.join().unwrap().ends_with(b"xStop\n"));
    }

    #[test]
    fn a_client_that_has_gone_is_noticed() {
        let (client, outbox, _) = pair();
        drop(client);
        let before = Instant::now();
        while outbox.say(b"anybody?\n".to_vec()).is_ok() {
            assert!(before.elapsed() < Duration::from_secs(120));
        }
    }
}
