//! The decoder against what the GNU assembler and disassembler say, and against the text of the C chapter.

use std::collections::HashSet;

use super::table::ROWS;
use super::*;

/// `encoding text` per line, made once by the GNU assembler from random operands; covers every opcode.
const ASSEMBLED: &str = include_str!("testdata/rv64.txt");

#[test]
fn agrees_with_the_assembler_on_every_opcode() {
    let mut seen = HashSet::new();
    for line in ASSEMBLED.lines() {
        let (hex, text) = line.split_once(' ').expect("encoding and text");
        let raw = u32::from_str_radix(hex, 16).expect("a hexadecimal encoding");
        let inst = decode32(raw).unwrap_or_else(|| panic!("{hex} {text}: not decoded"));
        assert_eq!(inst.to_string(), text, "{hex}");
        assert_eq!((inst.raw, inst.len), (raw, 4));
        seen.insert(inst.op);
    }
    let missing: Vec<_> = Opcode::ALL.iter().filter(|op| !seen.contains(op)).collect();
    assert!(missing.is_empty(), "no line for {missing:?}");
}

#[test]
fn no_encoding_is_two_instructions() {
    for (n, a) in ROWS.iter().enumerate() {
        assert_eq!(a.op as usize, n);
        assert_eq!(a.value & !a.mask, 0, "{}", a.mnemonic);
        for b in &ROWS[n + 1..] {
            let disjoint = (a.value ^ b.value) & a.mask & b.mask != 0;
            assert!(disjoint || (a.op, b.op) == (Opcode::Pause, Opcode::Fence), "{} {}", a.mnemonic, b.mnemonic);
        }
    }
}

#[test]
fn reserved_encodings_are_illegal() {
    let cases = [
        (0x0000_0000, "all zeros"),
        (0xffff_ffff, "all ones"),
        (0x00b5_5553, "fadd.s with rm 5"),
        (0x02b5_6553, "fadd.d with rm 6"),
        (0xc005_5553, "fcvt.w.s with rm 5"),
        (0xd205_6553, "fcvt.d.w with rm 6"),
        (0x58b5_7553, "fsqrt.s with rs2"),
        (0x04b5_7553, "fadd.h: no such format here"),
        (0x06b5_7543, "fmadd.q"),
        (0x20b5_3553, "fsgnj with funct3 3"),
        (0xe005_2553, "fclass with funct3 2"),
        (0xf015_0553, "fmv.w.x with rs2"),
        (0x4005_7553, "fcvt.s.s"),
        (0x10b5_252f, "lr.w with rs2"),
        (0x00b5_152f, "amoadd of a halfword"),
        (0x28b5_252f, "amo with an unknown funct5"),
        (0x0405_1513, "slli with bit 26"),
        (0x0205_151b, "slliw by 32"),
        (0x4205_551b, "sraiw by 32"),
        (0x0005_2063, "branch with funct3 2"),
        (0x0005_1567, "jalr with funct3 1"),
        (0x0005_7503, "load with funct3 7"),
        (0x00b5_4023, "store with funct3 4"),
        (0x0005_4507, "flq"),
        (0x0000_4073, "system with funct3 4"),
        (0x0000_0173, "ecall with rd"),
        (0x1200_00f3, "sfence.vma with rd"),
        (0x0020_0073, "uret"),
        (0x0000_200f, "cbo: not implemented"),
    ];
    for (raw, what) in cases {
        assert_eq!(decode32(raw), None, "{what}");
    }
}

#[test]
fn reserved_fields_of_fences_are_ignored() {
    for (raw, op) in [
        (0x0ff0_000f, Opcode::Fence),
        (0x8330_000f, Opcode::Fence),
        (0x4ff0_000f, Opcode::Fence),
        (0x0ff5_850f, Opcode::Fence),
        (0x0100_008f, Opcode::Fence),
        (0x0100_000f, Opcode::Pause),
        (0xfff5_950f, Opcode::FenceI),
    ] {
        assert_eq!(decode32(raw).map(|i| i.op), Some(op), "{raw:#010x}");
    }
}

/// The instruction listing for RVC: bit pattern, expansion, and letters that must not be zero.
///
/// In a pattern a letter is a bit of the field of that name, most significant first; `imm` gives, for the letters `i`
/// in order, the immediate bit each one is. `D` and `S` are 5-bit, `d` and `s` 3-bit registers.
struct Listing {
    pattern: &'static str,
    imm: &'static [u32],
    signed: bool,
    nonzero: &'static str,
    text: &'static str,
}

const fn row(
    pattern: &'static str,
    imm: &'static [u32],
    signed: bool,
    nonzero: &'static str,
    text: &'static str,
) -> Listing {
    Listing { pattern, imm, signed, nonzero, text }
}

/// Specific rows first: the first that matches wins.
const RVC: &[Listing] = &[
    row("000iiiiiiiiddd00", &[5, 4, 9, 8, 7, 6, 2, 3], false, "i", "addi d,sp,i"),
    row("001iiisssiiddd00", &[5, 4, 3, 7, 6], false, "", "fld Fd,i(s)"),
    row("010iiisssiiddd00", &[5, 4, 3, 2, 6], false, "", "lw d,i(s)"),
    row("011iiisssiiddd00", &[5, 4, 3, 7, 6], false, "", "ld d,i(s)"),
    row("101iiisssiiddd00", &[5, 4, 3, 7, 6], false, "", "fsd Fd,i(s)"),
    row("110iiisssiiddd00", &[5, 4, 3, 2, 6], false, "", "sw d,i(s)"),
    row("111iiisssiiddd00", &[5, 4, 3, 7, 6], false, "", "sd d,i(s)"),
    row("000iDDDDDiiiii01", &[5, 4, 3, 2, 1, 0], true, "", "addi D,D,i"),
    row("001iDDDDDiiiii01", &[5, 4, 3, 2, 1, 0], true, "D", "addiw D,D,i"),
    row("010iDDDDDiiiii01", &[5, 4, 3, 2, 1, 0], true, "", "addi D,zero,i"),
    row("011i00010iiiii01", &[9, 4, 6, 8, 7, 5], true, "i", "addi sp,sp,i"),
    row("011iDDDDDiiiii01", &[17, 16, 15, 14, 13, 12], true, "i", "lui D,u"),
    row("100i00dddiiiii01", &[5, 4, 3, 2, 1, 0], false, "", "srli d,d,x"),
    row("100i01dddiiiii01", &[5, 4, 3, 2, 1, 0], false, "", "srai d,d,x"),
    row("100i10dddiiiii01", &[5, 4, 3, 2, 1, 0], true, "", "andi d,d,i"),
    row("100011ddd00sss01", &[], false, "", "sub d,d,s"),
    row("100011ddd01sss01", &[], false, "", "xor d,d,s"),
    row("100011ddd10sss01", &[], false, "", "or d,d,s"),
    row("100011ddd11sss01", &[], false, "", "and d,d,s"),
    row("100111ddd00sss01", &[], false, "", "subw d,d,s"),
    row("100111ddd01sss01", &[], false, "", "addw d,d,s"),
    row("101iiiiiiiiiii01", &[11, 4, 9, 8, 10, 6, 7, 3, 2, 1, 5], true, "", "jal zero,.i"),
    row("110iiisssiiiii01", &[8, 4, 3, 7, 6, 2, 1, 5], true, "", "beq s,zero,.i"),
    row("111iiisssiiiii01", &[8, 4, 3, 7, 6, 2, 1, 5], true, "", "bne s,zero,.i"),
    row("000iDDDDDiiiii10", &[5, 4, 3, 2, 1, 0], false, "", "slli D,D,x"),
    row("001iDDDDDiiiii10", &[5, 4, 3, 8, 7, 6], false, "", "fld FD,i(sp)"),
    row("010iDDDDDiiiii10", &[5, 4, 3, 2, 7, 6], false, "D", "lw D,i(sp)"),
    row("011iDDDDDiiiii10", &[5, 4, 3, 8, 7, 6], false, "D", "ld D,i(sp)"),
    row("1000DDDDD0000010", &[], false, "D", "jalr zero,0(D)"),
    row("1000DDDDDSSSSS10", &[], false, "S", "add D,zero,S"),
    row("1001000000000010", &[], false, "", "ebreak"),
    row("1001DDDDD0000010", &[], false, "D", "jalr ra,0(D)"),
    row("1001DDDDDSSSSS10", &[], false, "S", "add D,D,S"),
    row("101iiiiiiSSSSS10", &[5, 4, 3, 8, 7, 6], false, "", "fsd FS,i(sp)"),
    row("110iiiiiiSSSSS10", &[5, 4, 3, 2, 7, 6], false, "", "sw S,i(sp)"),
    row("111iiiiiiSSSSS10", &[5, 4, 3, 8, 7, 6], false, "", "sd S,i(sp)"),
];

/// ABI names, written differently from the disassembler's table on purpose.
fn x_name(n: u32) -> String {
    match n {
        0 => "zero".into(),
        1 => "ra".into(),
        2 => "sp".into(),
        3 => "gp".into(),
        4 => "tp".into(),
        5..=7 => format!("t{}", n - 5),
        8..=9 => format!("s{}", n - 8),
        10..=17 => format!("a{}", n - 10),
        18..=27 => format!("s{}", n - 16),
        _ => format!("t{}", n - 25),
    }
}

fn f_name(n: u32) -> String {
    match n {
        0..=7 => format!("ft{n}"),
        8..=9 => format!("fs{}", n - 8),
        10..=17 => format!("fa{}", n - 10),
        18..=27 => format!("fs{}", n - 16),
        _ => format!("ft{}", n - 20),
    }
}

/// What the listing says `half` is; `None` when it is reserved.
fn listed(half: u16) -> Option<String> {
    let bit = |n: usize| u32::from(half) >> (15 - n) & 1;
    let fits = |row: &&Listing| {
        row.pattern.bytes().enumerate().all(|(n, c)| match c {
            b'0' => bit(n) == 0,
            b'1' => bit(n) == 1,
            _ => true,
        })
    };
    RVC.iter().filter(fits).find_map(|row| {
        let field = |letter: char| {
            row.pattern.chars().enumerate().filter(|(_, c)| *c == letter).fold(0, |v, (n, _)| v << 1 | bit(n))
        };
        if row.nonzero.chars().any(|letter| field(letter) == 0) {
            return None;
        }
        let letters = row.pattern.chars().enumerate().filter(|(_, c)| *c == 'i');
        let mut imm = letters.zip(row.imm).fold(0i64, |v, ((n, _), to)| v | i64::from(bit(n)) << to);
        let top = row.imm.iter().max().map_or(0, |top| 1i64 << top);
        if row.signed && imm & top != 0 {
            imm -= 2 * top;
        }
        let mut text = String::new();
        let mut letters = row.text.split_inclusive(' ');
        text.push_str(letters.next().unwrap_or_default());
        let mut float = false;
        // Register names of the listing itself pass through; single letters are fields.
        for token in letters.flat_map(|operands| operands.split_inclusive([',', '(', ')', '.'])) {
            let (name, end) = token.split_at(token.trim_end_matches([',', '(', ')', '.']).len());
            let name = name.strip_prefix('F').inspect(|_| float = true).unwrap_or(name);
            let register = |n: u32, float: bool| if float { f_name(n) } else { x_name(n) };
            text += &match name {
                "D" | "S" => register(field(name.chars().next()?), float),
                "d" | "s" => register(field(name.chars().next()?) + 8, float),
                "i" if text.ends_with('.') => format!("{imm:+}"),
                "i" => imm.to_string(),
                "x" => format!("{imm:#x}"),
                "u" => format!("{:#x}", imm as u32 >> 12),
                other => other.into(),
            };
            text += end;
            float = false;
        }
        Some(text)
    })
}

#[test]
fn every_halfword_is_what_the_listing_says() {
    for half in 0..=u16::MAX {
        let inst = decode16(half);
        assert_eq!(inst.map(|i| i.to_string()), listed(half), "{half:#06x}");
        if let Some(inst) = inst {
            assert_eq!((inst.len, inst.raw, inst.rm, inst.aq, inst.rl), (2, half.into(), 0, false, false));
        }
    }
}
