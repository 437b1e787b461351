//! C5, C8: the helper and a control thread that helps it carry on the same grace period. One of them ends it, once; what was removed is
//! dropped before anybody hears of it; who waits is woken; and listeners have been told.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Watched, map, models};
use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::{DeviceError, FlatRange, Gpa, Listener, MmioSpec, MmioTarget, Registers};

/// Registers that say when they end, and how often.
struct Ends(Arc<Watched>, Arc<AtomicUsize>);

impl Registers for Ends {
    fn read(&self, _: u64, _: u8) -> Result<u64, DeviceError> {
        Ok(0)
    }

    fn write(&self, _: u64, _: u8, _: u64) -> Result<(), DeviceError> {
        Ok(())
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::Relaxed);
        if !std::thread::panicking() {
            self.0.write();
        }
    }
}

/// A reader finds registers or not; a commit ends their life, and two threads carry that on.
fn two_scan() {
    let rig = Rig::new(64);
    let (life, ends): (Arc<Watched>, Arc<AtomicUsize>) = Default::default();
    let registers = Arc::new(Ends(Arc::clone(&life), Arc::clone(&ends)));
    let target = MmioTarget::direct("ends", MmioSpec::aligned(4, 4), registers);
    let (root, space, region) = map::with_region(&rig, 0, |t| t.mmio("ends", 0x10, target));

    let reads = {
        let (mut reader, life) = (rig.reader("reader"), Arc::clone(&life));
        thread::spawn(move || {
            reader.checkpoint(&mut ());
            if reader.view(space).find(Gpa(0)).is_some() {
                life.read();
            }
            reader.go_offline();
        })
    };
    let retired = map::destroy(&rig, root, region);
    let helps = {
        let (rig, retired) = (rig.clone(), retired.clone());
        thread::spawn(move || map::help_until(&rig, &retired))
    };
    rig.scan();
    retired.wait();
    life.write();
    assert_eq!(ends.load(Ordering::Relaxed), 1, "retired, and not dropped");
    helps.join().expect("it ends");
    reads.join().expect("it ends");
    assert_eq!(ends.load(Ordering::Relaxed), 1, "dropped twice");
}

/// Shows memory to somebody else, and takes it back when it is told to.
struct Shows(Arc<Watched>);

impl Listener for Shows {
    fn region_add(&mut self, _: &FlatRange) {
        self.0.read();
    }

    fn region_del(&mut self, _: &FlatRange) {
        self.0.read();
    }
}

/// The helper tells a listener of a removal, while the control thread that committed it carries the grace period on.
fn told_and_scanned() {
    let rig = Rig::new(64);
    let life: Arc<Watched> = Arc::default();
    let (root, space, region) = map::with_region(&rig, 0, map::page);
    let listener = rig.topology().add_listener("shows", space, 0, Shows(Arc::clone(&life)));
    rig.help_all();

    let retired = map::remove(&rig, root, region);
    let helps = {
        let rig = rig.clone();
        thread::spawn(move || rig.help_all())
    };
    while !retired.is_complete() {
        rig.scan();
        thread::yield_now();
    }
    life.write();
    helps.join().expect("it ends");
    drop(listener);
    rig.help_all();
}

models! {
    /// A grace period that two threads carry on ends once, after the drop, and wakes who waits.
    two_scanners {
        rows: C5 C8;
        run: two_scan;
        bounds: 4, 6;
        twin: CompleteBeforeDrop, "Causality violation", 200;
        twin: WakeBeforeComplete, "deadlock", 200;
        twin: NoGrace, "Causality violation", 400;
    }

    /// What a listener shows it has taken back, whichever thread ends the grace period.
    told_and_taken_back {
        rows: C5;
        run: told_and_scanned;
        bounds: 5, 8;
        twin: HeardBeforeTold, "Causality violation", 40;
    }
}
