//! Writing to a stream that somebody else may have made non-blocking.

use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};

/// A stream on which "not now" means to wait. A terminal shared with a program that made it non-blocking is one that says so.
pub struct Patient<W>(pub W);

impl<W: Write + AsFd> Patient<W> {
    fn wait(&self) -> io::Result<()> {
        match poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn insist<T>(&mut self, mut act: impl FnMut(&mut W) -> io::Result<T>) -> io::Result<T> {
        loop {
            match act(&mut self.0) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait()?,
                other => return other,
            }
        }
    }
}

impl<W: Write + AsFd> Write for Patient<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.insist(|inner| inner.write(buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.insist(Write::flush)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_stream_that_does_not_block_is_waited_for() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let data: Vec<u8> = (0..2_000_000u32).map(|i| i as u8).collect();
        let want = data.clone();
        let writer = std::thread::spawn(move || Patient(ours).write_all(&data));
        let mut got = Vec::new();
        theirs.read_to_end(&mut got).unwrap();
        writer.join().unwrap().unwrap();
        assert!(got == want);
    }
}
