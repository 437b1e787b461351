use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use imago::qcow2::Qcow2CreateBuilder;
use imago::{FormatCreateBuilder, Storage, StorageCreateOptions};

use super::fault::{FaultDisk, Operation};
use super::*;

const MIB: u64 = 1 << 20;

/// A file that goes away by itself.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Scratch(std::env::temp_dir().join(format!("manyhart-block-{}-{count}", std::process::id())))
    }

    fn of(bytes: &[u8]) -> Scratch {
        let scratch = Scratch::new();
        std::fs::write(&scratch.0, bytes).expect("a scratch file");
        scratch
    }

    fn qcow2(size: u64) -> Scratch {
        let scratch = Scratch::new();
        let file = imago::file::File::create_open(StorageCreateOptions::new().filename(&scratch.0));
        Qcow2CreateBuilder::<imago::file::File>::new(file.expect("an image file"))
            .size(size)
            .create()
            .expect("an image");
        scratch
    }

    fn truncate(&self, len: u64) {
        File::options().write(true).open(&self.0).and_then(|file| file.set_len(len)).expect("truncated");
    }

    fn len(&self) -> u64 {
        std::fs::metadata(&self.0).expect("a scratch file").len()
    }

    fn open(&self, format: Option<Format>) -> Result<Arc<dyn BlockBackend>, OpenError> {
        open(&OpenOptions { format, ..OpenOptions::new(&self.0) })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // One that was never made leaves nothing behind.
        if std::fs::remove_file(&self.0).is_err() {}
    }
}

fn read(disk: &dyn BlockBackend, offset: u64, len: usize) -> Vec<u8> {
    let mut data = vec![0xee; len];
    disk.read_at(offset, &mut data).expect("a read");
    data
}

/// What every backend does.
fn behaves_as_a_disk(disk: &dyn BlockBackend) {
    assert_eq!(disk.size(), MIB);
    assert!(!disk.read_only());
    disk.write_at(0, &[1; 8192]).expect("a write");
    disk.write_at(MIB - 512, &[2; 512]).expect("a write at the end");
    assert_eq!(read(disk, 4096, 8192), [[1; 4096], [0; 4096]].concat());
    disk.write_zeroes(512, 1024, false).expect("zeroes");
    disk.write_zeroes(4096, 4096, true).expect("zeroes");
    assert_eq!(read(disk, 0, 2048), [[1; 512], [0; 512], [0; 512], [1; 512]].concat());
    assert_eq!(read(disk, 4096, 4096), [0; 4096]);
    disk.discard(0, 512).expect("a discard");
    disk.flush().expect("a flush");
    assert_eq!(read(disk, MIB - 512, 512), [2; 512]);
    assert!(disk.read_at(MIB, &mut [0; 0]).is_ok());
}

#[test]
fn raw_files_are_disks() {
    let scratch = Scratch::of(&vec![0; MIB as usize]);
    behaves_as_a_disk(&*scratch.open(Some(Format::Raw)).expect("an image"));
    let bytes = std::fs::read(&scratch.0).expect("the file");
    assert_eq!(bytes.len() as u64, MIB, "zeroes and discards keep the length");
    assert_eq!(bytes[1536..2048], [1; 512]);
}

#[test]
fn qcow2_images_are_disks_and_keep_what_was_flushed() {
    let scratch = Scratch::qcow2(MIB);
    behaves_as_a_disk(&*scratch.open(Some(Format::Qcow2)).expect("an image"));
    let again = scratch.open(Some(Format::Qcow2)).expect("the image again");
    assert_eq!(read(&*again, MIB - 512, 512), [2; 512]);
    assert_eq!(read(&*again, 1536, 512), [1; 512]);
}

#[test]
fn fault_disks_are_disks() {
    behaves_as_a_disk(&FaultDisk::new(MIB, 1));
}

#[test]
fn a_file_that_looks_like_an_image_is_not_taken_for_raw() {
    let scratch = Scratch::qcow2(MIB);
    assert!(matches!(scratch.open(None), Err(OpenError::FormatNotGiven { found: "qcow2", .. })));
    assert_eq!(scratch.open(Some(Format::Raw)).expect("as raw").size(), scratch.len() / 512 * 512);
    let plain = Scratch::of(&[0; 1024]);
    assert_eq!(plain.open(None).expect("as raw").size(), 1024);
}

#[test]
fn what_a_guest_writes_into_a_raw_disk_is_never_believed() {
    let scratch = Scratch::of(&[0; 4096]);
    let disk = scratch.open(None).expect("as raw");
    disk.write_at(0, b"QFI\xfb\0\0\0\x03").expect("a write");
    drop(disk);
    assert!(matches!(scratch.open(None), Err(OpenError::FormatNotGiven { found: "qcow2", .. })));
}

#[test]
fn images_that_cannot_be_used_say_why() {
    let missing = Scratch::new();
    assert!(
        matches!(missing.open(None), Err(OpenError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound)
    );
    let dir = open(&OpenOptions::new(std::env::temp_dir()));
    assert!(matches!(dir, Err(OpenError::NotADisk { what: "a directory", .. })));
    let null = open(&OpenOptions::new("/dev/null"));
    assert!(matches!(null, Err(OpenError::NotADisk { what: "a character device", .. })));
    assert!(matches!(Scratch::of(b"").open(None), Err(OpenError::Empty { .. })));
    assert!(matches!(Scratch::of(&[0; 1000]).open(None), Err(OpenError::OddSize { size: 1000, .. })));
    let not_one = Scratch::of(&[0; 4096]).open(Some(Format::Qcow2)).err().map(|error| error.to_string());
    assert!(not_one.as_ref().is_some_and(|text| text.contains("as qcow2")), "{not_one:?}");
}

#[test]
fn a_qcow2_image_that_was_cut_short_is_refused_wherever_it_was_cut() {
    let scratch = Scratch::qcow2(64 * MIB);
    let disk = scratch.open(Some(Format::Qcow2)).expect("an image");
    for cluster in 0..8 {
        disk.write_at(cluster * 8 * MIB, &[7; 512]).expect("a write");
    }
    disk.flush().expect("a flush");
    drop(disk);
    let whole = scratch.len();
    assert!(scratch.open(Some(Format::Qcow2)).is_ok());
    // The last cluster may lack its end: that much the format allows.
    for cut in [65_536, 200_000, whole / 2, whole - whole % 65_536 - 65_536, 100_000, 1000, 60] {
        if cut < scratch.len() {
            scratch.truncate(cut);
        }
        let result = scratch.open(Some(Format::Qcow2));
        assert!(matches!(result, Err(OpenError::Truncated { .. } | OpenError::Empty { .. })), "cut at {cut}");
    }
}

#[test]
fn a_lock_that_is_let_go_of_in_a_moment_keeps_nobody_out() {
    let scratch = Scratch::of(&[0; 4096]);
    let before = std::fs::File::open(&scratch.0).expect("a file");
    before.lock().expect("it is free");
    let lets_go = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(30));
        drop(before);
    });
    let file = std::fs::File::open(&scratch.0).expect("a file");
    assert!(raw::lock_within(20_000, &file, false).is_ok());
    lets_go.join().expect("it lets go");
}

#[test]
fn one_machine_at_a_time_writes_an_image() {
    let scratch = Scratch::of(&[0; 4096]);
    let shared = OpenOptions::new(&scratch.0).read_only();
    let writer = scratch.open(None).expect("the first");
    assert!(matches!(scratch.open(None), Err(OpenError::Locked { .. })));
    assert!(matches!(open(&shared), Err(OpenError::Locked { .. })));
    drop(writer);
    let readers = [open(&shared), open(&shared)];
    assert!(readers.iter().all(Result::is_ok));
    assert!(matches!(scratch.open(None), Err(OpenError::Locked { .. })));
    assert!(readers[0].as_ref().is_ok_and(|disk| disk.write_at(0, &[1]).is_err()));
}

#[test]
fn a_file_that_shrinks_while_it_is_used_is_an_error() {
    let scratch = Scratch::of(&[0; 8192]);
    let disk = scratch.open(None).expect("an image");
    scratch.truncate(4096);
    let error = disk.read_at(2048, &mut [0; 4096]).expect_err("it ends inside");
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_full_disk_says_so_and_recovers() {
    let disk = FaultDisk::new(MIB, 0);
    disk.fail(Operation::Write, io::ErrorKind::StorageFull);
    assert_eq!(disk.write_at(0, &[1; 512]).map_err(|error| error.kind()), Err(io::ErrorKind::StorageFull));
    disk.heal();
    assert!(disk.write_at(0, &[1; 512]).is_ok());
}

#[test]
fn a_cut_keeps_what_was_flushed_and_loses_some_of_the_rest() {
    let (mut kept, mut lost) = (0, 0);
    for seed in 0..64 {
        let disk = FaultDisk::new(MIB, seed);
        disk.write_at(0, &[1; 512]).expect("a write");
        disk.flush().expect("a flush");
        disk.write_at(512, &[2; 512]).expect("a write");
        assert_eq!(disk.after_cut(), None);
        disk.cut_after(1);
        assert!(disk.read_at(0, &mut [0; 512]).is_ok());
        assert!(disk.flush().is_err(), "the power goes at this one");
        assert!(disk.read_at(0, &mut [0; 512]).is_err());
        let after = disk.after_cut().expect("it is cut");
        assert_eq!(after[..512], [1; 512]);
        match after[512] {
            2 => kept += 1,
            0 => lost += 1,
            other => panic!("{other}"),
        }
    }
    assert!(kept > 10 && lost > 10, "{kept} kept, {lost} lost");
}
