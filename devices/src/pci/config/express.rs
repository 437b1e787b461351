//! The PCI Express capability (PCI Express Base 5.0, 7.5.3) and power management (7.5.2).

use super::capability::{Chain, Full, id};
use super::{ConfigSpace, Written};
use crate::pci::PowerState;

/// Bytes of the PCI Express capability, version 2.
const LEN: usize = 0x3c;
const FLAGS: u16 = 0x02;
const DEVICE_CAPABILITIES: u16 = 0x04;
const DEVICE_CONTROL: u16 = 0x08;
/// Which errors the function has met.
pub const DEVICE_STATUS: u16 = 0x0a;
const LINK_CAPABILITIES: u16 = 0x0c;
const LINK_CONTROL: u16 = 0x10;
/// Whether the link is up.
pub const LINK_STATUS: u16 = 0x12;
/// Where a port's slot registers are.
pub const SLOT: u16 = 0x14;
/// Root control, and root capabilities above it.
pub const ROOT_CONTROL: u16 = 0x1c;
/// Root status.
pub const ROOT_STATUS: u16 = 0x20;
const DEVICE_CAPABILITIES_2: u16 = 0x24;
const DEVICE_CONTROL_2: u16 = 0x28;
const LINK_CAPABILITIES_2: u16 = 0x2c;
const LINK_CONTROL_2: u16 = 0x30;

const VERSION: u16 = 2;
const SLOT_IMPLEMENTED: u16 = 1 << 8;
const ROLE_BASED_ERRORS: u32 = 1 << 15;
const FUNCTION_LEVEL_RESET: u32 = 1 << 28;
/// The four error reporting enables, relaxed ordering, payload size, extended tags, no-snoop, read request size.
const DEVICE_CONTROL_WRITABLE: u16 = 0x7fff & !(1 << 9 | 1 << 10);
const INITIATE_RESET: u16 = 1 << 15;
const DEVICE_STATUS_ERRORS: u16 = 0x000f;

/// 2.5 GT/s, one lane.
const LINK_WIDTH_AND_SPEED: u16 = 0x0011;
const LINK_ACTIVE_CAPABLE: u32 = 1 << 20;
const PORT_NUMBER: u32 = 24;
const LINK_DISABLE: u16 = 1 << 4;
const LINK_AUTONOMOUS_EVENTS: u16 = 0xc000;
/// ASPM, read completion boundary, common clock, extended synch.
const LINK_CONTROL_WRITABLE: u16 = 0x00cb;
/// 2.5 GT/s is the only speed.
const SPEEDS: u32 = 1 << 1;

/// What a function is in the hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Behind a port.
    Endpoint,
    /// Part of the root complex: it has no link.
    IntegratedEndpoint,
    /// A port of the root complex, with a slot.
    RootPort {
        /// Its number in link capabilities.
        port: u8,
    },
}

impl Kind {
    fn code(self) -> u16 {
        match self {
            Kind::Endpoint => 0x0,
            Kind::RootPort { .. } => 0x4,
            Kind::IntegratedEndpoint => 0x9,
        }
    }
}

/// Adds the PCI Express capability. The slot registers of a port are still missing.
pub fn add(config: &mut ConfigSpace, chain: &mut Chain, kind: Kind) -> Result<u16, Full> {
    let at = chain.add(config, id::EXPRESS, LEN)?;
    let port = matches!(kind, Kind::RootPort { .. });
    let slot = if port { SLOT_IMPLEMENTED } else { 0 };
    config.set_u16(at + FLAGS, VERSION | kind.code() << 4 | slot);
    let reset = if port { 0 } else { FUNCTION_LEVEL_RESET };
    config.set_u32(at + DEVICE_CAPABILITIES, ROLE_BASED_ERRORS | reset);
    config.allow_u16(at + DEVICE_CONTROL, DEVICE_CONTROL_WRITABLE);
    config.clear_by_one_u16(at + DEVICE_STATUS, DEVICE_STATUS_ERRORS);
    config.allow_u16(at + DEVICE_CONTROL_2, 0x001f);
    config.set_u32(at + DEVICE_CAPABILITIES_2, 1 << 4);
    if kind != Kind::IntegratedEndpoint {
        link(config, at, kind);
    }
    if port {
        // System error on each kind of error, and PME interrupts.
        config.allow_u16(at + ROOT_CONTROL, 0x000f);
        config.clear_by_one_u32(at + ROOT_STATUS, 1 << 16);
    }
    Ok(at)
}

fn link(config: &mut ConfigSpace, at: u16, kind: Kind) {
    let (active, number, disable) = match kind {
        Kind::RootPort { port } => (LINK_ACTIVE_CAPABLE, u32::from(port), LINK_DISABLE),
        _ => (0, 0, 0),
    };
    config.set_u32(at + LINK_CAPABILITIES, u32::from(LINK_WIDTH_AND_SPEED) | active | number << PORT_NUMBER);
    config.allow_u16(at + LINK_CONTROL, LINK_CONTROL_WRITABLE | disable);
    config.set_u16(at + LINK_STATUS, LINK_WIDTH_AND_SPEED);
    config.clear_by_one_u16(at + LINK_STATUS, LINK_AUTONOMOUS_EVENTS);
    config.set_u32(at + LINK_CAPABILITIES_2, SPEEDS);
    config.set_u16(at + LINK_CONTROL_2, 1);
    config.allow_u16(at + LINK_CONTROL_2, 0x000f);
}

/// Whether a write asks for a function-level reset.
pub fn asks_for_reset(at: u16, written: &Written) -> bool {
    written.ones(at + DEVICE_CONTROL, 2) & u32::from(INITIATE_RESET) != 0
}

/// Holds a port's link down, or lets it come up, by a write such as a guest's.
pub fn disable_link(config: &mut ConfigSpace, at: u16, disabled: bool) -> Written {
    let others = config.u16(at + LINK_CONTROL) & !LINK_DISABLE;
    let value = if disabled { others | LINK_DISABLE } else { others };
    config.write(at + LINK_CONTROL, 2, value.into())
}

const POWER_LEN: usize = 8;
const POWER_CAPABILITIES: u16 = 0x02;
const POWER_STATE: u16 = 0x04;
/// Version 3, no PME.
const POWER_VERSION: u16 = 3;
/// D3hot to D0 keeps the registers.
const NO_SOFT_RESET: u16 = 1 << 3;
const D3_HOT: u16 = 3;

/// Adds power management with D0 and D3hot.
pub fn add_power(config: &mut ConfigSpace, chain: &mut Chain) -> Result<u16, Full> {
    let at = chain.add(config, id::POWER, POWER_LEN)?;
    config.set_u16(at + POWER_CAPABILITIES, POWER_VERSION);
    config.set_u16(at + POWER_STATE, NO_SOFT_RESET);
    config.allow_u16(at + POWER_STATE, D3_HOT);
    Ok(at)
}

/// What a write to power management came to. A state that is not supported is not taken (7.5.2.2): the one before stays.
pub fn settle_power(config: &mut ConfigSpace, at: u16, written: &Written) {
    if let Some((before, after)) = written.change(at + POWER_STATE, 2)
        && !matches!(after as u16 & D3_HOT, 0 | D3_HOT)
    {
        config.update_u16(at + POWER_STATE, D3_HOT, before as u16);
    }
}

/// How much power the function has.
pub fn power(config: &ConfigSpace, at: u16) -> PowerState {
    if config.u16(at + POWER_STATE) & D3_HOT == D3_HOT { PowerState::D3Hot } else { PowerState::D0 }
}
