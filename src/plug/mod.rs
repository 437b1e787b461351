//! What is plugged into a board: the drivers that `-device` and `device_add` name, with their typed properties, and what devices lie on.
//!
//! [`options`] is the language, [`catalogue`] the drivers, [`Plugs`] what is plugged in: at start by the command line, later by whoever
//! commands the machine.

mod backends;
mod catalogue;
pub mod chardevs;
pub mod drives;
#[cfg(test)]
mod drives_tests;
mod error;
mod functions;
pub mod netdevs;
mod options;
mod plugs;
mod virtio;

pub use backends::{Backends, ObjectSpec};
pub use catalogue::{DRIVERS, Driver, Property, help, is_driver};
pub use chardevs::ChardevSpec;
pub use drives::{BlockdevSpec, DriveSpec};
pub use error::PlugError;
pub use netdevs::NetdevSpec;
pub use options::{DeviceOptions, OptionError, is_id};
pub use plugs::{Plugged, Plugs, Seat};

/// What a command line plugs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlugSpec {
    /// `-device`, in order.
    pub devices: Vec<DeviceOptions>,
    /// `-drive`, in order.
    pub drives: Vec<DriveSpec>,
    /// `-blockdev`, in order.
    pub blockdevs: Vec<BlockdevSpec>,
    /// `-netdev`, in order.
    pub netdevs: Vec<NetdevSpec>,
    /// `-chardev`, in order.
    pub chardevs: Vec<ChardevSpec>,
    /// `-object`, in order.
    pub objects: Vec<ObjectSpec>,
}

#[cfg(test)]
mod tests;
