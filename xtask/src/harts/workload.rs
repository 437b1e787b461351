//! The workloads, on what they run, and one run of one of them.

use std::cell::OnceCell;
use std::time::Duration;

use crate::Error;
use crate::emulator::Emulator;
use crate::guest::{self, Built};

const LIMIT: Duration = Duration::from_secs(120);
/// The shorter run's share of the longer.
const SHORTER: u32 = 10;

/// A guest of `guest/bench`.
#[derive(Debug)]
pub struct Workload {
    /// What it is called here.
    pub name: &'static str,
    source: &'static str,
    flags: &'static [&'static str],
    /// Repetitions of the longer run: about half a second for whoever is slower.
    repetitions: u32,
    /// [`BARE`] and [`SV39`], or one of them.
    places: &'static [&'static str],
    /// On how many harts it runs.
    harts: &'static [u32],
}

/// Code that changes while it runs.
pub const PATCH: &str = "patch";
/// The same work by code that never changes.
pub const STILL: &str = "patch-still";

const EVERYWHERE: &[&str] = &[BARE, SV39];
const ALONE_AND_TWO: &[u32] = &[1, 2];

/// All of them.
pub const WORKLOADS: [Workload; 10] = [
    Workload {
        name: "alu",
        source: "alu",
        flags: &[],
        repetitions: 1_200_000,
        places: EVERYWHERE,
        harts: ALONE_AND_TWO,
    },
    Workload { name: "mem", source: "mem", flags: &[], repetitions: 8, places: EVERYWHERE, harts: ALONE_AND_TWO },
    Workload { name: "fp", source: "fp", flags: &[], repetitions: 500, places: EVERYWHERE, harts: ALONE_AND_TWO },
    Workload {
        name: "amo",
        source: "amo",
        flags: &[],
        repetitions: 12_000_000,
        places: EVERYWHERE,
        harts: ALONE_AND_TWO,
    },
    Workload {
        name: "amo-shared",
        source: "amo",
        flags: &["-DSHARED"],
        repetitions: 5_000_000,
        places: EVERYWHERE,
        harts: &[2],
    },
    Workload {
        name: "mmio",
        source: "mmio",
        flags: &[],
        repetitions: 4_000_000,
        places: EVERYWHERE,
        harts: ALONE_AND_TWO,
    },
    Workload { name: "tlb", source: "tlb", flags: &[], repetitions: 2_000, places: EVERYWHERE, harts: ALONE_AND_TWO },
    Workload {
        name: "trap",
        source: "trap",
        flags: &[],
        repetitions: 1_500_000,
        places: EVERYWHERE,
        harts: ALONE_AND_TWO,
    },
    Workload { name: PATCH, source: "patch", flags: &[], repetitions: 200, places: &[BARE], harts: ALONE_AND_TWO },
    Workload {
        name: STILL,
        source: "patch",
        flags: &["-DSTILL"],
        repetitions: 200,
        places: &[BARE],
        harts: ALONE_AND_TWO,
    },
];

/// Machine mode; supervisor mode under 4-KiB pages.
pub const BARE: &str = "bare";
/// The other.
pub const SV39: &str = "Sv39";

/// A workload, and what it runs on.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Which.
    pub workload: &'static Workload,
    /// [`BARE`] or [`SV39`].
    pub place: &'static str,
    /// How many do it at once.
    pub harts: u32,
}

/// All of them; those that differ by the number of harts alone stand together.
pub fn groups() -> impl Iterator<Item = Vec<Case>> {
    WORKLOADS.iter().flat_map(|workload| {
        let on = move |&place| workload.harts.iter().map(|&harts| Case { workload, place, harts }).collect();
        workload.places.iter().map(on)
    })
}

impl Case {
    /// How many repetitions the longer run has more than the shorter, on each hart.
    pub fn repetitions(&self) -> u32 {
        self.workload.repetitions - self.shorter()
    }

    fn shorter(&self) -> u32 {
        (self.workload.repetitions / SHORTER).max(1)
    }

    /// The shorter and the longer one, compiled.
    pub fn guests(&self) -> Result<[Guest; 2], Error> {
        Ok([self.guest(self.shorter())?, self.guest(self.workload.repetitions)?])
    }

    fn guest(&self, repetitions: u32) -> Result<Guest, Error> {
        let mut flags: Vec<String> = self.workload.flags.iter().map(|&flag| flag.to_owned()).collect();
        flags.push(format!("-DREPETITIONS={repetitions}"));
        if self.place == SV39 {
            flags.push("-DSV39".to_owned());
        }
        let built = guest::build(self.workload.source, self.harts, &flags)?;
        let options = ["-M", "virt", "-m", "128M", "-bios", "none", "-nographic", "-no-reboot", "-smp"];
        let mut options: Vec<String> = options.map(str::to_owned).into();
        options.extend([self.harts.to_string(), "-kernel".to_owned(), built.path().display().to_string()]);
        Ok(Guest { options, checksum: OnceCell::new(), _file: built })
    }
}

/// What a run took and did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Total {
    /// Seconds of processor time.
    pub cpu: f64,
    /// Seconds on the wall.
    pub wall: f64,
    /// By hart 0, as far as the emulator counts them.
    pub instructions: u64,
}

impl Total {
    /// How much more this is than the other.
    pub fn more(&self, less: &Total) -> Total {
        Total {
            cpu: self.cpu - less.cpu,
            wall: self.wall - less.wall,
            instructions: self.instructions.saturating_sub(less.instructions),
        }
    }
}

/// A workload of one length. Whatever runs it comes to the same sums.
#[derive(Debug)]
pub struct Guest {
    options: Vec<String>,
    checksum: OnceCell<String>,
    _file: Built,
}

impl Guest {
    /// One run.
    pub fn run(&self, emulator: &Emulator) -> Result<Total, Error> {
        let (times, lines) = emulator.to_end(&self.options, LIMIT)?;
        let said = said(&lines).ok_or_else(|| {
            Error::Failed(format!("{}: {:?} printed {lines:?}", emulator.name(), self.options.last()))
        })?;
        let first = self.checksum.get_or_init(|| said.checksum.to_owned());
        match first == said.checksum {
            true => Ok(Total { cpu: times.cpu, wall: times.wall, instructions: said.instructions }),
            false => Err(Error::Failed(format!(
                "{}: {:?} comes to {}, and came to {first} before",
                emulator.name(),
                self.options.last(),
                said.checksum
            ))),
        }
    }
}

#[derive(Debug, PartialEq)]
struct Said<'a> {
    checksum: &'a str,
    instructions: u64,
}

fn said(lines: &[String]) -> Option<Said<'_>> {
    let after = |name| lines.iter().find_map(|line| line.strip_prefix(name));
    lines.iter().any(|line| line == "DONE").then_some(())?;
    Some(Said { checksum: after("checksum ")?, instructions: after("instructions ")?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_says_its_sums_and_that_it_is_done() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let good = lines("checksum 12 34\ninstructions 56\nDONE");
        assert_eq!(said(&good), Some(Said { checksum: "12 34", instructions: 56 }));
        for bad in ["checksum 1\ninstructions 2", "instructions 2\nDONE", "checksum 1\ninstructions x\nDONE", ""] {
            assert_eq!(said(&lines(bad)), None, "{bad:?}");
        }
    }

    #[test]
    fn the_longer_run_is_longer() {
        for case in groups().flatten() {
            assert!(case.shorter() >= 1 && case.repetitions() >= 4 * case.shorter(), "{case:?}");
        }
    }
}
