//! The one place that chooses between the real primitives and loom's.
