//! Device actors.
