//! PCI Express: functions, their configuration spaces, bridges and slots, and the host that puts them into the memory map.
//!
//! * [`function`]: what a function is to the fabric, as plain data.
//!
//! Sources: "PCI Express Base Specification" 5.0; "PCI Local Bus Specification" 3.0; "PCI-to-PCI Bridge Architecture Specification" 1.2.

pub mod function;

pub use function::{
    Bar, BarKind, BarPart, BarTarget, Blueprint, FunctionEvent, Identity, MsiSpec, MsixSpec, Pin, PowerState,
    VendorCapability, WindowAccess,
};
