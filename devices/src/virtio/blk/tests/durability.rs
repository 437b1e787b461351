//! No flushed block is lost. A driver writes numbered sectors and flushes now and then; the power goes at a random operation; what the disk
//! then has is compared with what the driver was promised.

use std::collections::HashMap;

use super::*;

const SECTORS: u64 = 24;

/// What the driver may expect of each sector.
#[derive(Default)]
struct Promises {
    /// The last version of each sector whose write was used.
    used: HashMap<u64, u32>,
    /// At least this one must be there: it was used when a flush began that was used.
    flushed: HashMap<u64, u32>,
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33) % limit
    }
}

/// A sector of this version.
fn sector(version: u32) -> Vec<u8> {
    version.to_le_bytes().repeat(128)
}

/// How the driver has the disk work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cache {
    /// It flushes.
    Back,
    /// Each write is durable when it is used.
    Through,
}

/// One story up to the cut; which sectors are older than was promised.
fn lost(seed: u64, cache: Cache) -> Vec<(u64, u32, u32)> {
    let mut random = Random(seed);
    let disk = Arc::new(FaultDisk::new(SECTORS * 512, seed));
    let mut driver = Driver::new(Blk::new(Arc::clone(&disk) as Arc<dyn BlockBackend>, BlkOptions::default()));
    driver.activate(if cache == Cache::Back { 1 << id::VIRTIO_BLK_F_FLUSH } else { 0 });
    disk.cut_after(random.below(60));
    let mut promises = Promises::default();
    let mut version = 0;
    while disk.after_cut().is_none() {
        // Several writes at once, to different sectors, then perhaps a flush with others under way.
        let mut batch = HashMap::new();
        for _ in 0..=random.below(4) {
            version += 1;
            batch.insert(random.below(SECTORS), version);
        }
        let mut asked: HashMap<u16, Option<(u64, u32, Asked)>> = HashMap::new();
        let before = promises.used.clone();
        let mut flush = None;
        for (at, version) in batch {
            if cache == Cache::Back && random.below(4) == 0 && flush.is_none() {
                let request = driver.ask(FLUSH, 0, &[], 0);
                flush = Some(request);
                asked.insert(request.head, None);
            }
            let request = driver.ask(WRITE, at, &sector(version), 0);
            asked.insert(request.head, Some((at, version, request)));
        }
        while !asked.is_empty() {
            let (head, _) = driver.wait(0);
            match asked.remove(&head).expect("what was asked") {
                Some((at, version, request)) if driver.read(request.status, 1) == [OK] => {
                    promises.used.insert(at, version);
                    if cache == Cache::Through {
                        promises.flushed.insert(at, version);
                    }
                }
                None if flush.is_some_and(|request| driver.read(request.status, 1) == [OK]) => {
                    promises.flushed.extend(&before);
                }
                _ => {}
            }
        }
        if driver.is_nearly_full() {
            driver.forget_buffers();
        }
    }
    let after = disk.after_cut().expect("it is cut");
    let found = |at: u64| {
        let bytes = &after[at as usize * 512..][..4];
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    };
    let flushed = promises.flushed.iter();
    flushed.map(|(at, want)| (*at, *want, found(*at))).filter(|(_, want, found)| found < want).collect()
}

#[test]
fn no_flushed_block_is_lost_at_a_power_cut() {
    let _sound = PLANT.read();
    for seed in 0..200 {
        assert_eq!(lost(seed, Cache::Back), [], "seed {seed}");
    }
}

#[test]
fn no_written_block_is_lost_where_the_driver_does_not_flush() {
    let _sound = PLANT.read();
    for seed in 0..100 {
        assert_eq!(lost(seed, Cache::Through), [], "seed {seed}");
    }
}

#[test]
fn a_flush_is_used_after_the_host_has_synced() {
    let _sound = PLANT.read();
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    assert_eq!(driver.request(WRITE, 0, &[1; 512], 0).0, OK);
    disk.hold(true);
    let flush = driver.ask(FLUSH, 0, &[], 0);
    driver.until(|_| disk.waiting() == 1);
    assert_eq!(driver.used(0), None);
    disk.hold(false);
    assert_eq!(driver.wait(0).0, flush.head);
    assert_eq!(disk.flushes(), 1);
}

#[test]
fn the_driver_may_turn_the_cache_off() {
    let _sound = PLANT.read();
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    assert_eq!(driver.request(WRITE, 0, &[1; 512], 0).0, OK);
    assert_eq!(disk.flushes(), 0);
    driver.device.write_config(32, &[0]);
    assert_eq!(driver.request(WRITE, 0, &[1; 512], 0).0, OK);
    assert_eq!(disk.flushes(), 1);
    driver.device.write_config(30, &[0xff; 4]);
    driver.device.write_config(u64::MAX, &[0; 8]);
    assert_eq!(driver.request(WRITE, 0, &[1; 512], 0).0, OK);
    assert_eq!(disk.flushes(), 1);
    driver.device.write_config(32, &[0]);
    driver.reset();
    driver.activate(driver.device.features());
    assert_eq!(driver.request(WRITE, 0, &[1; 512], 0).0, OK);
    assert_eq!(disk.flushes(), 1, "a reset turns it on again");
}

#[cfg(feature = "planted-bugs")]
#[test]
fn a_missing_sync_is_caught() {
    let _alone = PLANT.write();
    crate::planted::arm(crate::planted::Bug::FlushWithoutSync);
    let caught = (0..200).any(|seed| !lost(seed, Cache::Back).is_empty());
    crate::planted::disarm();
    assert!(caught, "it is not caught");
}
