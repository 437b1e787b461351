//! Regions, priorities and aliases, and what is seen of them: `cargo run -p manyhart-runtime --example map`.

use std::sync::Arc;

use manyhart_runtime::{Clock, Config, Executive, Gpa, RamBlock, Requester};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let block = Arc::new(RamBlock::anonymous("ram", 0x10_0000)?);

    // A tree: what a region is stands apart from where it is placed.
    let mut tx = executive.topology().transaction();
    let system = tx.container("system", 1 << 64);
    let ram = tx.ram("ram", block);
    let hole = tx.reservation("hole", 0x1000);
    // The same memory once more, from its second half on.
    let mirror = tx.alias("mirror", ram, 0x8_0000, 0x8_0000);
    tx.add_subregion(system, 0x8000_0000, ram).add_subregion(system, 0x1000, mirror);
    // Over the memory: the higher priority wins.
    tx.add_subregion_overlap(system, 0x8000_2000, hole, 1);
    let space = tx.address_space("memory", system);
    tx.commit()?;

    // The flat view says what each address decodes to; here as text.
    print!("{}", executive.topology().survey()?.flat_text());
    let snapshot = executive.topology().snapshot();
    let view = snapshot.view(space).expect("the space was committed");
    let range = view.find(Gpa(0x1004)).expect("the mirror decodes it");
    assert_eq!((range.region, range.offset), (ram, 0x8_0000));

    // An access through the one name is seen through the other.
    let memory = executive.topology().address_space(space);
    let me = Requester::Debugger;
    memory.store(Gpa(0x8008_0004), 42u32, me)?;
    assert_eq!(memory.load::<u32>(Gpa(0x1004), me)?, 42);
    assert!(memory.load::<u32>(Gpa(0x8000_2000), me).is_err(), "a reservation decodes and never answers");
    executive.shutdown();
    Ok(())
}
