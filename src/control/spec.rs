//! What a command line says about control, and the doors that are opened for it.

use std::io;

use super::socket::Place;
use crate::gdb::GdbPlace;

use super::{Control, Server, monitor, qmp};

/// How a machine is to be commanded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ControlSpec {
    /// The machine starts stopped, and waits for `cont`.
    pub stopped: bool,
    /// Where programs come in.
    pub qmp: Vec<Place>,
    /// Where people come in, beside the console's key.
    pub monitors: Vec<Place>,
    /// Where GDB comes in.
    pub debuggers: Vec<GdbPlace>,
}

impl ControlSpec {
    /// Whether standard input is a door.
    pub fn uses_standard_input(&self) -> bool {
        self.qmp.iter().chain(&self.monitors).any(|place| *place == Place::Stdio)
    }

    /// Opens the doors, behind which clients wait for [`Server::begin`]. The servers end when they are dropped.
    pub fn serve(&self, control: &Control) -> Result<Vec<Server>, (Place, io::Error)> {
        let open = |place: &Place, name, serve: fn(&Control, super::Client, &super::End)| {
            let control = control.clone();
            let server = Server::start(place, name, move |client, end| serve(&control, client, end));
            server.map_err(|error| (place.clone(), error))
        };
        let programs = self.qmp.iter().map(|place| open(place, "qmp", qmp::serve));
        let people = self.monitors.iter().map(|place| open(place, "monitor", monitor::serve));
        programs.chain(people).collect()
    }
}
