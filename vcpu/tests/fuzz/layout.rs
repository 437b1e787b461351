//! What is where.

pub const BASE: u64 = 0x8000_0000;
pub const SIZE: u64 = 0x6_0000;
/// The handlers: M's, and one page on S's.
pub const HANDLERS: u64 = BASE;
/// Random code.
pub const CODE: u64 = BASE + 0x2000;
pub const CODE_PAGES: u64 = 4;
/// Sv39 tables.
pub const TABLES: u64 = BASE + 0x8000;
/// Below this a locked entry of PMP lets nobody write, where blocks and single instructions are compared: what was cached of code and of page
/// tables may be stale, legally.
pub const DATA: u64 = BASE + 0x1_0000;
pub const DEVICE: u64 = 0x1000_0000;
pub const ROM: u64 = 0x1000;
pub const WINDOW: u64 = 0x2000_0000;
/// All of RAM again, for users.
pub const USER_BASE: u64 = 0x1_4000_0000;
