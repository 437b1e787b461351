//! PCI Express: functions, their configuration spaces, bridges and slots, and the host that puts them into the memory map.
//!
//! * [`function`]: what a function is to the fabric, as plain data.
//! * [`wires`]: what a function's own actor and workers hold of the bus: interrupts and DMA. [`msi`] and [`msix`] are its messages, as the guest
//!   sets them up and as they are sent.
//!
//! Sources: "PCI Express Base Specification" 5.0; "PCI Local Bus Specification" 3.0; "PCI-to-PCI Bridge Architecture Specification" 1.2.

pub mod function;
pub mod image;
pub mod msi;
pub mod msix;
pub mod wires;

mod vector;

pub use function::{
    Bar, BarKind, BarPart, BarTarget, Blueprint, FunctionEvent, Identity, MsiSpec, MsixSpec, Pin, PowerState,
    VendorCapability, WindowAccess,
};
pub use image::Image;
pub use vector::Message;
pub use wires::{Port, SharedLine};
