//! The bytes of one function's configuration space, and three masks that say what a guest's write does to each bit.

use crate::pci::Image;

/// Bytes of the configuration space of a PCI Express function.
pub const SIZE: usize = 4096;
/// Bytes of the configuration space of a conventional function.
const CONVENTIONAL: usize = 256;

type Bytes = Box<[u8; SIZE]>;

fn zeroes() -> Bytes {
    Box::new([0; SIZE])
}

/// Which reset it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetKind {
    /// Power was away: everything is as when it was made.
    PowerOn,
    /// Power stayed: sticky bits keep their values (PCI Express Base 5.0, 7.4).
    Warm,
}

/// What a guest's write did to one doubleword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Its offset, a multiple of 4.
    pub offset: u16,
    /// Which bits were written, whatever came of it.
    pub mask: u32,
    /// What was written there.
    pub value: u32,
    /// The doubleword before.
    pub before: u32,
    /// The doubleword after.
    pub after: u32,
}

impl Written {
    /// The bits that a write of one set, of the register `offset` that is `size` bytes long; 0 where the write did not touch it.
    pub fn ones(&self, offset: u16, size: u8) -> u32 {
        self.register(offset, size, self.value & self.mask)
    }

    /// The register before and after; `None` where the write did not touch any of its bytes.
    pub fn change(&self, offset: u16, size: u8) -> Option<(u32, u32)> {
        let touched = self.register(offset, size, self.mask) != 0;
        touched.then(|| (self.register(offset, size, self.before), self.register(offset, size, self.after)))
    }

    fn register(&self, offset: u16, size: u8, dword: u32) -> u32 {
        debug_assert!(offset % 4 + u16::from(size) <= 4, "a register within its doubleword");
        if offset & !3 != self.offset {
            return 0;
        }
        dword >> (8 * (offset & 3)) & mask(size)
    }
}

fn mask(size: u8) -> u32 {
    match size {
        0..4 => (1 << (8 * size)) - 1,
        _ => u32::MAX,
    }
}

/// One function's configuration space.
#[derive(Clone)]
pub struct ConfigSpace {
    bytes: Bytes,
    /// Bits that a guest may set and clear.
    writable: Bytes,
    /// Bits that a guest clears by writing one.
    write_one_to_clear: Bytes,
    /// Bits that a warm reset leaves alone.
    sticky: Bytes,
    /// What it is at power-on.
    initial: Bytes,
    /// How many bytes there are; what is beyond reads as ones.
    len: usize,
}

impl ConfigSpace {
    /// All zeroes, nothing writable. `extended`: 4 KiB, as PCI Express functions have, and not 256 bytes.
    pub fn new(extended: bool) -> ConfigSpace {
        let len = if extended { SIZE } else { CONVENTIONAL };
        ConfigSpace {
            bytes: zeroes(),
            writable: zeroes(),
            write_one_to_clear: zeroes(),
            sticky: zeroes(),
            initial: zeroes(),
            len,
        }
    }

    /// A guest's read of `size` bytes (1, 2 or 4) at any offset.
    pub fn read(&self, offset: u16, size: u8) -> u32 {
        let at = usize::from(offset);
        (0..usize::from(size.min(4))).rev().fold(0, |value, index| value << 8 | u32::from(self.byte(at + index)))
    }

    fn byte(&self, at: usize) -> u8 {
        if at < self.len { self.bytes[at] } else { 0xff }
    }

    /// A guest's write of `size` bytes (1, 2 or 4) within one doubleword; what passes its end is left out.
    pub fn write(&mut self, offset: u16, size: u8, value: u32) -> Written {
        let start = offset & !3;
        let shift = 8 * (offset & 3);
        let mask = mask(size) << shift;
        let value = value << shift & mask;
        let before = self.read(start, 4);
        for index in 0..4 {
            let at = usize::from(start) + index;
            if at < self.len {
                let [mask, value] = [mask, value].map(|dword| dword.to_le_bytes()[index]);
                let writable = self.writable[at] & mask;
                let cleared = self.write_one_to_clear[at] & mask & value;
                self.bytes[at] = (self.bytes[at] & !writable | value & writable) & !cleared;
            }
        }
        Written { offset: start, mask, value, before, after: self.read(start, 4) }
    }

    /// One byte.
    pub fn u8(&self, offset: u16) -> u8 {
        self.read(offset, 1) as u8
    }

    /// Two bytes.
    pub fn u16(&self, offset: u16) -> u16 {
        self.read(offset, 2) as u16
    }

    /// Four bytes.
    pub fn u32(&self, offset: u16) -> u32 {
        self.read(offset, 4)
    }

    /// Sets bytes, whatever a guest may; what passes the end is left out.
    pub fn set(&mut self, offset: u16, bytes: &[u8]) {
        copy(&mut self.bytes, offset, bytes);
    }

    /// Sets one byte.
    pub fn set_u8(&mut self, offset: u16, value: u8) {
        self.set(offset, &[value]);
    }

    /// Sets two bytes.
    pub fn set_u16(&mut self, offset: u16, value: u16) {
        self.set(offset, &value.to_le_bytes());
    }

    /// Sets four bytes.
    pub fn set_u32(&mut self, offset: u16, value: u32) {
        self.set(offset, &value.to_le_bytes());
    }

    /// Sets the bits of `mask` in a 16-bit register to those of `value`.
    pub fn update_u16(&mut self, offset: u16, mask: u16, value: u16) {
        self.set_u16(offset, self.u16(offset) & !mask | value & mask);
    }

    /// Sets the bits of `mask` in a 32-bit register to those of `value`.
    pub fn update_u32(&mut self, offset: u16, mask: u32, value: u32) {
        self.set_u32(offset, self.u32(offset) & !mask | value & mask);
    }

    /// Says which bits a guest may set and clear.
    pub fn allow(&mut self, offset: u16, mask: &[u8]) {
        copy(&mut self.writable, offset, mask);
    }

    /// As [`ConfigSpace::allow`], of two bytes.
    pub fn allow_u16(&mut self, offset: u16, mask: u16) {
        self.allow(offset, &mask.to_le_bytes());
    }

    /// As [`ConfigSpace::allow`], of four bytes.
    pub fn allow_u32(&mut self, offset: u16, mask: u32) {
        self.allow(offset, &mask.to_le_bytes());
    }

    /// Says which bits of two bytes a guest clears by writing one.
    pub fn clear_by_one_u16(&mut self, offset: u16, mask: u16) {
        copy(&mut self.write_one_to_clear, offset, &mask.to_le_bytes());
    }

    /// Says which bits of four bytes a guest clears by writing one.
    pub fn clear_by_one_u32(&mut self, offset: u16, mask: u32) {
        copy(&mut self.write_one_to_clear, offset, &mask.to_le_bytes());
    }

    /// Says which bits of four bytes a warm reset leaves alone.
    pub fn keep_u32(&mut self, offset: u16, mask: u32) {
        copy(&mut self.sticky, offset, &mask.to_le_bytes());
    }

    /// Takes registers over, without their first `skip` bytes.
    pub fn install(&mut self, at: u16, skip: usize, image: &Image) {
        let Image { bytes, writable, clears } = image;
        let masks = [(&mut self.bytes, bytes), (&mut self.writable, writable), (&mut self.write_one_to_clear, clears)];
        for (to, from) in masks {
            copy(to, at + skip as u16, from.get(skip..).unwrap_or_default());
        }
    }

    /// The `len` bytes at `at`, as far as there are so many.
    pub fn registers(&self, at: u16, len: usize) -> &[u8] {
        let start = usize::from(at).min(self.len);
        &self.bytes[start..(start + len).min(self.len)]
    }

    /// The bits that a guest may set and clear in four bytes.
    pub fn writable_u32(&self, offset: u16) -> u32 {
        let at = usize::from(offset);
        let bytes = self.writable.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_le_bytes)
    }

    /// Whether it is 4 KiB.
    pub fn is_extended(&self) -> bool {
        self.len == SIZE
    }

    /// It is complete: what it is now is what a reset goes back to.
    pub fn seal(&mut self) {
        self.initial.copy_from_slice(&self.bytes[..]);
    }

    /// Back to what it was when it was sealed.
    pub fn reset(&mut self, kind: ResetKind) {
        for at in 0..SIZE {
            let kept = if kind == ResetKind::Warm { self.sticky[at] } else { 0 };
            self.bytes[at] = self.initial[at] & !kept | self.bytes[at] & kept;
        }
    }
}

fn copy(to: &mut [u8; SIZE], offset: u16, bytes: &[u8]) {
    for (to, &from) in to.iter_mut().skip(usize::from(offset)).zip(bytes) {
        *to = from;
    }
}
