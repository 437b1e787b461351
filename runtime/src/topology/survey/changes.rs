//! The difference between two generations: what was done to the tree, and what came of it in each space.

use std::collections::BTreeMap;
use std::fmt;

use super::text::coalesced_part;
use super::{RangeInfo, RegionInfo, RegionKind, Survey};
use crate::topology::diff::{Update, difference};
use crate::topology::view::FlatView;
use crate::topology::{AddressSpaceId, Generation, RomDeviceMode};

/// What differs between two generations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// From the end of this one.
    pub older: Generation,
    /// To the end of this one.
    pub newer: Generation,
    /// What became of regions, in the order in which they were made.
    pub regions: Vec<RegionChange>,
    /// What became of each space's flat view: the space's name, and at least one change.
    pub spaces: Vec<(String, Vec<RangeChange>)>,
}

/// What became of one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionChange {
    /// It was made.
    Made(RegionInfo),
    /// It was destroyed.
    Destroyed(RegionInfo),
    /// Something about it is different: anything but its children, whose places say the same.
    Changed {
        /// As it was.
        before: Box<RegionInfo>,
        /// As it is.
        after: Box<RegionInfo>,
    },
}

/// What became of one flat range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeChange {
    /// It is not there any more.
    Gone(RangeInfo),
    /// It is new.
    Came(RangeInfo),
    /// It stays; who logs it or how writes to it arrive is different.
    Changed {
        /// As it was.
        before: RangeInfo,
        /// As it is.
        after: RangeInfo,
    },
}

impl Difference {
    pub(super) fn between(older: &Survey, newer: &Survey) -> Difference {
        let mut spaces = Vec::new();
        let either: BTreeMap<_, _> = older.spaces.iter().chain(&newer.spaces).collect();
        for (&id, space) in either {
            let changes = range_changes(older, newer, id);
            if !changes.is_empty() {
                spaces.push((space.name.to_string(), changes));
            }
        }
        let regions = region_changes(older, newer);
        Difference { older: older.generation, newer: newer.generation, regions, spaces }
    }
}

fn region_changes(older: &Survey, newer: &Survey) -> Vec<RegionChange> {
    let mut ids = older.tree.ids();
    ids.extend(newer.tree.ids());
    ids.sort_unstable();
    ids.dedup();
    let changes = ids.into_iter().filter_map(|id| match (older.region(id), newer.region(id)) {
        (None, Some(after)) => Some(RegionChange::Made(after)),
        (Some(before), None) => Some(RegionChange::Destroyed(before)),
        (Some(before), Some(after)) => {
            let children = after.children.clone();
            let same = RegionInfo { children, ..before.clone() } == after;
            (!same).then(|| RegionChange::Changed { before: Box::new(before), after: Box::new(after) })
        }
        (None, None) => None,
    });
    changes.collect()
}

fn range_changes(older: &Survey, newer: &Survey, space: AddressSpaceId) -> Vec<RangeChange> {
    let view = |survey: &Survey| FlatView::new(survey.generation, survey.ranges(space).unwrap_or_default());
    let updates = difference(&view(older), &view(newer)).into_iter();
    let changes = updates.flat_map(|update| match update {
        Update::Delete(range) => vec![RangeChange::Gone(older.range_info(&range))],
        Update::Add(range) => vec![RangeChange::Came(newer.range_info(&range))],
        Update::Keep { range, old } => kept(older.range_info(&old), newer.range_info(&range)),
    });
    changes.collect()
}

/// A ROM device in its other mode is another range.
fn kept(before: RangeInfo, after: RangeInfo) -> Vec<RangeChange> {
    if before.kind != after.kind {
        vec![RangeChange::Gone(before), RangeChange::Came(after)]
    } else if after != before {
        vec![RangeChange::Changed { before, after }]
    } else {
        Vec::new()
    }
}

impl RegionChange {
    /// The region as it is, or, where it was destroyed, as it was.
    pub fn region(&self) -> &RegionInfo {
        match self {
            RegionChange::Made(region) | RegionChange::Destroyed(region) => region,
            RegionChange::Changed { after, .. } => after,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "generation {} to {}", self.older, self.newer)?;
        self.regions.iter().try_for_each(|change| writeln!(f, "  {change}"))?;
        for (space, changes) in &self.spaces {
            writeln!(f, "  in {space}")?;
            changes.iter().try_for_each(|change| writeln!(f, "    {change}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for RangeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RangeChange::Gone(range) => write!(f, "- {range}"),
            RangeChange::Came(range) => write!(f, "+ {range}"),
            RangeChange::Changed { before, after } => match before.attributes() {
                nothing if nothing.is_empty() => write!(f, "= {after}"),
                attributes => write!(f, "= {after} (was{attributes})"),
            },
        }
    }
}

impl fmt::Display for RegionChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegionChange::Made(region) => write!(f, "{} made{}", region.name, place(region)),
            RegionChange::Destroyed(region) => write!(f, "{} destroyed", region.name),
            RegionChange::Changed { before, after } => {
                write!(f, "{} {}", after.name, what_changed(before, after).join(", "))
            }
        }
    }
}

fn place(region: &RegionInfo) -> String {
    region.placed.as_ref().map_or(String::new(), |p| format!(" at {:#x} in {}", p.offset, p.parent_name))
}

/// Every attribute that differs, in words.
fn what_changed(before: &RegionInfo, after: &RegionInfo) -> Vec<String> {
    let mut said = Vec::new();
    match (&before.placed, &after.placed) {
        (None, Some(_)) => said.push(format!("placed{}", place(after))),
        (Some(was), None) => said.push(format!("taken out of {}", was.parent_name)),
        (Some(was), Some(now)) if was.parent != now.parent => {
            said.push(format!("taken out of {} and placed{}", was.parent_name, place(after)));
        }
        (Some(was), Some(now)) if was.offset != now.offset => {
            said.push(format!("moved from {:#x} to {:#x} in {}", was.offset, now.offset, now.parent_name));
        }
        (Some(was), Some(now)) if was != now => said.push(format!("restacked at priority {}", now.priority)),
        _ => {}
    }
    if before.enabled != after.enabled {
        said.push(if after.enabled { "enabled" } else { "disabled" }.to_owned());
    }
    if before.size != after.size {
        said.push(format!("resized from {:#x} to {:#x}", before.size, after.size));
    }
    if let (Some(was), Some(now)) = (&before.window, &after.window)
        && was.offset != now.offset
    {
        said.push(format!("shows {} from {:#x}, was {:#x}", now.target_name, now.offset, was.offset));
    }
    if let RegionKind::RomDevice(mode) = after.kind
        && before.kind != after.kind
    {
        said.push(match mode {
            RomDeviceMode::Rom => "reads hit its memory".to_owned(),
            RomDeviceMode::Mmio => "reads hit its device".to_owned(),
        });
    }
    if before.read_only != after.read_only {
        said.push(if after.read_only { "made read-only" } else { "made writable" }.to_owned());
    }
    if before.log != after.log {
        said.push(format!("logged by {:#x}, was {:#x}", after.log, before.log));
    }
    if before.coalesced != after.coalesced {
        let parts: Vec<String> = after.coalesced.iter().map(|&(at, size)| coalesced_part(at, size)).collect();
        said.push(match parts.is_empty() {
            true => "coalesces no writes".to_owned(),
            false => format!("coalesces writes to {}", parts.join(", ")),
        });
    }
    if before.flush_coalesced != after.flush_coalesced {
        said.push(if after.flush_coalesced { "flushes" } else { "flushes no more" }.to_owned());
    }
    if before.forgiving != after.forgiving {
        said.push(if after.forgiving { "forgives" } else { "forgives no more" }.to_owned());
    }
    said
}
