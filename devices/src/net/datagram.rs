//! One frame in one datagram, over UDP or between sockets in the file system. There is no connection: the wire is always up, and what nobody
//! receives is lost.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use super::{LONGEST_FRAME, NetBackend};

/// Where datagrams go, or come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatagramAddress {
    /// A socket in the file system.
    Unix(PathBuf),
    /// Host and port.
    Inet(String, u16),
}

enum Socket {
    /// To whoever is at the path at the time; connected to it, so that the socket becomes writable when there is room.
    Unix {
        socket: UnixDatagram,
        local: Option<PathBuf>,
        remote: Option<PathBuf>,
        connected: bool,
    },
    Udp {
        socket: UdpSocket,
        remote: SocketAddr,
    },
}

/// Frames as datagrams.
pub struct Datagrams(Socket);

impl Datagrams {
    /// Receives at `local`, sends to `remote`. Both of a kind.
    pub fn open(local: &DatagramAddress, remote: &DatagramAddress) -> io::Result<Datagrams> {
        match (local, remote) {
            (DatagramAddress::Unix(local), DatagramAddress::Unix(remote)) => {
                if std::fs::symlink_metadata(local).is_ok_and(|found| found.file_type().is_socket()) {
                    std::fs::remove_file(local)?;
                }
                let socket = UnixDatagram::bind(local)?;
                socket.set_nonblocking(true)?;
                let (local, remote) = (Some(local.clone()), Some(remote.clone()));
                Ok(Datagrams(Socket::Unix { socket, local, remote, connected: false }))
            }
            (DatagramAddress::Inet(host, port), DatagramAddress::Inet(to, to_port)) => {
                let socket = UdpSocket::bind((host.as_str(), *port))?;
                socket.set_nonblocking(true)?;
                let is_ipv4 = socket.local_addr()?.is_ipv4();
                let remote = (to.as_str(), *to_port).to_socket_addrs()?.find(|to| to.is_ipv4() == is_ipv4);
                Ok(Datagrams(Socket::Udp { socket, remote: remote.ok_or(ErrorKind::AddrNotAvailable)? }))
            }
            _ => Err(io::Error::new(ErrorKind::InvalidInput, "a local and a remote address of different kinds")),
        }
    }

    /// Over one end of a pair.
    pub fn over(socket: UnixDatagram) -> io::Result<Datagrams> {
        socket.set_nonblocking(true)?;
        Ok(Datagrams(Socket::Unix { socket, local: None, remote: None, connected: true }))
    }

    /// Where it receives, if at a port.
    pub fn port(&self) -> Option<u16> {
        match &self.0 {
            Socket::Udp { socket, .. } => socket.local_addr().ok().map(|address| address.port()),
            Socket::Unix { .. } => None,
        }
    }
}

/// Sends; connects first where that is to be done.
fn send_unix(socket: &UnixDatagram, remote: Option<&Path>, connected: &mut bool, frame: &[u8]) -> io::Result<()> {
    if let (false, Some(remote)) = (*connected, remote) {
        socket.connect(remote)?;
        *connected = true;
    }
    let sent = socket.send(frame);
    if sent.as_ref().is_err_and(|error| error.kind() != ErrorKind::WouldBlock) {
        // Whoever was there is gone; perhaps somebody else comes to the same place.
        *connected = remote.is_none();
    }
    sent.map(drop)
}

impl NetBackend for Datagrams {
    fn is_up(&self) -> bool {
        true
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(match &self.0 {
            Socket::Unix { socket, .. } => socket.as_fd(),
            Socket::Udp { socket, .. } => socket.as_fd(),
        })
    }

    fn receive(&mut self, frame: &mut Vec<u8>) -> bool {
        frame.resize(LONGEST_FRAME, 0);
        loop {
            let received = match &self.0 {
                Socket::Unix { socket, .. } => socket.recv(frame),
                Socket::Udp { socket, .. } => socket.recv(frame),
            };
            match received {
                Ok(len) => {
                    frame.truncate(len);
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                // That a frame of ours met nobody is told here.
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::Interrupted) => {}
                Err(error) => {
                    tracing::warn!("frames cannot be received: {error}");
                    return false;
                }
            }
        }
    }

    fn send(&mut self, frame: &[u8]) -> bool {
        let sent = match &mut self.0 {
            Socket::Unix { socket, remote, connected, .. } => send_unix(socket, remote.as_deref(), connected, frame),
            Socket::Udp { socket, remote } => socket.send_to(frame, *remote).map(drop),
        };
        !sent.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        if let Socket::Unix { local: Some(path), .. } = &self.0
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::debug!("{}: {error}", path.display());
        }
    }
}
