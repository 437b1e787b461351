//! C5 for registers without a mailbox: a write by DMA, which takes no lock and pins nothing, is over before the `Retired` of the region's
//! removal completes; and two that go online at once do not share a reader.

mod common;

use std::sync::Arc;

use common::{Watched, cell, map, models};
use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::{BusError, Gpa, Requester};

/// Writes by DMA against the removal of what they write to.
fn written(writers: u32) {
    let rig = Rig::new(64);
    let life: Arc<Watched> = Arc::default();
    let (root, space, region) = map::with_region(&rig, 0, |t| t.mmio("cell", 0x10, cell(&life)));

    let writes: Vec<_> = (0..writers)
        .map(|device| {
            let memory = rig.topology().address_space(space);
            thread::spawn(move || match memory.store(Gpa(0), 1u32, Requester::Device(device)) {
                Ok(()) | Err(BusError::Decode(_)) => {}
                Err(other) => panic!("{other}"),
            })
        })
        .collect();

    let retired = map::remove(&rig, root, region);
    map::help_until(&rig, &retired);
    life.write();
    for write in writes {
        write.join().expect("it ends");
    }
}

models! {
    /// A write to registers without a mailbox holds their region back.
    direct_write {
        rows: C5;
        run: || written(1);
        bounds: 5, 7;
        twin: NoGrace, "Causality violation", 20;
    }

    /// Two that go online at once have a reader each.
    two_direct_writes {
        rows: C5;
        run: || written(2);
        bounds: 2, 3;
        twin: NoGrace, "Causality violation", 600;
    }
}
