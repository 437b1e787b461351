//! Incoming-MSI controllers: a page for each hart and level, to which interrupt messages are written.
//!
//! Source: RISC-V Advanced Interrupt Architecture 1.0, chapter 3. The interrupt files themselves are the runtime's, the harts reach them by
//! CSRs, and this gives them addresses (3.5). No actor stands behind a page: a message sets its bit on the sender's thread, at once,
//! whoever sends: a hart, a device's DMA from inside its handler, a control thread.

use std::sync::Arc;

use manyhart_runtime::{DeviceError, InterruptFile, MmioSpec, MmioTarget, Registers};

/// The bytes of one page (3.5).
pub const PAGE: u64 = 0x1000;
/// Aligned 32-bit accesses and no others (3.5).
pub const SPEC: MmioSpec = MmioSpec::aligned(4, 4);
/// How many identities a file of this board has.
pub const IDENTITIES: u32 = 255;

const SETEIPNUM_LE: u64 = 0;
const SETEIPNUM_BE: u64 = 4;

/// The pages of one level's files, in ascending order of hart numbers.
struct Pages(Vec<Arc<InterruptFile>>);

impl Registers for Pages {
    fn read(&self, _: u64, _: u8) -> Result<u64, DeviceError> {
        Ok(0) // In all cases.
    }

    fn write(&self, offset: u64, _: u8, value: u64) -> Result<(), DeviceError> {
        let identity = match offset % PAGE {
            SETEIPNUM_LE => value as u32,
            SETEIPNUM_BE => (value as u32).swap_bytes(),
            _ => return Ok(()), // Reserved: read-only zeros.
        };
        if let Some(file) = self.0.get((offset / PAGE) as usize) {
            // A number that is no identity of the file is ignored.
            file.send(identity);
        }
        Ok(())
    }
}

/// The pages of these files, to be mapped: [`PAGE`] bytes for each.
pub fn pages(name: &str, files: Vec<Arc<InterruptFile>>) -> MmioTarget {
    MmioTarget::direct(name, SPEC, Arc::new(Pages(files)))
}

#[cfg(test)]
mod tests {
    use manyhart_runtime::Attention;

    use super::*;

    #[test]
    fn messages_reach_the_file_of_their_page() {
        let files: Vec<_> =
            (0..3).map(|_| Arc::new(InterruptFile::new(IDENTITIES, Arc::new(Attention::new()), 9))).collect();
        let pages = Pages(files.clone());
        // Offset, value, and which file's identity becomes pending.
        let cases = [
            (0x0000, 5, Some((0, 5))),
            (0x1000, 255, Some((1, 255))),
            (0x2004, 0x0700_0000, Some((2, 7))),
            (0x2004, 7, None),
            (0x1000, 256, None),
            (0x1000, 0, None),
            (0x1008, 5, None),
            (0x1ffc, 5, None),
            (0x3000, 5, None),
        ];
        for (offset, value, want) in cases {
            files.iter().for_each(|file| file.reset());
            assert_eq!(pages.write(offset, 4, value), Ok(()));
            let pending = |file: &Arc<InterruptFile>| (0..4).map(|word| file.pending(word).count_ones()).sum::<u32>();
            assert_eq!(files.iter().map(pending).sum::<u32>(), u32::from(want.is_some()), "{offset:#x} {value:#x}");
            if let Some((file, identity)) = want {
                assert_eq!(files[file].pending(identity / 64) >> (identity % 64) & 1, 1, "{offset:#x} {value:#x}");
            }
            assert_eq!(pages.read(offset, 4), Ok(0));
        }
    }
}
