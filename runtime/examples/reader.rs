//! A virtual CPU's loop with a cache of its own: `cargo run -p manyhart-runtime --example reader`.

use std::sync::Arc;
use std::sync::mpsc;

use manyhart_runtime::{
    Attention, Clock, Config, DropCached, Executive, Flow, Gpa, Invalidate, RamBlock, RegionId, Requester,
};

/// What a software TLB is in a real one: the last answer, good as long as nobody says otherwise.
#[derive(Default)]
struct Cache {
    last: Option<RegionId>,
    dropped: u32,
}

impl DropCached for Cache {
    fn drop_cached(&mut self, what: Invalidate<'_>) {
        let concerned = match what {
            Invalidate::Space(_) => true,
            Invalidate::Ranges(_, ranges) => ranges.iter().any(|range| range.contains(Gpa(0x1000))),
            Invalidate::Closed(snapshot) => snapshot.spaces().next().is_none(),
            // It stores to nothing by itself, and so remembers no marks.
            Invalidate::Marks => false,
        };
        if concerned {
            self.last = None;
            self.dropped += 1;
        }
    }
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let mut tx = executive.topology().transaction();
    let system = tx.container("system", 1 << 64);
    let ram = tx.ram("ram", Arc::new(RamBlock::anonymous("ram", 0x1000)?));
    let other = tx.reservation("other", 0x1000);
    tx.add_subregion(system, 0x1000, ram).add_subregion(system, 0x5000, other);
    let space = tx.address_space("memory", system);
    tx.commit()?;

    let attention = Arc::new(Attention::new());
    let mut reader = executive.reader("cpu 0", Some(Arc::clone(&attention)));
    let (say, heard) = mpsc::channel();
    let cpu = std::thread::spawn(move || {
        let mut cache = Cache::default();
        // One turn of this loop is a bounded batch of instructions; a checkpoint stands before each.
        while reader.checkpoint(&mut cache) == Flow::Run {
            for _ in 0..100 {
                // Instead of this a guest's fence polls, and so does each access that went to a device.
                if reader.must_check() {
                    reader.resync(&mut cache);
                }
                let view = reader.view(space);
                cache.last = cache.last.or_else(|| view.find(Gpa(0x1000)).map(|range| range.region));
                let region = cache.last.expect("ram is always there");
                let value = reader.read(space, Gpa(0x1000), 4, Requester::Cpu(0), &mut cache);
                if let Ok(7) = value {
                    say.send((region, cache.dropped)).expect("somebody listens");
                    return;
                }
            }
        }
    });

    // A commit elsewhere: the reader keeps what it has cached.
    let mut tx = executive.topology().transaction();
    tx.set_address(other, 0x9000);
    tx.commit()?.retired.wait();
    executive.topology().address_space(space).store(Gpa(0x1000), 7u32, Requester::Debugger)?;
    let (region, dropped) = heard.recv()?;
    println!("the cache had to forget {dropped} times");
    assert_eq!(region, ram);
    assert!(cpu.join().is_ok());
    executive.shutdown();
    Ok(())
}
