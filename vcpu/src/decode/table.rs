//! The instruction table: one row per instruction gives its opcode, mnemonic, operand format and fixed bits.
//!
//! The format alone says which bits are operands, so the mask follows from it. Rows stand in order of the major
//! opcode (bits 6:2), which makes each major opcode one slice of the table.

use std::ops::Range;

/// Operand format: which bits are operands, of which register file, and how they are written.
///
/// In the names of the floating-point formats `F` is an f register and `X` an x register, destination first;
/// `Rm` says that bits 14:12 are the rounding mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the ISA's own")]
pub enum Format {
    /// No operands; every bit is fixed.
    Bare,
    R,
    /// `rd, rs1`; the rs2 field is part of the opcode.
    Unary,
    I,
    /// 6-bit shift amount.
    Shift6,
    /// 5-bit shift amount.
    Shift5,
    Load,
    Store,
    Branch,
    U,
    Jal,
    Jalr,
    Fence,
    /// The other fields are reserved for finer-grain fences and ignored, as for `fence` (chapter 5).
    FenceI,
    Csr,
    /// Zicsr with the 5-bit immediate in the place of rs1.
    CsrI,
    Lr,
    /// `amo*` and `sc`.
    Amo,
    SfenceVma,
    LoadF,
    StoreF,
    Fma,
    FffRm,
    FfRm,
    Fff,
    Xff,
    Xf,
    Fx,
    XfRm,
    FxRm,
}

impl Format {
    /// The bits that are not operands.
    const fn mask(self) -> u32 {
        use Format::*;
        match self {
            Bare => 0xffff_ffff,
            R | Fff | Xff | Shift5 => 0xfe00_707f,
            Unary | Xf | Fx => 0xfff0_707f,
            I | Load | LoadF | Store | StoreF | Branch | Jalr | Fence | FenceI | Csr | CsrI => 0x0000_707f,
            Shift6 => 0xfc00_707f,
            U | Jal => 0x0000_007f,
            Lr => 0xf9f0_707f,
            Amo => 0xf800_707f,
            SfenceVma => 0xfe00_7fff,
            Fma => 0x0600_007f,
            FffRm => 0xfe00_007f,
            FfRm | XfRm | FxRm => 0xfff0_007f,
        }
    }
}

/// One instruction: an encoding is it when `encoding & mask == value`.
pub(super) struct Row {
    pub(super) op: Opcode,
    pub(super) mnemonic: &'static str,
    pub(super) format: Format,
    pub(super) mask: u32,
    pub(super) value: u32,
}

macro_rules! instructions {
    ($($op:ident $mnemonic:literal $format:ident $value:literal,)*) => {
        /// Every instruction of the base and the extensions that harts implement, by the ISA's own name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "the names are the ISA's own")]
        pub enum Opcode { $($op,)* }

        /// The rows, in the order of [`Opcode`].
        pub(super) const ROWS: &[Row] = &[$(Row {
            op: Opcode::$op,
            mnemonic: $mnemonic,
            format: Format::$format,
            mask: Format::$format.mask(),
            value: $value,
        },)*];

        impl Opcode {
            /// All of them, in the order of their discriminants.
            pub const ALL: &[Opcode] = &[$(Opcode::$op,)*];
        }
    };
}

impl Opcode {
    /// The assembler's name, without `.aq` and `.rl`.
    pub const fn mnemonic(self) -> &'static str {
        ROWS[self as usize].mnemonic
    }

    /// The operand format.
    pub const fn format(self) -> Format {
        ROWS[self as usize].format
    }

    /// The encoding whose operands are all zero.
    pub const fn encoding(self) -> u32 {
        ROWS[self as usize].value
    }
}

/// Where each major opcode's rows start; the last entry is the number of rows.
const STARTS: [u8; 33] = {
    let mut starts = [0; 33];
    let (mut major, mut row) = (0, 0);
    while major < 32 {
        while row < ROWS.len() && (ROWS[row].value >> 2 & 31) as usize == major {
            row += 1;
        }
        major += 1;
        starts[major] = row as u8;
    }
    assert!(row == ROWS.len(), "rows must be sorted by major opcode");
    starts
};

/// The rows that share the major opcode of `raw`.
pub(super) const fn bucket(raw: u32) -> Range<usize> {
    let major = (raw >> 2 & 31) as usize;
    STARTS[major] as usize..STARTS[major + 1] as usize
}

instructions! {
    // LOAD
    Lb "lb" Load 0x0000_0003,
    Lh "lh" Load 0x0000_1003,
    Lw "lw" Load 0x0000_2003,
    Ld "ld" Load 0x0000_3003,
    Lbu "lbu" Load 0x0000_4003,
    Lhu "lhu" Load 0x0000_5003,
    Lwu "lwu" Load 0x0000_6003,
    // LOAD-FP
    Flw "flw" LoadF 0x0000_2007,
    Fld "fld" LoadF 0x0000_3007,
    // MISC-MEM: pause is a fence, so it stands first
    Pause "pause" Bare 0x0100_000f,
    Fence "fence" Fence 0x0000_000f,
    FenceI "fence.i" FenceI 0x0000_100f,
    // OP-IMM
    Addi "addi" I 0x0000_0013,
    Slti "slti" I 0x0000_2013,
    Sltiu "sltiu" I 0x0000_3013,
    Xori "xori" I 0x0000_4013,
    Ori "ori" I 0x0000_6013,
    Andi "andi" I 0x0000_7013,
    Slli "slli" Shift6 0x0000_1013,
    Srli "srli" Shift6 0x0000_5013,
    Srai "srai" Shift6 0x4000_5013,
    Clz "clz" Unary 0x6000_1013,
    Ctz "ctz" Unary 0x6010_1013,
    Cpop "cpop" Unary 0x6020_1013,
    SextB "sext.b" Unary 0x6040_1013,
    SextH "sext.h" Unary 0x6050_1013,
    OrcB "orc.b" Unary 0x2870_5013,
    Rev8 "rev8" Unary 0x6b80_5013,
    Rori "rori" Shift6 0x6000_5013,
    Bclri "bclri" Shift6 0x4800_1013,
    Bexti "bexti" Shift6 0x4800_5013,
    Binvi "binvi" Shift6 0x6800_1013,
    Bseti "bseti" Shift6 0x2800_1013,
    // AUIPC
    Auipc "auipc" U 0x0000_0017,
    // OP-IMM-32
    Addiw "addiw" I 0x0000_001b,
    Slliw "slliw" Shift5 0x0000_101b,
    Srliw "srliw" Shift5 0x0000_501b,
    Sraiw "sraiw" Shift5 0x4000_501b,
    SlliUw "slli.uw" Shift6 0x0800_101b,
    Clzw "clzw" Unary 0x6000_101b,
    Ctzw "ctzw" Unary 0x6010_101b,
    Cpopw "cpopw" Unary 0x6020_101b,
    Roriw "roriw" Shift5 0x6000_501b,
    // STORE
    Sb "sb" Store 0x0000_0023,
    Sh "sh" Store 0x0000_1023,
    Sw "sw" Store 0x0000_2023,
    Sd "sd" Store 0x0000_3023,
    // STORE-FP
    Fsw "fsw" StoreF 0x0000_2027,
    Fsd "fsd" StoreF 0x0000_3027,
    // AMO
    LrW "lr.w" Lr 0x1000_202f,
    ScW "sc.w" Amo 0x1800_202f,
    AmoSwapW "amoswap.w" Amo 0x0800_202f,
    AmoAddW "amoadd.w" Amo 0x0000_202f,
    AmoXorW "amoxor.w" Amo 0x2000_202f,
    AmoAndW "amoand.w" Amo 0x6000_202f,
    AmoOrW "amoor.w" Amo 0x4000_202f,
    AmoMinW "amomin.w" Amo 0x8000_202f,
    AmoMaxW "amomax.w" Amo 0xa000_202f,
    AmoMinuW "amominu.w" Amo 0xc000_202f,
    AmoMaxuW "amomaxu.w" Amo 0xe000_202f,
    LrD "lr.d" Lr 0x1000_302f,
    ScD "sc.d" Amo 0x1800_302f,
    AmoSwapD "amoswap.d" Amo 0x0800_302f,
    AmoAddD "amoadd.d" Amo 0x0000_302f,
    AmoXorD "amoxor.d" Amo 0x2000_302f,
    AmoAndD "amoand.d" Amo 0x6000_302f,
    AmoOrD "amoor.d" Amo 0x4000_302f,
    AmoMinD "amomin.d" Amo 0x8000_302f,
    AmoMaxD "amomax.d" Amo 0xa000_302f,
    AmoMinuD "amominu.d" Amo 0xc000_302f,
    AmoMaxuD "amomaxu.d" Amo 0xe000_302f,
    // OP
    Add "add" R 0x0000_0033,
    Sub "sub" R 0x4000_0033,
    Sll "sll" R 0x0000_1033,
    Slt "slt" R 0x0000_2033,
    Sltu "sltu" R 0x0000_3033,
    Xor "xor" R 0x0000_4033,
    Srl "srl" R 0x0000_5033,
    Sra "sra" R 0x4000_5033,
    Or "or" R 0x0000_6033,
    And "and" R 0x0000_7033,
    Mul "mul" R 0x0200_0033,
    Mulh "mulh" R 0x0200_1033,
    Mulhsu "mulhsu" R 0x0200_2033,
    Mulhu "mulhu" R 0x0200_3033,
    Div "div" R 0x0200_4033,
    Divu "divu" R 0x0200_5033,
    Rem "rem" R 0x0200_6033,
    Remu "remu" R 0x0200_7033,
    Andn "andn" R 0x4000_7033,
    Orn "orn" R 0x4000_6033,
    Xnor "xnor" R 0x4000_4033,
    Max "max" R 0x0a00_6033,
    Maxu "maxu" R 0x0a00_7033,
    Min "min" R 0x0a00_4033,
    Minu "minu" R 0x0a00_5033,
    Rol "rol" R 0x6000_1033,
    Ror "ror" R 0x6000_5033,
    Sh1add "sh1add" R 0x2000_2033,
    Sh2add "sh2add" R 0x2000_4033,
    Sh3add "sh3add" R 0x2000_6033,
    Clmul "clmul" R 0x0a00_1033,
    Clmulh "clmulh" R 0x0a00_3033,
    Clmulr "clmulr" R 0x0a00_2033,
    Bclr "bclr" R 0x4800_1033,
    Bext "bext" R 0x4800_5033,
    Binv "binv" R 0x6800_1033,
    Bset "bset" R 0x2800_1033,
    // LUI
    Lui "lui" U 0x0000_0037,
    // OP-32
    Addw "addw" R 0x0000_003b,
    Subw "subw" R 0x4000_003b,
    Sllw "sllw" R 0x0000_103b,
    Srlw "srlw" R 0x0000_503b,
    Sraw "sraw" R 0x4000_503b,
    Mulw "mulw" R 0x0200_003b,
    Divw "divw" R 0x0200_403b,
    Divuw "divuw" R 0x0200_503b,
    Remw "remw" R 0x0200_603b,
    Remuw "remuw" R 0x0200_703b,
    Rolw "rolw" R 0x6000_103b,
    Rorw "rorw" R 0x6000_503b,
    AddUw "add.uw" R 0x0800_003b,
    Sh1addUw "sh1add.uw" R 0x2000_203b,
    Sh2addUw "sh2add.uw" R 0x2000_403b,
    Sh3addUw "sh3add.uw" R 0x2000_603b,
    ZextH "zext.h" Unary 0x0800_403b,
    // MADD
    FmaddS "fmadd.s" Fma 0x0000_0043,
    FmaddD "fmadd.d" Fma 0x0200_0043,
    // MSUB
    FmsubS "fmsub.s" Fma 0x0000_0047,
    FmsubD "fmsub.d" Fma 0x0200_0047,
    // NMSUB
    FnmsubS "fnmsub.s" Fma 0x0000_004b,
    FnmsubD "fnmsub.d" Fma 0x0200_004b,
    // NMADD
    FnmaddS "fnmadd.s" Fma 0x0000_004f,
    FnmaddD "fnmadd.d" Fma 0x0200_004f,
    // OP-FP
    FaddS "fadd.s" FffRm 0x0000_0053,
    FsubS "fsub.s" FffRm 0x0800_0053,
    FmulS "fmul.s" FffRm 0x1000_0053,
    FdivS "fdiv.s" FffRm 0x1800_0053,
    FsqrtS "fsqrt.s" FfRm 0x5800_0053,
    FsgnjS "fsgnj.s" Fff 0x2000_0053,
    FsgnjnS "fsgnjn.s" Fff 0x2000_1053,
    FsgnjxS "fsgnjx.s" Fff 0x2000_2053,
    FminS "fmin.s" Fff 0x2800_0053,
    FmaxS "fmax.s" Fff 0x2800_1053,
    FeqS "feq.s" Xff 0xa000_2053,
    FltS "flt.s" Xff 0xa000_1053,
    FleS "fle.s" Xff 0xa000_0053,
    FclassS "fclass.s" Xf 0xe000_1053,
    FmvXW "fmv.x.w" Xf 0xe000_0053,
    FmvWX "fmv.w.x" Fx 0xf000_0053,
    FcvtWS "fcvt.w.s" XfRm 0xc000_0053,
    FcvtWuS "fcvt.wu.s" XfRm 0xc010_0053,
    FcvtLS "fcvt.l.s" XfRm 0xc020_0053,
    FcvtLuS "fcvt.lu.s" XfRm 0xc030_0053,
    FcvtSW "fcvt.s.w" FxRm 0xd000_0053,
    FcvtSWu "fcvt.s.wu" FxRm 0xd010_0053,
    FcvtSL "fcvt.s.l" FxRm 0xd020_0053,
    FcvtSLu "fcvt.s.lu" FxRm 0xd030_0053,
    FaddD "fadd.d" FffRm 0x0200_0053,
    FsubD "fsub.d" FffRm 0x0a00_0053,
    FmulD "fmul.d" FffRm 0x1200_0053,
    FdivD "fdiv.d" FffRm 0x1a00_0053,
    FsqrtD "fsqrt.d" FfRm 0x5a00_0053,
    FsgnjD "fsgnj.d" Fff 0x2200_0053,
    FsgnjnD "fsgnjn.d" Fff 0x2200_1053,
    FsgnjxD "fsgnjx.d" Fff 0x2200_2053,
    FminD "fmin.d" Fff 0x2a00_0053,
    FmaxD "fmax.d" Fff 0x2a00_1053,
    FeqD "feq.d" Xff 0xa200_2053,
    FltD "flt.d" Xff 0xa200_1053,
    FleD "fle.d" Xff 0xa200_0053,
    FclassD "fclass.d" Xf 0xe200_1053,
    FmvXD "fmv.x.d" Xf 0xe200_0053,
    FmvDX "fmv.d.x" Fx 0xf200_0053,
    FcvtWD "fcvt.w.d" XfRm 0xc200_0053,
    FcvtWuD "fcvt.wu.d" XfRm 0xc210_0053,
    FcvtLD "fcvt.l.d" XfRm 0xc220_0053,
    FcvtLuD "fcvt.lu.d" XfRm 0xc230_0053,
    FcvtDW "fcvt.d.w" FxRm 0xd200_0053,
    FcvtDWu "fcvt.d.wu" FxRm 0xd210_0053,
    FcvtDL "fcvt.d.l" FxRm 0xd220_0053,
    FcvtDLu "fcvt.d.lu" FxRm 0xd230_0053,
    FcvtSD "fcvt.s.d" FfRm 0x4010_0053,
    FcvtDS "fcvt.d.s" FfRm 0x4200_0053,
    // BRANCH
    Beq "beq" Branch 0x0000_0063,
    Bne "bne" Branch 0x0000_1063,
    Blt "blt" Branch 0x0000_4063,
    Bge "bge" Branch 0x0000_5063,
    Bltu "bltu" Branch 0x0000_6063,
    Bgeu "bgeu" Branch 0x0000_7063,
    // JALR
    Jalr "jalr" Jalr 0x0000_0067,
    // JAL
    Jal "jal" Jal 0x0000_006f,
    // SYSTEM
    Ecall "ecall" Bare 0x0000_0073,
    Ebreak "ebreak" Bare 0x0010_0073,
    Sret "sret" Bare 0x1020_0073,
    Mret "mret" Bare 0x3020_0073,
    Wfi "wfi" Bare 0x1050_0073,
    SfenceVma "sfence.vma" SfenceVma 0x1200_0073,
    Csrrw "csrrw" Csr 0x0000_1073,
    Csrrs "csrrs" Csr 0x0000_2073,
    Csrrc "csrrc" Csr 0x0000_3073,
    Csrrwi "csrrwi" CsrI 0x0000_5073,
    Csrrsi "csrrsi" CsrI 0x0000_6073,
    Csrrci "csrrci" CsrI 0x0000_7073,
}
