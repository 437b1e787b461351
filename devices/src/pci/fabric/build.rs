//! A configuration space from a blueprint.

use super::super::config::bars::{self, BarError, Register, Slot};
use super::super::config::capability::{Chain, Full, id};
use super::super::config::express::{self, Kind};
use super::super::config::{ConfigSpace, header, window};
use super::super::host::{BridgeKind, PlugError};
use super::super::{Blueprint, Identity, MsiSpec, MsixSpec, Pin, VendorCapability, aer, msi, msix, slot};
use super::slots::PortSlot;

/// Where a function's capabilities are.
#[derive(Debug, Clone, Default)]
pub(in crate::pci) struct Layout {
    pub(in crate::pci) power: Option<u16>,
    pub(in crate::pci) msi: Option<(u16, MsiSpec)>,
    pub(in crate::pci) msix: Option<(u16, MsixSpec)>,
    pub(in crate::pci) express: Option<u16>,
    pub(in crate::pci) aer: Option<u16>,
    /// Windows into the function's own BARs.
    pub(in crate::pci) windows: Vec<u16>,
    pub(in crate::pci) pin: Option<Pin>,
}

/// A configuration space and what is known of it.
pub(in crate::pci) struct Draft {
    pub(in crate::pci) config: ConfigSpace,
    pub(in crate::pci) layout: Layout,
    pub(in crate::pci) registers: Vec<Register>,
    /// A port's.
    pub(in crate::pci) port_slot: Option<PortSlot>,
    chain: Chain,
}

/// How many base address registers each header has.
const ENDPOINT_BARS: u8 = 6;
const BRIDGE_BARS: u8 = 2;

impl From<BarError> for PlugError {
    fn from(error: BarError) -> PlugError {
        PlugError::Blueprint(error.to_string())
    }
}

impl From<Full> for PlugError {
    fn from(error: Full) -> PlugError {
        PlugError::Blueprint(error.to_string())
    }
}

impl Draft {
    fn new(config: ConfigSpace, pin: Option<Pin>) -> Draft {
        let layout = Layout { pin, ..Layout::default() };
        Draft { config, layout, registers: Vec::new(), port_slot: None, chain: Chain::default() }
    }

    /// Of an endpoint. `integrated`: it is to be on the root bus.
    pub(in crate::pci) fn endpoint(blueprint: &Blueprint, integrated: bool) -> Result<Draft, PlugError> {
        let config = header::endpoint(&blueprint.identity, blueprint.interrupt_pin, blueprint.express);
        let mut draft = Draft::new(config, blueprint.interrupt_pin);
        for bar in &blueprint.bars {
            draft.bar(ENDPOINT_BARS, Slot::Bar { index: bar.index, kind: bar.kind }, bar.size)?;
        }
        if let Some(rom) = &blueprint.rom {
            draft.bar(ENDPOINT_BARS, Slot::Rom { offset: header::ROM }, rom.size())?;
        }
        for capability in &blueprint.vendor_capabilities {
            draft.vendor(capability)?;
        }
        draft.power()?;
        draft.messages(blueprint.msi, blueprint.msix)?;
        if blueprint.express {
            let kind = if integrated { Kind::IntegratedEndpoint } else { Kind::Endpoint };
            draft.layout.express = Some(express::add(&mut draft.config, &mut draft.chain, kind)?);
            draft.layout.aer = Some(aer::add(&mut draft.config, &mut draft.chain, false)?);
        }
        draft.config.seal();
        Ok(draft)
    }

    /// Of a bridge or port.
    pub(in crate::pci) fn bridge(
        identity: &Identity,
        kind: &BridgeKind,
        msix: Option<MsixSpec>,
    ) -> Result<Draft, PlugError> {
        let port = matches!(kind, BridgeKind::RootPort(_));
        let pin = port.then_some(Pin::A);
        let mut draft = Draft::new(header::bridge(identity, pin, port), pin);
        window::add(&mut draft.config);
        let at = draft.chain.add(&mut draft.config, id::BRIDGE_SUBSYSTEM, 8)?;
        draft.config.set_u16(at + 4, identity.subsystem_vendor);
        draft.config.set_u16(at + 6, identity.subsystem);
        if let Some(msix) = msix {
            let kind = super::super::BarKind::Memory32 { prefetchable: false };
            draft.bar(BRIDGE_BARS, Slot::Bar { index: msix.table_bar, kind }, super::super::host::PORT_BAR_SIZE)?;
            draft.messages(None, Some(msix))?;
        }
        if let BridgeKind::RootPort(slot) = kind {
            let at = express::add(&mut draft.config, &mut draft.chain, Kind::RootPort { port: slot.number as u8 })?;
            draft.layout.express = Some(at);
            let slot = slot::Slot::add(&mut draft.config, at, slot.number, slot.hotplug);
            draft.port_slot = Some(PortSlot::new(slot));
            draft.layout.aer = Some(aer::add(&mut draft.config, &mut draft.chain, true)?);
        }
        draft.power()?;
        draft.config.seal();
        Ok(draft)
    }

    fn bar(&mut self, bars: u8, slot: Slot, size: u64) -> Result<(), PlugError> {
        let register = Register { slot, size };
        bars::add(&mut self.config, bars, &self.registers, register)?;
        self.registers.push(register);
        Ok(())
    }

    fn vendor(&mut self, capability: &VendorCapability) -> Result<(), PlugError> {
        let at = self.chain.add(&mut self.config, id::VENDOR, capability.bytes.len() + 2)?;
        self.config.set(at + 2, &capability.bytes);
        let len = capability.writable.len().min(capability.bytes.len());
        self.config.allow(at + 2, &capability.writable[..len]);
        if capability.window {
            self.layout.windows.push(at);
        }
        Ok(())
    }

    fn power(&mut self) -> Result<(), PlugError> {
        self.layout.power = Some(express::add_power(&mut self.config, &mut self.chain)?);
        Ok(())
    }

    fn messages(&mut self, msi: Option<MsiSpec>, msix: Option<MsixSpec>) -> Result<(), PlugError> {
        if let Some(spec) = msi {
            let at = self.chain.install(&mut self.config, &msi::image(&spec))?;
            self.layout.msi = Some((at, spec));
        }
        if let Some(spec) = msix {
            let at = self.chain.install(&mut self.config, &msix::image(&spec))?;
            self.layout.msix = Some((at, spec));
        }
        Ok(())
    }
}
