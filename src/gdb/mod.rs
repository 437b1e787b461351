//! `--gdb`: GDB's remote protocol. Each hart is a thread; stopping, going on and steps go through [`Control`] as other clients' commands do, so that QMP and the monitor
//! see them too.
//!
//! A breakpoint is no change of memory: harts translate the instruction at its address as one that leaves their loops (`Hart::set_breakpoints`), under whatever
//! translation the address is met. Memory is looked at through the page tables of the hart that GDB has chosen, without regard for rights; registers of devices are not.
//!
//! The packets are the crate `gdbstub`'s; [`arch`] says which registers there are, [`memory`] where an address leads, [`target`] what GDB may do with the machine,
//! [`session`] when bytes and stops are listened to.

mod arch;
mod memory;
mod session;
mod target;

use std::io;
use std::os::fd::OwnedFd;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::PollFlags;

use session::Last;

use crate::board::Board;
use crate::control::{Client, Control, End, Place, PlaceError, Ready, Server, is_ready};

/// Where GDB comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GdbPlace(pub Place);

/// What `-s` stands for.
pub const USUAL: &str = "tcp::1234";

impl FromStr for GdbPlace {
    type Err = PlaceError;

    /// `tcp:[HOST]:PORT` or `unix:PATH`. Without a host it is this one alone: whoever debugs a guest owns it.
    fn from_str(text: &str) -> Result<GdbPlace, PlaceError> {
        let (place, options) = text.split_once(',').unwrap_or((text, "server=on,wait=off"));
        let local = place.strip_prefix("tcp::").map(|port| format!("tcp:localhost:{port}"));
        match format!("{},{options}", local.as_deref().unwrap_or(place)).parse()? {
            Place::Stdio => Err(PlaceError::Unknown(text.to_owned())),
            place => Ok(GdbPlace(place)),
        }
    }
}

/// How long the line stays open for that.
const LAST_WORD: Duration = Duration::from_secs(2);

/// Opens the door. A machine that nobody debugs runs as it does without one.
pub fn serve(place: &GdbPlace, control: &Control, board: &Board) -> io::Result<Server> {
    let (control, banks, busy) = (control.clone(), memory::banks(board), AtomicBool::new(false));
    Server::start(&place.0, "gdb", move |client, end| {
        if !is_alone(&busy, &client, end) {
            return tracing::warn!("a second GDB is turned away");
        }
        let line = client.input.try_clone();
        let last = session::serve(&control, &banks, client, end);
        busy.store(false, Ordering::Relaxed);
        if last == Last::Told
            && let Err(error) = line.and_then(|line| hear_out(&line))
        {
            tracing::debug!(%error, "GDB is not heard out");
        }
    })
}

/// GDB acknowledges the last thing it is told, too, and takes a closed line for a failure.
fn hear_out(line: &OwnedFd) -> io::Result<()> {
    if is_ready(line, PollFlags::IN, LAST_WORD)? {
        rustix::io::read(line, &mut [0; 16])?;
    }
    Ok(())
}

/// Whether there is no other session, or none any more soon: GDB may come again while its last session ends. Two would take each other's breakpoints out.
fn is_alone(busy: &AtomicBool, client: &Client, end: &End) -> bool {
    for _ in 0..100 {
        // Nothing is handed over by the flag.
        if !busy.swap(true, Ordering::Relaxed) {
            return true;
        }
        let waited = end.wait(&client.input, PollFlags::empty(), Some(Duration::from_millis(10)));
        if !matches!(waited, Ok(Ready::Nothing)) {
            break;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let tcp = |address: &str| Some(Place::Tcp(address.to_owned()));
        let cases = [
            (USUAL, tcp("localhost:1234")),
            ("tcp:0.0.0.0:7", tcp("0.0.0.0:7")),
            ("tcp::7,server=on,wait=off", tcp("localhost:7")),
            ("unix:/tmp/g", Some(Place::Unix("/tmp/g".into()))),
            ("tcp:7", None),
            ("stdio", None),
            ("", None),
            ("tcp::7,server=off", None),
        ];
        for (text, want) in cases {
            assert_eq!(text.parse::<GdbPlace>().ok().map(|place| place.0), want, "{text}");
        }
    }
}
