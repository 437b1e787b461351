//! SIGINT, SIGTERM and SIGHUP: the first ends the run cleanly, the second at once.

use std::io;

use crossbeam::channel::Sender;
use parking_lot::Mutex;

use super::{Event, MachineError};
use crate::console::restore_terminal;

/// The exit status after a second signal: 128 + SIGINT, as shells count.
const AT_ONCE: i32 = 130;

enum Handler {
    NotInstalled,
    /// The next signal is sent here.
    First(Sender<Event>),
    /// The next signal ends the process.
    Second,
}

/// One for the process, because handlers are.
static HANDLER: Mutex<Handler> = Mutex::new(Handler::NotInstalled);

/// From now on the next signal becomes an event of this run.
pub fn listen(events: Sender<Event>) -> Result<(), MachineError> {
    let before = std::mem::replace(&mut *HANDLER.lock(), Handler::First(events));
    match before {
        // ctrlc runs this on a thread of its own, so it may lock and print.
        Handler::NotInstalled => ctrlc::set_handler(on_signal)
            .map_err(|error| MachineError::Host { what: "a signal handler", error: io::Error::other(error) }),
        _ => Ok(()),
    }
}

fn on_signal() {
    let handler = std::mem::replace(&mut *HANDLER.lock(), Handler::Second);
    let heard = matches!(handler, Handler::First(events) if events.send(Event::Quit).is_ok());
    if !heard {
        restore_terminal();
        std::process::exit(AT_ONCE);
    }
}
