//! The thread between a wire and a device: it waits for both, and moves frames through two queues with ends. When the guest takes no more, the
//! thread stops reading, and the host's side backs up; when the host takes no more, the guest's driver waits for its buffers.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};
use manyhart_runtime::EventFd;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::{NetBackend, Netdev};

/// How many frames may wait each way.
const FRAMES: usize = 256;
/// How many frames go one way before the other is looked at.
const TURN: usize = 64;

/// What both sides see.
struct Shared {
    wake: EventFd,
    is_up: AtomicBool,
    ends: AtomicBool,
    /// The device waits for room among outgoing frames.
    device_waits: AtomicBool,
    /// The thread waits for room among incoming frames.
    thread_waits: AtomicBool,
    tell: Box<dyn Fn() + Send + Sync>,
}

/// The device's side. Ends the thread when it is dropped.
pub struct Pump {
    shared: Arc<Shared>,
    outgoing: Sender<Vec<u8>>,
    incoming: Receiver<Vec<u8>>,
    thread: Option<JoinHandle<()>>,
}

impl Pump {
    /// Takes the wire. `tell` is called, on the thread, when there is something new: a frame, room, a carrier that has come or gone.
    pub fn start(netdev: &Netdev, tell: impl Fn() + Send + Sync + 'static) -> io::Result<Pump> {
        let Some(backend) = netdev.take() else {
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another device has the wire"));
        };
        let (outgoing, to_send) = bounded(FRAMES);
        let (received, incoming) = bounded(FRAMES);
        let shared = Arc::new(Shared {
            wake: EventFd::new()?,
            is_up: AtomicBool::new(backend.is_up()),
            ends: AtomicBool::new(false),
            device_waits: AtomicBool::new(false),
            thread_waits: AtomicBool::new(false),
            tell: Box::new(tell),
        });
        let worker = Worker { shared: Arc::clone(&shared), backend, to_send, received, held: None };
        let netdev = netdev.clone();
        let run = move || netdev.put_back(worker.run());
        let thread = std::thread::Builder::new().name("net".to_owned()).spawn(run)?;
        Ok(Pump { shared, outgoing, incoming, thread: Some(thread) })
    }

    /// Whether there is a carrier.
    pub fn is_up(&self) -> bool {
        self.shared.is_up.load(Ordering::Acquire)
    }

    /// Whether a frame can be sent now. If not, the thread tells when one can.
    ///
    /// Here: say that the device waits, then look. There: take a frame, then look whether the device waits. Both sequentially consistent: either
    /// there is room here, or it is told.
    pub fn has_room(&self) -> bool {
        if !self.outgoing.is_full() {
            return true;
        }
        self.shared.device_waits.store(true, Ordering::SeqCst);
        !self.outgoing.is_full()
    }

    /// Sends a frame, if there is room; [`Pump::kick`] after the last one.
    pub fn send(&self, frame: Vec<u8>) {
        match self.outgoing.try_send(frame) {
            Ok(()) => {}
            // A wire may lose a frame. Whoever asks for room first never comes here.
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => tracing::debug!("a frame is lost"),
        }
    }

    /// Has the thread look.
    pub fn kick(&self) {
        if let Err(error) = self.shared.wake.signal() {
            tracing::error!("the network thread cannot be woken: {error}");
        }
    }

    /// The next frame that came.
    pub fn receive(&self) -> Option<Vec<u8>> {
        let frame = self.incoming.try_recv().ok()?;
        if self.shared.thread_waits.swap(false, Ordering::SeqCst) {
            self.kick();
        }
        Some(frame)
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        self.kick();
        let Some(thread) = self.thread.take() else { return };
        // It ends soon, unless the host keeps it in a connection that takes its time.
        let end = Instant::now() + Duration::from_secs(2);
        while !thread.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_micros(50));
        }
        if thread.is_finished() && thread.join().is_err() {
            tracing::error!("a network thread has panicked");
        }
    }
}

/// The thread.
struct Worker {
    shared: Arc<Shared>,
    backend: Box<dyn NetBackend>,
    to_send: Receiver<Vec<u8>>,
    received: Sender<Vec<u8>>,
    /// A frame that the host does not take yet.
    held: Option<Vec<u8>>,
}

impl Worker {
    fn run(mut self) -> Box<dyn NetBackend> {
        while !self.shared.ends.load(Ordering::SeqCst) {
            self.backend.output();
            let more_out = self.send();
            let (more_in, full) = self.receive();
            // Last, since a connection may just have been lost.
            let retry = self.backend.retry();
            self.look_at_carrier();
            let timeout = if more_out || more_in { Some(Duration::ZERO) } else { retry };
            if let Err(error) = self.wait(timeout, full) {
                tracing::error!("a network thread cannot wait: {error}");
                break;
            }
        }
        self.backend
    }

    /// Sends what waits; whether there is more for another turn.
    fn send(&mut self) -> bool {
        for _ in 0..TURN {
            let Some(frame) = self.held.take().or_else(|| self.next()) else { return false };
            if !self.backend.send(&frame) {
                self.held = Some(frame);
                return false;
            }
        }
        true
    }

    fn next(&self) -> Option<Vec<u8>> {
        let frame = self.to_send.try_recv().ok()?;
        if self.shared.device_waits.swap(false, Ordering::SeqCst) {
            (self.shared.tell)();
        }
        Some(frame)
    }

    /// Takes what came: whether there may be more for another turn, and whether the device has to make room first.
    fn receive(&mut self) -> (bool, bool) {
        let mut taken = 0;
        let mut frame = Vec::new();
        let outcome = loop {
            if self.received.is_full() {
                // As in `has_room`, the other way round.
                self.shared.thread_waits.store(true, Ordering::SeqCst);
                break (!self.received.is_full(), true);
            }
            if taken == TURN {
                break (true, false);
            }
            if !self.backend.receive(&mut frame) {
                break (false, false);
            }
            taken += 1;
            if self.received.try_send(std::mem::take(&mut frame)).is_err() {
                break (false, false);
            }
        };
        if taken > 0 {
            (self.shared.tell)();
        }
        outcome
    }

    fn look_at_carrier(&self) {
        let is_up = self.backend.is_up();
        if self.shared.is_up.swap(is_up, Ordering::AcqRel) != is_up {
            (self.shared.tell)();
        }
    }

    /// Waits for the device, the host, or the time.
    fn wait(&self, timeout: Option<Duration>, full: bool) -> io::Result<()> {
        let mut events = PollFlags::empty();
        if !full {
            events |= PollFlags::IN;
        }
        if self.held.is_some() || self.backend.has_output() {
            events |= PollFlags::OUT;
        }
        let wake = PollFd::new(&self.shared.wake, PollFlags::IN);
        // A descriptor of which nothing is wanted stays out: a peer that has hung up would wake us for ever.
        let host = self.backend.fd().filter(|_| !events.is_empty());
        let mut fds: Vec<PollFd<'_>> = vec![wake];
        if let Some(host) = &host {
            fds.push(PollFd::new(host, events));
        }
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => self.shared.wake.take().map(drop),
            Err(error) => Err(error.into()),
        }
    }
}
