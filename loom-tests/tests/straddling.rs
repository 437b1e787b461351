//! C1, C5: an access that straddles two ranges is resolved whole under one view, and what it has resolved stays until it is over,
//! although its reader waits offline in the middle.

mod common;

use std::sync::Arc;

use common::{Watched, cell, map, models};
use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::{Access, Answer, BusError, Context, Device, Gpa, MmioSpec, Requester};

/// The first half: a device that may be busy.
struct Busy;

impl Device for Busy {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, _: Access) -> Answer<u64> {
        Ok(0)
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

/// A write over both halves, against the removal of the second, while somebody keeps the first busy.
fn second_half_removed() {
    let rig = Rig::new(64);
    let life: Arc<Watched> = Arc::default();
    let device = rig.spawn("busy", Busy);
    let mut t = rig.topology().transaction();
    let (root, space) = map::root(&mut t);
    let first = t.mmio("busy", 4, device.mmio(0, MmioSpec::aligned(4, 4)));
    let second = t.mmio("cell", 4, cell(&life));
    t.add_subregion(root, 0, first);
    t.add_subregion(root, 4, second);
    t.commit().expect("lawful");

    let writes = {
        let memory = rig.topology().address_space(space);
        thread::spawn(move || match memory.store(Gpa(0), 1u64, Requester::Device(1)) {
            // The removal comes before all of it or after all of it: never is half of it refused.
            Ok(()) | Err(BusError::Decode(Gpa(4))) => {}
            Err(other) => panic!("{other}"),
        })
    };
    let keeps_busy = thread::spawn(move || device.post(()));

    let retired = map::remove(&rig, root, second);
    map::help_until(&rig, &retired);
    life.write();
    writes.join().expect("it ends");
    keeps_busy.join().expect("it ends");
}

models! {
    /// What the rest of an access goes to waits for it.
    straddling_write {
        rows: C1 C5;
        run: second_half_removed;
        bounds: 2, 3;
        twin: IgnorePins, "Causality violation", 300;
        twin: NoGrace, "Causality violation", 80;
    }
}
