//! The standard registers: PCI Local Bus 3.0, 6.1 and 6.2; PCI-to-PCI Bridge 1.2, 3.2.

use super::ConfigSpace;
use crate::pci::{Identity, Pin};

/// Vendor of the function.
pub const VENDOR: u16 = 0x00;
/// Its device number.
pub const DEVICE: u16 = 0x02;
/// What it answers to and does.
pub const COMMAND: u16 = 0x04;
/// What has happened.
pub const STATUS: u16 = 0x06;
/// Revision; the class is above it.
pub const REVISION: u16 = 0x08;
/// Cache line size: kept for the guest, without effect.
pub const CACHE_LINE: u16 = 0x0c;
/// Which header it is, and whether the device has several functions.
pub const HEADER_TYPE: u16 = 0x0e;
/// The first base address register.
pub const BAR0: u16 = 0x10;
/// The buses of a bridge: primary, secondary, subordinate.
pub const PRIMARY_BUS: u16 = 0x18;
/// The bus behind a bridge.
pub const SECONDARY_BUS: u16 = 0x19;
/// The last bus behind a bridge.
pub const SUBORDINATE_BUS: u16 = 0x1a;
/// A bridge's view of what happened on its secondary side.
pub const SECONDARY_STATUS: u16 = 0x1e;
/// Subsystem identification of type 0.
pub const SUBSYSTEM_VENDOR: u16 = 0x2c;
/// The expansion ROM's address, type 0.
pub const ROM: u16 = 0x30;
/// The expansion ROM's address, type 1.
pub const BRIDGE_ROM: u16 = 0x38;
/// Where the chain of capabilities starts.
pub const CAPABILITIES: u16 = 0x34;
/// Which interrupt the guest thinks that it has.
pub const INTERRUPT_LINE: u16 = 0x3c;
/// Which pin it drives.
pub const INTERRUPT_PIN: u16 = 0x3d;
/// What a bridge does to its secondary side.
pub const BRIDGE_CONTROL: u16 = 0x3e;

/// Command: answers to I/O.
pub const COMMAND_IO: u16 = 1 << 0;
/// Command: answers to memory accesses.
pub const COMMAND_MEMORY: u16 = 1 << 1;
/// Command: may reach memory itself.
pub const COMMAND_MASTER: u16 = 1 << 2;
/// Command: reports errors as system errors.
pub const COMMAND_SERR: u16 = 1 << 8;
/// Command: drives no interrupt pin.
pub const COMMAND_INTX_DISABLE: u16 = 1 << 10;
const COMMAND_PARITY: u16 = 1 << 6;
const COMMAND_WRITABLE: u16 =
    COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER | COMMAND_PARITY | COMMAND_SERR | COMMAND_INTX_DISABLE;

/// Status: its interrupt pin is asserted, or would be.
pub const STATUS_INTERRUPT: u16 = 1 << 3;
/// Status: there is a chain of capabilities.
pub const STATUS_CAPABILITIES: u16 = 1 << 4;
/// Status: it has reported a system error.
pub const STATUS_SYSTEM_ERROR: u16 = 1 << 14;
/// The error bits of a status register, which a guest clears by writing ones.
const STATUS_ERRORS: u16 = 0xf900;

/// Bridge control: the secondary side is held in reset.
pub const BRIDGE_CONTROL_RESET: u16 = 1 << 6;
const BRIDGE_CONTROL_PARITY: u16 = 1 << 0;
/// Bridge control: errors behind it are passed on.
pub const BRIDGE_CONTROL_SERR: u16 = 1 << 1;
const BRIDGE_CONTROL_ISA: u16 = 1 << 2;
const BRIDGE_CONTROL_MASTER_ABORT: u16 = 1 << 5;

const MULTIFUNCTION: u8 = 0x80;
const TYPE_BRIDGE: u8 = 0x01;

/// A type 0 header, BARs and capabilities still missing.
pub fn endpoint(identity: &Identity, pin: Option<Pin>, extended: bool) -> ConfigSpace {
    let mut config = common(identity, pin, extended);
    config.set_u16(SUBSYSTEM_VENDOR, identity.subsystem_vendor);
    config.set_u16(SUBSYSTEM_VENDOR + 2, identity.subsystem);
    config
}

/// A type 1 header, BARs, windows and capabilities still missing.
pub fn bridge(identity: &Identity, pin: Option<Pin>, extended: bool) -> ConfigSpace {
    let mut config = common(identity, pin, extended);
    config.set_u8(HEADER_TYPE, TYPE_BRIDGE);
    config.allow(PRIMARY_BUS, &[0xff; 3]);
    config.clear_by_one_u16(SECONDARY_STATUS, STATUS_ERRORS);
    let control = BRIDGE_CONTROL_PARITY | BRIDGE_CONTROL_SERR | BRIDGE_CONTROL_ISA | BRIDGE_CONTROL_MASTER_ABORT;
    config.allow_u16(BRIDGE_CONTROL, control | BRIDGE_CONTROL_RESET);
    config
}

fn common(identity: &Identity, pin: Option<Pin>, extended: bool) -> ConfigSpace {
    let mut config = ConfigSpace::new(extended);
    config.set_u16(VENDOR, identity.vendor);
    config.set_u16(DEVICE, identity.device);
    config.set_u32(REVISION, identity.class << 8 | u32::from(identity.revision));
    config.allow_u16(COMMAND, COMMAND_WRITABLE);
    config.clear_by_one_u16(STATUS, STATUS_ERRORS);
    config.allow(CACHE_LINE, &[0xff]);
    if let Some(pin) = pin {
        config.set_u8(INTERRUPT_PIN, pin as u8 + 1);
        config.allow(INTERRUPT_LINE, &[0xff]);
    }
    config
}

/// Says whether the device has more functions than this one.
pub fn set_multifunction(config: &mut ConfigSpace, several: bool) {
    let kind = config.u8(HEADER_TYPE) & !MULTIFUNCTION;
    config.set_u8(HEADER_TYPE, if several { kind | MULTIFUNCTION } else { kind });
}

/// Whether a bit of the command register is set.
pub fn commands(config: &ConfigSpace, bit: u16) -> bool {
    config.u16(COMMAND) & bit != 0
}
