//! What a hart is built with, as far as its CSRs show it.

use super::status::envcfg;

/// An address translation scheme, in the encoding of `satp.MODE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the specification's own")]
pub enum SatpMode {
    Bare = 0,
    Sv39 = 8,
    Sv48 = 9,
    Sv57 = 10,
}

impl SatpMode {
    /// The mode with this encoding, if it is not reserved.
    pub fn from_bits(bits: u64) -> Option<SatpMode> {
        match bits {
            0 => Some(SatpMode::Bare),
            8 => Some(SatpMode::Sv39),
            9 => Some(SatpMode::Sv48),
            10 => Some(SatpMode::Sv57),
            _ => None,
        }
    }

    /// Levels of page table; zero for `Bare`.
    pub fn levels(self) -> u32 {
        match self {
            SatpMode::Bare => 0,
            SatpMode::Sv39 => 3,
            SatpMode::Sv48 => 4,
            SatpMode::Sv57 => 5,
        }
    }
}

/// Which options a hart has. `Default` has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// `mhartid`.
    pub hart_id: u64,
    /// The single-letter extensions as bits of `misa` (A = bit 0). Not writable by the guest.
    pub misa_letters: u32,
    /// The greatest translation scheme; the smaller ones come with it.
    pub satp_mode_max: SatpMode,
    /// Supervisor timer compare.
    pub sstc: bool,
    /// Hardware updating of A and D bits can be switched by `menvcfg.ADUE`; it is on after reset, as the `virt` board's
    /// peers have it. Without it a clear A or D bit is always a page fault (Svade).
    pub svadu: bool,
    /// Page-based memory types; accepted and without effect, since all memory here is ordinary and coherent.
    pub svpbmt: bool,
    /// 64 KiB contiguous translations.
    pub svnapot: bool,
    /// Cache-block instructions (Zicbom, Zicboz): their enable bits in `menvcfg` and `senvcfg` exist.
    pub cache_blocks: bool,
}

/// The bit of an extension's letter in `misa`.
const fn letter(name: u8) -> u32 {
    1 << (name - b'A')
}

impl Config {
    /// The letters of RV64GC with S and U, and B.
    pub const RV64GC_B: u32 = letter(b'I')
        | letter(b'M')
        | letter(b'A')
        | letter(b'F')
        | letter(b'D')
        | letter(b'C')
        | letter(b'B')
        | letter(b'S')
        | letter(b'U');

    /// Every option, for the hart with this id.
    pub fn full(hart_id: u64) -> Config {
        Config { hart_id, ..Config::default() }
    }

    /// `misa`: XLEN 64 and the letters (3.1.1).
    pub(super) fn misa(&self) -> u64 {
        2 << 62 | u64::from(self.misa_letters)
    }

    /// Whether F is there, and with it FS and fcsr.
    pub(super) fn float(&self) -> bool {
        self.misa_letters & letter(b'F') != 0
    }

    /// The bits of `menvcfg` that exist (3.1.18).
    pub(super) fn menvcfg_mask(&self) -> u64 {
        let option = |present: bool, bits: u64| if present { bits } else { 0 };
        self.senvcfg_mask()
            | option(self.sstc, envcfg::STCE)
            | option(self.svpbmt, envcfg::PBMTE)
            | option(self.svadu, envcfg::ADUE)
    }

    /// The bits of `senvcfg` that exist (Supervisor Environment Configuration Register).
    pub(super) fn senvcfg_mask(&self) -> u64 {
        envcfg::FIOM | if self.cache_blocks { envcfg::CBIE | envcfg::CBCFE | envcfg::CBZE } else { 0 }
    }

    /// Hardware A/D updating is on after reset where it exists; all else is off.
    pub(super) fn menvcfg_at_reset(&self) -> u64 {
        if self.svadu { envcfg::ADUE } else { 0 }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            hart_id: 0,
            misa_letters: Config::RV64GC_B,
            satp_mode_max: SatpMode::Sv57,
            sstc: true,
            svadu: true,
            svpbmt: true,
            svnapot: true,
            cache_blocks: false,
        }
    }
}
