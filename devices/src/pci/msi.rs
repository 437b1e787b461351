//! Message-signalled interrupts: the capability's registers (PCI Local Bus 3.0, 6.8.1), and the vectors behind it.

use std::sync::atomic::{AtomicU32, Ordering};

use super::MsiSpec;
use super::image::{Image, get16, get32};
use super::vector::{Message, MessageCell, Vector};

/// The capability's identifier.
pub const ID: u8 = 0x05;

/// Message Control, from the start of the capability: its bits.
const CONTROL: usize = 0x02;
const ENABLE: u16 = 1;
const MULTIPLE_CAPABLE_SHIFT: u16 = 1;
const MULTIPLE_ENABLE_SHIFT: u16 = 4;
const MULTIPLE_ENABLE: u16 = 7 << MULTIPLE_ENABLE_SHIFT;
const ADDRESS_64: u16 = 1 << 7;
const PER_VECTOR_MASKING: u16 = 1 << 8;

const ADDRESS: usize = 0x04;
const UPPER_ADDRESS: usize = 0x08;
const DATA: usize = 0x0c;
const MASK: usize = 0x10;
/// Where the pending bits are in the capability, if it has mask bits: live, see [`super::Port::msi_pending`].
pub const PENDING: usize = 0x14;

/// The capability's registers at reset. Every one has a 64-bit address.
pub fn image(spec: &MsiSpec) -> Image {
    let vectors = spec.vectors.clamp(1, 32).next_power_of_two();
    let mut image = Image::new(if spec.per_vector_masking { 0x18 } else { 0x0e });
    image.bytes[0] = ID;
    let masking = if spec.per_vector_masking { PER_VECTOR_MASKING } else { 0 };
    let capable = (vectors.trailing_zeros() as u16) << MULTIPLE_CAPABLE_SHIFT;
    image.set16(CONTROL, capable | ADDRESS_64 | masking, ENABLE | MULTIPLE_ENABLE);
    image.set32(ADDRESS, 0, !3);
    image.set32(UPPER_ADDRESS, 0, !0);
    image.set16(DATA, 0, !0);
    if spec.per_vector_masking {
        image.set32(MASK, 0, u32::MAX >> (32 - vectors));
    }
    image
}

/// What the guest has set in the capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MsiSetting {
    /// Whether messages are sent, instead of INTx.
    pub enabled: bool,
    /// Where to, and what the first one says.
    pub message: Message,
    /// How many it may send: a power of two.
    pub vectors: u32,
    /// Which are masked, by bit.
    pub mask: u32,
}

impl MsiSetting {
    /// Of the capability's registers.
    pub fn of(spec: &MsiSpec, registers: &[u8]) -> MsiSetting {
        let control = get16(registers, CONTROL);
        let address = u64::from(get32(registers, UPPER_ADDRESS)) << 32 | u64::from(get32(registers, ADDRESS));
        let capable = u32::from(spec.vectors.clamp(1, 32)).next_power_of_two();
        // 6 and 7 are reserved; what asks for more than there are gets what there are.
        let enabled = 1 << ((control & MULTIPLE_ENABLE) >> MULTIPLE_ENABLE_SHIFT);
        MsiSetting {
            enabled: control & ENABLE != 0,
            message: Message { address, data: get16(registers, DATA).into() },
            vectors: capable.min(enabled),
            mask: if spec.per_vector_masking { get32(registers, MASK) } else { 0 },
        }
    }
}

/// The vectors, as those who signal see them. [`MsiVectors::set`] is for the capability's owner alone.
pub(super) struct MsiVectors {
    message: MessageCell,
    /// How many the guest has allowed, less one: what a vector's number is masked with.
    last: AtomicU32,
    vectors: [Vector; MsiVectors::COUNT as usize],
}

impl MsiVectors {
    /// How many there are at most.
    pub(super) const COUNT: u32 = 32;

    pub(super) fn new() -> MsiVectors {
        let vectors = std::array::from_fn(|_| Vector::new(false));
        MsiVectors { message: MessageCell::default(), last: AtomicU32::new(0), vectors }
    }

    /// The vector that stands for `vector` with as many messages as are allowed.
    fn at(&self, vector: u32) -> (&Vector, u32) {
        let number = vector & self.last.load(Ordering::Acquire) & (MsiVectors::COUNT - 1);
        (&self.vectors[number as usize], number)
    }

    pub(super) fn raise(&self, vector: u32) {
        self.at(vector).0.raise();
    }

    /// The message to send for `vector`, if it is due.
    pub(super) fn take(&self, vector: u32, open: impl Fn() -> bool) -> Option<Message> {
        let (at, number) = self.at(vector);
        let message = || {
            let Message { address, data } = self.message.load();
            // The function changes the low bits of the data, as many as it was given messages.
            Message { address, data: data & !self.last.load(Ordering::Acquire) | number }
        };
        at.take(open, message)
    }

    pub(super) fn set(&self, setting: &MsiSetting) {
        self.message.store(setting.message);
        self.last.store(setting.vectors - 1, Ordering::Release);
        for (vector, number) in self.vectors.iter().zip(0..) {
            vector.set_masked(setting.mask >> number & 1 != 0);
        }
    }

    /// By bit.
    pub(super) fn pending(&self) -> u32 {
        self.vectors.iter().zip(0..).map(|(vector, number)| u32::from(vector.is_pending()) << number).sum()
    }

    pub(super) fn reset(&self) {
        self.message.store(Message { address: 0, data: 0 });
        self.last.store(0, Ordering::Release);
        self.vectors.iter().for_each(|vector| vector.reset(false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_capability_says_what_it_is_and_is_read_back() {
        // Vectors asked for, masking; control at reset, bytes.
        let cases =
            [(1, false, 0x0080, 0x0e), (8, true, 0x0186, 0x18), (32, true, 0x018a, 0x18), (3, false, 0x84, 0xe)];
        for (vectors, per_vector_masking, control, size) in cases {
            let spec = MsiSpec { vectors, per_vector_masking };
            let image = image(&spec);
            assert_eq!((get16(&image.bytes, CONTROL), image.bytes.len()), (control, size), "{spec:?}");
            // All that is writable set to ones.
            let setting = MsiSetting::of(&spec, &image.writable);
            let vectors = u32::from(vectors).next_power_of_two();
            let mask = if per_vector_masking { u32::MAX >> (32 - vectors) } else { 0 };
            let message = Message { address: !3, data: 0xffff };
            assert_eq!(setting, MsiSetting { enabled: true, message, vectors, mask });
            assert!(!MsiSetting::of(&spec, &image.bytes).enabled);
        }
    }

    #[test]
    fn a_message_carries_its_number_in_as_many_bits_as_were_given() {
        let setting = |vectors, mask| MsiSetting {
            enabled: true,
            message: Message { address: 0x1000, data: 0xabcf },
            vectors,
            mask,
        };
        // Messages allowed, signalled, what is sent.
        for (vectors, vector, want) in [(1, 0, 0xabcf), (1, 5, 0xabcf), (4, 0, 0xabcc), (4, 2, 0xabce), (8, 10, 0xabca)]
        {
            let msi = MsiVectors::new();
            msi.set(&setting(vectors, 0));
            msi.raise(vector);
            let taken = msi.take(vector, || true);
            assert_eq!(taken.map(|message| message.data), Some(want), "{vector} of {vectors}");
        }
        let msi = MsiVectors::new();
        msi.set(&setting(8, 0b100));
        msi.raise(2);
        assert_eq!((msi.take(2, || true), msi.pending()), (None, 0b100));
        msi.set(&setting(8, 0));
        assert!(msi.take(2, || true).is_some());
        assert_eq!(msi.pending(), 0);
    }
}
