//! The bank switch: a device whose register moves memory. A hart writes which of its two banks its window shows; the answer comes
//! when the new map is committed, so that the hart's very next store must land there.

use std::sync::Arc;

use manyhart_runtime::{
    Access, Answer, Context, Device, DeviceError, Executive, MmioSpec, NoAnswer, RamBlock, RegionId, Transaction,
};

/// The page size that everything here is made of.
pub const PAGE: u64 = 0x1000;

/// Where the banks of all harts are.
#[derive(Debug, Clone, Copy)]
pub struct Banks {
    /// One 8-byte register a hart that selects its bank.
    pub control: u64,
    /// One page a hart: the selected bank.
    pub window: u64,
    /// Two pages a hart: both banks, at a place that never changes.
    pub stable: u64,
}

impl Banks {
    /// Puts the device and the memory of `harts` harts under `root`, which keeps the device.
    pub fn place(
        self,
        t: &mut Transaction,
        executive: &Executive,
        root: RegionId,
        harts: usize,
    ) -> std::io::Result<()> {
        let mut windows = Vec::new();
        for hart in 0..harts as u64 {
            let name = format!("banks-{hart}");
            let banks = t.ram(&name, Arc::new(RamBlock::anonymous(&name, 2 * PAGE)?));
            let window = t.alias(&format!("bank-window-{hart}"), banks, 0, PAGE.into());
            t.add_subregion(root, self.stable + hart * 2 * PAGE, banks);
            t.add_subregion(root, self.window + hart * PAGE, window);
            windows.push(window);
        }
        let selected = vec![0; harts];
        let switch = executive.spawn("bank-switch", BankSwitch { windows, selected });
        let control = t.mmio("bank-switch", PAGE.into(), switch.mmio(0, MmioSpec::aligned(8, 8)));
        t.add_subregion(root, self.control, control);
        Ok(())
    }
}

/// The device: one register a hart, 8 bytes apart, 64-bit accesses only.
struct BankSwitch {
    /// The windows, each an alias of its hart's two banks.
    windows: Vec<RegionId>,
    selected: Vec<u64>,
}

impl BankSwitch {
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
