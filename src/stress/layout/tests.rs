use super::*;

fn equ(name: &str) -> u64 {
    let sources = [include_str!("../../../guest/common.inc"), include_str!("../../../guest/stress/layout.inc")];
    crate::guest::equ(&sources.concat(), name)
}

#[test]
fn the_layout_is_the_assemblys() {
    let numbers = [
        ("PARAMS", PARAMETERS),
        ("P_MOVERS", MOVERS),
        ("P_OWN_WORDS", OWN_WORDS),
        ("STATS", STATISTICS),
        ("STATS_SHIFT", STATISTICS_SHIFT),
        ("LATENCY", LATENCY),
        ("LINEAR", LINEAR as u64),
        ("ACCESSES", ACCESSES),
        ("CONTROL", CONTROL),
        ("RING", RING),
        ("RING_LENGTH", RING_LENGTH),
        ("SCRATCH", SCRATCH),
        ("FAULT", FAULT.into()),
        ("S_SLOT", 8 * (STATISTICS_WORDS as u64 - 1)),
    ];
    for (name, value) in numbers {
        assert_eq!(equ(name), value, "{name}");
    }
    assert_eq!(Gpa(PARAMETERS + equ("P_STOP")), PROGRAM.stop);
    let fields = [
        ("P_HARTS", 4),
        ("P_SLOTS", SLOTS),
        ("P_SLOT_COUNT", 9),
        ("P_OWN", OWN),
        ("P_BANK_CONTROL", BANKS.control),
        ("P_BANK_WINDOW", BANKS.window),
        ("P_BANK_STABLE", BANKS.stable),
        ("P_VISITS", VISITS),
    ];
    for (name, value) in fields {
        assert!(Tables::BARE.parameters(4, 9, 1).contains(&(Gpa(PARAMETERS + equ(name)), value)), "{name}");
    }
}

/// The value of `#define NAME value` or of `NAME = value` in an enumeration.
fn defined(name: &str) -> u64 {
    let source = include_str!("../../../guest/storm/storm.c");
    let words: Vec<&str> =
        source.split(|c: char| c.is_whitespace() || ",;{}()".contains(c)).filter(|w| !w.is_empty()).collect();
    let at = |pattern: &[&str]| {
        words.windows(pattern.len()).position(|window| window == pattern).map(|at| at + pattern.len())
    };
    let mut from = at(&["#define", name]).or_else(|| at(&[name, "="])).unwrap_or_else(|| panic!("no {name}"));
    let number = |word: &str| {
        let digits = word.trim_end_matches("ul");
        digits
            .strip_prefix("0x")
            .map_or_else(|| digits.parse(), |digits| u64::from_str_radix(digits, 16))
            .expect("a number")
    };
    let mut value = 0;
    if words[from] == "TABLES" && words[from + 1] == "+" {
        value = defined("TABLES");
        from += 2;
    }
    value + number(words[from])
}

#[test]
fn the_layout_is_the_workers() {
    let apart = |bare| Tables::APART.at(bare).0;
    let numbers = [
        ("TABLES", Tables::APART.base()),
        ("TABLES_SIZE", Tables::SIZE),
        ("PARAMS", apart(PARAMETERS)),
        ("STATS", apart(STATISTICS)),
        ("STATS_SHIFT", STATISTICS_SHIFT),
        ("LATENCY", apart(LATENCY)),
        ("LATENCY_SHIFT", LATENCY_SHIFT),
        ("LINEAR", LINEAR as u64),
        ("CONTROL", apart(CONTROL)),
        ("RING", apart(RING)),
        ("RING_LENGTH", RING_LENGTH),
        ("ACCESSES", ACCESSES),
        ("SCRATCH", SCRATCH),
        ("MAX_SLOTS", slots(MAX_FUNCTIONS as u32).into()),
    ];
    for (name, value) in numbers {
        assert_eq!(defined(name), value, "{name}");
    }
    // Words of the two blocks have the numbers that the assembly has as offsets.
    let parameters = ["P_HARTS", "P_SLOTS", "P_SLOT_COUNT", "P_STOP", "P_VISITS", "P_SEED"];
    let statistics =
        ["S_ROUNDS", "S_RAM", "S_CHANGED", "S_STILL", "S_UNJUDGED", "S_EPOCHS", "S_ABSENT", "S_WRITES", "S_ERRORS"];
    let first =
        ["S_ERROR_KIND", "S_EXPECTED", "S_GOT", "S_ADDRESS", "S_LOWER", "S_UPPER", "S_FINISHED", "S_WHERE", "S_SLOT"];
    for name in parameters.into_iter().chain(statistics).chain(first).chain(["R_FLAGS", "R_ENDS"]) {
        assert_eq!(defined(name) * 8, equ(name), "{name}");
    }
}

#[test]
fn figures_are_read_by_their_offsets() {
    let mut words = [0; STATISTICS_WORDS];
    let names = [
        ("S_ROUNDS", 1),
        ("S_CHANGED", 2),
        ("S_INTERRUPT", 3),
        ("S_FAULTS", 4),
        ("S_ERRORS", 5),
        ("S_ERROR_KIND", 2),
        ("S_UPPER", 7),
        ("S_WHERE", 3),
        ("S_SLOT", 9),
    ];
    for (name, value) in names {
        words[equ(name) as usize / 8] = value;
    }
    let got = HartFigures::from_words(words);
    assert_eq!((got.rounds, got.changed, got.interrupt, got.faults, got.errors), (1, 2, 3, 4, 5));
    assert_eq!((got.whereabouts, got.slot, got.finished), (3, 9, false));
    assert_eq!(got.first, Some(Mismatch { kind: 2, expected: 0, got: 0, address: 0, epochs: (0, 7) }));
}

#[test]
fn a_page_tells_who_it_is_and_where() {
    let bytes = contents(0x1234_5600);
    assert_eq!(bytes.len() as u64, PAGE);
    let word = |offset: usize| u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"));
    assert_eq!([word(0), word(0x404), word(0xffc)], [0x1234_5600, 0x1234_5601, 0x1234_56ff]);
    assert_eq!(word(SCRATCH as usize), 0);
}
