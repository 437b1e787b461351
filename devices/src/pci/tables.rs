//! The MSI-X table and its pending bits, as a BAR shows them.

use manyhart_runtime::{Access, Answer, Context, Device, Executive};

use super::background;
use super::msix::{self, MsixPending, MsixTable};
use super::{BarPart, BarTarget, MsixSpec, Port};

const TABLE: u32 = 0;
const PENDING: u32 = 1;

/// The device: what it keeps is the port's, so it has nothing to reset.
pub(super) struct Tables {
    table: MsixTable,
    pending: MsixPending,
}

impl Tables {
    /// What goes into the BAR that the table is in.
    pub(super) fn parts(executive: &Executive, id: &str, port: &Port, spec: &MsixSpec) -> Vec<BarPart> {
        let device = Tables { table: MsixTable::new(port.clone()), pending: MsixPending::new(port.clone()) };
        let device = executive.spawn(format!("{id} msi-x"), device);
        let part = |region, offset: u32, size| BarPart {
            offset: offset.into(),
            size,
            target: BarTarget::Registers(device.mmio(region, background::SPEC)),
        };
        vec![
            part(TABLE, spec.table_offset, msix::table_size(spec)),
            part(PENDING, spec.pba_offset, msix::pending_size(spec)),
        ]
    }
}

impl Device for Tables {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        Ok(match access.region {
            TABLE => self.table.read(access.offset, access.size),
            _ => self.pending.read(access.offset, access.size),
        })
    }

    fn write(&mut self, _: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        if access.region == TABLE {
            self.table.write(access.offset, access.size, value);
        }
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}
