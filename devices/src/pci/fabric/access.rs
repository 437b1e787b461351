//! A guest's reads and writes of configuration space, and what they set in motion. What is not there reads as ones and swallows writes.

use manyhart_runtime::{Access, Answer, Context, NoAnswer};

use super::hierarchy::Function;
use super::turn::Turn;
use super::{Fabric, Message};
use crate::pci::config::{ResetKind, Written, express, header};
use crate::pci::msi::{self, MsiSetting};
use crate::pci::msix::MsixSetting;
use crate::pci::{FunctionEvent, WindowAccess};

/// Bytes of a capability that is a window into BARs, and where its registers are.
const WINDOW_BAR: u16 = 4;
const WINDOW_OFFSET: u16 = 8;
const WINDOW_LENGTH: u16 = 12;
const WINDOW_DATA: u16 = 16;
/// Bytes of the capabilities of messages.
const MSI_LEN: usize = 0x18;
const MSIX_LEN: usize = 0x0c;

impl Fabric {
    pub(super) fn config_read(&mut self, cx: &mut Context<'_, Message>, access: Access) -> Answer<u64> {
        let Some((number, offset)) = self.decode(access.offset) else { return Ok(u64::MAX) };
        let Some(function) = self.functions.get_mut(&number) else { return Ok(u64::MAX) };
        if let Some((bar, at)) = function.window(offset, access.size) {
            return Err(function.through_window(cx, bar, at, access.size, None));
        }
        function.refresh(offset);
        Ok(function.config.read(offset, access.size).into())
    }

    pub(super) fn config_write(&mut self, cx: &mut Context<'_, Message>, access: Access, value: u32) -> Answer<()> {
        let Some((number, offset)) = self.decode(access.offset) else { return Ok(()) };
        let Some(function) = self.functions.get_mut(&number) else { return Ok(()) };
        if let Some((bar, at)) = function.window(offset, access.size) {
            return Err(function.through_window(cx, bar, at, access.size, Some(value.into())));
        }
        let mut turn = Turn::new(cx.topology());
        let written = function.config.write(offset, access.size, value);
        self.react(number, &written, &mut turn);
        if turn.is_over() {
            return Ok(());
        }
        let (reply, deferred) = cx.defer();
        turn.post(cx, Box::new(move |_| reply.answer(Ok(0))));
        Err(NoAnswer::Deferred(deferred))
    }

    /// What a write sets in motion.
    pub(super) fn react(&mut self, number: u32, written: &Written, turn: &mut Turn) {
        let Some(function) = self.functions.get_mut(&number) else { return };
        function.settle(written);
        let express = function.layout.express;
        if express.is_some_and(|at| express::asks_for_reset(at, written)) {
            self.reset_function(number, ResetKind::Warm, turn);
        }
        self.react_as_bridge(number, written, turn);
        self.show(number, turn);
    }

    fn react_as_bridge(&mut self, number: u32, written: &Written, turn: &mut Turn) {
        let Some(function) = self.functions.get_mut(&number) else { return };
        let Some(bridge) = &function.bridge else { return };
        let secondary = bridge.secondary;
        let held = written.change(header::BRIDGE_CONTROL, 2);
        let reset = u32::from(header::BRIDGE_CONTROL_RESET);
        if held.is_some_and(|(before, after)| before & reset == 0 && after & reset != 0) {
            for behind in self.behind(secondary) {
                self.reset_function(behind, ResetKind::Warm, turn);
            }
        }
        self.route();
        self.react_as_port(number, written, turn);
    }

    /// A function is as after power-on, or nearly; so is what is behind it.
    pub(super) fn reset_function(&mut self, number: u32, kind: ResetKind, turn: &mut Turn) {
        let Some(function) = self.functions.get_mut(&number) else { return };
        function.config.reset(kind);
        function.port.reset();
        turn.tell(number, FunctionEvent::Reset);
        self.reset_slot(number, turn);
        self.show(number, turn);
    }
}

impl Function {
    /// The BAR and the offset in it, if `offset` is the data register of a window.
    fn window(&self, offset: u16, size: u8) -> Option<(u8, u64)> {
        let at = *self.layout.windows.iter().find(|&&at| at + WINDOW_DATA == offset & !3)?;
        let (bar, start) = (self.config.u8(at + WINDOW_BAR), u64::from(self.config.u32(at + WINDOW_OFFSET)));
        let length = self.config.u32(at + WINDOW_LENGTH);
        // The driver sets the length to the size of its access (virtio 1.2, 4.1.4.9).
        (u32::from(size) <= length.max(1)).then_some((bar, start + u64::from(offset & 3)))
    }

    /// Has the function's own actor carry out an access to one of its BARs, and answer it.
    fn through_window(
        &self,
        cx: &mut Context<'_, Message>,
        bar: u8,
        offset: u64,
        size: u8,
        write: Option<u64>,
    ) -> NoAnswer {
        let (reply, deferred) = cx.defer();
        (self.on_event)(FunctionEvent::WindowAccess(WindowAccess { bar, offset, size, write, reply }));
        NoAnswer::Deferred(deferred)
    }

    /// Registers whose value is somebody else's.
    fn refresh(&mut self, offset: u16) {
        if offset & !3 == header::COMMAND {
            let pending = if self.port.intx_pending() { header::STATUS_INTERRUPT } else { 0 };
            self.config.update_u16(header::STATUS, header::STATUS_INTERRUPT, pending);
        }
        if let Some((at, spec)) = self.layout.msi
            && spec.per_vector_masking
            && offset & !3 == at + msi::PENDING as u16
        {
            self.config.set_u32(offset & !3, self.port.msi_pending());
        }
    }

    /// What a write means to the function alone.
    fn settle(&mut self, written: &Written) {
        if let Some(at) = self.layout.power {
            express::settle_power(&mut self.config, at, written);
        }
        if written.change(header::COMMAND, 2).is_some() {
            self.port.set_intx_disabled(header::commands(&self.config, header::COMMAND_INTX_DISABLE));
        }
        if let Some((at, spec)) = self.layout.msi
            && (at..at + MSI_LEN as u16).contains(&written.offset)
        {
            self.port.set_msi(&MsiSetting::of(&spec, self.config.registers(at, MSI_LEN)));
        }
        if let Some((at, _)) = self.layout.msix
            && (at..at + MSIX_LEN as u16).contains(&written.offset)
        {
            self.port.set_msix(MsixSetting::of(self.config.registers(at, MSIX_LEN)));
        }
    }
}
