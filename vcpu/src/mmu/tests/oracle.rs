//! Random page tables against an independent reading of the specification: recursive, with every field taken apart in
//! decimal places rather than masks, and A and D applied afterwards.

use proptest::prelude::*;

use super::*;

/// The tables live in this many pages from 0x1000 on, so that random pointers often lead to one.
const PAGES: u64 = 6;

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Mapped { pa: u128, size: u128, entry_at: u64, entry: u64 },
    PageFault,
    AccessFault,
}

/// Field `width` bits wide from bit `low` on.
fn field(value: u64, low: u32, width: u32) -> u128 {
    u128::from(value) / 2_u128.pow(low) % 2_u128.pow(width)
}

fn look_up(tables: &Tables, context: &Context, va: u64, kind: AccessKind) -> Outcome {
    let levels = match context.mode {
        SatpMode::Bare => unreachable!("the tables are walked"),
        SatpMode::Sv39 => 3,
        SatpMode::Sv48 => 4,
        SatpMode::Sv57 => 5,
    };
    let width = 12 + 9 * levels;
    let above = field(va, width - 1, 65 - width);
    if above != 0 && above != 2_u128.pow(65 - width) - 1 {
        return Outcome::PageFault;
    }
    descend(tables, context, va, kind, u128::from(context.root.0), levels)
}

fn descend(tables: &Tables, context: &Context, va: u64, kind: AccessKind, table: u128, levels: u32) -> Outcome {
    if levels == 0 {
        return Outcome::PageFault;
    }
    let low = 12 + 9 * (levels - 1);
    let at = (table + 8 * field(va, low, 9)) as u64;
    if tables.end.is_some_and(|end| at >= end) {
        return Outcome::AccessFault;
    }
    let entry = tables.get(at);
    let flag = |bit| field(entry, bit, 1) == 1;
    let (v, r, w, x, u, a, d) = (flag(0), flag(1), flag(2), flag(3), flag(4), flag(6), flag(7));
    let (ppn, reserved, memory_type, n) = (field(entry, 10, 44), field(entry, 54, 7), field(entry, 61, 2), flag(63));
    if !v || (!r && w) || reserved != 0 {
        return Outcome::PageFault;
    }
    if !r && !x {
        if u || a || d || memory_type != 0 || n {
            return Outcome::PageFault;
        }
        return descend(tables, context, va, kind, ppn * 4096, levels - 1);
    }
    if memory_type == 3 || (memory_type != 0 && !context.memory_types) || (n && !context.napot) {
        return Outcome::PageFault;
    }
    let (pages, frame) = if n {
        if levels != 1 || ppn % 16 != 8 {
            return Outcome::PageFault;
        }
        (16, ppn - 8)
    } else {
        (512_u128.pow(levels - 1), ppn)
    };
    if !frame.is_multiple_of(pages) || !permitted(context, kind, [r, w, x, u]) {
        return Outcome::PageFault;
    }
    if !context.update_accessed_dirty && (!a || (kind == AccessKind::Write && !d)) {
        return Outcome::PageFault;
    }
    let size = pages * 4096;
    Outcome::Mapped { pa: frame * 4096 + u128::from(va) % size, size, entry_at: at, entry }
}

fn permitted(context: &Context, kind: AccessKind, [r, w, x, u]: [bool; 4]) -> bool {
    let right = match kind {
        AccessKind::Execute => x,
        AccessKind::Write => w,
        AccessKind::Read => r || (x && context.mxr),
    };
    let page = match (context.privilege, kind) {
        (Privilege::User, _) => u,
        (_, AccessKind::Execute) => !u,
        _ => !u || context.sum,
    };
    right && page
}

/// An entry that is often valid: a pointer into the tables, a leaf, or noise.
fn entry() -> impl Strategy<Value = u64> {
    let pointer = (1..=PAGES, 0..4_u64).prop_map(|(page, rsw)| page << 10 | rsw << 8 | 1);
    let flags = prop_oneof![3 => Just(0xcf_u64), 3 => Just(0xdf_u64), 4 => 0..256_u64];
    let high =
        prop_oneof![8 => Just(0_u64), 1 => (0..4_u64).prop_map(|t| t << 61), 1 => (0..64_u32).prop_map(|b| 1 << b)];
    // Aligned for a superpage of 0 to 4 levels, or with the pattern of a contiguous range.
    let frame = prop_oneof![
        3 => (0..5_u32, 0..0x1000_u64).prop_map(|(level, n)| n << (9 * level) & ((1 << 44) - 1)),
        1 => (0..0x1000_u64).prop_map(|n| n << 4 | 8),
    ];
    let leaf = (frame, flags, high).prop_map(|(frame, flags, high)| frame << 10 | flags | 1 | high);
    let contiguous = (0..0x1000_u64).prop_map(|n| 1 << 63 | (n << 4 | 8) << 10 | 0xdf);
    prop_oneof![10 => pointer, 8 => leaf, 2 => contiguous, 1 => any::<u64>()]
}

/// The entries in use of each table: both ends of both halves.
const INDICES: [u64; 4] = [0, 1, 256, 511];

/// Addresses that lead through the entries in use: sign-extended from the scheme's width, or from a bit elsewhere.
fn virtual_address(mode: SatpMode) -> impl Strategy<Value = u64> {
    let indices = prop::collection::vec(prop::sample::select(&INDICES), mode.levels() as usize);
    let unused = 64 - (12 + 9 * mode.levels());
    let extension = prop_oneof![9 => Just(unused), 1 => 0..32_u32];
    (indices, 0..0x1000_u64, extension).prop_map(|(indices, offset, extension)| {
        let va = indices.iter().fold(0, |va, index| va << 9 | index) << 12 | offset;
        ((va << extension) as i64 >> extension) as u64
    })
}

fn any_context() -> impl Strategy<Value = Context> {
    let mode = prop_oneof![Just(SatpMode::Sv39), Just(SatpMode::Sv48), Just(SatpMode::Sv57)];
    let privilege = prop_oneof![Just(Privilege::User), Just(Privilege::Supervisor)];
    (mode, privilege, any::<[bool; 5]>()).prop_map(|(mode, privilege, [sum, mxr, update, memory_types, napot])| {
        Context { privilege, sum, mxr, update_accessed_dirty: update, memory_types, napot, ..context(mode) }
    })
}

fn tables() -> impl Strategy<Value = Tables> {
    let entries = prop::collection::vec(entry(), 4 * PAGES as usize);
    let end = prop_oneof![4 => Just(None), 1 => (1..=PAGES).prop_map(|page| Some(page * 0x1000 + 0x800))];
    (entries, end).prop_map(|(entries, end)| {
        let place = |i: usize| 0x1000 * (i as u64 / 4 + 1) + INDICES[i % 4] * 8;
        let words = entries.into_iter().enumerate().map(|(i, entry)| (place(i), entry)).collect();
        Tables { words, end, ..Tables::default() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn walks_agree_with_the_oracle(
        tables in tables(),
        (context, accesses) in any_context().prop_flat_map(|context| {
            (Just(context), prop::collection::vec((virtual_address(context.mode), 0..3_usize), 8))
        }),
    ) {
        let mut memory = tables;
        for (va, kind) in accesses {
            let kind = [AccessKind::Execute, AccessKind::Read, AccessKind::Write][kind];
            let expected = look_up(&memory, &context, va, kind);
            let before = memory.clone();
            match (translate(&context, va, kind, &mut memory), expected) {
                (Err(exception), Outcome::PageFault) => prop_assert_eq!(exception, kind.page_fault()),
                (Err(exception), Outcome::AccessFault) => prop_assert_eq!(exception, kind.access_fault()),
                (Ok(found), Outcome::Mapped { pa, size, entry_at, entry }) => {
                    prop_assert_eq!(u128::from(found.physical.0), pa);
                    prop_assert_eq!(1_u128 << found.page_bits, size);
                    let used = if kind == AccessKind::Write { entry | A | D } else { entry | A };
                    prop_assert_eq!(memory.get(entry_at), used);
                    // A cached right holds for the access it stands for: it needs no further update.
                    for (right, kind) in [
                        (found.executable, AccessKind::Execute),
                        (found.readable, AccessKind::Read),
                        (found.writable, AccessKind::Write),
                    ] {
                        let settled = Context { update_accessed_dirty: false, ..context };
                        let again = look_up(&memory, &settled, va, kind);
                        prop_assert_eq!(right, matches!(again, Outcome::Mapped { .. }));
                    }
                    memory.words.insert(entry_at, entry);
                }
                (found, expected) => prop_assert!(false, "{:?} instead of {:?}", found, expected),
            }
            prop_assert_eq!(&memory.words, &before.words, "nothing else is written");
        }
    }
}
