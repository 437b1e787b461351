//! The actor around a device: turns messages and accesses into handler calls.

use super::context::{Context, Ending, Services, Serving};
use super::operation::{Call, Operation, Request, Verdict};
use super::target::Detour;
use super::{Answer, Device, NoAnswer};
use crate::DeviceError;
use crate::access::shape::{Direction, in_region_order};
use crate::mailbox::{Actor, Refusal};
use crate::reply::{Replier, Waiter};

/// What waits in a device's queue.
pub(crate) enum Parcel<M> {
    /// An access somebody waits for.
    Access(Request, Replier<Verdict>),
    /// The rest of an access whose beginning was answered late.
    Resume(Operation, Replier<Verdict>),
    /// A write that nobody waits for: by another device, or a coalesced one.
    Write(Request),
    /// What was posted.
    Message(M),
    Reset(Replier<()>),
}

/// A device with what its handlers may use.
pub(crate) struct Shell<D: Device> {
    device: D,
    services: Services<D::Message>,
}

/// What one handler call came to.
enum Reached {
    Answer(Verdict, Option<Replier<Verdict>>),
    Later(Option<Waiter<Verdict>>),
}

impl<D: Device> Shell<D> {
    pub(crate) fn new(device: D, services: Services<D::Message>) -> Shell<D> {
        Shell { device, services }
    }

    /// An access by the thread that runs this actor.
    #[inline]
    pub(crate) fn access_now(&mut self, request: &Request) -> Result<u64, Box<Detour>> {
        match request.spec.takes_whole(request.offset, request.size) {
            true => self.whole(request),
            false => self.proceed(Operation::new(request), None).at_once(),
        }
    }

    /// An access that the device implements as it is.
    #[inline]
    fn whole(&mut self, request: &Request) -> Result<u64, Box<Detour>> {
        let Request { spec, size, direction, .. } = *request;
        let access =
            super::Access { region: request.region, offset: request.offset, size, requester: request.requester };
        let value = match direction {
            Direction::Read => 0,
            Direction::Write => {
                in_region_order(request.value & crate::access::shape::mask(size), size, spec.byte_order)
            }
        };
        let mut cx = Context::new(&self.services, Serving::Whole(request), None);
        let answer = match direction {
            Direction::Read => self.device.read(&mut cx, access),
            Direction::Write => self.device.write(&mut cx, access, value).map(|()| 0),
        };
        match answer {
            Ok(value) if !cx.is_deferred() => Ok(match direction {
                Direction::Read => in_region_order(value & crate::access::shape::mask(size), size, spec.byte_order),
                Direction::Write => 0,
            }),
            answer => ended(cx, answer).at_once(),
        }
    }

    /// Every call of an operation that is left.
    fn proceed(&mut self, mut operation: Operation, mut replier: Option<Replier<Verdict>>) -> Reached {
        while let Some(call) = operation.next_call() {
            match self.call(call, Serving::Part(&operation), replier.take()) {
                Reached::Answer(Ok(value), back) => {
                    operation.absorb(value);
                    replier = back;
                }
                other => return other,
            }
        }
        Reached::Answer(Ok(operation.outcome().unwrap_or_default()), replier)
    }

    /// One call of the device's handler.
    #[inline]
    fn call(&mut self, call: Call, serving: Serving<'_>, replier: Option<Replier<Verdict>>) -> Reached {
        let mut cx = Context::new(&self.services, serving, replier);
        let answer = match call.direction {
            Direction::Read => self.device.read(&mut cx, call.access),
            Direction::Write => self.device.write(&mut cx, call.access, call.value).map(|()| 0),
        };
        ended(cx, answer)
    }

    fn context(services: &Services<D::Message>) -> Context<'_, D::Message> {
        Context::new(services, Serving::Nobody, None)
    }
}

impl Reached {
    /// For the thread that has run the actor for an access of its own.
    #[cold]
    fn at_once(self) -> Result<u64, Box<Detour>> {
        match self {
            Reached::Answer(verdict, _) => verdict.map_err(|error| Box::new(Detour::Device(error))),
            Reached::Later(Some(waiter)) => Err(Box::new(Detour::Later(waiter))),
            // Deferred, and nobody holds the other end: not possible while `ending` speaks the truth.
            Reached::Later(None) => {
                Err(Box::new(Detour::Device(DeviceError::Other("an answer was deferred to nobody".into()))))
            }
        }
    }
}

/// What a call came to that has returned `answer`.
fn ended<M: Send + 'static>(cx: Context<'_, M>, answer: Answer<u64>) -> Reached {
    match cx.ending() {
        Ending::ByReply(waiter) => Reached::Later(waiter),
        Ending::ByReturn(replier) => Reached::Answer(verdict(answer), replier),
    }
}

fn verdict(answer: Answer<u64>) -> Verdict {
    answer.map_err(|no| match no {
        NoAnswer::Refused(error) => error,
        NoAnswer::Deferred(_) => DeviceError::Other("promises an answer that belongs to another access".into()),
    })
}

/// Gives an answer to whoever waits for it.
fn deliver(reached: Reached) {
    if let Reached::Answer(verdict, Some(replier)) = reached {
        replier.answer(verdict);
    }
}

impl<D: Device> Actor for Shell<D> {
    type Message = Parcel<D::Message>;

    fn handle(&mut self, parcel: Parcel<D::Message>) {
        match parcel {
            Parcel::Access(request, replier) => deliver(self.proceed(Operation::new(&request), Some(replier))),
            Parcel::Resume(operation, replier) => deliver(self.proceed(operation, Some(replier))),
            Parcel::Write(request) => {
                if let Reached::Answer(Err(error), _) = self.proceed(Operation::new(&request), None) {
                    tracing::debug!(%error, offset = request.offset, "a posted write was refused");
                }
            }
            Parcel::Message(message) => self.device.message(&mut Self::context(&self.services), message),
            Parcel::Reset(replier) => {
                self.device.reset(&mut Self::context(&self.services));
                replier.answer(());
            }
        }
    }

    fn refuse(parcel: Parcel<D::Message>, why: Refusal) {
        match parcel {
            Parcel::Access(_, replier) | Parcel::Resume(_, replier) => replier.refuse(why),
            Parcel::Reset(replier) => replier.refuse(why),
            Parcel::Write(_) | Parcel::Message(_) => {}
        }
    }

    #[inline]
    fn publish(&self) {
        self.device.publish();
    }

    fn flush(&mut self) {
        self.device.flush(&mut Self::context(&self.services));
    }
}
