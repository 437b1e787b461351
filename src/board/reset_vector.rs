//! What the harts find at reset: a few instructions in ROM that jump to the first program, and the data they hand over.
//!
//! Every hart starts here and arrives at the entry with a0 = its id, a1 = the device tree's address and a2 = the address of
//! OpenSBI's `fw_dynamic_info` (OpenSBI, `docs/firmware/fw_dynamic.md`); a program that is not OpenSBI ignores a2.

/// Where the first program is, and what it starts in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boot {
    /// Where every hart goes, in M-mode.
    pub entry: u64,
    /// Where firmware goes next; 0 where the entry is no firmware.
    pub next_addr: u64,
    /// In which mode.
    pub next_mode: NextMode,
}

/// The mode in which firmware enters what comes after it, by `fw_dynamic_info`'s numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NextMode {
    /// U-mode.
    User = 0,
    /// S-mode: a kernel.
    #[default]
    Supervisor = 1,
    /// M-mode.
    Machine = 3,
}

/// "OSBI" backwards in memory.
const FW_DYNAMIC_MAGIC: u64 = 0x4942_534f;
const FW_DYNAMIC_VERSION: u64 = 2;

/// RV64I and Zicsr, in the encodings of the unprivileged specification, chapter 2 ("RV32I Base Integer Instruction Set").
const CODE: [u32; 6] = [
    0x0000_0297, // auipc t0, 0
    0x0282_8613, // addi  a2, t0, 0x28: fw_dynamic_info
    0xf140_2573, // csrr  a0, mhartid
    0x0202_b583, // ld    a1, 0x20(t0): the device tree
    0x0182_b283, // ld    t0, 0x18(t0): the entry
    0x0002_8067, // jr    t0
];

/// The bytes of the ROM, from its first address on.
pub fn image(boot: Boot, device_tree: u64) -> Vec<u8> {
    let info = [FW_DYNAMIC_MAGIC, FW_DYNAMIC_VERSION, boot.next_addr, boot.next_mode as u64, 0, 0];
    let data = [boot.entry, device_tree].into_iter().chain(info);
    CODE.iter().flat_map(|word| word.to_le_bytes()).chain(data.flat_map(u64::to_le_bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_finds_its_data() {
        let boot = Boot { entry: 0x8000_0000, next_addr: 0x8020_0000, next_mode: NextMode::Supervisor };
        let image = image(boot, 0x8fe0_0000);
        let word = |at: usize| u64::from_le_bytes(image[at..at + 8].try_into().unwrap());
        // The offsets are the immediates of the instructions above, relative to the first.
        let cases = [
            (CODE[4] >> 20, boot.entry),
            (CODE[3] >> 20, 0x8fe0_0000),
            (CODE[1] >> 20, FW_DYNAMIC_MAGIC),
            ((CODE[1] >> 20) + 8, FW_DYNAMIC_VERSION),
            ((CODE[1] >> 20) + 16, boot.next_addr),
            ((CODE[1] >> 20) + 24, 1),
        ];
        for (at, want) in cases {
            assert_eq!(word(at as usize), want, "at {at:#x}");
        }
    }
}
