use super::*;
use crate::load::elf_file::{Part, program};

fn list(text: &str) -> Result<Symbols, ProfileError> {
    let mut symbols = Symbols::default();
    symbols.add("map", text.as_bytes()).map(|()| symbols.sorted())
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
        (u64::MAX, "late_[mod]"),
    ];
    for (addr, want) in cases {
        assert_eq!(named(&symbols, addr), want, "{addr:#x}");
    }
}

/// As a profile names it: a page keeps its number.
fn named(symbols: &Symbols, addr: u64) -> String {
    match symbols.function(addr) {
        Some(start) => symbols.name(start),
        None => format!("[{:#x}]", symbols.place(addr)),
    }
}

#[test]
fn a_program_is_known_where_it_is_linked_and_where_it_is_loaded() {
    let code = Part { vaddr: 0xffff_ffff_8000_0000, ..Part::code(0x8020_0000, &[0x13; 16]) };
    let names = [("first", 0xffff_ffff_8000_0000), ("second", 0xffff_ffff_8000_0010), ("elsewhere", 0x1000)];
    let mut symbols = Symbols::default();
    symbols.add("it", &program(0, &[code], &names)).expect("a program");
    let symbols = symbols.sorted();
    for base in [0xffff_ffff_8000_0000, 0x8020_0000] {
        assert_eq!(named(&symbols, base + 0xf), "first");
        assert_eq!(named(&symbols, base + 0x3f), "second");
        assert_eq!(symbols.function(base + 0x40), None, "behind the end");
    }
    assert_eq!(symbols.function(0x1000), None);
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
    assert!(symbols.add_program("it", &stripped).is_ok());
    let error = symbols.add("it", &stripped).map_err(|error| error.to_string());
    assert_eq!(error, Err("it: names no function at any address".to_owned()));
    let binary = symbols.add("it", &[0xff, 0xfe, 0]).map_err(|error| error.to_string());
    assert!(binary.is_err_and(|error| error.starts_with("it:1: not a line")));
}
