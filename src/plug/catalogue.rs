//! The drivers by name, and how each becomes a device on the board.

use manyhart_devices::virtio::VirtioDevice;
use manyhart_devices::virtio::rng::Rng;
use manyhart_runtime::Executive;

use super::{DeviceOptions, OptionError, PlugSpec};
use crate::board::{Board, BoardError};

/// Why something cannot be plugged in.
#[derive(Debug, thiserror::Error)]
pub enum PlugError {
    /// There is no such driver.
    #[error("'{0}' is not a valid device model name")]
    NoDriver(String),
    /// Its properties.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// The board has no room.
    #[error(transparent)]
    Board(#[from] BoardError),
}

/// Plugs in what the command line says, in its order, before the machine runs.
pub fn plug_all(executive: &Executive, board: &mut Board, spec: &PlugSpec) -> Result<(), PlugError> {
    spec.devices.iter().try_for_each(|options| plug(executive, board, options.clone()))
}

fn plug(executive: &Executive, board: &mut Board, options: DeviceOptions) -> Result<(), PlugError> {
    let device: Box<dyn VirtioDevice> = match options.driver.as_str() {
        "virtio-rng-device" => Box::new(Rng::new()),
        other => return Err(PlugError::NoDriver(other.to_owned())),
    };
    options.finish()?;
    board.place_virtio(executive, device)?;
    Ok(())
}
