use super::*;

use crate::load::elf_file::{Part, program};

const BASE: u64 = 0x8000_0000;

fn small() -> Vec<u8> {
    let data = Part { vaddr: 0xffff_0000, paddr: BASE + 0x1000, bytes: vec![1, 2, 3], memory: 16 };
    let symbols = [("tohost", 0xffff_0008), ("_start", BASE), ("begin_signature", BASE + 4)];
    program(BASE + 4, &[Part::at(BASE, [0x13, 0, 0, 0, 0x6f, 0, 0, 0]), data], &symbols)
}

#[test]
fn a_program_is_loaded_at_physical_addresses() {
    let Image::Elf { segments, entry, symbols } = recognise("f", small()).unwrap() else { panic!("not a program") };
    let want = [
        Segment { addr: BASE, bytes: vec![0x13, 0, 0, 0, 0x6f, 0, 0, 0], zeroes: 0 },
        Segment { addr: BASE + 0x1000, bytes: vec![1, 2, 3], zeroes: 13 },
    ];
    assert_eq!(segments, want);
    assert_eq!(entry, BASE + 4);
    // A symbol stands where its segment stands; one outside of all segments is taken as it is.
    let want = Symbols { tohost: Some(BASE + 0x1008), begin_signature: Some(BASE + 4), ..Symbols::default() };
    assert_eq!(symbols, want);
}

#[test]
fn a_virtual_entry_becomes_physical() {
    let part = Part { vaddr: 0xffff_ffff_8000_0000, paddr: BASE, bytes: vec![0; 8], memory: 8 };
    let Image::Elf { entry, .. } = recognise("f", program(0xffff_ffff_8000_0004, &[part], &[])).unwrap() else {
        panic!("not a program")
    };
    assert_eq!(entry, BASE + 4);
}

#[test]
fn foreign_and_damaged_files_are_named() {
    let patched = |at: usize, byte: u8| {
        let mut bytes = small();
        bytes[at] = byte;
        bytes
    };
    let mut arm = vec![0; 64];
    arm[0x38..0x3c].copy_from_slice(b"ARM\x64");
    let cases = [
        (patched(4, 1), "f: a 32-bit ELF file, not a 64-bit RISC-V program"),
        (patched(5, 2), "f: a big-endian ELF file, not a 64-bit RISC-V program"),
        (patched(18, 62), "f: an ELF file for another machine, not a 64-bit RISC-V program"),
        (patched(16, 1), "f: an ELF file that is not executable, not a 64-bit RISC-V program"),
        (program(0, &[], &[]), "f: an ELF file with nothing to load, not a 64-bit RISC-V program"),
        (small()[..4].to_vec(), "f: truncated or damaged ELF file: "),
        (small()[..63].to_vec(), "f: truncated or damaged ELF file: "),
        (small()[..100].to_vec(), "f: truncated or damaged ELF file: "),
        (small()[..64 + 2 * 56 + 4].to_vec(), "f: truncated or damaged ELF file: "),
        (arm, "f: an ARM Linux boot image, not a 64-bit RISC-V program"),
    ];
    for (bytes, want) in cases {
        let got = recognise("f", bytes).unwrap_err().to_string();
        assert!(got.starts_with(want) && got.lines().count() == 1, "{got} | {want}");
    }
}

#[test]
fn every_prefix_and_every_flipped_byte_is_an_answer() {
    let good = small();
    for length in 0..good.len() {
        assert!(recognise("f", good[..length].to_vec()).is_err() || length < 4, "{length}");
    }
    for at in 0..good.len() {
        for bits in [0xff, 0x80, 0x01] {
            let mut bad = good.clone();
            bad[at] ^= bits;
            // Any answer will do, a panic or an absurd allocation will not.
            if let Ok(Image::Elf { segments, .. }) = recognise("f", bad) {
                assert!(segments.iter().all(|segment| segment.bytes.len() <= good.len()));
            }
        }
    }
}

#[test]
fn boot_images_ask_for_room() {
    let mut image = vec![0; 0x1000];
    image[16..24].copy_from_slice(&0x20_0000u64.to_le_bytes());
    image[0x38..0x3c].copy_from_slice(b"RSC\x05");
    assert_eq!(recognise("f", image.clone()).unwrap(), Image::Linux { bytes: image.clone(), room: 0x20_0000 });
    image[16..24].fill(0);
    assert_eq!(recognise("f", image.clone()).unwrap(), Image::Linux { bytes: image, room: 0x1000 });
    assert_eq!(recognise("f", vec![1, 2, 3]).unwrap(), Image::Raw(vec![1, 2, 3]));
}
