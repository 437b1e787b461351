//! Changes take effect together or not at all: `cargo run -p manyhart-runtime --example transaction`.

use manyhart_runtime::{Clock, Config, Executive, Gpa, TopologyError};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let topology = executive.topology();
    let mut tx = topology.transaction();
    let system = tx.container("system", 1 << 64);
    let (left, right) = (tx.reservation("left", 0x1000), tx.reservation("right", 0x1000));
    tx.add_subregion(system, 0, left).add_subregion(system, 0x1000, right);
    let space = tx.address_space("memory", system);
    let first = tx.commit()?.generation;

    // Two siblings trade places. There is no generation in which an address decodes to nothing, or to both.
    let mut tx = topology.transaction();
    tx.set_address(left, 0x1000).set_address(right, 0);
    let second = tx.commit()?.generation;
    assert_eq!(second, first + 1);
    let snapshot = topology.snapshot();
    let found = snapshot.view(space).and_then(|view| view.find(Gpa(0)));
    assert_eq!(found.map(|range| range.region), Some(right));

    // What is unlawful is refused as a whole, with the reason; the lawful half of it did not happen either.
    let mut tx = topology.transaction();
    tx.set_address(right, 0x8000).set_size(left, 0);
    assert_eq!(tx.commit().err(), Some(TopologyError::ZeroSize(left)));
    assert_eq!(topology.generation(), second);

    print!("{}", topology.history()?.difference(first, second)?);
    executive.shutdown();
    Ok(())
}
