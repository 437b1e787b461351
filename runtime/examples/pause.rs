//! The one door for whoever needs a machine that stands still: `cargo run -p manyhart-runtime --example pause`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use manyhart_runtime::{Attention, Clock, Config, Executive, Flow};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None })?;
    let turns = Arc::new(AtomicU64::new(0));
    let cpus: Vec<_> = (0..2)
        .map(|id| {
            let mut reader = executive.reader(format!("cpu {id}"), Some(Arc::new(Attention::new())));
            let turns = Arc::clone(&turns);
            std::thread::spawn(move || {
                while reader.checkpoint(&mut ()) == Flow::Run {
                    turns.fetch_add(1, Ordering::Relaxed);
                    std::thread::yield_now();
                }
            })
        })
        .collect();

    {
        // From here to the end of the block every reader is offline at a boundary, and no handler runs. Several may pause at once.
        let _paused = executive.pause();
        let before = turns.load(Ordering::Relaxed);
        // Commits go on: nobody sees them before the machine does.
        executive.topology().transaction().commit()?.retired.wait();
        assert_eq!(turns.load(Ordering::Relaxed), before);
    }
    let before = turns.load(Ordering::Relaxed);
    while turns.load(Ordering::Relaxed) == before {
        std::thread::yield_now();
    }
    println!("{} turns, and on they go", turns.load(Ordering::Relaxed));

    executive.stop();
    assert!(cpus.into_iter().all(|cpu| cpu.join().is_ok()));
    executive.shutdown();
    Ok(())
}
