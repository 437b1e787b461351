//! The thread that owns a running machine: it waits for what happens and for what is asked, and acts, one thing after the other.

use manyhart_devices::finisher::Outcome;
use manyhart_devices::pci::PciEvent;

use super::{Event, Machine, MachineError};
use crate::control::{Cause, Command, ControlError, Notice, Request, RunState};

/// Runs the machine to its end, through reboots where they are allowed, and answers the exit status.
pub fn attend(machine: &mut Machine, reboots: bool) -> Result<u8, MachineError> {
    let ended = loop {
        // The machine itself holds a sender, so the channel never closes.
        let Ok(event) = machine.events().recv() else { break Ok((0, Cause::HostError)) };
        match step(machine, event, reboots) {
            Ok(None) => {}
            Ok(Some(end)) => break Ok(end),
            Err(error) => break Err(error),
        }
    };
    let (status, cause) = ended.as_ref().copied().unwrap_or_else(|error| (error.status(), Cause::HostError));
    machine.control().enter(RunState::Shutdown, Some(Notice::Shutdown { cause, status }));
    ended.map(|(status, _)| status)
}

/// Does what one event wants; answers the exit status and the cause where that is the end.
fn step(machine: &mut Machine, event: Event, reboots: bool) -> Result<Option<(u8, Cause)>, MachineError> {
    let end = match event {
        Event::Outcome(Outcome::Reboot) if reboots => {
            reset(machine, Cause::GuestReset)?;
            return Ok(None);
        }
        Event::Command(request) => {
            obey(machine, request)?;
            return Ok(None);
        }
        Event::Debug(request) => {
            request.carry_out(machine);
            return Ok(None);
        }
        Event::HartStop(stop) => {
            machine.stop_for_debugger(stop)?;
            return Ok(None);
        }
        Event::Pci(event) => {
            if let PciEvent::Deleted { id } = &event {
                machine.control().plugs().gone(id);
            }
            machine.control().tell(&notice(event));
            return Ok(None);
        }
        Event::Outcome(Outcome::PowerOff) => (0, Cause::GuestShutdown),
        Event::Outcome(Outcome::Reboot) => (0, Cause::GuestReset),
        Event::Outcome(Outcome::Fail(code)) => (code, Cause::GuestPanic),
        Event::Exit(code) => (code, Cause::GuestShutdown),
        Event::Quit | Event::Limit(_) => (0, Cause::HostSignal),
        Event::QuitByCommand => (0, Cause::HostQuit),
        Event::ConsoleFailed(error) => return Err(MachineError::Console(error)),
        Event::DeviceFailed(name) => return Err(MachineError::DeviceFailed(name)),
        Event::HartPanicked(id) => return Err(MachineError::Panicked(format!("hart {id}"))),
    };
    Ok(Some(end))
}

fn notice(event: PciEvent) -> Notice {
    match event {
        PciEvent::Deleted { id } => Notice::DeviceDeleted { id },
        PciEvent::UnplugRefused { id, reason } => {
            // For whoever asked at the monitor: there an answer has come already.
            tracing::warn!("the guest keeps {id}: {reason}");
            Notice::UnplugRefused { id, reason }
        }
    }
}

fn reset(machine: &mut Machine, cause: Cause) -> Result<(), MachineError> {
    machine.reboot()?;
    machine.control().tell(&Notice::Reset(cause));
    Ok(())
}

/// Carries a command out. What fails ends the machine; whoever asked hears of it first.
fn obey(machine: &mut Machine, request: Request) -> Result<(), MachineError> {
    let done = match request.command {
        Command::Stop => machine.halt(),
        Command::Continue => {
            machine.resume();
            Ok(())
        }
        Command::Reset => reset(machine, Cause::HostReset),
        Command::Powerdown => {
            request.answer(Err(ControlError::NoPowerButton));
            return Ok(());
        }
    };
    request.answer(done.as_ref().map(|&()| ()).map_err(|error| ControlError::Failed(error.to_string())));
    done
}

#[cfg(test)]
#[path = "attend_tests.rs"]
mod tests;
