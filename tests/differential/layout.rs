//! Where everything lies in the machines' memory, for the frame and for the host alike.

/// Guest memory: its address and size.
pub const RAM: u64 = 0x8000_0000;
pub const RAM_SIZE: u64 = 64 << 20;
/// The frame's variables; the second doubleword is the number of cases.
pub const CONTEXT: u64 = RAM + 0x2000;
/// The supervisor's trap handler, one instruction.
pub const STUB_PA: u64 = RAM + 0x3000;
/// Two adjacent pages that the case's code lies in.
pub const CODE_PA: u64 = RAM + 0x4000;
/// 64 KiB, aligned, whose pages scratch memory is made of.
pub const DATA_PA: u64 = RAM + 0x2_0000;
/// Page tables: as many pages as a case needs.
pub const TABLES_PA: u64 = RAM + 0x4_0000;
/// A page table that nobody writes.
pub const EMPTY_TABLE_PA: u64 = TABLES_PA + 0x2_8000;
pub const CASES: u64 = RAM + 0x10_0000;
pub const RESULTS: u64 = RAM + 0x200_0000;
/// How many fit; above the results lies the device tree.
pub const MAX_CASES: usize = ((RESULTS - CASES) >> RECORD_SHIFT) as usize - 1000;

/// log2 of the size of a record, of a case or of a result.
pub const RECORD_SHIFT: u64 = 11;
pub const RECORD: usize = 1 << RECORD_SHIFT;

/// Offsets in a case. `C_X` is followed by the registers; in the place of x0 stands the first pc.
pub const C_X: usize = 0;
pub const C_F: usize = 256;
pub const C_MSTATUS: usize = 512;
pub const C_FCSR: usize = 520;
pub const C_CODE_VA: usize = 528;
pub const C_CODE_PA: usize = 536;
pub const C_CODE_DST: usize = 544;
pub const C_END: usize = 552;
pub const C_STUB: usize = 560;
pub const C_DATA_LOW: usize = 568;
pub const C_DATA_HIGH: usize = 576;
pub const C_PTE_COUNT: usize = 584;
pub const C_CSRS: usize = 592;
pub const C_CODE: usize = 768;
pub const C_DATA: usize = 1024;
pub const C_PTES: usize = 1280;
pub const CODE_BYTES: usize = 256;
/// Scratch memory is this many bytes on either side of a page boundary.
pub const HALF_BYTES: usize = 128;
pub const MAX_PTES: usize = 32;

/// Offsets in a result.
pub const R_X: usize = 0;
pub const R_F: usize = 256;
pub const R_TRAPS: usize = 512;
pub const R_FCSR: usize = 520;
pub const R_CSRS: usize = 528;
pub const R_DATA: usize = 768;
pub const R_LOGS: usize = 1024;
pub const R_PTES: usize = 1536;
/// Traps in a case; the last ends it. Each is logged in 64 bytes.
pub const LOGS: usize = 8;

/// What the frame sets before a case, in this order.
pub const CASE_CSRS: [&str; 19] = [
    "pmpaddr0",
    "pmpaddr1",
    "pmpaddr2",
    "pmpaddr3",
    "pmpaddr7",
    "pmpcfg0",
    "satp",
    "medeleg",
    "mideleg",
    "mcounteren",
    "scounteren",
    "0x30a",
    "0x10a",
    "sepc",
    "scause",
    "stval",
    "sscratch",
    "mip",
    "mie",
];

/// What the frame records after a case, in this order.
pub const RESULT_CSRS: [&str; 23] = [
    "mstatus",
    "satp",
    "medeleg",
    "mideleg",
    "mie",
    "mip",
    "mcounteren",
    "scounteren",
    "0x30a",
    "0x10a",
    "sepc",
    "scause",
    "stval",
    "sscratch",
    "stvec",
    "0x14d",
    "pmpcfg0",
    "pmpaddr0",
    "pmpaddr1",
    "pmpaddr2",
    "pmpaddr3",
    "pmpaddr7",
    "mtvec",
];

const _: () = assert!(C_CSRS + 8 * CASE_CSRS.len() <= C_CODE && R_CSRS + 8 * RESULT_CSRS.len() <= R_DATA);
const _: () = assert!(C_PTES + 16 * MAX_PTES <= RECORD && R_PTES + 8 * MAX_PTES <= RECORD);

/// The names that frame.S uses, with what stands for them.
pub fn definitions() -> Vec<(&'static str, String)> {
    macro_rules! names { ($($name:ident)*) => { vec![$((stringify!($name), format!("{:#x}", $name))),*] } }
    let mut all = names! {
        RAM CONTEXT STUB_PA CASES RESULTS RECORD_SHIFT
        C_X C_F C_MSTATUS C_FCSR C_CODE_VA C_CODE_PA C_CODE_DST C_END C_STUB C_DATA_LOW C_DATA_HIGH C_PTE_COUNT C_CSRS C_CODE
        C_DATA C_PTES CODE_BYTES HALF_BYTES R_X R_F R_TRAPS R_FCSR R_CSRS R_DATA R_LOGS R_PTES LOGS
    };
    all.push(("CASE_CSRS", CASE_CSRS.join(",")));
    all.push(("RESULT_CSRS", RESULT_CSRS.join(",")));
    all
}
