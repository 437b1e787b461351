//! What a driver that keeps to the rules gets.

use std::io::ErrorKind;

use super::*;
use crate::block::fault::Operation;

fn config(driver: &Driver<Blk>, offset: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0xee; len];
    driver.device.read_config(offset, &mut bytes);
    bytes
}

#[test]
fn what_is_written_is_read() {
    let _sound = PLANT.read();
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    assert_eq!(driver.request(WRITE, 3, &[7; 1024], 0), (OK, vec![], 1));
    assert_eq!(driver.request(READ, 2, &[], 2048), (OK, [[0; 512], [7; 512], [7; 512], [0; 512]].concat(), 2049));
    assert_eq!(disk.contents()[3 * 512..5 * 512], [7; 1024]);
    assert_eq!(driver.request(FLUSH, 0, &[], 0), (OK, vec![], 1));
    assert_eq!(disk.flushes(), 1);
    assert_eq!(driver.request(READ, MIB / 512 - 1, &[], 512).0, OK);
    driver.until(|driver| driver.told[0] >= 1);
}

#[test]
fn the_configuration_says_what_the_disk_is() {
    let driver = drive(&Arc::new(FaultDisk::new(MIB, 0)));
    assert_eq!(config(&driver, 0, 8), 2048u64.to_le_bytes());
    assert_eq!(config(&driver, 12, 4), 254u32.to_le_bytes());
    assert_eq!(config(&driver, 20, 4), 512u32.to_le_bytes());
    assert_eq!(config(&driver, 32, 1), [1]);
    assert_eq!(config(&driver, 34, 2), [1, 0]);
    assert_eq!(config(&driver, 56, 8), [1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(config(&driver, u64::MAX, 4), [0; 4]);
}

#[test]
fn the_serial_number_is_what_was_given() {
    let disk: Arc<dyn BlockBackend> = Arc::new(FaultDisk::new(MIB, 0));
    for (serial, want) in
        [("abc", b"abc\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), ("0123456789012345678901", b"01234567890123456789")]
    {
        let options = BlkOptions { serial: serial.to_owned(), ..BlkOptions::default() };
        let mut driver = Driver::new(Blk::new(Arc::clone(&disk), options));
        driver.activate(0);
        assert_eq!(driver.request(id::VIRTIO_BLK_T_GET_ID, 0, &[], 20), (OK, want.to_vec(), 21));
        assert_eq!(driver.request(id::VIRTIO_BLK_T_GET_ID, 0, &[], 19).0, IO_ERROR);
    }
}

#[test]
fn ranges_are_discarded_and_zeroed() {
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    let (discard, zero) = (id::VIRTIO_BLK_T_DISCARD, id::VIRTIO_BLK_T_WRITE_ZEROES);
    assert_eq!(driver.request(WRITE, 0, &[7; 4096], 0).0, OK);
    assert_eq!(driver.request(discard, 0, &[range(0, 1, 0), range(2, 1, 0)].concat(), 0).0, OK);
    assert_eq!(driver.request(zero, 0, &[range(1, 1, 0), range(4, 1, 1)].concat(), 0).0, OK);
    let want = [[0xdd; 512], [0; 512], [0xdd; 512], [7; 512], [0; 512], [7; 512]].concat();
    assert_eq!(disk.contents()[..3072], want);
    let last = MIB / 512 - 1;
    let cases = [
        (discard, range(0, 1, 1), UNSUPPORTED),
        (zero, range(0, 1, 2), UNSUPPORTED),
        (zero, range(last, 2, 0), IO_ERROR),
        (zero, range(u64::MAX, 1, 0), IO_ERROR),
        (zero, range(0, u32::MAX, 0), IO_ERROR),
        (zero, vec![], IO_ERROR),
        (zero, range(0, 1, 0)[..15].to_vec(), IO_ERROR),
        (zero, range(0, 1, 0).repeat(33), IO_ERROR),
        (zero, range(0, 1, 0).repeat(32), OK),
        (zero, range(last, 1, 0), OK),
    ];
    for (kind, ranges, want) in cases {
        assert_eq!(driver.request(kind, 0, &ranges, 0).0, want, "{kind} {ranges:?}");
    }
}

#[test]
fn a_read_only_disk_is_never_written() {
    let disk = Arc::new(FaultDisk::read_only(MIB));
    let mut driver = drive(&disk);
    assert_ne!(driver.device.features() & 1 << id::VIRTIO_BLK_F_RO, 0);
    assert_eq!(driver.device.features() & 1 << id::VIRTIO_BLK_F_DISCARD, 0);
    for (kind, out) in [
        (WRITE, vec![1; 512]),
        (id::VIRTIO_BLK_T_DISCARD, range(0, 1, 0)),
        (id::VIRTIO_BLK_T_WRITE_ZEROES, range(0, 1, 0)),
    ] {
        assert_eq!(driver.request(kind, 0, &out, 0).0, IO_ERROR);
    }
    assert_eq!(driver.request(READ, 0, &[], 512), (OK, vec![0; 512], 513));
    assert_eq!(driver.request(FLUSH, 0, &[], 0).0, OK);
}

#[test]
fn errors_of_the_host_reach_the_guest_and_pass() {
    let _sound = PLANT.read();
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    let requests: [(Operation, u32, Vec<u8>, u32); 5] = [
        (Operation::Read, READ, vec![], 512),
        (Operation::Write, WRITE, vec![1; 512], 0),
        (Operation::Flush, FLUSH, vec![], 0),
        (Operation::Discard, id::VIRTIO_BLK_T_DISCARD, range(0, 1, 0), 0),
        (Operation::WriteZeroes, id::VIRTIO_BLK_T_WRITE_ZEROES, range(0, 1, 0), 0),
    ];
    for kind in [ErrorKind::StorageFull, ErrorKind::Other, ErrorKind::UnexpectedEof, ErrorKind::PermissionDenied] {
        for (operation, request, out, room) in &requests {
            disk.fail(*operation, kind);
            assert_eq!(driver.request(*request, 0, out, *room).0, IO_ERROR, "{operation:?} {kind:?}");
            disk.heal();
            assert_eq!(driver.request(*request, 0, out, *room).0, OK, "{operation:?}");
        }
        driver.reset();
        driver.activate(driver.device.features());
    }
}

/// A disk whose code is wrong.
struct Panics;

impl BlockBackend for Panics {
    fn size(&self) -> u64 {
        MIB
    }

    fn read_only(&self) -> bool {
        false
    }

    fn read_at(&self, _: u64, _: &mut [u8]) -> std::io::Result<()> {
        panic!("read_at")
    }

    fn write_at(&self, _: u64, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> std::io::Result<()> {
        Ok(())
    }

    fn discard(&self, _: u64, _: u64) -> std::io::Result<()> {
        Ok(())
    }

    fn write_zeroes(&self, _: u64, _: u64, _: bool) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_backend_that_panics_is_an_error_to_the_guest() {
    let mut driver = Driver::new(Blk::new(Arc::new(Panics), BlkOptions::default()));
    driver.activate(0);
    for _ in 0..8 {
        assert_eq!(driver.request(READ, 0, &[], 512).0, IO_ERROR);
    }
    assert_eq!(driver.request(WRITE, 0, &[0; 512], 0).0, OK);
}

#[test]
fn requests_are_under_way_together() {
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    disk.hold(true);
    let asked: Vec<_> = (0..32).map(|sector| driver.ask(WRITE, sector, &[sector as u8; 512], 0)).collect();
    driver.until(|_| disk.waiting() == 4);
    assert_eq!(driver.used(0), None, "nothing is used before it is done");
    disk.hold(false);
    let mut heads: Vec<u16> = (0..32).map(|_| driver.wait(0).0).collect();
    heads.sort_unstable();
    let mut want: Vec<u16> = asked.iter().map(|asked| asked.head).collect();
    want.sort_unstable();
    assert_eq!(heads, want);
    assert!(asked.iter().all(|asked| driver.read(asked.status, 1) == [OK]));
    assert!((0..32).all(|sector| disk.contents()[sector * 512] == sector as u8));
}

#[test]
fn a_reset_does_not_wait_and_what_was_under_way_ends_before_anything_new_begins() {
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    disk.hold(true);
    let old = driver.ask(WRITE, 0, &[1; 512], 0);
    driver.until(|_| disk.waiting() == 1);
    driver.reset();
    driver.activate(0);
    let new = driver.ask(WRITE, 0, &[2; 512], 0);
    driver.write(old.status, &[0xff]);
    driver.handle(std::time::Duration::from_millis(20));
    assert_eq!(disk.waiting(), 1, "the old one alone is at the host");
    disk.hold(false);
    assert_eq!(driver.wait(0).0, new.head);
    assert_eq!(disk.contents()[..512], [2; 512]);
    assert_eq!(driver.used(0), None, "the old one is nobody's any more");
}

#[test]
fn the_end_of_the_machine_waits_and_flushes() {
    let disk = Arc::new(FaultDisk::new(MIB, 0));
    let mut driver = drive(&disk);
    for sector in 0..16 {
        driver.ask(WRITE, sector, &[9; 512], 0);
    }
    driver.device.stop();
    disk.cut();
    assert_eq!(disk.after_cut().expect("it is cut")[..16 * 512], [9; 16 * 512]);
}
