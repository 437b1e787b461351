//! Why the host does not do what is asked, in the words that clients of such machines look for.

use manyhart_runtime::{BusError, TopologyError};

/// Why a function is not plugged, or not taken out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlugError {
    /// Another function has the name.
    #[error("Duplicate device ID '{0}'")]
    Duplicate(String),
    /// No bus has the name.
    #[error("Bus '{0}' not found")]
    NoBus(String),
    /// No function has the name.
    #[error("Device '{0}' not found")]
    NoFunction(String),
    /// Every device number of the bus is taken.
    #[error("PCI: no slot/function available on bus '{0}', all in use or reserved")]
    Full(String),
    /// The bus has no such device and function.
    #[error("PCI: bus '{bus}' has no slot {device} function {function}")]
    NoSlot {
        /// The bus.
        bus: String,
        /// The device.
        device: u8,
        /// The function.
        function: u8,
    },
    /// Another function is there.
    #[error("PCI: slot {device} function {function} not available, in use by {by}")]
    Occupied {
        /// The device.
        device: u8,
        /// The function.
        function: u8,
        /// Who is there.
        by: String,
    },
    /// The machine runs, and the bus has no slots.
    #[error("Bus '{0}' does not support hotplugging")]
    NoHotplug(String),
    /// The guest, or the slot, does not let it happen now.
    #[error("{0}")]
    Refused(String),
    /// The blueprint contradicts itself or PCI.
    #[error("{0}")]
    Blueprint(String),
    /// The map refuses it.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// The host bridge is gone or has failed.
    #[error(transparent)]
    Host(#[from] BusError),
}

/// Why the host does not do what is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PciError {
    /// No function has the name.
    #[error("Device '{0}' not found")]
    NoFunction(String),
    /// The function has no such BAR.
    #[error("'{id}' has no BAR {index}")]
    NoBar {
        /// The function.
        id: String,
        /// The BAR.
        index: u8,
    },
    /// It makes no sense there.
    #[error("{0}")]
    Refused(String),
    /// The map refuses it.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// The host bridge is gone or has failed.
    #[error(transparent)]
    Host(#[from] BusError),
}
