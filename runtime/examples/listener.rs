//! Who keeps a copy of an address space is told what differs: `cargo run -p manyhart-runtime --example listener`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use manyhart_runtime::{Clock, Config, Executive, FlatRange, Listener};

/// A copy: what each range begins with, and what it is. It might be a hypervisor's memory slots.
#[derive(Clone, Default)]
struct Copy(Arc<Mutex<BTreeMap<u64, String>>>);

impl Listener for Copy {
    fn region_del(&mut self, range: &FlatRange) {
        self.0.lock().expect("nobody panics").remove(&range.range.start().0);
    }

    fn region_add(&mut self, range: &FlatRange) {
        self.0.lock().expect("nobody panics").insert(range.range.start().0, format!("{range:?}"));
    }
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let topology = executive.topology();
    let mut tx = topology.transaction();
    let system = tx.container("system", 1 << 64);
    let (card, other) = (tx.reservation("card", 0x1000), tx.reservation("other", 0x1000));
    tx.add_subregion(system, 0x1000, card).add_subregion(system, 0x8000, other);
    let space = tx.address_space("memory", system);
    let made = tx.commit()?.generation;

    // Late or early, a listener is told the whole of what there is, and from then on what differs.
    let copy = Copy::default();
    let handle = topology.add_listener("copy", space, 0, copy.clone());
    handle.wait_for(made)?;
    let starts = || copy.0.lock().expect("nobody panics").keys().copied().collect::<Vec<_>>();
    assert_eq!(starts(), [0x1000, 0x8000]);

    // It runs on the helper thread, after the commit; whoever needs it done waits for it.
    let mut tx = topology.transaction();
    tx.set_address(card, 0x4000);
    handle.wait_for(tx.commit()?.generation)?;
    assert_eq!(starts(), [0x4000, 0x8000]);
    println!("{:#?}", copy.0.lock().expect("nobody panics"));
    executive.shutdown();
    Ok(())
}
