//! The numbers that the guest program and the host share: `guest/stress/layout.inc` holds the same.

use manyhart_runtime::Gpa;
use serde::Serialize;

use crate::board::memmap::RAM_BASE;
use crate::guest::bank::Banks;
use crate::guest::{Program, random::Random};

/// RAM of the bare guest's board, in which the tables lie.
const RAM_SIZE: u64 = 16 << 20;
/// The most harts that the guest's tables have room for.
pub const MAX_HARTS: i64 = 64;
/// The most functions: two slots each fill the guest's tables, and with the harts' own they fit on one bus.
pub const MAX_FUNCTIONS: i64 = 160;

/// The page size that everything is made of.
pub const PAGE: u64 = crate::guest::bank::PAGE;
/// Addresses of slots: two pages each.
pub const SLOTS: u64 = 0x5000_0000;
/// Four pages a hart, for the function that it moves itself.
pub const OWN: u64 = 0x4800_0000;
/// How many pages that function may be at.
pub const OWN_PAGES: u64 = 4;
/// The harts' banks, clear of the board and of PCI.
pub const BANKS: Banks = Banks { control: 0x9020_0000, window: 0x9030_0000, stable: 0x9040_0000 };

const PARAMETERS: u64 = 0x8010_0000;
const MOVERS: u64 = 0x100;
const OWN_WORDS: u64 = 0x300;
const STATISTICS: u64 = 0x8011_0000;
const STATISTICS_SHIFT: u64 = 9;
const LATENCY: u64 = 0x8024_0000;
const LATENCY_SHIFT: u64 = 14;
/// Counters of each hart's latencies: by ticks up to [`LINEAR`], by powers of two above.
pub const LATENCY_COUNTERS: usize = 0x400 + 55;
/// Ticks that have a counter each.
pub const LINEAR: usize = 0x400;
/// Accesses of one visit, which one latency is of.
pub const ACCESSES: u64 = 32;
/// What is known of a slot's epochs, + slot << 6.
pub const CONTROL: u64 = 0x8040_0000;
/// How often each function has failed or gone, + function << 3.
pub const ENDS: u64 = 0x8041_0000;
/// What was there, + slot << 13.
pub const RING: u64 = 0x8080_0000;
/// So many epochs of each slot are kept.
pub const RING_LENGTH: u64 = 0x80;
/// Reads of a page that is not there, and of one that faults, as 32-bit words.
pub const ABSENT: u32 = u32::MAX;
/// What the guest takes a faulting access for.
pub const FAULT: u32 = 0xfeff_ffff;
/// In each page, 8 bytes for each hart to write; identities stand before and after.
pub const SCRATCH: u64 = 0xc00;
/// The bytes that they take.
pub const SCRATCH_SIZE: u64 = 8 * MAX_HARTS as u64;

/// The guest program, assembled by `guest/build.sh`.
pub const PROGRAM: Program = Program {
    name: "the stress guest",
    image: include_bytes!("../../guest/stress/stress.bin"),
    memory: RAM_SIZE,
    stop: Gpa(PARAMETERS + 0x38),
};

/// Where the tables lie: the addresses of this file are those of the bare guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tables(u64);

impl Tables {
    /// In the bare guest's RAM.
    pub const BARE: Tables = Tables(0);
    /// In memory of their own, of which Debian's kernel knows nothing.
    pub const APART: Tables = Tables(0x2000_0000);
    /// The bytes that they lie in.
    pub const SIZE: u64 = RAM_SIZE;

    /// Where that memory begins.
    pub fn base(self) -> u64 {
        RAM_BASE + self.0
    }

    /// Where something is that the bare guest has there.
    pub fn at(self, bare: u64) -> Gpa {
        Gpa(bare + self.0)
    }

    /// The word that makes the guest finish when it is not zero.
    pub fn stop(self) -> Gpa {
        self.at(PROGRAM.stop.0)
    }

    /// Where hart `hart` keeps its statistics.
    pub fn statistics(self, hart: u32) -> Gpa {
        self.at(STATISTICS + (u64::from(hart) << STATISTICS_SHIFT))
    }

    /// Where hart `hart` counts its latencies.
    pub fn latency(self, hart: u32) -> Gpa {
        self.at(LATENCY + (u64::from(hart) << LATENCY_SHIFT))
    }

    /// The parameter block: address and value of each 8-byte word.
    pub fn parameters(self, harts: u32, slots: u16, seed: u64) -> Vec<(Gpa, u64)> {
        let words = [
            (0x00, u64::from(harts)),
            (0x08, SLOTS),
            (0x10, u64::from(slots)),
            (0x18, OWN),
            (0x20, BANKS.control),
            (0x28, BANKS.window),
            (0x30, BANKS.stable),
            (0x50, VISITS),
            (0x58, Random::new(seed).any()),
        ];
        words.map(|(offset, word)| (self.at(PARAMETERS + offset), word)).to_vec()
    }
}

/// How many slots there are for so many functions.
pub fn slots(functions: u32) -> u16 {
    (2 * functions) as u16
}

/// Visits of slots in a round, between two moves of a hart's own.
const VISITS: u64 = 16;

/// What a hart must know of its own function: where the register is that moves it, and what its words are.
pub fn own_parameters(hart: u32, mover: u64, identity: u32) -> [(Gpa, u64); 2] {
    let at = |table| Gpa(PARAMETERS + table + 8 * u64::from(hart));
    [(at(MOVERS), mover), (at(OWN_WORDS), twice(identity))]
}

/// A 32-bit word in both halves.
pub fn twice(word: u32) -> u64 {
    u64::from(word) << 32 | u64::from(word)
}

/// What a page with this identity holds: each word tells its place, and [`SCRATCH`] is empty.
pub fn contents(identity: u32) -> Vec<u8> {
    let words = (0..PAGE / 4).map(|word| match word * 4 {
        offset if (SCRATCH..SCRATCH + SCRATCH_SIZE).contains(&offset) => 0,
        _ => word_at(identity, word * 4),
    });
    words.flat_map(u32::to_le_bytes).collect()
}

/// The word at an offset of a page with this identity.
pub fn word_at(identity: u32, offset: u64) -> u32 {
    identity | ((offset as u32 / 4) & 0xff)
}

/// The words of one hart's statistics.
const STATISTICS_WORDS: usize = 24;

/// What one hart counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct HartFigures {
    /// Rounds of all checks.
    pub rounds: u64,
    /// RAM patterns verified.
    pub ram: u64,
    /// Accesses judged, of slots that had changed since this hart's last visit.
    pub changed: u64,
    /// Accesses judged, of others.
    pub still: u64,
    /// Accesses that took so long that what was there meanwhile is not known any more.
    pub unjudged: u64,
    /// Visits that met a new epoch of a slot.
    pub epochs: u64,
    /// Accesses judged that met nothing.
    pub absent: u64,
    /// Accesses judged that lie in two pages.
    pub straddles: u64,
    /// Writes read back in a slot that stood still.
    pub writes: u64,
    /// Moves of its own function, seen at once.
    pub own: u64,
    /// Bank switches, seen at once.
    pub bank: u64,
    /// What another hart announced by a flag and a fence was there.
    pub flag: u64,
    /// What another hart announced by an interrupt was there.
    pub interrupt: u64,
    /// Accesses that faulted.
    pub faults: u64,
    /// Wrong values, of any kind.
    pub errors: u64,
    /// The first of them.
    pub first: Option<Mismatch>,
    /// Whether the hart has finished.
    pub finished: bool,
    /// What it was doing when it was last looked at.
    pub whereabouts: u64,
    /// The slot it last visited.
    pub slot: u64,
}

/// A wrong value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The number of the check (see [`Mismatch::check`]).
    pub kind: u64,
    /// What the guest knew must be there (for a slot: in the last epoch it could be of).
    pub expected: u64,
    /// What it read.
    pub got: u64,
    /// Where.
    pub address: u64,
    /// The epochs that it could be of, for a slot.
    pub epochs: (u64, u64),
}

impl Mismatch {
    /// What was being checked, in words.
    pub fn check(&self) -> &'static str {
        match self.kind {
            1 => "RAM kept its pattern",
            2 => "a value is of an epoch between the bounds of its access",
            3 => "one load over two pages sees one generation",
            4 => "a store is read back where nothing has changed",
            5 => "a hart that moves its function finds it there at once",
            6 => "additions by all harts add up",
            8 => "a store after the hart's own bank switch lands in that bank",
            9 => "what another hart announced by a flag is so",
            10 => "what another hart announced by an interrupt is so",
            _ => "no unexpected trap",
        }
    }

    /// The slot it is in.
    pub fn slot(&self) -> Option<u16> {
        let slot = self.address.checked_sub(SLOTS)? / (2 * PAGE);
        u16::try_from(slot).ok().filter(|_| matches!(self.kind, 2..=4))
    }
}

impl HartFigures {
    /// From the words that the guest wrote.
    pub fn from_words(words: [u64; STATISTICS_WORDS]) -> HartFigures {
        let [rounds, ram, changed, still, unjudged, epochs, absent, straddles, writes, own, bank, flag, interrupt, ..] =
            words;
        let [.., faults, errors, kind, expected, got, address, lower, upper, finished, whereabouts, slot] = words;
        let first = (kind != 0).then_some(Mismatch { kind, expected, got, address, epochs: (lower, upper) });
        HartFigures {
            rounds,
            ram,
            changed,
            still,
            unjudged,
            epochs,
            absent,
            straddles,
            writes,
            own,
            bank,
            flag,
            interrupt,
            faults,
            errors,
            first,
            finished: finished != 0,
            whereabouts,
            slot,
        }
    }

    /// What the hart was doing.
    pub fn doing(&self) -> String {
        match self.whereabouts {
            1 => "checking RAM".to_owned(),
            2 => format!("visiting slot {}", self.slot),
            3 => "moving its own function".to_owned(),
            4 => "switching its bank".to_owned(),
            5 => "listening to the hart before it".to_owned(),
            _ => "starting".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
