//! The CSRs that a hart knows (RISC-V Privileged 20240213, chapter 2; Advanced Interrupt Architecture 1.0, chapter 2): their numbers, under the
//! specification's names, and what assemblers and debuggers call them, which is the same in small letters.
#![expect(missing_docs, reason = "the names are the specification's own")]

/// Constants, and a table of them.
macro_rules! csrs {
    ($($name:ident = $number:literal;)*) => {
        $(pub const $name: u16 = $number;)*
        const NAMED: &[(u16, &str)] = &[$(($number, stringify!($name))),*];
    };
}
csrs! {
    FFLAGS = 0x001;
    FRM = 0x002;
    FCSR = 0x003;

    SSTATUS = 0x100;
    SIE = 0x104;
    STVEC = 0x105;
    SCOUNTEREN = 0x106;
    SENVCFG = 0x10a;
    SSCRATCH = 0x140;
    SEPC = 0x141;
    SCAUSE = 0x142;
    STVAL = 0x143;
    SIP = 0x144;
    STIMECMP = 0x14d;
    SISELECT = 0x150;
    SIREG = 0x151;
    STOPEI = 0x15c;
    SATP = 0x180;

    MSTATUS = 0x300;
    MISA = 0x301;
    MEDELEG = 0x302;
    MIDELEG = 0x303;
    MIE = 0x304;
    MTVEC = 0x305;
    MCOUNTEREN = 0x306;
    MVIEN = 0x308;
    MVIP = 0x309;
    MENVCFG = 0x30a;
    MCOUNTINHIBIT = 0x320;
    MHPMEVENT3 = 0x323;
    MHPMEVENT31 = 0x33f;
    MSCRATCH = 0x340;
    MEPC = 0x341;
    MCAUSE = 0x342;
    MTVAL = 0x343;
    MIP = 0x344;
    MISELECT = 0x350;
    MIREG = 0x351;
    MTOPEI = 0x35c;
    PMPCFG0 = 0x3a0;
    PMPCFG2 = 0x3a2;
    PMPADDR0 = 0x3b0;
    PMPADDR15 = 0x3bf;

    TSELECT = 0x7a0;
    TDATA1 = 0x7a1;
    TDATA2 = 0x7a2;
    TDATA3 = 0x7a3;
    TINFO = 0x7a4;

    MCYCLE = 0xb00;
    MINSTRET = 0xb02;
    MHPMCOUNTER3 = 0xb03;
    MHPMCOUNTER31 = 0xb1f;

    CYCLE = 0xc00;
    TIME = 0xc01;
    INSTRET = 0xc02;
    HPMCOUNTER3 = 0xc03;
    HPMCOUNTER31 = 0xc1f;

    STOPI = 0xdb0;

    MVENDORID = 0xf11;
    MARCHID = 0xf12;
    MIMPID = 0xf13;
    MHARTID = 0xf14;
    MCONFIGPTR = 0xf15;
    MTOPI = 0xfb0;
}

/// Rows of registers of which only the ends have constants; their names count on.
const ROWS: [(u16, u16); 4] =
    [(MHPMEVENT3, MHPMEVENT31), (PMPADDR0, PMPADDR15), (MHPMCOUNTER3, MHPMCOUNTER31), (HPMCOUNTER3, HPMCOUNTER31)];

/// What assemblers call this CSR, if a hart may have it.
pub fn name(csr: u16) -> Option<String> {
    let constant = |csr| NAMED.iter().find(|(number, _)| *number == csr).map(|(_, name)| name.to_ascii_lowercase());
    constant(csr).or_else(|| {
        let (first, _) = ROWS.into_iter().find(|(first, last)| (first..=last).contains(&&csr))?;
        let name = constant(first)?;
        let stem = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
        let index = name[stem.len()..].parse::<u16>().ok()? + (csr - first);
        Some(format!("{stem}{index}"))
    })
}
