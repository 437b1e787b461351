//! MSI-X: the capability's registers, the table and its pending bits (PCI Local Bus 3.0, 6.8.2; PCIe Base 5.0, 6.1.4).
//!
//! Virtual CPUs write the table while the function signals; nobody owns it, and no mailbox is in front of it. Each entry is a word of state and
//! a message, see `vector`.

use manyhart_runtime::DeviceError;
use manyhart_runtime::actor::Registers;

use super::image::{Image, get16};
use super::vector::{Message, MessageCell, Vector};
use super::{MsixSpec, Port};

/// The capability's identifier.
pub const ID: u8 = 0x11;
/// Bytes of a table entry.
pub const ENTRY_SIZE: u64 = 16;

const CONTROL: usize = 0x02;
const TABLE: usize = 0x04;
const PENDING_BITS: usize = 0x08;
const ENABLE: u16 = 1 << 15;
const FUNCTION_MASK: u16 = 1 << 14;

/// Registers of an entry.
const ADDRESS: u64 = 0;
const UPPER_ADDRESS: u64 = 4;
const DATA: u64 = 8;
const VECTOR_CONTROL: u64 = 12;
/// Vector Control's only bit.
const MASK: u32 = 1;

/// Bytes of the table of a function.
pub fn table_size(spec: &MsixSpec) -> u64 {
    u64::from(spec.vectors) * ENTRY_SIZE
}

/// Bytes of its pending bits: whole 64-bit words.
pub fn pending_size(spec: &MsixSpec) -> u64 {
    u64::from(spec.vectors).div_ceil(64) * 8
}

/// The capability's registers at reset.
pub fn image(spec: &MsixSpec) -> Image {
    let mut image = Image::new(0x0c);
    image.bytes[0] = ID;
    image.set16(CONTROL, spec.vectors.clamp(1, 2048) - 1, ENABLE | FUNCTION_MASK);
    image.set32(TABLE, spec.table_offset & !7 | u32::from(spec.table_bar), 0);
    image.set32(PENDING_BITS, spec.pba_offset & !7 | u32::from(spec.table_bar), 0);
    image
}

/// What the guest has set in the capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MsixSetting {
    /// Whether messages are sent, instead of INTx.
    pub enabled: bool,
    /// Whether all of them are masked.
    pub masked: bool,
}

impl MsixSetting {
    /// Of the capability's registers.
    pub fn of(registers: &[u8]) -> MsixSetting {
        let control = get16(registers, CONTROL);
        MsixSetting { enabled: control & ENABLE != 0, masked: control & FUNCTION_MASK != 0 }
    }
}

struct Entry {
    state: Vector,
    message: MessageCell,
}

/// The table.
pub(super) struct MsixVectors {
    entries: Box<[Entry]>,
}

impl MsixVectors {
    /// As at reset: all masked.
    pub(super) fn new(vectors: u16) -> MsixVectors {
        let entry = |_| Entry { state: Vector::new(true), message: MessageCell::default() };
        MsixVectors { entries: (0..vectors.clamp(1, 2048)).map(entry).collect() }
    }

    pub(super) fn count(&self) -> u32 {
        self.entries.len() as u32
    }

    pub(super) fn raise(&self, vector: u32) {
        if let Some(entry) = self.entries.get(vector as usize) {
            entry.state.raise();
        }
    }

    /// The message to send for `vector`, if it is due.
    pub(super) fn take(&self, vector: u32, open: impl Fn() -> bool) -> Option<Message> {
        let entry = self.entries.get(vector as usize)?;
        entry.state.take(open, || entry.message.load())
    }

    /// To be called after the function's own mask or enable bit has changed.
    pub(super) fn touch(&self) {
        self.entries.iter().for_each(|entry| entry.state.touch());
    }

    pub(super) fn reset(&self) {
        for entry in &self.entries {
            entry.message.store(Message { address: 0, data: 0 });
            entry.state.reset(true);
        }
    }

    /// Zero where there is no entry.
    pub(super) fn read(&self, offset: u64, size: u8) -> u64 {
        let word = |at: u64| {
            let Some(entry) = self.entry(at) else { return 0 };
            let Message { address, data } = entry.message.load();
            match at % ENTRY_SIZE {
                ADDRESS => address as u32,
                UPPER_ADDRESS => (address >> 32) as u32,
                DATA => data,
                _ => u32::from(entry.state.is_masked()),
            }
        };
        cut(offset, size, word)
    }

    /// Zero where there is no entry.
    pub(super) fn read_pending(&self, offset: u64, size: u8) -> u64 {
        let pending = |number: u64| self.entries.get(number as usize).is_some_and(|entry| entry.state.is_pending());
        let word = |at: u64| (0..32).map(|bit| u32::from(pending(at * 8 + bit)) << bit).sum();
        cut(offset, size, word)
    }

    /// Writes one register or two; says which vector may be due now. Only whole registers may be written (6.8.2.3): less than one changes
    /// nothing.
    pub(super) fn write(&self, offset: u64, size: u8, value: u64) -> Option<u32> {
        let entry = self.entry(offset)?;
        match (offset % ENTRY_SIZE, size) {
            // One write, so no half of it may be seen alone.
            (ADDRESS, 8) => {
                entry.message.set_address(value);
                entry.state.touch();
            }
            (register, 4) => entry.set(register, value as u32),
            (register, 8) => {
                entry.set(register, value as u32);
                entry.set(register + 4, (value >> 32) as u32);
            }
            _ => return None,
        }
        Some((offset / ENTRY_SIZE) as u32)
    }

    fn entry(&self, offset: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(offset / ENTRY_SIZE).ok()?)
    }
}

impl Entry {
    fn set(&self, register: u64, value: u32) {
        match register {
            ADDRESS => self.message.set_half_address(0, value),
            UPPER_ADDRESS => self.message.set_half_address(32, value),
            DATA => self.message.set_data(value),
            VECTOR_CONTROL => return self.state.set_masked(value & MASK != 0),
            _ => return,
        }
        self.state.touch();
    }
}

/// The `size` bytes at `offset` of registers of 32 bits.
fn cut(offset: u64, size: u8, word: impl Fn(u64) -> u32) -> u64 {
    let at = offset & !3;
    let both = u64::from(word(at)) | if size > 4 { u64::from(word(at + 4)) << 32 } else { 0 };
    both >> (8 * (offset - at)) & u64::MAX >> (64 - 8 * u32::from(size.clamp(1, 8)))
}

/// The table as the BAR shows it.
pub struct MsixTable(Port);

/// The pending bits as the BAR shows them: read-only.
pub struct MsixPending(Port);

impl MsixTable {
    /// That of a function whose port has one: see [`Port::make_msix`].
    pub fn new(port: Port) -> MsixTable {
        MsixTable(port)
    }
}

impl Registers for MsixTable {
    /// Zero where there is no entry.
    fn read(&self, offset: u64, size: u8) -> Result<u64, DeviceError> {
        Ok(self.0.msix_vectors().map_or(0, |table| table.read(offset, size)))
    }

    /// Sends what the write unmasks.
    fn write(&self, offset: u64, size: u8, value: u64) -> Result<(), DeviceError> {
        let due = self.0.msix_vectors().and_then(|table| table.write(offset, size, value));
        due.into_iter().for_each(|vector| self.0.send_msix(vector));
        Ok(())
    }
}

impl MsixPending {
    /// As [`MsixTable::new`].
    pub fn new(port: Port) -> MsixPending {
        MsixPending(port)
    }
}

impl Registers for MsixPending {
    /// Zero where there is no entry.
    fn read(&self, offset: u64, size: u8) -> Result<u64, DeviceError> {
        Ok(self.0.msix_vectors().map_or(0, |table| table.read_pending(offset, size)))
    }

    fn write(&self, _: u64, _: u8, _: u64) -> Result<(), DeviceError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: MsixSpec = MsixSpec { vectors: 70, table_bar: 1, table_offset: 0x800, pba_offset: 0x1000 };

    #[test]
    fn the_capability_says_where_the_table_is() {
        let image = image(&SPEC);
        assert_eq!(image.bytes, [0x11, 0, 69, 0, 1, 8, 0, 0, 1, 0x10, 0, 0]);
        let mut registers = image.bytes;
        for (high, enabled, masked) in [(0x00, false, false), (0x80, true, false), (0xc0, true, true)] {
            registers[3] = high;
            assert_eq!(MsixSetting::of(&registers), MsixSetting { enabled, masked });
        }
        assert_eq!((table_size(&SPEC), pending_size(&SPEC)), (1120, 16));
    }

    #[test]
    fn entries_are_written_and_read_by_registers_and_pairs() {
        let table = MsixVectors::new(SPEC.vectors);
        // Offset, size, value written; offset, size, value read.
        let cases = [
            ((0x00, 8, 0x1_2345_6788), (0x00, 8, 0x1_2345_6788)),
            ((0x00, 4, 0xffff_fff0), (0x00, 8, 0x1_ffff_fff0)),
            ((0x04, 4, 0x7), (0x00, 8, 0x7_ffff_fff0)),
            ((0x08, 8, 0xabcd), (0x08, 8, 0xabcd)),
            ((0x0c, 4, !0), (0x08, 8, 0x1_0000_abcd)),
            ((0x08, 2, 0), (0x08, 4, 0xabcd)),
            ((0x459, 1, 0), (0x450, 8, 0)),
            ((0x460, 4, 1), (0x460, 4, 0)),
            ((0, 4, 0x10), (0x02, 2, 0)),
        ];
        for ((offset, size, value), (at, read_size, want)) in cases {
            table.write(offset, size, value);
            assert_eq!(table.read(at, read_size), want, "after {value:#x} at {offset:#x}");
        }
        assert_eq!(table.read(0x0b, 1), 0, "bytes read too");
        assert_eq!(table.read(0x08, 2), 0xabcd);
    }

    #[test]
    fn pending_bits_show_what_waits() {
        let table = MsixVectors::new(SPEC.vectors);
        [1, 31, 32, 69, 70, u32::MAX].into_iter().for_each(|vector| table.raise(vector));
        assert_eq!(table.read_pending(0, 8), 1 << 32 | 1 << 31 | 2);
        assert_eq!((table.read_pending(8, 4), table.read_pending(4, 4)), (1 << 5, 1));
        assert_eq!(table.take(69, || true), None, "masked since reset");
        assert_eq!(table.write(69 * 16 + 12, 4, 0), Some(69));
        assert!(table.take(69, || true).is_some());
        table.reset();
        assert_eq!((table.read_pending(0, 8), table.read(12, 4)), (0, 1));
    }
}
