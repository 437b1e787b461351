//! What was done before is seen by whoever learns of what came after, where nothing but one ordering says so.

mod common;

use std::sync::Arc;

use common::{Watched, map, models};
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;
use manyhart_runtime::model::{Actor, Rig, SwapCell};
use manyhart_runtime::{
    Attention, BusError, DeviceError, Flow, Gpa, InterruptFile, MmioSpec, MmioTarget, Registers, Requester,
};

const LEVEL: u32 = 9;

/// Who finds a deadline there, before it takes anything, sees what was done before it was set.
fn deadline() {
    let (attention, done) = (Arc::new(Attention::new()), Arc::<Watched>::default());
    let sets = {
        let (attention, done) = (Arc::clone(&attention), Arc::clone(&done));
        thread::spawn(move || {
            done.write();
            attention.set_deadline(0, 5);
        })
    };
    if attention.next_deadline() == 5 {
        done.read();
    }
    sets.join().expect("it ends");
}

/// Who leaves its loop because of a stop sees what was done before that.
fn stop() {
    let (rig, done) = (Rig::new(64), Arc::<Watched>::default());
    let mut reader = rig.reader("reader");
    let stops = {
        let (rig, done) = (rig.clone(), Arc::clone(&done));
        thread::spawn(move || {
            done.write();
            rig.stop();
        })
    };
    if reader.checkpoint(&mut ()) == Flow::Stop {
        done.read();
    }
    reader.go_offline();
    stops.join().expect("it ends");
}

/// Registers that are the world: what is read under a pause.
struct World(Arc<Watched>);

impl Registers for World {
    fn read(&self, _: u64, _: u8) -> Result<u64, DeviceError> {
        Err(DeviceError::NoRegister)
    }

    fn write(&self, _: u64, _: u8, _: u64) -> Result<(), DeviceError> {
        self.0.write();
        Ok(())
    }
}

/// A device's DMA against a pause: before it or after it, and after it means behind all that the pausing thread did.
fn dma_and_pause() {
    let (rig, world) = (Rig::new(64), Arc::<Watched>::default());
    let target = MmioTarget::direct("world", MmioSpec::aligned(4, 4), Arc::new(World(Arc::clone(&world))));
    let (_, space, _) = map::with_region(&rig, 0, |t| t.mmio("world", 0x10, target));
    let writes = {
        let memory = rig.topology().address_space(space);
        thread::spawn(move || {
            assert_eq!(memory.store(Gpa(0), 1u32, Requester::Device(1)), Ok::<(), BusError>(()));
        })
    };
    let paused = rig.pause();
    world.read();
    drop(paused);
    writes.join().expect("it ends");
}

/// A device that writes down that it was told.
struct Told(Arc<Watched>);

impl Actor for Told {
    type Message = ();

    fn handle(&mut self, (): ()) {
        self.0.write();
    }
}

/// A handler that runs after a pause is behind all that was done under it, also where the clock stood before and so is not touched.
fn handler_after_pause() {
    let (rig, world) = (Rig::new(64), Arc::<Watched>::default());
    rig.clock().freeze();
    let device = rig.mailbox("device", Told(Arc::clone(&world)));
    let posts = thread::spawn(move || {
        device.post(());
    });
    let paused = rig.pause();
    world.read();
    drop(paused);
    posts.join().expect("it ends");
    rig.help_all();
}

/// Who has coalesced writes handled, and finds none left, sees what another thread's handling of them did.
fn flushed() {
    let (rig, world) = (Rig::new(64), Arc::<Watched>::default());
    let device = rig.mailbox("device", Told(Arc::clone(&world)));
    assert!(device.coalesce(()));
    let helper = {
        let rig = rig.clone();
        thread::spawn(move || {
            rig.help();
        })
    };
    rig.flush();
    world.read();
    helper.join().expect("it ends");
}

/// No deliveries, so that nothing but the pending bits themselves passes anything on.
fn file() -> Arc<InterruptFile> {
    let file = Arc::new(InterruptFile::new(63, Arc::new(Attention::new()), LEVEL));
    file.change_enabled(0, 0, 1 << 1);
    file
}

/// Who finds an interrupt pending sees what was done before it was sent.
fn sent_and_found(is_pending: impl Fn(&InterruptFile) -> bool) {
    let (file, done) = (file(), Arc::<Watched>::default());
    let sends = {
        let (file, done) = (Arc::clone(&file), Arc::clone(&done));
        thread::spawn(move || {
            done.write();
            assert!(file.send(1));
        })
    };
    if is_pending(&file) {
        done.read();
    }
    sends.join().expect("it ends");
}

/// An interrupt that is pending is sent once more while the owner clears it: either it is pending afterwards, or the owner sees what the second
/// sender did.
fn sent_again(clear: impl Fn(&InterruptFile)) {
    let (file, done) = (file(), Arc::new(AtomicU32::new(0)));
    assert!(file.send(1));
    let sends = {
        let (file, done) = (Arc::clone(&file), Arc::clone(&done));
        thread::spawn(move || {
            done.store(1, Ordering::Relaxed);
            assert!(file.send(1));
        })
    };
    clear(&file);
    let seen = done.load(Ordering::Relaxed) == 1;
    sends.join().expect("it ends");
    assert!(seen || file.pending(0) == 1 << 1, "cleared unseen");
}

/// Who takes a value out of a cell has all that was done with it before it was put in.
fn swapped() {
    let (cell, done) = (Arc::new(SwapCell::new()), Arc::<Watched>::default());
    let puts = {
        let (cell, done) = (Arc::clone(&cell), Arc::clone(&done));
        thread::spawn(move || {
            done.write();
            assert!(cell.swap(Some(Box::new(7))).is_none());
        })
    };
    if let Some(value) = cell.swap(None) {
        assert_eq!(*value, 7);
        done.read();
    }
    puts.join().expect("it ends");
}

models! {
    /// A deadline carries what came before it.
    deadline_seen {
        rows: C8;
        run: deadline;
        bounds: 4, 8;
    }

    /// A stop carries what came before it.
    stop_seen {
        rows: C12;
        run: stop;
        bounds: 4, 6;
    }

    /// A device that may go on is behind the pause.
    dma_after_pause {
        rows: C12;
        run: dma_and_pause;
        bounds: 3, 4;
    }

    /// A handler that may run again is behind the pause.
    handler_after_pause {
        rows: C12;
        run: handler_after_pause;
        bounds: 3, 5;
    }

    /// A flush that finds nothing left sees what was handled.
    flushed {
        rows: C10;
        run: flushed;
        bounds: 3, 5;
    }

    /// An interrupt that is looked at carries what came before it.
    top_seen {
        rows: C8;
        run: || sent_and_found(|file| file.top() == Some(1));
        bounds: 4, 8;
    }

    /// So does one of which the pending bit is read.
    pending_seen {
        rows: C8;
        run: || sent_and_found(|file| file.pending(0) != 0);
        bounds: 4, 8;
    }

    /// A second sending is not claimed unseen.
    claimed_and_sent_again {
        rows: C8;
        run: || sent_again(|file| assert_eq!(file.claim(), Some(1)));
        bounds: 4, 8;
    }

    /// Nor is it cleared unseen.
    cleared_and_sent_again {
        rows: C8;
        run: || sent_again(|file| file.change_pending(0, 1 << 1, 0));
        bounds: 4, 8;
    }

    /// What is swapped out carries what came before it was put in.
    swapped_out {
        rows: C5;
        run: swapped;
        bounds: 4, 8;
    }
}
