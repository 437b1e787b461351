//! The numbers that the guest program and the host share: `guest/hammer/hammer.S` holds the same.

use manyhart_runtime::Gpa;

use crate::guest::bank::Banks;

/// The guest program, assembled by `guest/build.sh`.
pub const PROGRAM: &[u8] = include_bytes!("../../guest/hammer/hammer.bin");
/// RAM of the built-in board.
pub const RAM_SIZE: u64 = 16 << 20;
/// The most harts that the guest's tables have room for.
pub const MAX_HARTS: i64 = 64;

/// Two adjacent pages whose contents swap places in one transaction.
pub const PAIR: u64 = 0x9000_0000;
/// Positions of pairs of device windows, two pages each.
pub const SLOTS: u64 = 0x9010_0000;
/// How many positions.
pub const SLOT_PAIRS: u64 = 8;
/// The harts' banks.
pub const BANKS: Banks = Banks { control: 0x9020_0000, window: 0x9030_0000, stable: 0x9040_0000 };
/// The word that fills one page of the pair, and the one that fills the other.
pub const WORDS: [u32; 2] = [0x0a0a_5e1f, 0x1b0b_7e57];
/// How many pairs of windows exist: more than there are positions, so that some are always away. Two identities each; the guest has
/// room for 64.
pub const WINDOW_PAIRS: u64 = 12;

const PARAMETERS: u64 = 0x8010_0000;
const STATISTICS: u64 = 0x8011_0000;
/// What makes the harts finish, when it is not zero.
pub const STOP: Gpa = Gpa(PARAMETERS + 0x38);

/// The parameter block for `harts` harts: address and value of each 8-byte word.
pub fn parameters(harts: usize) -> [(Gpa, u64); 9] {
    let at = |offset| Gpa(PARAMETERS + offset);
    [
        (at(0x00), harts as u64),
        (at(0x08), PAIR),
        (at(0x10), SLOTS),
        (at(0x18), SLOT_PAIRS),
        (at(0x20), BANKS.control),
        (at(0x28), BANKS.window),
        (at(0x30), BANKS.stable),
        (at(0x50), u64::from(WORDS[0])),
        (at(0x58), u64::from(WORDS[1])),
    ]
}

/// The words of one hart's statistics.
const STATISTICS_WORDS: usize = 13;

/// Where hart `hart` keeps its statistics.
pub fn statistics_at(hart: usize) -> Gpa {
    Gpa(STATISTICS + ((hart as u64) << 8))
}

/// What one hart counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HartStatistics {
    /// Rounds of all checks.
    pub rounds: u64,
    /// RAM patterns verified.
    pub ram: u64,
    /// Loads across the border of the swapping pair that saw one whole generation.
    pub tear: u64,
    /// Reads of two windows that saw epochs in order.
    pub epoch: u64,
    /// Stores that landed in the bank this hart had just selected.
    pub bank: u64,
    /// Stores of the previous hart found where its message said.
    pub cross: u64,
    /// Accesses to a window that was away.
    pub faults: u64,
    /// Wrong values, of any kind.
    pub errors: u64,
    /// The first of them.
    pub first: Option<Mismatch>,
    /// Whether the hart has finished.
    pub finished: bool,
}

/// A wrong value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch {
    /// The number of the check (see [`Mismatch::check`]).
    pub kind: u64,
    /// What the guest knew must be there (for a tear: one of the two orders).
    pub expected: u64,
    /// What it read.
    pub got: u64,
    /// Where.
    pub address: u64,
}

impl Mismatch {
    /// What was being checked, in words.
    pub fn check(&self) -> &'static str {
        match self.kind {
            1 => "RAM kept its pattern",
            2 => "one load sees one generation",
            3 => "epochs never go back",
            4 => "a store after the hart's own bank switch lands in that bank",
            5 => "what another hart announced is there",
            6 => "additions by all harts add up",
            _ => "no unexpected trap",
        }
    }
}

impl HartStatistics {
    /// From the words that the guest wrote.
    pub fn from_words(words: [u64; STATISTICS_WORDS]) -> HartStatistics {
        let [rounds, ram, tear, epoch, bank, cross, faults, errors, kind, expected, got, address, finished] = words;
        let first = (kind != 0).then_some(Mismatch { kind, expected, got, address });
        HartStatistics { rounds, ram, tear, epoch, bank, cross, faults, errors, first, finished: finished != 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equ(name: &str) -> u64 {
        let sources = [include_str!("../../guest/common.inc"), include_str!("../../guest/hammer/hammer.S")];
        crate::guest::equ(&sources.concat(), name)
    }

    #[test]
    fn the_layout_is_the_assemblys() {
        assert_eq!(equ("PARAMS"), PARAMETERS);
        assert_eq!(equ("STATS"), STATISTICS);
        assert_eq!(PARAMETERS + equ("P_STOP"), STOP.0);
        let fields = [
            ("P_HARTS", 4),
            ("P_PAIR", PAIR),
            ("P_SLOTS", SLOTS),
            ("P_SLOT_PAIRS", SLOT_PAIRS),
            ("P_BANK_CONTROL", BANKS.control),
            ("P_BANK_WINDOW", BANKS.window),
            ("P_BANK_STABLE", BANKS.stable),
            ("P_WORD_A", u64::from(WORDS[0])),
            ("P_WORD_B", u64::from(WORDS[1])),
        ];
        for (name, value) in fields {
            assert!(parameters(4).contains(&(Gpa(PARAMETERS + equ(name)), value)), "{name}");
        }
        assert_eq!(equ("S_FINISHED") as usize + 8, 8 * STATISTICS_WORDS);
        assert_eq!(equ("STATS_SHIFT"), 8);
    }

    #[test]
    fn statistics_are_read_by_their_offsets() {
        let mut words = [0; STATISTICS_WORDS];
        let mut put = |name, value: u64| words[equ(name) as usize / 8] = value;
        put("S_ROUNDS", 1);
        put("S_BANK", 2);
        put("S_ERRORS", 3);
        put("S_ERROR_KIND", 4);
        put("S_ADDRESS", 5);
        put("S_FINISHED", 1);
        let got = HartStatistics::from_words(words);
        assert_eq!((got.rounds, got.bank, got.errors, got.finished), (1, 2, 3, true));
        assert_eq!(got.first, Some(Mismatch { kind: 4, expected: 0, got: 0, address: 5 }));
    }
}
