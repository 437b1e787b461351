//! Between the UART and the host's console: one thread writes what the guest prints, one reads what it is sent.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use manyhart_devices::uart::{self, Output, UartMessage};
use manyhart_devices::virtio::console::ConsoleHandle;
use manyhart_runtime::actor::Poster;

use super::{Event, MachineError};
use crate::console::{self, HELP, InputThread, Patient, RawMode, Serial, Taken};
use crate::control::Control;
use crate::control::monitor::{Next, Person};
use crate::output;

/// How long the end of a run waits for a host that takes nothing of the last output.
const LAST_OUTPUT: Duration = Duration::from_secs(5);
/// What is written at once: a slow reader is seen to read, and a pipe with room takes that much without blocking.
const PORTION: usize = 4096;

/// Where output goes.
pub enum Target {
    /// A file, a terminal, a pipe.
    File(File),
    /// Nowhere.
    Null,
}

impl Target {
    /// Opens what `serial` names; a file is emptied.
    pub fn open(serial: &Serial) -> Result<Target, MachineError> {
        match serial {
            Serial::Null => Ok(Target::Null),
            Serial::File(path) => match File::create(path) {
                Ok(file) => Ok(Target::File(file)),
                Err(error) => Err(MachineError::Write { file: path.clone(), error }),
            },
            // A handle of our own, without the standard library's buffer in between.
            Serial::Stdio { .. } => match rustix::io::dup(rustix::stdio::stdout()) {
                Ok(fd) => Ok(Target::File(fd.into())),
                Err(error) => Err(MachineError::Host { what: "standard output", error: error.into() }),
            },
        }
    }

    /// Another handle to the same place.
    pub fn duplicate(&self) -> Result<Target, MachineError> {
        match self {
            Target::Null => Ok(Target::Null),
            Target::File(file) => match file.try_clone() {
                Ok(file) => Ok(Target::File(file)),
                Err(error) => Err(MachineError::Host { what: "another handle to the console", error }),
            },
        }
    }
}

/// A thread that writes what a device prints.
pub struct Writer {
    thread: JoinHandle<()>,
    done: Receiver<()>,
    written: Arc<AtomicU64>,
}

/// Counts what the host takes.
struct Counted<W> {
    out: W,
    written: Arc<AtomicU64>,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(&buf[..buf.len().min(PORTION)])?;
        // A hint of life, which orders nothing.
        self.written.fetch_add(taken as u64, Ordering::Relaxed);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Writer {
    /// Starts it; `on_room` is called when a device that found no room may go on.
    pub fn spawn(
        name: &str,
        output: Output,
        target: Target,
        on_room: impl Fn() + Send + 'static,
        events: Sender<Event>,
    ) -> Result<Writer, MachineError> {
        let (finished, done) = bounded(1);
        let written = Arc::new(AtomicU64::new(0));
        let counter = written.clone();
        let body = move || {
            let copied = match target {
                Target::File(file) => output.write_to(Counted { out: Patient(file), written: counter }, on_room),
                Target::Null => output.write_to(io::sink(), on_room),
            };
            if let Err(error) = copied
                && events.send(Event::ConsoleFailed(error)).is_err()
            {
                tracing::debug!("the console failed after the machine's end");
            }
            drop(finished);
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(body);
        let thread = thread.map_err(|error| MachineError::Host { what: "a thread", error })?;
        Ok(Writer { thread, done, written })
    }

    /// Waits until all is written, or the host has taken nothing for too long; the devices have finished their sinks.
    pub fn finish(self) {
        let mut before = self.written.load(Ordering::Relaxed);
        // Nothing is ever sent: the channel closes.
        while self.done.recv_timeout(LAST_OUTPUT) == Err(RecvTimeoutError::Timeout) {
            let now = self.written.load(Ordering::Relaxed);
            if now == before {
                return tracing::warn!("the console does not take the last output");
            }
            before = now;
        }
        if self.thread.join().is_err() {
            tracing::error!("a console thread has panicked");
        }
    }
}

/// The console's input and the terminal's mode. Dropping this ends the one and puts back the other.
pub struct Input {
    _thread: InputThread,
    _raw: Option<RawMode>,
}

impl Input {
    /// Connects standard input, where `end` is connected to it.
    pub fn start(
        end: &Serial,
        port: Port,
        events: Sender<Event>,
        control: &Control,
    ) -> Result<Option<Input>, MachineError> {
        let Serial::Stdio { keys } = *end else { return Ok(None) };
        let raw = RawMode::enter(!keys).map_err(|error| MachineError::Host { what: "its terminal", error })?;
        let guest = Typed { port, events, person: Person::new(control.clone()) };
        let thread = InputThread::start(rustix::stdio::stdin(), keys, guest)
            .map_err(|error| MachineError::Host { what: "a thread", error })?;
        Ok(Some(Input { _thread: thread, _raw: raw }))
    }
}

/// What a guest is typed to on.
pub enum Port {
    /// The UART.
    Uart(Poster<UartMessage>),
    /// A virtio console.
    Virtio(ConsoleHandle),
}

impl Port {
    fn send(&self, bytes: Vec<u8>) -> uart::Taken {
        match self {
            Port::Virtio(console) => console.input(bytes),
            Port::Uart(uart) => {
                let (message, taken) = UartMessage::input(bytes);
                // A UART that is gone takes the message with it, and that reads as taken.
                if !uart.post(message) {
                    tracing::debug!("input for a UART that is gone");
                }
                taken
            }
        }
    }

    /// A virtio console has no line that could break.
    fn line_break(&self) {
        match self {
            Port::Uart(uart) if !uart.post(UartMessage::line_break()) => {
                tracing::debug!("a break for a UART that is gone");
            }
            Port::Uart(_) | Port::Virtio(_) => {}
        }
    }
}

/// A port as the input thread sees it.
struct Typed {
    port: Port,
    events: Sender<Event>,
    person: Person,
}

impl console::Guest for Typed {
    fn send(&mut self, bytes: Vec<u8>) -> Taken {
        let taken = self.port.send(bytes);
        Box::new(move || taken.wait_timeout(Duration::ZERO))
    }

    fn event(&mut self, event: console::Event) {
        match event {
            console::Event::Quit if self.events.send(Event::Quit).is_err() => tracing::debug!("leaving already"),
            console::Event::Quit => {}
            console::Event::Break => self.port.line_break(),
            console::Event::Help => output::note(&HELP),
            console::Event::Monitor => self.monitor(false),
            console::Event::Bytes(bytes) => drop(self.send(bytes)),
        }
    }

    fn is_measured(&self) -> bool {
        matches!(self.port, Port::Virtio(_))
    }

    /// A serial line does not know of sizes.
    fn resized(&mut self, columns: u16, rows: u16) {
        if let Port::Virtio(console) = &self.port {
            console.resize(columns, rows);
        }
    }

    fn monitor(&mut self, terminal: bool) {
        if terminal {
            console::with_old_modes(|| self.person.converse());
        } else {
            self.person.greet();
        }
    }

    fn typed<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        match self.person.take(bytes) {
            (Next::Console, rest) => Some(rest),
            (Next::Stay, _) => None,
        }
    }
}
