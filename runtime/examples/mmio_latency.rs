//! Prints what one access costs, in nanoseconds: `cargo run --release -p manyhart-runtime --example mmio_latency`.
//!
//! The best of many short rounds of each kind, on one thread, so that neither other threads nor other processes are in the way: the price of
//! the path itself.

use std::sync::Arc;
use std::time::Instant;

use manyhart_runtime::actor::{Access, Answer, Context, Device, MmioSpec};
use manyhart_runtime::{
    Attention, Clock, Config, DeviceError, Executive, Gpa, InterruptFile, MmioTarget, RamBlock, Registers, Requester,
};

const ROUNDS: u32 = 2_000;
const ACCESSES: u32 = 1_000;
const CPU: Requester = Requester::Cpu(0);

/// One register that counts its reads.
struct Counter(u64);

impl Device for Counter {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, _: Access) -> Answer<u64> {
        self.0 += 1;
        Ok(self.0)
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, value: u64) -> Answer<()> {
        self.0 = value;
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {
        self.0 = 0;
    }
}

/// A register that takes interrupt messages.
struct Messages(InterruptFile);

impl Registers for Messages {
    fn read(&self, _: u64, _: u8) -> Result<u64, DeviceError> {
        Ok(0)
    }

    fn write(&self, _: u64, _: u8, value: u64) -> Result<(), DeviceError> {
        self.0.send(value as u32);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let device = executive.spawn("counter", Counter(0));
    let mut transaction = executive.topology().transaction();
    let root = transaction.container("root", 1 << 64);
    // About as many ranges as a board has.
    for i in 0..60 {
        let region = transaction.reservation("other", 0x1000);
        transaction.add_subregion(root, 0x10_0000 + 0x2000 * i, region);
    }
    let whole = transaction.mmio("whole", 0x1000, device.mmio(0, MmioSpec::aligned(1, 8)));
    let halves = MmioSpec { implemented: MmioSpec::aligned(1, 4).implemented, ..MmioSpec::aligned(1, 8) };
    let split = transaction.mmio("split", 0x1000, device.mmio(1, halves));
    let ram = transaction.ram("ram", Arc::new(RamBlock::anonymous("ram", 0x1000)?));
    transaction.add_subregion(root, 0x1000, whole);
    transaction.add_subregion(root, 0x3000, split);
    transaction.add_subregion(root, 0x5000, ram);
    let file = InterruptFile::new(255, Arc::new(Attention::new()), 9);
    file.change_enabled(0, 0, u64::MAX);
    file.set_delivery(true);
    let messages = MmioTarget::direct("messages", MmioSpec::aligned(4, 4), Arc::new(Messages(file)));
    let messages = transaction.mmio("messages", 0x1000, messages);
    transaction.add_subregion(root, 0x7000, messages);
    let space = transaction.address_space("bench", root);
    transaction.commit()?;

    let mut reader = executive.reader("bench", None);
    reader.checkpoint(&mut ());
    let memory = executive.topology().address_space(space);
    let mut word = [0; 4];
    time("MMIO read, idle device", || reader.read(space, Gpa(0x1000), 4, CPU, &mut ()).is_ok());
    time("MMIO write, idle device", || reader.write(space, Gpa(0x1000), 4, 1, CPU, &mut ()).is_ok());
    time("MMIO read, split in two", || reader.read(space, Gpa(0x3000), 8, CPU, &mut ()).is_ok());
    time("MMIO read across two ranges' edge refused", || reader.read(space, Gpa(0x1ffe), 4, CPU, &mut ()).is_err());
    time("RAM read by the view", || reader.read(space, Gpa(0x5000), 4, CPU, &mut ()).is_ok());
    time("message by a CPU", || reader.write(space, Gpa(0x7000), 4, 5, CPU, &mut ()).is_ok());
    reader.go_offline();
    time("message by DMA", || memory.store(Gpa(0x7000), 5u32, Requester::Device(1)).is_ok());
    time("DMA read of 4 bytes", || memory.read(Gpa(0x5000), &mut word, CPU).is_ok());
    time("MMIO read by a control thread", || memory.load::<u32>(Gpa(0x1000), CPU).is_ok());
    drop(reader);
    executive.stop();
    executive.shutdown();
    Ok(())
}

fn time(what: &str, mut access: impl FnMut() -> bool) {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..ACCESSES {
            assert!(std::hint::black_box(access()), "{what}");
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(ACCESSES));
    }
    println!("{what:45} {best:7.1} ns");
}
