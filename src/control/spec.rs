//! What a command line says about control.

/// How a machine is to be commanded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ControlSpec {
    /// The machine starts stopped, and waits for `cont`.
    pub stopped: bool,
}
