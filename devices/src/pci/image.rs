//! Registers as configuration space holds them: bytes, and what software may do to each bit.

/// A block of configuration registers at reset. Bits that are neither writable nor cleared by a one are read-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Little-endian, as they read at reset.
    pub bytes: Vec<u8>,
    /// Bits that take what is written.
    pub writable: Vec<u8>,
    /// Bits that a written one clears.
    pub clears: Vec<u8>,
}

impl Image {
    /// `size` bytes of read-only zeroes.
    pub fn new(size: usize) -> Image {
        Image { bytes: vec![0; size], writable: vec![0; size], clears: vec![0; size] }
    }

    /// A 16-bit register: its value at reset, and its writable bits.
    pub fn set16(&mut self, offset: usize, value: u16, writable: u16) {
        self.bytes[offset..offset + 2].copy_from_slice(&value.to_le_bytes());
        self.writable[offset..offset + 2].copy_from_slice(&writable.to_le_bytes());
    }

    /// A 32-bit register: its value at reset, and its writable bits.
    pub fn set32(&mut self, offset: usize, value: u32, writable: u32) {
        self.bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        self.writable[offset..offset + 4].copy_from_slice(&writable.to_le_bytes());
    }

    /// The bits of a 32-bit register that a written one clears.
    pub fn clears32(&mut self, offset: usize, bits: u32) {
        self.clears[offset..offset + 4].copy_from_slice(&bits.to_le_bytes());
    }
}

/// The 16-bit register at `offset` of `bytes`.
pub(crate) fn get16(bytes: &[u8], offset: usize) -> u16 {
    u16::from_le_bytes([bytes[offset], bytes[offset + 1]])
}

/// The 32-bit register at `offset` of `bytes`.
pub(crate) fn get32(bytes: &[u8], offset: usize) -> u32 {
    u32::from(get16(bytes, offset)) | u32::from(get16(bytes, offset + 2)) << 16
}
