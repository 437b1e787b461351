//! A clock's time is one moment's: nobody sees half of a change, though readers take no lock.

mod common;

use loom::thread;
use manyhart_runtime::Clock;

/// The host's time, which stands still in models.
const NOW: u64 = 1000;

/// One freezes the clock and lets it go on; another reads the time, which is the same all along. Where a frozen clock keeps the time, a running
/// one keeps what to add to the host's: half of each is another time.
fn freeze_and_read() {
    let clock = Clock::host(1);
    assert_eq!(clock.now(), NOW);
    let freezes = {
        let clock = clock.clone();
        thread::spawn(move || {
            clock.freeze();
            clock.thaw();
        })
    };
    assert_eq!(clock.now(), NOW, "half of a change");
    freezes.join().expect("it ends");
    assert_eq!(clock.now(), NOW);
}

#[test]
fn nobody_sees_half_of_a_change() {
    common::holds(4, freeze_and_read);
}
