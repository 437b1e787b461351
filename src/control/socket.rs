//! Where clients come in: a socket in the file system, a TCP port, or standard input and output.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where clients come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A socket in the file system.
    Unix(PathBuf),
    /// A TCP port: `host:port`.
    Tcp(String),
    /// Standard input and output: one client, at once.
    Stdio,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Unix(path) => write!(f, "unix:{}", path.display()),
            Place::Tcp(address) => write!(f, "tcp:{address}"),
            Place::Stdio => f.write_str("stdio"),
        }
    }
}

/// Why a place cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Not a place.
    #[error("'{0}' is not there yet: unix:PATH,server=on,wait=off, tcp:HOST:PORT,server=on,wait=off and stdio are")]
    Unknown(String),
    /// Only a server, and one that starts at once.
    #[error("'{0}' is not there yet: say server=on,wait=off")]
    NotServer(String),
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Place, PlaceError> {
        let (place, options) = text.split_once(',').unwrap_or((text, ""));
        let unknown = || PlaceError::Unknown(text.to_owned());
        let place = match place.split_once(':') {
            Some(("unix", path)) if !path.is_empty() => Place::Unix(path.into()),
            Some(("tcp", address)) if address.contains(':') => Place::Tcp(address.to_owned()),
            None if place == "stdio" && options.is_empty() => return Ok(Place::Stdio),
            _ => return Err(unknown()),
        };
        let (mut server, mut waits) = (false, true);
        for option in options.split(',').filter(|option| !option.is_empty()) {
            match option {
                "server" | "server=on" | "server=yes" => server = true,
                "nowait" | "wait=off" | "wait=no" => waits = false,
                "nodelay" | "nodelay=on" | "nodelay=off" => {}
                _ => return Err(unknown()),
            }
        }
        match server && !waits {
            true => Ok(place),
            false => Err(PlaceError::NotServer(text.to_owned())),
        }
    }
}

/// An open door. Dropping it takes the socket's name away.
#[derive(Debug)]
pub enum Door {
    /// In the file system.
    Unix(UnixListener, PathBuf),
    /// A TCP port.
    Tcp(TcpListener),
}

impl Door {
    /// Opens it. A socket file that nobody listens to any more is replaced.
    pub fn open(place: &Place) -> io::Result<Option<Door>> {
        Ok(match place {
            Place::Unix(path) => {
                remove_if_abandoned(path)?;
                Some(Door::Unix(UnixListener::bind(path)?, path.clone()))
            }
            // ":4444" means every address, as elsewhere.
            Place::Tcp(address) => {
                let any = if address.starts_with(':') { "0.0.0.0" } else { "" };
                Some(Door::Tcp(TcpListener::bind(format!("{any}{address}"))?))
            }
            Place::Stdio => None,
        })
    }

    /// The next client.
    pub fn accept(&self) -> io::Result<OwnedFd> {
        match self {
            Door::Unix(listener, _) => Ok(listener.accept()?.0.into()),
            Door::Tcp(listener) => {
                let stream = listener.accept()?.0;
                stream.set_nodelay(true)?;
                Ok(stream.into())
            }
        }
    }
}

impl AsFd for Door {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Door::Unix(listener, _) => listener.as_fd(),
            Door::Tcp(listener) => listener.as_fd(),
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Door::Unix(_, path) = self
            && let Err(error) = std::fs::remove_file(&*path)
        {
            tracing::debug!(%error, path = %path.display(), "the socket's name stays");
        }
    }
}

fn remove_if_abandoned(path: &Path) -> io::Result<()> {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    let abandoned =
        is_socket && UnixStream::connect(path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    if abandoned { std::fs::remove_file(path) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let unix = || Ok(Place::Unix("/tmp/q".into()));
        let not_server = |text: &str| Err(PlaceError::NotServer(text.into()));
        let unknown = |text: &str| Err(PlaceError::Unknown(text.into()));
        let cases = [
            ("unix:/tmp/q,server=on,wait=off", unix()),
            ("unix:/tmp/q,server,nowait", unix()),
            ("unix:/tmp/q,wait=off,server=on", unix()),
            ("tcp:localhost:4444,server=on,wait=off", Ok(Place::Tcp("localhost:4444".into()))),
            ("tcp::4444,server,nowait", Ok(Place::Tcp(":4444".into()))),
            ("stdio", Ok(Place::Stdio)),
            ("unix:/tmp/q", not_server("unix:/tmp/q")),
            ("unix:/tmp/q,server=on", not_server("unix:/tmp/q,server=on")),
            ("unix:", unknown("unix:")),
            ("tcp:4444,server=on,wait=off", unknown("tcp:4444,server=on,wait=off")),
            ("pty", unknown("pty")),
            ("", unknown("")),
            ("unix:/tmp/q,server=on,wait=off,x=y", unknown("unix:/tmp/q,server=on,wait=off,x=y")),
        ];
        for (text, want) in cases {
            assert_eq!(text.parse(), want, "{text}");
        }
    }

    #[test]
    fn an_abandoned_socket_is_replaced_and_a_used_one_is_not() {
        let path = std::env::temp_dir().join(format!("manyhart-door-{}", std::process::id()));
        let place = Place::Unix(path.clone());
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "abandoned");
        let door = Door::open(&place).unwrap();
        assert_eq!(Door::open(&place).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(door);
        assert!(!path.exists());
        std::fs::write(&path, "precious").unwrap();
        assert!(Door::open(&place).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
        std::fs::remove_file(&path).unwrap();
    }
}
