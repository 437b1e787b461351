//! The numbers that the guest program and the host share: `guest/litmus/litmus.S` holds the same. The table of shapes is read from its image.

use manyhart_runtime::Gpa;

use crate::guest::Program;

const RAM_SIZE: u64 = 32 << 20;
/// The most harts that the guest's tables have room for.
pub const MAX_HARTS: i64 = 64;
/// The bits of a job's word that say how many harts take part.
const ACTIVE: u64 = 0xff;
const _: () = assert!(MAX_HARTS as u64 <= ACTIVE);
/// Iterations between two counts.
pub const BATCH: u64 = 0x40;

/// How long a hart waits at a barrier before it lets others of the host run, in looks: harts that run side by side should stay together, and
/// those that cannot must take turns.
const LONG: u64 = 0x4000;
const SHORT: u64 = 0x400;

const PARAMETERS: u64 = 0x8010_0000;
const GROUPS: u64 = 0x8011_0000;
const HISTOGRAMS: u64 = 0x8012_0000;
const OUTCOMES: usize = 0x80;
const ROOT_TABLE: u64 = 0x8020_0000;
/// Page tables below the root, pages between which entries go, and code: the host alone decides where.
const TABLES: [u64; 2] = [ROOT_TABLE + 0x1000, ROOT_TABLE + 0x2000];
const PAGES: u64 = 0x8030_0000;
const CODE: u64 = 0x8040_0000;
/// What the entries translate, a page a group; from this page of its 2 MiB on.
const TRANSLATED: u64 = 0x4_0000_0000 + (FIRST_ENTRY << 12);
const FIRST_ENTRY: u64 = 0x70;
/// Valid, readable, writable, executable, user's, accessed, dirty.
const LEAF: u64 = 0xdf;
/// Valid: the next table.
const BRANCH: u64 = 1;
/// `addi a5, zero, 1` and `jr t0`.
const CODE_AT_FIRST: u64 = 0x0002_8067_0010_0793;

/// The guest program, assembled by `guest/build.sh`.
pub const PROGRAM: Program = Program {
    name: "the litmus guest",
    image: include_bytes!("../../guest/litmus/litmus.bin"),
    memory: RAM_SIZE,
    stop: Gpa(PARAMETERS + 0x38),
};

/// How many harts have done the job.
pub const DONE: Gpa = Gpa(PARAMETERS + 0x48);
/// The cause of a trap that should not be, plus one, where, and its value.
pub const TRAP: Gpa = Gpa(PARAMETERS + 0x50);
/// How many outcomes found no room in a histogram.
pub const CROWDED: Gpa = Gpa(PARAMETERS + 0x68);
/// The word of a job that is to be left.
pub const CANCELLED: Gpa = Gpa(PARAMETERS + 0x70);
/// Rises with each job ([`Job::word`]); written last.
pub const JOB: Gpa = Gpa(PARAMETERS + 0x10);

/// The words of a histogram: outcomes, and how often they were seen.
pub const HISTOGRAM_WORDS: usize = 2 * OUTCOMES;

/// Where a group's histogram is.
pub fn histogram_at(group: u32) -> Gpa {
    Gpa(HISTOGRAMS + (u64::from(group) << 12))
}

/// What the harts are to run.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// The shape's number.
    pub shape: usize,
    /// Its threads.
    pub threads: u32,
    /// Groups that run it.
    pub groups: u32,
    /// Batches of each.
    pub batches: u64,
    /// For the harts' random delays.
    pub seed: u64,
    /// Whether the host has a processor for each hart that takes part.
    pub has_processors: bool,
}

impl Job {
    /// What announces it as the job of this number. The harts that take part are said here: those that do not may be anywhere when it is done, and must find
    /// nothing of the next one.
    pub fn word(&self, number: u64) -> u64 {
        number << ACTIVE.count_ones() | u64::from(self.threads * self.groups) & ACTIVE
    }

    /// The words that the harts that take part must find when they see the job's.
    pub fn parameters(&self) -> Vec<(Gpa, u64)> {
        let words = [
            (0x08, self.shape as u64),
            (0x18, self.threads.into()),
            (0x28, self.batches),
            (0x30, self.seed),
            (0x48, 0),
            (0x78, if self.has_processors { LONG } else { SHORT }),
        ];
        let parameters = words.map(|(offset, word)| (Gpa(PARAMETERS + offset), word));
        let arrived = (0..self.groups).map(|group| (Gpa(GROUPS + (u64::from(group) << 8)), 0));
        let counts = (0..self.groups)
            .flat_map(|group| (0..OUTCOMES as u64).map(move |row| (Gpa(histogram_at(group).0 + 16 * row + 8), 0)));
        parameters.into_iter().chain(arrived).chain(counts).collect()
    }
}

/// What the host has put up for a group.
#[derive(Debug, Clone, Copy)]
pub struct GroupParts {
    /// The base address register of its function, in configuration space.
    pub bar: u64,
    /// The first of that BAR's places.
    pub places: u64,
    /// What the words of its memory are.
    pub word: u64,
    /// The register by which RAM comes and goes.
    pub switch: u64,
    /// Where that RAM is.
    pub ram: u64,
    /// What the words of its first page are.
    pub ram_word: u64,
}

/// What all harts must know from the beginning.
pub fn parameters(harts: u32, groups: &[GroupParts]) -> Vec<(Gpa, u64)> {
    let identity = (0..4).map(|giga: u64| (ROOT_TABLE + 8 * giga, giga << 28 | LEAF));
    let branches =
        [(ROOT_TABLE + 8 * (TRANSLATED >> 30), TABLES[0] >> 2 | BRANCH), (TABLES[0], TABLES[1] >> 2 | BRANCH)];
    let of_groups = (0..).zip(groups).flat_map(|(group, parts)| {
        let entry = TABLES[1] + 8 * (FIRST_ENTRY + group);
        let (pages, code) = (PAGES + 0x2000 * group, CODE + 0x1000 * group);
        let at = |offset: u64| GROUPS + (group << 8) + offset;
        [
            (at(0x80), parts.bar),
            (at(0x88), parts.places),
            (at(0x90), parts.word),
            (at(0x98), parts.switch),
            (at(0xa0), parts.ram),
            (at(0xa8), parts.ram_word),
            (at(0xb0), entry),
            (at(0xb8), TRANSLATED + 0x1000 * group),
            (at(0xc0), pages),
            (at(0xc8), code),
            (entry, pages >> 2 | LEAF),
            (pages, 1),
            (pages + 0x1000, 2),
            (code, CODE_AT_FIRST),
        ]
    });
    let harts = [(PARAMETERS, u64::from(harts))];
    harts.into_iter().chain(identity).chain(branches).chain(of_groups).map(|(at, word)| (Gpa(at), word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::litmus::shapes::SHAPES;

    fn equ(name: &str) -> u64 {
        let sources = [include_str!("../../guest/common.inc"), include_str!("../../guest/litmus/litmus.S")];
        crate::guest::equ(&sources.concat(), name)
    }

    #[test]
    fn the_layout_is_the_assemblys() {
        let same = [
            ("PARAMS", PARAMETERS),
            ("GROUPS", GROUPS),
            ("HISTOGRAMS", HISTOGRAMS),
            ("OUTCOMES", OUTCOMES as u64),
            ("ROOT_TABLE", ROOT_TABLE),
            ("BATCH", BATCH),
            ("SHORT", SHORT),
            ("ACTIVE", ACTIVE),
        ];
        for (name, value) in same {
            assert_eq!(equ(name), value, "{name}");
        }
        let at = [
            ("P_STOP", PROGRAM.stop),
            ("P_DONE", DONE),
            ("P_CAUSE", TRAP),
            ("P_CROWDED", CROWDED),
            ("P_CANCELLED", CANCELLED),
            ("P_JOB", JOB),
        ];
        for (name, place) in at {
            assert_eq!(PARAMETERS + equ(name), place.0, "{name}");
        }
        let job = Job { shape: 11, threads: 12, groups: 13, batches: 14, seed: 15, has_processors: true };
        let fields = [("P_SHAPE", 11), ("P_THREADS", 12), ("P_BATCHES", 14), ("P_SEED", 15), ("P_PATIENCE", LONG)];
        assert_eq!(job.word(3), 3 << 8 | 156);
        for (name, value) in fields {
            assert!(job.parameters().contains(&(Gpa(PARAMETERS + equ(name)), value)), "{name}");
        }
        let parts = GroupParts { bar: 1, places: 2, word: 3, switch: 4, ram: 5, ram_word: 6 };
        let fields = [("G_BAR", 1), ("G_PLACES", 2), ("G_WORD", 3), ("G_SWITCH", 4), ("G_RAM", 5), ("G_RAM_WORD", 6)];
        let groups = [
            ("G_PTE", TABLES[1] + 8 * (FIRST_ENTRY + 1)),
            ("G_VA", TRANSLATED + 0x1000),
            ("G_PAGES", PAGES + 0x2000),
            ("G_CODE", CODE + 0x1000),
        ];
        for (name, value) in fields.into_iter().chain(groups) {
            assert!(parameters(4, &[parts; 2]).contains(&(Gpa(GROUPS + 0x100 + equ(name)), value)), "{name}");
        }
    }

    /// The names of the guest's shapes, in the order of their numbers.
    fn names() -> Vec<String> {
        const ENTRY: usize = 0x80;
        const NAME: usize = 0x30;
        const RAM_BASE: u64 = 0x8000_0000;
        let image = PROGRAM.image;
        let word = |at: usize| {
            let bytes = image.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, u64::from_le_bytes)
        };
        let (table, count) = (word(8).saturating_sub(RAM_BASE) as usize, word(16) as usize);
        let entries = image.get(table..table + count * ENTRY).unwrap_or_default().chunks_exact(ENTRY);
        let name = |entry: &[u8]| entry[..NAME].iter().copied().take_while(|byte| *byte != 0).collect();
        entries.map(|entry| String::from_utf8_lossy(&Vec::from_iter::<Vec<u8>>(name(entry))).into_owned()).collect()
    }

    #[test]
    fn the_guest_has_these_shapes_and_no_others() {
        assert_eq!(names(), SHAPES.iter().map(|shape| shape.name).collect::<Vec<_>>());
    }
}
