//! Everything the topology actor owns: the tree, the address spaces, and the view that each shows now.

use super::op::Op;
use super::view::SpaceView;
use super::{AddressSpaceId, Generation, RegionId, Target};
use crate::TopologyError;

/// The topology: owned by one writer, changed by [`State::apply`] alone.
pub(crate) struct State {
    spaces: Vec<SpaceView>,
}

/// What a transaction did.
pub(crate) struct Applied {
    /// The views of every address space, indexed by [`AddressSpaceId`]; what did not change is the same `Arc` as before.
    pub(crate) spaces: Vec<SpaceView>,
    /// Whether any reader can see a difference: without one there is nothing to publish.
    pub(crate) changed: bool,
    /// Every target that lost an address somewhere: what a grace period waits for, pins included.
    pub(crate) withdrawn: Vec<(RegionId, Target)>,
    /// Regions that the transaction destroyed: to be dropped after the grace period.
    pub(crate) destroyed: Vec<Destroyed>,
}

/// A region whose life has ended.
pub(crate) struct Destroyed {
    /// Which.
    pub(crate) id: RegionId,
    /// Its name.
    pub(crate) name: Box<str>,
    /// What answered in it; `None` for a container or an alias.
    pub(crate) target: Option<Target>,
}

impl State {
    /// No regions, no spaces.
    pub(crate) fn new() -> State {
        State { spaces: Vec::new() }
    }

    /// Carries out all of `ops`, or none of them. Where something visible changes, the new views are of `generation`.
    pub(crate) fn apply(&mut self, ops: Vec<Op>, generation: Generation) -> Result<Applied, TopologyError> {
        drop((ops, generation));
        unimplemented!()
    }

    /// The views of every address space, indexed by [`AddressSpaceId`].
    pub(crate) fn spaces(&self) -> &[SpaceView] {
        &self.spaces
    }

    /// The name of a space.
    pub(crate) fn space_name(&self, space: AddressSpaceId) -> Option<&str> {
        drop(space);
        unimplemented!()
    }

    /// The region tree as text.
    pub(crate) fn dump_tree(&self) -> String {
        unimplemented!()
    }

    /// The flat view of every space as text.
    pub(crate) fn dump_flat(&self) -> String {
        unimplemented!()
    }
}
