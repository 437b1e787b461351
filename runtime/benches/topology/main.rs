//! What the topology costs, and what its peers cost in the same run. One line per figure, fields separated by tabs: figure, whose, along
//! which axis, where on it, nanoseconds. `cargo xtask bench topology` reads them, adds ratios and draws them.
//!
//! Arguments: the numbers of ranges (10, 1000 and 100000 where none is given).

mod maps;

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use manyhart_runtime::{Flow, Reader};

use maps::{Bus, Map, Ours, VmMemory};

/// Batches are short beside the host's time slices, so that the median is of undisturbed ones.
const BATCHES: u64 = 41;
const HOT: u64 = 20_000;
const RANDOM: u64 = 4_000;

fn main() {
    let mut sizes: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10, 1_000, 100_000];
    }
    for &ranges in &sizes {
        let mut ours = Ours::new(ranges);
        maps_of_one_size(&mut ours, ranges);
        maps_of_one_size(&mut VmMemory::new(ranges), ranges);
        maps_of_one_size(&mut Bus::new(ranges), ranges);
        line("full re-render", "manyhart", "ranges", ranges, median((0..3).map(|_| timed(|| ours.render_again()))));
        line("plain rebuild", "manyhart", "ranges", ranges, median((0..3).map(|_| timed(|| drop(Ours::new(ranges))))));
    }
    for readers in [1, 8, 64, 512] {
        with_readers(readers);
    }
    board();
}

fn line(figure: &str, whose: &str, axis: &str, at: u64, nanoseconds: f64) {
    println!("{figure}\t{whose}\t{axis}\t{at}\t{nanoseconds:.2}");
}

/// Finding addresses, and changing one range, in any map.
fn maps_of_one_size<M: Map>(map: &mut M, ranges: u64) {
    let report = |figure, value| line(figure, M::NAME, "ranges", ranges, value);
    let hot = maps::at(ranges / 2);
    report("lookup, hot range", per_round(HOT, |_| map.lookup_hot(black_box(hot))));
    report("lookup, random address", per_round(RANDOM, |round| map.lookup(maps::at(scattered(round) % ranges))));
    report("reader's check", per_round(HOT, |_| map.check()));
    let mut times = [const { Vec::new() }; 3];
    for round in 0..M::changes(ranges) {
        let (from, to) = (scattered(round) % ranges, scattered(round + 1) % ranges);
        times[0].push(timed(|| map.add(maps::gap(from))));
        times[1].push(timed(|| map.move_to(maps::gap(from), maps::gap(to))));
        times[2].push(timed(|| map.remove(maps::gap(to))));
    }
    for (figure, times) in ["commit, add", "commit, move", "commit, remove"].into_iter().zip(times) {
        report(figure, median(times));
    }
}

/// What readers add to a commit on a map of 1,000 ranges, and how long they let it wait. They share one thread, so that this shows the
/// protocol and not the host's scheduler: the thread goes round them, and each acknowledges at its turn.
fn with_readers(count: u64) {
    let mut ours = Ours::new(1_000);
    let mut readers: Vec<Reader> = (0..count).map(|index| ours.reader(format!("reader {index}"))).collect();
    let (mut commits, mut graces) = (Vec::new(), Vec::new());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for reader in &mut readers {
                    if reader.must_check() || !reader.is_online() {
                        assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
                    }
                }
            }
            readers.iter_mut().for_each(Reader::go_offline);
        });
        for round in 0..100 {
            let begun = Instant::now();
            let retired = ours.change(maps::gap(scattered(round) % 1_000));
            commits.push(begun.elapsed().as_nanos() as f64);
            retired.wait();
            graces.push(begun.elapsed().as_nanos() as f64);
        }
        over.store(true, Ordering::Relaxed);
    });
    line("commit, readers online", "manyhart", "readers", count, median(commits));
    line("grace period", "manyhart", "readers", count, median(graces));
    let mut lookups = VmMemory::new(1_000);
    line(
        "map update",
        VmMemory::NAME,
        "readers",
        count,
        median((0..100).map(|round| {
            let at = maps::gap(scattered(round) % 1_000);
            let time = timed(|| lookups.add(at));
            lookups.remove(at);
            time
        })),
    );
}

/// 256 readers, and 256 functions with 4 BARs plugged in one by one.
fn board() {
    let time = timed(|| {
        let mut ours = Ours::new(1);
        let mut readers: Vec<Reader> = (0..256).map(|index| ours.reader(format!("reader {index}"))).collect();
        for reader in &mut readers {
            assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
        }
        for function in 0..256 {
            ours.plug(function);
            for reader in readers.iter_mut().filter(|reader| reader.must_check()) {
                assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
            }
        }
    });
    line("board of 256 functions", "manyhart", "readers", 256, time);
}

/// The median of some batches, for one round of each.
fn per_round<T>(rounds: u64, mut what: impl FnMut(u64) -> T) -> f64 {
    let batch = |number: u64| {
        timed(|| {
            for round in 0..rounds {
                black_box(what(number * rounds + round));
            }
        })
    };
    median((0..BATCHES).map(batch)) / rounds as f64
}

fn timed<T>(what: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(what());
    start.elapsed().as_nanos() as f64
}

fn median(times: impl IntoIterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.into_iter().collect();
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Uniform, and the same in every run.
fn scattered(index: u64) -> u64 {
    let mixed = (index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 20
}
