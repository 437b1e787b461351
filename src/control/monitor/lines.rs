//! The monitor over a stream: a line in, its answer and a prompt out.

use std::io;

use rustix::event::PollFlags;
use rustix::io::Errno;

use super::{execute, is_quit};
use crate::control::outbox::{Gone, Outbox};
use crate::control::server::Ready;
use crate::control::{Client, Control, End};

/// What is said at first.
pub const GREETING: &str = concat!("manyhart ", env!("CARGO_PKG_VERSION"), " monitor: 'help' lists the commands\n");
/// What is said when the next line may come.
pub const PROMPT: &str = "(manyhart) ";
/// How long a line may be.
const MOST_BYTES: usize = 64 << 10;

/// Cuts a stream into lines. What is too long for one is forgotten, and noted.
#[derive(Debug, Default)]
pub struct Lines {
    line: Vec<u8>,
    overlong: bool,
}

/// A line, or what was no line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Without its end.
    Whole(String),
    /// Longer than a line may be.
    TooLong,
}

impl Lines {
    /// Takes the next byte; answers what it completes.
    pub fn feed(&mut self, byte: u8) -> Option<Line> {
        match byte {
            b'\n' | b'\r' => {
                let Lines { line, overlong } = std::mem::take(self);
                let empty = line.is_empty() && !overlong;
                // Of CR LF the second would be an empty line.
                match overlong {
                    true => Some(Line::TooLong),
                    false if empty => None,
                    false => Some(Line::Whole(String::from_utf8_lossy(&line).into_owned())),
                }
            }
            _ if self.line.len() >= MOST_BYTES => {
                self.overlong = true;
                None
            }
            byte => {
                self.line.push(byte);
                None
            }
        }
    }
}

/// What a line gets.
pub fn answer(control: &Control, line: &Line) -> String {
    match line {
        Line::Whole(line) => execute(control, line).text,
        Line::TooLong => format!("a line has at most {MOST_BYTES} bytes\n"),
    }
}

/// Serves one client.
pub fn serve(control: &Control, client: Client, end: &End) {
    let Client { input, output } = client;
    let outbox = match Outbox::start(output, end.clone(), |_| Vec::new()) {
        Ok(outbox) => outbox,
        Err(error) => return tracing::warn!(%error, "a client cannot be served"),
    };
    match converse(control, &outbox, &input, end) {
        Ok(_) => tracing::debug!("a client has gone"),
        Err(error) => tracing::debug!(%error, "a client has failed"),
    }
}

fn converse(
    control: &Control,
    outbox: &Outbox,
    input: &impl std::os::fd::AsFd,
    end: &End,
) -> io::Result<Result<(), Gone>> {
    let mut said = outbox.say(format!("{GREETING}{PROMPT}").into());
    let (mut buffer, mut lines) = ([0; 4096], Lines::default());
    while said == Ok(()) && end.wait(input, PollFlags::IN, None)? != Ready::End {
        let read = match rustix::io::read(input, &mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(Errno::INTR | Errno::AGAIN) => continue,
            Err(error) => return Err(error.into()),
        };
        for line in buffer[..read].iter().filter_map(|&byte| lines.feed(byte)) {
            if matches!(&line, Line::Whole(line) if is_quit(line)) {
                if control.quit().is_err() {
                    tracing::debug!("ending already");
                }
                return Ok(Ok(()));
            }
            said = said.and(outbox.say(format!("{}{PROMPT}", answer(control, &line)).into()));
        }
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_and_bounded() {
        let mut lines = Lines::default();
        let mut all = |bytes: &[u8]| bytes.iter().filter_map(|&byte| lines.feed(byte)).collect::<Vec<_>>();
        let whole = |text: &str| Line::Whole(text.to_owned());
        assert_eq!(all(b"stop\r\ncont\n\n\rqu"), [whole("stop"), whole("cont")]);
        assert_eq!(all(b"it\n"), [whole("quit")]);
        assert_eq!(all(&[vec![b'x'; 3 * MOST_BYTES], b"\nstop\n".to_vec()].concat()), [Line::TooLong, whole("stop")]);
        assert_eq!(all(b"\xff\n"), [whole("\u{fffd}")]);
    }
}
