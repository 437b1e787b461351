//! What answers where no function does: ones in the windows of the bus, as a bus that nobody drives; zeroes in the gaps of a BAR. Writes go
//! nowhere. Nothing faults: a guest that probes must live.

use manyhart_runtime::actor::AccessShape;
use manyhart_runtime::{Access, Answer, Context, Device, MmioSpec};

/// Any access of up to 8 bytes.
pub(super) const SPEC: MmioSpec = {
    let any = AccessShape { min: 1, max: 8, unaligned: true };
    MmioSpec { valid: any, implemented: any, ..MmioSpec::aligned(1, 8) }
};
/// The region that reads as ones.
pub(super) const ONES: u32 = 0;
/// The region that reads as zeroes.
pub(super) const ZEROES: u32 = 1;

/// The device.
pub(super) struct Background;

impl Device for Background {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        Ok(if access.region == ONES { u64::MAX } else { 0 })
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}
