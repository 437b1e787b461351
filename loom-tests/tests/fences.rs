//! A guest's fence, executed by the host's fence of the same order, keeps the order that the guest asked for.

mod common;

use std::sync::Arc;

use common::models;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;
use manyhart_runtime::Reader;
use manyhart_runtime::model::Rig;

/// Two readers and two words of memory.
fn two() -> [(Reader, Arc<[AtomicU32; 2]>); 2] {
    let rig = Rig::new(64);
    let memory: Arc<[AtomicU32; 2]> = Arc::default();
    [0, 1].map(|n| {
        let mut reader = rig.reader(&format!("reader {n}"));
        reader.checkpoint(&mut ());
        (reader, Arc::clone(&memory))
    })
}

/// One writes data and then a flag; who sees the flag sees the data.
fn message_passing() {
    let [(writer, words), (reader, memory)] = two();
    let writes = thread::spawn(move || {
        words[0].store(1, Ordering::Relaxed);
        assert!(!writer.fence(Ordering::Release));
        words[1].store(1, Ordering::Relaxed);
    });
    let flag = memory[1].load(Ordering::Relaxed);
    assert!(!reader.fence(Ordering::Acquire));
    let data = memory[0].load(Ordering::Relaxed);
    assert!(flag == 0 || data == 1, "the flag without the data");
    writes.join().expect("it ends");
}

/// Each writes its own word and then reads the other's: one of them sees the other's write.
fn store_buffering() {
    let [(first, words), (second, memory)] = two();
    let other = thread::spawn(move || {
        words[0].store(1, Ordering::Relaxed);
        assert!(!first.fence(Ordering::SeqCst));
        words[1].load(Ordering::Relaxed)
    });
    memory[1].store(1, Ordering::Relaxed);
    assert!(!second.fence(Ordering::SeqCst));
    let mine = memory[0].load(Ordering::Relaxed);
    let theirs = other.join().expect("it ends");
    assert!(mine == 1 || theirs == 1, "both passed their stores");
}

models! {
    /// A release fence and an acquire fence pass a message.
    guest_message {
        rows: C4;
        run: message_passing;
        bounds: 8, 12;
    }

    /// A full fence keeps loads behind stores.
    guest_full_fence {
        rows: C4;
        run: store_buffering;
        bounds: 8, 12;
    }
}
