//! What is lawful and probably not meant.

use std::collections::BTreeSet;
use std::fmt;

use super::RegionId;
use super::dirty::Span;
use super::state::State;
use super::tree::{Region, Tree};

/// One thing to look at, with the names of the regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Two siblings share addresses at one priority: the later wins, which nobody wrote down.
    EqualPriority {
        /// The one below.
        below: String,
        /// The one on top, added later.
        above: String,
    },
    /// No address space leads to it.
    Unreachable(String),
    /// An alias is longer than what it shows; its end is a hole.
    PastTarget {
        /// The alias.
        alias: String,
        /// What it shows.
        target: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::EqualPriority { below, above } => write!(f, "{above} lies over {below} at the same priority"),
            Finding::Unreachable(name) => write!(f, "no address space leads to {name}"),
            Finding::PastTarget { alias, target } => write!(f, "{alias} goes past the end of {target}"),
        }
    }
}

impl State {
    /// Everything there is to say, in the order in which the regions were made. What is disabled, or shown through nothing that is enabled, is
    /// where nobody meets it: a BAR that decodes nothing lies over nobody.
    pub(crate) fn lint(&self) -> Vec<Finding> {
        let tree = self.tree();
        let roots: Vec<RegionId> = self.spaces_with_views().map(|(space, _)| space.root).collect();
        let led_to = reachable(tree, &roots, |_| true);
        let shown = reachable(tree, &roots, |region| region.flags.enabled);
        let mut findings = Vec::new();
        for id in tree.ids() {
            let Some(region) = tree.get(id) else { continue };
            if shown.contains(&id) {
                equal_priority(tree, id, region, &mut findings);
                findings.extend(past_target(tree, region));
            } else if !led_to.contains(&id) {
                findings.push(Finding::Unreachable(region.name.to_string()));
            }
        }
        findings
    }
}

/// What the roots lead to through regions that `leads`, those at both ends included.
fn reachable(tree: &Tree, roots: &[RegionId], leads: impl Fn(&Region) -> bool) -> BTreeSet<RegionId> {
    let mut seen = BTreeSet::new();
    let mut todo = roots.to_vec();
    while let Some(id) = todo.pop() {
        let Some(region) = tree.get(id).filter(|region| leads(region)) else { continue };
        if seen.insert(id) {
            todo.extend(region.children.ascending().chain(region.window().map(|(target, _)| target)));
        }
    }
    seen
}

/// The siblings that were added before `id`, at its priority, where it lies.
fn equal_priority(tree: &Tree, id: RegionId, region: &Region, findings: &mut Vec<Finding>) {
    let Some(placement) = region.placement else { return };
    let Some(parent) = tree.get(placement.parent) else { return };
    let span = Span::of_size(region.size).shifted(i128::from(placement.offset));
    let last = u64::try_from(span.hi).unwrap_or(u64::MAX);
    let mut below = parent.children.near(placement.offset, last);
    below.sort_unstable();
    for sibling in below.into_iter().filter(|&sibling| sibling != id) {
        let Some(other) = tree.get(sibling) else { continue };
        let Some(place) = other.placement else { continue };
        let same = place.stacking.priority() == placement.stacking.priority() && place.added < placement.added;
        if same && other.flags.enabled && Span::of_size(other.size).shifted(i128::from(place.offset)).overlaps(span) {
            findings.push(Finding::EqualPriority { below: other.name.to_string(), above: region.name.to_string() });
        }
    }
}

fn past_target(tree: &Tree, region: &Region) -> Option<Finding> {
    let (target, offset) = region.window()?;
    let target = tree.get(target)?;
    let past = u128::from(offset) + region.size > target.size;
    past.then(|| Finding::PastTarget { alias: region.name.to_string(), target: target.name.to_string() })
}
