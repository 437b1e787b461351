//! What the topology costs at 10, 10³, 10⁵ and 10⁶ ranges: building it in one transaction, one commit that adds and one that removes a
//! range (published, with nobody online), and finding an address. `cargo bench -p manyhart-runtime --bench topology`

use std::hint::black_box;
use std::time::{Duration, Instant};

use manyhart_runtime::{AddressSpaceId, Clock, Config, Executive, Gpa, RegionId, Topology};

const STRIDE: u64 = 0x2000;

fn main() {
    println!("{:>9} {:>12} {:>12} {:>12} {:>12}", "ranges", "build", "add", "remove", "find");
    for ranges in [10, 1_000, 100_000, 1_000_000] {
        measure(ranges);
    }
}

fn measure(ranges: u64) {
    let executive = Executive::new(Config { clock: Clock::host(10_000_000), on_device_failure: None }).unwrap();
    let topology = executive.topology();
    let start = Instant::now();
    let (root, space) = build(topology, ranges);
    let build = start.elapsed();
    let rounds = 200;
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Between two of the others, all over the map.
        let offset = scattered(round, ranges) * STRIDE + 0x1000;
        let mut tx = topology.transaction();
        let region = tx.reservation("extra", 0x1000);
        tx.add_subregion(root, offset, region);
        add.push(timed(|| tx.commit().unwrap()));
        let mut tx = topology.transaction();
        tx.del_subregion(root, region).destroy(region);
        remove.push(timed(|| tx.commit().unwrap()));
    }
    let find = find(topology, space, ranges);
    println!("{ranges:>9} {build:>12.2?} {:>12.2?} {:>12.2?} {find:>12.2?}", median(add), median(remove));
}

fn build(topology: &Topology, ranges: u64) -> (RegionId, AddressSpaceId) {
    let mut tx = topology.transaction();
    let root = tx.container("root", 1 << 64);
    let space = tx.address_space("memory", root);
    for index in 0..ranges {
        let region = tx.reservation("range", 0x1000);
        tx.add_subregion(root, index * STRIDE, region);
    }
    tx.commit().unwrap();
    (root, space)
}

fn find(topology: &Topology, space: AddressSpaceId, ranges: u64) -> Duration {
    const FINDS: u32 = 1_000_000;
    let snapshot = topology.snapshot();
    let view = snapshot.view(space).unwrap();
    timed(|| {
        for index in 0..u64::from(FINDS) {
            black_box(view.find(Gpa(scattered(index, ranges) * STRIDE)));
        }
    }) / FINDS
}

fn scattered(index: u64, below: u64) -> u64 {
    index.wrapping_mul(0x9e37_79b9_7f4a_7c15) % below
}

fn timed<T>(what: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(what());
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
