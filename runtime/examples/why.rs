//! Why does this address decode to nothing? `cargo run -p manyhart-runtime --example why`.

use manyhart_runtime::topology::{HistoryLimits, Verdict};
use manyhart_runtime::{Clock, Config, Executive, Gpa};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let topology = executive.topology();
    // How far the history reaches back: bounded in generations and in steps.
    topology.keep_history(HistoryLimits { generations: 16, ..HistoryLimits::default() })?;
    let mut tx = topology.transaction();
    let system = tx.container("system", 1 << 64);
    let (bus, card) = (tx.container("bus", 0x1_0000), tx.reservation("card", 0x1000));
    tx.add_subregion(system, 0x10_0000, bus).add_subregion(bus, 0x4000, card);
    let space = tx.address_space("memory", system);
    let made = tx.commit()?.generation;

    let mut tx = topology.transaction();
    tx.set_enabled(bus, false);
    let hidden = tx.commit()?.generation;
    let mut tx = topology.transaction();
    tx.set_enabled(bus, true).set_address(card, 0x8000);
    let moved = tx.commit()?.generation;

    let history = topology.history()?;
    let addr = Gpa(0x10_4010);
    let why = history.why(space, addr, made)?;
    assert_eq!(why.answer().map(|answer| answer.offset), Some(0x10));
    let why = history.why(space, addr, hidden)?;
    assert_eq!(why.candidates[0].verdict, Verdict::Disabled("bus".to_owned()));
    print!("{why}");
    print!("{}", history.why(space, addr, moved)?);
    print!("{}", history.difference(made, moved)?);
    executive.shutdown();
    Ok(())
}
