//! C8 for interrupt files: whatever senders and the owner do at once, in the end the level says what is due, and who claims sees what
//! was done before the sending.

mod common;

use std::sync::Arc;

use common::{Watched, models};
use loom::thread;
use manyhart_runtime::{Attention, InterruptFile};

const LEVEL: u32 = 9;

fn enabled_file(enabled: u64) -> (Arc<InterruptFile>, Arc<Attention>) {
    let attention = Arc::new(Attention::new());
    let file = Arc::new(InterruptFile::new(63, Arc::clone(&attention), LEVEL));
    file.change_enabled(0, 0, enabled);
    file.set_delivery(true);
    (file, attention)
}

fn level_is_right(file: &InterruptFile, attention: &Attention) {
    let due = file.delivers() && file.top().is_some();
    assert_eq!(attention.peek() >> LEVEL & 1 == 1, due, "the level is not what is due");
}

/// One sends while the owner does `change`.
fn sent_against(enabled: u64, pending: u64, change: impl FnOnce(&InterruptFile)) {
    let (file, attention) = enabled_file(enabled);
    file.change_pending(0, 0, pending);
    let sender = Arc::clone(&file);
    let sends = thread::spawn(move || assert!(sender.send(1)));
    change(&file);
    sends.join().expect("it ends");
    level_is_right(&file, &attention);
}

/// Two send, the owner claims when it is asked to: whatever it claims it sees all of, and what it does not claim is still shown.
fn sent_and_claimed() {
    let (file, attention) = enabled_file(1 << 1 | 1 << 2);
    let done: [Arc<Watched>; 2] = Default::default();
    let senders: Vec<_> = (1..=2u32)
        .map(|identity| {
            let (file, done) = (Arc::clone(&file), Arc::clone(&done[identity as usize - 1]));
            thread::spawn(move || {
                done.write();
                assert!(file.send(identity));
            })
        })
        .collect();
    let mut claimed = 0;
    if attention.take() >> LEVEL & 1 == 1
        && let Some(identity) = file.claim()
    {
        done[identity as usize - 1].read();
        claimed = 1u64 << identity;
    }
    for sender in senders {
        sender.join().expect("it ends");
    }
    assert_eq!(file.pending(0) | claimed, 0b110, "one is lost");
    assert_eq!(file.pending(0) & claimed, 0, "one came twice");
    level_is_right(&file, &attention);
}

models! {
    /// An interrupt that comes while it is enabled is shown.
    sent_and_enabled {
        rows: C8;
        run: || sent_against(0, 0, |file| file.change_enabled(0, 0, 1 << 1));
        bounds: 4, 8;
        twin: LookOnce, "not what is due", 20;
    }

    /// One that comes while it is disabled is not.
    sent_and_disabled {
        rows: C8;
        run: || sent_against(1 << 1, 0, |file| file.change_enabled(0, 1 << 1, 0));
        bounds: 4, 8;
        twin: LookOnce, "not what is due", 20;
    }

    /// A claim beside a sender leaves the right level.
    sent_beside_claim {
        rows: C8;
        run: || sent_against(1 << 1 | 1 << 2, 1 << 2, |file| assert!(file.claim().is_some()));
        bounds: 4, 8;
        twin: LookOnce, "not what is due", 20;
    }

    /// So does switching delivery off and on.
    sent_beside_delivery {
        rows: C8;
        run: || sent_against(1 << 1, 0, |file| {
            file.set_delivery(false);
            file.set_delivery(true);
        });
        bounds: 4, 8;
        twin: LookOnce, "not what is due", 20;
    }

    /// And a threshold.
    sent_beside_threshold {
        rows: C8;
        run: || sent_against(1 << 1, 0, |file| file.set_threshold(1));
        bounds: 4, 8;
        twin: LookOnce, "not what is due", 20;
    }

    /// What is claimed is seen with all that came before it, and the rest is still shown.
    claimed_and_left {
        rows: C4 C8;
        run: sent_and_claimed;
        bounds: 2, 4;
        twin: LookOnce, "not what is due", 80;
    }
}
