//! The life cycle of a machine: build, run, reboot, stop. Harts, the board and the console meet here; what a hart or a device
//! does is decided elsewhere.

mod attend;
mod commits;
mod error;
mod event;
mod hart_thread;
mod htif;
mod life;
mod mtree;
mod planner;
mod signals;
mod signature;
mod spec;
mod summary;
mod wires;

use std::path::Path;
use std::process::ExitCode;

pub use error::MachineError;
pub use event::Event;
pub use hart_thread::HartReport;
pub use life::Machine;
pub use mtree::{MtreeSpec, Parts, Report, print_mtree};
pub use signals::listen as listen_to_signals;
pub use spec::{BoardSpec, RunSpec, SignatureSpec};
pub use summary::Summary;

use crate::cli::fail;
use crate::console::Serial;
use crate::control::Server;
use crate::gdb;
use crate::load::{Firmware, Plan};
use crate::output::{self, OutputError, OutputFile};
pub(crate) use attend::attend;
use planner::PlannedBoard;

/// Runs a guest to its end; the exit status is the guest's.
pub fn run(spec: RunSpec) -> ExitCode {
    let status = match &spec.dump_device_tree {
        Some(file) => dump_device_tree(&spec, file).map(|()| 0),
        None => run_to_end(&spec),
    };
    match status {
        Ok(status) => ExitCode::from(status),
        Err(error) => fail(&error, error.status()),
    }
}

fn run_to_end(spec: &RunSpec) -> Result<u8, MachineError> {
    if spec.control.uses_standard_input() && matches!(spec.serial, Serial::Stdio { .. }) {
        return Err(MachineError::StandardInput);
    }
    let mut machine = Machine::build(spec)?;
    let mut signature = signature_file(spec)?;
    signals::listen(machine.sender())?;
    let mut servers =
        spec.control.serve(machine.control()).map_err(|(place, error)| MachineError::Place { place, error })?;
    for place in &spec.control.debuggers {
        let server = gdb::serve(place, machine.control(), machine.board());
        servers.push(server.map_err(|error| MachineError::Place { place: place.0.clone(), error })?);
    }
    if spec.control.stopped {
        machine.start_stopped()?;
    } else {
        machine.start()?;
    }
    servers.iter_mut().for_each(Server::begin);
    let end = attend(&mut machine, spec.reboots);
    // Clients hear of the end before it.
    drop(servers);
    let signed = match (&end, &spec.signature) {
        (Ok(_), Some(signature)) => machine.signature(signature.granularity)?,
        _ => String::new(),
    };
    // What ended the run is worth more than what went wrong after it.
    let (status, summary) = match (end, machine.stop()) {
        (Err(error), _) | (Ok(_), Err(error)) => return Err(error),
        (Ok(status), Ok(summary)) => (status, summary),
    };
    signature.as_mut().map_or(Ok(()), |file| file.write(&signed))?;
    if spec.summary {
        output::note(&summary);
    }
    Ok(status)
}

/// Where the signature goes, made before anything runs.
fn signature_file(spec: &RunSpec) -> Result<Option<OutputFile>, OutputError> {
    spec.signature.as_ref().map(|signature| OutputFile::create(&signature.file)).transpose()
}

/// Writes the tree that the guest would get. Without a kernel none is needed, and no firmware either.
fn dump_device_tree(spec: &RunSpec, file: &Path) -> Result<(), MachineError> {
    let mut images = spec.images.clone();
    if images.kernel.is_none() && images.firmware == Firmware::Default {
        images.firmware = Firmware::None;
    }
    let plan = Plan::new(&images, &PlannedBoard::new(spec.board))?;
    std::fs::write(file, plan.device_tree).map_err(|error| MachineError::Write { file: file.to_owned(), error })
}
