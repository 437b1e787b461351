//! C4: who learns through memory that a commit was made sees it at the next access.

mod common;

use std::sync::Arc;

use common::{map, models};
use loom::sync::atomic::{AtomicU32, Ordering, fence};
use loom::thread::{self, JoinHandle};
use manyhart_runtime::model::Rig;
use manyhart_runtime::{AddressSpaceId, Gpa, Reader, RegionId};

/// A hart's commit, and its signal after it.
fn signals(rig: &Rig, root: RegionId, flag: &Arc<AtomicU32>, signal: fn(&AtomicU32)) -> JoinHandle<()> {
    let (flag, rig) = (Arc::clone(flag), rig.clone());
    thread::spawn(move || {
        map::add_page(&rig, root, 0);
        signal(&flag);
    })
}

/// What was committed is there for who was signalled. The reader lives on: its end would be one more thing for loom to order.
fn look(reader: &mut Reader, space: AddressSpaceId, signalled: bool) {
    let found = reader.view(space).find(Gpa(0)).is_some();
    assert!(found || !signalled, "signalled, and not seen");
    reader.go_offline();
}

/// One hart commits and signals with fences, as a guest would; the other sees the signal, fences, and looks.
fn signal() {
    let (rig, root, space, mut reader) = map::empty_with_reader();
    let flag = Arc::new(AtomicU32::new(0));
    let signals = signals(&rig, root, &flag, |flag| {
        fence(Ordering::Release);
        flag.store(1, Ordering::Relaxed);
    });

    let signalled = flag.load(Ordering::Relaxed) == 1;
    if reader.fence(Ordering::Acquire) {
        reader.resync(&mut ());
    }
    look(&mut reader, space, signalled);
    signals.join().expect("it ends");
}

/// As `signal`, by acquire and release, and with another committer, on whose thread the commit may be carried out.
fn signal_by_release() {
    let (rig, root, space, mut reader) = map::empty_with_reader();
    let flag = Arc::new(AtomicU32::new(0));
    let signals = signals(&rig, root, &flag, |flag| flag.store(1, Ordering::Release));
    let other = {
        let rig = rig.clone();
        thread::spawn(move || map::add_page(&rig, root, 0x8000))
    };

    let signalled = flag.load(Ordering::Acquire) == 1;
    if reader.must_check() {
        reader.resync(&mut ());
    }
    look(&mut reader, space, signalled);
    signals.join().expect("it ends");
    other.join().expect("it ends");
}

models! {
    /// A signal through memory, with fences, carries the commit that was made before it.
    fences_carry_commit {
        rows: C4;
        run: signal;
        bounds: 8, 12;
        twin: PollBeforeFence, "signalled, and not seen", 50;
    }

    /// So does one by acquire and release, whichever thread has carried the commit out.
    release_carries_commit {
        rows: C4;
        run: signal_by_release;
        bounds: 3, 4;
        twin: AnswerBeforePublish, "signalled, and not seen", 8000;
    }
}
