//! Which accesses a region of a device takes.

/// Which accesses a region allows, and how it carries them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MmioSpec {
    /// What a guest may do; anything else is a typed error.
    pub valid: AccessShape,
    /// What the device's handlers do; the rest is split, widened or assembled from it.
    pub implemented: AccessShape,
    /// Whether a narrower write may be carried out as read, modify, write. Otherwise it is refused.
    pub narrow_writes_by_rmw: bool,
    /// The device's byte order.
    pub byte_order: ByteOrder,
}

/// Sizes in bytes (1, 2, 4, 8) and whether an access may be unaligned to its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessShape {
    /// The smallest.
    pub min: u8,
    /// The largest.
    pub max: u8,
    /// Whether unaligned ones are in it.
    pub unaligned: bool,
}

/// A device's byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ByteOrder {
    /// Least significant byte first.
    #[default]
    Little,
    /// Most significant byte first.
    Big,
}

impl MmioSpec {
    /// Aligned accesses of `min` to `max` bytes, implemented as they come, little-endian.
    pub const fn aligned(min: u8, max: u8) -> MmioSpec {
        let shape = AccessShape { min, max, unaligned: false };
        MmioSpec { valid: shape, implemented: shape, narrow_writes_by_rmw: false, byte_order: ByteOrder::Little }
    }
}
