//! The registers of a hart as GDB numbers and describes them: RV64 with the D extension, and the CSRs by their own names.

use std::fmt::Write;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

use gdbstub::arch::{Arch, RegId, Registers};
use manyhart_vcpu::Hart;
use manyhart_vcpu::csr::{Config, CsrFile, Inputs, address};
use manyhart_vcpu::trap::Privilege;

/// A hart, to GDB.
pub enum Riscv64 {}

impl Arch for Riscv64 {
    type Usize = u64;
    type Registers = Core;
    type BreakpointKind = usize;
    type RegId = Register;

    fn target_description_xml() -> Option<&'static str> {
        Some(&DESCRIPTION)
    }
}

/// What GDB asks for at every stop: x0 to x31 and the program counter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Core {
    /// The integer registers.
    pub x: [u64; 32],
    /// The next instruction.
    pub pc: u64,
}

impl Registers for Core {
    type ProgramCounter = u64;

    fn pc(&self) -> u64 {
        self.pc
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        let words = self.x.iter().chain([&self.pc]);
        words.flat_map(|word| word.to_le_bytes()).for_each(|byte| write_byte(Some(byte)));
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        let (words, []) = bytes.as_chunks::<8>() else { return Err(()) };
        let [x @ .., pc] = words else { return Err(()) };
        self.x = x.iter().map(|word| u64::from_le_bytes(*word)).collect::<Vec<_>>().try_into().map_err(|_| ())?;
        self.pc = u64::from_le_bytes(*pc);
        Ok(())
    }
}

impl Core {
    /// Of this hart.
    pub fn of(hart: &Hart) -> Core {
        Core { x: std::array::from_fn(|index| hart.x(index)), pc: hart.pc() }
    }

    /// Into this hart. A program counter that is the same leaves a hart in WFI there.
    pub fn put(&self, hart: &mut Hart) {
        self.x.iter().enumerate().for_each(|(index, value)| hart.set_x(index, *value));
        if hart.pc() != self.pc {
            hart.set_pc(self.pc);
        }
    }
}

const PC: usize = 32;
const F0: usize = 33;
/// CSR 0 would be this one; `fflags`, number 1, is 66 (gdb/riscv-tdep.h).
const CSR0: usize = 65;
/// The mode, which is no register of the ISA's.
const PRIVILEGE: usize = CSR0 + 4096;

/// One register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Register {
    /// An integer register.
    X(usize),
    /// The next instruction.
    Pc,
    /// A floating-point register.
    F(usize),
    /// A CSR.
    Csr(u16),
    /// The mode: 0 U, 1 S, 3 M.
    Privilege,
}

impl RegId for Register {
    fn from_raw_id(id: usize) -> Option<(Register, Option<NonZeroUsize>)> {
        let register = match id {
            ..PC => Register::X(id),
            PC => Register::Pc,
            F0..CSR0 => Register::F(id - F0),
            CSR0..PRIVILEGE => Register::Csr((id - CSR0) as u16),
            PRIVILEGE => Register::Privilege,
            _ => return None,
        };
        Some((register, NonZeroUsize::new(8)))
    }
}

impl Register {
    /// Its value; `None` where the hart has no such CSR.
    pub fn read(self, hart: &mut Hart) -> Option<u64> {
        match self {
            Register::X(index) => Some(hart.x(index)),
            Register::Pc => Some(hart.pc()),
            Register::F(index) => Some(hart.f(index)),
            Register::Csr(number) => hart.csr(number),
            Register::Privilege => Some(hart.privilege().into()),
        }
    }

    /// Sets it; whether it can be set.
    pub fn write(self, hart: &mut Hart, value: u64) -> bool {
        match self {
            Register::X(index) => hart.set_x(index, value),
            Register::Pc => hart.set_pc(value),
            Register::F(index) => hart.set_f(index, value),
            Register::Csr(number) => return hart.set_csr(number, value),
            Register::Privilege => match value {
                0 => hart.set_privilege(Privilege::User),
                1 => hart.set_privilege(Privilege::Supervisor),
                3 => hart.set_privilege(Privilege::Machine),
                _ => return false,
            },
        }
        true
    }
}

const X: [&str; 32] = [
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "fp", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2",
    "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
];
const F: [&str; 32] = [
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5",
    "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
];
/// Those that GDB wants beside the floating-point registers.
const FLOAT_CSRS: [u16; 3] = [address::FFLAGS, address::FRM, address::FCSR];

/// The others that every hart has: a list that GDB prints ends at a register without an answer, as an interrupt file's would be on a hart that has
/// none.
fn other_csrs() -> impl Iterator<Item = u16> {
    let plain = CsrFile::new(Config::default());
    (0..0x1000).filter(|csr| !FLOAT_CSRS.contains(csr)).filter(move |csr| plain.read(*csr, Inputs::default()).is_ok())
}

/// Without an operating system, because GDB steps by breakpoints where it takes the debuggee for a Linux process.
static DESCRIPTION: LazyLock<String> = LazyLock::new(|| {
    let mut xml = "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">\
                   <architecture>riscv:rv64</architecture><osabi>none</osabi>"
        .to_owned();
    let register = |name: &str, kind: &str, number: usize| {
        format!("<reg name=\"{name}\" bitsize=\"64\" type=\"{kind}\" regnum=\"{number}\"/>")
    };
    let csr = |number| {
        let name = address::name(number).unwrap_or_else(|| format!("csr{number}"));
        register(&name, "int", CSR0 + usize::from(number))
    };
    let double = "<union id=\"riscv_double\"><field name=\"float\" type=\"ieee_single\"/>\
                  <field name=\"double\" type=\"ieee_double\"/></union>";
    let x = X.iter().enumerate().map(|(index, name)| register(name, pointer_or_int(name), index)).collect::<String>();
    let f = F.iter().enumerate().map(|(index, name)| register(name, "riscv_double", F0 + index)).collect::<String>();
    let features = [
        ("cpu", x + &register("pc", "code_ptr", PC)),
        ("fpu", double.to_owned() + &f + &FLOAT_CSRS.into_iter().map(csr).collect::<String>()),
        ("csr", other_csrs().map(csr).collect()),
        ("virtual", register("priv", "int", PRIVILEGE)),
    ];
    for (name, registers) in features {
        let written = write!(xml, "<feature name=\"org.gnu.gdb.riscv.{name}\">{registers}</feature>");
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    xml + "</target>"
});

fn pointer_or_int(name: &str) -> &'static str {
    match name {
        "ra" => "code_ptr",
        "sp" | "gp" | "tp" | "fp" => "data_ptr",
        _ => "int",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_and_the_numbers_agree() {
        for (name, register) in [
            ("zero", Register::X(0)),
            ("t6", Register::X(31)),
            ("pc", Register::Pc),
            ("ft0", Register::F(0)),
            ("ft11", Register::F(31)),
            ("fflags", Register::Csr(1)),
            ("satp", Register::Csr(0x180)),
            ("pmpaddr15", Register::Csr(0x3bf)),
            ("mhartid", Register::Csr(0xf14)),
            ("priv", Register::Privilege),
        ] {
            let (_, rest) = DESCRIPTION.split_once(&format!("<reg name=\"{name}\" ")).expect(name);
            let number = rest.split('"').nth(5).expect(name).parse().expect(name);
            assert_eq!(Register::from_raw_id(number).map(|(register, _)| register), Some(register), "{name}");
        }
        assert_eq!(Register::from_raw_id(PRIVILEGE + 1), None);
        assert_eq!(DESCRIPTION.matches("<reg ").count(), 33 + 35 + other_csrs().count() + 1);
    }

    #[test]
    fn what_is_not_all_registers_is_refused() {
        let core = Core { x: std::array::from_fn(|index| index as u64 * 3), pc: 0x8000_0000 };
        let mut bytes = Vec::new();
        core.gdb_serialize(|byte| bytes.extend(byte));
        let mut back = Core::default();
        assert_eq!((back.gdb_deserialize(&bytes), &back), (Ok(()), &core));
        for length in [0, 8, 263, 256] {
            assert_eq!(back.gdb_deserialize(&bytes[..length]), Err(()), "{length}");
        }
    }
}
