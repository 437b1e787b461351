//! C5: a pin, taken online and kept offline, holds `Retired` back.

mod common;

use std::sync::Arc;

use common::{Watched, map, models};
use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::{Gpa, RamBlock, RegionId, Target, Transaction};

fn memory_of_the_host(t: &mut Transaction) -> RegionId {
    t.ram("ram", Arc::new(RamBlock::anonymous("ram", 4096).expect("memory")))
}

/// A reader that pins a block and uses it while it is offline, against the block's removal.
fn pinned() {
    let rig = Rig::new(64);
    // Host memory is not modelled: this cell stands for the block's contents.
    let memory: Arc<Watched> = Arc::default();
    let (root, space, region) = map::with_region(&rig, 0, memory_of_the_host);

    let mut reader = rig.reader("reader");
    let readers_memory = Arc::clone(&memory);
    let reads = thread::spawn(move || {
        reader.checkpoint(&mut ());
        let pin = reader.view(space).find(Gpa(0)).map(|found| match &found.target {
            Target::Ram(block) => block.pin(),
            _ => unreachable!("it is memory"),
        });
        reader.go_offline();
        if pin.is_some() {
            readers_memory.read();
        }
        drop(pin);
    });

    let retired = map::remove(&rig, root, region);
    map::help_until(&rig, &retired);
    memory.write();
    reads.join().expect("it ends");
}

/// As above, with a whole snapshot held by somebody who is no reader.
fn held() {
    let rig = Rig::new(64);
    let memory: Arc<Watched> = Arc::default();
    let (root, space, region) = map::with_region(&rig, 0, memory_of_the_host);

    let (topology, readers_memory) = (rig.topology().clone(), Arc::clone(&memory));
    let reads = thread::spawn(move || {
        let hold = topology.address_space(space).hold();
        let shows = hold.snapshot().view(space).is_some_and(|view| view.find(Gpa(0)).is_some());
        if shows {
            readers_memory.read();
        }
        drop(hold);
    });

    let retired = map::remove(&rig, root, region);
    map::help_until(&rig, &retired);
    memory.write();
    reads.join().expect("it ends");
}

models! {
    /// A pin holds its block back.
    pinned_block {
        rows: C5;
        run: pinned;
        bounds: 5, 8;
        twin: IgnorePins, "Causality violation", 20;
        twin: NoGrace, "Causality violation", 20;
    }

    /// A hold holds whatever memory its snapshot shows back.
    held_snapshot {
        rows: C5;
        run: held;
        bounds: 2, 5;
        twin: IgnoreHolds, "Causality violation", 20;
        twin: NoGrace, "Causality violation", 20;
    }
}
