//! What the host asks for: as if the guest had written registers, but any number of them in one publication; and what only a host can do.

use manyhart_runtime::Context;

use super::turn::Turn;
use super::{Fabric, Message};
use crate::pci::config::bars::{self, Slot};
use crate::pci::config::{ResetKind, express, header};
use crate::pci::host::{BarChange, Change, PciError, PlugError};

impl Fabric {
    /// Carries out all of `changes`, or none.
    pub(in crate::pci) fn adjust(&mut self, changes: &[BarChange], turn: &mut Turn) -> Result<(), PciError> {
        let numbers: Vec<u32> = changes
            .iter()
            .map(|change| match self.named(&change.id) {
                Some(function) => function.check(&change.what).map(|()| function.number()),
                None => Err(PciError::NoFunction(change.id.clone())),
            })
            .collect::<Result<_, _>>()?;
        for (change, number) in changes.iter().zip(&numbers) {
            if let Some(function) = self.functions.get_mut(number) {
                function.apply(&change.what, turn);
            }
        }
        for number in numbers {
            self.show(number, turn);
        }
        Ok(())
    }

    /// Link control of a port, as if the guest had written it.
    pub(in crate::pci) fn disable_link(&mut self, id: &str, disabled: bool, turn: &mut Turn) -> Result<(), PlugError> {
        let number = self.names.get(id).copied().ok_or_else(|| PlugError::NoFunction(id.to_owned()))?;
        let port = self.functions.get_mut(&number).filter(|function| function.bridge.is_some());
        let Some((at, port)) = port.and_then(|port| Some((port.layout.express?, port))) else {
            return Err(PlugError::Refused(format!("'{id}' is no port with a link")));
        };
        let written = express::disable_link(&mut port.config, at, disabled);
        self.react(number, &written, turn);
        Ok(())
    }

    /// Back to power-on: everything that is plugged stays.
    pub(super) fn reset_all(&mut self, cx: &mut Context<'_, Message>) {
        let mut turn = Turn::new(cx.topology());
        let numbers: Vec<u32> = self.functions.keys().copied().collect();
        for &number in &numbers {
            self.reset_function(number, ResetKind::PowerOn, &mut turn);
        }
        self.route();
        turn.post(cx, Box::new(|_| ()));
    }

    /// From now on functions come and go through slots.
    pub(in crate::pci) fn go_live(&mut self) {
        self.live = true;
    }

    /// Whether the machine runs.
    pub(in crate::pci) fn is_live(&self) -> bool {
        self.live
    }
}

impl super::hierarchy::Function {
    fn register(&self, index: u8) -> Result<usize, PciError> {
        let is = |slot: Slot| matches!(slot, Slot::Bar { index: at, .. } if at == index);
        let found = self.registers.iter().position(|mapped| is(mapped.register.slot));
        found.ok_or_else(|| PciError::NoBar { id: self.id.clone(), index })
    }

    fn check(&self, what: &Change) -> Result<(), PciError> {
        match *what {
            Change::Address { index, .. } => self.register(index).map(drop),
            Change::Size { index, size } => {
                let at = self.register(index)?;
                let register = bars::Register { size, ..self.registers[at].register };
                let mut trial = self.config.clone();
                bars::resize(&mut trial, register).map_err(|error| PciError::Refused(error.to_string()))
            }
            Change::Memory(_) | Change::Io(_) | Change::Master(_) => Ok(()),
        }
    }

    fn apply(&mut self, what: &Change, turn: &mut Turn) {
        let command = |config: &mut crate::pci::config::ConfigSpace, bit: u16, on: bool| {
            config.update_u16(header::COMMAND, bit, if on { bit } else { 0 });
        };
        match *what {
            Change::Memory(on) => command(&mut self.config, header::COMMAND_MEMORY, on),
            Change::Io(on) => command(&mut self.config, header::COMMAND_IO, on),
            Change::Master(on) => command(&mut self.config, header::COMMAND_MASTER, on),
            Change::Address { index, address } => {
                if let Ok(at) = self.register(index) {
                    bars::set_raw_address(&mut self.config, &self.registers[at].register, address);
                }
            }
            Change::Size { index, size } => {
                let Ok(at) = self.register(index) else { return };
                let mapped = &mut self.registers[at];
                mapped.register.size = size;
                if let Err(error) = bars::resize(&mut self.config, mapped.register) {
                    tracing::error!(%error, "a size that was checked");
                    return;
                }
                let gaps = mapped.parts.first().copied();
                for region in std::iter::once(mapped.region).chain(gaps) {
                    turn.change().set_size(region, size.into());
                }
            }
        }
    }
}
