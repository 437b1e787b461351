//! What answers where no function does: ones in the windows of the bus, as a bus that nobody drives; zeroes in the gaps of a BAR. Writes go
//! nowhere. Nothing faults: a guest that probes must live.

use std::sync::Arc;

use manyhart_runtime::actor::{AccessShape, MmioTarget, Registers};
use manyhart_runtime::{DeviceError, MmioSpec};

/// Any access of up to 8 bytes.
pub(super) const SPEC: MmioSpec = {
    let any = AccessShape { min: 1, max: 8, unaligned: true };
    MmioSpec { valid: any, implemented: any, ..MmioSpec::aligned(1, 8) }
};

/// Reads as this everywhere.
struct Always(u64);

impl Registers for Always {
    fn read(&self, _: u64, _: u8) -> Result<u64, DeviceError> {
        Ok(self.0)
    }

    fn write(&self, _: u64, _: u8, _: u64) -> Result<(), DeviceError> {
        Ok(())
    }
}

/// Nobody drives the bus.
pub(super) fn ones() -> MmioTarget {
    MmioTarget::direct("pci background", SPEC, Arc::new(Always(u64::MAX)))
}

/// Nothing is there, and the function says so.
pub(super) fn zeroes() -> MmioTarget {
    MmioTarget::direct("pci gaps", SPEC, Arc::new(Always(0)))
}
