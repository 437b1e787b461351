//! What harts under test stand on: RAM at one place, nothing else, and time that stands still.

#![allow(dead_code, reason = "each user of this file takes what it needs")]

use std::sync::Arc;

use manyhart_runtime::{AddressSpaceId, Clock, Config, Executive, RamBlock, RegionId};

pub struct Board {
    /// To be stopped by whoever takes it.
    pub executive: Executive,
    pub clock: Clock,
    pub ram: Arc<RamBlock>,
    /// The region that all of `ram` is, and what it is in.
    pub region: RegionId,
    pub root: RegionId,
    pub space: AddressSpaceId,
}

impl Board {
    pub fn new(base: u64, size: u64) -> Board {
        let clock = Clock::manual(10_000_000);
        let executive =
            Executive::new(Config { clock: clock.clone(), on_device_failure: None }).expect("a helper thread");
        let ram = Arc::new(RamBlock::anonymous("ram", size).expect("memory"));
        let mut change = executive.topology().transaction();
        let root = change.container("root", 1 << 64);
        let region = change.ram("ram", Arc::clone(&ram));
        change.add_subregion(root, base, region);
        let space = change.address_space("memory", root);
        change.commit().expect("a valid map");
        Board { executive, clock, ram, region, root, space }
    }
}
