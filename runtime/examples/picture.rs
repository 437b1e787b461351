//! A map with a bit of everything, drawn: `cargo run -p manyhart-runtime --example picture > map.svg`.

use std::sync::Arc;

use manyhart_runtime::{AddressSpaceId, Clock, Config, Executive, RamBlock, TopologyError, Transaction};

/// A PC-like map: RAM in two pieces by aliases, a firmware shadow, a bus whose windows overlap, something disabled and something clipped.
fn map(tx: &mut Transaction, ram: Arc<RamBlock>, rom: Arc<RamBlock>) -> AddressSpaceId {
    let system = tx.container("system", 1 << 64);
    let (ram, rom) = (tx.ram("ram", ram), tx.rom("firmware", rom));
    let (low, high) = (tx.alias("low", ram, 0, 0xc0_0000), tx.alias("high", ram, 0xc0_0000, 0x40_0000));
    tx.add_subregion(system, 0, low).add_subregion(system, 0x1_0000_0000, high);

    let bus = tx.container("bus", 0x1_0000_0000);
    let window = tx.reservation("window", 0x1000_0000);
    tx.add_subregion_overlap(system, 0, bus, -1).add_subregion(bus, 0xe000_0000, window);
    for (name, at, size, priority) in [
        ("disk", 0x10_0000, 0x1000, 1),
        ("network", 0x10_0800, 0x2000, 2),
        ("sound", 0x20_0000, 0x1000, 1),
        ("display", 0xfff_0000, 0x20_0000, 1),
    ] {
        let function = tx.reservation(name, size);
        tx.add_subregion_overlap(window, at, function, priority);
        if name == "sound" {
            tx.set_enabled(function, false);
        }
    }
    let shadow = tx.alias("shadow", rom, 0x2_0000, 0x2_0000);
    tx.add_subregion_overlap(system, 0xe_0000, shadow, 1).add_subregion(bus, 0xfffc_0000, rom);
    tx.address_space("memory", system)
}

/// What is printed.
pub fn picture() -> Result<String, Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let (ram, rom) = (RamBlock::anonymous("ram", 0x100_0000)?, RamBlock::anonymous("firmware", 0x4_0000)?);
    let mut tx = executive.topology().transaction();
    let space = map(&mut tx, Arc::new(ram), Arc::new(rom));
    tx.commit()?;
    let picture = executive.topology().survey()?.svg(space);
    executive.shutdown();
    Ok(picture.map_err(|error: TopologyError| error.to_string())?)
}

#[allow(dead_code, reason = "a test of the documentation takes the picture alone")]
pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    print!("{}", picture()?);
    Ok(())
}
