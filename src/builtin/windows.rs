//! The windows of the built-in guest: everything on its board that the storm moves, and what it moves it by.

use std::sync::Arc;

use manyhart_devices::test_window::{self, Scratch};
use manyhart_runtime::{DeviceHandle, Executive, RamBlock, RegionId, Retired, Topology, TopologyError};

use super::layout::{BANKS, PAIR, SLOT_PAIRS, SLOTS, WINDOW_PAIRS, WORDS};
use crate::guest::bank::PAGE;

/// Two device windows, side by side in one container that is mapped or away.
struct WindowPair {
    container: RegionId,
    devices: [DeviceHandle<Scratch>; 2],
    identity: u64,
    /// Where it is mapped.
    position: Option<u64>,
    /// Completes when nobody can reach it any more after it was taken away; only then may its epochs change.
    retired: Option<Retired>,
}

/// All of them.
pub struct Windows {
    topology: Topology,
    root: RegionId,
    pair: RegionId,
    pages: [RegionId; 2],
    swapped: bool,
    shown: bool,
    window_pairs: Vec<WindowPair>,
    epoch: u64,
}

/// Why the windows could not be made.
#[derive(Debug, thiserror::Error)]
pub enum WindowsError {
    /// The host has no memory.
    #[error("no memory for the windows: {0}")]
    Memory(#[from] std::io::Error),
    /// The map refused them.
    #[error("the map refused the windows: {0}")]
    Topology(#[from] TopologyError),
}

fn filled(name: &str, word: u32) -> std::io::Result<Arc<RamBlock>> {
    let block = RamBlock::anonymous(name, PAGE)?;
    let bytes = word.to_le_bytes().repeat(PAGE as usize / 4);
    if !block.write(0, &bytes) {
        return Err(std::io::Error::other("a page is smaller than itself"));
    }
    Ok(Arc::new(block))
}

impl Windows {
    /// Maps the first arrangement under `root`, for `harts` harts.
    pub fn new(executive: &Executive, root: RegionId, harts: usize) -> Result<Windows, WindowsError> {
        let topology = executive.topology().clone();
        let mut t = topology.transaction();

        let pair = t.container("pair", u128::from(2 * PAGE));
        let pages = [t.ram("page-a", filled("page-a", WORDS[0])?), t.ram("page-b", filled("page-b", WORDS[1])?)];
        t.add_subregion_overlap(pair, 0, pages[0], 0);
        t.add_subregion_overlap(pair, PAGE, pages[1], 0);
        t.add_subregion(root, PAIR, pair);

        BANKS.place(&mut t, executive, root, harts)?;

        let window_pairs = (0..WINDOW_PAIRS)
            .map(|pair| {
                let identity = 2 * pair;
                let container = t.container(&format!("windows-{identity}"), u128::from(2 * PAGE));
                let devices = [identity, identity + 1].map(|identity| {
                    let name = format!("window-{identity}");
                    let device = executive.spawn(name.clone(), Scratch::new(identity));
                    let region = t.mmio(&name, u128::from(test_window::SIZE), device.mmio(0, test_window::SPEC));
                    t.add_subregion(container, (identity & 1) * PAGE, region);
                    device
                });
                WindowPair { container, devices, identity, position: None, retired: None }
            })
            .collect();
        t.commit()?;
        Ok(Windows { topology, root, pair, pages, swapped: false, shown: true, window_pairs, epoch: 0 })
    }

    /// Swaps the contents of the two adjacent pages, in one transaction.
    pub fn swap_pair(&mut self) -> Result<(), TopologyError> {
        self.swapped = !self.swapped;
        let at = |first: bool| if first != self.swapped { 0 } else { PAGE };
        let mut t = self.topology.transaction();
        t.set_address(self.pages[0], at(true));
        t.set_address(self.pages[1], at(false));
        t.commit().map(drop)
    }

    /// Takes both pages away, or shows them again.
    pub fn blink_pair(&mut self) -> Result<(), TopologyError> {
        self.shown = !self.shown;
        let mut t = self.topology.transaction();
        t.set_enabled(self.pair, self.shown);
        t.commit().map(drop)
    }

    /// Puts a pair of windows that nobody can reach, with a new epoch, where `position` is, in place of what is there. Does nothing
    /// (`false`) while all pairs that are away may still be reached.
    pub fn place(&mut self, position: u64) -> Result<bool, TopologyError> {
        let free = self
            .window_pairs
            .iter()
            .position(|pair| pair.position.is_none() && pair.retired.as_ref().is_none_or(Retired::is_complete));
        let Some(free) = free else { return Ok(false) };
        self.epoch += 1;
        let pair = &self.window_pairs[free];
        for (index, device) in pair.devices.iter().enumerate() {
            if !device.post((pair.identity + index as u64) << 48 | self.epoch) {
                return Ok(false);
            }
        }
        let mut t = self.topology.transaction();
        let old = self.at(position);
        if let Some(old) = old {
            t.del_subregion(self.root, self.window_pairs[old].container);
        }
        t.add_subregion(self.root, address(position), self.window_pairs[free].container);
        let committed = t.commit()?;
        self.window_pairs[free].position = Some(position);
        if let Some(old) = old {
            self.away(old, committed.retired);
        }
        Ok(true)
    }

    /// Takes away what is at `position`; `false` where nothing is.
    pub fn remove(&mut self, position: u64) -> Result<bool, TopologyError> {
        let Some(old) = self.at(position) else { return Ok(false) };
        let mut t = self.topology.transaction();
        t.del_subregion(self.root, self.window_pairs[old].container);
        let committed = t.commit()?;
        self.away(old, committed.retired);
        Ok(true)
    }

    /// Moves what is at `from` to `to`, or swaps the two where both are taken; `false` where nothing is at `from`.
    pub fn shift(&mut self, from: u64, to: u64) -> Result<bool, TopologyError> {
        let Some(moved) = self.at(from).filter(|_| from != to) else { return Ok(false) };
        let other = self.at(to);
        let mut t = self.topology.transaction();
        t.set_address(self.window_pairs[moved].container, address(to));
        if let Some(other) = other {
            t.set_address(self.window_pairs[other].container, address(from));
        }
        t.commit()?;
        self.window_pairs[moved].position = Some(to);
        if let Some(other) = other {
            self.window_pairs[other].position = Some(from);
        }
        Ok(true)
    }

    fn at(&self, position: u64) -> Option<usize> {
        self.window_pairs.iter().position(|pair| pair.position == Some(position))
    }

    fn away(&mut self, index: usize, retired: Retired) {
        self.window_pairs[index].position = None;
        self.window_pairs[index].retired = Some(retired);
    }
}

fn address(position: u64) -> u64 {
    debug_assert!(position < SLOT_PAIRS);
    SLOTS + position * 2 * PAGE
}
