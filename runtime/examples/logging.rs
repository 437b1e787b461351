//! Which pages were written since we last looked: `cargo run -p manyhart-runtime --example logging`.

use std::sync::Arc;

use manyhart_runtime::{Clock, Config, DirtyClient, Executive, Gpa, RamBlock, Requester};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let mut tx = executive.topology().transaction();
    let system = tx.container("system", 1 << 64);
    let ram = tx.ram("ram", Arc::new(RamBlock::anonymous("ram", 0x1_0000)?));
    tx.add_subregion(system, 0x8000_0000, ram);
    let space = tx.address_space("memory", system);
    tx.commit()?;
    let memory = executive.topology().address_space(space);

    // Each client has a log of its own. When `start_log` returns, every write is marked.
    let log = executive.topology().start_log(ram, DirtyClient::DISPLAY)?;
    memory.store(Gpa(0x8000_3008), 1u64, Requester::Device(0))?;
    memory.fill(Gpa(0x8000_7ff0), 0x20, 0xaa, Requester::Device(0))?;
    // Collected and cleared in one step, page by page: nothing is lost between two looks.
    assert_eq!(log.snapshot_and_clear(0..0x1_0000)?, [0x3000..0x4000, 0x7000..0x9000]);
    assert!(log.snapshot_and_clear(0..0x1_0000)?.is_empty());
    println!("log of {}: nothing left", log.block().name());
    log.stop()?;
    executive.shutdown();
    Ok(())
}
