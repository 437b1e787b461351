//! What is plugged into a board: the devices that `-device` and `device_add` name, with their typed properties.

mod catalogue;
pub mod drives;
#[cfg(test)]
mod drives_tests;
pub mod netdevs;
mod options;

pub use catalogue::{PlugError, plug_all};
pub use options::{DeviceOptions, OptionError};

/// What a command line plugs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlugSpec {
    /// `-device`, in order.
    pub devices: Vec<DeviceOptions>,
}
