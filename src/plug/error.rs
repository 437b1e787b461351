//! Why something is not plugged in, or not taken out, in the words that users of qemu-system-riscv64 know.

use manyhart_devices::pci;
use manyhart_runtime::BusError;

use super::OptionError;
use super::drives::DriveError;
use super::netdevs::NetdevError;
use crate::board::BoardError;

/// Why something is not plugged in, or not taken out.
#[derive(Debug, thiserror::Error)]
pub enum PlugError {
    /// There is no such driver.
    #[error("'{0}' is not a valid device model name")]
    NoDriver(String),
    /// There is no such object.
    #[error("invalid object type: {0}")]
    NoObject(String),
    /// There is no such kind of `-chardev`.
    #[error("'{0}' is not a valid char driver name")]
    NoChardev(String),
    /// Nothing that it could be plugged into.
    #[error("No '{bus}' bus found for device '{driver}'")]
    NoBus {
        /// Into what.
        bus: &'static str,
        /// What.
        driver: String,
    },
    /// Its properties.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// A property whose value names nothing.
    #[error("Property '{driver}.{key}' can't find value '{value}'")]
    NoBackend {
        /// Of what.
        driver: String,
        /// The property.
        key: &'static str,
        /// What it names.
        value: String,
    },
    /// A property without which there is no device.
    #[error("{driver}: {key} property not set")]
    NotSet {
        /// Of what.
        driver: String,
        /// The property.
        key: &'static str,
    },
    /// A value that makes no sense there.
    #[error("{driver}: {key}: {why}")]
    Value {
        /// Of what.
        driver: String,
        /// The property.
        key: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The name is taken.
    #[error("Duplicate device ID '{0}'")]
    Duplicate(String),
    /// Nothing has this name.
    #[error("Device '{0}' not found")]
    NotFound(String),
    /// Not while the machine runs.
    #[error("Device '{0}' does not support hotplugging")]
    Cold(String),
    /// Somebody uses it.
    #[error("'{0}' is in use by '{1}'")]
    InUse(String, String),
    /// What a disk lies on.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// What an interface is wired to.
    #[error(transparent)]
    Netdev(#[from] NetdevError),
    /// The board has no room.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The hierarchy does not take it, or does not let it go.
    #[error(transparent)]
    Pci(#[from] pci::PlugError),
    /// The host bridge is gone.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The host refuses memory or a thread.
    #[error("{0}")]
    Host(#[from] std::io::Error),
}

impl PlugError {
    /// Whether a device is meant that is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, PlugError::NotFound(_) | PlugError::Pci(pci::PlugError::NoFunction(_)))
    }
}
