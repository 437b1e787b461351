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

#[cfg(test)]
mod tests {
    use manyhart_runtime::Requester;

    use super::*;

    #[test]
    fn halves_join_and_part() {
        const OLD: u64 = 0x1111_2222_3333_4444;
        const NEW: u64 = 0xaaaa_bbbb_cccc_dddd;
        // Offset, size, what is read, what the register holds after NEW was written.
        let cases = [
            (0x10, 8, Some((OLD, NEW))),
            (0x10, 4, Some((0x3333_4444, 0x1111_2222_cccc_dddd))),
            (0x14, 4, Some((0x1111_2222, 0xcccc_dddd_3333_4444))),
            (0x14, 8, None),
            (0x18, 4, None),
            (0x0c, 4, None),
            (0x10, 2, None),
        ];
        for (offset, size, want) in cases {
            let access = Access { region: 0, offset, size, requester: Requester::Debugger };
            assert_eq!(read(OLD, 0x10, access).ok(), want.map(|w| w.0), "read {offset:#x}, {size}");
            assert_eq!(write(OLD, 0x10, access, NEW).ok(), want.map(|w| w.1), "write {offset:#x}, {size}");
        }
    }
}
