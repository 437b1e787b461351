//! A device whose answers somebody waits for.

use crate::DeviceError;
use crate::actor::{Access, Answer, Context, Device, NoAnswer, Reply};

/// Answers reads when it is told to.
#[derive(Default)]
pub(super) struct Slow(Vec<Reply>);

impl Device for Slow {
    type Message = u64;

    fn read(&mut self, cx: &mut Context<'_, u64>, _: Access) -> Answer<u64> {
        let (reply, deferred) = cx.defer();
        self.0.push(reply);
        Err(NoAnswer::Deferred(deferred))
    }

    fn write(&mut self, _: &mut Context<'_, u64>, _: Access, _: u64) -> Answer<()> {
        Err(DeviceError::NoRegister.into())
    }

    fn message(&mut self, cx: &mut Context<'_, u64>, value: u64) {
        match self.0.pop() {
            Some(reply) => reply.answer(Ok(value)),
            // Nobody has asked yet: once more, later.
            None => cx.post_at(cx.clock().now(), value),
        }
    }

    fn reset(&mut self, _: &mut Context<'_, u64>) {}
}
