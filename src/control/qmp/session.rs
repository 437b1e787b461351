//! One client, from the greeting to its end or the machine's.

use std::io;

use rustix::event::PollFlags;
use rustix::io::Errno;

use super::commands::{self, Then};
use super::frame::{Frame, Framer};
use super::message::{self, Failure, Request};
use crate::control::outbox::{Gone, Outbox};
use crate::control::server::Ready;
use crate::control::{Client, Control, End};

/// Serves one client.
pub fn serve(control: &Control, client: Client, end: &End) {
    let Client { input, output } = client;
    let outbox = match Outbox::start(output, end.clone(), message::event) {
        Ok(outbox) => outbox,
        Err(error) => return tracing::warn!(%error, "a client cannot be served"),
    };
    let mut session = Session { control, outbox, negotiated: false, framer: Framer::default() };
    match session.run(&input, end) {
        Ok(()) => tracing::debug!("a client has gone"),
        Err(error) => tracing::debug!(%error, "a client has failed"),
    }
}

struct Session<'a> {
    control: &'a Control,
    outbox: Outbox,
    /// Whether capabilities are agreed on: before that there is one command.
    negotiated: bool,
    framer: Framer,
}

impl Session<'_> {
    fn run(&mut self, input: &impl std::os::fd::AsFd, end: &End) -> io::Result<()> {
        let mut said = self.outbox.say(message::greeting());
        let mut buffer = [0; 4096];
        while said == Ok(()) && end.wait(input, PollFlags::IN, None)? != Ready::End {
            let read = match rustix::io::read(input, &mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(Errno::INTR | Errno::AGAIN) => continue,
                Err(error) => return Err(error.into()),
            };
            said = self.hear(&buffer[..read]);
        }
        Ok(())
    }

    fn hear(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        for &byte in bytes {
            match self.framer.feed(byte) {
                None => {}
                Some(Frame::Broken(error)) => self.outbox.say(message::answer(Err(Failure::new(error)), None))?,
                Some(Frame::Value(bytes)) => match Request::parse(&bytes) {
                    Ok(request) => self.obey(request)?,
                    Err((failure, id)) => self.outbox.say(message::answer(Err(failure), id))?,
                },
            }
        }
        Ok(())
    }

    fn obey(&mut self, request: Request) -> Result<(), Gone> {
        let Request { execute, arguments, id } = request;
        let negotiates = execute == commands::NEGOTIATE;
        let (answer, then) = match (self.negotiated, negotiates) {
            (false, false) => (Err(Failure::no_command(NOT_YET)), Then::Nothing),
            (true, true) => (Err(Failure::no_command(ALREADY)), Then::Nothing),
            _ => commands::run(self.control, &execute, arguments),
        };
        let agreed = negotiates && answer.is_ok() && !self.negotiated;
        if let Err(failure) = &answer {
            tracing::debug!(execute, class = ?failure.class, failure.desc, "refused");
        }
        self.outbox.say(message::answer(answer, id))?;
        if agreed {
            self.negotiated = true;
            self.outbox.tell_notices(self.control.listen())?;
        }
        if then == Then::Quit {
            // The answer first: the end may be quicker than it.
            let flushed = self.outbox.flush();
            if self.control.quit().is_err() {
                tracing::debug!("ending already");
            }
            return flushed;
        }
        Ok(())
    }
}

const NOT_YET: &str = "Expecting capabilities negotiation with 'qmp_capabilities'";
const ALREADY: &str = "Capabilities negotiation is already complete, command ignored";
