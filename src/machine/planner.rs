//! The board as the loader sees it: where RAM is, and the device tree that a guest would get.

use std::ops::Range;

use manyhart_runtime::{AddrRange, Gpa};

use super::BoardSpec;
use crate::board::memmap::RAM_BASE;
use crate::board::{device_tree_place, fdt};
use crate::load::{self, Chosen, LoadError};

/// A board that is only planned.
pub struct PlannedBoard {
    spec: BoardSpec,
    /// The same for the whole plan, so that its tree has one form.
    rng_seed: Option<[u8; 32]>,
}

impl PlannedBoard {
    /// Takes fresh entropy from the host; where it gives none, the guest goes without.
    pub fn new(spec: BoardSpec) -> PlannedBoard {
        PlannedBoard { spec, rng_seed: host_entropy() }
    }
}

fn host_entropy() -> Option<[u8; 32]> {
    use std::io::Read;
    let mut seed = [0; 32];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut seed));
    read.is_ok().then_some(seed)
}

impl load::Board for PlannedBoard {
    fn ram(&self) -> AddrRange {
        AddrRange::with_size(Gpa(RAM_BASE), self.spec.memory.max(1).into()).unwrap_or(AddrRange::ALL)
    }

    fn harts(&self) -> u32 {
        self.spec.harts
    }

    fn device_tree(&self, chosen: &Chosen) -> Result<Vec<u8>, LoadError> {
        let bounds = |range: AddrRange| Range { start: range.start().0, end: range.last().0 + 1 };
        fdt::build(&fdt::Description {
            harts: self.spec.harts,
            ram_size: self.spec.memory,
            aia: self.spec.aia,
            bootargs: chosen.command_line.clone(),
            initrd: chosen.initrd.map(bounds),
            rng_seed: self.rng_seed,
        })
        .map_err(LoadError::Board)
    }

    fn device_tree_place(&self, size: usize) -> Option<u64> {
        device_tree_place(self.spec.memory, size)
    }
}
