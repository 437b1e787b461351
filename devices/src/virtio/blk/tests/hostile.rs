//! What a driver must not do. It gets an error, or has to reset the device; nothing falls over, and after a reset all is well.

use proptest::prelude::*;

use super::*;
use crate::virtio::driver::{BASE, SIZE};

fn is_well(driver: &mut Driver<Blk>) {
    driver.reset();
    driver.activate(driver.device.features());
    assert_eq!(driver.request(READ, 0, &[], 512).0, OK);
}

/// Makes `head` available and looks what becomes of it: a status where there is one, or the need of a reset.
fn outcome(driver: &mut Driver<Blk>) -> Option<(u16, u32)> {
    driver.notify(0);
    for _ in 0..50_000 {
        if let Some(used) = driver.used(0) {
            return Some(used);
        }
        driver.handle(std::time::Duration::from_millis(2));
        if driver.needs_reset {
            return None;
        }
    }
    panic!("neither used nor failed");
}

#[test]
fn requests_may_be_cut_into_any_pieces() {
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    assert_eq!(driver.request(WRITE, 1, &[5; 512], 0).0, OK);
    // The header in two, the data and the status in one, with an empty buffer between.
    let (header, target) = (driver.put(&header(READ, 1)), driver.put(&[0xff; 1025]));
    driver.offer(
        0,
        &[
            (header, 5, false),
            (header + 5, 11, false),
            (target, 100, true),
            (target + 100, 0, true),
            (target + 100, 925, true),
        ],
    );
    assert_eq!(outcome(&mut driver), Some((driver_head(), 1025)));
    let got = driver.read(target, 1025);
    assert_eq!((&got[..512], &got[512..1024], got[1024]), (&[5; 512][..], &[0; 512][..], OK));
}

/// The second chain of three descriptors each begins here.
fn driver_head() -> u16 {
    3
}

#[test]
fn what_makes_no_sense_is_an_error_to_the_driver() {
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    let last = MIB / 512;
    let cases: [(u32, u64, usize, u32, u8); 13] = [
        (READ, last, 0, 512, IO_ERROR),
        (READ, last - 1, 0, 1024, IO_ERROR),
        (READ, u64::MAX, 0, 512, IO_ERROR),
        (READ, u64::MAX / 512 + 1, 0, 512, IO_ERROR),
        (READ, 0, 0, 511, IO_ERROR),
        (READ, 0, 0, 0, OK),
        (WRITE, last, 512, 0, IO_ERROR),
        (WRITE, 0, 513, 0, IO_ERROR),
        (WRITE, u64::MAX, 512, 0, IO_ERROR),
        (id::VIRTIO_BLK_T_SCSI_CMD, 0, 512, 512, UNSUPPORTED),
        (id::VIRTIO_BLK_T_SECURE_ERASE, 0, 16, 0, UNSUPPORTED),
        (99, 0, 0, 0, UNSUPPORTED),
        (u32::MAX, u64::MAX, 1, 1, UNSUPPORTED),
    ];
    for (kind, sector, out, room, want) in cases {
        assert_eq!(
            driver.request(kind, sector, &vec![1; out], room).0,
            want,
            "{kind} at {sector}: {out} out, {room} in"
        );
    }
    assert!(disk.contents().iter().all(|byte| *byte == 0), "none of them wrote");
    // A header that is too short, none at all.
    for len in [15, 1, 0] {
        let (header, status) = (driver.put(&[0; 16]), driver.put(&[0xff]));
        driver.offer(0, &[(header, len, false), (status, 1, true)]);
        assert!(outcome(&mut driver).is_some());
        assert_eq!(driver.read(status, 1), [IO_ERROR]);
    }
    is_well(&mut driver);
}

#[test]
fn a_chain_that_cannot_be_answered_fails_the_device() {
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    let ram = BASE + SIZE;
    let header = header(READ, 0);
    let at = driver.put(&header);
    let chains: [Vec<crate::virtio::driver::Buffer>; 6] = [
        // Nowhere for the status.
        vec![(at, 16, false)],
        vec![(at, 16, false), (at, 0, true)],
        // Outside of memory, across its end, around the end of everything.
        vec![(at, 16, false), (ram, 512, true)],
        vec![(at, 16, false), (ram - 256, 512, true)],
        vec![(u64::MAX - 7, 16, false), (at + 64, 513, true)],
        // Readable behind writable.
        vec![(at + 64, 513, true), (at, 16, false)],
    ];
    for chain in chains {
        driver.write(at, &header);
        driver.offer(0, &chain);
        assert_eq!(outcome(&mut driver), None, "{chain:x?}");
        is_well(&mut driver);
        assert_eq!(driver.put(&header), at + 32 + 512, "buffers begin anew");
        driver.reset();
        driver.activate(0);
        assert_eq!(driver.put(&header), at);
    }
    // A loop, a head outside of the table, an index that runs away.
    for broken in 0..3 {
        match broken {
            0 => {
                driver.describe(0, 0, (at, 16, false), Some(1));
                driver.describe(0, 1, (at, 16, false), Some(0));
                driver.make_available(0, 0);
            }
            1 => driver.make_available(0, 9999),
            _ => (0..300).for_each(|_| driver.make_available(0, 0)),
        }
        assert_eq!(outcome(&mut driver), None);
        is_well(&mut driver);
        driver.reset();
        driver.activate(0);
    }
}

#[test]
fn data_over_the_rings_is_the_drivers_own_harm() {
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    assert_eq!(driver.request(WRITE, 0, &[0xaa; 4096], 0).0, OK);
    // A read into the descriptors, the available ring and the used ring, and onto its own header and status.
    for target in [BASE, BASE + 0x8000, BASE + 0xc000 - 4096] {
        let (header, status) = (driver.put(&header(READ, 0)), driver.put(&[0xff]));
        driver.offer(0, &[(header, 16, false), (target, 4096, true), (status, 1, true)]);
        driver.notify(0);
        driver.handle(std::time::Duration::from_millis(50));
        driver.handle(std::time::Duration::from_millis(10));
        is_well(&mut driver);
    }
    let overlap = driver.put(&[&header(READ, 0)[..], &[0; 4096]].concat());
    driver.offer(0, &[(overlap, 16, false), (overlap, 513, true)]);
    assert!(outcome(&mut driver).is_some());
    assert_eq!(driver.read(overlap, 513), [&[0xaa; 512][..], &[OK]].concat());
}

#[test]
fn more_bytes_than_the_host_would_give_are_an_error() {
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    // The same megabytes over and over: 100 descriptors of 4 MiB.
    let (header, status) = (driver.put(&header(READ, 0)), driver.put(&[0xff]));
    let mut chain = vec![(header, 16, false)];
    chain.extend([(BASE + (2 << 20), 4 << 20, true); 100]);
    chain.push((status, 1, true));
    driver.offer(0, &chain);
    assert!(outcome(&mut driver).is_some());
    assert_eq!(driver.read(status, 1), [IO_ERROR]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Any descriptors at all, any heads, with resets between.
    #[test]
    fn no_queue_is_too_odd(
        descriptors in proptest::collection::vec((0..8u8, 0..2048u32, any::<u16>(), 0..16u16), 16),
        header_bytes in proptest::collection::vec(any::<u8>(), 64),
        heads in proptest::collection::vec(0..18u16, 1..12),
    ) {
        let disk = Arc::new(FaultDisk::new(MIB, 0));
        let mut driver = drive(&disk);
        let at = driver.put(&header_bytes);
        for (index, (place, len, flags, next)) in descriptors.iter().enumerate() {
            let addr = match place {
                0..4 => at + u64::from(*place) * 16,
                4 => BASE + u64::from(*len),
                5 => BASE + SIZE - 100,
                6 => u64::MAX - u64::from(*len),
                _ => at + 0x1000,
            };
            driver.describe(0, index as u16, (addr, *len, flags & 2 != 0), (flags & 1 != 0).then_some(*next));
            if flags & 0x100 != 0 {
                // An indirect table, or nonsense.
                driver.write(BASE + index as u64 * 16 + 12, &(flags & 7).to_le_bytes());
            }
        }
        for head in heads {
            driver.make_available(0, head);
            driver.notify(0);
            driver.handle(std::time::Duration::ZERO);
        }
        is_well(&mut driver);
    }
}
