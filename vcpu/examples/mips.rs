//! Runs a flat bare-metal program at 0x80000000 on one hart, until its `tohost` word is set, and prints how fast that was.
//! Usage: `mips program.bin tohost-address [result-address]`. The program's result is the doubleword there.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use manyhart_runtime::{Attention, Clock, Config, Executive, RamBlock};
use manyhart_vcpu::{Hart, HartConfig, Isa};

const BASE: u64 = 0x8000_0000;
const SLICE: u64 = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let program = std::fs::read(args.next().ok_or("which program?")?)?;
    let tohost = u64::from_str_radix(args.next().ok_or("where is tohost?")?.trim_start_matches("0x"), 16)?;
    let result = args.next().map(|arg| u64::from_str_radix(arg.trim_start_matches("0x"), 16)).transpose()?;

    let clock = Clock::host(10_000_000);
    let executive = Executive::new(Config { clock: clock.clone(), on_device_failure: None })?;
    let ram = Arc::new(RamBlock::anonymous("ram", 256 << 20)?);
    let uart = Arc::new(RamBlock::anonymous("uart", 4096)?);
    if !ram.write(0, &program) || !uart.write(5, &[0x20]) {
        return Err("the program does not fit".into());
    }
    let mut change = executive.topology().transaction();
    let root = change.container("root", 1 << 64);
    let (ram_region, uart_region) = (change.ram("ram", Arc::clone(&ram)), change.ram("uart", uart));
    change.add_subregion(root, BASE, ram_region).add_subregion(root, 0x1000_0000, uart_region);
    let space = change.address_space("memory", root);
    change.commit()?;

    let attention = Arc::new(Attention::new());
    let reader = executive.reader("hart 0", Some(Arc::clone(&attention)));
    let config =
        HartConfig { id: 0, space, isa: Isa::default(), reset_pc: BASE, reset_args: [0; 3], interrupt_files: None };
    let mut hart = Hart::new(config, reader, attention, clock);
    let start = Instant::now();
    while ram.load::<u64>(tohost - BASE) == Some(0) {
        hart.run(Some(SLICE));
    }
    let seconds = start.elapsed().as_secs_f64();
    let million = hart.instret() as f64 / 1e6;
    println!("{million:.1} M instructions in {seconds:.3} s: {:.0} MIPS; {:?}", million / seconds, hart.statistics());
    if let Some(value) = result.and_then(|address| ram.load::<u64>(address.checked_sub(BASE)?)) {
        println!("result {value:016x}");
    }
    drop(hart);
    executive.stop();
    executive.shutdown();
    Ok(())
}
