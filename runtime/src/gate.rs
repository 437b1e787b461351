//! The one door through which the world stops: `pause` returns when every reader is at a boundary and no handler runs.

/// Holds the machine paused; dropping it resumes, when it was the last. Several threads may hold one at once.
#[must_use = "the machine resumes when this is dropped"]
pub struct Paused {
    _todo: (),
}
