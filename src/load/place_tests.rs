use std::path::PathBuf;
use std::sync::LazyLock;

use super::*;

use crate::load::elf_file::{Part, program};

const BASE: u64 = 0x8000_0000;
const MIB: u64 = 1 << 20;

fn source(name: &'static str, bytes: impl Into<Vec<u8>>) -> Option<Source> {
    Some(Source::Memory { name, bytes: bytes.into().into() })
}

fn linux(room: u64) -> Vec<u8> {
    let mut image = vec![0; 4096];
    image[16..24].copy_from_slice(&room.to_le_bytes());
    image[0x38..0x3c].copy_from_slice(b"RSC\x05");
    image
}

fn images(kernel: Option<Source>, initrd: Option<Source>) -> Images {
    Images { firmware: Firmware::None, kernel, initrd, command_line: None, device_tree: None, more: Vec::new() }
}

/// RAM of so many MiB, and a device tree as high as it may.
struct Small(u64);

impl Board for Small {
    fn ram(&self) -> AddrRange {
        AddrRange::with_size(Gpa(BASE), (self.0 * MIB).into()).unwrap()
    }

    fn harts(&self) -> u32 {
        4
    }

    fn device_tree(&self, chosen: &Chosen) -> Result<Vec<u8>, LoadError> {
        Ok(vec![0; if chosen.initrd.is_some() { 6000 } else { 5000 }])
    }

    fn device_tree_place(&self, size: usize) -> Option<u64> {
        let end = (BASE + self.0 * MIB).min(1 << 32);
        Some((end - size as u64) & !0xffff)
    }
}

/// Every piece as `what start`, in the order of addresses, and the plan.
fn plan(images: &Images, mib: u64) -> Result<(Vec<String>, Plan), String> {
    let plan = Plan::new(images, &Small(mib)).map_err(|error| error.to_string())?;
    let mut places: Vec<_> = plan.pieces.iter().map(|piece| (piece.segment.addr, piece.what.clone())).collect();
    places.sort();
    Ok((places.into_iter().map(|(addr, what)| format!("{what} {addr:x}")).collect(), plan))
}

fn firmware_file() -> PathBuf {
    static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
        let path = std::env::temp_dir().join(format!("manyhart-place-{}.bin", std::process::id()));
        std::fs::write(&path, vec![0x13; 300_000]).unwrap();
        path
    });
    FILE.clone()
}

#[test]
fn images_go_where_they_usually_go() {
    let with_firmware = |images: Images| Images { firmware: Firmware::File(firmware_file()), ..images };
    let fw = format!("the firmware {} 80000000", firmware_file().display());
    let usual = with_firmware(images(source("k", linux(0x1e6_b000)), source("i", [0; 100])));
    let cases = [
        (512, usual.clone(), vec![&*fw, "the kernel k 80200000", "the initrd i 88200000"]),
        // Less than the usual 130 MiB: the initrd goes below the device tree.
        (64, usual.clone(), vec![&fw, "the kernel k 80200000", "the initrd i 83e00000"]),
        // A kernel that reaches over the usual place.
        (
            512,
            with_firmware(images(source("k", linux(200 * MIB)), source("i", [0; 100]))),
            vec![&fw, "the kernel k 80200000", "the initrd i 9fe00000"],
        ),
        (8192, usual, vec![&fw, "the kernel k 80200000", "the initrd i 88200000"]),
        (512, with_firmware(images(None, None)), vec![&fw]),
        (512, images(source("k", [1; 8]), None), vec!["the kernel k 80000000"]),
        // So small that only 4 KiB steps are left.
        (1, images(source("k", [1; 8]), source("i", [0; 100])), vec!["the kernel k 80000000", "the initrd i 800ef000"]),
    ];
    for (mib, images, want) in cases {
        assert_eq!(plan(&images, mib).unwrap().0, want, "{mib} MiB");
    }
}

#[test]
fn harts_start_where_they_should() {
    let elf = program(BASE + 0x40_0010, &[Part::at(BASE + 0x40_0000, [0; 32])], &[("tohost", BASE + 0x40_0008)]);
    let firmware = Firmware::File(firmware_file());
    let bare = plan(&images(source("k", elf.clone()), None), 64).unwrap().1;
    assert_eq!((bare.entry, bare.symbols.tohost), (BASE + 0x40_0010, Some(BASE + 0x40_0008)));
    let booted = plan(&Images { firmware: firmware.clone(), ..images(source("k", elf.clone()), None) }, 64).unwrap().1;
    assert_eq!((booted.entry, booted.next), (BASE, BASE + 0x40_0010));
    let alone = plan(&Images { firmware, ..images(None, None) }, 64).unwrap().1;
    assert_eq!((alone.entry, alone.next), (BASE, BASE + 2 * MIB));

    let loader = |addr, hart, force_raw| Loader { source: source("more", elf.clone()).unwrap(), addr, hart, force_raw };
    let with = |loader| Images { more: vec![loader], ..images(source("k", [1; 8]), None) };
    let second = plan(&with(loader(None, Some(2), false)), 64).unwrap().1;
    assert_eq!(second.hart_entries, [(2, BASE + 0x40_0010)]);
    let raw = plan(&with(loader(Some(BASE + 0x1000), Some(1), true)), 64).unwrap().1;
    assert_eq!(raw.hart_entries, [(1, BASE + 0x1000)]);
    assert_eq!(raw.pieces[1].segment.bytes, elf);
    assert_eq!(plan(&with(loader(None, None, true)), 64).unwrap_err(), "more: raw bytes need an address: addr=A");
    let error = plan(&with(loader(None, Some(4), false)), 64).unwrap_err();
    assert_eq!(error, "more: cpu-num=4, but the machine has 4 harts");
}

#[test]
fn what_does_not_fit_is_named() {
    let elf = |addr, memory| program(addr, &[Part { vaddr: addr, paddr: addr, bytes: vec![0; 8], memory }], &[]);
    let cases = [
        (
            64,
            images(source("k", linux(100 * MIB)), None),
            "the kernel k (0000000080000000-00000000863fffff) does not fit RAM",
        ),
        (
            64,
            images(source("k", linux(62 * MIB)), source("i", vec![0; 4 << 20])),
            "the initrd i (4194304 bytes) finds no place in RAM",
        ),
        (
            64,
            images(source("k", linux(64 * MIB)), None),
            "the device tree (0000000083ff0000-0000000083ff1387) overlaps the kernel k",
        ),
        (1, images(source("k", [1; 8]), source("i", vec![0; 2 << 20])), "i: does not fit the machine's memory"),
        (
            64,
            images(source("k", elf(0x1000, 8)), None),
            "the kernel k (0000000000001000-0000000000001007) does not fit RAM",
        ),
        (64, images(source("k", elf(BASE, 1 << 40)), None), "the kernel k (0000000080000000-0000010"),
        (64, images(source("k", elf(u64::MAX - 1, 8)), None), "the kernel k (8 bytes) finds no place in RAM"),
        (
            64,
            Images { firmware: Firmware::File(firmware_file()), ..images(source("k", elf(BASE, 8)), None) },
            "the kernel k (0000000080000000-0000000080000007) overlaps the firmware ",
        ),
        (64, images(None, source("i", [])), "i: is empty"),
        (
            64,
            Images { device_tree: source("t", [0; 64]), ..images(source("k", [1; 8]), None) },
            "t: not a device tree blob: the magic number is missing",
        ),
    ];
    for (mib, images, want) in cases {
        let got = plan(&images, mib).unwrap_err();
        assert!(got.starts_with(want) && got.lines().count() == 1, "{got}\n  not {want}");
    }
}

#[test]
fn parts_of_one_program_may_not_overlap_either() {
    let elf = program(BASE, &[Part::at(BASE, [0; 32]), Part::at(BASE + 16, [0; 32])], &[]);
    let got = plan(&images(source("k", elf), None), 64).unwrap_err();
    assert!(got.starts_with("the kernel k") && got.contains(") overlaps the kernel k ("), "{got}");
}
