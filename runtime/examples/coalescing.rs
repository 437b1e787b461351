//! Writes that nobody waits for: `cargo run -p manyhart-runtime --example coalescing`.

use manyhart_runtime::{Access, Answer, Clock, Config, Context, Device, Executive, Flow, Gpa, MmioSpec, Requester};

/// Register 0 takes bytes, as a console does; a read says how many there were.
struct Sink(u64);

impl Device for Sink {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, _: Access) -> Answer<u64> {
        Ok(self.0)
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        self.0 += 1;
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {
        self.0 = 0;
    }
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let sink = executive.spawn("sink", Sink(0));
    let mut tx = executive.topology().transaction();
    let system = tx.container("system", 1 << 64);
    let register = tx.mmio("sink", 4, sink.mmio(0, MmioSpec::aligned(4, 4)));
    tx.add_subregion(system, 0x1000, register).set_coalescing(register);
    let space = tx.address_space("memory", system);
    tx.commit()?;

    let mut reader = executive.reader("cpu 0", None);
    assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
    let cpu = Requester::Cpu(0);
    for byte in b"hello" {
        // A message in the device's own mailbox.
        reader.write(space, Gpa(0x1000), 4, u64::from(*byte), cpu, &mut ())?;
    }
    // Any later access, by anybody, is behind them.
    let count = reader.read(space, Gpa(0x1000), 4, cpu, &mut ())?;
    println!("{count} writes");
    assert_eq!(count, 5);
    reader.go_offline();
    executive.shutdown();
    Ok(())
}
