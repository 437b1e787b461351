//! The bank switch: a device whose register moves memory. A hart writes which of its two banks its window shows; the answer comes
//! when the new map is committed, so that the hart's very next store must land there.

use manyhart_runtime::{Access, Answer, Context, Device, DeviceError, MmioSpec, NoAnswer, RegionId};

use super::layout::PAGE;

/// 64-bit accesses only.
pub const SPEC: MmioSpec = MmioSpec::aligned(8, 8);

/// The device: one register a hart, 8 bytes apart.
pub struct BankSwitch {
    /// The windows, each an alias of its hart's two banks.
    windows: Vec<RegionId>,
    selected: Vec<u64>,
}

impl BankSwitch {
    /// Moves these windows.
    pub fn new(windows: Vec<RegionId>) -> BankSwitch {
        let selected = vec![0; windows.len()];
        BankSwitch { windows, selected }
    }

    fn register(&self, offset: u64) -> Result<usize, DeviceError> {
        let hart = usize::try_from(offset / 8).map_err(|_| DeviceError::NoRegister)?;
        if hart < self.windows.len() { Ok(hart) } else { Err(DeviceError::NoRegister) }
    }
}

impl Device for BankSwitch {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        Ok(self.selected[self.register(access.offset)?])
    }

    fn write(&mut self, cx: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        let hart = self.register(access.offset)?;
        let bank = value & 1;
        self.selected[hart] = bank;
        let mut transaction = cx.topology().transaction();
        transaction.set_alias_offset(self.windows[hart], bank * PAGE);
        let (reply, deferred) = cx.defer();
        transaction.post(move |result| {
            reply.answer(
                result.map(|committed| committed.generation).map_err(|error| DeviceError::Other(error.to_string())),
            );
        });
        Err(NoAnswer::Deferred(deferred))
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}
