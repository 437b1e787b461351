//! What the fabric is told of a virtio function: identity, BARs, and the capabilities by which a driver finds the pages (virtio 1.2 sections 4.1.2
//! and 4.1.4).

use manyhart_runtime::actor::MmioTarget;

use crate::pci::{
    Bar, BarKind, BarPart, BarTarget, Blueprint, FunctionEvent, Identity, MsixSpec, Pin, VendorCapability,
};

use super::{BAR, COMMON, CONFIG, ISR, NOTIFY, NOTIFY_MULTIPLIER, PAGE, common};

const VENDOR: u16 = 0x1af4;
/// Modern devices: this plus the device's number.
const FIRST_DEVICE: u16 = 0x1040;
const SUBSYSTEM: u16 = 0x1100;
/// Modern devices start here (section 4.1.2.1).
const REVISION: u8 = 1;

/// The BAR of the MSI-X table, and where the pending bits are in it.
const MSIX_BAR: u8 = 1;
const MSIX_SIZE: u64 = 0x1000;
const PENDING: u32 = 0x800;

/// Kinds of capability (section 4.1.4).
const COMMON_CFG: u8 = 1;
const NOTIFY_CFG: u8 = 2;
const ISR_CFG: u8 = 3;
const DEVICE_CFG: u8 = 4;
const PCI_CFG: u8 = 5;

/// Class, subclass and programming interface, by the device's number.
fn class(device_type: u32) -> u32 {
    match device_type {
        1 => 0x02_0000,
        2 => 0x01_0000,
        3 => 0x07_8000,
        _ => 0x00_ff00,
    }
}

/// A function with these pages behind it.
pub(super) fn blueprint(
    device_type: u32,
    queues: u16,
    pages: [MmioTarget; 4],
    on_event: Box<dyn Fn(FunctionEvent) + Send>,
) -> Blueprint {
    let identity = Identity {
        vendor: VENDOR,
        device: FIRST_DEVICE + device_type as u16,
        revision: REVISION,
        class: class(device_type),
        subsystem_vendor: VENDOR,
        subsystem: SUBSYSTEM,
    };
    let part = |(page, target)| BarPart { offset: page * PAGE, size: PAGE, target: BarTarget::Registers(target) };
    let parts: Vec<_> = (0..).zip(pages).map(part).collect();
    let registers =
        Bar { index: BAR, kind: BarKind::Memory64 { prefetchable: true }, size: PAGE * parts.len() as u64, parts };
    let table =
        Bar { index: MSIX_BAR, kind: BarKind::Memory32 { prefetchable: false }, size: MSIX_SIZE, parts: Vec::new() };
    Blueprint {
        identity,
        bars: vec![table, registers],
        rom: None,
        interrupt_pin: Some(Pin::A),
        msi: None,
        msix: Some(MsixSpec { vectors: queues + 1, table_bar: MSIX_BAR, table_offset: 0, pba_offset: PENDING }),
        vendor_capabilities: vec![
            capability(COMMON_CFG, COMMON, common::SIZE as u32, &[]),
            capability(ISR_CFG, ISR, 1, &[]),
            capability(DEVICE_CFG, CONFIG, PAGE as u32, &[]),
            capability(NOTIFY_CFG, NOTIFY, NOTIFY_MULTIPLIER * u32::from(queues), &NOTIFY_MULTIPLIER.to_le_bytes()),
            window(),
        ],
        express: true,
        on_event,
    }
}

/// Says where a page is: length of the capability, kind, BAR, identifier, padding, offset and length in the BAR, and what the kind adds.
fn capability(kind: u8, page: u32, length: u32, more: &[u8]) -> VendorCapability {
    let mut bytes = vec![16 + more.len() as u8, kind, BAR, 0, 0, 0];
    bytes.extend((page * PAGE as u32).to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(more);
    VendorCapability { bytes, writable: Vec::new(), window: false }
}

/// The way into the BARs through configuration space: the driver says which BAR, where and how much, and finds the data behind.
fn window() -> VendorCapability {
    let mut bytes = vec![0; 18];
    bytes[..2].copy_from_slice(&[20, PCI_CFG]);
    let mut writable = vec![0xff; 18];
    writable[..2].fill(0);
    writable[3..6].fill(0);
    VendorCapability { bytes, writable, window: true }
}
