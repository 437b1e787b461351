use proptest::prelude::*;

use super::*;

/// What scripts/kallsyms.c would write: tokens are single letters, but for one that is a word, and each name's bytes are its letters.
fn image(symbols: &[(u32, &str)], newer: bool, before: usize) -> Vec<u8> {
    const WORD: u8 = 1;
    let pad = |bytes: &mut Vec<u8>| bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
    let token = |token: u8| match token {
        WORD => b"sched_".to_vec(),
        0 | 2.. => vec![token.max(1)],
    };
    let (mut names, mut markers) = (Vec::new(), Vec::new());
    for (index, (_, name)) in symbols.iter().enumerate() {
        if index % STRIDE == 0 {
            markers.extend((names.len() as u32).to_le_bytes());
        }
        let coded = name.replace("sched_", "\u{1}");
        match coded.len() {
            short @ ..0x80 => names.push(short as u8),
            long => names.extend([long as u8 & 0x7f | 0x80, (long >> 7) as u8]),
        }
        names.extend(coded.bytes());
    }
    let (mut table, mut index) = (Vec::new(), Vec::new());
    for code in 0..=255 {
        index.extend((table.len() as u16).to_le_bytes());
        table.extend(token(code));
        table.push(0);
    }
    let offsets: Vec<u8> = symbols.iter().flat_map(|(offset, _)| offset.to_le_bytes()).collect();
    let (base, count) = (vec![0; 8], (symbols.len() as u64).to_le_bytes().to_vec());
    let order: [&Vec<u8>; 7] = match newer {
        true => [&count, &names, &markers, &table, &index, &offsets, &base],
        false => [&offsets, &base, &count, &names, &markers, &table, &index],
    };
    let mut image = vec![0x13; before];
    for part in order {
        image.extend(part);
        pad(&mut image);
    }
    image
}

/// More than a stride, a name of two length bytes, and what lies before the image's first byte.
fn many() -> Vec<(u32, String)> {
    let long = format!("t{}", "x".repeat(300));
    let some = [
        (0, "aabsolute"),
        (0x100, "T_start"),
        (0x110, "tsched_clock"),
        (0x110, "Talias"),
        (0x120, &long),
        (0x130, "Ddata"),
    ];
    let more = (0..600).map(|n| (0x1000 + 16 * n, format!("tsched_{n}")));
    some.map(|(at, name)| (at, name.to_owned())).into_iter().chain(more).collect()
}

#[test]
fn the_tables_are_found_in_both_orders() {
    let symbols_in = many();
    let symbols_in: Vec<(u32, &str)> = symbols_in.iter().map(|(at, name)| (*at, name.as_str())).collect();
    for newer in [true, false] {
        for before in [0, 8, 4096] {
            let found = symbols(&image(&symbols_in, newer, before)).expect("tables");
            assert_eq!(found.len(), symbols_in.len() - 1, "what is before the image is left out");
            assert_eq!(found[0], (0, 'T', "_start".to_owned()));
            assert_eq!(found[1], (0x10, 't', "sched_clock".to_owned()));
            assert_eq!(found[3].2.len(), 300);
            assert_eq!(found.last(), Some(&(0xf00 + 16 * 599, 't', "sched_599".to_owned())));
        }
    }
}

#[test]
fn what_is_damaged_names_nothing() {
    let whole = image(&[(0, "T_start"), (16, "tone"), (32, "ttwo")], true, 64);
    assert_eq!(symbols(&whole).map(|found| found.len()), Some(3));
    for length in 0..whole.len() - 16 {
        assert_eq!(symbols(&whole[..length]), None, "cut at {length}");
    }
    let unsorted = image(&[(16, "T_start"), (0, "tone")], true, 0);
    assert_eq!(symbols(&unsorted), None);
    let elsewhere = image(&[(0, "Tbegin"), (16, "tone")], true, 0);
    assert_eq!(symbols(&elsewhere), None, "without _start nothing says where it is");
    assert_eq!(symbols(&[0; 10_000]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_changed_is_looked_at_without_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = image(&[(0, "T_start"), (16, "tone"), (32, "ttwo")], true, 64);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let found = symbols(&bytes).unwrap_or_default();
        prop_assert!(found.len() <= bytes.len());
    }
}
