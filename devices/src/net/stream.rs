//! Frames over a stream to one peer: each is preceded by its length, four bytes, most significant first. Others speak the same: QEMU's
//! `-netdev stream` and `-netdev socket`, and user-mode networks such as passt.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{LONGEST_FRAME, NetBackend};

/// How many bytes wait for the peer before the next frame has to.
const MOST_OUTPUT: usize = 256 << 10;
/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_secs(1);

/// Where a peer is, or is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamAddress {
    /// A socket in the file system.
    Unix(PathBuf),
    /// Host and port.
    Inet(String, u16),
}

/// A connection, whatever it is made of.
trait Socket: Read + Write + AsFd + Send {}

impl<S: Read + Write + AsFd + Send> Socket for S {}

enum Listener {
    Unix(UnixListener, PathBuf),
    Tcp(TcpListener),
}

/// What to do without a connection.
enum Way {
    /// Take whoever comes.
    Listen(Listener),
    /// Look for the peer again after so long.
    Connect(StreamAddress, Duration),
    /// Stay alone.
    Over,
}

/// A stream of frames.
pub struct Stream {
    way: Way,
    connection: Option<Box<dyn Socket>>,
    retry_at: Option<Instant>,
    input: Input,
    output: VecDeque<u8>,
}

impl Stream {
    /// Waits for a peer at `address`, and after it for the next one.
    pub fn listen(address: &StreamAddress) -> io::Result<Stream> {
        let listener = match address {
            StreamAddress::Unix(path) => {
                // One that an earlier run has left.
                if std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
                    std::fs::remove_file(path)?;
                }
                let listener = UnixListener::bind(path)?;
                listener.set_nonblocking(true)?;
                Listener::Unix(listener, path.clone())
            }
            StreamAddress::Inet(host, port) => {
                let listener = TcpListener::bind((host.as_str(), *port))?;
                listener.set_nonblocking(true)?;
                Listener::Tcp(listener)
            }
        };
        Ok(Stream::new(Way::Listen(listener), None))
    }

    /// Connects to the peer at `address`. With `again`, the peer need not be there yet, and is looked for each time it is lost.
    pub fn connect(address: &StreamAddress, again: Option<Duration>) -> io::Result<Stream> {
        match (connect(address), again) {
            (Ok(socket), Some(pause)) => Ok(Stream::new(Way::Connect(address.clone(), pause), Some(socket))),
            (Ok(socket), None) => Ok(Stream::new(Way::Over, Some(socket))),
            (Err(error), Some(pause)) => {
                tracing::info!("no network peer at {address:?} yet: {error}");
                let mut stream = Stream::new(Way::Connect(address.clone(), pause), None);
                stream.retry_at = Some(Instant::now() + pause);
                Ok(stream)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Over a connection that is there.
    pub fn over(socket: UnixStream) -> io::Result<Stream> {
        socket.set_nonblocking(true)?;
        Ok(Stream::new(Way::Over, Some(Box::new(socket))))
    }

    /// Where it listens, if at a port.
    pub fn port(&self) -> Option<u16> {
        match &self.way {
            Way::Listen(Listener::Tcp(listener)) => listener.local_addr().ok().map(|address| address.port()),
            _ => None,
        }
    }

    fn new(way: Way, connection: Option<Box<dyn Socket>>) -> Stream {
        Stream { way, connection, retry_at: None, input: Input::default(), output: VecDeque::new() }
    }

    /// The peer is gone, or speaks something else.
    fn lose(&mut self, why: &dyn std::fmt::Display) {
        tracing::info!("a network peer is gone: {why}");
        self.connection = None;
        self.input = Input::default();
        self.output.clear();
        if let Way::Connect(_, pause) = &self.way {
            self.retry_at = Some(Instant::now() + *pause);
        }
    }

    fn accept(&mut self) {
        let Way::Listen(listener) = &self.way else { return };
        let accepted: io::Result<Box<dyn Socket>> = match listener {
            Listener::Unix(listener, _) => listener.accept().and_then(|(socket, _)| {
                socket.set_nonblocking(true)?;
                Ok(Box::new(socket) as Box<dyn Socket>)
            }),
            Listener::Tcp(listener) => listener.accept().and_then(|(socket, _)| tcp(socket)),
        };
        match accepted {
            Ok(socket) => self.connection = Some(socket),
            Err(error) if is_later(&error) => {}
            Err(error) => tracing::warn!("a network peer could not be taken: {error}"),
        }
    }
}

fn tcp(socket: TcpStream) -> io::Result<Box<dyn Socket>> {
    socket.set_nodelay(true)?;
    socket.set_nonblocking(true)?;
    Ok(Box::new(socket))
}

fn connect(address: &StreamAddress) -> io::Result<Box<dyn Socket>> {
    match address {
        StreamAddress::Unix(path) => {
            let socket = UnixStream::connect(path)?;
            socket.set_nonblocking(true)?;
            Ok(Box::new(socket))
        }
        StreamAddress::Inet(host, port) => {
            let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
            for address in (host.as_str(), *port).to_socket_addrs()? {
                match TcpStream::connect_timeout(&address, CONNECTING) {
                    Ok(socket) => return tcp(socket),
                    Err(error) => last = error,
                }
            }
            Err(last)
        }
    }
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

impl NetBackend for Stream {
    fn is_up(&self) -> bool {
        self.connection.is_some()
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        match (&self.connection, &self.way) {
            (Some(socket), _) => Some(socket.as_fd()),
            (None, Way::Listen(Listener::Unix(listener, _))) => Some(listener.as_fd()),
            (None, Way::Listen(Listener::Tcp(listener))) => Some(listener.as_fd()),
            (None, _) => None,
        }
    }

    fn receive(&mut self, frame: &mut Vec<u8>) -> bool {
        if self.connection.is_none() {
            self.accept();
        }
        loop {
            match self.input.next(frame) {
                Ok(true) => return true,
                Ok(false) => {}
                Err(length) => {
                    self.lose(&format_args!("a frame of {length} bytes is none"));
                    return false;
                }
            }
            let Some(socket) = &mut self.connection else { return false };
            match self.input.fill(socket) {
                Ok(0) => self.lose(&"it has closed the connection"),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_later(&error) => return false,
                Err(error) => self.lose(&error),
            }
        }
    }

    fn send(&mut self, frame: &[u8]) -> bool {
        if self.connection.is_none() || frame.len() > LONGEST_FRAME {
            // Nobody there, nobody hears it.
            return true;
        }
        if self.output.len() > MOST_OUTPUT {
            return false;
        }
        self.output.extend((frame.len() as u32).to_be_bytes());
        self.output.extend(frame);
        self.output();
        true
    }

    fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    fn output(&mut self) {
        while let (false, Some(socket)) = (self.output.is_empty(), &mut self.connection) {
            match socket.write(self.output.as_slices().0) {
                Ok(0) => self.lose(&"it takes nothing"),
                Ok(written) => drop(self.output.drain(..written)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_later(&error) => return,
                Err(error) => self.lose(&error),
            }
        }
    }

    fn retry(&mut self) -> Option<Duration> {
        let Way::Connect(address, pause) = &self.way else { return None };
        let left = self.retry_at?.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            return Some(left);
        }
        match connect(address) {
            Ok(socket) => {
                (self.connection, self.retry_at) = (Some(socket), None);
                None
            }
            Err(_) => {
                self.retry_at = Some(Instant::now() + *pause);
                Some(*pause)
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Way::Listen(Listener::Unix(_, path)) = &self.way
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::debug!("{}: {error}", path.display());
        }
    }
}

/// Bytes that came, on their way to frames.
#[derive(Default)]
struct Input {
    bytes: Vec<u8>,
    taken: usize,
}

impl Input {
    /// Reads more, at most a frame's worth beyond what is there.
    fn fill(&mut self, socket: &mut impl Read) -> io::Result<usize> {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        let before = self.bytes.len();
        self.bytes.resize(before + LONGEST_FRAME, 0);
        let read = socket.read(&mut self.bytes[before..]);
        self.bytes.truncate(before + read.as_ref().map_or(0, |read| *read));
        read
    }

    /// The next whole frame; an error is a length that no frame has.
    fn next(&mut self, frame: &mut Vec<u8>) -> Result<bool, u32> {
        let waiting = &self.bytes[self.taken..];
        let Some((length, rest)) = waiting.split_first_chunk::<4>() else { return Ok(false) };
        let length = u32::from_be_bytes(*length);
        if length as usize > LONGEST_FRAME {
            return Err(length);
        }
        let Some(bytes) = rest.get(..length as usize) else { return Ok(false) };
        frame.clear();
        frame.extend_from_slice(bytes);
        self.taken += 4 + length as usize;
        Ok(true)
    }
}
