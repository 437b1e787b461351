//! virtio over PCI, modern (virtio 1.2 section 4.1): four pages of registers in BAR 4, MSI-X in BAR 1, and capabilities that say so.
//!
//! The function's place in the hierarchy, its configuration space and its MSI-X table are the fabric's; what happens there comes as messages. Interrupts
//! leave by the function's [`Port`].

mod common;
mod describe;

use std::sync::Arc;

use manyhart_runtime::actor::{AccessShape, Reply};
use manyhart_runtime::guest_memory::GuestSpace;
use manyhart_runtime::{Access, Answer, Context, Device, DeviceError, Executive, MmioSpec};

use crate::pci::{Blueprint, FunctionEvent, Port, WindowAccess};

use super::core::{Core, News, Written};
use super::device::VirtioDevice;
use super::session::{Inside, Posted};
use common::Vectors;

/// Bytes of each page of registers.
const PAGE: u64 = 0x1000;
/// The BAR that holds them.
const BAR: u8 = 4;

/// The pages, in the order in which they lie in the BAR.
const COMMON: u32 = 0;
const ISR: u32 = 1;
const CONFIG: u32 = 2;
const NOTIFY: u32 = 3;

/// Bytes between the notification addresses of two queues.
const NOTIFY_MULTIPLIER: u32 = 4;

/// Bits of the ISR status (section 4.1.4.5).
const USED: u8 = 1;
const CONFIG_CHANGED: u8 = 2;

const SPEC: MmioSpec =
    MmioSpec { implemented: AccessShape { min: 1, max: 4, unaligned: false }, ..MmioSpec::aligned(1, 8) };

/// The transport.
pub struct VirtioPci {
    core: Core,
    port: Port,
    vectors: Vectors,
    isr: u8,
}

/// What is posted to a [`VirtioPci`].
pub struct PciMessage(Told);

enum Told {
    Posted(Posted),
    Event(FunctionEvent),
}

/// Makes a function with `device`, to be plugged behind `port`: what the fabric must know of it, and how a control thread waits for the device's
/// workers after a reset. Control threads only.
pub fn virtio_pci(
    executive: &Executive,
    name: &str,
    port: &Port,
    device: Box<dyn VirtioDevice>,
) -> (Blueprint, Inside) {
    let (device_type, queues) = (device.device_type(), device.queue_sizes().len() as u16);
    let core = Core::new(device, GuestSpace::from(port.dma().clone()));
    let inside = core.inside();
    let vectors = Vectors::new(queues);
    let handle = executive.spawn(name, VirtioPci { core, port: port.clone(), vectors, isr: 0 });
    let attached = handle.post(PciMessage(Told::Posted(Posted::Attach)));
    debug_assert!(attached, "it was just spawned");
    let me = handle.poster();
    let on_event = move |event| {
        if !me.post(PciMessage(Told::Event(event))) {
            tracing::trace!("an event for a function that is gone");
        }
    };
    let pages = [COMMON, ISR, CONFIG, NOTIFY].map(|page| handle.mmio(page, SPEC));
    (describe::blueprint(device_type, queues, pages, Box::new(on_event)), inside)
}

impl VirtioPci {
    fn read_page(&mut self, page: u32, offset: u64, size: u8) -> u64 {
        let mut bytes = [0; 8];
        let data = &mut bytes[..usize::from(size)];
        match page {
            COMMON => common::read(&self.core, &self.vectors, offset, data),
            ISR if offset == 0 => data[0] = self.take_isr(),
            CONFIG => self.core.device().read_config(offset, data),
            _ => {}
        }
        u64::from_le_bytes(bytes)
    }

    fn write_page(&mut self, page: u32, offset: u64, size: u8, value: u64) {
        match page {
            COMMON => match common::write(&mut self.core, &mut self.vectors, offset, size, value as u32) {
                Written::Done => {}
                // What is not done yet reads as a status that is not zero (section 4.1.4.3.1).
                Written::Reset | Written::Resetting => self.quiet(),
            },
            CONFIG => self.core.write_config(offset, &value.to_le_bytes()[..usize::from(size)]),
            NOTIFY => {
                let queue = offset / u64::from(NOTIFY_MULTIPLIER);
                self.core.notify(u16::try_from(queue).unwrap_or(u16::MAX));
            }
            _ => {}
        }
    }

    /// Reading it acknowledges (section 4.1.4.5.1).
    fn take_isr(&mut self) -> u8 {
        let isr = std::mem::take(&mut self.isr);
        self.port.set_intx(false);
        isr
    }

    fn used(&mut self, queue: u16) {
        if self.port.msix_enabled() {
            self.send(self.vectors.of_queue(queue));
        } else {
            self.isr |= USED;
            self.port.set_intx(true);
        }
    }

    fn config_changed(&mut self) {
        self.isr |= CONFIG_CHANGED;
        if self.port.msix_enabled() {
            self.send(self.vectors.config);
        } else {
            self.port.set_intx(true);
        }
    }

    fn send(&self, vector: u16) {
        if vector != common::NO_VECTOR {
            self.port.msix(vector.into());
        }
    }

    fn reset_all(&mut self) {
        self.core.reset();
        self.quiet();
    }

    fn quiet(&mut self) {
        self.vectors.reset();
        self.take_isr();
    }

    fn event(&mut self, event: FunctionEvent) {
        match event {
            FunctionEvent::Reset | FunctionEvent::Removed => self.reset_all(),
            FunctionEvent::WindowAccess(access) => self.window(access),
            FunctionEvent::BusMaster(_) | FunctionEvent::Power(_) => {}
        }
    }

    /// The window in configuration space reaches what the BARs do (section 4.1.4.9), whether they are mapped or not.
    fn window(&mut self, access: WindowAccess) {
        let WindowAccess { bar, offset, size, write, reply } = access;
        let page = u32::try_from(offset / PAGE).unwrap_or(u32::MAX);
        let sound = bar == BAR && page <= NOTIFY && matches!(size, 1 | 2 | 4) && offset.is_multiple_of(size.into());
        let value = match write {
            _ if !sound => 0,
            Some(value) => {
                self.write_page(page, offset % PAGE, size, value);
                0
            }
            None => self.read_page(page, offset % PAGE, size),
        };
        Reply::answer(reply, Ok::<_, DeviceError>(value));
    }
}

impl Device for VirtioPci {
    type Message = PciMessage;

    fn read(&mut self, _: &mut Context<'_, PciMessage>, access: Access) -> Answer<u64> {
        Ok(self.read_page(access.region, access.offset, access.size))
    }

    fn write(&mut self, _: &mut Context<'_, PciMessage>, access: Access, value: u64) -> Answer<()> {
        self.write_page(access.region, access.offset, access.size, value);
        Ok(())
    }

    fn message(&mut self, cx: &mut Context<'_, PciMessage>, message: PciMessage) {
        let posted = match message.0 {
            Told::Event(event) => return self.event(event),
            Told::Posted(posted) => posted,
        };
        let me = cx.me();
        match self.core.posted(posted, || Arc::new(move |posted| me.post(PciMessage(Told::Posted(posted))))) {
            News::Used(queue) => self.used(queue),
            News::ConfigChanged => self.config_changed(),
            News::Nothing | News::ResetDone => {}
        }
    }

    fn reset(&mut self, _: &mut Context<'_, PciMessage>) {
        self.reset_all();
    }

    fn flush(&mut self, _: &mut Context<'_, PciMessage>) {
        self.core.stop();
    }
}
