//! One rule at a time, each as a table of cases.

use super::*;
use AccessKind::{Execute, Read, Write};
use Privilege::{Supervisor, User};
use SatpMode::{Bare, Sv39, Sv48, Sv57};

const KINDS: [AccessKind; 3] = [Execute, Read, Write];
/// The page the tests map, and where a base page of it lies.
const VA: u64 = 0x20_2030_1000;
const VA48: u64 = 0x4040_2030_1000;
const PA: u64 = 0x8765_4000;

/// Tables at 0x1000, 0x2000, … down to a base page with this leaf for [`VA`].
fn base_page(mode: SatpMode, va: u64, leaf: u64) -> Tables {
    let mut tables = Tables::default();
    for (depth, level) in (0..mode.levels()).rev().enumerate() {
        let (table, index) = (0x1000 * (depth as u64 + 1), va >> (12 + 9 * level) & 0x1ff);
        if level > 0 {
            tables.point(table, index, table + 0x1000, V);
        } else {
            tables.words.insert(table + index * 8, leaf);
        }
    }
    tables
}

/// Where `base_page` put the leaf.
fn leaf_address(mode: SatpMode, va: u64) -> u64 {
    0x1000 * u64::from(mode.levels()) + (va >> 12 & 0x1ff) * 8
}

fn sv39(leaf: u64) -> Tables {
    base_page(Sv39, VA, leaf)
}

fn leaf(flags: u64) -> u64 {
    PA >> 2 | flags
}

#[test]
fn bare_is_the_identity() {
    for va in [0, 0x8000_0000, u64::MAX] {
        for kind in KINDS {
            let found = translate(&context(Bare), va, kind, &mut Tables::default()).expect("no translation");
            assert_eq!(found.physical, Gpa(va));
            assert!(found.readable && found.writable && found.executable && found.page_bits == 64);
        }
    }
}

#[test]
fn base_pages_of_each_scheme() {
    for (mode, va) in [(Sv39, VA), (Sv48, VA48), (Sv57, 0x80_4040_2030_1000)] {
        let mut tables = base_page(mode, va, leaf(RWX | G));
        let found = translate(&context(mode), va | 0xabc, Read, &mut tables).expect("mapped");
        let expected = Translation {
            physical: Gpa(PA | 0xabc),
            page_bits: 12,
            readable: true,
            writable: true,
            executable: true,
            user: false,
            global: true,
        };
        assert_eq!(found, expected, "{mode:?}");
        assert_eq!(tables.exchanges, 0, "nothing to update");
    }
}

#[test]
fn addresses_must_be_canonical() {
    for (mode, bits) in [(Sv39, 39), (Sv48, 48), (Sv57, 57)] {
        let half = 1_u64 << (bits - 1);
        let mut tables = Tables::default();
        for index in 0..512 {
            tables.point(0x1000, index, 0, RWX);
        }
        for (va, canonical) in [
            (0, true),
            (half - 1, true),
            (half, false),
            (half << 1, false),
            (0_u64.wrapping_sub(half) - 1, false),
            (0_u64.wrapping_sub(half), true),
            (u64::MAX, true),
            (1 << 63, false),
        ] {
            for kind in KINDS {
                let found = translate(&context(mode), va, kind, &mut tables).map(|found| found.page_bits);
                let expected = if canonical { Ok(bits - 9) } else { Err(kind.page_fault()) };
                assert_eq!(found, expected, "{mode:?} {va:#x}");
            }
        }
    }
}

/// A leaf at each level: its size, the offset it keeps, and the alignment it needs.
#[test]
fn superpages() {
    for (mode, va) in [(Sv39, VA), (Sv48, VA48), (Sv57, 0x80_4040_2030_1000)] {
        for level in 1..mode.levels() {
            let bits = 12 + 9 * level;
            let at = 0x1000 * u64::from(mode.levels() - level) + (va >> bits & 0x1ff) * 8;
            let mut tables = base_page(mode, va, 0);
            let target = 3 << bits;
            tables.words.insert(at, target >> 2 | RWX);
            let found = translate(&context(mode), va, Read, &mut tables).expect("mapped");
            assert_eq!((found.page_bits, found.physical), (bits, Gpa(target | (va & ((1 << bits) - 1)))), "{mode:?}");
            for crooked in [12, bits - 1] {
                tables.words.insert(at, (target | 1 << crooked) >> 2 | RWX);
                let found = translate(&context(mode), va, Read, &mut tables);
                assert_eq!(found, Err(Exception::LoadPageFault), "{mode:?} level {level} bit {crooked}");
            }
        }
    }
}

/// Leaf flags, mode, SUM, MXR, and which of fetch, load and store pass.
#[test]
fn permissions() {
    let (none, sum, mxr, both) = ((false, false), (true, false), (false, true), (true, true));
    for (flags, privilege, (sum, mxr), allowed) in [
        (R, Supervisor, none, [false, true, false]),
        (R | W, Supervisor, none, [false, true, true]),
        (X, Supervisor, none, [true, false, false]),
        (X, Supervisor, mxr, [true, true, false]),
        (R | X, Supervisor, none, [true, true, false]),
        (R | W | X, Supervisor, none, [true, true, true]),
        (R | W | X, User, both, [false, false, false]),
        (U | R | W | X, User, none, [true, true, true]),
        (U | X, User, none, [true, false, false]),
        (U | X, User, mxr, [true, true, false]),
        (U | R | W | X, Supervisor, none, [false, false, false]),
        (U | R | W | X, Supervisor, sum, [false, true, true]),
        (U | X, Supervisor, sum, [false, false, false]),
        (U | X, Supervisor, mxr, [false, false, false]),
        (U | X, Supervisor, both, [false, true, false]),
        (W, Supervisor, both, [false, false, false]),
        (W | X, Supervisor, both, [false, false, false]),
    ] {
        let context = Context { privilege, sum, mxr, ..context(Sv39) };
        for (kind, passes) in KINDS.into_iter().zip(allowed) {
            let found = translate(&context, VA, kind, &mut sv39(leaf(flags | V | A | D)));
            let case = format!("{flags:#x} {privilege:?} SUM {sum} MXR {mxr} {kind:?}");
            assert_eq!(found.err(), (!passes).then(|| kind.page_fault()), "{case}");
            if let Ok(found) = found {
                assert_eq!([found.executable, found.readable, found.writable], allowed, "{case}");
                assert_eq!(found.user, flags & U != 0, "{case}");
            }
        }
    }
}

/// Bits that make a leaf, or a pointer to a table, invalid; with Svpbmt and Svnapot on and off.
#[test]
fn reserved_bits() {
    let (n, pbmt) = (1 << 63, |value: u64| value << 61);
    for (name, in_leaf, bits, with, without) in [
        ("not valid", true, V, false, false),
        ("software's bits", true, 3 << 8, true, true),
        ("software's bits", false, 3 << 8, true, true),
        ("G of a pointer", false, G, true, true),
        ("U of a pointer", false, U, false, false),
        ("A of a pointer", false, A, false, false),
        ("D of a pointer", false, D, false, false),
        ("bit 54", true, 1 << 54, false, false),
        ("bit 60", true, 1 << 60, false, false),
        ("bit 54 of a pointer", false, 1 << 54, false, false),
        ("NC", true, pbmt(1), true, false),
        ("IO", true, pbmt(2), true, false),
        ("reserved memory type", true, pbmt(3), false, false),
        ("memory type of a pointer", false, pbmt(1), false, false),
        ("N of a pointer", false, n, false, false),
        ("N without the size's pattern", true, n, false, false),
    ] {
        for (extensions, valid) in [(true, with), (false, without)] {
            let context = Context { memory_types: extensions, napot: extensions, ..context(Sv39) };
            let mut tables = sv39(leaf(RWX));
            let at = if in_leaf { leaf_address(Sv39, VA) } else { 0x2000 + (VA >> 21 & 0x1ff) * 8 };
            // V is set already: flipping it makes the entry invalid, flipping any other sets it.
            let entry = tables.get(at);
            tables.words.insert(at, if bits == V { entry & !V } else { entry | bits });
            let found = translate(&context, VA, Execute, &mut tables);
            assert_eq!(found.is_ok(), valid, "{name}, extensions {extensions}");
            assert!(valid || found == Err(Exception::InstructionPageFault), "{name}");
        }
    }
}

#[test]
fn a_pointer_at_the_last_level_is_a_page_fault() {
    assert_eq!(translate(&context(Sv39), VA, Write, &mut sv39(leaf(V))), Err(Exception::StorePageFault));
}

/// A contiguous range takes its low page number from the address.
#[test]
fn napot() {
    let va = VA | 0xa000;
    for (ppn_low, napot, expected) in
        [(8, true, Some(0x8765_b123)), (8, false, None), (0, true, None), (4, true, None), (9, true, None)]
    {
        let entry = (0x87650 | ppn_low) << 10 | RWX | 1 << 63;
        let context = Context { napot, ..context(Sv39) };
        let found = translate(&context, va | 0x123, Read, &mut base_page(Sv39, va, entry)).ok();
        assert_eq!(found.map(|found| (found.physical.0, found.page_bits)), expected.map(|pa| (pa, 16)), "{ppn_low}");
    }
    let mut tables = base_page(Sv39, va, 0);
    tables.words.insert(0x2000 + (va >> 21 & 0x1ff) * 8, 1 << 63 | 8 << 10 | RWX);
    assert!(translate(&context(Sv39), va, Read, &mut tables).is_err(), "there is no N above the last level");
}

/// Flags before, access, updating or not: flags after, or a page fault; and whether a TLB may let stores through.
#[test]
fn accessed_and_dirty() {
    let page = V | R | W | X;
    for (before, kind, after, writable) in [
        (0, Read, A, false),
        (0, Execute, A, false),
        (0, Write, A | D, true),
        (A, Read, A, false),
        (A, Write, A | D, true),
        (D, Read, A | D, true),
        (A | D, Read, A | D, true),
        (A | D, Write, A | D, true),
    ] {
        for update_accessed_dirty in [true, false] {
            let mut tables = sv39(leaf(page | before));
            let context = Context { update_accessed_dirty, ..context(Sv39) };
            let found = translate(&context, VA, kind, &mut tables);
            let case = format!("{before:#x} {kind:?} updating {update_accessed_dirty}");
            let flags = tables.get(leaf_address(Sv39, VA)) & (A | D);
            if update_accessed_dirty || before == after {
                assert_eq!(found.map(|found| found.writable), Ok(writable), "{case}");
                assert_eq!(flags, after, "{case}");
            } else {
                assert_eq!(found, Err(kind.page_fault()), "{case}");
                assert_eq!(flags, before, "{case}");
            }
            assert_eq!(tables.exchanges, u32::from(update_accessed_dirty && before != after), "{case}");
        }
    }
}

#[test]
fn a_refused_access_updates_nothing() {
    for entry in [leaf(V | R), leaf(V | R | W | U), 1 << 54 | leaf(V | R | W)] {
        let mut tables = sv39(entry);
        assert_eq!(translate(&context(Sv39), VA, Write, &mut tables), Err(Exception::StorePageFault));
        assert_eq!((tables.get(leaf_address(Sv39, VA)), tables.exchanges), (entry, 0));
    }
}

/// What another hart stores just before the exchange, and what the walk makes of it.
#[test]
fn an_entry_that_changes_under_the_update_is_looked_at_anew() {
    let at = leaf_address(Sv39, VA);
    let page = leaf(V | R | W);
    let moved = 0x1_2345_6000_u64;
    for (name, theirs, expected, after) in [
        ("the same update", page | A | D, Ok(PA), page | A | D),
        ("A alone", page | A, Ok(PA), page | A | D),
        ("another page", moved >> 2 | V | R | W, Ok(moved), moved >> 2 | V | R | W | A | D),
        ("unmapped", 0, Err(Exception::StorePageFault), 0),
        ("write-protected", leaf(V | R | A), Err(Exception::StorePageFault), leaf(V | R | A)),
    ] {
        let mut tables = Tables { interference: vec![(at, theirs)], ..sv39(page) };
        let found = translate(&context(Sv39), VA, Write, &mut tables);
        assert_eq!(found.map(|found| found.physical.0), expected, "{name}");
        assert_eq!(tables.get(at), after, "{name}");
    }
}

/// Where memory ends, and the access fault of the access that walks.
#[test]
fn unreachable_tables_are_access_faults_of_the_original_access() {
    for end in [0x1000, 0x2000, 0x3000] {
        for kind in KINDS {
            let mut tables = Tables { end: Some(end), ..sv39(leaf(RWX)) };
            assert_eq!(translate(&context(Sv39), VA, kind, &mut tables), Err(kind.access_fault()), "{end:#x}");
        }
    }
    let mut tables = Tables { read_only: true, ..sv39(leaf(V | R | A)) };
    assert!(translate(&context(Sv39), VA, Read, &mut tables).is_ok(), "no update needed");
    let mut tables = Tables { read_only: true, ..sv39(leaf(V | R | W | A)) };
    assert_eq!(translate(&context(Sv39), VA, Write, &mut tables), Err(Exception::StoreAccessFault));
}
