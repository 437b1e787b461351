//! What the cases exercised: instructions, rounding modes, and causes of traps.

use std::collections::BTreeMap;
use std::fmt;

use manyhart_vcpu::decode::{Format, Opcode};

use crate::case::Case;
use crate::outcome::Outcome;

#[derive(Default)]
pub struct Coverage {
    opcodes: BTreeMap<Opcode, u64>,
    compressed: u64,
    illegal: u64,
    rounding: BTreeMap<u8, u64>,
    causes: BTreeMap<u64, u64>,
    themes: BTreeMap<&'static str, u64>,
}

impl Coverage {
    pub fn add(&mut self, case: &Case, outcome: Outcome<'_>) {
        *self.themes.entry(case.theme).or_default() += 1;
        for (_, encoding) in case.encodings() {
            let Some(inst) = encoding.decode() else {
                self.illegal += 1;
                continue;
            };
            *self.opcodes.entry(inst.op).or_default() += 1;
            self.compressed += u64::from(inst.len == 2);
            if matches!(inst.op.format(), Format::Fma | Format::FffRm | Format::FfRm | Format::XfRm | Format::FxRm) {
                *self.rounding.entry(inst.rm).or_default() += 1;
            }
        }
        for cause in outcome.causes(case) {
            *self.causes.entry(cause).or_default() += 1;
        }
    }

    /// How often the rarest instruction came, and which it is.
    pub fn rarest(&self) -> (u64, Opcode) {
        let counts = Opcode::ALL.iter().map(|&op| (self.opcodes.get(&op).copied().unwrap_or(0), op));
        counts.min().expect("there are instructions")
    }

    /// The static rounding modes and the dynamic one that came.
    pub fn rounding_modes(&self) -> usize {
        self.rounding.len()
    }

    /// The exceptions that came.
    pub fn causes(&self) -> Vec<u64> {
        self.causes.keys().copied().collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rarest, op) = self.rarest();
        let total: u64 = self.opcodes.values().sum();
        writeln!(out, "{total} instructions ({} compressed), {} illegal encodings", self.compressed, self.illegal)?;
        writeln!(out, "{} opcodes, the rarest {} with {rarest}", self.opcodes.len(), op.mnemonic())?;
        writeln!(out, "rounding modes {:?}", self.rounding)?;
        writeln!(out, "themes {:?}", self.themes)?;
        write!(out, "causes {:x?}", self.causes)
    }
}
