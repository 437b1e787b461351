//! The shapes of memory-model tests over what guests' orderings become on the host ([`manyhart_runtime::ram::order`]): hosts that reorder as they like
//! may not show a guest what its own model forbids. `manyhart litmus` runs the same shapes, and more, on the host that there is.
//!
//! loom never lets a store pass an earlier load, nor one store another, so that LB, S and 2+2W would hold without any fence: they are not
//! here. It takes sequentially consistent accesses for acquire and release, which is weaker than they are: a model that holds does so by
//! fences.

mod common;

use std::sync::Arc;

use common::{map, models};
use loom::sync::atomic::AtomicU32;
use loom::thread;
use manyhart_runtime::Gpa;
use manyhart_runtime::ram::order;

/// A word of guest memory, accessed as a virtual CPU does.
#[derive(Default)]
struct Word(AtomicU32);

impl Word {
    fn load(&self) -> u32 {
        self.0.load(order::LOAD)
    }

    fn store(&self, value: u32) {
        self.0.store(value, order::STORE);
    }

    /// An atomic swap that acquires and releases.
    fn swap_ordered(&self, value: u32) -> u32 {
        order::modify(true, |order| self.0.swap(value, order))
    }

    /// An atomic that changes nothing, and acquires and releases.
    fn or_nothing_ordered(&self) -> u32 {
        order::modify(true, |order| self.0.fetch_or(0, order))
    }

    /// The load of a load-reserved that acquires and releases. Who watches the place is the host's business.
    fn load_reserved_ordered(&self) -> u32 {
        order::before_reserved();
        let value = self.load();
        order::after_reserved();
        value
    }
}

/// Any but those that keep stores before loads.
fn light_fence() {
    order::fence(order::of_fence(false));
}

fn full_fence() {
    order::fence(order::of_fence(true));
}

type Thread = fn(&[Word; 3]) -> [u32; 2];

/// Runs threads over x, y and z, the first of them here. Answers what each observed, and what x, y and z hold in the end.
fn run<const N: usize>(threads: [Thread; N]) -> ([[u32; 2]; N], [u32; 3]) {
    let words: Arc<[Word; 3]> = Arc::default();
    let others: Vec<_> = threads[1..]
        .iter()
        .map(|&thread| {
            let words = Arc::clone(&words);
            thread::spawn(move || thread(&words))
        })
        .collect();
    let mut observed = [[0; 2]; N];
    observed[0] = threads[0](&words);
    for (result, other) in observed[1..].iter_mut().zip(others) {
        *result = other.join().expect("it ends");
    }
    (observed, words.each_ref().map(Word::load))
}

/// x = 1, and nothing else.
fn write_x([x, ..]: &[Word; 3]) -> [u32; 2] {
    x.store(1);
    [0; 2]
}

fn write_y([_, y, _]: &[Word; 3]) -> [u32; 2] {
    y.store(1);
    [0; 2]
}

fn writes_with_a_fence([x, y, _]: &[Word; 3]) -> [u32; 2] {
    x.store(1);
    light_fence();
    y.store(1);
    [0; 2]
}

fn writes_y_then_reads_x([x, y, _]: &[Word; 3]) -> [u32; 2] {
    y.store(1);
    full_fence();
    [x.load(), 0]
}

/// MP: who reads the flag reads what was written before it.
fn message(writes: Thread, reads: Thread) {
    let ([_, seen], _) = run([writes, reads]);
    assert_ne!(seen, [1, 0], "forbidden");
}

/// SB: of two that write and then read what the other writes, one sees it.
fn either_sees(one: Thread, other: Thread) {
    let (seen, _) = run([one, other]);
    assert_ne!(seen, [[0; 2]; 2], "forbidden");
}

/// MP+fence.tsos
fn message_passing() {
    let reads: Thread = |[x, y, _]| {
        let first = y.load();
        light_fence();
        [first, x.load()]
    };
    message(writes_with_a_fence, reads);
}

/// MP+poprl+poaqp
fn message_passing_by_atomics() {
    let writes: Thread = |[x, y, _]| {
        x.store(1);
        y.swap_ordered(1);
        [0; 2]
    };
    let reads: Thread = |[x, y, _]| [y.or_nothing_ordered(), x.load()];
    message(writes, reads);
}

/// MP+fence.tso+lraqp
fn message_passing_to_a_reservation() {
    let reads: Thread = |[x, y, _]| [y.load_reserved_ordered(), x.load()];
    message(writes_with_a_fence, reads);
}

/// SB+fence.rw.rws
fn store_buffering() {
    let one: Thread = |[x, y, _]| {
        x.store(1);
        full_fence();
        [y.load(), 0]
    };
    either_sees(one, writes_y_then_reads_x);
}

/// SB+poprl+fence.rw.rw: a release keeps what went before ahead of the atomic's load, too.
fn store_buffering_before_an_atomic() {
    let one: Thread = |[x, y, _]| {
        x.store(1);
        [y.or_nothing_ordered(), 0]
    };
    either_sees(one, writes_y_then_reads_x);
}

/// SB+poaqps: an acquire keeps what follows after the atomic's store, too.
fn store_buffering_by_atomics() {
    let one: Thread = |[x, y, _]| {
        x.swap_ordered(1);
        [y.load(), 0]
    };
    let other: Thread = |[x, y, _]| {
        y.swap_ordered(1);
        [x.load(), 0]
    };
    either_sees(one, other);
}

/// SB+polraqrls: a release keeps what went before, stores too, before the load.
fn store_buffering_by_reservations() {
    let one: Thread = |[x, y, _]| {
        x.store(1);
        [y.load_reserved_ordered(), 0]
    };
    let other: Thread = |[x, y, _]| {
        y.store(1);
        [x.load_reserved_ordered(), 0]
    };
    either_sees(one, other);
}

/// R+poprl+fence.rw.rw: a release keeps what went before, also for those who see its store overwritten.
fn overwritten_release() {
    let one: Thread = |[x, y, _]| {
        x.store(1);
        y.swap_ordered(1);
        [0; 2]
    };
    let other: Thread = |[x, y, _]| {
        y.store(2);
        full_fence();
        [x.load(), 0]
    };
    let ([_, seen], [_, y, _]) = run([one, other]);
    assert!(y != 2 || seen != [0; 2], "forbidden");
}

/// WRC+fence.tsos
fn write_to_read_causality() {
    let hands_on: Thread = |[x, y, _]| {
        let first = x.load();
        light_fence();
        y.store(1);
        [first, 0]
    };
    let reads: Thread = |[x, y, _]| {
        let first = y.load();
        light_fence();
        [first, x.load()]
    };
    let ([_, handed, seen], _) = run([write_x, hands_on, reads]);
    assert!(handed[0] == 0 || seen != [1, 0], "forbidden");
}

/// RWC+fence.rw.rws
fn read_to_write_causality() {
    let reads: Thread = |[x, y, _]| {
        let first = x.load();
        full_fence();
        [first, y.load()]
    };
    let ([_, seen, last], _) = run([write_x, reads, writes_y_then_reads_x]);
    assert!(seen != [1, 0] || last[0] != 0, "forbidden");
}

/// IRIW+fence.rw.rws
fn independent_reads() {
    let one: Thread = |[x, y, _]| {
        let first = x.load();
        full_fence();
        [first, y.load()]
    };
    let other: Thread = |[x, y, _]| {
        let first = y.load();
        full_fence();
        [first, x.load()]
    };
    let ([_, _, seen, too], _) = run([write_x, write_y, one, other]);
    assert!(seen != [1, 0] || too != [1, 0], "forbidden");
}

/// SB with a commit for one of the stores: a host of total store order hardly ever shows what a poll before the fence would do.
fn store_buffering_with_a_map() {
    let (rig, root, space, mut reader) = map::empty_with_reader();
    let word = Arc::new(Word::default());
    let changes = {
        let (word, rig) = (Arc::clone(&word), rig.clone());
        thread::spawn(move || {
            map::add_page(&rig, root, 0);
            full_fence();
            word.load()
        })
    };
    word.store(1);
    if reader.fence(order::of_fence(true)) {
        reader.resync(&mut ());
    }
    let found = reader.view(space).find(Gpa(0)).is_some();
    reader.go_offline();
    let seen = changes.join().expect("it ends");
    assert!(found || seen == 1, "forbidden");
}

models! {
    /// Fences that keep stores before stores and loads before loads.
    message_passing_holds {
        rows: C4;
        run: message_passing;
        bounds: 4, 8;
        twin: GuestFenceDropped, "forbidden", 50;
    }
    /// Release and acquire by atomics.
    message_passing_by_atomics_holds {
        rows: C4;
        run: message_passing_by_atomics;
        bounds: 4, 8;
        twin: AtomicUnordered, "forbidden", 50;
    }
    /// Acquire by a load-reserved.
    message_passing_to_a_reservation_holds {
        rows: C4;
        run: message_passing_to_a_reservation;
        bounds: 4, 8;
        twin: ReservedTooLate, "forbidden", 50;
    }
    /// Fences that keep stores before loads.
    store_buffering_holds {
        rows: C4;
        run: store_buffering;
        bounds: 4, 8;
        twin: GuestFenceDropped, "forbidden", 50;
        twin: StorePassesGuestFence, "forbidden", 50;
    }
    /// An atomic's acquire counts for its store, too.
    store_buffering_by_atomics_holds {
        rows: C4;
        run: store_buffering_by_atomics;
        bounds: 4, 8;
        twin: AtomicWithoutFences, "forbidden", 50;
    }
    /// An atomic's release counts for its load, too.
    store_buffering_before_an_atomic_holds {
        rows: C4;
        run: store_buffering_before_an_atomic;
        bounds: 4, 8;
        twin: AtomicWithoutFences, "forbidden", 50;
    }
    /// A load-reserved that releases.
    store_buffering_by_reservations_holds {
        rows: C4;
        run: store_buffering_by_reservations;
        bounds: 4, 8;
        twin: ReservedTooEarly, "forbidden", 50;
    }
    /// An atomic's release counts for those who see its store overwritten.
    overwritten_release_holds {
        rows: C4;
        run: overwritten_release;
        bounds: 4, 8;
        twin: AtomicWithoutFences, "forbidden", 50;
    }
    /// Three harts: who hands on what it has seen.
    write_to_read_causality_holds {
        rows: C4;
        run: write_to_read_causality;
        bounds: 3, 5;
        twin: GuestFenceDropped, "forbidden", 500;
    }
    /// Three harts, and a store before a load.
    read_to_write_causality_holds {
        rows: C4;
        run: read_to_write_causality;
        bounds: 3, 5;
        twin: StorePassesGuestFence, "forbidden", 500;
    }
    /// Four harts: two who read see two stores in one order.
    independent_reads_hold {
        rows: C4;
        run: independent_reads;
        bounds: 2, 3;
        twin: GuestFenceDropped, "forbidden", 5000;
    }
    /// A commit beside a store: the poll comes after the fence.
    store_buffering_with_a_map_holds {
        rows: C4;
        run: store_buffering_with_a_map;
        bounds: 4, 8;
        twin: PollBeforeFence, "forbidden", 500;
        twin: StorePassesGuestFence, "forbidden", 500;
    }
}
