//! Matching, locking and checking, by tables and against the specification's words applied byte by byte.

use proptest::prelude::*;

use super::*;
use Privilege::{Machine, Supervisor, User};

const TOR: u8 = 1 << 3;
const NA4: u8 = 2 << 3;
const NAPOT: u8 = 3 << 3;
const RWX: u8 = 7;
const LOCK: u8 = 0x80;

/// Entries as (configuration byte, pmpaddr), from entry 0 on.
fn pmp(entries: &[(u8, u64)]) -> Pmp {
    let mut pmp = Pmp::new();
    for (index, &(_, addr)) in entries.iter().enumerate() {
        pmp.set_addr(index, addr);
    }
    let mut bytes = [0; ENTRIES];
    for (byte, &(cfg, _)) in bytes.iter_mut().zip(entries) {
        *byte = cfg;
    }
    for register in [0, 2] {
        let half: [u8; 8] = std::array::from_fn(|i| bytes[register * 4 + i]);
        pmp.set_cfg(register, u64::from_le_bytes(half));
    }
    pmp
}

/// pmpaddr of a naturally aligned range of 2^bits bytes.
fn napot(base: u64, bits: u32) -> u64 {
    base >> 2 | ((1 << (bits - 3)) - 1)
}

fn reads(pmp: &Pmp, addr: u64, len: u64) -> bool {
    pmp.check(Gpa(addr), len, AccessKind::Read, Supervisor)
}

#[test]
fn after_reset_only_machine_mode_may_pass() {
    for privilege in [User, Supervisor, Machine] {
        for kind in [AccessKind::Read, AccessKind::Write, AccessKind::Execute] {
            assert_eq!(Pmp::new().check(Gpa(0x8000_0000), 8, kind, privilege), privilege == Machine);
        }
    }
}

/// A bound that is written after the entry that starts from it (QEMU 7.2 goes on with the old one).
#[test]
fn a_lower_bound_moves_its_entry() {
    let mut pmp = pmp(&[(0, 0x400), (TOR | 1, 0x800)]);
    for (bottom, allowed) in [(0x400, true), (0x500, false), (0x3ff, true), (0x800, false)] {
        pmp.set_addr(0, bottom);
        assert_eq!(reads(&pmp, 0x1000, 8), allowed, "from {bottom:#x}");
    }
}

/// Entries, and the first and last byte that they let through (`None`: nothing).
#[test]
fn bounds_of_each_mode() {
    for (name, entries, bounds) in [
        ("NA4", vec![(NA4 | 1, 0x2000_0000)], Some((0x8000_0000, 0x8000_0003))),
        ("NA4 at 0", vec![(NA4 | 1, 0)], Some((0, 3))),
        ("TOR from 0", vec![(TOR | 1, 0x400)], Some((0, 0xfff))),
        ("TOR from its predecessor, off", vec![(0, 0x400), (TOR | 1, 0x401)], Some((0x1000, 0x1003))),
        ("TOR, empty", vec![(0, 0x400), (TOR | 1, 0x400)], None),
        ("TOR, backwards", vec![(0, 0x401), (TOR | 1, 0x400)], None),
        ("TOR to the top", vec![(0, 1), (TOR | 1, u64::MAX)], Some((4, (1 << 56) - 5))),
        ("off", vec![(RWX, 0x400)], None),
    ] {
        let pmp = pmp(&entries);
        for probe in [0, 3, 4, 0xfff, 0x1000, 0x1003, 0x1004, 0x7fff_ffff, 0x8000_0000, 0x8000_0003, 0x8000_0004] {
            let inside = bounds.is_some_and(|(first, last)| (first..=last).contains(&probe));
            assert_eq!(reads(&pmp, probe, 1), inside, "{name} at {probe:#x}");
        }
        if let Some((first, last)) = bounds {
            assert!(reads(&pmp, first, 1) && reads(&pmp, last, 1) && !reads(&pmp, last + 1, 1), "{name}");
        }
    }
}

#[test]
fn napot_of_every_size() {
    for bits in 3..=56 {
        // The highest aligned place in the 56-bit space, and for smaller ranges also the lowest but one.
        let size = 1_u64 << bits;
        for base in [(1 << 56) - size, if bits < 56 { size } else { 0 }] {
            let pmp = pmp(&[(NAPOT | 1, napot(base, bits))]);
            for (addr, inside) in [(base, true), (base + size / 2, true), (base + size - 1, true), (base + size, false)]
            {
                assert_eq!(reads(&pmp, addr, 1), inside, "2^{bits} at {base:#x}, byte {addr:#x}");
            }
            assert!(base == 0 || !reads(&pmp, base - 1, 1), "2^{bits} at {base:#x}, below");
        }
    }
    let everything = pmp(&[(NAPOT | RWX, u64::MAX)]);
    assert!(reads(&everything, 0, 8) && reads(&everything, (1 << 56) - 8, 8));
}

/// The access by its first byte and length, against one entry of [0x1000, 0x1010).
#[test]
fn an_access_must_match_whole() {
    for lock in [0, LOCK] {
        let pmp = pmp(&[(NAPOT | RWX | lock, napot(0x1000, 4)), (NAPOT | RWX, u64::MAX)]);
        for (addr, len, whole) in [
            (0x0ff8, 8, true),
            (0x0ffc, 8, false),
            (0x0fff, 2, false),
            (0x1000, 16, true),
            (0x1000, 17, false),
            (0x100c, 8, false),
            (0x1010, 8, true),
            (0x0ff0, 64, false),
        ] {
            for privilege in [User, Supervisor, Machine] {
                let passes = pmp.check(Gpa(addr), len, AccessKind::Read, privilege);
                assert_eq!(passes, whole, "{addr:#x}+{len} in {privilege:?}, lock {lock:#x}");
            }
        }
    }
}

/// The entry's byte, and what S, U and M may do.
#[test]
fn permissions_by_mode() {
    for rights in 0..8_u8 {
        for lock in [0, LOCK] {
            let pmp = pmp(&[(NAPOT | rights | lock, u64::MAX)]);
            let read = rights & 1 != 0;
            let own = Permissions { read, write: read && rights & 2 != 0, execute: rights & 4 != 0 };
            for privilege in [User, Supervisor, Machine] {
                let expected = if privilege == Machine && lock == 0 { Permissions::ALL } else { own };
                assert_eq!(pmp.uniform_over_page(Gpa(0x5000), privilege), Some(expected));
                for kind in [AccessKind::Read, AccessKind::Write, AccessKind::Execute] {
                    assert_eq!(pmp.check(Gpa(0x5008), 8, kind, privilege), expected.allow(kind));
                }
            }
        }
    }
}

#[test]
fn the_first_matching_entry_decides() {
    let pmp = pmp(&[(NAPOT, napot(0x1000, 12)), (NAPOT | RWX, napot(0, 16))]);
    assert!(!reads(&pmp, 0x1800, 8));
    assert!(reads(&pmp, 0x2000, 8));
}

#[test]
fn locks() {
    let mut pmp = pmp(&[(0, 0x100), (TOR | LOCK | 1, 0x200), (NA4 | 1, 0x300), (NA4 | LOCK, 0x400)]);
    let writes = [(0, false), (1, false), (2, true), (3, false), (4, true)];
    for (index, stored) in writes {
        assert_eq!(pmp.set_addr(index, 0x555), stored, "pmpaddr{index}");
        assert_eq!(pmp.addr(index) == 0x555, stored, "pmpaddr{index}");
    }
    assert!(pmp.set_cfg(0, 0));
    assert_eq!(pmp.cfg(0), 0x9000_8900, "locked bytes stay, others are written");
    assert!(!pmp.set_cfg(0, 0), "nothing left to change");
}

#[test]
fn a_page_that_is_cut_has_no_permissions_of_its_own() {
    let pmp = pmp(&[(NA4, 0x1800 >> 2), (NAPOT | 1, napot(0x2000, 12)), (NAPOT | RWX, napot(0x4000, 14))]);
    let read = Permissions { read: true, ..Permissions::NONE };
    for (page, expected) in
        [(0x1000, None), (0x2000, Some(read)), (0x3000, Some(Permissions::NONE)), (0x5fff, Some(Permissions::ALL))]
    {
        assert_eq!(pmp.uniform_over_page(Gpa(page), User), expected, "{page:#x}");
    }
}

#[test]
fn an_access_at_the_end_of_the_address_space_does_not_wrap() {
    let pmp = pmp(&[(NA4 | RWX, 0)]);
    assert!(!reads(&pmp, u64::MAX - 3, 8));
    assert!(pmp.check(Gpa(u64::MAX), 8, AccessKind::Read, Machine));
}

/// 3.7.1 applied byte by byte, from the registers as they read.
fn naive(pmp: &Pmp, addr: u64, len: u64, kind: AccessKind, privilege: Privilege) -> bool {
    let matches = |index: usize, byte: u64| {
        let cfg = pmp.cfg(index / 8 * 2) >> (index % 8 * 8);
        let (low, word) = (if index == 0 { 0 } else { pmp.addr(index - 1) }, byte >> 2);
        match cfg >> 3 & 3 {
            0 => false,
            1 => low <= word && word < pmp.addr(index),
            2 => word == pmp.addr(index),
            _ => {
                let shift = pmp.addr(index).trailing_ones() + 1;
                word >> shift == pmp.addr(index) >> shift
            }
        }
    };
    for index in 0..ENTRIES {
        let matching = (addr..addr + len).filter(|&byte| matches(index, byte)).count() as u64;
        if matching == 0 {
            continue;
        }
        let cfg = pmp.cfg(index / 8 * 2) >> (index % 8 * 8);
        let right = match kind {
            AccessKind::Read => cfg & 1,
            AccessKind::Write => cfg & 2,
            AccessKind::Execute => cfg & 4,
        };
        let free = privilege == Machine && cfg & 0x80 == 0;
        return matching == len && (free || right != 0);
    }
    privilege == Machine
}

proptest! {
    #[test]
    fn checks_agree_with_the_specification(
        entries in prop::collection::vec((any::<u8>(), 0..0x1000_u64), ENTRIES),
        accesses in prop::collection::vec((0..0x4000_u64, 0..4_u32), 32),
    ) {
        let pmp = pmp(&entries);
        for (addr, size) in accesses {
            for privilege in [User, Supervisor, Machine] {
                for kind in [AccessKind::Read, AccessKind::Write, AccessKind::Execute] {
                    let len = 1 << size;
                    let expected = naive(&pmp, addr, len, kind, privilege);
                    prop_assert_eq!(pmp.check(Gpa(addr), len, kind, privilege), expected);
                    if let Some(uniform) = pmp.uniform_over_page(Gpa(addr), privilege)
                        && addr & 0xfff <= 0x1000 - len
                    {
                        prop_assert_eq!(uniform.allow(kind), expected);
                    }
                }
            }
        }
    }
}
