//! What every file of models shares.
#![allow(dead_code)] // Each uses its part.
#![allow(unsafe_code)] // For `Watched` to be shared: it has no contents.

pub mod map;
pub mod registry;

pub(crate) use registry::models;

use std::sync::Arc;

use loom::cell::UnsafeCell;
use manyhart_runtime::{DeviceError, MmioSpec, MmioTarget, Registers};

/// Something that many may read at once and one alone may write, whatever keeps them apart: loom fails the model when that is nothing.
#[derive(Default)]
pub struct Watched(UnsafeCell<()>);

// SAFETY: there is nothing in it; that accesses would race is what loom looks for.
unsafe impl Sync for Watched {}
// SAFETY: as above.
unsafe impl Send for Watched {}

impl Watched {
    /// Uses it.
    pub fn read(&self) {
        self.0.with(|at| assert!(!at.is_null()));
    }

    /// Changes it, or ends its life.
    pub fn write(&self) {
        self.0.with_mut(|at| assert!(!at.is_null()));
    }
}

/// Registers whose life ends with their removal.
struct Cell(Arc<Watched>);

impl Registers for Cell {
    fn read(&self, _: u64, _: u8) -> Result<u64, DeviceError> {
        Err(DeviceError::NoRegister)
    }

    fn write(&self, _: u64, _: u8, _: u64) -> Result<(), DeviceError> {
        self.0.read();
        Ok(())
    }
}

/// A target of such registers.
pub fn cell(life: &Arc<Watched>) -> MmioTarget {
    MmioTarget::direct("cell", MmioSpec::aligned(4, 4), Arc::new(Cell(Arc::clone(life))))
}
