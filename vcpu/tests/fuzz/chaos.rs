//! A device that does to a hart at once what a board does in time.

use std::sync::Arc;

use manyhart_runtime::{Access, Answer, Attention, Context, Device, DeviceError, RegionId};

use crate::random::Random;

/// A device that does at once everything that devices do in time.
pub struct Chaos {
    pub attentions: Vec<Arc<Attention>>,
    pub window: RegionId,
    pub random: Random,
}

impl Device for Chaos {
    type Message = ();

    fn read(&mut self, cx: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        match self.random.below(4) {
            0 => Err(DeviceError::NoRegister.into()),
            1 => self.commit(cx),
            _ => Ok(self.random.next() >> (access.offset & 63)),
        }
    }

    fn write(&mut self, cx: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        let attention = self.random.pick(&[0, 1]);
        let attention = &self.attentions[attention];
        match access.offset & 7 {
            0 => attention.set_level(value as u32 & 15, value & 16 != 0),
            1 => attention.set_deadline(0, cx.clock().now().wrapping_add(value & 0xffff)),
            2 => cx.clock().advance(value & 0xffff),
            3 => attention.raise(),
            4 => return self.commit(cx).map(drop),
            5 => cx.clock().set(value),
            6 => return Err(DeviceError::NoRegister.into()),
            _ => {}
        }
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

impl Chaos {
    /// Moves the window, or hides it, and answers when that is published.
    fn commit(&mut self, cx: &mut Context<'_, ()>) -> Answer<u64> {
        let (reply, deferred) = cx.defer();
        let mut change = cx.topology().transaction();
        change.set_alias_offset(self.window, self.random.below(9) * 0x800);
        change.set_enabled(self.window, self.random.below(4) != 0);
        change.set_read_only(self.window, self.random.below(4) == 0);
        change.post(move |result| reply.answer(Ok(u64::from(result.is_ok()))));
        Err(manyhart_runtime::NoAnswer::Deferred(deferred))
    }
}
