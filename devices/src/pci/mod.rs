//! PCI Express: functions, their configuration spaces, bridges and slots, and the host that puts them into the memory map.
//!
//! * [`function`]: what a function is to the fabric, as plain data.
//! * [`config`]: configuration space as pure state.
//! * [`host`]: how the rest of the machine puts functions in, takes them out and moves them; `fabric` is the actor behind it, which guests reach through
//!   configuration space. [`address`] and [`query`] are its words.
//! * [`slot`]: hot-plug; [`aer`]: errors and who hears of them. Pure state, as configuration space is.
//! * [`edu`] and [`scratch`]: functions to learn and to test with.
//! * `background`: what answers where nothing does; `tables`: MSI-X tables in BARs.
//! * [`wires`]: what a function's own actor and workers hold of the bus: interrupts and DMA. [`msi`] and [`msix`] are its messages, as the guest
//!   sets them up and as they are sent.
//!
//! Sources: "PCI Express Base Specification" 5.0; "PCI Local Bus Specification" 3.0; "PCI-to-PCI Bridge Architecture Specification" 1.2.

pub mod address;
pub mod aer;
pub mod config;
pub mod edu;
pub mod function;
pub mod host;
pub mod image;
pub mod msi;
pub mod msix;
pub mod query;
pub mod scratch;
pub mod slot;
pub mod wires;

mod background;
mod fabric;
mod grants;
mod tables;
mod vector;

pub use address::{Address, Place};
pub use function::{
    Bar, BarKind, BarPart, BarTarget, Blueprint, FunctionEvent, Identity, MsiSpec, MsixSpec, Pin, PowerState,
    VendorCapability, WindowAccess,
};
pub use host::{
    BarChange, BridgeKind, Change, HostConfig, HostWindow, PciError, PciEvent, PciHost, PlugError, ROOT_BUS, SlotSpec,
};
pub use image::Image;
pub use vector::Message;
pub use wires::{Port, SharedLine};
