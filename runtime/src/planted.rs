//! Deliberate defects, to show that the checks can fail. Each is one cfg'd line in the production code that asks
//! `planted::is(Bug::X)`; without the feature (or loom) this module and those lines are not compiled at all.
