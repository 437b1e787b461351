//! 64-bit registers that may be accessed whole or as two 32-bit halves, low half first.

use manyhart_runtime::{Access, DeviceError};

/// The part of `register` that `access` reads; `at` is where the register starts in its region.
pub(crate) fn read(register: u64, at: u64, access: Access) -> Result<u64, DeviceError> {
    match (access.offset.wrapping_sub(at), access.size) {
        (0, 8) => Ok(register),
        (0, 4) => Ok(register & 0xffff_ffff),
        (4, 4) => Ok(register >> 32),
        _ => Err(DeviceError::NoRegister),
    }
}

/// `register` after `access` has written `value` to it; `at` is where the register starts in its region.
pub(crate) fn write(register: u64, at: u64, access: Access, value: u64) -> Result<u64, DeviceError> {
    match (access.offset.wrapping_sub(at), access.size) {
        (0, 8) => Ok(value),
        (0, 4) => Ok(register >> 32 << 32 | value & 0xffff_ffff),
        (4, 4) => Ok(value << 32 | register & 0xffff_ffff),
        _ => Err(DeviceError::NoRegister),
    }
}
