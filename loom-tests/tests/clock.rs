//! A clock's time is one moment's: nobody sees half of a change, though readers take no lock.

mod common;

use common::models;
use loom::thread;
use manyhart_runtime::Clock;

/// The host's time, which stands still in models.
const NOW: u64 = 1000;

/// One freezes the clock and lets it go on; another reads the time, which is the same all along. Where a frozen clock keeps the time, a running
/// one keeps what to add to the host's: half of each is another time.
///
/// The reader is the one that is spawned: loom looks for races with the last access to a word alone, and a writer has looked at each word before
/// it changes it.
fn freeze_and_read() {
    let clock = Clock::host(1);
    let reads = {
        let clock = clock.clone();
        thread::spawn(move || assert_eq!(clock.now(), NOW, "half of a change"))
    };
    clock.freeze();
    clock.thaw();
    reads.join().expect("it ends");
    assert_eq!(clock.now(), NOW);
}

models! {
    /// Nobody sees half of a change of the clock.
    half_of_a_change {
        rows: Time;
        run: freeze_and_read;
        bounds: 4, 8;
    }
}
