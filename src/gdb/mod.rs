//! `--gdb`: GDB's remote protocol. Each hart is a thread; stopping, going on and steps go through [`Control`] as other clients' commands do, so that QMP and the monitor
//! see them too.
//!
//! A breakpoint is no change of memory: harts translate the instruction at its address as one that leaves their loops (`Hart::set_breakpoints`), under whatever
//! translation the address is met; a watchpoint is compared where accesses go that the TLB does not have (`Hart::set_watchpoints`). Memory is looked at through the page tables of the hart that GDB has chosen, without regard for rights; registers of devices are not.
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
use std::time::Duration;

use parking_lot::Mutex;
use rustix::event::PollFlags;

use session::Last;

use crate::board::Board;
use crate::control::{Control, End, Place, PlaceError, Ready, Server, is_ready};

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

/// How often a GDB that comes while another is there looks whether that one has gone, and how many times.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: usize = 100;

/// Opens the door, as [`Server::start`] does. A machine that nobody debugs runs as it does without one.
pub fn serve(place: &GdbPlace, control: &Control, board: &Board) -> io::Result<Server> {
    let (control, banks, seat) = (control.clone(), memory::banks(board), Seat::default());
    Server::start(&place.0, "gdb", move |client, end| {
        match seat.take(&client.input, end) {
            Ok(true) => {}
            Ok(false) => return tracing::warn!("a second GDB is turned away"),
            Err(error) => return tracing::warn!(%error, "GDB cannot be served"),
        }
        let line = client.input.try_clone();
        let last = session::serve(&control, &banks, client, end);
        seat.leave();
        if last == Last::Told
            && let Err(error) = line.and_then(|line| hear_out(&line))
        {
            tracing::debug!(%error, "GDB is not heard out");
        }
    })
}

/// GDB acknowledges the last thing it is told, too, and takes a closed line for a failure.
fn hear_out(line: &OwnedFd) -> io::Result<()> {
    if is_ready(line, PollFlags::IN, session::PATIENCE)? {
        rustix::io::read(line, &mut [0; 16])?;
    }
    Ok(())
}

/// Where one GDB sits: two would take each other's breakpoints out.
#[derive(Default)]
struct Seat(Mutex<Option<OwnedFd>>);

impl Seat {
    /// Sits down, if nobody else sits there, or nobody any more soon: GDB may come again while its last session ends, which takes as long as it takes.
    fn take(&self, line: &OwnedFd, end: &End) -> io::Result<bool> {
        let mut looks = 0;
        while looks < LOOKS {
            {
                let mut seated = self.0.lock();
                match &*seated {
                    None => {
                        *seated = Some(line.try_clone()?);
                        return Ok(true);
                    }
                    Some(other) if has_hung_up(other) => {}
                    Some(_) => looks += 1,
                }
            }
            if end.wait(line, PollFlags::empty(), Some(LOOK))? != Ready::Nothing {
                break;
            }
        }
        Ok(false)
    }

    /// Gets up.
    fn leave(&self) {
        *self.0.lock() = None;
    }
}

/// Whether the other side has closed the line.
fn has_hung_up(line: &OwnedFd) -> bool {
    is_ready(line, PollFlags::RDHUP, Duration::ZERO).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    /// A session whose GDB has gone may take long to end: the next GDB waits for it. One that is still there is not waited for.
    #[test]
    fn a_gdb_waits_for_one_that_has_gone_and_not_for_another() {
        let line = || {
            let (ours, theirs) = UnixStream::pair().unwrap();
            (OwnedFd::from(ours), theirs)
        };
        let (seat, end) = (Seat::default(), End::new().unwrap());
        let [(first, first_gdb), (second, _second_gdb), (third, third_gdb), (fourth, _fourth_gdb)] =
            std::array::from_fn(|_| line());
        assert!(seat.take(&first, &end).unwrap());
        assert!(!seat.take(&second, &end).unwrap(), "the first is there");
        drop(first_gdb);
        std::thread::scope(|scope| {
            let comes = scope.spawn(|| seat.take(&third, &end).unwrap());
            std::thread::sleep(LOOK * LOOKS as u32 * 2);
            seat.leave();
            assert!(comes.join().unwrap(), "the first has gone, and has got up at last");
        });
        drop(third_gdb);
        end.tell();
        assert!(!seat.take(&fourth, &end).unwrap(), "at the end nobody is waited for");
    }

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
