//! One case: the state that a short instruction sequence starts in, and the sequence.

use std::fmt;

use manyhart_vcpu::decode::{self, Format, Opcode};

use crate::assemble::{self, Operands};
use crate::generate::width;
use crate::layout::*;
use crate::paging::Space;

/// One instruction. Those that go elsewhere name the unit they go to, which is a later one, or the end.
#[derive(Clone, Copy)]
pub enum Item {
    Word(u32),
    Half(u16),
    Branch { op: Opcode, rs1: u8, rs2: u8, to: usize },
    Jal { rd: u8, to: usize },
    CBranch { not_zero: bool, low: u8, to: usize },
    CJump { to: usize },
}

impl Item {
    fn len(&self) -> u64 {
        match self {
            Item::Word(_) | Item::Branch { .. } | Item::Jal { .. } => 4,
            Item::Half(_) | Item::CBranch { .. } | Item::CJump { .. } => 2,
        }
    }

    fn target(&mut self) -> Option<&mut usize> {
        match self {
            Item::Branch { to, .. } | Item::Jal { to, .. } | Item::CBranch { to, .. } | Item::CJump { to } => Some(to),
            Item::Word(_) | Item::Half(_) => None,
        }
    }
}

/// Instructions that stay together.
pub type Unit = Vec<Item>;

/// A register that holds the address of a unit, plus `bias`, for an indirect jump or a return.
#[derive(Clone, Copy)]
pub struct Aim {
    pub register: u8,
    pub to: usize,
    pub bias: i64,
}

/// Control and status registers by name, in [`CASE_CSRS`].
pub fn csr_slot(name: &str) -> usize {
    CASE_CSRS.iter().position(|known| *known == name).expect("a CSR of the frame")
}

/// A case.
#[derive(Clone)]
pub struct Case {
    pub theme: &'static str,
    pub x: [u64; 32],
    pub f: [u64; 32],
    pub mstatus: u64,
    pub fcsr: u64,
    pub csrs: [u64; CASE_CSRS.len()],
    pub space: Space,
    /// Where the code starts, behind the first code page's start.
    pub offset: u64,
    pub data: [u8; 2 * HALF_BYTES],
    pub units: Vec<Unit>,
    pub aims: Vec<Aim>,
}

impl Case {
    /// Bytes of code up to the end marker.
    pub fn code_len(&self) -> u64 {
        self.units.iter().flatten().map(Item::len).sum()
    }

    fn starts(&self) -> Vec<u64> {
        let mut at = self.space.code_va + self.offset;
        let mut starts = vec![at];
        for unit in &self.units {
            at += unit.iter().map(Item::len).sum::<u64>();
            starts.push(at);
        }
        starts
    }

    /// Registers, those that are aimed included.
    pub fn registers(&self) -> [u64; 32] {
        let starts = self.starts();
        let mut x = self.x;
        for aim in &self.aims {
            x[usize::from(aim.register)] = starts[aim.to].wrapping_add_signed(aim.bias);
        }
        x
    }

    /// Without one unit.
    pub fn without(&self, unit: usize) -> Case {
        let mut case = self.clone();
        case.units.remove(unit);
        let targets = case.units.iter_mut().flatten().filter_map(Item::target);
        for to in targets.chain(case.aims.iter_mut().map(|aim| &mut aim.to)) {
            *to -= usize::from(*to > unit);
        }
        case
    }

    /// The instructions with their addresses, as encodings; the end marker is not among them.
    pub fn encodings(&self) -> Vec<(u64, Encoding)> {
        let starts = self.starts();
        let mut at = starts[0];
        let mut all = Vec::new();
        for item in self.units.iter().flatten() {
            let to = |unit: usize| starts[unit].wrapping_sub(at) as i32;
            let encoding = match *item {
                Item::Word(word) => Encoding::Word(word),
                Item::Half(half) => Encoding::Half(half),
                Item::Branch { op, rs1, rs2, to: unit } => {
                    Encoding::Word(assemble::word(op, Operands { rs1, rs2, imm: to(unit), ..Operands::default() }))
                }
                Item::Jal { rd, to: unit } => {
                    Encoding::Word(assemble::word(Opcode::Jal, Operands { rd, imm: to(unit), ..Operands::default() }))
                }
                Item::CBranch { not_zero, low, to: unit } => {
                    Encoding::Half(assemble::c_branch(not_zero, low, to(unit)))
                }
                Item::CJump { to: unit } => Encoding::Half(assemble::c_j(to(unit))),
            };
            all.push((at, encoding));
            at += item.len();
        }
        all
    }

    /// The size of the load at this address, if there is one.
    pub fn load_at(&self, at: u64) -> Option<u64> {
        let inst = self.instruction_at(at)?;
        matches!(inst.op.format(), Format::Load | Format::LoadF).then(|| width(inst.op))
    }

    /// Whether a read-modify-write stands at this address.
    pub fn is_amo(&self, at: u64) -> bool {
        self.instruction_at(at).is_some_and(|inst| inst.op.format() == Format::Amo)
    }

    /// Whether there is a `wfi`, which needs the interrupts that the case starts with.
    pub fn waits(&self) -> bool {
        self.encodings().iter().any(|(_, encoding)| encoding.decode().is_some_and(|inst| inst.op == Opcode::Wfi))
    }

    fn instruction_at(&self, at: u64) -> Option<decode::Inst> {
        let (_, encoding) = self.encodings().into_iter().find(|(address, _)| *address == at)?;
        encoding.decode()
    }

    /// Writes the case's record.
    pub fn encode(&self, record: &mut [u8]) {
        let mut put = |at: usize, value: u64| record[at..at + 8].copy_from_slice(&value.to_le_bytes());
        let (starts, space) = (self.starts(), &self.space);
        for (at, value) in self.registers().into_iter().enumerate() {
            put(C_X + 8 * at, if at == 0 { starts[0] } else { value });
        }
        for (at, value) in self.f.into_iter().enumerate() {
            put(C_F + 8 * at, value);
        }
        for (at, value) in self.csrs.into_iter().enumerate() {
            put(C_CSRS + 8 * at, value);
        }
        put(C_MSTATUS, self.mstatus);
        put(C_FCSR, self.fcsr);
        put(C_CODE_VA, space.code_va);
        put(C_CODE_PA, CODE_PA);
        put(C_CODE_DST, CODE_PA + self.offset);
        put(C_END, *starts.last().expect("a start"));
        put(C_STUB, space.stub_va);
        put(C_DATA_LOW, space.low_pa);
        put(C_DATA_HIGH, space.high_pa);
        assert!(space.ptes.len() <= MAX_PTES, "too many page-table entries");
        put(C_PTE_COUNT, space.ptes.len() as u64);
        for (at, (address, value)) in space.ptes.iter().enumerate() {
            put(C_PTES + 16 * at, *address);
            put(C_PTES + 16 * at + 8, *value);
        }
        record[C_DATA..C_DATA + self.data.len()].copy_from_slice(&self.data);
        let mut code: Vec<u8> = self.encodings().into_iter().flat_map(|(_, encoding)| encoding.bytes()).collect();
        assert!(code.len() + 4 <= CODE_BYTES, "too much code");
        while code.len() + 4 <= CODE_BYTES {
            code.extend(Opcode::Ecall.encoding().to_le_bytes());
        }
        record[C_CODE..C_CODE + code.len()].copy_from_slice(&code);
    }
}

/// Bits of an instruction.
#[derive(Clone, Copy)]
pub enum Encoding {
    Word(u32),
    Half(u16),
}

impl Encoding {
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Encoding::Word(word) => word.to_le_bytes().to_vec(),
            Encoding::Half(half) => half.to_le_bytes().to_vec(),
        }
    }

    pub fn decode(self) -> Option<decode::Inst> {
        match self {
            Encoding::Word(word) => decode::decode32(word),
            Encoding::Half(half) => decode::decode16(half),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Encoding::Word(word) => write!(out, "{word:08x}  ")?,
            Encoding::Half(half) => write!(out, "    {half:04x}  ")?,
        }
        match self.decode() {
            Some(inst) => write!(out, "{inst}"),
            None => write!(out, "illegal"),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "theme {}, mstatus {:#x}, fcsr {:#x}", self.theme, self.mstatus, self.fcsr)?;
        for (name, value) in CASE_CSRS.iter().zip(self.csrs).filter(|(_, value)| *value != 0) {
            writeln!(out, "  {name} = {value:#x}")?;
        }
        writeln!(out, "{}", self.space)?;
        let mut used = [[false; 32]; 2];
        for (_, encoding) in self.encodings() {
            if let Some(inst) = encoding.decode() {
                for register in [inst.rd, inst.rs1, inst.rs2, inst.rs3] {
                    used[0][usize::from(register)] = true;
                    used[1][usize::from(register)] = true;
                }
            }
        }
        let files = [('x', self.registers()), ('f', self.f)];
        for ((name, values), used) in files.into_iter().zip(used) {
            for (at, value) in values.into_iter().enumerate().filter(|(at, value)| used[*at] && *value != 0) {
                writeln!(out, "  {name}{at} = {value:#x}")?;
            }
        }
        for (at, encoding) in self.encodings() {
            writeln!(out, "  {at:#x}: {encoding}")?;
        }
        Ok(())
    }
}
