use super::*;
use crate::load::elf_file::{Part, program};

fn list(text: &str) -> Result<Symbols, ProfileError> {
    let mut symbols = Symbols::default();
    symbols.add("map", text.as_bytes(), &[]).map(|()| symbols.sorted())
}

#[test]
fn a_function_reaches_to_the_next_symbol() {
    let text = "ffffffff80000000 T _start\nffffffff80000000 t $x\nffffffff80000010 t local\nffffffff80000020 R rodata\n\
                ffffffff81000000 t late [mod]\nffffffff80000010 T global\n\n";
    let symbols = list(text).expect("a map");
    let cases = [
        (0xffff_ffff_7fff_ffff, "[0xffffffff7ffff000]"),
        (0xffff_ffff_8000_0000, "_start"),
        (0xffff_ffff_8000_000f, "_start"),
        (0xffff_ffff_8000_0010, "global"),
        (0xffff_ffff_8000_001f, "global"),
        (0xffff_ffff_8000_0020, "[0xffffffff80000000]"),
        (0xffff_ffff_8100_0000, "late_[mod]"),
        (0xffff_ffff_810f_ffff, "late_[mod]"),
        (0xffff_ffff_8110_0000, "[0xffffffff81100000]"),
    ];
    for (addr, want) in cases {
        assert_eq!(named(&symbols, addr), want, "{addr:#x}");
    }
}

/// As a profile names it.
fn named(symbols: &Symbols, addr: u64) -> String {
    symbols.name(symbols.function(addr).unwrap_or_else(|| Place::page_of(addr)))
}

#[test]
fn a_program_is_known_where_it_is_linked_and_where_it_is_loaded() {
    let code = Part { vaddr: 0xffff_ffff_8000_0000, ..Part::code(0x8020_0000, &[0x13; 16]) };
    let names = [("first", 0xffff_ffff_8000_0000), ("second", 0xffff_ffff_8000_0010), ("elsewhere", 0x1000)];
    let mut symbols = Symbols::default();
    symbols.add("it", &program(0, &[code], &names), &[]).expect("a program");
    let symbols = symbols.sorted();
    for base in [0xffff_ffff_8000_0000, 0x8020_0000] {
        assert_eq!(named(&symbols, base + 0xf), "first");
        assert_eq!(named(&symbols, base + 0x3f), "second");
        assert_eq!(symbols.function(base + 0x40), None, "behind the end");
    }
    assert_eq!(symbols.function(0x1000), None);
}

#[test]
fn a_program_is_known_where_flat_bytes_of_it_are_loaded() {
    let data = Part::at(0x1000, [7; 8]);
    let code = Part::code(0x1100, &[0x13, 0x93, 0x13]);
    let elf = program(0, &[data, code], &[("first", 0x1100), ("second", 0x1108)]);
    let mut flat = vec![0; 0x10c];
    flat[..8].fill(7);
    for (at, word) in [(0x100, 0x13), (0x104, 0x93), (0x108, 0x13)] {
        flat[at] = word;
    }
    let add = |bytes: Vec<u8>| {
        let loaded = [
            Segment { addr: 0x9000_0000, bytes: vec![1; 8], zeroes: 0 },
            Segment { addr: 0x8000_0000, bytes, zeroes: 0 },
        ];
        let mut symbols = Symbols::default();
        symbols.add("it", &elf, &loaded.each_ref()).expect("a program");
        symbols.sorted()
    };
    let symbols = add(flat.clone());
    assert_eq!(named(&symbols, 0x8000_0107), "first");
    assert_eq!(named(&symbols, 0x8000_0108), "second");
    assert_eq!(symbols.function(0x1100), None, "nothing runs where it was linked");
    flat[0x108] = 0;
    assert_eq!(named(&add(flat), 0x1108), "second", "other bytes are not of it");
}

#[test]
fn what_is_no_list_of_symbols_is_said_with_its_line() {
    let cases = [
        ("ffffffff80000000 T _start\nnonsense\n", "map:2: not a line of a System.map"),
        ("ffffffff80000000 TT _start\n", "map:1: not a line of a System.map"),
        ("ffffffff80000000 T\n", "map:1: not a line"),
        ("", "map: names no function"),
        ("0000000000000000 T hidden\n", "map: names no function"),
        ("80000000 D data\n", "map: names no function"),
        ("\u{7f}ELF", "map: truncated or damaged ELF file"),
    ];
    for (text, want) in cases {
        let error = list(text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with(want), "{text:?}: {error}");
    }
    let mut symbols = Symbols::default();
    let stripped = program(0, &[Part::code(0x8000_0000, &[0x13])], &[]);
    assert!(symbols.add_program("it", &stripped, &[]).is_ok());
    let error = symbols.add("it", &stripped, &[]).map_err(|error| error.to_string());
    assert_eq!(
        error,
        Err("it: names no function at any address (/proc/kallsyms hides them from all but root)".to_owned())
    );
    let binary = symbols.add("it", &[0xff, 0xfe, 0], &[]).map_err(|error| error.to_string());
    assert!(binary.is_err_and(|error| error.starts_with("it:1: not a line")));
}
