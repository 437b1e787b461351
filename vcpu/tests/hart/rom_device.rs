//! A ROM device as flash: code runs from its memory, stores are commands, and a command switches it over for the next load.

use std::sync::Arc;

use manyhart_runtime::{
    Access, Answer, Context, Device, DeviceError, MmioSpec, NoAnswer, RamBlock, RegionId, RomDeviceMode,
};

use crate::asm::*;
use crate::machine::Machine;

const FLASH: u64 = 0x2000_0000;
const STATUS: u64 = 0x80;

/// A write of 1 to 0x100 switches to registers, of 0 back to memory; other writes are counted, and reads answer with the count.
struct Flash {
    region: Option<RegionId>,
    writes: u64,
}

impl Device for Flash {
    type Message = RegionId;

    fn read(&mut self, _: &mut Context<'_, RegionId>, _: Access) -> Answer<u64> {
        Ok(STATUS + self.writes)
    }

    fn write(&mut self, cx: &mut Context<'_, RegionId>, access: Access, value: u64) -> Answer<()> {
        let Some(region) = self.region.filter(|_| access.offset == 0x100) else {
            self.writes += 1;
            return Ok(());
        };
        let (reply, deferred) = cx.defer();
        let mut change = cx.topology().transaction();
        change.set_rom_device_mode(region, if value == 1 { RomDeviceMode::Mmio } else { RomDeviceMode::Rom });
        change.post(|result| reply.answer(result.map(|_| 0).map_err(|error| DeviceError::Other(error.to_string()))));
        Err(NoAnswer::Deferred(deferred))
    }

    fn message(&mut self, _: &mut Context<'_, RegionId>, region: RegionId) {
        self.region = Some(region);
    }

    fn reset(&mut self, _: &mut Context<'_, RegionId>) {}
}

#[test]
fn r02_rom_device_code_runs_from_it_and_stores_are_its_commands() {
    // From flash: a load, a store, and the same load again; then from RAM, switched to registers and back.
    let in_flash = [ld(A1, A0, 0), store(2, A5, A0, 0x40), ld(A2, A0, 0), jalr(ZERO, RA, 0)];
    let program = [
        jalr(RA, A4, 0),
        store(2, A5, A0, 0x100),
        ld(A3, A0, 0),
        store(2, ZERO, A0, 0x100),
        ld(T0, A0, 0),
        amo(0, 3, T1, A0, A5),
        SPIN,
    ];
    let mut machine = Machine::with_program(&program);
    let block = Arc::new(RamBlock::anonymous("flash", 0x1000).expect("memory"));
    let word = 0x1234_5678_9abc_def0u64;
    assert!(block.store(0, word) && block.write(0x800, &in_flash.map(u32::to_le_bytes).concat()));
    let device = machine.executive.spawn("flash", Flash { region: None, writes: 0 });
    let mut change = machine.executive.topology().transaction();
    let region = change.rom_device("flash", Arc::clone(&block), device.mmio(0, MmioSpec::aligned(4, 8)));
    change.add_subregion(machine.root, FLASH, region);
    change.commit().expect("a valid map");
    assert!(device.post(region));
    machine.hart.set_x(A0 as usize, FLASH);
    machine.hart.set_x(A4 as usize, FLASH + 0x800);
    machine.hart.set_x(A5 as usize, 1);
    machine.finish();
    let x = |register: u32| machine.hart.x(register as usize);
    assert_eq!((x(A1), x(A2)), (word, word), "loads come from the memory, before and after a store");
    assert_eq!(x(A3), STATUS + 1, "the load behind the command is the device's");
    assert_eq!(x(T0), word, "and behind the command back, the memory's");
    assert_eq!(block.load::<u32>(0x40), Some(0), "no store reached the memory");
    assert_eq!(machine.trap().0, 7, "no atomics on it");
    assert!(machine.hart.statistics().device_accesses >= 4);
}
