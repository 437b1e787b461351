//! The MSI-X table and its pending bits, as parts of a BAR.

use std::sync::Arc;

use manyhart_runtime::actor::{MmioTarget, Registers};

use super::background;
use super::msix::{self, MsixPending, MsixTable};
use super::{BarPart, BarTarget, MsixSpec, Port};

/// What goes into the BAR that the table is in.
pub(super) fn parts(id: &str, port: &Port, spec: &MsixSpec) -> Vec<BarPart> {
    let part = |name: &str, registers: Arc<dyn Registers>, offset: u32, size| {
        let target = MmioTarget::direct(format!("{id} {name}"), background::SPEC, registers);
        BarPart { offset: offset.into(), size, target: BarTarget::Registers(target) }
    };
    let table = Arc::new(MsixTable::new(port.clone()));
    let pending = Arc::new(MsixPending::new(port.clone()));
    vec![
        part("msi-x table", table, spec.table_offset, msix::table_size(spec)),
        part("msi-x pending bits", pending, spec.pba_offset, msix::pending_size(spec)),
    ]
}
