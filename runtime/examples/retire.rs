//! When memory may be freed: `cargo run -p manyhart-runtime --example retire`.

use std::sync::Arc;

use manyhart_runtime::{Clock, Config, Executive, Flow, RamBlock};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let block = Arc::new(RamBlock::anonymous("card", 0x1000)?);
    let (pin, weak) = (block.pin(), Arc::downgrade(&block));
    let mut tx = executive.topology().transaction();
    let system = tx.container("system", 1 << 64);
    let card = tx.ram("card", block);
    tx.add_subregion(system, 0x1000, card);
    tx.address_space("memory", system);
    tx.commit()?;

    // A virtual CPU that is online may hold pointers into the card.
    let mut reader = executive.reader("cpu 0", None);
    assert_eq!(reader.checkpoint(&mut ()), Flow::Run);

    // The commit is published at once; that nobody can reach the card any more comes later.
    let mut tx = executive.topology().transaction();
    tx.del_subregion(system, card).destroy(card);
    let committed = tx.commit()?;
    assert!(!committed.retired.is_complete(), "the reader has not passed yet");

    // The reader comes to a boundary: it drops what it has cached, and takes the new view.
    assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
    assert!(weak.upgrade().is_some(), "somebody still copies: the pin");
    drop(pin);
    committed.retired.wait();
    println!("generation {}: the card is out of everybody's reach", committed.generation);

    reader.go_offline();
    executive.shutdown();
    Ok(())
}
