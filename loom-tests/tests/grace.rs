//! C5: once `Retired` has completed, nobody uses what was removed, nor holds a pointer to it.

mod common;

use std::sync::Arc;

use common::{Watched, map, models};
use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::{AddressSpaceId, DropCached, Flow, Gpa, Invalidate, Reader};

const PLACE: u64 = 0x1000;

/// A pointer that the reader found in its view, and uses without looking again; once more while it drops it (as a cache that writes back).
struct Cache {
    pointer: Option<Arc<Watched>>,
}

impl DropCached for Cache {
    fn drop_cached(&mut self, _: Invalidate<'_>) {
        if let Some(memory) = self.pointer.take() {
            memory.read();
        }
    }
}

fn run(reader: &mut Reader, cache: &mut Cache, space: AddressSpaceId, memory: &Arc<Watched>) {
    if cache.pointer.is_none() && reader.view(space).find(Gpa(PLACE)).is_some() {
        cache.pointer = Some(Arc::clone(memory));
    }
    if let Some(memory) = &cache.pointer {
        memory.read();
    }
}

/// One region, and the reader's life: instructions, resyncs, a rest.
fn delete(rounds: usize) {
    let rig = Rig::new(64);
    // The removed region's memory: readers read it, and its end is a write.
    let memory: Arc<Watched> = Arc::default();
    let (root, space, region) = map::with_region(&rig, PLACE, map::page);

    let mut reader = rig.reader("reader");
    let readers_memory = Arc::clone(&memory);
    let reads = thread::spawn(move || {
        let mut cache = Cache { pointer: None };
        for _ in 0..rounds {
            assert_eq!(reader.checkpoint(&mut cache), Flow::Run);
            run(&mut reader, &mut cache, space, &readers_memory);
            if reader.must_check() {
                reader.resync(&mut cache);
                run(&mut reader, &mut cache, space, &readers_memory);
            }
        }
        reader.go_offline();
    });

    let retired = map::destroy(&rig, root, region);
    map::help_until(&rig, &retired);
    memory.write();
    reads.join().expect("it ends");
}

/// A pointer of one space, which is forgotten only for that space's sake.
struct OfSpace(AddressSpaceId, Cache);

impl DropCached for OfSpace {
    fn drop_cached(&mut self, what: Invalidate<'_>) {
        let concerned = match what {
            Invalidate::Space(space) | Invalidate::Ranges(space, _) => space == self.0,
            Invalidate::Closed(snapshot) => snapshot.view(self.0).is_none(),
            Invalidate::Marks => false,
        };
        if concerned {
            self.1.drop_cached(what);
        }
    }
}

/// A space is closed: what was reached through it goes without a change of any space that is left.
fn close() {
    let rig = Rig::new(64);
    let memory: Arc<Watched> = Arc::default();
    let mut t = rig.topology().transaction();
    let root = t.container("root", 1 << 64);
    let region = t.reservation("region", 0x1000);
    t.add_subregion(root, PLACE, region);
    let space = t.address_space("space", root);
    t.commit().expect("lawful");

    let mut reader = rig.reader("reader");
    let readers_memory = Arc::clone(&memory);
    let reads = thread::spawn(move || {
        let mut cache = OfSpace(space, Cache { pointer: None });
        for _ in 0..2 {
            assert_eq!(reader.checkpoint(&mut cache), Flow::Run);
            run(&mut reader, &mut cache.1, space, &readers_memory);
        }
        reader.go_offline();
    });

    let mut t = rig.topology().transaction();
    t.close_address_space(space);
    t.del_subregion(root, region).destroy(region).destroy(root);
    let retired = t.commit().expect("lawful").retired;
    while !retired.is_complete() {
        rig.help();
        thread::yield_now();
    }
    memory.write();
    reads.join().expect("it ends");
}

/// Two readers, each with its own pointer, of which one may be late.
fn two_readers() {
    let rig = Rig::new(64);
    let memory: Arc<Watched> = Arc::default();
    let (root, space, region) = map::with_region(&rig, PLACE, map::page);
    let reads = [0, 1].map(|n| {
        let (mut reader, memory) = (rig.reader(&format!("reader {n}")), Arc::clone(&memory));
        thread::spawn(move || {
            let mut cache = Cache { pointer: None };
            reader.checkpoint(&mut cache);
            run(&mut reader, &mut cache, space, &memory);
            reader.resync(&mut cache);
            run(&mut reader, &mut cache, space, &memory);
            reader.go_offline();
        })
    });
    let retired = map::remove(&rig, root, region);
    map::help_until(&rig, &retired);
    memory.write();
    for read in reads {
        read.join().expect("it ends");
    }
}

models! {
    /// Nothing is used after it has retired.
    one_reader {
        rows: C5;
        run: || delete(2);
        bounds: 5, 7;
        twin: NoGrace, "Causality violation", 20;
        // A scan that misses a reader lets go of the snapshot that the reader is about to load, before anything else shows.
        twin: ScanByLoad, "loaded what was freed", 20;
        twin: AcknowledgeFirst, "Causality violation", 30;
        twin: DropSuperseded, "loaded what was freed", 20;
        twin: LostWrite, "Causality violation", 30;
    }

    /// A space that is closed takes along what was cached of it.
    closed_space {
        rows: C5;
        run: close;
        bounds: 5, 7;
        twin: NoGrace, "Causality violation", 20;
        twin: KeepClosed, "Causality violation", 30;
    }

    /// Two readers are both waited for.
    two_readers {
        rows: C5;
        run: two_readers;
        bounds: 3, 4;
        twin: NoGrace, "Causality violation", 300;
        twin: AcknowledgeFirst, "Causality violation", 400;
    }
}
