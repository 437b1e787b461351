//! Everything the topology actor owns: the tree, the address spaces, and the view that each shows now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::apply::{self, Outcome, Space, Spaces};
use super::dirty::Dirty;
use super::op::Op;
use super::render::render;
use super::survey::{Chronicle, HistoryLimits};
use super::tree::{RegionMap, Tree};
use super::view::FlatView;
use super::{AddressSpaceId, Generation, RegionId, Requesters, ShownSpaces, Target};
use crate::ram::{DirtyLogs, RamBlock};
use crate::{AddrRange, TopologyError};

/// The view of each rendered root.
pub(crate) type Views = RegionMap<Arc<FlatView>>;

/// The topology: owned by one writer, changed by [`State::apply`] alone.
pub(crate) struct State {
    tree: Tree,
    spaces: Spaces,
    /// By the root that is rendered, which many spaces may share: see [`rendered_root`].
    views: Views,
    /// Which root each space shows that shows any.
    shown: BTreeMap<AddressSpaceId, RegionId>,
    /// The same, as it is published.
    published: ShownSpaces,
    /// Which space each device sees.
    requesters: Requesters,
    chronicle: Chronicle,
}

/// What a transaction did.
pub(crate) struct Applied {
    /// The views of every address space; what did not change is the same `Arc` as before.
    pub(crate) spaces: ShownSpaces,
    /// Which space each device sees.
    pub(crate) requesters: Requesters,
    /// Whether any reader can see a difference: without one there is nothing to publish.
    pub(crate) changed: bool,
    /// Whether readers are to forget which pages they have marked.
    pub(crate) drop_marks: bool,
    /// Every target that lost an address somewhere: what a grace period waits for, pins included.
    pub(crate) withdrawn: Vec<(RegionId, Target)>,
    /// Regions that the transaction destroyed: to be dropped after the grace period.
    pub(crate) destroyed: Vec<Destroyed>,
}

/// A region whose life has ended.
pub(crate) struct Destroyed {
    /// What answered in it; `None` for a container or an alias.
    pub(crate) target: Option<Target>,
}

impl State {
    /// No regions, no spaces.
    pub(crate) fn new() -> State {
        State {
            tree: Tree::default(),
            spaces: Spaces::default(),
            views: Views::default(),
            shown: BTreeMap::new(),
            published: ShownSpaces::default(),
            requesters: Requesters::default(),
            chronicle: Chronicle::default(),
        }
    }

    /// Carries out all of `ops`, or none of them. Where something visible changes, the new views are of `generation`.
    pub(crate) fn apply(&mut self, ops: Vec<Op>, generation: Generation) -> Result<Applied, TopologyError> {
        let mut dirty = Dirty::new(&self.views);
        let assigned = self.requesters.clone();
        let outcome = apply::apply(&mut self.tree, &mut self.spaces, &mut self.requesters, &mut dirty, ops)?;
        let windows = dirty.into_windows();
        let mut update = Renewal { generation, changed: outcome.drop_marks, withdrawn: RegionMap::default() };
        self.render_windows(windows, &mut update);
        if outcome.roots_may_differ {
            self.choose_roots(&mut update);
        }
        if self.requesters.differ_from(&assigned) {
            self.part_from(&assigned, &mut update);
        }
        Ok(self.publish(update, outcome))
    }

    /// The views of every address space.
    #[cfg(test)]
    pub(crate) fn spaces(&self) -> &ShownSpaces {
        &self.published
    }

    /// The memory of a region that is memory itself.
    pub(crate) fn memory(&self, region: RegionId) -> Result<Arc<RamBlock>, TopologyError> {
        let known = self.tree.get(region).ok_or(TopologyError::UnknownRegion(region))?;
        known.kind.block().cloned().ok_or(TopologyError::WrongKind(region))
    }

    /// The tree, to be looked at.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The address spaces, by id.
    pub(crate) fn spaces_by_id(&self) -> &Spaces {
        &self.spaces
    }

    /// What led here.
    pub(crate) fn chronicle(&self) -> &Chronicle {
        &self.chronicle
    }

    /// Has the history reach back so far from now on.
    pub(crate) fn keep_history(&mut self, limits: HistoryLimits) {
        self.chronicle.limit(limits);
    }

    /// Every address space there is, with its view.
    pub(crate) fn spaces_with_views(&self) -> impl Iterator<Item = (&Space, &Arc<FlatView>)> {
        self.spaces.iter().filter_map(|(id, space)| Some((space, &self.published.get(*id)?.view)))
    }

    fn render_windows(&mut self, windows: Vec<(RegionId, Vec<AddrRange>)>, update: &mut Renewal) {
        for (root, windows) in windows {
            let Some(view) = self.views.get_mut(&root) else { continue };
            let tree = &self.tree;
            if let Some((new, differences)) =
                view.successor(update.generation, &windows, |window| render(tree, root, window))
            {
                for &interval in &differences {
                    update.withdraw(view, interval);
                    count_logged(view, &new, interval);
                }
                *view = Arc::new(new);
                update.changed = true;
            }
        }
    }

    /// Gives each space the root that it shows now, makes views for roots that are new, and forgets those that nobody shows.
    fn choose_roots(&mut self, update: &mut Renewal) {
        self.close_spaces(update);
        let ids: Vec<AddressSpaceId> = self.spaces.keys().copied().collect();
        for id in ids {
            // A space is there for readers from its commit on, even while nothing decodes in it.
            update.changed |= self.published.open(id);
            let root = self.spaces.get(&id).and_then(|space| rendered_root(&self.tree, space.root));
            if root != self.shown.get(&id).copied() {
                self.show(id, root, update);
            }
        }
        let shown: BTreeSet<RegionId> = self.shown.values().copied().collect();
        let nothing = self.published.nothing();
        self.views.retain(|root, view| {
            let kept = shown.contains(root);
            if !kept {
                count_logged(view, nothing, AddrRange::ALL);
            }
            kept
        });
    }

    /// What was closed is published no more, and its readers may find nothing there.
    fn close_spaces(&mut self, update: &mut Renewal) {
        let closed = self.published.iter().map(|(id, _)| id).filter(|id| !self.spaces.contains_key(id));
        for id in closed.collect::<Vec<_>>() {
            self.shown.remove(&id);
            if let Some(showed) = self.published.close(id, update.generation) {
                update.withdraw(&showed.view, AddrRange::ALL);
                update.changed = true;
            }
        }
    }

    fn show(&mut self, id: AddressSpaceId, root: Option<RegionId>, update: &mut Renewal) {
        let (tree, generation) = (&self.tree, update.generation);
        let nothing = self.published.nothing();
        let view = match root {
            None => nothing.clone(),
            Some(root) => self
                .views
                .entry(root)
                .or_insert_with(|| {
                    let view = FlatView::new(generation, render(tree, root, AddrRange::ALL));
                    count_logged(nothing, &view, AddrRange::ALL);
                    Arc::new(view)
                })
                .clone(),
        };
        update.changed = true;
        match root {
            Some(root) => self.shown.insert(id, root),
            None => self.shown.remove(&id),
        };
        if let Some(old) = self.published.show(id, view, generation) {
            update.withdraw(&old, AddrRange::ALL);
        }
    }

    /// Some devices see other spaces than in `before`: they may not find there any more what those had.
    fn part_from(&self, before: &Requesters, update: &mut Renewal) {
        update.changed = true;
        // Of a space that was closed at once all is withdrawn already.
        let left = self.requesters.left_since(before).into_iter();
        for space in left.filter_map(|space| self.published.get(space)) {
            update.withdraw(&space.view, AddrRange::ALL);
        }
    }

    fn publish(&mut self, update: Renewal, outcome: Outcome) -> Applied {
        if update.changed {
            // Many spaces in a row show one root: each device's behind an open gate.
            let mut last = None;
            for (id, published) in self.published.iter_mut() {
                let Some(&root) = self.shown.get(&id) else { continue };
                if last.is_none_or(|(known, _)| known != root) {
                    last = self.views.get(&root).map(|view| (root, view));
                }
                if let Some((_, view)) = last.filter(|(_, view)| !Arc::ptr_eq(view, &published.view)) {
                    published.view = Arc::clone(view);
                }
            }
        }
        let destroyed =
            outcome.destroyed.iter().map(|(_, region)| Destroyed { target: region.whole_target() }).collect();
        self.chronicle.record(update.generation, update.changed, outcome.undo, &outcome.destroyed);
        Applied {
            spaces: self.published.clone(),
            requesters: self.requesters.clone(),
            changed: update.changed,
            drop_marks: outcome.drop_marks,
            withdrawn: update.withdrawn.into_iter().collect(),
            destroyed,
        }
    }
}

/// What becomes of the views in one transaction.
struct Renewal {
    generation: Generation,
    changed: bool,
    withdrawn: RegionMap<Target>,
}

impl Renewal {
    /// Readers of `old` may not find in `interval` what it has there.
    fn withdraw(&mut self, old: &FlatView, interval: AddrRange) {
        for range in old.overlapping(interval) {
            self.withdrawn.entry(range.region).or_insert_with(|| range.target.clone());
        }
    }
}

/// Tells each block of memory how much of it `new` shows as logged in `interval`, and `old` did. The new first: a block that stays logged
/// is so throughout. Called before the new view is published, so that whoever sees that a range is logged finds a log.
fn count_logged(old: &FlatView, new: &FlatView, interval: AddrRange) {
    let logged = |view: &FlatView, count: fn(&DirtyLogs, u8, u128)| {
        for range in view.overlapping(interval).filter(|range| range.dirty_mask != 0) {
            if let (Some(block), Some(both)) = (range.target.memory(), range.range.intersection(interval)) {
                count(block.dirty(), range.dirty_mask, both.size());
            }
        }
    };
    logged(new, DirtyLogs::show);
    logged(old, DirtyLogs::hide);
}

/// The root to be rendered for a space with this root: what an alias shows, when it shows all of it unchanged, so that spaces that
/// differ in nothing share a view. `None` where a disabled alias shows nothing.
pub(super) fn rendered_root(tree: &Tree, root: RegionId) -> Option<RegionId> {
    let mut id = root;
    loop {
        let region = tree.get(id)?;
        let Some((target, offset)) = region.window() else { return Some(id) };
        if !region.flags.enabled {
            return None;
        }
        let whole = offset == 0 && region.size >= tree.get(target)?.size;
        let plain = region.coalesced.is_none() && !region.flags.flush_coalesced && !region.flags.forgiving;
        if !whole || !plain || region.flags.read_only || region.flags.log != 0 {
            return Some(id);
        }
        id = target;
    }
}
