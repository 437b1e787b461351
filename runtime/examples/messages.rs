//! An interrupt that is a write to memory: registers that need no actor, and the file in which messages wait for a CPU:
//! `cargo run -p manyhart-runtime --example messages`.

use std::sync::Arc;

use manyhart_runtime::{
    Attention, Clock, Config, DeviceError, Executive, Gpa, InterruptFile, MmioSpec, MmioTarget, Registers,
};

/// The CPU's level that says "there are messages".
const LEVEL: u32 = 9;

/// One register: what is written to it is the number of an interrupt. Whoever writes does this itself, at once and without a lock, also in the
/// middle of another device's handler.
struct Doorstep(Arc<InterruptFile>);

impl Registers for Doorstep {
    fn read(&self, _: u64, _: u8) -> Result<u64, DeviceError> {
        Ok(0)
    }

    fn write(&self, _: u64, _: u8, value: u64) -> Result<(), DeviceError> {
        match self.0.send(value as u32) {
            true => Ok(()),
            false => Err(DeviceError::Other(format!("there is no interrupt {value}"))),
        }
    }
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::manual(1), on_device_failure: None })?;
    let attention = Arc::new(Attention::new());
    let file = Arc::new(InterruptFile::new(63, Arc::clone(&attention), LEVEL));
    let target = MmioTarget::direct("doorstep", MmioSpec::aligned(4, 4), Arc::new(Doorstep(Arc::clone(&file))));

    let mut t = executive.topology().transaction();
    let system = t.container("system", 1 << 64);
    let page = t.mmio("doorstep", 0x1000, target);
    t.add_subregion(system, 0x2800_0000, page);
    // A device sends in its own name, and through the gate in front of it.
    let gate = t.alias("gate of device 1", system, 0, 1 << 64);
    let space = t.address_space("device 1", gate);
    t.assign_device(1, space);
    t.commit()?;
    let device = executive.topology().dma(1);

    device.store(Gpa(0x2800_0000), 40u32)?;
    assert_eq!(attention.take() >> LEVEL & 1, 0, "it waits: the CPU has enabled nothing");

    // From here on what the CPU does.
    file.change_enabled(0, 0, 1 << 40 | 1 << 3);
    file.set_delivery(true);
    device.store(Gpa(0x2800_0000), 3u32)?;
    assert_eq!(attention.take() >> LEVEL & 1, 1);
    assert_eq!((file.claim(), file.claim(), file.claim()), (Some(3), Some(40), None), "the lowest first, each once");
    assert_eq!(attention.take() >> LEVEL & 1, 0);

    assert!(device.store(Gpa(0x2800_0000), 64u32).is_err(), "what the registers refuse is the writer's error");
    executive.stop();
    executive.shutdown();
    Ok(())
}
