//! Serves clients at a door, each on a thread of its own, until the machine's end.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Sender, bounded};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use super::socket::{Door, Place};

/// How many clients are served at once at one door; more wait outside.
const CLIENTS: usize = 16;
/// How often a full house looks for a client that has gone.
const LOOK: Duration = Duration::from_millis(100);

/// Becomes readable, and stays so, when everything is to end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct End(Arc<OwnedFd>);

impl End {
    /// Not yet.
    pub fn new() -> io::Result<End> {
        Ok(End(Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)))
    }

    /// Now.
    pub fn tell(&self) {
        if let Err(error) = rustix::io::write(&*self.0, &1u64.to_ne_bytes()) {
            tracing::debug!(%error, "nobody is told of the end");
        }
    }

    /// Waits until `stream` is ready for `wanted`, the end has come, or `limit` is over.
    pub fn wait(&self, stream: &impl AsFd, wanted: PollFlags, limit: Option<Duration>) -> io::Result<Ready> {
        let mut fds = [PollFd::new(stream, wanted), PollFd::new(&*self.0, PollFlags::IN)];
        wait(&mut fds, limit)?;
        // The stream first: what came before the end is still read.
        Ok(match () {
            () if !fds[0].revents().is_empty() => Ready::Stream,
            () if !fds[1].revents().is_empty() => Ready::End,
            () => Ready::Nothing,
        })
    }
}

/// Whether `stream` is ready for `wanted`, or failed, before `limit` is over.
pub fn is_ready(stream: &impl AsFd, wanted: PollFlags, limit: Duration) -> io::Result<bool> {
    let mut fds = [PollFd::new(stream, wanted)];
    wait(&mut fds, Some(limit))?;
    Ok(!fds[0].revents().is_empty())
}

fn wait(fds: &mut [PollFd<'_>], limit: Option<Duration>) -> io::Result<()> {
    let limit = limit.map(|limit| Timespec::try_from(limit).unwrap_or_default());
    match poll(fds, limit.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What a wait has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// The stream may be used, or has failed.
    Stream,
    /// Everything is to end.
    End,
    /// Time is over, or a signal came.
    Nothing,
}

/// A client's two directions.
pub struct Client {
    /// What it says.
    pub input: OwnedFd,
    /// What it hears.
    pub output: OwnedFd,
}

/// A door that is served. Dropping this ends and joins all its threads.
pub struct Server {
    end: End,
    /// Says once that clients are to be served.
    begin: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Opens the door, behind which clients wait for [`Server::begin`]: `serve` runs for each, on its own thread, and returns soon after the end has come.
    pub fn start(
        place: &Place,
        name: &'static str,
        serve: impl Fn(Client, &End) + Send + Sync + 'static,
    ) -> io::Result<Server> {
        let end = End::new()?;
        let (door, ended) = (Door::open(place)?, end.clone());
        let (begin, begins) = bounded(1);
        let body = move || match (begins.recv(), door) {
            (Err(_), _) => tracing::debug!("{name}: closed before it began"),
            (Ok(()), Some(door)) => attend(&door, name, &Arc::new(serve), &ended),
            (Ok(()), None) => match standard_streams() {
                Ok(client) => serve(client, &ended),
                Err(error) => tracing::warn!(%error, "{name}: no standard input and output"),
            },
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(body)?;
        Ok(Server { end, begin: Some(begin), thread: Some(thread) })
    }

    /// Serves: now the machine is what clients take it for.
    pub fn begin(&mut self) {
        if let Some(begin) = self.begin.take()
            && begin.send(()).is_err()
        {
            tracing::debug!("a door whose thread is gone");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end.tell();
        drop(self.begin.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a server's thread has panicked");
        }
    }
}

fn standard_streams() -> io::Result<Client> {
    let (input, output) = (rustix::io::dup(rustix::stdio::stdin())?, rustix::io::dup(rustix::stdio::stdout())?);
    Ok(Client { input, output })
}

fn attend(door: &Door, name: &str, serve: &Arc<impl Fn(Client, &End) + Send + Sync + 'static>, end: &End) {
    let mut clients: Vec<JoinHandle<()>> = Vec::new();
    loop {
        clients.retain(|client| !client.is_finished());
        let full = clients.len() >= CLIENTS;
        // At a full house, and to forget who has gone, look again soon.
        let wanted = if full { PollFlags::empty() } else { PollFlags::IN };
        match end.wait(door, wanted, full.then_some(LOOK)) {
            Ok(Ready::Stream) if !full => {}
            Ok(Ready::End) => break,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(%error, "{name}: no more clients");
                break;
            }
        }
        match door.accept().and_then(|stream| serve_on_a_thread(stream, name, serve, end)) {
            Ok(client) => clients.push(client),
            Err(error) => {
                tracing::warn!(%error, "{name}: a client is turned away");
                // What keeps failing (no file descriptors, say) must not spin.
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
    for client in clients {
        if client.join().is_err() {
            tracing::error!("{name}: a client's thread has panicked");
        }
    }
}

fn serve_on_a_thread(
    stream: OwnedFd,
    name: &str,
    serve: &Arc<impl Fn(Client, &End) + Send + Sync + 'static>,
    end: &End,
) -> io::Result<JoinHandle<()>> {
    rustix::io::ioctl_fionbio(&stream, true)?;
    let client = Client { output: stream.try_clone()?, input: stream };
    let (serve, end) = (Arc::clone(serve), end.clone());
    std::thread::Builder::new().name(format!("{name}-client")).spawn(move || serve(client, &end))
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn who_comes_early_is_served_when_it_begins_and_who_comes_last_at_its_end() {
        let path = std::env::temp_dir().join(format!("manyhart-server-{}", std::process::id()));
        let greet = |client: Client, _: &End| {
            rustix::io::write(&client.output, b"hello").unwrap();
        };
        let mut server = Server::start(&Place::Unix(path.clone()), "test", greet).unwrap();
        let mut early = UnixStream::connect(&path).unwrap();
        early.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let heard = early.read(&mut [0; 5]).unwrap_err().kind();
        assert_eq!(heard, ErrorKind::WouldBlock);
        server.begin();
        early.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut said = String::new();
        early.read_to_string(&mut said).unwrap();
        assert_eq!(said, "hello");
        let mut last = UnixStream::connect(&path).unwrap();
        drop(server);
        said.clear();
        last.read_to_string(&mut said).unwrap();
        assert_eq!(said, "hello");
        assert!(!path.exists());
    }
}
