//! The storm: a seeded sequence of changes to the map, made from the host while the harts run.

use std::time::Duration;

use manyhart_runtime::TopologyError;

use super::layout::SLOT_PAIRS;
use super::windows::Windows;
use crate::guest::random::Random;

/// How many changes of each kind were made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Swaps of the two adjacent pages.
    pub swaps: u64,
    /// Times the pages were taken away or shown.
    pub blinks: u64,
    /// Device windows put where others were, or where nothing was.
    pub adds: u64,
    /// Device windows taken away.
    pub removes: u64,
    /// Device windows moved.
    pub moves: u64,
}

/// How long the storm rests between two changes, so that the harts of a small host run too.
const REST: Duration = Duration::from_micros(50);

/// The storm. Equal seeds make equal choices; what the harts see in between is up to the host's scheduler.
pub struct Storm {
    random: Random,
    /// What it did.
    pub changes: Changes,
}

impl Storm {
    /// A storm from this seed.
    pub fn new(seed: u64) -> Storm {
        Storm { random: Random::new(seed), changes: Changes::default() }
    }

    /// One change, and a short rest.
    pub fn step(&mut self, windows: &mut Windows) -> Result<(), TopologyError> {
        match self.random.below(16) {
            0..6 => {
                windows.swap_pair()?;
                self.changes.swaps += 1;
            }
            6 => {
                windows.blink_pair()?;
                self.changes.blinks += 1;
            }
            7..12 => {
                let position = self.random.below(SLOT_PAIRS);
                self.changes.adds += u64::from(windows.place(position)?);
            }
            12 => {
                let position = self.random.below(SLOT_PAIRS);
                self.changes.removes += u64::from(windows.remove(position)?);
            }
            _ => {
                let (from, to) = (self.random.below(SLOT_PAIRS), self.random.below(SLOT_PAIRS));
                self.changes.moves += u64::from(windows.shift(from, to)?);
            }
        }
        std::thread::sleep(REST);
        Ok(())
    }
}
