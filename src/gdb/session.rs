//! One GDB, from its coming to its going: bytes go to the protocol, and what stops the machine goes to GDB.

use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError};
use gdbstub::common::Signal;
use gdbstub::conn::Connection;
use gdbstub::stub::state_machine::GdbStubStateMachine;
use gdbstub::stub::{DisconnectReason, GdbStub, MultiThreadStopReason};
use manyhart_vcpu::WatchHit;
use rustix::event::PollFlags;
use rustix::io::Errno;

use super::memory::Bank;
use super::target::{Debuggee, gdbs_kind, thread};
use crate::control::{Client, Control, ControlError, End, HartStop, Notice, Ready, Stamped};

/// How often a running machine's session listens to the other side.
const LOOK: Duration = Duration::from_millis(5);
/// How long GDB may take to take what it is told.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How a session has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// With something said to GDB, which it is to acknowledge.
    Told,
    /// With nothing said.
    Nothing,
}

/// Serves one GDB. The machine is stopped when it comes and goes on when it goes.
pub fn serve(control: &Control, banks: &[Bank], client: Client, end: &End) -> Last {
    let notices = control.listen();
    let mut debuggee = Debuggee::new(control, banks);
    let outcome = control.stop().map_err(io::Error::other).and_then(|()| {
        let wire = Wire { client, end: end.clone(), incoming: Vec::new(), outgoing: Vec::new() };
        converse(wire, &mut debuggee, control, &notices)
    });
    let last = outcome.unwrap_or_else(|error| {
        tracing::debug!(%error, "GDB's session has failed");
        Last::Nothing
    });
    // Whatever it ended by, a breakpoint or watchpoint that nobody hears of must not stay.
    let freed = control.stop().and_then(|()| debuggee.forget_stops()).and_then(|()| control.cont());
    if let Err(error) = freed {
        tracing::debug!(%error, "the machine does not go on");
    }
    last
}

/// What a session waits for while the machine runs.
enum Happened {
    Byte(u8),
    Stopped(MultiThreadStopReason<u64>),
    /// The other side has gone, or everything ends.
    Over,
}

fn converse(
    wire: Wire,
    debuggee: &mut Debuggee<'_>,
    control: &Control,
    notices: &Receiver<Stamped>,
) -> io::Result<Last> {
    let failed = |error: gdbstub::stub::GdbStubError<ControlError, io::Error>| io::Error::other(error.to_string());
    let stub = GdbStub::builder(wire).build().map_err(io::Error::other)?;
    let mut machine = stub.run_state_machine(debuggee).map_err(failed)?;
    loop {
        machine = match machine {
            GdbStubStateMachine::Idle(mut idle) => match idle.borrow_conn().byte(None)? {
                Next::Byte(byte) => {
                    // What happened before it goes on has been told.
                    notices.try_iter().for_each(drop);
                    idle.incoming_data(debuggee, byte).map_err(failed)?
                }
                _ => return Ok(Last::Nothing),
            },
            GdbStubStateMachine::Running(mut running) => match wait(running.borrow_conn(), control, notices)? {
                Happened::Byte(byte) => running.incoming_data(debuggee, byte).map_err(failed)?,
                Happened::Stopped(reason) => running.report_stop(debuggee, reason).map_err(failed)?,
                Happened::Over => return Ok(Last::Nothing),
            },
            GdbStubStateMachine::CtrlCInterrupt(interrupt) => {
                let reason = interrupt_machine(control, notices).map_err(io::Error::other)?;
                interrupt.interrupt_handled(debuggee, Some(reason)).map_err(failed)?
            }
            GdbStubStateMachine::Disconnected(mut gone) => {
                if gone.get_reason() == DisconnectReason::Kill {
                    // `vKill` wants an answer, and who has sent `k` may have gone without one.
                    let wire = gone.borrow_conn();
                    if let Err(error) = wire.write_all(b"$OK#9a").and_then(|()| wire.flush()) {
                        tracing::debug!(%error, "GDB does not wait for what it has killed");
                    }
                    control.quit().map_err(io::Error::other)?;
                }
                return Ok(Last::Told);
            }
        };
    }
}

/// What GDB's Ctrl-C leads to. The machine may have come to its end by itself.
fn interrupt_machine(
    control: &Control,
    notices: &Receiver<Stamped>,
) -> Result<MultiThreadStopReason<u64>, ControlError> {
    match control.stop() {
        Ok(()) => Ok(control.last_stop().map_or_else(interrupted, reason)),
        Err(ControlError::Ended) => {
            // It is told a moment after the last command was taken; how long that is, a busy host decides.
            let mut told = std::iter::from_fn(|| notices.recv_timeout(PATIENCE).ok());
            let status = told.find_map(|stamped| match stamped.notice {
                Notice::Shutdown { status, .. } => Some(status),
                _ => None,
            });
            Ok(MultiThreadStopReason::Exited(status.unwrap_or(0)))
        }
        Err(error) => Err(error),
    }
}

/// Until GDB says something or the machine stops.
fn wait(wire: &mut Wire, control: &Control, notices: &Receiver<Stamped>) -> io::Result<Happened> {
    loop {
        match notices.recv_timeout(LOOK) {
            Ok(stamped) => {
                if let Some(reason) = stopped(&stamped.notice, control) {
                    return Ok(Happened::Stopped(reason));
                }
            }
            // A session that slept too long is told nothing any more.
            Err(RecvTimeoutError::Disconnected) => return Ok(Happened::Over),
            Err(RecvTimeoutError::Timeout) => {}
        }
        match wire.byte(Some(Duration::ZERO))? {
            Next::Byte(byte) => return Ok(Happened::Byte(byte)),
            // What stopped the machine was told before its doors were closed.
            Next::Over => {
                let last = notices.try_iter().find_map(|stamped| stopped(&stamped.notice, control));
                return Ok(last.map_or(Happened::Over, Happened::Stopped));
            }
            Next::Nothing => {}
        }
    }
}

/// What GDB is told of this, if it stops the machine.
fn stopped(notice: &Notice, control: &Control) -> Option<MultiThreadStopReason<u64>> {
    match notice {
        Notice::Stop => Some(control.last_stop().map_or_else(interrupted, reason)),
        Notice::Shutdown { status, .. } => Some(MultiThreadStopReason::Exited(*status)),
        _ => None,
    }
}

/// By GDB, or by somebody else.
fn interrupted() -> MultiThreadStopReason<u64> {
    MultiThreadStopReason::SignalWithThread { tid: thread(0), signal: Signal::SIGINT }
}

fn reason(stop: HartStop) -> MultiThreadStopReason<u64> {
    match stop {
        HartStop::Breakpoint(hart) => MultiThreadStopReason::SwBreak(thread(hart)),
        HartStop::Watchpoint(hart, WatchHit { kind, address }) => {
            MultiThreadStopReason::Watch { tid: thread(hart), kind: gdbs_kind(kind), addr: address }
        }
        HartStop::Step(hart) => MultiThreadStopReason::SignalWithThread { tid: thread(hart), signal: Signal::SIGTRAP },
    }
}

/// What a look at the wire finds.
enum Next {
    Byte(u8),
    Nothing,
    Over,
}

/// The bytes of both directions. The socket does not block.
struct Wire {
    client: Client,
    end: End,
    /// What has come, last first.
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
}

impl Wire {
    /// The next byte, if there is one within `limit`.
    fn byte(&mut self, limit: Option<Duration>) -> io::Result<Next> {
        loop {
            if let Some(byte) = self.incoming.pop() {
                return Ok(Next::Byte(byte));
            }
            match self.end.wait(&self.client.input, PollFlags::IN, limit)? {
                Ready::End => return Ok(Next::Over),
                Ready::Nothing if limit.is_some() => return Ok(Next::Nothing),
                Ready::Nothing => continue,
                Ready::Stream => {}
            }
            let mut chunk = [0; 4096];
            match rustix::io::read(&self.client.input, &mut chunk) {
                Ok(0) => return Ok(Next::Over),
                Ok(read) => self.incoming.extend(chunk[..read].iter().rev()),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn send(output: &OwnedFd, mut bytes: &[u8], end: &End) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(output, bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => match end.wait(output, PollFlags::OUT, Some(PATIENCE))? {
                    Ready::Stream => {}
                    Ready::End | Ready::Nothing => return Err(ErrorKind::TimedOut.into()),
                },
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Connection for Wire {
    type Error = io::Error;

    fn write(&mut self, byte: u8) -> io::Result<()> {
        self.outgoing.push(byte);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.outgoing);
        Wire::send(&self.client.output, &bytes, &self.end)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::control::{Cause, RunState, tests::machine};

    #[test]
    fn an_interrupt_that_comes_too_late_finds_the_end() {
        let machine = machine(&[]);
        let notices = machine.control().listen();
        let end = Notice::Shutdown { cause: Cause::GuestPanic, status: 3 };
        machine.control().enter(RunState::Shutdown, Some(end));
        machine.control().tell(&Notice::Resume);
        assert_eq!(interrupt_machine(machine.control(), &notices), Ok(MultiThreadStopReason::Exited(3)));
    }

    #[test]
    fn what_stopped_the_machine_is_told_although_its_doors_are_closed() {
        let machine = machine(&[]);
        let control = machine.control();
        let (near, far) = UnixStream::pair().unwrap();
        let end = End::new().unwrap();
        let client = Client { input: near.try_clone().unwrap().into(), output: near.into() };
        let mut wire = Wire { client, end: end.clone(), incoming: Vec::new(), outgoing: Vec::new() };
        let notices = control.listen();
        end.tell();
        let failed = Notice::Shutdown { cause: Cause::GuestPanic, status: 3 };
        for (told, want) in [
            (&[Notice::Resume][..], None),
            (&[Notice::Resume, failed], Some(MultiThreadStopReason::Exited(3))),
            (&[Notice::Resume, Notice::Resume, Notice::Stop], Some(interrupted())),
        ] {
            told.iter().for_each(|notice| control.tell(notice));
            let heard = match wait(&mut wire, control, &notices).unwrap() {
                Happened::Stopped(reason) => Some(reason),
                Happened::Over => None,
                Happened::Byte(byte) => panic!("byte {byte} out of nowhere"),
            };
            assert_eq!(heard, want, "{told:?}");
        }
        drop(far);
    }
}
