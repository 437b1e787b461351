//! The typed errors of the runtime: why a change of the topology was refused, why an access did not happen.

use crate::ram::DirtyClient;
use crate::{Generation, Gpa, RegionId};

/// Why an access was not carried out. Never a magic value: the map decides where all-ones is the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// Nothing decodes at the address, or only a reservation.
    #[error("nothing answers at {0}")]
    Decode(Gpa),
    /// The address space was closed, or is not committed yet.
    #[error("no such address space: {0}")]
    NoSpace(u32),
    /// The region does not allow an access of this size, alignment or kind.
    #[error("{region} refuses this access at {addr}")]
    Access {
        /// Where.
        addr: Gpa,
        /// The name of the region.
        region: String,
    },
    /// A write to read-only memory.
    #[error("{addr} is read-only")]
    WriteRefused {
        /// Where.
        addr: Gpa,
    },
    /// A region that translates has no place for the bytes from here on, or none for such an access.
    #[error("{region} does not translate {addr} for this access")]
    Untranslated {
        /// Where.
        addr: Gpa,
        /// The name of the region.
        region: String,
    },
    /// The device is running a handler on behalf of this very access.
    #[error("re-entrant access: {path}")]
    Reentrant {
        /// The actors on the way, outermost first, joined by ` -> `.
        path: String,
    },
    /// The device answered with an error.
    #[error("{device}: {error}")]
    Device {
        /// The device's name.
        device: String,
        /// What it said.
        error: DeviceError,
    },
    /// The device was removed while the access was on its way.
    #[error("{device} is gone")]
    Gone {
        /// The device's name.
        device: String,
    },
    /// A handler of the device panicked, now or earlier.
    #[error("{device} has failed")]
    Failed {
        /// The device's name.
        device: String,
    },
}

/// What a device says of an access that it does not carry out. The bus decides what the guest sees of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No register answers to this offset, size or kind.
    #[error("no such register")]
    NoRegister,
    /// The device's own words.
    #[error("{0}")]
    Other(String),
}

/// Why a transaction was refused; the topology is exactly as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopologyError {
    /// The region was never made, or has been destroyed.
    #[error("no such region: {0:?}")]
    UnknownRegion(RegionId),
    /// The region already has a parent: more placements go through aliases.
    #[error("{0:?} already has a parent")]
    HasParent(RegionId),
    /// The region is not a child of the named parent.
    #[error("{child:?} is not a child of {parent:?}")]
    NotAChild {
        /// The named parent.
        parent: RegionId,
        /// The region.
        child: RegionId,
    },
    /// The region has no parent, and so no address to change.
    #[error("{0:?} has no parent")]
    NotPlaced(RegionId),
    /// The change would make the region reach itself through parents or aliases.
    #[error("{0:?} would contain itself")]
    Cycle(RegionId),
    /// A size of zero.
    #[error("a region of zero size: {0:?}")]
    ZeroSize(RegionId),
    /// A size or a placement beyond 2^64.
    #[error("{0:?} would pass the end of the address space")]
    OutOfSpace(RegionId),
    /// Two siblings that both forbid it would overlap.
    #[error("{added:?} would overlap {existing:?}")]
    Overlap {
        /// The region to be placed.
        added: RegionId,
        /// The sibling that is there.
        existing: RegionId,
    },
    /// An alias takes no children.
    #[error("an alias takes no children: {0:?}")]
    ChildOfAlias(RegionId),
    /// The region is mapped, aliased, a root, or has children, and so cannot be destroyed.
    #[error("{0:?} is in use")]
    InUse(RegionId),
    /// The operation does not apply to a region of this kind.
    #[error("{0:?} is not of the right kind")]
    WrongKind(RegionId),
    /// The address space was never made, or has been closed.
    #[error("no such address space: {0}")]
    UnknownSpace(u32),
    /// A device sees the address space, or a region translates into it, and so it cannot be closed.
    #[error("address space {0} is in use")]
    SpaceInUse(u32),
    /// The size of a RAM region must equal its block's.
    #[error("{region:?} has {size:#x} bytes, its memory {block:#x}")]
    SizeMismatch {
        /// The region.
        region: RegionId,
        /// The size that was asked for.
        size: u128,
        /// The block's size.
        block: u64,
    },
    /// The history does not reach there.
    #[error("generation {generation} is not kept: the history has {oldest} to {newest}")]
    NotRetained {
        /// The generation that was asked for.
        generation: Generation,
        /// The oldest that is there.
        oldest: Generation,
        /// The newest that is there.
        newest: Generation,
    },
    /// The client logs the region already.
    #[error("{client:?} logs {region:?} already")]
    AlreadyLogged {
        /// The region.
        region: RegionId,
        /// The client.
        client: DirtyClient,
    },
    /// No write could ring this doorbell: it passes the end of its region, its device takes no such write, or its value is too large.
    #[error("no write could ring a doorbell at {offset:#x} of {region:?}")]
    BadDoorbell {
        /// The region.
        region: RegionId,
        /// Where in it.
        offset: u64,
    },
    /// Some write would ring another doorbell as well.
    #[error("{region:?} has a doorbell at {offset:#x} that the same write rings")]
    DoorbellExists {
        /// The region.
        region: RegionId,
        /// Where in it.
        offset: u64,
    },
    /// There is no such doorbell.
    #[error("{region:?} has no such doorbell at {offset:#x}")]
    NoDoorbell {
        /// The region.
        region: RegionId,
        /// Where in it.
        offset: u64,
    },
    /// A handler may not wait for a commit: it posts one.
    #[error("a commit inside a handler: {path}")]
    InHandler {
        /// The actor, and what it asked.
        path: String,
    },
    /// The runtime is shutting down.
    #[error("the topology is closed")]
    Closed,
}
