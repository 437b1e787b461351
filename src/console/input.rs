//! The thread that reads the console's input and hands it to the guest, no faster than the guest takes it.
//!
//! A terminal is read even while the guest takes nothing, so that Ctrl-A x always works; what a person types ahead of it beyond
//! [`TYPE_AHEAD`] bytes is lost, with a bell. Of a pipe or a file nothing is lost: it is read when there is room.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use rustix::termios::{isatty, tcgetwinsize};

use super::keys::{Event, Keys};

/// How many bytes wait for the guest.
const TYPE_AHEAD: usize = 4096;
/// How many bytes go to the guest at once.
const CHUNK: usize = 256;
/// How often a terminal's size is looked at, where the guest hears of it.
const MEASURE: Duration = Duration::from_millis(500);
/// How often a guest that has not taken its bytes is looked at: soon at first, seldom after a while.
const LOOKS: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(50)];
/// How long the end waits for the thread: it may be saying something that nobody reads.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells whether bytes have been taken, each time it is asked.
pub type Taken = Box<dyn Fn() -> bool + Send>;

/// Where input goes.
pub trait Guest: Send {
    /// These bytes are next.
    fn send(&mut self, bytes: Vec<u8>) -> Taken;

    /// Something that is not bytes, and not the monitor.
    fn event(&mut self, event: Event);

    /// Whether it hears how large the terminal is.
    fn is_measured(&self) -> bool {
        false
    }

    /// The terminal has so many columns and rows.
    fn resized(&mut self, columns: u16, rows: u16) {
        let _ = (columns, rows);
    }

    /// The person wants the monitor. On a terminal this returns when they want the console again.
    fn monitor(&mut self, terminal: bool);

    /// What is typed at the monitor where there is no terminal; answers what was typed after they wanted the console again.
    fn typed<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]>;
}

/// The running thread. Dropping this stops and joins it.
pub struct InputThread {
    stop: Arc<OwnedFd>,
    away: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl InputThread {
    /// Reads `from` until its end; `keys` says whether Ctrl-A is the emulator's own.
    pub fn start(from: impl AsFd + Send + 'static, keys: bool, guest: impl Guest + 'static) -> io::Result<InputThread> {
        let stop = Arc::new(eventfd(0, EventfdFlags::CLOEXEC)?);
        let pump = Pump {
            terminal: isatty(&from),
            keys: keys.then(Keys::default),
            waiting: VecDeque::new(),
            taken: None,
            looks: 0,
            ended: false,
            at_monitor: false,
            size: (0, 0),
            away: Arc::default(),
            guest,
        };
        let away = pump.away.clone();
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("console-input".into()).spawn(move || {
            if let Err(error) = pump.run(from.as_fd(), &stopped) {
                tracing::warn!(%error, "the console has no input any more");
            }
        })?;
        Ok(InputThread { stop, away, thread: Some(thread) })
    }
}

impl Drop for InputThread {
    fn drop(&mut self) {
        let told = rustix::io::write(&*self.stop, &1u64.to_ne_bytes());
        let Some(thread) = self.thread.take().filter(|_| told.is_ok()) else { return };
        // A person at the monitor, who types nothing or reads nothing, holds up nobody: the terminal is put back, and the thread ends with the process.
        let since = Instant::now();
        while !thread.is_finished() {
            if self.away.load(Ordering::Acquire) || since.elapsed() > PATIENCE {
                return;
            }
            std::thread::sleep(LOOKS[0]);
        }
        if thread.join().is_err() {
            tracing::error!("the console's input thread has panicked");
        }
    }
}

struct Pump<G> {
    terminal: bool,
    keys: Option<Keys>,
    /// Read, and not yet sent.
    waiting: VecDeque<u8>,
    /// Sent, and not yet taken.
    taken: Option<Taken>,
    looks: usize,
    ended: bool,
    /// What is typed is the monitor's: never on a terminal, where [`Guest::monitor`] reads by itself.
    at_monitor: bool,
    /// Columns and rows of the terminal, as the guest has heard.
    size: (u16, u16),
    /// The person is at the monitor, and this thread waits for them.
    away: Arc<AtomicBool>,
    guest: G,
}

impl<G: Guest> Pump<G> {
    fn run(mut self, from: impl AsFd, stop: &OwnedFd) -> io::Result<()> {
        loop {
            self.send();
            self.measure(&from);
            if self.ended && self.taken.is_none() {
                return Ok(());
            }
            let reads = !self.ended && (self.terminal || self.waiting.len() < TYPE_AHEAD);
            let wanted = if reads { PollFlags::IN } else { PollFlags::empty() };
            let mut fds = [PollFd::new(stop, PollFlags::IN), PollFd::new(&from, wanted)];
            // A stream that has ended stays ready for ever: it is not looked at any more, so nothing spins.
            let watched = if reads { &mut fds[..] } else { &mut fds[..1] };
            match poll(watched, self.timeout().as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            if !fds[0].revents().is_empty() {
                return Ok(());
            }
            if reads && !fds[1].revents().is_empty() {
                self.read(&from)?;
            }
        }
    }

    /// Sends what waits, once the guest has taken what was sent.
    fn send(&mut self) {
        match &self.taken {
            Some(taken) if !taken() => return,
            _ => self.taken = None,
        }
        if !self.waiting.is_empty() {
            let next = self.waiting.len().min(CHUNK);
            self.taken = Some(self.guest.send(self.waiting.drain(..next).collect()));
            self.looks = 0;
        }
    }

    fn timeout(&mut self) -> Option<Timespec> {
        if self.taken.is_none() {
            let measured = self.terminal && self.guest.is_measured();
            return measured.then(|| Timespec::try_from(MEASURE).ok()).flatten();
        }
        let look = LOOKS[usize::from(self.looks > 100)];
        self.looks += 1;
        Timespec::try_from(look).ok()
    }

    /// Tells the guest how large the terminal is, when that has changed.
    fn measure(&mut self, from: impl AsFd) {
        if !self.terminal || self.ended || !self.guest.is_measured() {
            return;
        }
        // A terminal that cannot say, or was hung up, keeps the size that it had.
        let Ok(now) = tcgetwinsize(from) else { return };
        if self.size != (now.ws_col, now.ws_row) {
            self.size = (now.ws_col, now.ws_row);
            self.guest.resized(now.ws_col, now.ws_row);
        }
    }

    fn read(&mut self, from: impl AsFd) -> io::Result<()> {
        let mut buffer = [0; 1024];
        // Of a person's keys one at a time: what follows the one that asks for the monitor is the monitor's to read.
        let most = if self.terminal && self.keys.is_some() { 1 } else { buffer.len() };
        let bytes = match rustix::io::read(from, &mut buffer[..most]) {
            Ok(0) => {
                self.ended = true;
                return Ok(());
            }
            Ok(count) => &buffer[..count],
            Err(Errno::INTR | Errno::AGAIN) => return Ok(()),
            // A terminal that was hung up.
            Err(Errno::IO) => {
                self.ended = true;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        match &mut self.keys {
            None => self.queue(bytes.to_vec()),
            Some(keys) => {
                for event in keys.feed(bytes) {
                    match event {
                        Event::Bytes(bytes) => self.typed(&bytes),
                        Event::Monitor => self.monitor(),
                        other => self.guest.event(other),
                    }
                }
            }
        }
        Ok(())
    }

    fn typed(&mut self, bytes: &[u8]) {
        match self.at_monitor {
            false => self.queue(bytes.to_vec()),
            true => {
                if let Some(rest) = self.guest.typed(bytes) {
                    self.at_monitor = false;
                    self.queue(rest.to_vec());
                }
            }
        }
    }

    /// To the monitor, or back.
    fn monitor(&mut self) {
        if self.terminal {
            self.away.store(true, Ordering::Release);
            self.guest.monitor(true);
            self.away.store(false, Ordering::Release);
        } else {
            self.at_monitor = !self.at_monitor;
            if self.at_monitor {
                self.guest.monitor(false);
            }
        }
    }

    fn queue(&mut self, bytes: Vec<u8>) {
        let room = if self.terminal { TYPE_AHEAD.saturating_sub(self.waiting.len()) } else { bytes.len() };
        if room < bytes.len() {
            // A terminal that takes no bell misses none.
            drop(std::io::stderr().write_all(b"\x07"));
        }
        self.waiting.extend(bytes.into_iter().take(room));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::AtomicUsize;

    use crossbeam::channel::{Receiver, Sender, unbounded};
    use rustix::fs::{Mode, OFlags, open};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{Winsize, tcsetwinsize};

    use super::*;

    /// A guest that takes a chunk when it is told to, and reports all it gets.
    struct Script {
        got: Sender<Event>,
        may_take: Arc<AtomicUsize>,
        sent: usize,
    }

    impl Guest for Script {
        fn send(&mut self, bytes: Vec<u8>) -> Taken {
            self.event(Event::Bytes(bytes));
            self.sent += 1;
            let (mine, may_take) = (self.sent, self.may_take.clone());
            Box::new(move || may_take.load(Ordering::SeqCst) >= mine)
        }

        fn event(&mut self, event: Event) {
            self.got.send(event).unwrap();
        }

        fn monitor(&mut self, terminal: bool) {
            assert!(!terminal);
            self.event(Event::Monitor);
        }

        /// A full stop leads back.
        fn typed<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
            bytes.iter().position(|&byte| byte == b'.').map(|at| &bytes[at + 1..])
        }
    }

    fn start(keys: bool) -> (UnixStream, InputThread, Receiver<Event>, Arc<AtomicUsize>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (got, events) = unbounded();
        let may_take = Arc::new(AtomicUsize::new(0));
        let thread = InputThread::start(theirs, keys, Script { got, may_take: may_take.clone(), sent: 0 }).unwrap();
        (ours, thread, events, may_take)
    }

    fn next(events: &Receiver<Event>) -> Event {
        events.recv_timeout(Duration::from_secs(120)).expect("an event in time")
    }

    #[test]
    fn input_waits_for_the_guest_and_keys_do_not() {
        let (mut typed, _thread, events, may_take) = start(true);
        typed.write_all(b"a").unwrap();
        assert_eq!(next(&events), Event::Bytes(b"a".to_vec()));
        typed.write_all(b"bc\x01x").unwrap();
        assert_eq!(next(&events), Event::Quit, "a key passes what the guest has not taken");
        typed.write_all(b"d\x01h").unwrap();
        assert_eq!(next(&events), Event::Help);
        may_take.store(1, Ordering::SeqCst);
        assert_eq!(next(&events), Event::Bytes(b"bcd".to_vec()));
    }

    #[test]
    fn what_is_typed_at_the_monitor_is_not_the_guests() {
        let (mut typed, _thread, events, may_take) = start(true);
        may_take.store(usize::MAX, Ordering::SeqCst);
        typed.write_all(b"a\x01cinfo\rmore.b").unwrap();
        assert_eq!(next(&events), Event::Monitor);
        assert_eq!(next(&events), Event::Bytes(b"ab".to_vec()));
        typed.write_all(b"\x01cinfo\x01cd").unwrap();
        assert_eq!(next(&events), Event::Monitor);
        assert_eq!(next(&events), Event::Bytes(b"d".to_vec()));
    }

    #[test]
    fn without_keys_every_byte_is_the_guests() {
        let (mut typed, _thread, events, _) = start(false);
        typed.write_all(b"\x01x").unwrap();
        assert_eq!(next(&events), Event::Bytes(b"\x01x".to_vec()));
    }

    #[test]
    fn nothing_of_a_stream_is_lost_and_its_end_stops_only_the_thread() {
        let (mut typed, thread, events, may_take) = start(true);
        let data: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8 | 2).collect();
        let want = data.clone();
        let writer = std::thread::spawn(move || typed.write_all(&data));
        may_take.store(usize::MAX, Ordering::SeqCst);
        let mut got = Vec::new();
        while got.len() < want.len() {
            let Event::Bytes(bytes) = next(&events) else { panic!("a key") };
            got.extend(bytes);
        }
        assert!(got == want);
        writer.join().unwrap().unwrap();
        assert!(events.recv_timeout(Duration::from_secs(10)).is_err(), "the thread has ended and sends nothing");
        drop(thread);
    }

    /// Reports sizes alone.
    struct Measured(Sender<(u16, u16)>);

    impl Guest for Measured {
        fn send(&mut self, _: Vec<u8>) -> Taken {
            Box::new(|| true)
        }

        fn event(&mut self, _: Event) {}

        fn is_measured(&self) -> bool {
            true
        }

        fn resized(&mut self, columns: u16, rows: u16) {
            self.0.send((columns, rows)).unwrap();
        }

        fn monitor(&mut self, _: bool) {}

        fn typed<'a>(&mut self, _: &'a [u8]) -> Option<&'a [u8]> {
            None
        }
    }

    #[test]
    fn a_guest_that_hears_of_it_is_told_how_large_the_terminal_is() {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let program = open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let size = |columns, rows| Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&person, size(80, 24)).unwrap();
        let (told, sizes) = unbounded();
        let _thread = InputThread::start(program, true, Measured(told)).unwrap();
        let next = || sizes.recv_timeout(Duration::from_secs(120)).expect("a size in time");
        assert_eq!(next(), (80, 24));
        tcsetwinsize(&person, size(132, 50)).unwrap();
        assert_eq!(next(), (132, 50));
        assert!(sizes.try_recv().is_err(), "told once");
    }

    /// Says something to somebody who does not read it, until the other channel closes.
    struct Stuck(Sender<()>, Receiver<()>);

    impl Guest for Stuck {
        fn send(&mut self, _: Vec<u8>) -> Taken {
            Box::new(|| true)
        }

        fn event(&mut self, _: Event) {
            self.0.send(()).unwrap();
            assert!(self.1.recv().is_err());
        }

        fn monitor(&mut self, _: bool) {}

        fn typed<'a>(&mut self, _: &'a [u8]) -> Option<&'a [u8]> {
            None
        }
    }

    #[test]
    fn a_thread_that_nobody_reads_from_is_left_behind() {
        let (mut typed, theirs) = UnixStream::pair().unwrap();
        let ((says, said), (reads, read)) = (unbounded(), unbounded::<()>());
        let thread = InputThread::start(theirs, true, Stuck(says, read)).unwrap();
        typed.write_all(b"\x01h").unwrap();
        said.recv_timeout(Duration::from_secs(120)).unwrap();
        drop(thread);
        drop(reads);
    }

    #[test]
    fn a_thread_in_a_wait_stops_at_once() {
        let (_typed, thread, ..) = start(true);
        let before = Instant::now();
        drop(thread);
        assert!(before.elapsed() < Duration::from_secs(60));
    }
}
