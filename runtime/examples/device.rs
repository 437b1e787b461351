//! A device is an actor: registers, and no thread, bus or lock: `cargo run -p manyhart-runtime --example device`.

use manyhart_runtime::{
    Access, Answer, Clock, Config, Context, Device, DeviceError, Executive, Gpa, MmioSpec, Requester,
};

/// Register 0 adds up what is written to it; register 4 is the sum.
struct Adder {
    sum: u64,
}

impl Device for Adder {
    type Message = u64;

    fn read(&mut self, _: &mut Context<'_, u64>, access: Access) -> Answer<u64> {
        match access.offset {
            4 => Ok(self.sum),
            _ => Err(DeviceError::NoRegister.into()),
        }
    }

    fn write(&mut self, _: &mut Context<'_, u64>, access: Access, value: u64) -> Answer<()> {
        match access.offset {
            0 => self.sum += value,
            _ => return Err(DeviceError::NoRegister.into()),
        }
        Ok(())
    }

    /// What the device's own workers post, in order with the accesses.
    fn message(&mut self, _: &mut Context<'_, u64>, message: u64) {
        self.sum += message;
    }

    fn reset(&mut self, _: &mut Context<'_, u64>) {
        self.sum = 0;
    }
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let adder = executive.spawn("adder", Adder { sum: 0 });
    let mut tx = executive.topology().transaction();
    let system = tx.container("system", 1 << 64);
    // Registers of four bytes, aligned; anything else is refused before it reaches the device.
    let registers = tx.mmio("adder", 8, adder.mmio(0, MmioSpec::aligned(4, 4)));
    tx.add_subregion(system, 0x1000, registers);
    let space = tx.address_space("memory", system);
    tx.commit()?;

    let memory = executive.topology().address_space(space);
    let cpu = Requester::Cpu(0);
    memory.store(Gpa(0x1000), 2u32, cpu)?;
    assert!(adder.post(40), "the device is there");
    let sum = memory.load::<u32>(Gpa(0x1004), cpu)?;
    println!("the sum is {sum}");
    assert_eq!(sum, 42);
    // A typed error each, never a magic value.
    println!("{}", memory.load::<u32>(Gpa(0x1000), cpu).expect_err("no such register"));
    println!("{}", memory.load::<u64>(Gpa(0x1000), cpu).expect_err("no such size"));
    println!("{}", memory.load::<u32>(Gpa(0x2000), cpu).expect_err("nothing there"));
    executive.shutdown();
    Ok(())
}
